/*
 * Who is in which cgroup, and with what weight: p->cgroup, counted from fork to exit. The
 * controller cpu gives a group a task_group (kernel/sched/group.c); a group without one counts as
 * part of its parent.
 *
 * Locks: tasklist_lock (t); inside it run-queue locks. A group's tree is its directory's i_mutex's.
 */
#include "kernel/cgroup/internal.h"
#include "kernel/mm/mm.h"
#include "libk/string.h"

struct cgroup cgrp_root = {
	.refs = REFCOUNT_INIT(1),
	.children = LIST_HEAD_INIT(cgrp_root.children),
	.tg = &root_task_group,
};

struct cgroup *cgroup_alloc(struct cgroup *parent, const char *name, unsigned int len)
{
	struct cgroup *c = kzalloc(sizeof(*c) + len + 1, GFP_KERNEL);

	if (!c)
		return NULL;
	refcount_set(&c->refs, 1);
	refcount_inc(&parent->refs);
	c->parent = parent;
	INIT_LIST_HEAD(&c->children);
	INIT_LIST_HEAD(&c->sibling);
	c->weight = 100;
	memcpy(c->name, name, len);
	return c;
}

void put_cgroup(struct cgroup *c)
{
	while (c && refcount_dec_and_test(&c->refs)) {
		struct cgroup *parent = c->parent;

		kfree(c);
		c = parent;
	}
}

bool cgroup_below(const struct cgroup *c, const struct cgroup *top)
{
	while (c && c != top)
		c = c->parent;
	return c;
}

static struct task_group *cgroup_tg(const struct cgroup *c)
{
	while (!c->tg)
		c = c->parent;
	return c->tg;
}

/* tasklist_lock held. May a process be put into c? Not beside groups that compete with it. */
static int may_join(const struct cgroup *c)
{
	return c->dead ? -ENODEV : c->parent && c->subtree_cpu ? -EBUSY : 0;
}

static void join(struct task_struct *p, struct cgroup *c)
{
	refcount_inc(&c->refs);
	c->nr_tasks++;
	p->cgroup = c;
	if (p->sched_task_group != cgroup_tg(c))
		sched_move_task(p, cgroup_tg(c));
}

int cgroup_fork(struct task_struct *p, struct cgroup *into)
{
	struct cgroup *c = p->flags & PF_KTHREAD ? &cgrp_root : current->cgroup;
	int err = into ? may_join(into) : 0;

	if (!err && into && into != c && p->signal == current->signal)
		err = -EOPNOTSUPP;	/* the threads of a process are together */
	if (!err)
		join(p, into ? into : c);
	return err;
}

/* p runs on for a while, which is the system's time: a task_group goes when nobody is counted in
 * its group any more. */
void cgroup_exit(struct task_struct *p)
{
	p->cgroup->nr_tasks--;
	if (p->sched_task_group != &root_task_group)
		sched_move_task(p, &root_task_group);
}

int cgroup_attach(struct cgroup *c, pid_t pid)
{
	struct task_struct *p, *t;
	int err;

	guard(spinlock_irqsave)(&tasklist_lock);
	p = pid ? NULL : current;
	if (pid && find_vpid(pid))
		p = pid_task(find_vpid(pid), PIDTYPE_PID);
	if (!p)
		return -ESRCH;
	if (p->flags & PF_KTHREAD)
		return -EINVAL;
	err = may_join(c);
	if (err)
		return err;
	for_each_thread(p, t) {
		struct cgroup *old = t->cgroup;

		if (old == c)
			continue;
		if (t->exit_state) {	/* a dead leader shows where its process is */
			refcount_inc(&c->refs);
			t->cgroup = c;
		} else {
			old->nr_tasks--;
			join(t, c);
		}
		put_cgroup(old);
	}
	return 0;
}

/* tasklist_lock held: groups got or lost task_groups. */
static void move_all(void)
{
	struct task_struct *p, *t;

	for_each_process(p)
		for_each_thread(p, t)
			if (!t->exit_state && t->sched_task_group != cgroup_tg(t->cgroup))
				sched_move_task(t, cgroup_tg(t->cgroup));
}

int cgroup_set_cpu(struct cgroup *c, bool on)
{
	struct task_group *tg = on ? sched_create_group(cgroup_tg(c->parent)) : NULL;

	if (IS_ERR(tg))
		return (int)PTR_ERR(tg);
	scoped_guard(spinlock_irqsave, &tasklist_lock) {
		swap(tg, c->tg);
		if (on)
			sched_group_set_weight(c->tg, c->weight);
		move_all();
	}
	if (tg)
		sched_destroy_group(tg);
	return 0;
}

/* --- /proc/PID/cgroup --- */

static void show_path(struct seq_file *m, const struct cgroup *c)
{
	if (c->parent->parent)
		show_path(m, c->parent);
	seq_putc(m, '/');
	seq_escape(m, c->name, "\n");
}

void proc_show_cgroup(struct seq_file *m, struct task_struct *p)
{
	guard(spinlock_irqsave)(&tasklist_lock);
	seq_puts(m, "0::");
	if (p->cgroup->parent)
		show_path(m, p->cgroup);
	else
		seq_putc(m, '/');
	seq_puts(m, p->cgroup->dead ? " (deleted)\n" : "\n");
}
