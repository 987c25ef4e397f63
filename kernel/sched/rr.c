/*
 * Round robin, the simplest policy there is. Runnable tasks stand in a queue; the first runs. When
 * it has used up its turn, or yields, it goes to the end; when it sleeps it leaves the queue; when
 * it wakes it joins at the end. With n tasks of turn T nobody waits longer than (n - 1) * T, and
 * every operation is O(1). What it lacks: nice values mean nothing, and a task that just woke waits
 * as long as everybody else.
 *
 * Locks: called with rq->lock held.
 */
#include "kernel/sched/rq.h"

#define RR_TURN_NS (3 * TICK_NS)

static void enqueue_task_rr(struct rq *rq, struct task_struct *p, int flags)
{
	p->se.slice = RR_TURN_NS;
	list_add_tail(&p->se.run_list, &rq->rr_queue);
}

static void dequeue_task_rr(struct rq *rq, struct task_struct *p, int flags)
{
	list_del(&p->se.run_list);
}

static struct task_struct *pick_next_task_rr(struct rq *rq)
{
	return list_first_entry_or_null(&rq->rr_queue, struct task_struct, se.run_list);
}

static void put_prev_task_rr(struct rq *rq, struct task_struct *p)
{
}

static void set_next_task_rr(struct rq *rq, struct task_struct *p)
{
}

static void requeue(struct rq *rq, struct task_struct *p)
{
	p->se.slice = RR_TURN_NS;
	list_move_tail(&p->se.run_list, &rq->rr_queue);
}

static void yield_task_rr(struct rq *rq)
{
	requeue(rq, rq->curr);
}

static void task_tick_rr(struct rq *rq, struct task_struct *p)
{
	if (p->se.slice)
		return;
	requeue(rq, p);
	if (pick_next_task_rr(rq) != p)
		resched_curr(rq);
}

/* A new arrival waits for its turn. */
static void check_preempt_rr(struct rq *rq, struct task_struct *woken)
{
}

static void task_fork_rr(struct task_struct *child)
{
	child->se.slice = RR_TURN_NS;
}

static void migrate_task_rr(struct rq *from, struct rq *to, struct task_struct *p)
{
}

static void update_curr_rr(struct rq *rq)
{
	u64 delta = update_curr_runtime(rq);
	u64 *slice = &rq->curr->se.slice;

	*slice -= min(*slice, delta);
}

static struct task_struct *next_movable_rr(struct rq *rq, int cpu)
{
	struct task_struct *p;

	list_for_each_entry(p, &rq->rr_queue, se.run_list)
		if (may_move(rq, p, cpu))
			return p;
	return NULL;
}

const struct sched_class rr_sched_class = {
	.name = "rr",
	.enqueue_task = enqueue_task_rr,
	.dequeue_task = dequeue_task_rr,
	.pick_next_task = pick_next_task_rr,
	.put_prev_task = put_prev_task_rr,
	.set_next_task = set_next_task_rr,
	.yield_task = yield_task_rr,
	.task_tick = task_tick_rr,
	.check_preempt = check_preempt_rr,
	.task_fork = task_fork_rr,
	.migrate_task = migrate_task_rr,
	.update_curr = update_curr_rr,
	.next_movable = next_movable_rr,
};
