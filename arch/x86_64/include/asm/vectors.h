/*
 * Interrupt vectors. Device and CPU-to-CPU interrupts start at 32; a higher number wins when
 * several wait (SDM vol. 3A 11.8.3).
 *
 *     0 -  31  exceptions, named below
 *    32 -  47  the old interrupt controller's, masked: only its spurious interrupts can arrive
 *    48 - 111  IOAPIC inputs: IRQ_VECTOR(gsi)
 *   236 - 255  local: timer, other CPUs, errors
 */
#pragma once

enum {
	X86_TRAP_DE, X86_TRAP_DB, X86_TRAP_NMI, X86_TRAP_BP, X86_TRAP_OF, X86_TRAP_BR,
	X86_TRAP_UD, X86_TRAP_NM, X86_TRAP_DF, X86_TRAP_OLD_MF, X86_TRAP_TS, X86_TRAP_NP,
	X86_TRAP_SS, X86_TRAP_GP, X86_TRAP_PF, X86_TRAP_SPURIOUS, X86_TRAP_MF, X86_TRAP_AC,
	X86_TRAP_MC, X86_TRAP_XF, X86_TRAP_VE, X86_TRAP_CP, NR_EXCEPTIONS = 32,
};

#define PIC_VECTOR 0x20
#define IRQ_BASE_VECTOR 0x30
#define NR_IRQS 64
#define IRQ_VECTOR(gsi) (IRQ_BASE_VECTOR + (gsi))

#define LOCAL_TIMER_VECTOR 0xec
#define CALL_FUNCTION_VECTOR 0xfb
#define RESCHEDULE_VECTOR 0xfd
#define ERROR_APIC_VECTOR 0xfe
#define SPURIOUS_APIC_VECTOR 0xff
