/*
 * Sending a signal: from "somebody wants to" to "it is recorded, and a thread that can take it runs
 * towards the kernel's exit".
 *
 *   prepare_signal()      what sending does at once, whoever takes the signal: stops and SIGCONT
 *                         cancel each other; ignored signals vanish
 *   send_signal_locked()  records it in the thread's or the process's pending set
 *   complete_signal()     picks a thread that does not block it and wakes that; if the signal is
 *                         going to kill the process, kills all now
 *
 * Called from any context, interrupts included: nothing here sleeps. Takes tasklist_lock (to keep a
 * target that is not current from being released) and the target's siglock inside.
 */
#include "kernel/entry.h"
#include "kernel/printk.h"
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include "kernel/trace/trace.h"

/* Handler of a kernel thread that asked for a signal; no user function has this address. */
#define SIG_KTHREAD ((__sighandler_t)2)

static bool is_si_special(const siginfo_t *info)
{
	return info <= SEND_SIG_PRIV;
}

/* Sent by a program, so subject to permission? */
static bool si_fromuser(const siginfo_t *info)
{
	return info == SEND_SIG_NOINFO || (!is_si_special(info) && info->si_code <= SI_USER);
}

bool lock_task_sighand(struct task_struct *p, unsigned long *flags)
{
	struct sighand_struct *sighand;

	BUG_ON(p != current && !spin_is_locked(&tasklist_lock));
	sighand = p->sighand;
	if (!sighand)
		return false;
	spin_lock_irqsave(&sighand->siglock, *flags);
	return true;
}

void unlock_task_sighand(struct task_struct *p, unsigned long *flags)
{
	spin_unlock_irqrestore(&p->sighand->siglock, *flags);
}

void sighand_init(struct sighand_struct *sighand)
{
	spin_lock_init(&sighand->siglock, "siglock");
	init_waitqueue_head(&sighand->signalfd_wqh, "signalfd");
	refcount_set(&sighand->count, 1);
	sighand->set = 0;
}

/* --- waking --- */

/*
 * The flag first, the state second; a sleeper sets its state first and tests the flag second
 * (kernel/sync/wait.c). So either it sees the flag, or we see its state. A thread that runs in user
 * mode on another CPU is kicked into the kernel.
 */
void signal_wake_up(struct task_struct *t, bool fatal)
{
	unsigned int mode = TASK_INTERRUPTIBLE;

	set_tsk_thread_flag(t, TIF_SIGPENDING);
	if (fatal && !(t->jobctl & JOBCTL_PTRACE_FROZEN)) {
		t->jobctl &= ~(unsigned long)(JOBCTL_STOPPED | JOBCTL_TRACED);
		mode |= TASK_WAKEKILL | __TASK_TRACED;
	}
	if (t == current && t->state == TASK_RUNNING)
		return;
	if (!wake_up_state(t, mode))
		kick_process(t);
}

/* Tells t to die; whatever it was about to stop for is void. */
static void zap_thread(struct task_struct *t)
{
	t->jobctl &= ~(unsigned long)(JOBCTL_PENDING_MASK | JOBCTL_STOP_DEQUEUED | JOBCTL_TRAPPING);
	t->pending.signal |= sigmask(SIGKILL);
	signal_wake_up(t, true);
}

int __zap_other_threads(struct task_struct *p)
{
	struct task_struct *t;
	int n = 0;

	for_each_thread(p, t) {
		if (t == p || t->exit_state)
			continue;
		n++;
		zap_thread(t);
	}
	return n;
}

/* --- is it of any use to send it? --- */

static bool sig_handler_ignored(__sighandler_t handler, int sig)
{
	return handler == SIG_IGN ||
	       (handler == SIG_DFL && (sigmask(sig) & SIG_KERNEL_IGNORE_MASK));
}

/* A blocked signal is kept, since the handler may change before it is unblocked; a tracer wants
 * to see all. */
bool sig_ignored(struct task_struct *t, int sig, bool force)
{
	__sighandler_t handler = sighand_handler(t->sighand, sig);

	if (t->flags & PF_KTHREAD)
		return handler != SIG_KTHREAD;
	if ((t->blocked | t->real_blocked) & sigmask(sig))
		return false;
	if ((t->signal->flags & SIGNAL_UNKILLABLE) && handler == SIG_DFL &&
	    !(force && (sigmask(sig) & SIG_KERNEL_ONLY_MASK)))
		return true;
	if (t->ptrace && sig != SIGKILL)
		return false;
	return sig_handler_ignored(handler, sig);
}

/* A stop and a continue that are both pending would contradict each other: the later one wins. */
static bool prepare_signal(int sig, struct task_struct *p, bool force)
{
	struct task_struct *t;

	if (p->signal->flags & SIGNAL_GROUP_EXIT)
		return sig == SIGKILL && (p->signal->flags & SIGNAL_COREDUMP);
	if (sigmask(sig) & SIG_KERNEL_STOP_MASK) {
		flush_sigqueue_mask(&p->signal->shared_pending, sigmask(SIGCONT));
		for_each_thread(p, t)
			flush_sigqueue_mask(&t->pending, sigmask(SIGCONT));
	} else if (sig == SIGCONT) {
		continue_group(p);
	}
	return !sig_ignored(p, sig, force);
}

/* --- who takes it? --- */

static bool wants_signal(int sig, const struct task_struct *t)
{
	if ((t->blocked & sigmask(sig)) || (t->flags & PF_EXITING))
		return false;
	return sig == SIGKILL ||
	       (!(t->jobctl & (JOBCTL_STOPPED | JOBCTL_TRACED)) && !signal_pending(t));
}

static bool sig_fatal(const struct task_struct *t, int sig)
{
	return sighand_handler(t->sighand, sig) == SIG_DFL && !(t->flags & PF_KTHREAD) &&
	       !(sigmask(sig) & (SIG_KERNEL_IGNORE_MASK | SIG_KERNEL_STOP_MASK |
				 SIG_KERNEL_COREDUMP_MASK));	/* those first dump */
}

/* The signal is recorded. If no thread wants it now (all block it, or are about to look at
 * others first) it waits for one that unblocks it. */
static void complete_signal(int sig, struct task_struct *p, bool group)
{
	struct signal_struct *signal = p->signal;
	struct task_struct *target = NULL, *t;

	if (wants_signal(sig, p)) {
		target = p;
	} else if (group) {
		for_each_thread(p, t) {
			if (wants_signal(sig, t)) {
				target = t;
				break;
			}
		}
	}
	if (!target)
		return;
	if (!sig_fatal(p, sig) || (target->real_blocked & sigmask(sig)) ||
	    (sig != SIGKILL && (target->ptrace || (signal->flags & SIGNAL_UNKILLABLE)))) {
		signal_wake_up(target, sig == SIGKILL);
		return;
	}
	/* It will kill the process: do not wait until that thread gets to it, begin with all of
	 * them now. */
	signal->flags = SIGNAL_GROUP_EXIT;
	signal->group_exit_code = sig;
	signal->group_stop_count = 0;
	for_each_thread(p, t)
		zap_thread(t);
}

/* --- recording it --- */

static struct sigpending *pending_set(struct task_struct *t, bool group)
{
	return group ? &t->signal->shared_pending : &t->pending;
}

static void notify_signalfd(struct task_struct *t)
{
	if (waitqueue_active(&t->sighand->signalfd_wqh))
		wake_up_all(&t->sighand->signalfd_wqh);
}

/* Is the sender outside t's pid namespace, so that it has no number there? Interrupts send with
 * SEND_SIG_PRIV and never ask. */
static bool from_ancestor_ns(struct task_struct *t)
{
	return t != current && !pid_nr_ns(current->thread_pid, task_active_pid_ns(t));
}

static void fill_siginfo(siginfo_t *to, int sig, const siginfo_t *info, struct task_struct *t)
{
	if (!is_si_special(info)) {
		copy_siginfo(to, info);
		to->si_signo = sig;
		if (t != current && si_fromuser(info) && info->si_code != SI_TIMER &&
		    from_ancestor_ns(t))
			to->si_pid = 0;
		return;
	}
	clear_siginfo(to);
	to->si_signo = sig;
	to->si_code = info == SEND_SIG_PRIV ? SI_KERNEL : SI_USER;
	if (info == SEND_SIG_NOINFO) {
		to->si_pid = pid_nr_ns(task_pid_type(current, PIDTYPE_TGID), task_active_pid_ns(t));
		to->si_uid = current->cred->uid;
	}
}

/* res: what became of it. si_code as fill_siginfo() would have it. */
static void generated(int sig, const siginfo_t *info, const struct task_struct *t, bool group,
		      enum trace_signal_result res)
{
	trace_signal_generate(sig,
			      !is_si_special(info)    ? info->si_code
			      : info == SEND_SIG_PRIV ? SI_KERNEL
						      : SI_USER,
			      t, group, res);
}

int __flatten send_signal_locked(int sig, const siginfo_t *info, struct task_struct *t, bool group)
{
	struct sigpending *pending = pending_set(t, group);
	bool force = (sigmask(sig) & SIG_KERNEL_ONLY_MASK) && /* matters only for these */
		     (si_fromuser(info) ? from_ancestor_ns(t)
					: is_si_special(info) || info->si_code == SI_KERNEL);
	struct sigqueue *q;

	if (!prepare_signal(sig, t, force)) {
		generated(sig, info, t, group, TRACE_SIGNAL_IGNORED);
		return 0;
	}
	if (sig < SIGRTMIN && (pending->signal & sigmask(sig))) {
		generated(sig, info, t, group, TRACE_SIGNAL_ALREADY_PENDING);
		return 0;
	}
	if (sig != SIGKILL) {
		/* What the kernel or kill() reports is worth an entry even if a program has used
		 * up its share for real-time signals. */
		q = sigqueue_alloc(t->signal, sig < SIGRTMIN && (is_si_special(info) ||
								 info->si_code >= SI_USER));
		if (q) {
			fill_siginfo(&q->info, sig, info, t);
			list_add_tail(&q->list, &pending->list);
		} else if (sig >= SIGRTMIN && !is_si_special(info) && info->si_code != SI_USER) {
			generated(sig, info, t, group, TRACE_SIGNAL_OVERFLOW_FAIL);
			return -EAGAIN;		/* sigqueue() promised that the value arrives */
		}
	}
	generated(sig, info, t, group, TRACE_SIGNAL_DELIVERED);
	pending->signal |= sigmask(sig);
	notify_signalfd(t);
	complete_signal(sig, t, group);
	return 0;
}

int send_sigqueue_locked(struct sigqueue *q, struct task_struct *t, bool group)
{
	int sig = q->info.si_signo;
	struct sigpending *pending = pending_set(t, group);

	if (!prepare_signal(sig, t, false))
		return 1;
	if (!list_empty(&q->list))
		return 0;
	generated(sig, &q->info, t, group, TRACE_SIGNAL_DELIVERED);
	list_add_tail(&q->list, &pending->list);
	pending->signal |= sigmask(sig);
	notify_signalfd(t);
	complete_signal(sig, t, group);
	return 0;
}

/* --- to whom --- */

int __flatten do_send_sig_info(int sig, const siginfo_t *info, struct task_struct *p, bool group)
{
	unsigned long flags;
	int ret;

	if (!lock_task_sighand(p, &flags))
		return -ESRCH;
	ret = send_signal_locked(sig, info, p, group);
	unlock_task_sighand(p, &flags);
	return ret;
}

static int send_to_task(int sig, const siginfo_t *info, struct task_struct *p, bool group)
{
	if (p == current)
		return do_send_sig_info(sig, info, p, group);
	guard(spinlock_irqsave)(&tasklist_lock);
	return do_send_sig_info(sig, info, p, group);
}

int send_sig(int sig, struct task_struct *p, const siginfo_t *info)
{
	return send_to_task(sig, info, p, false);
}

int group_send_sig_info(int sig, const siginfo_t *info, struct task_struct *p)
{
	return send_to_task(sig, info, p, true);
}

static bool kill_ok_by_cred(struct task_struct *t)
{
	const struct cred *theirs __free(cred) = get_task_cred(t), *mine = current->cred;

	return capable() || mine->euid == theirs->suid || mine->euid == theirs->uid ||
	       mine->uid == theirs->suid || mine->uid == theirs->uid;
}

int check_kill_permission(int sig, const siginfo_t *info, struct task_struct *t)
{
	if (!valid_signal((unsigned int)sig))
		return -EINVAL;
	if (same_thread_group(current, t) || !si_fromuser(info) || kill_ok_by_cred(t))
		return 0;
	/* A shell may continue its jobs, whoever they run as. */
	if (sig == SIGCONT && task_pid_type(current, PIDTYPE_SID) == task_pid_type(t, PIDTYPE_SID))
		return 0;
	return -EPERM;
}

/* Permission and, unless sig is 0, the signal, to p's process. tasklist_lock held, or p is
 * current. */
static int check_and_send(int sig, const siginfo_t *info, struct task_struct *p)
{
	int ret = check_kill_permission(sig, info, p);

	return ret || !sig ? ret : do_send_sig_info(sig, info, p, true);
}

int __kill_pgrp_info(int sig, const siginfo_t *info, struct pid *pgrp)
{
	struct task_struct *p;
	bool success = false;
	int ret = -ESRCH;

	do_each_pid_task(pgrp, PIDTYPE_PGID, p) {
		ret = check_and_send(sig, info, p);
		success |= !ret;
	}
	return success ? 0 : ret;
}

int kill_pgrp(struct pid *pgrp, int sig, const siginfo_t *info)
{
	guard(spinlock_irqsave)(&tasklist_lock);
	return __kill_pgrp_info(sig, info, pgrp);
}

int kill_pid(struct pid *pid, int sig, const siginfo_t *info)
{
	struct task_struct *p;

	guard(spinlock_irqsave)(&tasklist_lock);
	p = pid_task(pid, PIDTYPE_PID);
	return p ? check_and_send(sig, info, p) : -ESRCH;
}

/* --- signals to oneself that must arrive --- */

/* default_action: even a handler that could run does not get it (it could not be entered, or
 * must not be trusted any more). */
static void force_sig_info_to_current(const siginfo_t *info, bool default_action)
{
	struct task_struct *p = current;
	struct sigaction *sa;
	bool blocked;

	guard(spinlock_irqsave)(&p->sighand->siglock);
	sa = sighand_action(p->sighand, info->si_signo);
	blocked = p->blocked & sigmask(info->si_signo);
	if (blocked || sa->sa_handler == SIG_IGN || default_action) {
		sa->sa_handler = SIG_DFL;
		p->blocked &= ~sigmask(info->si_signo);
	}
	/* A fault that init does not handle would happen again for ever: let it die of it. */
	if (sa->sa_handler == SIG_DFL && !p->ptrace)
		p->signal->flags &= ~SIGNAL_UNKILLABLE;
	send_signal_locked(info->si_signo, info, p, false);
	/* It may have been pending already, blocked until now. */
	recalc_sigpending_tsk(p);
}

static void force_sig_kernel(int sig, bool default_action)
{
	siginfo_t info;

	clear_siginfo(&info);
	info.si_signo = sig;
	info.si_code = SI_KERNEL;
	force_sig_info_to_current(&info, default_action);
}

void force_sig(int sig)
{
	force_sig_kernel(sig, false);
}

void force_fatal_sig(int sig)
{
	force_sig_kernel(sig, true);
}

void force_sig_fault(int signo, int code, unsigned long addr)
{
	__sighandler_t handler = sighand_handler(current->sighand, signo);
	siginfo_t info;

	clear_siginfo(&info);
	info.si_signo = signo;
	info.si_code = code;
	info.si_addr = (void *)addr;
	if (!current->ptrace && (handler == SIG_DFL || handler == SIG_IGN ||
				 (current->blocked & sigmask(signo))))
		show_fault(signo, addr);
	force_sig_info_to_current(&info, false);
}

void allow_signal(int sig)
{
	guard(spinlock_irq)(&current->sighand->siglock);
	sighand_action(current->sighand, sig)->sa_handler = SIG_KTHREAD;
}

int kernel_dequeue_signal(void)
{
	siginfo_t info;

	guard(spinlock_irq)(&current->sighand->siglock);
	return dequeue_signal(current, current->blocked, &info);
}
