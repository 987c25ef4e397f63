/*
 * The completely fair scheduler. On an ideal machine n equal tasks would all run at once, each at
 * 1/n of the speed. A real CPU runs one at a time, so the others fall behind, and CFS always runs
 * the one that is furthest behind. That is the whole idea; it needs one number for each task:
 *
 *	vruntime += time it ran * NICE_0_WEIGHT / its weight
 *
 * the virtual run time. For nice 0 it is plain nanoseconds; for a heavier task it passes more
 * slowly, so it runs more before it has caught up. If all vruntimes grow together, each task runs
 * in proportion to its weight: nice 0 beside nice 5 has 1.25^5 = 3.05 times as much.
 *
 *	      min_vruntime
 *	           |
 *	           A---B-------C----D--------E	  the tree, by vruntime; A runs
 *	           '----------->			  A runs on, and moves to the right:
 *	               B-------C--A-D--------E	  B is first now. When may it take over?
 *
 * Not at once, or the CPU would do nothing but switch. Everybody is to run once in a target latency
 * (12 ms), so a turn is the task's part of that, but never less than a minimum granularity (3 ms):
 * with many tasks the latency grows instead. The tick looks whether the turn is over.
 *
 * A sleeper's vruntime stands still while min_vruntime, that of the first task, moves on. Without a
 * limit it could claim all that time afterwards; so who wakes is placed at most half a latency
 * before min_vruntime: it runs soon, and before hogs, but cannot monopolise. If that is further
 * before the running task than a wake-up granularity (1 ms), it takes the CPU at once. Newcomers
 * start one turn behind, so that forking gains nothing.
 *
 * The running task stays in the tree, at its right place; who leaves a CPU for another takes its
 * distance from min_vruntime along (every queue has a virtual time of its own). Pick is O(1), the
 * leftmost node is remembered; the rest is O(log n). The order is exact to 65 us, which nobody can
 * notice beside a granularity of 3 ms: so who runs only for a moment need not be moved, and most
 * switches leave the tree alone.
 *
 * Locks: called with rq->lock held.
 */
#include "kernel/sched/fair.h"
#include "kernel/time/time.h"

#define LATENCY_NS (12 * NSEC_PER_MSEC)
#define MIN_GRANULARITY_NS (3 * NSEC_PER_MSEC)
#define WAKEUP_GRANULARITY_NS (1 * NSEC_PER_MSEC)

/* As exact as the tree's order is. */
static u64 granule(u64 vruntime)
{
	return vruntime & ~0xffffUL;
}

static bool runs_before(struct rb_node *a, const struct rb_node *b)
{
	return before(granule(entity_of(a)->vruntime), granule(entity_of(b)->vruntime));
}

/* Real time of one turn: the part of the latency that its weight is of all weights. */
static u64 turn_length(const struct cfs_rq *cfs, const struct sched_entity *se)
{
	u64 latency = max_t(u64, LATENCY_NS, cfs->nr * MIN_GRANULARITY_NS);

	return max_t(u64, latency * se->weight / cfs->load, MIN_GRANULARITY_NS);
}

/* It follows the first task's vruntime, but never goes back: one who joins before everybody else
 * must not turn the clock back for those that come after it. */
static void update_min_vruntime(struct cfs_rq *cfs)
{
	struct sched_entity *first = first_entity(cfs);

	if (first && before(cfs->min_vruntime, first->vruntime))
		cfs->min_vruntime = first->vruntime;
}

static void insert(struct cfs_rq *cfs, struct sched_entity *se)
{
	rb_add_cached(&se->run_node, &cfs->tree, runs_before);
	update_min_vruntime(cfs);
}

/* The running task's vruntime grew: mostly it keeps its place. */
static void advance(struct rq *rq, struct sched_entity *se, u64 by)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *next = next_entity(cfs, se);

	se->vruntime += by;
	if (likely(!next || !before(granule(next->vruntime), granule(se->vruntime)))) {
		update_min_vruntime(cfs);
		return;
	}
	rb_erase_cached(&se->run_node, &cfs->tree);
	if (in_group(task_of(se))) {		/* others may have come or gone in its groups */
		u64 weight = task_weight(task_of(se));

		cfs->load += weight - se->weight;
		rq->load += weight - se->weight;
		se->weight = weight;
	}
	insert(cfs, se);
}

static void update_curr_fair(struct rq *rq)
{
	struct sched_entity *se = &rq->curr->se;
	u64 delta = update_curr_runtime(rq);

	if (likely(rq->curr->on_rq))
		advance(rq, se, calc_delta_fair(delta, se->weight));
}

static void place(struct cfs_rq *cfs, struct sched_entity *se, int flags)
{
	u64 earliest = cfs->min_vruntime - LATENCY_NS / 2;

	if (!se->placed)
		se->vruntime = cfs->min_vruntime + calc_delta_fair(se->slice, se->weight);
	else if (flags & ENQUEUE_MIGRATED)
		se->vruntime += cfs->min_vruntime;
	if (flags & ENQUEUE_WAKEUP && before(se->vruntime, earliest))
		se->vruntime = earliest;
	se->placed = true;
}

static void enqueue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	if (in_group(p))
		__group_account(p, true);
	se->weight = task_weight(p);
	cfs->load += se->weight;
	cfs->nr++;
	se->slice = turn_length(cfs, se);
	place(cfs, se, flags);
	insert(cfs, se);
}

static void dequeue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	struct cfs_rq *cfs = &rq->cfs;

	/* update_curr_fair() without a new place in the tree */
	if (flags & DEQUEUE_SLEEP)
		p->se.vruntime += calc_delta_fair(update_curr_runtime(rq), p->se.weight);
	rb_erase_cached(&p->se.run_node, &cfs->tree);
	cfs->load -= p->se.weight;
	cfs->nr--;
	update_min_vruntime(cfs);
	if (in_group(p))
		__group_account(p, false);
}

static struct task_struct *pick_next_task_fair(struct rq *rq)
{
	struct sched_entity *se = first_entity(&rq->cfs);

	if (!se)
		return NULL;
	if (unlikely(rq->cfs.yields)) {
		rq->cfs.yields = false;
		if (task_of(se) == rq->curr && rq->cfs.nr > 1)
			se = next_entity(&rq->cfs, se);
	}
	if (task_of(se) != rq->curr)
		start_turn(se);
	return task_of(se);
}

/* The next one runs, for a turn at most, even if it is further ahead. */
static void yield_task_fair(struct rq *rq)
{
	update_curr_fair(rq);
	rq->cfs.yields = true;
}

/* Ticks come every 4 ms: a turn ends with the tick that is nearest to its end. */
static void task_tick_fair(struct rq *rq, struct task_struct *p)
{
	struct sched_entity *se = &p->se, *first = first_entity(&rq->cfs);
	u64 used = turn_used(se) + TICK_NS / 2;

	if (first == se)
		return;
	se->slice = turn_length(&rq->cfs, se);
	/* Its turn is over, or somebody is a whole turn behind. */
	if (used >= se->slice ||
	    (used >= MIN_GRANULARITY_NS &&
	     before(first->vruntime + calc_delta_fair(se->slice, se->weight), se->vruntime)))
		resched_curr(rq);
}

static void check_preempt_fair(struct rq *rq, struct task_struct *woken)
{
	enum preempts how = policy_preempts(rq->curr, woken);
	u64 limit = calc_delta_fair(WAKEUP_GRANULARITY_NS, woken->se.weight);

	update_curr_fair(rq);
	if (how == ALWAYS ||
	    (how == PERHAPS && before(woken->se.vruntime + limit, rq->curr->se.vruntime)))
		resched_curr(rq);
}

static void migrate_task_fair(struct rq *from, struct task_struct *p)
{
	p->se.vruntime -= from->cfs.min_vruntime;
}

const struct sched_class fair_sched_class = {
	.name = "fair",
	.enqueue_task = enqueue_task_fair,
	.dequeue_task = dequeue_task_fair,
	.pick_next_task = pick_next_task_fair,
	.yield_task = yield_task_fair,
	.task_tick = task_tick_fair,
	.check_preempt = check_preempt_fair,
	.migrate_task = migrate_task_fair,
	.update_curr = update_curr_fair,
	.next_queued = next_queued_cfs,
};
