/*
 * The end of a task. do_exit() gives back, in an order that matters, what copy_process() gave; what
 * remains is a zombie: a structure with an exit status that its parent collects (wait.c), or, for a
 * thread, nothing. The stack it stands on and the structure itself are freed by whoever runs next
 * on its CPU (finish_task_switch).
 *
 * Locks: tasklist_lock (t), inside it siglock (s).
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/cgroup/cgroup.h"
#include "kernel/fs/fs.h"
#include "kernel/futex/futex.h"
#include "kernel/io_uring/io_uring.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/syscalls.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include "kernel/trace/ptrace.h"
#include "kernel/trace/trace.h"

/* --- giving up the address space --- */

/* What the threads library asked for: a joiner sleeps on the tid word. Only worth doing while
 * somebody else can see the memory. */
static void clear_child_tid(struct task_struct *p)
{
	int __user *tid = p->clear_child_tid;

	p->clear_child_tid = NULL;
	if (tid && atomic_read(&p->mm->mm_users) > 1 && !put_user(0, tid))
		futex_wake((u32 __user *)tid, true, 1, FUTEX_BITSET_MATCH_ANY);
}

/* exec and exit: p (current) leaves its mm. Everything that writes to user memory on its behalf
 * happens here, while it still can. */
void exec_mm_release(struct task_struct *p)
{
	futex_exit_release(p);
	clear_child_tid(p);
	mm_release_vfork(p);
}

static void exit_mm(struct task_struct *p)
{
	struct mm_struct *mm = p->mm;

	if (!mm)
		return;
	exec_mm_release(p);
	atomic_inc(&mm->mm_count);	/* we go on running on its page tables until the switch:
					 * lazily, as a kernel thread does */
	spin_lock_irq(&p->alloc_lock);
	p->mm = NULL;
	spin_unlock_irq(&p->alloc_lock);
	mmput(mm);
}

static void exit_files(struct task_struct *p)
{
	struct files_struct *files = p->files;
	struct fs_struct *fs = p->fs;

	spin_lock_irq(&p->alloc_lock);
	p->files = NULL;
	p->fs = NULL;
	spin_unlock_irq(&p->alloc_lock);
	put_files_struct(files);
	put_fs_struct(fs);
}

/* --- family --- */

/* Nearest living ancestor that wants orphans, else PID 1 of the namespace, or, when that has
 * died, of the next one above. tasklist_lock held. */
static struct task_struct *find_reaper(struct task_struct *p)
{
	struct pid_namespace *ns = task_active_pid_ns(p);
	struct task_struct *reaper;

	while (ns->dead)
		ns = ns->parent;
	reaper = ns->child_reaper;
	if (p->signal->has_child_subreaper)
		for (struct task_struct *a = p->real_parent;
		     a != &init_task && a != reaper && task_active_pid_ns(a) == ns;
		     a = a->real_parent)
			if (a->signal->is_child_subreaper && a->signal->live > 0)
				return a;
	return reaper;
}

/* Does a process of pgrp have its parent outside of the group but in the session? Then somebody
 * can still continue it. tasklist_lock held. */
bool will_become_orphaned_pgrp(struct pid *pgrp, struct task_struct *ignored)
{
	struct task_struct *p;

	do_each_pid_task(pgrp, PIDTYPE_PGID, p) {
		if (p == ignored || (p->exit_state && p->signal->nr_threads == 1) ||
		    p->real_parent->pid == 1)
			continue;
		if (task_pid_type(p->real_parent, PIDTYPE_PGID) != pgrp &&
		    task_pid_type(p->real_parent, PIDTYPE_SID) == task_pid_type(p, PIDTYPE_SID))
			return false;
	}
	return true;
}

bool is_current_pgrp_orphaned(void)
{
	guard(spinlock_irqsave)(&tasklist_lock);
	return will_become_orphaned_pgrp(task_pid_type(current, PIDTYPE_PGID), NULL);
}

static bool has_stopped_jobs(struct pid *pgrp)
{
	struct task_struct *p;

	do_each_pid_task(pgrp, PIDTYPE_PGID, p)
		if (p->signal->flags & SIGNAL_STOP_STOPPED)
			return true;
	return false;
}

/* POSIX: a process group that becomes orphaned and has stopped members gets SIGHUP and SIGCONT.
 * tasklist_lock held. */
static void kill_orphaned_pgrp(struct task_struct *p, struct task_struct *parent)
{
	struct pid *pgrp = task_pid_type(p, PIDTYPE_PGID);
	struct task_struct *ignored = parent ? NULL : p;

	if (!parent)
		parent = p->real_parent;
	if (task_pid_type(parent, PIDTYPE_PGID) != pgrp &&
	    task_pid_type(parent, PIDTYPE_SID) == task_pid_type(p, PIDTYPE_SID) &&
	    will_become_orphaned_pgrp(pgrp, ignored) && has_stopped_jobs(pgrp)) {
		__kill_pgrp_info(SIGHUP, SEND_SIG_PRIV, pgrp);
		__kill_pgrp_info(SIGCONT, SEND_SIG_PRIV, pgrp);
	}
}

/* exec of a thread that becomes the leader: the children are its own now. */
void adopt_children(struct task_struct *from, struct task_struct *to)
{
	struct task_struct *child;

	list_for_each_entry(child, &from->children, sibling) {
		if (child->parent == from)
			child->parent = to;
		child->real_parent = to;
	}
	list_splice_tail_init(&from->children, &to->children);
}

/* The whole process is dead: its children get another parent. Those that are zombies already,
 * whose new parent does not care for, are put on dead. tasklist_lock held. */
static void forget_original_parent(struct task_struct *leader, struct list_head *dead)
{
	struct task_struct *child, *next, *reaper = find_reaper(leader);

	list_for_each_entry_safe(child, next, &leader->children, sibling) {
		struct task_struct *t;

		for_each_thread(child, t) {
			t->real_parent = reaper;
			if (!t->ptrace)
				t->parent = reaper;
			if (t->pdeath_signal)
				do_send_sig_info(t->pdeath_signal, SEND_SIG_NOINFO, t, false);
		}
		list_move_tail(&child->sibling, &reaper->children);
		child->exit_signal = SIGCHLD;
		if (!child->ptrace && child->exit_state == EXIT_ZOMBIE &&
		    child->signal->nr_threads == 1 && do_notify_parent(child, SIGCHLD)) {
			child->exit_state = EXIT_DEAD;
			get_task_struct(child);
			list_add(&child->dead_list, dead);
		}
		kill_orphaned_pgrp(child, leader);
	}
}

/* PID 1 of a namespace died: everybody in it dies, and nobody is made in it any more.
 * tasklist_lock held. */
static void zap_pid_ns(struct pid_namespace *ns)
{
	struct task_struct *p;

	ns->dead = true;
	for_each_process(p)
		if (p != current->group_leader && pid_nr_ns(p->thread_pid, ns))
			do_send_sig_info(SIGKILL, SEND_SIG_PRIV, p, true);
}

/* --- saying goodbye --- */

/* The numbers of a thread go to its process when it is released. tasklist_lock and siglock held. */
static void account_dead(struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	u64 utime, stime;

	task_cputime(p, &utime, &stime);
	sig->utime += utime;
	sig->stime += stime;
	sig->sum_sched_runtime += utime + stime;
	sig->nvcsw += p->nvcsw;
	sig->nivcsw += p->nivcsw;
	sig->min_flt += p->min_flt;
	sig->maj_flt += p->maj_flt;
}

/*
 * A dead task disappears: from the pid hash, its group, its family. Called by the parent that
 * waited for it, or by the task itself when nobody will. If p was the last other thread of a leader
 * that is a zombie already, the leader's parent learns only now that the process is gone.
 */
void release_task(struct task_struct *p)
{
	struct sighand_struct *sighand;
	struct task_struct *leader;
	bool reap_leader = false;

again:
	spin_lock_irq(&tasklist_lock);
	leader = p->group_leader;
	sighand = p->sighand;
	if (p->ptrace)
		ptrace_unlink(p);
	spin_lock(&sighand->siglock);
	if (p != leader)	/* with the leader the process goes, and its sums: the parent has
				 * had them (account_child) */
		account_dead(p);
	flush_sigqueue(&p->pending);
	if (p == leader)
		flush_sigqueue(&p->signal->shared_pending);
	p->sighand = NULL;
	list_del_init(&p->thread_node);
	p->signal->nr_threads--;
	spin_unlock(&sighand->siglock);
	detach_pid(p, PIDTYPE_PID);
	if (p == leader) {
		detach_pid(p, PIDTYPE_TGID);
		detach_pid(p, PIDTYPE_PGID);
		detach_pid(p, PIDTYPE_SID);
		list_del_init(&p->tasks);
		list_del_init(&p->sibling);
	} else if (p->signal->group_exec_task) {
		wake_up_process(p->signal->group_exec_task);	/* de_thread() counts nr_threads,
								 * which fell only now */
	} else if (leader->signal->nr_threads == 1 && leader->exit_state == EXIT_ZOMBIE) {
		reap_leader = do_notify_parent(leader, leader->exit_signal);
		if (reap_leader)
			leader->exit_state = EXIT_DEAD;
	}
	nr_threads--;
	put_sighand(sighand);	/* who no longer finds the task shares nothing with it (unshare) */
	spin_unlock_irq(&tasklist_lock);
	put_task_struct(p);
	if (reap_leader) {
		reap_leader = false;
		p = leader;
		goto again;
	}
}

static void release_list(struct list_head *dead)
{
	struct task_struct *p, *next;

	list_for_each_entry_safe(p, next, dead, dead_list) {
		list_del_init(&p->dead_list);
		release_task(p);
		put_task_struct(p);
	}
}

/* True: nobody will wait for p, it releases itself. */
static bool exit_notify(struct task_struct *p, bool group_dead, struct list_head *dead)
{
	bool autoreap = true;

	spin_lock_irq(&tasklist_lock);
	exit_ptrace(dead);
	if (group_dead) {
		struct pid_namespace *ns = task_active_pid_ns(p);

		if (ns->child_reaper == p->group_leader && ns != &init_pid_ns)
			zap_pid_ns(ns);
		forget_original_parent(p->group_leader, dead);
		kill_orphaned_pgrp(p->group_leader, NULL);
	}
	if (p->ptrace)		/* a tracer waits for every thread */
		autoreap = do_notify_parent(
			p, thread_group_leader(p) && p->signal->nr_threads == 1 &&
				   !ptrace_reparented(p) ? p->exit_signal : SIGCHLD);
	else if (p == p->group_leader)	/* others of the group alive: the last of them tells the
					 * parent */
		autoreap = p->signal->nr_threads == 1 && do_notify_parent(p, p->exit_signal);
	p->exit_state = autoreap ? EXIT_DEAD : EXIT_ZOMBIE;
	cgroup_exit(p);
	if (p->signal->group_exec_task && p != p->signal->group_exec_task)
		wake_up_process(p->signal->group_exec_task);	/* de_thread() counts who is left */
	spin_unlock_irq(&tasklist_lock);
	return autoreap;
}

/* From here on p takes no signals. True: it was the last of its process. */
static bool leave_group(struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	bool last, stopped;
	int stop_signal;

	spin_lock_irq(&p->sighand->siglock);
	stopped = exit_signals(p);
	stop_signal = sig->group_exit_code;
	last = --sig->live == 0;
	if (p->flags & PF_IO_WORKER)
		sig->nr_io_workers--;
	else if (sig->nr_io_workers && sig->live == sig->nr_io_workers)
		zap_other_threads(p);	/* nobody is left whom they could serve */
	if (last && p->mm)	/* the highest ever: the last one's answer is that of all */
		sig->maxrss = max(sig->maxrss, (u64)mm_hiwater_rss(p->mm));
	spin_unlock_irq(&p->sighand->siglock);
	if (unlikely(stopped))
		notify_stop(p, CLD_STOPPED, stop_signal);
	return last;
}

static void check_exit(struct task_struct *p, long code, bool group_dead)
{
	if (preempt_count())
		panic("%s/%d dies in an atomic context (preempt_count %d)", p->comm, p->pid,
		      preempt_count());
	if (p->flags & PF_IDLE)
		panic("the idle task of CPU %d tried to exit", p->cpu);
	if (group_dead && p->group_leader == init_process)
		panic("init (PID 1) died, wait status 0x%04lx", code & 0xffff);
}

void do_exit(long code)
{
	struct task_struct *p = current;
	LIST_HEAD(dead);
	bool group_dead, autoreap;

	ptrace_exit_event(code);
	group_dead = leave_group(p);
	check_exit(p, code, group_dead);
	trace_sched_process_exit();
	p->exit_code = (int)code;
	if (group_dead)
		exit_itimers(p);
	exit_mm(p);
	if (group_dead && p->signal->io_wq)
		io_uring_cancel();
	exit_files(p);
	if (group_dead && p->signal->leader)
		disassociate_ctty(true);
	put_nsproxy(p->nsproxy);
	autoreap = exit_notify(p, group_dead, &dead);
	release_list(&dead);
	if (autoreap)
		release_task(p);	/* we stand on its stack: its reference on itself lasts */
	preempt_disable();
	/* From here on nobody may wake us. finish_task_switch() of the next task drops the last
	 * reference. */
	WRITE_ONCE(p->state, TASK_DEAD);
	preempt_enable_no_resched();
	schedule();
	panic("%s/%d came back from the dead", p->comm, p->pid);
}

/* All threads of the process die with this status; the first who says so decides. */
void do_group_exit(int status)
{
	struct signal_struct *sig = current->signal;
	struct sighand_struct *sighand = current->sighand;

	spin_lock_irq(&sighand->siglock);
	if (sig->flags & SIGNAL_GROUP_EXIT) {
		status = sig->group_exit_code;
	} else if (sig->group_exec_task) {
		status = 0;	/* another thread execs: we just go */
	} else {
		sig->group_exit_code = status;
		sig->flags = SIGNAL_GROUP_EXIT | (sig->flags & SIGNAL_UNKILLABLE);
		zap_other_threads(current);
	}
	spin_unlock_irq(&sighand->siglock);
	do_exit(status);
}

SYSCALL_DEFINE(exit, int code)
{
	do_exit((code & 0xff) << 8);
}

SYSCALL_DEFINE(exit_group, int code)
{
	do_group_exit((code & 0xff) << 8);
}
