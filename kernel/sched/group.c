/*
 * Task groups: a group of tasks counts as one, however many it has. Bobbin's scheme is flat: there
 * is one queue of tasks for each CPU, not a queue of queues, and a task in groups simply weighs
 * less:
 *
 *	weight = task's weight * (group's weight / load of the group) * (the same of its parent) ...
 *
 * where the load of a group is the sum of its runnable tasks' weights and its active child groups'
 * (one that has a runnable task), on all CPUs. So the weights of a group's runnable tasks add up to
 * the group's, wherever they run: a root task of nice 0 beside a group of weight 100 gets half of a
 * CPU, whether the group has one hog or a hundred. Linux has a tree of queues instead and knows
 * exactly at every pick; here the others' weights follow when they are next charged.
 *
 * Locks: group_lock, a leaf under rq->lock, guards every load and weight. Tasks in the root group
 * never take it. Loads are also read without: a snapshot is as good as the moment it was taken.
 */
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/sched/rq.h"

struct task_group {
	struct task_group *parent;	/* (c) NULL: the root */
	u64 weight;			/* (g) NICE_0_WEIGHT = cpu.weight 100 */
	u64 load;			/* (g) of what runs in it; its weight counts in the parent's
					 * load while this is not 0 */
};

static DEFINE_SPINLOCK(group_lock);	/* (g) */
struct task_group root_task_group;

u64 __task_weight(const struct task_struct *p)
{
	u64 weight = p->se.load;

	for (const struct task_group *tg = p->sched_task_group; tg->parent; tg = tg->parent)
		weight = weight * READ_ONCE(tg->weight) / max_t(u64, READ_ONCE(tg->load), 1);
	return max_t(u64, weight, 2);
}

/* group_lock held: what tg runs becomes more (or less), and its parents notice when it starts (or
 * stops) running anything. */
static void add_load(struct task_group *tg, u64 old, u64 new)
{
	for (; tg->parent; tg = tg->parent) {
		u64 before = tg->load;

		tg->load += new - old;
		old = before ? tg->weight : 0;
		new = tg->load ? tg->weight : 0;
	}
}

void __group_account(struct task_struct *p, bool joins)
{
	spin_lock(&group_lock);
	add_load(p->sched_task_group, joins ? 0 : p->se.load, joins ? p->se.load : 0);
	spin_unlock(&group_lock);
}

struct task_group *sched_create_group(struct task_group *parent)
{
	struct task_group *tg = kzalloc(sizeof(*tg), GFP_KERNEL);

	if (!tg)
		return ERR_PTR(-ENOMEM);
	tg->parent = parent;
	tg->weight = NICE_0_WEIGHT;
	return tg;
}

void sched_destroy_group(struct task_group *tg)
{
	BUG_ON(tg->load);
	kfree(tg);
}

void sched_move_task(struct task_struct *p, struct task_group *tg)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	sched_change_begin(rq, p);
	p->sched_task_group = tg;
	sched_change_end(rq, p);
	task_rq_unlock(rq, flags);
}

void sched_group_set_weight(struct task_group *tg, unsigned long weight)
{
	unsigned long flags;
	u64 new = weight * NICE_0_WEIGHT / 100;

	spin_lock_irqsave(&group_lock, flags);
	if (tg->load)
		add_load(tg->parent, tg->weight, new);
	tg->weight = new;
	spin_unlock_irqrestore(&group_lock, flags);
}
