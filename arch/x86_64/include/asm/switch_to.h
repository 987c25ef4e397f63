/*
 * The part of the switch that switch_to does not do: everything of the CPU that belongs to the
 * task, except stack and callee-saved registers. Inline: for kernel/sched/core.c alone, and
 * process.c.
 */
#pragma once

#include "asm/cpufeature.h"
#include "asm/msr.h"
#include "asm/percpu.h"
#include "kernel/task/task.h"

static inline unsigned long rdfsbase(void)
{
	unsigned long base;

	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static inline void wrfsbase(unsigned long base)
{
	__asm__ volatile("wrfsbase %0" : : "r"(base));
}

/* The user's GS.base, which waits in an MSR while we are in the kernel: SWAPGS and back is quicker
 * than RDMSR. In between nobody may look for struct cpu: interrupts are off. */
static inline unsigned long rdgsbase_inactive(void)
{
	unsigned long base;

	__asm__ volatile("swapgs; rdgsbase %0; swapgs" : "=r"(base));
	return base;
}

/* Without FSGSBASE user code cannot change the bases behind our back, so thread.fsbase and gsbase
 * are the truth and need no reading. */
static inline void switch_bases(struct thread_struct *prev, const struct thread_struct *next)
{
	if (likely(boot_cpu_data.fsgsbase)) {
		prev->fsbase = rdfsbase();
		prev->gsbase = rdgsbase_inactive();
		wrfsbase(next->fsbase);
	} else {
		wrmsrl(MSR_FS_BASE, next->fsbase);
	}
	if (unlikely(prev->gsbase != next->gsbase))
		wrmsrl(MSR_KERNEL_GS_BASE, next->gsbase);
}

/* rq lock held, IRQs off. */
static inline void switch_thread_state(struct task_struct *prev, struct task_struct *next)
{
	switch_bases(&prev->thread, &next->thread);
	/* where an interrupt from user mode begins to push, and SYSCALL's entry */
	this_cpu(tss.sp0) = (unsigned long)next->stack + THREAD_SIZE;
	/* A kernel thread has no user registers (fpu is NULL): what it finds in them belongs to
	 * nobody and is left alone, so a trip through the idle task costs nothing twice. */
	fpu_switch(prev->thread.fpu, next->thread.fpu);
}
