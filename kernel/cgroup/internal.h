/* What cgroup.c (who is in which group) and cgroupfs.c (its files) share. */
#pragma once

#include "kernel/cgroup/cgroup.h"
#include "kernel/fs/fs.h"

struct cgroup {
	refcount_t refs;		/* files, tasks until they are freed, children */
	struct cgroup *parent;		/* (c) NULL: the root */
	struct list_head children, sibling;	/* (i), (p) */
	struct dentry *dentry;		/* (c) its directory; used while that is there */
	int nr_tasks;			/* (t) alive */
	bool dead;			/* (t) removed */
	bool subtree_cpu;		/* (t+i) its children have the controller cpu */
	struct task_group *tg;		/* (t+p) NULL: has no controller, counts as its parent */
	unsigned long weight;		/* (t) cpu.weight */
	char name[];			/* (c) */
};

/* A new one, counted, in nobody's directory yet; NULL: no memory. */
struct cgroup *cgroup_alloc(struct cgroup *parent, const char *name, unsigned int len);
bool cgroup_below(const struct cgroup *c, const struct cgroup *top);	/* or top itself */
/* Moves the process of pid (0: current's) to c: 0 or -errno. */
int cgroup_attach(struct cgroup *c, pid_t pid);
/* Gives c, whose parent's i_mutex is held, the controller cpu, or takes it away. 0 or -ENOMEM */
int cgroup_set_cpu(struct cgroup *c, bool on);
