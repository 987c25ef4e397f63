/*
 * The functions of kernel/ that entry code in arch/ calls: everything that enters the kernel from
 * below goes through these.
 */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

struct pt_regs;
struct boot_info;

/* From boot, on the boot CPU's idle stack, interrupts off, kernel page tables loaded. */
void __noreturn start_kernel(void);
/* From smp.c on each application processor, on its idle stack, interrupts off, its struct cpu
 * loaded and online set. */
void __noreturn cpu_startup_entry(void);

/* A page fault at addr with FAULT_FLAG_xxx. Interrupts as they were at the fault. true:
 * resolved, resume. false: not resolvable; the caller looks for a fix-up, sends nothing itself:
 * for a fault from user mode a signal has been forced already. */
bool handle_page_fault(unsigned long addr, unsigned int flags, struct pt_regs *regs);

/* A trap from user mode that is a signal: signo, si_code, address. */
void force_sig_fault(int signo, int code, unsigned long addr);

/* Around every hardware interrupt, interrupts off: nesting depth, time accounting; irq_exit()
 * reschedules a preempted kernel. */
void irq_enter(void);
void irq_exit(void);
/* This CPU's timer fired. Inside irq_enter/irq_exit. */
void timer_interrupt(bool from_user);
/* A byte arrived on a UART. Inside irq_enter/irq_exit. */
void serial_receive(int port, u8 byte);
/* The UART's line saw BREAK: the magic system request. */
void serial_break(int port);
/* The UART has room to send again. Inside irq_enter/irq_exit. */
void serial_transmit_ready(int port);
/* Another CPU asked us to reschedule. */
void reschedule_interrupt(void);

/* Before returning to user mode with thread flags set (interrupts off on entry and on return):
 * reschedules, delivers signals. The one place from which signals are delivered. */
void exit_to_user_mode(struct pt_regs *regs);
/* The same at the end of a system call, which a tracer may want to see. */
void syscall_exit_to_user_mode(struct pt_regs *regs);
