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
 *	           A	B-------C----D--------E	  A runs, the others wait, by vruntime
 *	           '----------->
 *	               B-------C--A-D--------E	  A runs on, and moves to the right:
 *						  B is first now. When may it take over?
 *
 * Not at once, or the CPU would do nothing but switch. Everybody is to run once in a target latency
 * (12 ms), so a turn is the task's part of that, but never less than a minimum granularity (3 ms):
 * with many tasks the latency grows instead. The tick looks whether the turn is over.
 *
 * A sleeper's vruntime stands still while min_vruntime, that of the first task, moves on. Without a
 * limit it could claim all that time afterwards; so who wakes is placed at most half a latency
 * before min_vruntime: it runs soon, and before hogs, but cannot monopolise. If that is further
 * before the running task than a wake-up granularity (1 ms), it takes the CPU at once. Newcomers
 * start one turn behind, so that forking gains nothing. Who leaves a CPU for another takes its
 * distance from min_vruntime along: every queue has a virtual time of its own.
 *
 * THE QUEUE. The running task (cfs->curr) is not in it: its vruntime moves, and most tasks run,
 * sleep and wake with few others waiting. Order is exact to a granule of 65 us, which nobody can
 * notice beside a granularity of 3 ms. Those that wait within one granule form a ring, first come,
 * first served. The first ring may be the list cfs->front; of each other one a member, whichever,
 * is the node in a red-black tree, and all of the tree is later than the front:
 *
 *	front = A, B, C		    E		RB_EMPTY_NODE tells the nodes (D, E, G) from those
 *				  /   \	that only hang on them (F)
 *				 D    G - F
 *
 * So a yield or a short sleep costs one or two list operations, however many wait; a walk down the
 * tree, O(log n), is due once for every granule that a task has run.
 *
 * Locks: called with rq->lock held.
 */
#include "kernel/sched/fair.h"
#include "kernel/time/time.h"

#define LATENCY_NS (12 * NSEC_PER_MSEC)
#define MIN_GRANULARITY_NS (3 * NSEC_PER_MSEC)
#define WAKEUP_GRANULARITY_NS (1 * NSEC_PER_MSEC)

static u64 granule(const struct sched_entity *se)
{
	return se->vruntime & ~0xffffUL;
}

static bool same_granule(const struct sched_entity *a, const struct sched_entity *b)
{
	return granule(a) == granule(b);
}

static bool runs_before(const struct sched_entity *a, const struct sched_entity *b)
{
	return before(granule(a), granule(b));
}

/* Of those that wait, or NULL. */
static struct sched_entity *first_entity(const struct cfs_rq *cfs)
{
	if (!list_empty(&cfs->front))
		return list_first_entry(&cfs->front, struct sched_entity, run_list);
	return rb_entry_safe(rb_first_cached(&cfs->tree), struct sched_entity, run_node);
}

/* Real time of one turn: the part of the latency that its weight is of all weights. */
static u64 turn_length(const struct cfs_rq *cfs, const struct sched_entity *se)
{
	u64 latency = max_t(u64, LATENCY_NS, cfs->nr * MIN_GRANULARITY_NS);

	return max_t(u64, latency * se->weight / cfs->load, MIN_GRANULARITY_NS);
}

/*
 * The least vruntime of all, but it never goes back: one who joins before everybody else must not
 * turn the clock back for those that come after it. Between two that join or leave the least only
 * grows, so it is enough to look then.
 */
static void update_min_vruntime(struct cfs_rq *cfs)
{
	const struct sched_entity *first = first_entity(cfs), *curr = cfs->curr;

	if (!first || (curr && before(curr->vruntime, first->vruntime)))
		first = curr;
	if (first && before(cfs->min_vruntime, first->vruntime))
		cfs->min_vruntime = first->vruntime;
}

/* --- the queue --- */

/* se, alone or with the ring it is in, into the tree. */
static void insert_tree(struct cfs_rq *cfs, struct sched_entity *se)
{
	struct rb_node **link = &cfs->tree.rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		struct sched_entity *other = entity_of(*link);

		parent = *link;
		if (same_granule(se, other)) {
			list_add_tail(&se->run_list, &other->run_list);
			return;
		}
		link = &parent->rb_left;
		if (runs_before(other, se)) {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&se->run_node, parent, link);
	if (leftmost)
		cfs->tree.rb_leftmost = &se->run_node;
	rb_insert_color(&se->run_node, &cfs->tree.rb_root);
}

/* se does not simply join the front, or others that are its equals. */
static noinline void insert_elsewhere(struct cfs_rq *cfs, struct sched_entity *se)
{
	struct sched_entity *first = first_entity(cfs);

	if (!runs_before(se, first)) {
		INIT_LIST_HEAD(&se->run_list);
		insert_tree(cfs, se);
		return;
	}
	if (!list_empty(&cfs->front)) {
		list_del_init(&cfs->front);	/* leaves the ring */
		insert_tree(cfs, first);
	}
	list_add(&se->run_list, &cfs->front);
}

static __always_inline void insert(struct cfs_rq *cfs, struct sched_entity *se)
{
	if (likely(list_empty(&cfs->front) ? !rb_first_cached(&cfs->tree)
					   : same_granule(se, first_entity(cfs))))
		list_add_tail(&se->run_list, &cfs->front);
	else
		insert_elsewhere(cfs, se);
}

/* Nobody is in the front: the first ring of the tree becomes it. */
static void advance(struct cfs_rq *cfs, struct sched_entity *first)
{
	rb_erase_cached(&first->run_node, &cfs->tree);
	RB_CLEAR_NODE(&first->run_node);
	list_add_tail(&cfs->front, &first->run_list);
}

static noinline void erase(struct cfs_rq *cfs, struct sched_entity *se)
{
	struct sched_entity *heir = list_next_entry(se, run_list);

	if (!RB_EMPTY_NODE(&se->run_node)) {
		if (heir == se)
			rb_erase_cached(&se->run_node, &cfs->tree);
		else
			rb_replace_node_cached(&se->run_node, &heir->run_node, &cfs->tree);
		RB_CLEAR_NODE(&se->run_node);
	}
	list_del(&se->run_list);
}

/* --- the policy --- */

static void update_curr_fair(struct rq *rq)
{
	struct sched_entity *se = &rq->curr->se;

	se->vruntime += calc_delta_fair(update_curr_runtime(rq), se->weight);
}

static void place(struct cfs_rq *cfs, struct sched_entity *se, int flags)
{
	u64 earliest = cfs->min_vruntime - LATENCY_NS / 2;

	if (unlikely(!se->placed)) {
		se->placed = true;
		RB_CLEAR_NODE(&se->run_node);
		se->slice = turn_length(cfs, se);
		se->vruntime = cfs->min_vruntime + calc_delta_fair(se->slice, se->weight);
		return;
	}
	if (flags & ENQUEUE_MIGRATED)
		se->vruntime += cfs->min_vruntime;
	if (flags & ENQUEUE_WAKEUP && before(se->vruntime, earliest))
		se->vruntime = earliest;
}

static __always_inline void enqueue(struct rq *rq, struct task_struct *p, int flags, u64 weight)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	se->weight = weight;
	cfs->load += weight;
	cfs->nr++;
	update_min_vruntime(cfs);
	place(cfs, se, flags);
	if (unlikely(p == rq->curr)) {
		swap(cfs->curr, se);	/* who had to give way while p was of real time */
		if (!se)
			return;
	}
	insert(cfs, se);
}

static __always_inline void dequeue(struct rq *rq, struct task_struct *p, int flags)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	if (flags & DEQUEUE_SLEEP)
		update_curr_fair(rq);
	cfs->load -= se->weight;
	if (!--cfs->nr && before(cfs->min_vruntime, se->vruntime))
		cfs->min_vruntime = se->vruntime;	/* nobody else can tell it later */
	if (likely(se == cfs->curr))
		cfs->curr = NULL;
	else
		erase(cfs, se);
}

/* The rare half of both is apart, so that the other needs no stack. */
static noinline void enqueue_grouped(struct rq *rq, struct task_struct *p, int flags)
{
	__group_account(p, true);
	enqueue(rq, p, flags, __task_weight(p));
}

static noinline void dequeue_grouped(struct rq *rq, struct task_struct *p, int flags)
{
	dequeue(rq, p, flags);
	__group_account(p, false);
}

static void enqueue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	if (in_group(p))
		enqueue_grouped(rq, p, flags);
	else
		enqueue(rq, p, flags, p->se.load);
}

static void dequeue_task_fair(struct rq *rq, struct task_struct *p, int flags)
{
	if (in_group(p))
		dequeue_grouped(rq, p, flags);
	else
		dequeue(rq, p, flags);
}

/* Others may have come or gone in its groups. */
static void update_weight(struct rq *rq, struct sched_entity *se)
{
	u64 weight = __task_weight(task_of(se));

	rq->cfs.load += weight - se->weight;
	rq->load += weight - se->weight;
	se->weight = weight;
}

static struct task_struct *begin_turn(struct cfs_rq *cfs, struct sched_entity *se)
{
	start_turn(se);
	cfs->curr = se;
	return task_of(se);
}

static noinline struct task_struct *pick_with_care(struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *curr = cfs->curr, *first = first_entity(cfs);

	if (!first || (curr && runs_before(curr, first)))
		return curr ? task_of(curr) : NULL;
	if (list_empty(&cfs->front))
		advance(cfs, first);
	list_del(&first->run_list);
	if (curr) {
		if (in_group(task_of(curr)))
			update_weight(rq, curr);
		insert(cfs, curr);
	}
	return begin_turn(cfs, first);
}

static struct task_struct *pick_next_task_fair(struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *first = first_entity(cfs);

	if (cfs->curr || list_empty(&cfs->front))
		return pick_with_care(rq);
	list_del(&first->run_list);
	return begin_turn(cfs, first);
}

static noinline struct task_struct *yield_with_care(struct rq *rq)
{
	struct sched_entity *se = &rq->curr->se, *first = first_entity(&rq->cfs);

	if (first && runs_before(se, first))
		se->vruntime = granule(first);
	return pick_with_care(rq);
}

/* The next one runs, for a turn at most, even if it is further ahead: the running task lets go of
 * what it is behind. */
static struct task_struct *yield_task_fair(struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &rq->curr->se, *first;

	update_curr_fair(rq);
	first = list_first_entry(&cfs->front, struct sched_entity, run_list);
	if (&first->run_list == &cfs->front || !same_granule(se, first) || in_group(task_of(se)))
		return yield_with_care(rq);
	list_add_tail(&se->run_list, &cfs->front);
	list_del(&first->run_list);
	return begin_turn(cfs, first);
}

/* Ticks come every 4 ms: a turn ends with the tick that is nearest to its end. */
static void task_tick_fair(struct rq *rq, struct task_struct *p)
{
	struct sched_entity *se = &p->se, *first = first_entity(&rq->cfs);
	u64 used = turn_used(se) + TICK_NS / 2;

	update_min_vruntime(&rq->cfs);
	if (!first)
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
	update_min_vruntime(&from->cfs);
	p->se.vruntime -= from->cfs.min_vruntime;
}

/* The running task last. */
static struct task_struct *next_queued_fair(struct rq *rq, struct task_struct *p)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct list_head *next = p ? p->se.run_list.next : cfs->front.next;
	struct rb_node *node = rb_first_cached(&cfs->tree);

	if (p && &p->se == cfs->curr)
		return NULL;
	if (next != &cfs->front) {
		struct sched_entity *se = list_entry(next, struct sched_entity, run_list);

		if (RB_EMPTY_NODE(&se->run_node))
			return task_of(se);
		node = rb_next(&se->run_node);		/* once around the ring */
	}
	if (node)
		return task_of(entity_of(node));
	return cfs->curr ? task_of(cfs->curr) : NULL;
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
	.next_queued = next_queued_fair,
};
