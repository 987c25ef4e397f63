/*
 * What a parent is told of its children: a SIGCHLD with siginfo, and a wake-up for wait4, waitid
 * and polled pidfds.
 *
 * Called with tasklist_lock held, interrupts off; takes the parent's siglock. The wake-up comes
 * after the state the parent is to find (zombie, stopped, continued) was set, and whether or not
 * the signal is ignored.
 */
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include "libk/abi/times.h"
#include "libk/abi/wait.h"

static void child_siginfo(siginfo_t *info, int sig, struct task_struct *p,
			  struct task_struct *parent)
{
	u64 utime, stime;

	task_cputime(p, &utime, &stime);
	clear_siginfo(info);
	info->si_signo = sig;
	info->si_pid = pid_nr_ns(p->thread_pid, task_active_pid_ns(parent));
	info->si_uid = p->cred->uid;
	info->si_utime = (clock_t)((utime + p->signal->utime) / (NSEC_PER_SEC / USER_HZ));
	info->si_stime = (clock_t)((stime + p->signal->stime) / (NSEC_PER_SEC / USER_HZ));
}

/* si_code and si_status of a wait status. */
static void exit_siginfo(siginfo_t *info, int status)
{
	if (WIFEXITED(status)) {
		info->si_code = CLD_EXITED;
		info->si_status = WEXITSTATUS(status);
	} else {
		info->si_code = WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
		info->si_status = WTERMSIG(status);
	}
}

int task_wait_status(const struct task_struct *p)
{
	return p->signal->flags & SIGNAL_GROUP_EXIT ? p->signal->group_exit_code : p->exit_code;
}

int do_notify_parent(struct task_struct *p, int sig)
{
	struct task_struct *parent = p->parent;
	struct sighand_struct *sighand = parent->sighand;
	bool autoreap = false, ignored;
	siginfo_t info;

	/* Whoever waits in one of the two queues looks under tasklist_lock, which we hold: a
	 * queue that looks empty now needs no wake-up. */
	if (waitqueue_active(&p->thread_pid->wait_pidfd))
		wake_up_all(&p->thread_pid->wait_pidfd);
	if (!sighand)
		return true;
	spin_lock(&sighand->siglock);
	ignored = sighand_handler(sighand, SIGCHLD) == SIG_IGN;
	if (!p->ptrace && sig == SIGCHLD &&
	    (ignored || sighand_flag(sighand, SIGCHLD, SA_NOCLDWAIT))) {
		/* The parent has said that it will not wait: the child goes by itself. Linux
		 * sends the signal even so, if it has a handler. */
		autoreap = true;
		if (ignored)
			sig = 0;
	}
	/* A SIGCHLD that nobody would notice, the rule among programs that just wait, is not
	 * even written down. clone() takes any byte as exit signal; what is none is not sent. */
	if (sig && valid_signal((unsigned int)sig) &&
	    !(sig == SIGCHLD && sig_ignored(parent, sig, false))) {
		child_siginfo(&info, sig, p, parent);
		exit_siginfo(&info, task_wait_status(p));
		send_signal_locked(sig, &info, parent, true);
	}
	spin_unlock(&sighand->siglock);
	if (waitqueue_active(&parent->signal->wait_chldexit))
		wake_up_all(&parent->signal->wait_chldexit);
	return autoreap;
}

void do_notify_parent_cldstop(struct task_struct *p, bool for_tracer, int why, int sig)
{
	struct task_struct *child = for_tracer ? p : p->group_leader;
	struct task_struct *parent = for_tracer ? p->parent : child->real_parent;
	unsigned long flags;
	siginfo_t info;

	child_siginfo(&info, SIGCHLD, child, parent);
	info.si_code = why;
	info.si_status = sig;
	if (!lock_task_sighand(parent, &flags))
		return;
	if (sighand_handler(parent->sighand, SIGCHLD) != SIG_IGN &&
	    !sighand_flag(parent->sighand, SIGCHLD, SA_NOCLDSTOP))
		send_signal_locked(SIGCHLD, &info, parent, true);
	unlock_task_sighand(parent, &flags);
	wake_up_all(&parent->signal->wait_chldexit);
}

void notify_stop(struct task_struct *p, int why, int sig)
{
	guard(spinlock_irqsave)(&tasklist_lock);
	do_notify_parent_cldstop(p, false, why, sig);
}
