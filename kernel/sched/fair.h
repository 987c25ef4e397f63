/*
 * What the two fair policies, fair.c and eevdf.c, have in common: virtual time. One of the two is
 * in use. Locks: rq->lock.
 */
#pragma once

#include "kernel/sched/rq.h"

#define entity_of(node) rb_entry(node, struct sched_entity, run_node)

static inline struct task_struct *task_of(const struct sched_entity *se)
{
	return container_of(se, struct task_struct, se);
}

/* Virtual times are compared by their distance, so that they may wrap. */
static inline bool before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

/* Run time as virtual time: it passes the slower the heavier the task is. */
static inline u64 calc_delta_fair(u64 ns, u64 weight)
{
	return likely(weight == NICE_0_WEIGHT) ? ns : ns * NICE_0_WEIGHT / weight;
}

static inline u64 task_weight(const struct task_struct *p)
{
	return in_group(p) ? __task_weight(p) : p->se.load;
}

/* May woken take the CPU from the running task at all? SCHED_BATCH and SCHED_IDLE do not do that,
 * and whoever is SCHED_IDLE gives way to everybody else. */
enum preempts { NEVER, PERHAPS, ALWAYS };
static inline enum preempts policy_preempts(const struct task_struct *curr,
					    const struct task_struct *woken)
{
	if (curr->policy == SCHED_IDLE && woken->policy != SCHED_IDLE)
		return ALWAYS;
	return woken->policy == SCHED_BATCH || woken->policy == SCHED_IDLE ? NEVER : PERHAPS;
}
