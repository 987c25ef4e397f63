/*
 * Who is who: the numbers of a task, process groups, sessions. Locks: tasklist_lock.
 */
#include "asm/processor.h"
#include "kernel/sync/guard.h"
#include "kernel/syscalls.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"

SYSCALL_DEFINE(getpid, void)
{
	return task_tgid_vnr(current);
}

SYSCALL_DEFINE(gettid, void)
{
	return task_pid_vnr(current);
}

/* The parent's tgid as this namespace sees it: 0 when it lives outside. */
SYSCALL_DEFINE(getppid, void)
{
	guard(spinlock_irq)(&tasklist_lock);
	return task_tgid_vnr(current->real_parent);
}

SYSCALL_DEFINE(set_tid_address, int __user *tid)
{
	current->clear_child_tid = tid;
	return task_pid_vnr(current);
}

SYSCALL_DEFINE(arch_prctl, int code, unsigned long arg)
{
	return do_arch_prctl(current, code, arg);
}

static long get_group(pid_t pid, enum pid_type type)
{
	struct task_struct *p;

	guard(spinlock_irq)(&tasklist_lock);
	p = pid ? pid_task(find_vpid(pid), PIDTYPE_PID) : current;
	return p ? pid_vnr(task_pid_type(p, type)) : -ESRCH;
}

SYSCALL_DEFINE(getpgid, pid_t pid)
{
	return get_group(pid, PIDTYPE_PGID);
}

SYSCALL_DEFINE(getpgrp, void)
{
	return get_group(0, PIDTYPE_PGID);
}

SYSCALL_DEFINE(getsid, pid_t pid)
{
	return get_group(pid, PIDTYPE_SID);
}

/* tasklist_lock held. POSIX's list of refusals, in Linux's order. */
static long do_setpgid(pid_t pid, pid_t pgid)
{
	struct task_struct *me = current->group_leader, *p, *member;
	struct pid *pgrp;

	p = pid_task(find_vpid(pid), PIDTYPE_PID);
	if (!p)
		return -ESRCH;
	if (!thread_group_leader(p))
		return -EINVAL;
	if (p->real_parent == me) {
		if (task_pid_type(p, PIDTYPE_SID) != task_pid_type(me, PIDTYPE_SID))
			return -EPERM;
		if (p->did_exec)
			return -EACCES;
	} else if (p != me) {
		return -ESRCH;
	}
	if (p->signal->leader)
		return -EPERM;
	pgrp = p->thread_pid;
	if (pgid != pid) {
		pgrp = find_vpid(pgid);
		member = pid_task(pgrp, PIDTYPE_PGID);
		if (!member || task_pid_type(member, PIDTYPE_SID) != task_pid_type(me, PIDTYPE_SID))
			return -EPERM;
	}
	if (task_pid_type(p, PIDTYPE_PGID) != pgrp)
		change_pid(p, PIDTYPE_PGID, pgrp);
	return 0;
}

SYSCALL_DEFINE(setpgid, pid_t pid, pid_t pgid)
{
	if (!pid)
		pid = task_tgid_vnr(current);
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	guard(spinlock_irq)(&tasklist_lock);
	return do_setpgid(pid, pgid);
}

SYSCALL_DEFINE(setsid, void)
{
	struct task_struct *leader = current->group_leader;
	struct pid *pid;

	guard(spinlock_irq)(&tasklist_lock);
	pid = leader->thread_pid;
	if (leader->signal->leader || pid_task(pid, PIDTYPE_PGID))
		return -EPERM;	/* a group leader stays where its members are */
	leader->signal->leader = true;
	change_pid(leader, PIDTYPE_SID, pid);
	change_pid(leader, PIDTYPE_PGID, pid);
	guard(spinlock)(&leader->sighand->siglock);
	leader->signal->tty = NULL;
	return pid_vnr(pid);
}

unsigned long user_processes(uid_t uid)
{
	struct task_struct *p;
	unsigned long n = 0;

	guard(spinlock_irq)(&tasklist_lock);
	for_each_process(p)
		if (task_uid(p) == uid)
			n += (unsigned long)p->signal->nr_threads;
	return n;
}
