/*
 * Delivery: from "a signal is pending" to "its handler is entered", or its default action done.
 *
 * WHERE. In one place: when a thread is about to return to user mode, at the end of a system call,
 * an interrupt or a fault:
 *
 * 	entry.asm: thread flags not 0
 * 	-> exit_to_user_mode(regs) -> do_signal(regs) -> get_signal() -> setup_rt_frame()
 *
 * And nowhere else, for three reasons. (1) A handler is user code that runs on the user's stack
 * with the user's registers, and only here do we have them all, in regs, with nothing of the kernel
 * half done. (2) A thread that is to die or stop does so here, where it holds no lock and nothing
 * that somebody must give back; from outside one could only guess. (3) It is the receiver itself
 * that runs, so its mask, stack and FPU need no lock. Hence a sender never does anything to a
 * thread; it records the signal, sets TIF_SIGPENDING and sees to it that the thread comes by: it
 * wakes it if it sleeps interruptibly (the sleeper then undoes what it began and returns
 * -ERESTARTxxx), or interrupts the CPU it runs on.
 *
 * HOW. A handler is entered by rewriting regs, so that "return to user mode" goes to its first
 *      instruction, with a frame below the user's stack pointer that remembers the old registers;
 *      the handler returns into rt_sigreturn(2), which puts them back. arch/x86_64/signal.c draws
 *      the frame. For several signals the frames are stacked one on the other before a single user
 *      instruction runs: exit_to_user_mode() calls us until nothing is pending.
 *
 * Locks: the siglock, interrupts off; tasklist_lock outside it to tell the parent. setup_rt_frame()
 * may sleep and runs without.
 */
#include "asm/uaccess.h"
#include "kernel/signal/signal.h"
#include "kernel/task/task.h"
#include "kernel/trace/ptrace.h"
#include "kernel/trace/trace.h"

struct ksignal {
	int sig;
	struct sigaction sa;	/* a copy: another thread may change the handler meanwhile */
	sigset_t oldmask;	/* what was blocked before the handler's mask was added */
	siginfo_t info;
};

/* --- is there anything? --- */

void recalc_sigpending_tsk(struct task_struct *p)
{
	sigset_t pending = p->pending.signal | p->signal->shared_pending.signal;

	if ((pending & ~p->blocked) || (p->jobctl & JOBCTL_PENDING_MASK))
		set_tsk_thread_flag(p, TIF_SIGPENDING);
}

void recalc_sigpending(void)
{
	sigset_t pending = current->pending.signal | current->signal->shared_pending.signal;

	if ((pending & ~current->blocked) || (current->jobctl & JOBCTL_PENDING_MASK))
		set_tsk_thread_flag(current, TIF_SIGPENDING);
	else if (signal_pending(current))
		clear_tsk_thread_flag(current, TIF_SIGPENDING);
}

int dequeue_signal(struct task_struct *p, sigset_t blocked, siginfo_t *info)
{
	struct sigpending *from = &p->pending;
	int sig = next_signal(from, blocked);
	struct sigqueue *timer;

	if (!sig) {
		from = &p->signal->shared_pending;
		sig = next_signal(from, blocked);
	}
	if (sig) {
		timer = collect_signal(sig, from, info);
		if (timer)
			posix_timer_delivered(timer->timer, info);
		if (sig == SIGALRM && from == &p->signal->shared_pending && p->signal->it_real_incr)
			itimer_rearm(p->signal);
		if (sigmask(sig) & SIG_KERNEL_STOP_MASK)
			p->jobctl |= JOBCTL_STOP_DEQUEUED;
	}
	recalc_sigpending();
	return sig;
}

/* --- the mask --- */

/* p will not take the process-wide signals of which that were meant for it: wake others that
 * can. siglock held. */
static noinline void retarget_shared_pending(struct task_struct *p, sigset_t which)
{
	sigset_t homeless = p->signal->shared_pending.signal & which;
	struct task_struct *t;

	if (!homeless)
		return;
	for_each_thread(p, t) {
		if (t == p || (t->flags & PF_EXITING) || !(homeless & ~t->blocked))
			continue;
		homeless &= t->blocked;
		if (!signal_pending(t))
			signal_wake_up(t, false);
		if (!homeless)
			break;
	}
}

/* siglock held. If nothing was pending and nothing is unblocked, nothing is pending now. */
static __always_inline void __set_current_blocked(sigset_t set)
{
	struct task_struct *p = current;
	bool was_pending = signal_pending(p);
	sigset_t unblocked = p->blocked & ~set;

	if (unlikely(was_pending))
		retarget_shared_pending(p, set & ~p->blocked);
	p->blocked = set;
	if (was_pending || unblocked)
		recalc_sigpending();
}

/* Only the thread itself changes its mask, so it may read it without the lock; senders read it
 * with the lock. */
void set_current_blocked(sigset_t set)
{
	struct sighand_struct *sighand = current->sighand;

	set &= ~SIG_KERNEL_ONLY_MASK;
	if (set == current->blocked)
		return;
	spin_lock_irq(&sighand->siglock);
	__set_current_blocked(set);
	spin_unlock_irq(&sighand->siglock);
}

int set_user_sigmask(const sigset_t __user *uset, size_t size)
{
	sigset_t set;

	if (!uset)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, uset, sizeof(set)))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_tsk_thread_flag(current, TIF_NOTIFY_RESUME);
	set_current_blocked(set);
	return 0;
}

/* TIF_NOTIFY_RESUME says that saved_sigmask is to be put back. If a signal ended the call,
 * do_signal() does that, after the handler got its frame: the handler runs with the call's mask,
 * and returns to the saved one. */
void restore_saved_sigmask_unless(bool interrupted)
{
	if (interrupted || !test_tsk_thread_flag(current, TIF_NOTIFY_RESUME))
		return;
	clear_tsk_thread_flag(current, TIF_NOTIFY_RESUME);
	set_current_blocked(current->saved_sigmask);
}

/* --- which one, and what happens to it --- */

/* A SIGCONT arrived: tell the parent what its sender could not. siglock held; dropped and taken
 * again. */
static void notify_continued(struct signal_struct *signal)
{
	int why = signal->flags & SIGNAL_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;
	int sig = why == CLD_CONTINUED ? SIGCONT : signal->group_exit_code;

	signal->flags &= ~(SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED);
	spin_unlock_irq(&current->sighand->siglock);
	notify_stop(current, why, sig);
	spin_lock_irq(&current->sighand->siglock);
}

/* Default action "stop". A terminal's stop signals do nothing to a process whose shell is gone:
 * nobody could continue it. siglock held, also afterwards. */
static void default_stop(int sig)
{
	spinlock_t *siglock = &current->sighand->siglock;

	if (sig != SIGSTOP) {
		bool orphaned;

		spin_unlock_irq(siglock);
		orphaned = is_current_pgrp_orphaned();
		spin_lock_irq(siglock);
		if (orphaned)
			return;
	}
	if (do_signal_stop(sig))
		spin_lock_irq(siglock);
}

static void __noreturn die_of(int status)
{
	spin_unlock_irq(&current->sighand->siglock);
	current->flags |= PF_SIGNALED;
	do_group_exit(status);
}

/* Finds a handler for sig (copied to ksig), true; or does without one, false: ignored, or
 * stopped and continued. Or dies. siglock held. */
static bool act_on(int sig, struct ksignal *ksig)
{
	struct sigaction *sa = &current->sighand->action[sig - 1];
	sigset_t bit = sigmask(sig);
	__sighandler_t handler;

	trace_signal_deliver(sig, &ksig->info, sa);	/* before there is much to save around it */
	handler = sighand_handler(current->sighand, sig);
	if (handler == SIG_IGN)
		return false;
	if (handler != SIG_DFL) {
		ksig->sig = sig;
		ksig->sa = *sa;
		if (sa->sa_flags & SA_RESETHAND)
			sa->sa_handler = SIG_DFL;
		return true;
	}
	if (bit & SIG_KERNEL_IGNORE_MASK)
		return false;
	if ((current->signal->flags & SIGNAL_UNKILLABLE) && !(bit & SIG_KERNEL_ONLY_MASK))
		return false;
	if (bit & SIG_KERNEL_STOP_MASK) {
		default_stop(sig);
		return false;
	}
	if (bit & SIG_KERNEL_COREDUMP_MASK) {
		spin_unlock_irq(&current->sighand->siglock);
		do_coredump(&ksig->info);
		spin_lock_irq(&current->sighand->siglock);
	}
	die_of(sig);
}

/* The handler's mask is in force from here on, not from its first instruction on: the siglock is
 * held just now. */
static void block_for_handler(struct ksignal *ksig)
{
	sigset_t blocked = current->blocked | ksig->sa.sa_mask;

	if (!(ksig->sa.sa_flags & SA_NODEFER))
		blocked |= sigmask(ksig->sig);
	ksig->oldmask = current->blocked;
	__set_current_blocked(blocked & ~SIG_KERNEL_ONLY_MASK);
}

/* Does all that needs no handler; true with the first signal that has one. Returns only if the
 * thread lives on. */
static bool get_signal(struct ksignal *ksig)
{
	struct signal_struct *signal = current->signal;
	spinlock_t *siglock = &current->sighand->siglock;
	bool found = false;
	int sig;

	spin_lock_irq(siglock);
	do {
		if (signal->flags & (SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED))
			notify_continued(signal);
		/* The process dies, or another thread's exec wants to be alone. */
		if ((signal->flags & SIGNAL_GROUP_EXIT) || signal->group_exec_task) {
			trace_signal_deliver(SIGKILL, SEND_SIG_NOINFO,
					     &current->sighand->action[SIGKILL - 1]);
			die_of(signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code
								 : SIGKILL);
		}
		if ((current->jobctl & JOBCTL_STOP_PENDING) && do_signal_stop(0)) {
			spin_lock_irq(siglock);
			sig = -1;	/* much may have changed: look at everything again */
			continue;
		}
		if (unlikely(current->jobctl & JOBCTL_TRAP_MASK)) {
			ptrace_trap();
			sig = -1;
			continue;
		}
		sig = current->pending.signal & SYNCHRONOUS_MASK
			      ? dequeue_synchronous_signal(&current->pending, current->blocked,
							   &ksig->info)
			      : 0;
		if (sig)
			recalc_sigpending();
		else
			sig = dequeue_signal(current, current->blocked, &ksig->info);
		if (sig && unlikely(current->ptrace)) {
			sig = ptrace_signal(sig, &ksig->info);
			if (!sig) {
				sig = -1;
				continue;
			}
		}
		if (sig)
			found = act_on(sig, ksig);
	} while (sig && !found);
	if (found)
		block_for_handler(ksig);
	spin_unlock_irq(siglock);
	return found;
}

/* --- entering the handler --- */

/* SA_ONSTACK with SS_AUTODISARM: the stack is forgotten while a handler may leave it for another
 * (by swapcontext). */
static void signal_delivered(void)
{
	clear_tsk_thread_flag(current, TIF_NOTIFY_RESUME);	/* the frame has the old mask now */
	if (current->sas_ss_flags & SS_AUTODISARM) {
		current->sas_ss_sp = current->sas_ss_size = 0;
		current->sas_ss_flags = SS_DISABLE;
	}
}

/*
 * A system call that a signal interrupted says how it wants to go on:
 *
 * 	returned		a handler runs		none does (stopped, ignored)
 * 	-ERESTARTNOINTR		again			again
 * 	-ERESTARTSYS		again with SA_RESTART,	again
 * 				else EINTR
 * 	-ERESTARTNOHAND		EINTR			again
 * 	-ERESTART_RESTARTBLOCK	EINTR			restart_syscall: with the time that is left
 */
static void restart_with_handler(struct pt_regs *regs, const struct ksignal *ksig)
{
	int error = syscall_restart_error(regs);

	if (!error)
		return;
	if (error == ERESTARTNOINTR || (error == ERESTARTSYS && (ksig->sa.sa_flags & SA_RESTART)))
		syscall_restart(regs, false);
	else
		regs_set_return_value(regs, -EINTR);
}

static void handle_signal(struct ksignal *ksig, struct pt_regs *regs)
{
	bool restore = test_tsk_thread_flag(current, TIF_NOTIFY_RESUME);
	sigset_t oldmask = restore ? current->saved_sigmask : ksig->oldmask;

	bool stepping = test_tsk_thread_flag(current, TIF_SINGLESTEP);

	restart_with_handler(regs, ksig);
	if (unlikely(stepping))		/* the frame is not to remember the tracer's step */
		user_disable_single_step(current);
	if (!setup_rt_frame(ksig->sig, &ksig->info, &ksig->sa, oldmask, regs)) {
		signal_delivered();
		if (unlikely(stepping))
			ptrace_notify(SIGTRAP, 0);	/* at the handler's first instruction */
		return;
	}
	set_current_blocked(ksig->oldmask);	/* there will be no handler */
	if (ksig->sig == SIGSEGV)
		force_fatal_sig(SIGSEGV);	/* the stack is no good, and the handler for that
						 * cannot run on it */
	else
		force_sig(SIGSEGV);
}

void __flatten do_signal(struct pt_regs *regs)
{
	struct ksignal ksig;
	int error;

	if (signal_pending(current) && get_signal(&ksig)) {
		handle_signal(&ksig, regs);
		return;
	}
	error = syscall_restart_error(regs);
	if (error)
		syscall_restart(regs, error == ERESTART_RESTARTBLOCK);
	restore_saved_sigmask_unless(false);
}

bool io_worker_signals(void)
{
	struct signal_struct *signal = current->signal;
	spinlock_t *siglock = &current->sighand->siglock;
	siginfo_t info;
	int sig = 0;
	bool die;

	if (!signal_pending(current))
		return false;
	spin_lock_irq(siglock);
	for (;;) {
		die = (signal->flags & SIGNAL_GROUP_EXIT) || signal->group_exec_task ||
		      current->pending.signal & sigmask(SIGKILL);
		if (die)
			break;
		if (!(current->jobctl & JOBCTL_STOP_PENDING))
			sig = dequeue_signal(current, current->blocked, &info);
		if (!sig && !(current->jobctl & JOBCTL_STOP_PENDING))
			break;
		if (do_signal_stop(sig))	/* SIGSTOP: nothing else is not blocked */
			spin_lock_irq(siglock);
		sig = 0;
	}
	spin_unlock_irq(siglock);
	return die;
}

/* --- leaving --- */

/* The thread begins to exit and takes no more signals. What was sent to the process and woke
 * only us must find another thread. */
bool exit_signals(struct task_struct *p)
{
	p->flags |= PF_EXITING;
	if (signal_pending(p))
		retarget_shared_pending(p, ~p->blocked);
	return unlikely(p->jobctl & JOBCTL_STOP_PENDING) && leave_group_stop(p);
}
