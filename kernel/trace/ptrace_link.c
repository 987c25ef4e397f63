/*
 * Becoming and ceasing to be traced: who may, and the list of a tracer's tracees. While a task is
 * traced its parent field names the tracer, so that wait4 and SIGCHLD find their way; real_parent
 * stays what it was.
 *
 * Locks: tasklist_lock, inside it the tracee's siglock.
 */
#include "kernel/mm/mm.h"
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"
#include "kernel/trace/ptrace.h"

/* --- permission --- */

bool ptrace_may_access(struct task_struct *p)
{
	const struct cred *mine = current->cred, *theirs;
	struct mm_struct *mm;
	bool ok;

	if (same_thread_group(p, current) || capable())
		return true;
	theirs = get_task_cred(p);
	ok = mine->uid == theirs->uid && mine->uid == theirs->euid && mine->uid == theirs->suid &&
	     mine->gid == theirs->gid && mine->gid == theirs->egid && mine->gid == theirs->sgid;
	put_cred(theirs);
	mm = get_task_mm(p);
	if (mm) {
		ok = ok && mm->dumpable == 1;
		mmput(mm);
	}
	return ok;
}

/* tasklist_lock held. */
static bool privileged(struct task_struct *p)
{
	const struct cred *cred __free(cred) = get_task_cred(p);

	return cred->euid == 0;
}

/* --- linking --- */

static void ptrace_link(struct task_struct *p, struct task_struct *tracer, unsigned int how)
{
	guard(spinlock)(&p->sighand->siglock);
	p->ptrace = how;
	p->parent = tracer;
	list_add(&p->ptrace_entry, &tracer->ptraced);
}

/* The thread that forked us, of our parent, if it still lives: as on Linux it is the tracer. */
static struct task_struct *maker(void)
{
	struct task_struct *t;

	for_each_thread(current->real_parent, t)
		if (t->pid == current->maker)
			return t;
	return current->real_parent;
}

long ptrace_traceme(void)
{
	struct task_struct *tracer;

	guard(spinlock_irq)(&tasklist_lock);
	tracer = maker();
	if (current->ptrace || tracer->flags & PF_EXITING || (capable() && !privileged(tracer)))
		return -EPERM;
	ptrace_link(current, tracer, PT_PTRACED);
	return 0;
}

/* One that is in a group stop already is woken, to stop again as a tracee should: TRAPPING is set
 * until it has. */
static void stop_tracee(struct task_struct *p, bool seize)
{
	guard(spinlock)(&p->sighand->siglock);
	if (!seize)
		send_signal_locked(SIGSTOP, SEND_SIG_PRIV, p, false);
	if (p->jobctl & JOBCTL_STOPPED) {
		p->jobctl &= ~(unsigned long)JOBCTL_STOPPED;
		p->jobctl |= JOBCTL_TRAP_STOP | JOBCTL_TRAPPING;
		wake_up_state(p, __TASK_STOPPED);
	}
}

long ptrace_attach(struct task_struct *p, bool seize, unsigned long addr, unsigned long options)
{
	unsigned int how = PT_PTRACED | (seize ? PT_SEIZED | PT_OPT(options) : 0);
	bool dead;

	if (seize && (addr || options & ~(unsigned long)PTRACE_O_MASK))
		return -EIO;
	if (p->flags & (PF_KTHREAD | PF_IO_WORKER) || same_thread_group(p, current) ||
	    !ptrace_may_access(p))
		return -EPERM;
	scoped_guard(spinlock_irq, &tasklist_lock) {
		if (p->exit_state || p->ptrace)
			return -EPERM;
		ptrace_link(p, current, how);
		stop_tracee(p, seize);
	}
	/* Linked first, looked again second; an exec that raises p's rights sets these first and
	 * looks for a tracer second. So one of the two sees the other. */
	if (!ptrace_may_access(p)) {
		scoped_guard(spinlock_irq, &tasklist_lock)
			dead = ptrace_detach(p);
		if (dead)
			release_task(p);
		return -EPERM;
	}
	/* So that wait4 finds a stopped one stopped; its stop, or end, wakes us. */
	(void)wait_event_killable(&current->signal->wait_chldexit,
				  !(READ_ONCE(p->jobctl) & JOBCTL_TRAPPING) ||
					  READ_ONCE(p->exit_state));
	return 0;
}

int __ptrace_fork_event(const struct kernel_clone_args *args)
{
	int event = args->flags & CLONE_VFORK	   ? PTRACE_EVENT_VFORK
		    : args->exit_signal != SIGCHLD ? PTRACE_EVENT_CLONE
						   : PTRACE_EVENT_FORK;

	return !(args->flags & CLONE_UNTRACED) && ptrace_event_enabled(current, event) ? event : 0;
}

/* current's siglock is held too. A tracee may run during a group stop: its threads join that. */
void __ptrace_init_task(struct task_struct *p, const struct kernel_clone_args *args)
{
	if (args->flags & CLONE_THREAD && current->signal->flags & SIGNAL_STOP_STOPPED) {
		p->jobctl = (current->jobctl & JOBCTL_STOP_SIGMASK) | JOBCTL_STOP_PENDING;
		p->signal->group_stop_count++;
	}
	if (args->flags & CLONE_PTRACE || ptrace_fork_event(args)) {
		p->ptrace = current->ptrace;
		p->parent = current->parent;
		list_add(&p->ptrace_entry, &p->parent->ptraced);
		if (p->ptrace & PT_SEIZED)
			p->jobctl |= JOBCTL_TRAP_STOP;
		else
			p->pending.signal |= sigmask(SIGSTOP);
	}
	recalc_sigpending_tsk(p);
}

/* --- unlinking --- */

void ptrace_signal_wake_up(struct task_struct *p, bool resume)
{
	if (resume) {
		p->jobctl &= ~(unsigned long)(JOBCTL_TRACED | JOBCTL_PTRACE_FROZEN);
		wake_up_state(p, __TASK_TRACED);
	}
	signal_wake_up(p, false);
}

void ptrace_trap_notify(struct task_struct *p)
{
	p->jobctl |= JOBCTL_TRAP_NOTIFY;
	ptrace_signal_wake_up(p, p->jobctl & JOBCTL_LISTENING);
}

void ptrace_unlink(struct task_struct *p)
{
	struct signal_struct *signal = p->signal;

	p->parent = p->real_parent;
	list_del_init(&p->ptrace_entry);
	clear_tsk_thread_flag(p, TIF_SYSCALL_TRACE);
	guard(spinlock)(&p->sighand->siglock);
	p->ptrace = 0;
	p->jobctl &= ~(unsigned long)(JOBCTL_TRAP_MASK | JOBCTL_TRAPPING);
	if (!(p->flags & PF_EXITING) && !(p->jobctl & JOBCTL_STOP_PENDING) &&
	    (signal->flags & SIGNAL_STOP_STOPPED || signal->group_stop_count)) {
		p->jobctl |= JOBCTL_STOP_PENDING;
		signal->group_stop_count++;
	}
	if (p->jobctl & JOBCTL_TRACED) {
		user_disable_single_step(p);
		ptrace_signal_wake_up(p, true);
	} else if (p->jobctl & JOBCTL_STOP_PENDING) {
		signal_wake_up(p, false);
	}
}

/* Only its tracer had kept it: a thread, or a process whose parent has been told. */
static bool nobody_waits_for(struct task_struct *p)
{
	if (p->exit_state != EXIT_ZOMBIE)
		return false;
	if (!thread_group_leader(p))
		return true;
	return p->signal->nr_threads == 1 && do_notify_parent(p, p->exit_signal);
}

bool ptrace_detach(struct task_struct *p)
{
	bool dead;

	ptrace_unlink(p);
	dead = nobody_waits_for(p);
	if (dead)
		p->exit_state = EXIT_DEAD;
	return dead;
}

void __exit_ptrace(struct list_head *dead)
{
	struct task_struct *p, *next;

	list_for_each_entry_safe(p, next, &current->ptraced, ptrace_entry) {
		if (p->ptrace & PT_OPT(PTRACE_O_EXITKILL))
			do_send_sig_info(SIGKILL, SEND_SIG_PRIV, p, true);
		if (ptrace_detach(p)) {
			get_task_struct(p);
			list_add(&p->dead_list, dead);
		}
	}
}
