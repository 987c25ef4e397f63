/*
 * Waiting for children: wait4 and waitid. Every look is one walk over the children of the caller's
 * process under tasklist_lock; when there is nothing to tell yet, the caller sleeps on its
 * signal->wait_chldexit, which do_notify_parent() wakes (kernel/sync/wait.c argues why that cannot
 * be missed).
 *
 * Locks: tasklist_lock, inside it the child's siglock.
 */
#include "asm/uaccess.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/guard.h"
#include "kernel/syscalls.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "kernel/trace/ptrace.h"
#include "libk/abi/limits.h"
#include "libk/abi/wait.h"
#include "libk/string.h"

struct wait_opts {
	int type;		/* P_xxx */
	struct pid *pid;	/* for P_PID, P_PGID, P_PIDFD */
	int options;		/* W... */
	/* the answer */
	int pid_nr, uid, status;	/* wait status as wait4 gives it */
	int cause;		/* CLD_xxx */
	struct rusage *ru;	/* NULL: not asked for */
	bool nonblock;		/* a pidfd with O_NONBLOCK: EAGAIN instead of nothing */
};

static bool eligible(const struct wait_opts *wo, struct task_struct *child, bool traced)
{
	bool clone_child = child->exit_signal != SIGCHLD;

	if (wo->type == P_PGID && task_pid_type(child, PIDTYPE_PGID) != wo->pid)
		return false;
	if ((wo->type == P_PID || wo->type == P_PIDFD) && child->thread_pid != wo->pid)
		return false;
	/* A child with another exit signal than SIGCHLD is a "clone child": __WCLONE asks for
	 * just those, __WALL for both. A tracer sees them all. */
	return traced || (wo->options & __WALL) || clone_child == !!(wo->options & __WCLONE);
}

static void fill_child_rusage(struct task_struct *child, struct rusage *ru)
{
	struct signal_struct *sig = child->signal;
	u64 utime, stime;

	task_cputime(child, &utime, &stime);
	utime += sig->utime + sig->cutime;
	stime += sig->stime + sig->cstime;
	memset(ru, 0, sizeof(*ru));
	ru->ru_utime = (struct timeval){ (time_t)(utime / NSEC_PER_SEC),
					 (long)(utime % NSEC_PER_SEC / NSEC_PER_USEC) };
	ru->ru_stime = (struct timeval){ (time_t)(stime / NSEC_PER_SEC),
					 (long)(stime % NSEC_PER_SEC / NSEC_PER_USEC) };
	ru->ru_maxrss = (long)(max(sig->maxrss, sig->cmaxrss) * (PAGE_SIZE / 1024));
	ru->ru_minflt = (long)(child->min_flt + sig->min_flt + sig->cmin_flt);
	ru->ru_majflt = (long)(child->maj_flt + sig->maj_flt + sig->cmaj_flt);
	ru->ru_nvcsw = (long)(child->nvcsw + sig->nvcsw + sig->cnvcsw);
	ru->ru_nivcsw = (long)(child->nivcsw + sig->nivcsw + sig->cnivcsw);
}

/* What a child used counts as its parent's children's once it was waited for. tasklist_lock
 * held. */
static void account_child(struct task_struct *child)
{
	struct signal_struct *me = current->signal, *sig = child->signal;
	u64 utime, stime;

	task_cputime(child, &utime, &stime);
	spin_lock(&current->sighand->siglock);
	me->cutime += utime + sig->utime + sig->cutime;
	me->cstime += stime + sig->stime + sig->cstime;
	me->cmin_flt += child->min_flt + sig->min_flt + sig->cmin_flt;
	me->cmaj_flt += child->maj_flt + sig->maj_flt + sig->cmaj_flt;
	me->cnvcsw += child->nvcsw + sig->nvcsw + sig->cnvcsw;
	me->cnivcsw += child->nivcsw + sig->nivcsw + sig->cnivcsw;
	me->cmaxrss = max(me->cmaxrss, sig->maxrss);
	me->cmaxrss = max(me->cmaxrss, sig->cmaxrss);
	spin_unlock(&current->sighand->siglock);
}

static void answer(struct wait_opts *wo, struct task_struct *child, int cause, int status)
{
	wo->pid_nr = task_pid_vnr(child);
	wo->uid = (int)child->cred->uid;
	wo->cause = cause;
	wo->status = status;
	if (wo->ru)
		fill_child_rusage(child, wo->ru);
}

/* The answer about a zombie was given, and child is *dead, to be released by the caller, unless its
 * parent is somebody else, who is told now that its tracer knows. tasklist_lock held. */
static void reap(struct task_struct *child, struct task_struct **dead)
{
	if (child->ptrace && thread_group_leader(child) && ptrace_reparented(child)) {
		ptrace_unlink(child);
		if (!do_notify_parent(child, child->exit_signal))
			return;
	} else if (thread_group_leader(child)) {
		account_child(child);
	}
	child->exit_state = EXIT_DEAD;	/* ours alone from here on */
	*dead = child;
}

/* child is a zombie to be waited for: a leader waits for its threads. */
static bool is_reapable(struct task_struct *child)
{
	return child->exit_state == EXIT_ZOMBIE &&
	       (!thread_group_leader(child) || child->signal->nr_threads == 1);
}

/* child is reapable and ours. What look() returns. tasklist_lock held. */
static int wait_zombie(struct wait_opts *wo, struct task_struct *child, struct task_struct **dead)
{
	int status;

	if (!(wo->options & WEXITED))
		return -ECHILD;		/* it will neither stop nor go on */
	status = task_wait_status(child);
	answer(wo, child,
	       WIFEXITED(status)   ? CLD_EXITED
	       : WCOREDUMP(status) ? CLD_DUMPED
				   : CLD_KILLED,
	       status);
	if (!(wo->options & WNOWAIT))
		reap(child, dead);
	return 1;
}

/* A process that is stopped, or a tracee, whose tracer sees its own stop instead. */
static bool wait_stopped(struct wait_opts *wo, struct task_struct *child, bool traced)
{
	int *code = traced ? &child->exit_code : &child->signal->group_exit_code;

	if (!traced && !(wo->options & WSTOPPED))
		return false;
	guard(spinlock)(&child->sighand->siglock);
	if (!*code ||
	    !(traced ? (child->jobctl & (JOBCTL_TRACED | JOBCTL_LISTENING)) == JOBCTL_TRACED
		     : child->signal->flags & SIGNAL_STOP_STOPPED))
		return false;
	answer(wo, child, traced ? CLD_TRAPPED : CLD_STOPPED, *code << 8 | 0x7f);
	if (!(wo->options & WNOWAIT))
		*code = 0;	/* told once */
	return true;
}

static bool wait_continued(struct wait_opts *wo, struct task_struct *child)
{
	struct signal_struct *sig = child->signal;

	if (!(wo->options & WCONTINUED))
		return false;
	guard(spinlock)(&child->sighand->siglock);
	if (!(sig->flags & SIGNAL_STOP_CONTINUED))
		return false;
	answer(wo, child, CLD_CONTINUED, 0xffff);
	if (!(wo->options & WNOWAIT))
		sig->flags &= ~SIGNAL_STOP_CONTINUED;
	return true;
}

/* One child, or tracee. What look() returns. traced: seen as a tracee of ours. */
static int look_at(struct wait_opts *wo, struct task_struct *child, bool traced,
		   struct task_struct **dead)
{
	if (child->exit_state == EXIT_DEAD || !eligible(wo, child, traced))
		return -ECHILD;
	traced = traced || (child->ptrace && !ptrace_reparented(child));
	/* While somebody else traces it, a zombie is not yet its parent's. */
	if ((traced || !child->ptrace) && is_reapable(child))
		return wait_zombie(wo, child, dead);
	/* A leader that has ended stops and goes on with its threads. */
	return wait_stopped(wo, child, traced) || wait_continued(wo, child);
}

/* The tracees of one thread. As walk(). */
static int walk_ptraced(struct wait_opts *wo, struct task_struct *tracer, struct task_struct **dead)
{
	struct task_struct *child;
	int ret = -ECHILD;

	list_for_each_entry(child, &tracer->ptraced, ptrace_entry) {
		ret = max(ret, look_at(wo, child, true, dead));
		if (ret > 0)
			break;
	}
	return ret;
}

/* One walk: what current traces, the children of the process, and what its other threads trace; a
 * leader's children come first. 1: wo has an answer. 0: nothing yet. -ECHILD: nobody who could ever
 * answer. tasklist_lock held. */
static int walk(struct wait_opts *wo, struct task_struct **dead)
{
	struct task_struct *child, *t;
	int ret = thread_group_leader(current) ? -ECHILD : walk_ptraced(wo, current, dead);

	list_for_each_entry(child, &current->group_leader->children, sibling) {
		if (ret > 0)
			return ret;
		ret = max(ret, look_at(wo, child, false, dead));
	}
	for_each_thread(current, t) {
		if (ret > 0)
			return ret;
		if (t == current ? thread_group_leader(t) : !(wo->options & __WNOTHREAD))
			ret = max(ret, walk_ptraced(wo, t, dead));
	}
	return ret;
}

static int look(struct wait_opts *wo)
{
	struct task_struct *dead = NULL;
	int ret;

	scoped_guard(spinlock_irq, &tasklist_lock)
		ret = walk(wo, &dead);
	if (dead)
		release_task(dead);
	return ret;
}

static long do_wait(struct wait_opts *wo)
{
	struct wait_queue_head *wq = &current->signal->wait_chldexit;
	DEFINE_WAIT(wait);
	long ret = look(wo);

	if (ret || wo->options & WNOHANG)
		return ret;
	for (;;) {
		prepare_to_wait(wq, &wait, TASK_INTERRUPTIBLE);
		ret = look(wo);
		if (ret)
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		schedule();
	}
	finish_wait(wq, &wait);
	return ret;
}

int kernel_wait(pid_t pid, int *status)
{
	struct wait_opts wo = { .type = P_PID, .options = WEXITED, .pid = find_get_pid(pid) };
	long ret = do_wait(&wo);

	put_pid(wo.pid);
	*status = wo.status;
	return ret < 0 ? (int)ret : 0;
}

SYSCALL_DEFINE(wait4, pid_t upid, int __user *status, int options, struct rusage __user *ru)
{
	struct rusage usage;
	struct wait_opts wo = { .type = P_ALL,
				.options = options | WEXITED,
				.ru = ru ? &usage : NULL };
	long ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (upid == -0x7fffffff - 1)
		return -ESRCH;
	if (upid > 0) {
		wo.type = P_PID;
		wo.pid = find_get_pid(upid);
	} else if (upid != -1) {
		wo.type = P_PGID;
		wo.pid = upid ? find_get_pid(-upid) : get_pid(task_pid_type(current, PIDTYPE_PGID));
	}
	ret = wo.type != P_ALL && !wo.pid ? -ECHILD : do_wait(&wo);
	put_pid(wo.pid);
	if (ret <= 0)
		return ret;
	if (status && put_user(wo.status, status))
		return -EFAULT;
	if (ru && copy_to_user(ru, &usage, sizeof(usage)))
		return -EFAULT;
	return wo.pid_nr;
}

static long waitid_pid(int type, int id, struct wait_opts *wo)
{
	unsigned int f_flags;

	wo->type = type;
	switch (type) {
	case P_ALL:
		return 0;
	case P_PID:
		if (id <= 0)
			return -EINVAL;
		wo->pid = find_get_pid(id);
		return 0;
	case P_PGID:
		if (id < 0)
			return -EINVAL;
		wo->pid = id ? find_get_pid(id) : get_pid(task_pid_type(current, PIDTYPE_PGID));
		return 0;
	case P_PIDFD:
		if (id < 0)
			return -EINVAL;
		wo->pid = pidfd_get_pid((unsigned int)id, &f_flags);
		if (IS_ERR(wo->pid))
			return PTR_ERR(wo->pid);
		if (f_flags & O_NONBLOCK)
			wo->options |= WNOHANG, wo->nonblock = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/* @wo: with the answer. Returns what look() does, or another errno. */
static long do_waitid(int type, int id, int options, struct wait_opts *wo)
{
	long ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL) ||
	    !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	ret = waitid_pid(type, id, wo);
	if (ret)
		return ret;
	ret = wo->type != P_ALL && !wo->pid ? -ECHILD : do_wait(wo);
	put_pid(wo->pid);
	return ret == 0 && wo->nonblock && !(options & WNOHANG) ? -EAGAIN : ret;
}

/* As on Linux an error clears these fields too, and the rest of *uinfo stays what it was. */
static int put_answer(siginfo_t __user *uinfo, const struct wait_opts *wo)
{
	siginfo_t info = { .si_code = wo->cause, .si_pid = wo->pid_nr, .si_uid = (uid_t)wo->uid };

	if (wo->cause)
		info.si_signo = SIGCHLD;
	info.si_status = wo->cause == CLD_EXITED      ? WEXITSTATUS(wo->status)
			 : wo->cause == CLD_STOPPED   ? WSTOPSIG(wo->status)
			 : wo->cause == CLD_TRAPPED   ? wo->status >> 8
			 : wo->cause == CLD_CONTINUED ? SIGCONT
						      : WTERMSIG(wo->status);
	return copy_to_user(uinfo, &info, offsetofend(siginfo_t, si_code)) ||
	       copy_to_user(&uinfo->si_pid, &info.si_pid, 3 * sizeof(int));
}

SYSCALL_DEFINE(waitid, int type, pid_t id, siginfo_t __user *uinfo, int options,
	       struct rusage __user *ru)
{
	struct rusage usage;
	struct wait_opts wo = { .options = options, .ru = ru ? &usage : NULL };
	long ret = do_waitid(type, id, options, &wo);

	if (ret > 0 && ru && copy_to_user(ru, &usage, sizeof(usage)))
		return -EFAULT;
	if (uinfo && put_answer(uinfo, &wo))
		return -EFAULT;
	return ret < 0 ? ret : 0;
}
