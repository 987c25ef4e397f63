/*
 * The scheduler's system calls. Which policies there are is decided here; a policy that is not
 * built in is refused (EINVAL), never quietly replaced by another.
 *
 * Locks: rq->lock through task_rq_lock(); tasklist_lock to find process groups.
 */
#include "asm/uaccess.h"
#include "kernel/sched/rq.h"
#include "kernel/syscalls.h"
#include "kernel/time/time.h"
#include "libk/abi/resource.h"

/* pid 0 is the caller. A reference, or NULL. */
struct task_struct *sched_find_task(pid_t pid)
{
	return pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
}

/* May the caller change p's scheduling? */
bool sched_may_change(struct task_struct *p)
{
	const struct cred *theirs __free(cred) = get_task_cred(p), *mine = current->cred;

	return mine->euid == 0 || mine->euid == theirs->euid || mine->euid == theirs->uid;
}

/* The running task can be moved only by itself: it notices at its next schedule(). A queued one
 * is moved at once. */
int set_cpus_allowed(struct task_struct *p, cpumask_t mask)
{
	unsigned long flags;
	struct rq *rq;
	int cpu;

	mask &= cpu_mask_all();
	if (!mask)
		return -EINVAL;
	rq = task_rq_lock(p, &flags);
	p->cpus_mask = mask;
	cpu = mask & 1UL << p->cpu ? p->cpu : select_task_rq(p);
	if (cpu != p->cpu && p->on_rq && !p->on_cpu) {
		struct rq *to = cpu_rq(cpu);

		/* p stays findable: its cpu field changes only once both locks are held, and
		 * then it is checked again. */
		spin_unlock(&rq->lock);
		double_rq_lock(rq, to);
		if (task_rq(p) == rq && p->on_rq && !p->on_cpu && p->cpus_mask == mask)
			move_queued_task(rq, to, p);
		double_rq_unlock(rq, to);
		local_irq_restore(flags);
		return 0;
	}
	if (cpu != p->cpu && p->on_cpu)
		resched_curr(rq);	/* it leaves at its next schedule(), see
					 * finish_task_switch() */
	task_rq_unlock(rq, flags);
	return 0;
}

SYSCALL_DEFINE(sched_setaffinity, pid_t pid, unsigned int len, unsigned long __user *umask)
{
	struct task_struct *p __free(task) = NULL;
	unsigned long mask = 0;
	long ret;

	if (copy_from_user(&mask, umask, min(len, (unsigned int)sizeof(mask))))
		return -EFAULT;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	if (!sched_may_change(p))
		return -EPERM;
	ret = p->flags & PF_NO_SETAFFINITY ? -EINVAL : set_cpus_allowed(p, mask);
	cond_resched();
	return ret;
}

/* Returns the bytes written, as Linux's raw call does. */
SYSCALL_DEFINE(sched_getaffinity, pid_t pid, unsigned int len, unsigned long __user *umask)
{
	struct task_struct *p __free(task) = NULL;
	unsigned long mask;

	if (len < sizeof(mask) || len % sizeof(mask))
		return -EINVAL;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	mask = p->cpus_mask & cpu_mask_all();
	return put_user(mask, umask) ? -EFAULT : (long)sizeof(mask);
}

/* --- nice --- */

/* Runs fn on every task that (which, who) names. Negative errno when there is none.
 * tasklist_lock is held around fn. */
static long for_each_named(int which, int who, long (*fn)(struct task_struct *p, long acc, int arg),
			   long acc, int arg)
{
	struct task_struct *p, *t;
	struct pid *pid __free(pid) = NULL;
	long ret = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	if (which != PRIO_USER)
		pid = who ? find_get_pid(who)
			  : get_pid(task_pid_type(current,
						  which == PRIO_PGRP ? PIDTYPE_PGID : PIDTYPE_PID));
	if (which != PRIO_USER && !pid)
		return ret;
	guard(spinlock_irqsave)(&tasklist_lock);
	if (which == PRIO_PROCESS && (p = pid_task(pid, PIDTYPE_PID)))
		ret = acc = fn(p, acc, arg);
	if (which == PRIO_PGRP)
		do_each_pid_task(pid, PIDTYPE_PGID, p)
			for_each_thread(p, t)
				ret = acc = fn(t, acc, arg);
	if (which == PRIO_USER)
		for_each_process(p)
			if (task_uid(p) == (who ? (uid_t)who : current->cred->uid))
				for_each_thread(p, t)
					ret = acc = fn(t, acc, arg);
	return ret;
}

/* Linux's convention: 20 - nice, so that the answer is positive; the best of all. */
static long best_nice(struct task_struct *p, long acc, int arg)
{
	return max(acc, (long)(20 - PRIO_TO_NICE(p->static_prio)));
}

SYSCALL_DEFINE(getpriority, int which, int who)
{
	return for_each_named(which, who, best_nice, 0, 0);
}

static long change_nice(struct task_struct *p, long acc, int nice)
{
	if (!sched_may_change(p))
		return -EPERM;
	if (!sched_nice_allowed(p, nice))
		return -EACCES;
	set_user_nice(p, nice);
	return acc;
}

SYSCALL_DEFINE(setpriority, int which, int who, int nice)
{
	return for_each_named(which, who, change_nice, 0, clamp_nice(nice));
}

SYSCALL_DEFINE(getcpu, unsigned int __user *cpu, unsigned int __user *node, void __user *unused)
{
	if (cpu && put_user((unsigned int)smp_processor_id(), cpu))
		return -EFAULT;
	if (node && put_user(0u, node))
		return -EFAULT;
	return 0;
}
