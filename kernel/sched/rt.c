/*
 * The real-time policies: SCHED_FIFO and SCHED_RR. Each task has a priority from 1 to 99, and the
 * strongest runnable one runs, always: a task runs until it sleeps, yields, or a stronger one
 * comes; then it keeps its place at the head. SCHED_RR differs in one thing: after its turn it goes
 * behind the others of its own priority. That is all a real-time program needs to compute its worst
 * case, and it is merciless: a runaway at priority 1 starves everybody below.
 *
 * One queue per priority, and a bitmap of those that are not empty: picking is "first bit set,
 * first in its queue", O(1) however many tasks wait. A task that borrowed a priority (futex/pi.c)
 * stands in the queue of the borrowed one.
 *
 * Locks: called with rq->lock held.
 */
#include "kernel/sched/rq.h"

#define RT_TURN_NS (25 * TICK_NS)	/* Linux's 100 ms */

static void enqueue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	p->se.slice = RT_TURN_NS;
	list_add_tail(&p->se.run_list, &rq->rt.queue[p->prio]);
	__set_bit((unsigned long)p->prio, rq->rt.bitmap);
}

static void dequeue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	list_del(&p->se.run_list);
	if (list_empty(&rq->rt.queue[p->prio]))
		__clear_bit((unsigned long)p->prio, rq->rt.bitmap);
}

/* Lower numbers are stronger, so the first bit is the strongest queue. */
static struct task_struct *pick_next_task_rt(struct rq *rq)
{
	unsigned long prio = find_first_bit(rq->rt.bitmap, MAX_RT_PRIO);

	if (prio >= MAX_RT_PRIO)
		return NULL;
	return list_first_entry(&rq->rt.queue[prio], struct task_struct, se.run_list);
}

static void put_prev_task_rt(struct rq *rq, struct task_struct *p)
{
}

static void set_next_task_rt(struct rq *rq, struct task_struct *p)
{
}

static void requeue(struct rq *rq, struct task_struct *p)
{
	p->se.slice = RT_TURN_NS;
	list_move_tail(&p->se.run_list, &rq->rt.queue[p->prio]);
}

static void yield_task_rt(struct rq *rq)
{
	requeue(rq, rq->curr);
}

static void task_tick_rt(struct rq *rq, struct task_struct *p)
{
	if (p->policy != SCHED_RR || p->se.slice)
		return;
	requeue(rq, p);
	if (pick_next_task_rt(rq) != p)
		resched_curr(rq);
}

static void check_preempt_rt(struct rq *rq, struct task_struct *woken)
{
	if (woken->prio < rq->curr->prio)
		resched_curr(rq);
}

static void task_fork_rt(struct task_struct *child)
{
	child->se.slice = RT_TURN_NS;
}

static void migrate_task_rt(struct rq *from, struct rq *to, struct task_struct *p)
{
}

static void update_curr_rt(struct rq *rq)
{
	u64 delta = update_curr_runtime(rq);
	u64 *slice = &rq->curr->se.slice;

	*slice -= min(*slice, delta);
}

/* The strongest task that waits here and may run on cpu. */
static struct task_struct *next_movable_rt(struct rq *rq, int cpu)
{
	struct task_struct *p;
	unsigned long prio;

	for_each_set_bit(prio, rq->rt.bitmap, MAX_RT_PRIO)
		list_for_each_entry(p, &rq->rt.queue[prio], se.run_list)
			if (may_move(rq, p, cpu))
				return p;
	return NULL;
}

const struct sched_class rt_sched_class = {
	.name = "rt",
	.enqueue_task = enqueue_task_rt,
	.dequeue_task = dequeue_task_rt,
	.pick_next_task = pick_next_task_rt,
	.put_prev_task = put_prev_task_rt,
	.set_next_task = set_next_task_rt,
	.yield_task = yield_task_rt,
	.task_tick = task_tick_rt,
	.check_preempt = check_preempt_rt,
	.task_fork = task_fork_rt,
	.migrate_task = migrate_task_rt,
	.update_curr = update_curr_rt,
	.next_movable = next_movable_rt,
};
