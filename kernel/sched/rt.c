/*
 * The real-time policies: SCHED_FIFO and SCHED_RR. Each task has a priority from 1 to 99, and the
 * strongest runnable one runs, always: a task runs until it sleeps, yields, or a stronger one
 * comes; then it keeps its place at the head. SCHED_RR differs in one thing: after its turn it goes
 * behind the others of its own priority. That is all a real-time program needs to compute its worst
 * case, and it is merciless: a runaway at priority 1 starves everybody below.
 *
 * So that one still gets a shell in to kill it, there is a throttle: when real-time tasks have had
 * 950 ms of a CPU's second and others wait there, these get the rest of that second. If nobody else
 * wants the CPU nothing is taken from anyone.
 *
 * One queue per priority, and a bitmap of those that are not empty: picking is "first bit set,
 * first in its queue", O(1) however many tasks wait. A task that borrowed a priority (futex/pi.c)
 * stands in the queue of the borrowed one.
 *
 * Locks: called with rq->lock held.
 */
#include "kernel/sched/rq.h"
#include "kernel/time/time.h"

#define RT_TURN_NS (25 * TICK_NS)	/* Linux's 100 ms */
/* To the balancer: next to it an ordinary task has as good as no CPU. */
#define RT_WEIGHT (100 * NICE_0_WEIGHT)

/* /proc/sys/kernel: microseconds; a runtime of -1, or as long as the period: no throttle */
int sysctl_sched_rt_period = 1000000, sysctl_sched_rt_runtime = 950000;

bool rt_throttled(struct rq *rq)
{
	u64 period = (u64)READ_ONCE(sysctl_sched_rt_period) * NSEC_PER_USEC;
	int runtime = READ_ONCE(sysctl_sched_rt_runtime);

	if (rq->clock - rq->rt.period_start >= period) {
		rq->rt.period_start = rq->clock;
		rq->rt.used = 0;
	}
	return runtime >= 0 && rq->rt.used >= (u64)runtime * NSEC_PER_USEC &&
	       (u64)runtime * NSEC_PER_USEC < period && rq->nr_running > rq->rt.nr_running;
}

static void enqueue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	p->se.slice = p->policy == SCHED_RR ? RT_TURN_NS : 0;
	p->se.weight = RT_WEIGHT;
	start_turn(&p->se);
	list_add_tail(&p->se.run_list, &rq->rt.queue[p->prio]);
	__set_bit((unsigned long)p->prio, rq->rt.bitmap);
	rq->rt.nr_running++;
}

static void update_curr_rt(struct rq *rq)
{
	rq->rt.used += update_curr_runtime(rq);
}

static void dequeue_task_rt(struct rq *rq, struct task_struct *p, int flags)
{
	if (flags & DEQUEUE_SLEEP)
		update_curr_rt(rq);
	list_del_init(&p->se.run_list);
	rq->rt.nr_running--;
	if (list_empty(&rq->rt.queue[p->prio]))
		__clear_bit((unsigned long)p->prio, rq->rt.bitmap);
}

/* Lower numbers are stronger, so the first bit is the strongest queue. */
static struct task_struct *pick_next_task_rt(struct rq *rq)
{
	unsigned long prio = find_first_bit(rq->rt.bitmap, MAX_RT_PRIO);

	if (prio >= MAX_RT_PRIO || rt_throttled(rq))
		return NULL;
	return list_first_entry(&rq->rt.queue[prio], struct task_struct, se.run_list);
}

static struct task_struct *yield_task_rt(struct rq *rq)
{
	update_curr_rt(rq);
	start_turn(&rq->curr->se);
	list_move_tail(&rq->curr->se.run_list, &rq->rt.queue[rq->curr->prio]);
	return pick_next_task_rt(rq);
}

static void task_tick_rt(struct rq *rq, struct task_struct *p)
{
	if (p->policy == SCHED_RR && turn_used(&p->se) + TICK_NS / 2 >= RT_TURN_NS)
		yield_task_rt(rq);
	if (pick_next_task_rt(rq) != p)
		resched_curr(rq);
}

static void check_preempt_rt(struct rq *rq, struct task_struct *woken)
{
	if (woken->prio < rq->curr->prio)
		resched_curr(rq);
}

static struct task_struct *next_queued_rt(struct rq *rq, struct task_struct *p)
{
	unsigned long prio = 0;

	if (p) {
		if (p->se.run_list.next != &rq->rt.queue[p->prio])
			return list_next_entry(p, se.run_list);
		prio = (unsigned long)p->prio + 1;
	}
	prio = find_next_bit(rq->rt.bitmap, MAX_RT_PRIO, prio);
	if (prio >= MAX_RT_PRIO)
		return NULL;
	return list_first_entry(&rq->rt.queue[prio], struct task_struct, se.run_list);
}

const struct sched_class rt_sched_class = {
	.name = "rt",
	.enqueue_task = enqueue_task_rt,
	.dequeue_task = dequeue_task_rt,
	.pick_next_task = pick_next_task_rt,
	.yield_task = yield_task_rt,
	.task_tick = task_tick_rt,
	.check_preempt = check_preempt_rt,
	.update_curr = update_curr_rt,
	.next_queued = next_queued_rt,
};
