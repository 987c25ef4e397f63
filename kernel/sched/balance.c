/*
 * Which CPU a task runs on: placement when it wakes, pulling when a CPU would go idle, and evening
 * out now and then. Only queued, not running tasks move, and only to CPUs of their cpus_mask.
 *
 * Locks: rq->lock; two of them by CPU number.
 */
#include "kernel/sched/rq.h"
#include "kernel/time/time.h"

#define BALANCE_PERIOD_NS (20 * TICK_NS)

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
		    READ_ONCE(cpu_rq(cpu)->nr_running) < READ_ONCE(cpu_rq(best)->nr_running))
			best = cpu;
	return best;
}

/* Where it ran last if that CPU is free, else a free one, else the shortest queue; its last CPU
 * wins ties (warm cache). */
int select_task_rq(struct task_struct *p)
{
	int last = p->cpu;
	bool allowed = p->cpus_mask & 1UL << last;

	if (likely(allowed && (nr_cpus == 1 || cpu_idle(last))))
		return last;
	return search_cpus(p, allowed ? last : __builtin_ctzl(p->cpus_mask));
}

/* A waiting task of the class that may go to cpu, or NULL. */
static struct task_struct *next_movable(const struct sched_class *class, struct rq *rq, int cpu)
{
	struct task_struct *p = NULL;

	while ((p = class->next_queued(rq, p)) && !may_move(rq, p, cpu))
		;
	return p;
}

/* Both locks held: moves one task that waits on from and may run on to. */
static bool pull_one(struct rq *from, struct rq *to)
{
	struct task_struct *p = next_movable(&rt_sched_class, from, to->cpu);

	if (!p)
		p = next_movable(normal_sched_class, from, to->cpu);
	if (p)
		move_queued_task(from, to, p);
	return p;
}

/* The other queue with the most (or the fewest) runnable tasks; a snapshot. */
static struct rq *extreme(struct rq *self, bool most)
{
	struct rq *best = NULL;

	for_each_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);
		unsigned int nr = READ_ONCE(rq->nr_running);

		if (rq == self)
			continue;
		if (!best ||
		    (most ? nr > READ_ONCE(best->nr_running) : nr < READ_ONCE(best->nr_running)))
			best = rq;
	}
	return best;
}

/*
 * Called by schedule() with rq->lock held and nothing to run. The other queue's lock may have to
 * come first, so ours is dropped for a moment. The task that is leaving is off the queue by then
 * but still on its stack: try_to_wake_up() sees on_cpu and puts it back on this very queue, where
 * pick_next_task(), which looks again afterwards, finds it.
 */
bool newidle_balance(struct rq *rq)
{
	struct rq *from = nr_cpus > 1 ? extreme(rq, true) : NULL;
	bool pulled = false;

	if (!from || READ_ONCE(from->nr_running) < 2)
		return false;
	spin_unlock(&rq->lock);
	double_rq_lock(from, rq);
	if (!rq->nr_running)
		pulled = pull_one(from, rq);
	spin_unlock(&from->lock);
	return pulled;
}

/* A CPU that idles has no tick, so a busy one gives as well as takes. */
void periodic_balance(struct rq *rq)
{
	struct rq *other;

	if (nr_cpus == 1 || rq->clock < rq->next_balance)
		return;
	rq->next_balance = rq->clock + BALANCE_PERIOD_NS;
	other = extreme(rq, false);
	if (rq->nr_running >= READ_ONCE(other->nr_running) + 2) {
		double_rq_lock(rq, other);
		if (rq->nr_running >= other->nr_running + 2)
			pull_one(rq, other);
		double_rq_unlock(rq, other);
		return;
	}
	other = extreme(rq, true);
	if (READ_ONCE(other->nr_running) >= rq->nr_running + 2) {
		double_rq_lock(rq, other);
		if (other->nr_running >= rq->nr_running + 2)
			pull_one(other, rq);
		double_rq_unlock(rq, other);
	}
}
