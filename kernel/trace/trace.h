/*
 * Tracing: what happened, when, on which CPU, to whom. The place where something happens calls
 * trace_NAME(); while that event is off, this is one test of a word and one branch that is not
 * taken. What is on is written into the CPU's ring (ring.c).
 *
 * The events, their names and their fields are Linux's; those of futexes are our own, Linux has
 * none. To add one: a row here, its function and its text in events.c, a call where it happens.
 *
 * Locks: the hooks take none and may be called with any held, interrupts on or off. Not from NMI.
 */
#pragma once

#include "libk/abi/signal.h"
#include "libk/compiler.h"
#include "libk/types.h"

struct task_struct;
struct pt_regs;
struct lock_class;
struct hrtimer;

/* Bits of trace_events, bytes in the records. */
enum trace_event {
	TRACE_CONTINUED,	/* no event: more of the record before */
	TRACE_sched_switch,
	TRACE_sched_waking,
	TRACE_sched_wakeup_new,
	TRACE_sched_migrate_task,
	TRACE_sched_process_fork,
	TRACE_sched_process_exec,
	TRACE_sched_process_exit,
	TRACE_signal_generate,
	TRACE_signal_deliver,
	TRACE_sys_enter,
	TRACE_sys_exit,
	TRACE_futex_wait,
	TRACE_futex_wake,
	TRACE_futex_requeue,
	TRACE_contention_begin,
	TRACE_contention_end,
	TRACE_page_fault_user,
	TRACE_page_fault_kernel,
	TRACE_irq_handler_entry,
	TRACE_irq_handler_exit,
	TRACE_hrtimer_expire_entry,
	TRACE_FIRST_FIXED,	/* from here on: not for set_event */
	TRACE_tracing_mark_write = TRACE_FIRST_FIXED,	/* text from trace_marker, or from the kernel */
	TRACE_profile,
	NR_TRACE_EVENTS,
};
#define TRACE_SYSCALLS (BIT(TRACE_sys_enter) | BIT(TRACE_sys_exit))

/* What is being recorded. A plain word, so that the test is one instruction on memory. Whoever
 * changes it (control.c) does not mind that other CPUs see it a little later. */
extern u32 trace_events;

static __always_inline bool trace_on(u32 events)
{
#ifdef HOST_TEST
	return false;
#else
	return unlikely(trace_events & events);
#endif
}

/* trace_NAME(args): the hook. __trace_NAME: events.c. */
#define TRACE_EVENT(name, proto, args)						\
	void __trace_##name proto;						\
	static __always_inline void trace_##name proto				\
	{									\
		if (trace_on(BIT(TRACE_##name)))				\
			__trace_##name args;					\
	}

/* sched; rq lock held. TRACE_PREEMPTED: prev had not asked for it, its state does not count. */
#define TRACE_PREEMPTED 2
TRACE_EVENT(sched_switch,
	    (const struct task_struct *prev, const struct task_struct *next, int why),
	    (prev, next, why))
TRACE_EVENT(sched_waking, (const struct task_struct *p, int cpu), (p, cpu))
TRACE_EVENT(sched_wakeup_new, (const struct task_struct *p, int cpu), (p, cpu))
TRACE_EVENT(sched_migrate_task, (const struct task_struct *p, int from, int to), (p, from, to))
TRACE_EVENT(sched_process_fork, (const struct task_struct *child), (child))
TRACE_EVENT(sched_process_exec, (const char *filename, int old_pid), (filename, old_pid))
TRACE_EVENT(sched_process_exit, (void), ())
/* signal; siglock held */
enum trace_signal_result {	/* Linux's numbers */
	TRACE_SIGNAL_DELIVERED,
	TRACE_SIGNAL_IGNORED,
	TRACE_SIGNAL_ALREADY_PENDING,
	TRACE_SIGNAL_OVERFLOW_FAIL,
};
TRACE_EVENT(signal_generate, (int sig, int code, const struct task_struct *p, bool group, int res),
	    (sig, code, p, group, res))
TRACE_EVENT(signal_deliver, (int sig, const siginfo_t *info, const struct sigaction *sa),
	    (sig, info, sa))
/* raw_syscalls; called only with TIF_SYSCALL_TRACEPOINT set */
TRACE_EVENT(sys_enter, (const struct pt_regs *regs), (regs))
TRACE_EVENT(sys_exit, (const struct pt_regs *regs), (regs))
/* futex: current queued itself on n words and is about to sleep; somebody called wake, requeue */
TRACE_EVENT(futex_wait, (const void *uaddr, u32 val, int n), (uaddr, val, n))
TRACE_EVENT(futex_wake, (const void *uaddr, int woken), (uaddr, woken))
TRACE_EVENT(futex_requeue, (const void *uaddr, const void *uaddr2, int nr_wake, int affected),
	    (uaddr, uaddr2, nr_wake, affected))
/* lock: a kernel lock that another holds; owner: of a mutex, which cannot let go without our
 * knowing; NULL: a spinlock. end: got it (0) or gave up (errno) */
TRACE_EVENT(contention_begin,
	    (const void *lock, const struct lock_class *class, const struct task_struct *owner),
	    (lock, class, owner))
TRACE_EVENT(contention_end, (const void *lock, int ret), (lock, ret))
/* irq, timer; irq: the vector */
TRACE_EVENT(irq_handler_entry, (int irq), (irq))
TRACE_EVENT(irq_handler_exit, (int irq), (irq))
TRACE_EVENT(hrtimer_expire_entry, (const struct hrtimer *timer), (timer))
#undef TRACE_EVENT

/* exceptions: page_fault_user and page_fault_kernel, one test for both; regs as the CPU left them */
void __trace_page_fault(const struct pt_regs *regs, unsigned long addr);
static __always_inline void trace_page_fault(const struct pt_regs *regs, unsigned long addr)
{
	if (trace_on(BIT(TRACE_page_fault_user) | BIT(TRACE_page_fault_kernel)))
		__trace_page_fault(regs, addr);
}

/* The last events of all CPUs into the log, for reports, which come one at a time. Any context. */
void trace_show_last(void);
/* At boot, after smp_init(): the options trace= and trace_buf_size_kb=. May sleep. */
void trace_init(void);
/* p has become visible, or has another name. Keeps the name for the time after p's death and lets
 * p's system calls be seen. tasklist_lock or p's alloc_lock held. */
void trace_task_named(struct task_struct *p);
