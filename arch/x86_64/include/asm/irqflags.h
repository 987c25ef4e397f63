/* The CPU's interrupt flag, under Linux's names. SDM vol. 3A 6.8.1. */
#pragma once

#include "libk/types.h"

#define X86_EFLAGS_IF 0x200UL

static inline unsigned long local_save_flags(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
	return flags;
}

static inline void local_irq_disable(void) { __asm__ volatile("cli" : : : "memory"); }
static inline void local_irq_enable(void) { __asm__ volatile("sti" : : : "memory"); }
static inline bool irqs_disabled(void) { return !(local_save_flags() & X86_EFLAGS_IF); }

/* Interrupts off; returns what local_irq_restore() needs to put back. */
static inline unsigned long local_irq_save(void)
{
	unsigned long flags = local_save_flags();

	local_irq_disable();
	return flags;
}

static inline void local_irq_restore(unsigned long flags)
{
	if (flags & X86_EFLAGS_IF)
		local_irq_enable();
}

/* Tells the CPU (and QEMU) that this is a spin loop. */
static inline void cpu_relax(void) { __asm__ volatile("pause" : : : "memory"); }
