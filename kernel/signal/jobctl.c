/*
 * Stop and continue: what ^Z, fg and bg do to a process.
 *
 * A process stops as a whole. The thread that takes the stop signal marks every thread with
 * JOBCTL_STOP_PENDING and counts them in group_stop_count; each one stops itself when it comes to
 * the kernel's exit (state T); the last to do so makes the stop complete: the flag
 * SIGNAL_STOP_STOPPED, the stop signal in group_exit_code for wait4, and the news to the parent.
 * SIGCONT undoes all this from the sender's side, at once and even if it is blocked or ignored: a
 * stopped thread could not do it itself.
 *
 * Invariant under the siglock: group_stop_count is the number of threads with JOBCTL_STOP_PENDING.
 * A thread with JOBCTL_STOPPED is in state T or on its way into it, and only continue_group() and a
 * fatal signal take it out, both with the siglock held; since the flag and the state are set with
 * it held too, no continue can fall between them.
 *
 * A thread made while a stop is on its way must not escape it: copy_process() holds the siglock,
 * calls recalc_sigpending() and gives up with -ERESTARTNOINTR when a signal is pending, before the
 * new thread becomes visible.
 */
#include "kernel/signal/signal.h"
#include "kernel/task/task.h"
#include "kernel/trace/ptrace.h"

#define STOP_FLAGS						\
	(SIGNAL_STOP_STOPPED | SIGNAL_STOP_CONTINUED |		\
	 SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED)

void continue_group(struct task_struct *p)
{
	struct signal_struct *signal = p->signal;
	struct task_struct *t;
	unsigned int why = 0;

	flush_sigqueue_mask(&signal->shared_pending, SIG_KERNEL_STOP_MASK);
	for_each_thread(p, t) {
		flush_sigqueue_mask(&t->pending, SIG_KERNEL_STOP_MASK);
		t->jobctl &= ~(unsigned long)(JOBCTL_STOP_PENDING | JOBCTL_STOP_DEQUEUED |
					      JOBCTL_STOPPED);
		if (t->ptrace & PT_SEIZED)
			ptrace_trap_notify(t);
		else
			wake_up_state(t, __TASK_STOPPED);
	}
	/* The parent is told by the first thread that runs, from get_signal(): a sender may not
	 * take the locks for that. A stop that was interrupted before it was complete counts as
	 * a stop all the same. */
	if (signal->flags & SIGNAL_STOP_STOPPED)
		why = SIGNAL_CLD_CONTINUED;
	else if (signal->group_stop_count)
		why = SIGNAL_CLD_STOPPED;
	if (!why)
		return;
	signal->flags = (signal->flags & ~STOP_FLAGS) | SIGNAL_STOP_CONTINUED | why;
	signal->group_stop_count = 0;
	signal->group_exit_code = 0;
}

bool leave_group_stop(struct task_struct *p)
{
	struct signal_struct *signal = p->signal;

	if (!(p->jobctl & JOBCTL_STOP_PENDING))
		return false;
	p->jobctl &= ~(unsigned long)JOBCTL_STOP_PENDING;
	if (--signal->group_stop_count > 0 || (signal->flags & SIGNAL_STOP_STOPPED))
		return false;
	signal->flags = (signal->flags & ~STOP_FLAGS) | SIGNAL_STOP_STOPPED;
	return true;
}

/* Every thread that can is to stop, current too. False: there is nothing to stop any more. */
static bool begin_group_stop(int signr)
{
	struct signal_struct *signal = current->signal;
	struct task_struct *t;

	/* The siglock was dropped since the signal was taken: SIGCONT or death may have come
	 * first. */
	if (!(current->jobctl & JOBCTL_STOP_DEQUEUED) || (signal->flags & SIGNAL_GROUP_EXIT) ||
	    signal->group_exec_task)
		return false;
	current->jobctl &= ~(unsigned long)JOBCTL_STOP_DEQUEUED;
	if (!(signal->flags & SIGNAL_STOP_STOPPED))
		signal->group_exit_code = signr;
	signal->group_stop_count = 0;
	for_each_thread(current, t) {
		if ((t->flags & PF_EXITING) || (t->jobctl & JOBCTL_STOPPED))
			continue;
		t->jobctl &= ~(unsigned long)JOBCTL_STOP_SIGMASK;
		t->jobctl |= JOBCTL_STOP_PENDING | (unsigned long)signr << 8;
		signal->group_stop_count++;
		if (t == current)
			continue;
		if (t->ptrace & PT_SEIZED)
			ptrace_trap_notify(t);
		else
			signal_wake_up(t, false);
	}
	return true;
}

bool do_signal_stop(int signr)
{
	bool last;
	int sig;

	if (!(current->jobctl & JOBCTL_STOP_PENDING) && !begin_group_stop(signr))
		return false;
	if (current->ptrace) {		/* takes part by a stop of another kind */
		current->jobctl |= JOBCTL_TRAP_STOP;
		return false;
	}
	last = leave_group_stop(current);
	sig = current->signal->group_exit_code;	/* a wait4 that comes first takes it away */
	current->jobctl |= JOBCTL_STOPPED;
	set_current_state(TASK_STOPPED);
	spin_unlock_irq(&current->sighand->siglock);
	/* From here on SIGCONT may make us runnable again; then schedule() returns at once. */
	if (last)
		notify_stop(current, CLD_STOPPED, sig);
	schedule();
	return true;
}
