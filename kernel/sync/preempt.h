/*
 * Kernel preemption. A per-CPU count: while it is above 0, this CPU stays with its task. Every
 * spinlock raises it, so a lock holder is never switched out. When it falls back to 0 a reschedule
 * that was asked for in between happens at once.
 *
 * The word's top bit says that nobody asked. So the word is 0 exactly when the CPU is to switch and
 * may, and the end of every critical section is a DEC and a branch on what it left. The bit is the
 * CPU's echo of its task's TIF_NEED_RESCHED, and only the CPU itself writes it: resched_curr() on
 * it, the reschedule interrupt when another CPU set the flag, __schedule() when it clears the flag.
 *
 * The count needs no saving at a switch: schedule() runs with exactly one, its own (the run-queue
 * lock adds none there), so the task that comes in finds the value it left with.
 */
#pragma once

#include "asm/irqflags.h"
#include "asm/percpu.h"
#include "libk/compiler.h"

#define PREEMPT_NO_RESCHED 0x80000000u
#define HARDIRQ_OFFSET 0x10000u		/* what a nested interrupt handler adds to the count */

/* In kernel/sched: switches away if the running task was told to and the kernel may be preempted
 * here. */
void preempt_schedule(void);
/* True when the running task has TIF_NEED_RESCHED: bit 0 of thread_flags, its first field
 * (task.h makes sure of both). */
static inline bool need_resched(void)
{
	return READ_ONCE(*(const unsigned long *)current) & 1;
}

/* One instruction each, so that the count that is changed is the one of the CPU we are on,
 * whatever happens around it. */
static inline void preempt_disable(void)
{
	__asm__ volatile("incl %%gs:%c0"
			 :
			 : "i"(__builtin_offsetof(struct cpu, preempt_count))
			 : "memory", "cc");
}

/* Lowers the count without looking whether somebody waits: only where schedule() follows or
 * interrupts are off. */
static inline void preempt_enable_no_resched(void)
{
	__asm__ volatile("decl %%gs:%c0"
			 :
			 : "i"(__builtin_offsetof(struct cpu, preempt_count))
			 : "memory", "cc");
}

/* Interrupts included. */
static inline int preempt_count(void)
{
	return (int)(this_cpu(preempt_count) & ~PREEMPT_NO_RESCHED);
}

static inline int irq_depth(void)
{
	return preempt_count() / (int)HARDIRQ_OFFSET;
}

static inline bool in_interrupt(void)
{
	return irq_depth() > 0;
}

/* Lowers the count. True: a reschedule is due. */
static inline bool preempt_dec_and_test(void)
{
	bool zero;

	__asm__ volatile("decl %%gs:%c1"
			 : "=@ccz"(zero)
			 : "i"(__builtin_offsetof(struct cpu, preempt_count))
			 : "memory");
	return zero;
}

#ifdef CONFIG_DEBUG
extern unsigned long sched_walk_odds;	/* 0: off. In kernel/sched/pct.c */
void sched_walk(void);
#else
#define sched_walk_odds 0UL
static inline void sched_walk(void)
{
}
#endif

static inline void preempt_enable(void)
{
	if (unlikely(sched_walk_odds))
		sched_walk();
	if (unlikely(preempt_dec_and_test()))
		preempt_schedule();
}

/* May the caller sleep? Not with preemption off, not with interrupts off, not in an interrupt. */
static inline bool in_atomic(void)
{
	return preempt_count() > 0 || irqs_disabled();
}

/*
 * Reports "sleeping while atomic" with the place: first line of every function that may sleep.
 * Without DEBUG=1 it is one comparison, which misses callers with interrupts off until they really
 * sleep.
 */
void might_sleep_at(const char *file, int line);
#ifdef CONFIG_DEBUG
#define might_sleep() might_sleep_at(__FILE__, __LINE__)
#else
#define might_sleep()									\
	do {										\
		if (unlikely(preempt_count()))						\
			might_sleep_at(__FILE__, __LINE__);				\
	} while (0)
#endif
