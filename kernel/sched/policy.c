/*
 * Which policy and priority a task has: the calls that ask and set, nice values, and borrowed
 * priorities. A policy that is not built in is refused (EINVAL), never quietly replaced by another.
 *
 * Locks: rq->lock through task_rq_lock(). futex_pi_adjust() is called without.
 */
#include "asm/uaccess.h"
#include "kernel/futex/futex.h"
#include "kernel/sched/rq.h"
#include "kernel/syscalls.h"
#include "kernel/time/time.h"
#include "libk/abi/resource.h"

static int check_policy(int policy, int priority)
{
	switch (policy) {
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
		return priority == 0 ? 0 : -EINVAL;
	case SCHED_FIFO:
	case SCHED_RR:
		return priority >= 1 && priority < MAX_RT_PRIO ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* An unprivileged task may weaken itself, and strengthen itself up to its RLIMIT_RTPRIO. */
static int check_rt_limit(struct task_struct *p, int policy, int priority)
{
	rlim_t limit = p->signal->rlim[RLIMIT_RTPRIO].rlim_cur;

	if (capable() || !rt_policy(policy))
		return 0;
	if (policy != (int)p->policy && !limit)
		return -EPERM;
	return (unsigned int)priority > p->rt_priority && (rlim_t)priority > limit ? -EPERM : 0;
}

/* p's own priority became another; what it borrowed it keeps, unless that is weaker now. Between
 * sched_change_begin() and sched_change_end(). */
static void set_normal_prio(struct task_struct *p)
{
	int borrowed = p->prio < p->normal_prio ? p->prio : MAX_PRIO;

	p->normal_prio = normal_prio(p);
	p->prio = min(borrowed, p->normal_prio);
	set_load_weight(p);
}

static void set_scheduler(struct task_struct *p, int policy, int priority, bool reset_on_fork)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	sched_change_begin(rq, p);
	p->policy = (unsigned int)policy;
	p->rt_priority = (unsigned int)priority;
	p->sched_reset_on_fork = reset_on_fork;
	set_normal_prio(p);
	sched_change_end(rq, p);
	task_rq_unlock(rq, flags);
	futex_pi_adjust(p);
}

static long set_policy(pid_t pid, int policy, const struct sched_param __user *uparam)
{
	bool keep = policy < 0, reset = policy & SCHED_RESET_ON_FORK;
	struct sched_param param;
	struct task_struct *p;
	long ret;

	if (pid < 0 || !uparam)
		return -EINVAL;
	if (copy_from_user(&param, uparam, sizeof(param)))
		return -EFAULT;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	policy = keep ? (int)p->policy : policy & ~SCHED_RESET_ON_FORK;
	ret = check_policy(policy, param.sched_priority);
	if (!ret)
		ret = sched_may_change(p) ? check_rt_limit(p, policy, param.sched_priority)
					  : -EPERM;
	if (!ret)
		set_scheduler(p, policy, param.sched_priority,
			      keep ? p->sched_reset_on_fork : reset);
	put_task_struct(p);
	return ret;
}

long sys_sched_setscheduler(pid_t pid, int policy, const struct sched_param __user *param)
{
	return policy < 0 ? -EINVAL : set_policy(pid, policy, param);
}

long sys_sched_setparam(pid_t pid, const struct sched_param __user *param)
{
	return set_policy(pid, -1, param);
}

long sys_sched_getscheduler(pid_t pid)
{
	struct task_struct *p;
	long ret;

	if (pid < 0)
		return -EINVAL;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	ret = (long)p->policy | (p->sched_reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	put_task_struct(p);
	return ret;
}

long sys_sched_getparam(pid_t pid, struct sched_param __user *uparam)
{
	struct sched_param param = { 0 };
	struct task_struct *p;

	if (pid < 0 || !uparam)
		return -EINVAL;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	param.sched_priority = (int)p->rt_priority;
	put_task_struct(p);
	return copy_to_user(uparam, &param, sizeof(param)) ? -EFAULT : 0;
}

/* SCHED_DEADLINE is not built in, but its range is a constant that programs ask for. */
long sys_sched_get_priority_max(int policy)
{
	return rt_policy(policy)	  ? MAX_RT_PRIO - 1
	       : policy == SCHED_DEADLINE ? 0
					  : check_policy(policy, 0);
}

long sys_sched_get_priority_min(int policy)
{
	return rt_policy(policy) ? 1 : policy == SCHED_DEADLINE ? 0 : check_policy(policy, 0);
}

long sys_sched_rr_get_interval(pid_t pid, struct timespec __user *uinterval)
{
	struct timespec ts;
	struct task_struct *p;

	if (pid < 0)
		return -EINVAL;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	ts = ns_to_timespec(READ_ONCE(p->se.slice));
	put_task_struct(p);
	return copy_to_user(uinterval, &ts, sizeof(ts)) ? -EFAULT : 0;
}

void set_user_nice(struct task_struct *p, int nice)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	sched_change_begin(rq, p);
	p->static_prio = NICE_TO_PRIO(nice);
	set_normal_prio(p);
	sched_change_end(rq, p);
	task_rq_unlock(rq, flags);
}

/* Lends p a priority; one that is not stronger than its own takes the loan back. */
void sched_setprio_pi(struct task_struct *p, int prio)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	prio = min(prio, p->normal_prio);
	if (prio != p->prio) {
		sched_change_begin(rq, p);
		p->prio = prio;
		sched_change_end(rq, p);
	}
	task_rq_unlock(rq, flags);
}
