/*
 * cgroup v2: a tree of groups, each process in one of them, with the controller "cpu". A new
 * process begins where its parent is; kernel threads stay in the root.
 *
 * Locking: (t) = tasklist_lock.   (i) = i_mutex of the group's directory.   (p) = the parent's.
 */
#pragma once

#include "kernel/task/task.h"

struct cgroup;
struct seq_file;
extern struct cgroup cgrp_root;

/* A new task joins into, or, if that is NULL, its parent's group, whose reference it takes: 0,
 * -ENODEV (into was removed), -EBUSY, -EOPNOTSUPP. tasklist_lock held; p has never run. */
int cgroup_fork(struct task_struct *p, struct cgroup *into);
void cgroup_exit(struct task_struct *p);	/* it counts no more. tasklist_lock held */
void put_cgroup(struct cgroup *c);		/* any context */
/* clone3: the group whose directory fd is, with a reference; ERR_PTR(-EBADF, -EACCES). */
struct cgroup *cgroup_get_from_fd(unsigned int fd);
void proc_show_cgroup(struct seq_file *m, struct task_struct *p);	/* /proc/PID/cgroup */
void cgroup_init(void);				/* at boot: the file system type */
