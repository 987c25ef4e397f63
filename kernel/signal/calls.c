/*
 * The system calls with which a program says what it wants of signals: handlers, masks, waiting,
 * the alternate stack. The ones that send are in kill.c; rt_sigreturn is in arch/, since it is all
 * registers.
 *
 * Locks: the siglock, for what senders look at (handlers, masks, pending sets). Nothing of it is
 * held over a user copy.
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/sched/sched.h"
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "libk/string.h"

/* The flags a program may set; asked for others, Linux forgets them, and reading the action back
 * shows which it knows. */
#define SA_KNOWN_FLAGS									\
	((unsigned long)(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK |	\
			 SA_RESTART | SA_NODEFER) |					\
	 SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER)

static int read_sigset(sigset_t *set, const sigset_t __user *uset, size_t size)
{
	if (size != sizeof(*set))
		return -EINVAL;
	return get_user(*set, uset);
}

/* --- handlers --- */

void flush_signal_handlers(struct sighand_struct *sighand, bool force_default)
{
	for (sigset_t left = sighand->set; left; left &= left - 1) {
		int sig = __builtin_ctzl(left) + 1;

		if (force_default || sighand_handler(sighand, sig) != SIG_IGN)
			sighand->set &= ~sigmask(sig);
		else
			sighand->action[sig - 1] = (struct sigaction){ .sa_handler = SIG_IGN };
	}
}

/* Signals that are pending when they become ignored are forgotten, even blocked ones. handler:
 * not a function. siglock held. */
static noinline void forget_ignored(int sig, __sighandler_t handler)
{
	struct task_struct *t;

	if (handler == SIG_DFL && !(sigmask(sig) & SIG_KERNEL_IGNORE_MASK))
		return;
	flush_sigqueue_mask(&current->signal->shared_pending, sigmask(sig));
	for_each_thread(current, t)
		flush_sigqueue_mask(&t->pending, sigmask(sig));
}

static __always_inline int read_user_action(struct sigaction *act,
					    const struct sigaction __user *uact)
{
	if (!access_ok(uact, sizeof(*uact)))
		return -EFAULT;
	user_access_begin();
	unsafe_get_user(act->sa_handler, &uact->sa_handler, efault);
	unsafe_get_user(act->sa_flags, &uact->sa_flags, efault);
	unsafe_get_user(act->sa_restorer, &uact->sa_restorer, efault);
	unsafe_get_user(act->sa_mask, &uact->sa_mask, efault);
	user_access_end();
	return 0;
efault:
	user_access_end();
	return -EFAULT;
}

/* old: NULL, or what it was before. */
static __always_inline int change_action(int sig, const struct sigaction __user *uact,
					 struct sigaction *old)
{
	struct sighand_struct *sighand = current->sighand;
	struct sigaction act;
	unsigned int i = (unsigned int)sig - 1;

	if (read_user_action(&act, uact))
		return -EFAULT;
	if (i >= _NSIG || (BIT(i) & SIG_KERNEL_ONLY_MASK))
		return -EINVAL;
	act.sa_flags &= SA_KNOWN_FLAGS;
	act.sa_mask &= ~SIG_KERNEL_ONLY_MASK;
	guard(spinlock_irq)(&sighand->siglock);
	if (old)
		*old = *sighand_action(sighand, sig);
	sighand->set |= BIT(i);
	sighand->action[i] = act;
	if ((unsigned long)act.sa_handler <= (unsigned long)SIG_IGN)	/* that, or SIG_DFL */
		forget_ignored(sig, act.sa_handler);
	return 0;
}

static int read_action(int sig, struct sigaction *old)
{
	struct sighand_struct *sighand = current->sighand;

	if (sig < 1 || sig > _NSIG)
		return -EINVAL;
	guard(spinlock_irq)(&sighand->siglock);
	*old = *sighand_action(sighand, sig);
	return 0;
}

static noinline long sigaction_with_old(int sig, const struct sigaction __user *uact,
					struct sigaction __user *uold)
{
	struct sigaction old;
	int err = uact ? change_action(sig, uact, &old) : read_action(sig, &old);

	return err ?: copy_to_user(uold, &old, sizeof(old)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(rt_sigaction, int sig, const struct sigaction __user *uact,
	       struct sigaction __user *uold, size_t size)
{
	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (uold)
		return sigaction_with_old(sig, uact, uold);
	if (uact)
		return change_action(sig, uact, NULL);
	return sig < 1 || sig > _NSIG ? -EINVAL : 0;
}

/* --- masks --- */

SYSCALL_DEFINE(rt_sigprocmask, int how, const sigset_t __user *uset, sigset_t __user *uold,
	       size_t size)
{
	sigset_t old = current->blocked, set;

	if (size != sizeof(set))
		return -EINVAL;
	if (uset) {
		if (get_user(set, uset))
			return -EFAULT;
		if (how == SIG_BLOCK)
			set |= old;
		else if (how == SIG_UNBLOCK)
			set = old & ~set;
		else if (how != SIG_SETMASK)
			return -EINVAL;
		set_current_blocked(set);
	}
	return uold ? put_user(old, uold) : 0;
}

SYSCALL_DEFINE(rt_sigpending, sigset_t __user *uset, size_t size)
{
	sigset_t set;

	if (size > sizeof(set))
		return -EINVAL;
	spin_lock_irq(&current->sighand->siglock);
	set = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	return copy_to_user(uset, &set, size) ? -EFAULT : 0;
}

/* --- waiting --- */

/* Until any signal that is not blocked arrives. State first, test second: see
 * kernel/sync/wait.c. */
static long sleep_until_signal(void)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return -ERESTARTNOHAND;
}

SYSCALL_DEFINE(pause, void)
{
	return sleep_until_signal();
}

SYSCALL_DEFINE(rt_sigsuspend, const sigset_t __user *uset, size_t size)
{
	int ret;

	if (size != sizeof(*uset))
		return -EINVAL;
	if (!uset)
		return -EFAULT;
	ret = set_user_sigmask(uset, size);
	return ret ?: sleep_until_signal();
}

/*
 * Takes one signal of which out of the sets, waiting for it until the deadline. While it waits the
 * signals are unblocked, so that senders wake us; real_blocked says that they are none the less for
 * us and must not kill the process. Signal number, -EAGAIN or -EINTR.
 */
static int do_sigtimedwait(sigset_t which, siginfo_t *info, u64 deadline)
{
	struct task_struct *p = current;
	sigset_t others = ~(which & ~SIG_KERNEL_ONLY_MASK);
	u64 left = 0;
	int sig;

	spin_lock_irq(&p->sighand->siglock);
	sig = dequeue_signal(p, others, info);
	if (!sig && deadline) {
		p->real_blocked = p->blocked;
		p->blocked &= others;
		recalc_sigpending();
		spin_unlock_irq(&p->sighand->siglock);
		set_current_state(TASK_INTERRUPTIBLE);
		left = 1;
		if (!signal_pending(p))
			left = schedule_hrtimeout(deadline);
		__set_current_state(TASK_RUNNING);
		set_current_blocked(p->real_blocked);
		spin_lock_irq(&p->sighand->siglock);
		p->real_blocked = 0;
		sig = dequeue_signal(p, others, info);
	}
	spin_unlock_irq(&p->sighand->siglock);
	return sig ?: left ? -EINTR : -EAGAIN;
}

SYSCALL_DEFINE(rt_sigtimedwait, const sigset_t __user *uset, siginfo_t __user *uinfo,
	       const struct timespec __user *timeout, size_t size)
{
	u64 deadline = ~0ULL;
	struct timespec ts;
	siginfo_t info;
	sigset_t set;
	int ret = read_sigset(&set, uset, size);

	if (ret)
		return ret;
	if (timeout) {
		if (copy_from_user(&ts, timeout, sizeof(ts)))
			return -EFAULT;
		if (!timespec_valid(&ts))
			return -EINVAL;
		deadline = timespec_to_ns(&ts);
		if (deadline)	/* 0: a look, without sleeping */
			deadline += ktime_get();
	}
	ret = do_sigtimedwait(set, &info, deadline);
	if (ret > 0 && uinfo && copy_siginfo_to_user(uinfo, &info))
		return -EFAULT;
	return ret;
}

/* What a call asked to be restarted with the rest of its time set up in restart_block; nothing
 * after a handler ran. */
SYSCALL_DEFINE(restart_syscall, void)
{
	struct restart_block *restart = &current->restart_block;

	return restart->fn ? restart->fn(restart) : -EINTR;
}

int copy_siginfo_to_user(siginfo_t __user *to, const siginfo_t *from)
{
	if (copy_to_user(to, from, SIGINFO_USED))
		return -EFAULT;
	return clear_user((char __user *)to + SIGINFO_USED, sizeof(*to) - SIGINFO_USED) ? -EFAULT
											: 0;
}

/* --- the alternate stack: the thread's own, so no lock --- */

bool on_sig_stack(unsigned long sp)
{
	if (current->sas_ss_flags & SS_AUTODISARM)
		return false;
	return sp > current->sas_ss_sp && sp - current->sas_ss_sp <= current->sas_ss_size;
}

int sas_ss_flags(unsigned long sp)
{
	if (!current->sas_ss_size)
		return SS_DISABLE;
	return on_sig_stack(sp) ? SS_ONSTACK : 0;
}

static int set_altstack(const stack_t *ss, unsigned long sp)
{
	unsigned int flags = (unsigned int)ss->ss_flags & SS_AUTODISARM;
	unsigned int mode = (unsigned int)ss->ss_flags & ~SS_AUTODISARM;
	struct task_struct *p = current;

	if (on_sig_stack(sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode != SS_DISABLE && ss->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	p->sas_ss_sp = mode == SS_DISABLE ? 0 : (unsigned long)ss->ss_sp;
	p->sas_ss_size = mode == SS_DISABLE ? 0 : ss->ss_size;
	p->sas_ss_flags = mode | flags;
	return 0;
}

SYSCALL_DEFINE(sigaltstack, const stack_t __user *uss, stack_t __user *uold)
{
	unsigned long sp = user_stack_pointer(current_pt_regs());
	stack_t ss, old;
	int ret = 0;

	if (uss && copy_from_user(&ss, uss, sizeof(ss)))
		return -EFAULT;
	memset(&old, 0, sizeof(old));
	old.ss_sp = (void *)current->sas_ss_sp;
	old.ss_size = current->sas_ss_size;
	old.ss_flags =
		(int)((unsigned int)sas_ss_flags(sp) | (current->sas_ss_flags & SS_AUTODISARM));
	if (uss)
		ret = set_altstack(&ss, sp);
	if (!ret && uold && copy_to_user(uold, &old, sizeof(old)))
		ret = -EFAULT;
	return ret;
}

void restore_altstack(const stack_t *ss)
{
	(void)set_altstack(ss, user_stack_pointer(current_pt_regs()));
}
