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

#define SCHED_FLAGS (SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS)

/* Does a nice value come with it? SCHED_IDLE is weaker than all of them. */
static bool fair_policy(unsigned int policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH;
}

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

/* May a task without privileges, within p's RLIMIT_NICE, have this nice value? */
bool sched_nice_allowed(const struct task_struct *p, int nice)
{
	return capable() || nice >= PRIO_TO_NICE(p->static_prio) ||
	       (rlim_t)(20 - nice) <= p->signal->rlim[RLIMIT_NICE].rlim_cur;
}

/* An unprivileged task may weaken itself, and strengthen itself up to its RLIMIT_RTPRIO. */
static bool rt_allowed(const struct task_struct *p, int policy, unsigned int priority)
{
	rlim_t limit = p->signal->rlim[RLIMIT_RTPRIO].rlim_cur;

	if (capable() || !rt_policy(policy))
		return true;
	return (limit || policy == (int)p->policy) &&
	       (priority <= p->rt_priority || priority <= limit);
}

static int check_attr(struct task_struct *p, const struct sched_attr *attr)
{
	int policy = (int)attr->sched_policy;
	bool leaves_idle = p->policy == SCHED_IDLE && policy != SCHED_IDLE;
	bool reset = attr->sched_flags & SCHED_FLAG_RESET_ON_FORK;
	int err = check_policy(policy, (int)attr->sched_priority);

	if (err || capable())
		return err;
	if (!sched_may_change(p) || !rt_allowed(p, policy, attr->sched_priority) ||
	    (fair_policy(attr->sched_policy) && !sched_nice_allowed(p, attr->sched_nice)))
		return -EPERM;
	/* SCHED_IDLE is weaker than any nice value: leaving it is like asking for a better one */
	if (leaves_idle && (rlim_t)(20 - PRIO_TO_NICE(p->static_prio)) >
				   p->signal->rlim[RLIMIT_NICE].rlim_cur)
		return -EPERM;
	return p->sched_reset_on_fork && !reset ? -EPERM : 0;
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

/* EEVDF's slice of an ordinary task, 0.1 to 100 ms; 0: the usual. */
static u64 slice_request(const struct sched_attr *attr)
{
	u64 ns = max_t(u64, attr->sched_runtime, 100 * NSEC_PER_USEC);

	if (!attr->sched_runtime || rt_policy((int)attr->sched_policy))
		return 0;
	return min_t(u64, ns, 100 * NSEC_PER_MSEC);
}

static long sched_set(struct task_struct *p, const struct sched_attr *attr)
{
	unsigned long flags;
	struct rq *rq;
	int err = check_attr(p, attr);

	if (err)
		return err;
	rq = task_rq_lock(p, &flags);
	sched_change_begin(rq, p);
	p->sched_reset_on_fork = attr->sched_flags & SCHED_FLAG_RESET_ON_FORK;
	if (!(attr->sched_flags & SCHED_FLAG_KEEP_PARAMS)) {	/* it keeps the policy, too */
		p->policy = attr->sched_policy;
		p->rt_priority = attr->sched_priority;
		if (fair_policy(p->policy))
			p->static_prio = NICE_TO_PRIO(attr->sched_nice);
		p->se.request = slice_request(attr);
	}
	set_normal_prio(p);
	sched_change_end(rq, p);
	task_rq_unlock(rq, flags);
	futex_pi_adjust(p);
	return 0;
}

/* What p has, in the terms of sched_setattr(). */
static struct sched_attr sched_get(const struct task_struct *p)
{
	return (struct sched_attr){
		.size = sizeof(struct sched_attr),
		.sched_policy = p->policy,
		.sched_flags = p->sched_reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0,
		.sched_nice = PRIO_TO_NICE(p->static_prio),
		.sched_priority = p->rt_priority,
		.sched_runtime = p->se.request,
	};
}

static long set_policy(pid_t pid, int policy, const struct sched_param __user *uparam)
{
	struct sched_param param;
	struct sched_attr attr;
	struct task_struct *p __free(task) = NULL;

	if (pid < 0 || !uparam)
		return -EINVAL;
	if (copy_from_user(&param, uparam, sizeof(param)))
		return -EFAULT;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	attr = sched_get(p);
	attr.sched_priority = (u32)param.sched_priority;
	if (policy >= 0) {
		attr.sched_policy = (u32)policy & ~(u32)SCHED_RESET_ON_FORK;
		attr.sched_flags = policy & SCHED_RESET_ON_FORK ? SCHED_FLAG_RESET_ON_FORK : 0;
	}
	return sched_set(p, &attr);
}

/* The structure may be of a newer version, if what we do not know is 0. */
static int copy_attr(struct sched_attr *attr, struct sched_attr __user *uattr)
{
	u32 size;
	int err;

	if (get_user(size, &uattr->size))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	err = size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE
		      ? -E2BIG
		      : copy_struct_from_user(attr, sizeof(*attr), uattr, size);
	if (err == -E2BIG)
		(void)put_user((u32)sizeof(*attr), &uattr->size);
	attr->sched_nice = clamp_nice(attr->sched_nice);
	return err;
}

SYSCALL_DEFINE(sched_setattr, pid_t pid, struct sched_attr __user *uattr, unsigned int flags)
{
	struct sched_attr attr, old;
	struct task_struct *p __free(task) = NULL;
	long ret;

	if (!uattr || pid < 0 || flags)
		return -EINVAL;
	ret = copy_attr(&attr, uattr);
	if (ret)
		return ret;
	if ((int)attr.sched_policy < 0)
		return -EINVAL;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	old = sched_get(p);
	if (attr.sched_flags & SCHED_FLAG_KEEP_POLICY) {
		attr.sched_policy = old.sched_policy;
		attr.sched_flags &= ~(u64)SCHED_FLAG_RESET_ON_FORK;
		attr.sched_flags |= old.sched_flags;
	}
	if (attr.sched_flags & SCHED_FLAG_KEEP_PARAMS) {	/* they are only checked */
		if (rt_policy((int)old.sched_policy))
			attr.sched_priority = old.sched_priority;
		else
			attr.sched_nice = old.sched_nice;
	}
	return attr.sched_flags & ~(u64)SCHED_FLAGS ? -EINVAL : sched_set(p, &attr);
}

SYSCALL_DEFINE(sched_getattr, pid_t pid, struct sched_attr __user *uattr, unsigned int size,
	       unsigned int flags)
{
	struct sched_attr attr;
	struct task_struct *p __free(task) = NULL;

	if (!uattr || pid < 0 || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	attr = sched_get(p);
	if (rt_policy((int)attr.sched_policy))
		attr.sched_nice = 0;
	attr.size = min(size, (unsigned int)sizeof(attr));
	return copy_to_user(uattr, &attr, attr.size) ? -EFAULT : 0;
}

SYSCALL_DEFINE(sched_setscheduler, pid_t pid, int policy, const struct sched_param __user *param)
{
	return policy < 0 ? -EINVAL : set_policy(pid, policy, param);
}

SYSCALL_DEFINE(sched_setparam, pid_t pid, const struct sched_param __user *param)
{
	return set_policy(pid, -1, param);
}

SYSCALL_DEFINE(sched_getscheduler, pid_t pid)
{
	struct task_struct *p __free(task) = NULL;

	if (pid < 0)
		return -EINVAL;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	return (long)p->policy | (p->sched_reset_on_fork ? SCHED_RESET_ON_FORK : 0);
}

SYSCALL_DEFINE(sched_getparam, pid_t pid, struct sched_param __user *uparam)
{
	struct sched_param param = { 0 };
	struct task_struct *p __free(task) = NULL;

	if (pid < 0 || !uparam)
		return -EINVAL;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	param.sched_priority = (int)p->rt_priority;
	return copy_to_user(uparam, &param, sizeof(param)) ? -EFAULT : 0;
}

/* SCHED_DEADLINE is not built in, but its range is a constant that programs ask for. */
SYSCALL_DEFINE(sched_get_priority_max, int policy)
{
	return rt_policy(policy)	  ? MAX_RT_PRIO - 1
	       : policy == SCHED_DEADLINE ? 0
					  : check_policy(policy, 0);
}

SYSCALL_DEFINE(sched_get_priority_min, int policy)
{
	return rt_policy(policy) ? 1 : policy == SCHED_DEADLINE ? 0 : check_policy(policy, 0);
}

SYSCALL_DEFINE(sched_rr_get_interval, pid_t pid, struct timespec __user *uinterval)
{
	struct timespec ts;
	struct task_struct *p __free(task) = NULL;

	if (pid < 0)
		return -EINVAL;
	p = sched_find_task(pid);
	if (!p)
		return -ESRCH;
	ts = ns_to_timespec(READ_ONCE(p->se.slice));
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
