/*
 * The stops of a tracee, seen from inside: it sleeps in ptrace_stop() until its tracer says how to
 * go on.
 *
 * 	tracee					tracer
 * 	ptrace_stop()
 * 	  exit_code, last_siginfo
 * 	  JOBCTL_TRACED, TASK_TRACED
 * 	  SIGCHLD, wake-up ------------------->	wait4(): exit_code -> status
 * 	  schedule()				ptrace(): freeze, look and change, unfreeze
 * 	    ...					ptrace(PTRACE_CONT, sig):
 * 	  <-----------------------------------    exit_code = sig, JOBCTL_TRACED falls, wake-up
 * 	returns sig
 *
 * Locks: tasklist_lock and inside it siglock, to stop; none while it sleeps. What the tracer may do
 * meanwhile is argued in ptrace.h.
 */
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"
#include "kernel/trace/ptrace.h"

/*
 * The locks are taken anew in the right order, so the reason to stop may be gone. From the moment
 * tasklist_lock is free again to the end of schedule() interrupts stay off: nobody can preempt us
 * there, which bounds the time that ptrace_freeze() waits.
 */
int ptrace_stop(int code, int why, unsigned long message, siginfo_t *info)
{
	struct task_struct *p = current;
	spinlock_t *siglock = &p->sighand->siglock;
	bool group_done = false;
	int group_sig;

	spin_unlock_irq(siglock);
	spin_lock_irq(&tasklist_lock);
	spin_lock(siglock);
	if (!p->ptrace || fatal_signal_pending(p)) {
		spin_unlock(&tasklist_lock);
		return -1;
	}
	p->ptrace_message = message;
	p->last_siginfo = info;
	p->exit_code = code;
	if (why == CLD_STOPPED)		/* our part of a group stop is done */
		group_done = leave_group_stop(p);
	group_sig = p->signal->group_exit_code;
	p->jobctl &= ~(unsigned long)(JOBCTL_TRAP_STOP | JOBCTL_TRAPPING |
				      (code >> 8 == PTRACE_EVENT_STOP ? JOBCTL_TRAP_NOTIFY : 0));
	p->jobctl |= JOBCTL_TRACED;
	p->wchan = "ptrace_stop";
	set_current_state(TASK_TRACED);
	spin_unlock(siglock);
	do_notify_parent_cldstop(p, true, why, code & 0x7f);
	if (group_done && ptrace_reparented(p))		/* else that was the parent */
		do_notify_parent_cldstop(p, false, CLD_STOPPED, group_sig);
	spin_unlock(&tasklist_lock);
	schedule();

	p->wchan = NULL;
	spin_lock_irq(siglock);
	code = p->exit_code;
	p->exit_code = 0;
	p->last_siginfo = NULL;
	p->ptrace_message = 0;
	p->jobctl &= ~(unsigned long)JOBCTL_LISTENING;
	recalc_sigpending_tsk(p);	/* senders left us alone while we were stopped */
	return code;
}

static int notify_locked(int code, int why, unsigned long message)
{
	siginfo_t info;

	clear_siginfo(&info);
	info.si_signo = code & 0x7f;
	info.si_code = code;
	info.si_pid = task_pid_vnr(current);
	info.si_uid = current->cred->uid;
	return ptrace_stop(code, why, message, &info);
}

int ptrace_notify(int code, unsigned long message)
{
	guard(spinlock_irq)(&current->sighand->siglock);
	return notify_locked(code, CLD_TRAPPED, message);
}

/* --- events --- */

/* A stop if the tracer asked for this PTRACE_EVENT_xxx. */
static void ptrace_event(int event, unsigned long message)
{
	if (ptrace_event_enabled(current, event))
		ptrace_notify(event << 8 | SIGTRAP, message);
}

int ptrace_pid_for_tracer(const struct pid *pid)
{
	if (likely(!current->ptrace))
		return 0;
	guard(spinlock_irq)(&tasklist_lock);
	return pid_nr_ns(pid, task_active_pid_ns(current->parent));
}

void ptrace_event_pid(int event, const struct pid *pid)
{
	ptrace_event(event, (unsigned long)ptrace_pid_for_tracer(pid));
}

/* Tracers from before there were options get a SIGTRAP after exec. */
void ptrace_exec_event(int old)
{
	if (ptrace_event_enabled(current, PTRACE_EVENT_EXEC))
		ptrace_event(PTRACE_EVENT_EXEC, (unsigned long)old);
	else if ((current->ptrace & (PT_PTRACED | PT_SEIZED)) == PT_PTRACED)
		send_sig(SIGTRAP, current, SEND_SIG_NOINFO);
}

/* The tracer sees also the end of a task that was killed: for the length of the stop the SIGKILL
 * that it is dying of does not count. */
void __ptrace_exit_event(long code)
{
	struct task_struct *p = current;
	sigset_t killed;

	if (!ptrace_event_enabled(p, PTRACE_EVENT_EXIT))
		return;
	guard(spinlock_irq)(&p->sighand->siglock);
	killed = p->pending.signal & sigmask(SIGKILL);
	p->pending.signal &= ~killed;
	notify_locked(PTRACE_EVENT_EXIT << 8 | SIGTRAP, CLD_TRAPPED, (unsigned long)code);
	p->pending.signal |= killed;
	recalc_sigpending_tsk(p);
}

/* --- system calls --- */

bool ptrace_report_syscall(unsigned long message)
{
	bool good = current->ptrace & PT_OPT(PTRACE_O_TRACESYSGOOD);
	int sig = current->ptrace ? ptrace_notify(SIGTRAP | (good ? 0x80 : 0), message) : 0;

	/* Did the tracer end before it looked, what comes back is still our SIGTRAP | 0x80. */
	if (sig > 0 && valid_signal(sig))
		send_sig(sig, current, SEND_SIG_PRIV);
	return fatal_signal_pending(current);
}

/* --- signals --- */

int ptrace_signal(int sig, siginfo_t *info)
{
	int wanted;

	/* Should the tracer make a stop signal of it, SIGCONT may still take that back while we
	 * are stopped here: begin_group_stop() looks. */
	current->jobctl |= JOBCTL_STOP_DEQUEUED;
	wanted = ptrace_stop(sig, CLD_TRAPPED, 0, info);
	if (wanted < 0)
		wanted = sig;
	if (!wanted)
		return 0;
	if (!(current->blocked & sigmask(wanted)) && !fatal_signal_pending(current))
		return wanted;
	send_signal_locked(wanted, info, current, false);	/* for later */
	return 0;
}

/*
 * A seized tracee says SIGTRAP with PTRACE_EVENT_STOP when it was interrupted (or is new), and the
 * stop signal with it during a group stop; others just the stop signal, without a siginfo, which is
 * how their tracers tell it from a signal.
 */
void ptrace_trap(void)
{
	struct signal_struct *signal = current->signal;
	int sig = (int)(current->jobctl & JOBCTL_STOP_SIGMASK) >> 8;

	if (!(current->ptrace & PT_SEIZED))
		ptrace_stop(sig, CLD_STOPPED, 0, NULL);
	else if (signal->group_stop_count || signal->flags & SIGNAL_STOP_STOPPED)
		notify_locked(sig | PTRACE_EVENT_STOP << 8, CLD_STOPPED, 0);
	else
		notify_locked(SIGTRAP | PTRACE_EVENT_STOP << 8, CLD_STOPPED, 0);
}
