/*
 * The interrupt descriptor table: one for all CPUs, read-only in effect once boot is over. Each
 * gate leads to a stub of entry.asm. A gate turns interrupts off (type 14); whoever may run with
 * them on turns them on again, knowing why (traps.c). SDM vol. 3A 6.14.
 */
#include "asm/desc.h"
#include "asm/page.h"
#include "asm/setup.h"
#include "asm/vectors.h"

struct idt_gate {
	u16 offset_low, selector;
	u8 ist;
	u8 type;
	u16 offset_mid;
	u32 offset_high, reserved;
};

enum { GATE_KERNEL = 0x8e, GATE_USER = 0xee };	/* present, interrupt gate; who may use INT n */

extern const u64 isr_stub_table[256];

static struct idt_gate idt[256] __aligned(4096);

static void set_gate(int vector, u8 type, u8 ist)
{
	u64 addr = isr_stub_table[vector];

	idt[vector] = (struct idt_gate){
		.offset_low = (u16)addr, .offset_mid = (u16)(addr >> 16),
		.offset_high = (u32)(addr >> 32),
		.selector = __KERNEL_CS, .type = type, .ist = ist,
	};
}

void idt_init(void)
{
	for (int i = 0; i < 256; i++)
		set_gate(i, GATE_KERNEL, 0);
	set_gate(X86_TRAP_BP, GATE_USER, 0);	/* INT3 and INTO are the user's instructions */
	set_gate(X86_TRAP_OF, GATE_USER, 0);
	set_gate(X86_TRAP_DF, GATE_KERNEL, IST_DF);
	set_gate(X86_TRAP_NMI, GATE_KERNEL, IST_NMI);
	set_gate(X86_TRAP_MC, GATE_KERNEL, IST_MC);
}

void idt_load(void)
{
	struct desc_ptr idtr = { sizeof(idt) - 1, (u64)idt };

	__asm__ volatile("lidt %0" : : "m"(idtr));
}
