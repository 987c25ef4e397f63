/*
 * The record of a switch, by hand and inline: it is the one whose length everybody measures. For
 * kernel/sched/core.c alone. Takes no locks.
 */
#pragma once

#include "kernel/trace/ring.h"

/* Neighbours in task_struct are neighbours in the record: two at a time. */
BUILD_BUG_ON(__builtin_offsetof(struct task_struct, prio) !=
	     __builtin_offsetof(struct task_struct, pid) + 4);
BUILD_BUG_ON(__builtin_offsetof(struct task_struct, state) !=
	     __builtin_offsetof(struct task_struct, prio) + 4);

/* rq lock held, IRQs off, one preempt count. why: 0, or TRACE_PREEMPTED: prev had not asked for it,
 * its state does not count. */
static __always_inline void trace_sched_switch(const struct task_struct *prev,
					       const struct task_struct *next, u32 why)
{
	struct trace_ring *ring;
	struct trace_record *r;
	u64 head;

	if (!trace_on(TRACE_sched_switch))
		return;
	ring = this_cpu(trace);
	head = ring->head;
	r = trace_slot(ring, head);
	*(u32 *)r = TRACE_sched_switch | 1 << 16;
	r->pid = prev->pid;
	*(u64 *)r->data = *(const u64 *)&prev->prio;
	r->data[6] = (u8)why;		/* upper half of the state, which needs the lower one */
	*(u64 *)(r->data + 8) = *(const u64 *)&next->pid;
	store_cycles(&r->time);
	trace_end(ring, head);
}
