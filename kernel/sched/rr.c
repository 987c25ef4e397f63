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
	p->se.weight = NICE_0_WEIGHT;
	start_turn(&p->se);
	list_add_tail(&p->se.run_list, &rq->rr_queue);
}

static void update_curr_rr(struct rq *rq)
{
	update_curr_runtime(rq);
}

static void dequeue_task_rr(struct rq *rq, struct task_struct *p, int flags)
{
	if (flags & DEQUEUE_SLEEP)
		update_curr_rr(rq);
	list_del_init(&p->se.run_list);
}

static struct task_struct *pick_next_task_rr(struct rq *rq)
{
	return list_first_entry_or_null(&rq->rr_queue, struct task_struct, se.run_list);
}

static struct task_struct *yield_task_rr(struct rq *rq)
{
	update_curr_rr(rq);
	start_turn(&rq->curr->se);
	list_move_tail(&rq->curr->se.run_list, &rq->rr_queue);
	return pick_next_task_rr(rq);
}

/* A turn begins a moment after a tick, and ends with the tick that is nearest to its end. */
static void task_tick_rr(struct rq *rq, struct task_struct *p)
{
	if (turn_used(&p->se) + TICK_NS / 2 < RR_TURN_NS)
		return;
	if (yield_task_rr(rq) != p)
		resched_curr(rq);
}

/* A new arrival waits for its turn. */
static void check_preempt_rr(struct rq *rq, struct task_struct *woken)
{
}

static struct task_struct *next_queued_rr(struct rq *rq, struct task_struct *p)
{
	struct list_head *next = p ? p->se.run_list.next : rq->rr_queue.next;

	return next == &rq->rr_queue ? NULL : list_entry(next, struct task_struct, se.run_list);
}

const struct sched_class rr_sched_class = {
	.name = "rr",
	.enqueue_task = enqueue_task_rr,
	.dequeue_task = dequeue_task_rr,
	.pick_next_task = pick_next_task_rr,
	.yield_task = yield_task_rr,
	.task_tick = task_tick_rr,
	.check_preempt = check_preempt_rr,
	.update_curr = update_curr_rr,
	.next_queued = next_queued_rr,
};
