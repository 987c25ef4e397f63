/*
 * What each CPU has for itself. In the kernel GS.base points at the CPU's own struct cpu, so that a
 * field is one instruction away (%gs:offset) and no task can look at another CPU's by mistake. User
 * code owns GS.base in user mode; entry.asm exchanges the two with SWAPGS.
 *
 * The first fields stand at offsets that assembly and the compiler (stack canary: %gs:40) rely on;
 * asm-offsets.c exports them and checks them.
 *
 * Locking: every field is written by its own CPU only, with preemption off or from its interrupt
 * handlers, unless it says otherwise.
 */
#pragma once

#include "asm/desc.h"
#include "libk/compiler.h"
#include "libk/types.h"

#define NR_CPUS 16

struct task_struct;
struct mm_struct;
struct rq;
struct trace_ring;

struct cpu {
	struct cpu *self;		/* 0: this very structure, to get a plain pointer */
	/* 8: the running task (see current); written in switch_to only */
	struct task_struct *curr_task;
	/* 16: the user's rsp between SYSCALL and the push onto the kernel stack */
	unsigned long user_rsp;
	u32 preempt_count;		/* 24: see kernel/sync/preempt.h */
	int nr;				/* this CPU's number, 0 .. nr_cpus - 1 */
	u32 spin_token;			/* nr + 1: what a spinlock contains that this CPU holds */
	u32 apic_id;
	unsigned long canary;		/* 40: current's stack canary, written in switch_to only */
	bool online;			/* set once by the CPU itself, read by all */
	struct tss tss;			/* tss.sp0: top of current's kernel stack */
	struct rq *rq;			/* its run queue (kernel/sched) */
	struct trace_ring *trace;	/* its trace ring (kernel/trace) */
	/* whose page tables are in CR3 (a kernel thread borrows its predecessor's) */
	struct mm_struct *loaded_mm;
	u64 nr_irqs[256];		/* interrupts taken, by vector; read by /proc/interrupts */
};

extern struct cpu cpus[NR_CPUS];
extern int nr_cpus;			/* CPUs that run; fixed once smp_init() is done */

#define __percpu_ptr ((struct cpu __seg_gs *)0UL)

/* A field of the running CPU's struct cpu, as an lvalue. Meaningful only while the task cannot
 * migrate. */
#define this_cpu(field) (__percpu_ptr->field)

/*
 * The running task. Needs no preempt_disable(): wherever it migrates, it is still itself. For the
 * same reason the asm is neither volatile nor does it depend on memory: the compiler may load the
 * pointer once and keep it.
 */
static inline struct task_struct *get_current(void)
{
	struct task_struct *p;

	__asm__("movq %%gs:%c1, %0" : "=r"(p) : "i"(__builtin_offsetof(struct cpu, curr_task)));
	return p;
}
#define current get_current()

#define smp_processor_id() (this_cpu(nr))

#define for_each_cpu(i) for (int i = 0; i < nr_cpus; i++)
