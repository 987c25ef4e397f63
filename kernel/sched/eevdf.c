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
 * Who sleeps takes its lag along and is placed so that it has it again when it wakes: sleeping earns
 * nothing. (Since V itself moves when somebody joins, the distance must be a little more: place()
 * has the computation.) A negative lag is paid off while asleep, as V passes the vruntime that stands
 * still: otherwise one who sleeps most of the time would pay for it after waking, when it is urgent.
 *
 * The tree is ordered by deadline, the running task in its place. Pick walks it from the left to
 * the first that is eligible: mostly one or two steps, in the worst case all. (Linux keeps in each
 * node the smallest vruntime below it, and so goes down one path.)
 *
 * Locks: called with rq->lock held.
 */
#include "kernel/sched/fair.h"
#include "kernel/time/time.h"

#define BASE_SLICE_NS (3 * NSEC_PER_MSEC)

static struct sched_entity *first_entity(const struct cfs_rq *cfs)
{
	return rb_entry_safe(rb_first_cached(&cfs->tree), struct sched_entity, run_node);
}

static struct sched_entity *next_entity(const struct cfs_rq *cfs, struct sched_entity *se)
{
	struct rb_node *node = &se->run_node;

	return rb_entry_safe(node == rb_first_cached(&cfs->tree) ? rb_second(node) : rb_next(node),
			     struct sched_entity, run_node);
}

static struct task_struct *next_queued_eevdf(struct rq *rq, struct task_struct *p)
{
	struct sched_entity *se = p ? next_entity(&rq->cfs, &p->se) : first_entity(&rq->cfs);

	return se ? task_of(se) : NULL;
}

static bool due_before(struct rb_node *a, const struct rb_node *b)
{
	return before(entity_of(a)->deadline, entity_of(b)->deadline);
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

static void insert(struct cfs_rq *cfs, struct sched_entity *se)
{
	cfs->sum += weighted(cfs, se);
	cfs->load += se->weight;
	rb_add_cached(&se->run_node, &cfs->tree, due_before);
}

static void erase(struct cfs_rq *cfs, struct sched_entity *se)
{
	rb_erase_cached(&se->run_node, &cfs->tree);
	cfs->load -= se->weight;
	cfs->sum -= weighted(cfs, se);
}

/* In real time, so that it means the same with another weight. */
static s64 lag_of(struct cfs_rq *cfs, const struct sched_entity *se)
{
	return (s64)(avg_vruntime(cfs) - se->vruntime) * (s64)se->weight / (s64)NICE_0_WEIGHT;
}

/* Before it leaves the tree. Not more than two slices. */
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

	if (likely(weight == se->weight)) {
		erase(&rq->cfs, se);
		se->deadline = se->vruntime + virtual_slice(se);
	} else {	/* others have come or gone in its groups */
		save_lag(&rq->cfs, se);
		erase(&rq->cfs, se);
		rq->load += weight - se->weight;
		se->weight = weight;
		place(&rq->cfs, se, 0);
	}
	insert(&rq->cfs, se);
}

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
	insert(&rq->cfs, se);
}

static void dequeue_task_eevdf(struct rq *rq, struct task_struct *p, int flags)
{
	if (flags & DEQUEUE_SLEEP)
		update_curr_eevdf(rq);
	save_lag(&rq->cfs, &p->se);
	rq->cfs.nr--;
	erase(&rq->cfs, &p->se);
	if (in_group(p))
		__group_account(p, false);
}

static struct task_struct *pick_next_task_eevdf(struct rq *rq)
{
	struct sched_entity *se = first_entity(&rq->cfs);
	u64 mean = avg_vruntime(&rq->cfs);

	while (se && before(mean, se->vruntime))
		se = next_entity(&rq->cfs, se);
	return se ? task_of(se) : NULL;
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
	if (pick_next_task_eevdf(rq) != p)
		resched_curr(rq);
}

static void check_preempt_eevdf(struct rq *rq, struct task_struct *woken)
{
	enum preempts how = policy_preempts(rq->curr, woken);

	update_curr_eevdf(rq);
	if (how == ALWAYS || (how == PERHAPS && pick_next_task_eevdf(rq) == woken))
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
