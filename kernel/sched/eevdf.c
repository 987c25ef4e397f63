/*
 * Earliest eligible virtual deadline first (Stoica and Abdel-Wahab, 1995): what Linux has had in
 * CFS's place since 6.6. CFS asks who is furthest behind. That is fair, but a task cannot say that
 * it needs little and needs it soon. EEVDF asks two questions:
 *
 *   1. Who is eligible, that is, has had no more than its due?
 *   2. Which of them has the earliest deadline?
 *
 * Due is measured in virtual time V, the weighted mean of all vruntimes: if everybody had what is
 * due, all of them would be equal to V. The difference is the task's lag,
 *
 *	lag = V - vruntime		> 0: the CPU owes it time; < 0: it has had too much
 *
 * and a task is eligible while lag >= 0. Lags, times weights, add up to 0, so somebody is eligible
 * always. A task asks for time in slices (3 ms unless it said otherwise); the request's deadline is
 * when a machine that served all at once would have granted it:
 *
 *	deadline = vruntime at the request + slice / weight
 *
 *	   A [....|==========]	             [ vruntime, | V, ] deadline
 *	   B    [.|==]			     A and B are eligible, C is not. B asked for a short
 *	   C      |  [======]		     slice: its deadline comes first, it runs.
 *
 * So a short slice means to be served soon, not to be served more: B will have to ask again
 * sooner. No task's lag ever exceeds one slice (or tick, if longer) on either side, which is the
 * best that any algorithm can do.
 *
 * Who sleeps takes its lag along and is placed so that it has it again when it wakes: sleeping
 * earns nothing. (Since V itself moves when somebody joins, the distance must be a little more:
 * place() has the computation.) A negative lag is paid off while asleep, as V passes the vruntime
 * that stands still: otherwise one who sleeps most of the time would pay for it after waking, when
 * it is urgent.
 *
 * The tree is ordered by deadline, and each node knows the smallest vruntime in its subtree. So the
 * earliest deadline of an eligible task is found on one way down: to the left if anybody there is
 * eligible, else here, else to the right.
 *
 *	                    [deadline 20, vruntime 9, smallest 4]
 *	                   /                                     \	  V = 6
 *	  [deadline 10, vruntime 8, smallest 7]       [deadline 30, vruntime 4, smallest 4]
 *	         /
 *	  [deadline 5, vruntime 7, smallest 7]	nobody on the left, nor the root; so the right
 *
 * The task that runs, whose vruntime grows, is kept beside the tree and is compared last:
 * insertion, removal and pick are O(log n), and to charge the running task needs no tree at all.
 *
 * Locks: called with rq->lock held.
 */
#include "kernel/sched/fair.h"
#include "kernel/time/time.h"
#include "libk/rbtree_augmented.h"

#define BASE_SLICE_NS (3 * NSEC_PER_MSEC)

static struct sched_entity *entity_or_null(struct rb_node *node)
{
	return rb_entry_safe(node, struct sched_entity, run_node);
}

static bool due_before(struct rb_node *a, const struct rb_node *b)
{
	return before(entity_of(a)->deadline, entity_of(b)->deadline);
}

/* What a node knows of its subtree, from its children's. False: as before. */
static __always_inline bool update_least(struct rb_node *node)
{
	const struct sched_entity *left = entity_or_null(node->rb_left),
				  *right = entity_or_null(node->rb_right);
	struct sched_entity *se = entity_of(node);
	u64 least = se->vruntime, old = se->least_vruntime;

	if (left && before(left->least_vruntime, least))
		least = left->least_vruntime;
	if (right && before(right->least_vruntime, least))
		least = right->least_vruntime;
	se->least_vruntime = least;
	return least != old;
}

static void tree_add(struct cfs_rq *cfs, struct sched_entity *se)
{
	se->least_vruntime = se->vruntime;
	rb_add_augmented_cached(&se->run_node, &cfs->tree, due_before, update_least);
}

static void tree_erase(struct cfs_rq *cfs, struct sched_entity *se)
{
	rb_erase_augmented_cached(&se->run_node, &cfs->tree, update_least);
}

/* The one beside the tree first. */
static struct task_struct *next_queued_eevdf(struct rq *rq, struct task_struct *p)
{
	struct sched_entity *se = rq->cfs.curr;

	if (p && &p->se != se)
		se = entity_or_null(rb_next(&p->se.run_node));
	else if (p || !se)
		se = entity_or_null(rb_first_cached(&rq->cfs.tree));
	return se ? task_of(se) : NULL;
}

/*
 * V. Not a sum of vruntimes, which would not fit into a word: with any z,
 *	V = z + sum of (weight * (vruntime - z)) / sum of weights.
 * z is the V of a moment ago, so that the differences stay small.
 */
static u64 avg_vruntime(struct cfs_rq *cfs)
{
	s64 load = (s64)cfs->load, moved;

	if (cfs->sum < 0 || cfs->sum >= load) {
		moved = load ? cfs->sum / load - (cfs->sum % load < 0) : 0;
		cfs->min_vruntime += (u64)moved;
		cfs->sum -= moved * load;
	}
	return cfs->min_vruntime;
}

static s64 weighted(const struct cfs_rq *cfs, const struct sched_entity *se)
{
	return (s64)(se->vruntime - cfs->min_vruntime) * (s64)se->weight;
}

static u64 virtual_slice(const struct sched_entity *se)
{
	return calc_delta_fair(se->slice, se->weight);
}

/* Into the sums: of all that are queued. */
static void account(struct cfs_rq *cfs, const struct sched_entity *se)
{
	cfs->sum += weighted(cfs, se);
	cfs->load += se->weight;
}

static void unaccount(struct cfs_rq *cfs, const struct sched_entity *se)
{
	cfs->load -= se->weight;
	cfs->sum -= weighted(cfs, se);
}

/* se, in no tree, is the one beside it from now on. NULL: nobody. */
static void set_curr(struct cfs_rq *cfs, struct sched_entity *se)
{
	if (cfs->curr)
		tree_add(cfs, cfs->curr);
	cfs->curr = se;
}

/* In real time, so that it means the same with another weight. */
static s64 lag_of(struct cfs_rq *cfs, const struct sched_entity *se)
{
	return (s64)(avg_vruntime(cfs) - se->vruntime) * (s64)se->weight / (s64)NICE_0_WEIGHT;
}

/* Before it leaves the sums. Not more than two slices. */
static void save_lag(struct cfs_rq *cfs, struct sched_entity *se)
{
	s64 limit = (s64)max_t(u64, 2 * se->slice, TICK_NS);
	s64 lag = lag_of(cfs, se);

	se->lag = lag > limit ? limit : lag < -limit ? -limit : lag;
}

/*
 * With lag l a task of weight w joins others of load W and pulls V towards itself, by l * w / (W +
 * w). To have l afterwards it must come with l * (W + w) / W.
 */
static void place(struct cfs_rq *cfs, struct sched_entity *se, int flags)
{
	s64 lag = se->placed && cfs->load ? se->lag : 0;

	if (lag < 0 && flags == ENQUEUE_WAKEUP) {	/* a debt, perhaps paid off by now */
		s64 rest = lag_of(cfs, se);

		lag = rest > 0 ? 0 : max(lag, rest);
	}
	if (lag)
		lag = lag * (s64)NICE_0_WEIGHT / (s64)se->weight +
		      lag * (s64)NICE_0_WEIGHT / (s64)cfs->load;
	se->vruntime = avg_vruntime(cfs) - (u64)lag;
	/* A newcomer joins in the middle of a slice, as the others on average are. */
	se->deadline = se->vruntime + (se->placed ? virtual_slice(se) : virtual_slice(se) / 2);
	se->placed = true;
}

/* The running task's request is granted, or given up: it makes the next one. */
static void renew(struct rq *rq, struct sched_entity *se)
{
	u64 weight = task_weight(task_of(se));

	if (unlikely(weight != se->weight)) {	/* others have come or gone in its groups */
		save_lag(&rq->cfs, se);
		unaccount(&rq->cfs, se);
		rq->load += weight - se->weight;
		se->weight = weight;
		place(&rq->cfs, se, 0);
		account(&rq->cfs, se);
	} else {
		se->deadline = se->vruntime + virtual_slice(se);
	}
}

/* It is rq->cfs.curr: as long as it runs it stays beside the tree. */
static void update_curr_eevdf(struct rq *rq)
{
	struct sched_entity *se = &rq->curr->se;
	u64 delta = calc_delta_fair(update_curr_runtime(rq), se->weight);

	if (unlikely(!rq->curr->on_rq))
		return;
	se->vruntime += delta;
	rq->cfs.sum += (s64)(delta * se->weight);
	if (!before(se->vruntime, se->deadline))
		renew(rq, se);
}

static void enqueue_task_eevdf(struct rq *rq, struct task_struct *p, int flags)
{
	struct sched_entity *se = &p->se;

	if (in_group(p))
		__group_account(p, true);
	se->weight = task_weight(p);
	se->slice = se->request ? se->request : BASE_SLICE_NS;
	place(&rq->cfs, se, flags);
	rq->cfs.nr++;
	account(&rq->cfs, se);
	if (rq->curr == p)	/* changed while it runs */
		set_curr(&rq->cfs, se);
	else
		tree_add(&rq->cfs, se);
}

static void dequeue_task_eevdf(struct rq *rq, struct task_struct *p, int flags)
{
	if (flags & DEQUEUE_SLEEP)
		update_curr_eevdf(rq);
	save_lag(&rq->cfs, &p->se);
	rq->cfs.nr--;
	unaccount(&rq->cfs, &p->se);
	if (rq->cfs.curr == &p->se)
		rq->cfs.curr = NULL;
	else
		tree_erase(&rq->cfs, &p->se);
	if (in_group(p))
		__group_account(p, false);
}

/* Of those in the tree. */
static struct sched_entity *first_eligible(const struct cfs_rq *cfs, u64 mean)
{
	struct sched_entity *se = entity_or_null(rb_first_cached(&cfs->tree)), *left;

	if (!se || !before(mean, se->vruntime))
		return se;	/* mostly */
	se = entity_of(cfs->tree.rb_root.rb_node);
	if (before(mean, se->least_vruntime))
		return NULL;
	for (;;) {	/* somebody here is eligible */
		left = entity_or_null(se->run_node.rb_left);
		if (left && !before(mean, left->least_vruntime))
			se = left;
		else if (before(mean, se->vruntime))
			se = entity_of(se->run_node.rb_right);
		else
			return se;
	}
}

/* The eligible one with the earliest deadline; of two the one beside the tree. */
static struct sched_entity *pick_eevdf(struct cfs_rq *cfs)
{
	u64 mean = avg_vruntime(cfs);
	struct sched_entity *se = first_eligible(cfs, mean), *curr = cfs->curr;

	if (curr && !before(mean, curr->vruntime) && (!se || !before(se->deadline, curr->deadline)))
		return curr;
	return se;
}

static struct task_struct *pick_next_task_eevdf(struct rq *rq)
{
	struct sched_entity *se = pick_eevdf(&rq->cfs);

	if (!se)
		return NULL;
	if (se != rq->cfs.curr) {
		tree_erase(&rq->cfs, se);
		set_curr(&rq->cfs, se);
	}
	return task_of(se);
}

/* It counts as having had all it asked for. */
static struct task_struct *yield_task_eevdf(struct rq *rq)
{
	struct sched_entity *se = &rq->curr->se;

	update_curr_eevdf(rq);
	rq->cfs.sum += (s64)((se->deadline - se->vruntime) * se->weight);
	se->vruntime = se->deadline;
	renew(rq, se);
	return pick_next_task_eevdf(rq);
}

static void task_tick_eevdf(struct rq *rq, struct task_struct *p)
{
	if (pick_eevdf(&rq->cfs) != &p->se)
		resched_curr(rq);
}

static void check_preempt_eevdf(struct rq *rq, struct task_struct *woken)
{
	enum preempts how = policy_preempts(rq->curr, woken);

	update_curr_eevdf(rq);
	if (how == ALWAYS || (how == PERHAPS && pick_eevdf(&rq->cfs) == &woken->se))
		resched_curr(rq);
}

const struct sched_class eevdf_sched_class = {
	.name = "eevdf",
	.enqueue_task = enqueue_task_eevdf,
	.dequeue_task = dequeue_task_eevdf,
	.pick_next_task = pick_next_task_eevdf,
	.yield_task = yield_task_eevdf,
	.task_tick = task_tick_eevdf,
	.check_preempt = check_preempt_eevdf,
	.update_curr = update_curr_eevdf,
	.next_queued = next_queued_eevdf,
};
