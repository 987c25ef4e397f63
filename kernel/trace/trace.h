/*
 * Tracing: what happened, when, on which CPU, to whom. The place where something happens calls
 * trace_NAME(); while that event is off, this is one test of a word and one branch that is not
 * taken. What is on is written into the CPU's ring (ring.c). To add an event: a row in events.h, a
 * call where it happens.
 *
 * Locks: the hooks take none and may be called with any held, interrupts on or off. Not from NMI.
 */
#pragma once

#include "libk/abi/signal.h"
#include "libk/compiler.h"
#include "libk/types.h"

struct hrtimer;
struct lock_class;
struct pt_regs;
struct task_struct;

/* TRACE_NAME: bits of trace_events, bytes in the records. */
#define TRACE_EVENT(name, ...) TRACE_##name,
#define TRACE_SPECIAL TRACE_EVENT
#define TRACE_INLINE TRACE_EVENT
#define TRACE_TEXT TRACE_EVENT
enum trace_event {
	TRACE_CONTINUED,	/* no event: more of the record before */
#include "kernel/trace/events.h"
	NR_TRACE_EVENTS,
	TRACE_FIRST_FIXED = TRACE_tracing_mark_write,
};
#define TRACE_SYSCALLS (BIT(TRACE_sys_enter) | BIT(TRACE_sys_exit))

#define TRACE_PREEMPTED 2		/* sched_switch: why */
enum trace_signal_result {		/* signal_generate: res; Linux's numbers */
	TRACE_SIGNAL_DELIVERED,
	TRACE_SIGNAL_IGNORED,
	TRACE_SIGNAL_ALREADY_PENDING,
	TRACE_SIGNAL_OVERFLOW_FAIL,
};

/* What is being recorded. A plain word, so that the test is one instruction on memory. Whoever
 * changes it (control.c) does not mind that other CPUs see it a little later. */
extern u32 trace_events;

static __always_inline bool trace_on(enum trace_event event)
{
#ifdef HOST_TEST
	return false;
#else
	return unlikely(trace_events & BIT(event));
#endif
}

/* The hooks, trace_NAME(). */
#define TRACE_EVENT(name, group, parameters, arguments, ...)			\
	void __trace_##name parameters;						\
	static __always_inline void trace_##name parameters			\
	{									\
		if (trace_on(TRACE_##name))					\
			__trace_##name arguments;				\
	}
#define TRACE_SPECIAL TRACE_EVENT
#define TRACE_INLINE(...)
#define TRACE_TEXT(...)
#include "kernel/trace/events.h"

/* The last events of all CPUs into the log, for reports, which come one at a time. Any context. */
void trace_show_last(void);
/* At boot, after smp_init(): options, files. May sleep. */
void trace_init(void);
/* p has become visible, or has another name. Keeps the name for the time after p's death and lets
 * p's system calls be seen. tasklist_lock or p's alloc_lock held. */
void trace_task_named(struct task_struct *p);
