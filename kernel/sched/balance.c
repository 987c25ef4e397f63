/*
 * Which CPU a task runs on: placement when it wakes, pulling when a CPU would go idle, and evening
 * out now and then. Only queued, not running tasks move, and only to CPUs of their cpus_mask.
 *
 * Locks: rq->lock; two of them by CPU number.
 */
#include "kernel/sched/rq.h"
#include "kernel/time/time.h"

#define BALANCE_PERIOD_NS (10 * TICK_NS)

static bool cpu_idle(int cpu)
{
	return !READ_ONCE(cpu_rq(cpu)->nr_running);
}

/* A real-time task goes where the weakest task runs, so that it runs at once if it can at all. */
static int weakest_cpu(struct task_struct *p, int best)
{
	for_each_cpu(cpu)
		if (p->cpus_mask & 1UL << cpu && cpu_curr(cpu)->prio > cpu_curr(best)->prio)
			best = cpu;
	return best;
}

/* Apart, so that the usual answer needs no stack frame. */
static noinline int search_cpus(struct task_struct *p, int best)
{
	if (p->prio < MAX_RT_PRIO)
		return weakest_cpu(p, best);
	for_each_cpu(cpu)
		if (p->cpus_mask & 1UL << cpu &&
		    READ_ONCE(cpu_rq(cpu)->load) < READ_ONCE(cpu_rq(best)->load))
			best = cpu;
	return best;
}

/* Where it ran last if that CPU is free, else a free one, else the least loaded; its last CPU wins
 * ties (warm cache). */
int select_task_rq(struct task_struct *p)
{
	int last = p->cpu;
	bool allowed = p->cpus_mask & 1UL << last;

	if (likely(allowed && (nr_cpus == 1 || cpu_idle(last))))
		return last;
	return search_cpus(p, allowed ? last : __builtin_ctzl(p->cpus_mask));
}

/*
 * A move helps if to ends up lighter than from was. If it ends up as heavy, or nearly, the two only
 * change places: who stays behind on from is better off now, and later it is another's turn. That
 * is how three hogs share two CPUs.
 */
static bool worth_moving(u64 from, u64 to, u64 weight)
{
	return to < from && to + weight <= from + from / 8;
}

/*
 * Both locks held. Who of from's tasks should go to to: one of real time that would run there at
 * once; else of those that are worth it the one that has been here longest, so that everybody has
 * its turn; of equals one that waits. NULL: nobody. If the best one runs just now it is the answer
 * all the same, unless to is idle: then it must be one that can go.
 */
static struct task_struct *choose_task(struct rq *from, struct rq *to)
{
	struct task_struct *p = NULL, *best = NULL;
	bool idle = !to->nr_running;

	while ((p = rt_sched_class.next_queued(from, p)))
		if (p->prio < to->curr->prio && may_move(from, p, to->cpu))
			return p;
	while ((p = normal_sched_class->next_queued(from, p)))
		if (p->cpus_mask & 1UL << to->cpu &&
		    (idle ? may_move(from, p, to->cpu)
			  : worth_moving(from->load, to->load, p->se.weight)) &&
		    (!best || p->se.arrived < best->se.arrived ||
		     (best == from->curr && p->se.arrived == best->se.arrived)))
			best = p;
	return best;
}

/* Both locks held. Moves tasks until the queues are even. False: who should go is running, try
 * again soon. */
static bool even_out(struct rq *from, struct rq *to)
{
	struct task_struct *p;
	bool moved = false;

	for (; from->nr_running > 1 && (p = choose_task(from, to)); moved = true) {
		bool exchange = to->load + p->se.weight >= from->load;

		if (exchange && moved)
			break;
		if (!may_move(from, p, to->cpu))
			return false;
		move_queued_task(from, to, p);
		/* Who changed places for nothing stays for a period, or how long would depend on
		 * what the two CPUs' clocks of balancing happen to differ by. */
		if (exchange)
			to->next_balance = from->clock + BALANCE_PERIOD_NS;
	}
	return true;
}

/* The CPU with the most tasks of those where somebody waits, without those tried; a snapshot. */
static struct rq *busiest(cpumask_t tried)
{
	struct rq *best = NULL;
	unsigned int most = 1;

	for_each_cpu(cpu) {
		unsigned int nr = READ_ONCE(cpu_rq(cpu)->nr_running);

		if (nr > most && !(tried & 1UL << cpu)) {
			most = nr;
			best = cpu_rq(cpu);
		}
	}
	return best;
}

/*
 * Called by schedule() with rq->lock held and nothing to run. The other queue's lock may have to
 * come first, so ours is dropped for a moment. The task that is leaving is off the queue by then
 * but still on its stack: try_to_wake_up() sees on_cpu and puts it back on this very queue, where
 * pick_next_task(), which looks again afterwards, finds it.
 */
void newidle_balance(struct rq *rq)
{
	cpumask_t tried = 1UL << rq->cpu;
	struct rq *from;

	while (!rq->nr_running && (from = busiest(tried))) {
		struct task_struct *p;

		tried |= 1UL << from->cpu;
		spin_unlock(&rq->lock);
		double_rq_lock(from, rq);
		if (!rq->nr_running && (p = choose_task(from, rq)))
			move_queued_task(from, rq, p);
		rq_unlock(from);
	}
}

/* A CPU where tasks wait gives to the others: one that idles has no tick to take. */
void periodic_balance(struct rq *rq)
{
	bool done = true;

	if (nr_cpus == 1 || rq->clock < rq->next_balance)
		return;
	for_each_cpu(cpu) {
		struct rq *to = cpu_rq(cpu);

		if (to == rq || READ_ONCE(rq->nr_running) < 2)
			continue;
		double_rq_lock(rq, to);
		done &= even_out(rq, to);
		double_rq_unlock(rq, to);
	}
	if (done)
		rq->next_balance = rq->clock + BALANCE_PERIOD_NS;
}
