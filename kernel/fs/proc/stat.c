/*
 * /proc/PID/stat: a task, or a process, in one line. And the snapshot it is made of, which status.c
 * shows in many.
 *
 * Locks: tasklist_lock, in it siglock, in it alloc_lock, for the length of one snapshot, so that
 * what is shown is of one moment.
 */
#include "kernel/fs/dev/tty.h"
#include "kernel/fs/proc/pid.h"
#include "kernel/time/time.h"

#define TO_TICKS(ns) ((ns) / (NSEC_PER_SEC / 100))

static void add_times(struct task_snapshot *s, struct task_struct *t)
{
	u64 utime, stime;

	task_cputime(t, &utime, &stime);
	s->utime += utime;
	s->stime += stime;
	s->min_flt += t->min_flt;
	s->maj_flt += t->maj_flt;
}

static void snapshot_tty(struct task_snapshot *s, struct tty_struct *tty, const struct pid_namespace *ns)
{
	s->tpgid = -1;
	if (!tty)
		return;
	s->tty = tty->dev;
	spin_lock(&tty->lock);
	if (tty->pgrp)
		s->tpgid = pid_nr_ns(tty->pgrp, ns);
	spin_unlock(&tty->lock);
}

static void snapshot_signals(struct task_snapshot *s, struct task_struct *p)
{
	s->pending = p->pending.signal;
	s->shared_pending = p->signal->shared_pending.signal;
	s->blocked = p->blocked;
	for (int sig = 1; sig <= _NSIG; sig++) {
		if (sighand_handler(p->sighand, sig) == SIG_IGN)
			s->ignored |= sigmask(sig);
		else if (sighand_handler(p->sighand, sig) != SIG_DFL)
			s->caught |= sigmask(sig);
	}
}

/* What the task's own lock guards. */
static void snapshot_own(struct task_snapshot *s, struct task_struct *p)
{
	guard(spinlock)(&p->alloc_lock);
	memcpy(s->comm, p->comm, sizeof(s->comm));
	s->umask = p->fs ? (int)READ_ONCE(p->fs->umask) : -1;
	s->fdsize = p->files ? READ_ONCE(p->files->max_fds) : 0;
}

/* tasklist_lock and siglock held. */
static void snapshot_locked(struct task_struct *p, bool whole, struct task_snapshot *s)
{
	const struct pid_namespace *ns = task_active_pid_ns(current);
	struct signal_struct *sig = p->signal;
	struct task_struct *t;

	*s = (struct task_snapshot){
		.state = task_state_char(p), .pid = pid_nr_ns(p->thread_pid, ns),
		.threads = sig->nr_threads, .tgid = pid_nr_ns(task_pid_type(p, PIDTYPE_TGID), ns),
		.ppid = pid_nr_ns(task_pid_type(p->real_parent, PIDTYPE_TGID), ns),
		.pgrp = pid_nr_ns(task_pid_type(p, PIDTYPE_PGID), ns),
		.session = pid_nr_ns(task_pid_type(p, PIDTYPE_SID), ns), .exit_code = p->exit_code,
		.exit_signal = p->exit_signal, .rss_limit = sig->rlim[RLIMIT_RSS].rlim_cur,
		.cutime = sig->cutime, .cstime = sig->cstime, .cmin_flt = sig->cmin_flt,
		.cmaj_flt = sig->cmaj_flt,
	};
	snapshot_tty(s, sig->tty, ns);
	snapshot_signals(s, p);
	snapshot_own(s, p);
	s->tracer = p->ptrace ? pid_nr_ns(p->parent->thread_pid, ns) : 0;
	s->sigq = atomic_read(&sig->nr_sigqueue);
	s->sigq_limit = sig->rlim[RLIMIT_SIGPENDING].rlim_cur;
	for (int type = 0; type < PIDTYPE_MAX; type++)
		for (int i = ns->level; i <= p->thread_pid->level; i++)
			s->ns_ids[type][s->levels = i - ns->level] =
				pid_nr_ns(task_pid_type(p, type), p->thread_pid->numbers[i].ns);
	if (!whole) {
		add_times(s, p);
		return;
	}
	s->utime = sig->utime;
	s->stime = sig->stime;
	s->min_flt = sig->min_flt;
	s->maj_flt = sig->maj_flt;
	for_each_thread(p, t)
		add_times(s, t);
}

bool proc_take_snapshot(struct task_struct *p, bool whole, struct task_snapshot *s)
{
	guard(spinlock_irqsave)(&tasklist_lock);
	if (!p->sighand)
		return false;
	guard(spinlock)(&p->sighand->siglock);
	snapshot_locked(p, whole, s);
	return true;
}

static void show_stat_mm(struct seq_file *m, struct mm_struct *mm, unsigned long rss_limit)
{
	unsigned long rss = 0;

	if (mm)
		rss = READ_ONCE(mm->rss_anon) + READ_ONCE(mm->rss_file) + READ_ONCE(mm->rss_shmem);
	seq_printf(m, " %lu %lu %lu %lu %lu %lu 0 0", mm ? mm->total_vm * PAGE_SIZE : 0, rss,
		   rss_limit, mm ? mm->start_code : 0, mm ? mm->end_code : 0,
		   mm ? mm->start_stack : 0);
}

static int show_stat(struct seq_file *m, struct task_struct *p, bool whole)
{
	struct mm_struct *mm __free(mm) = get_task_mm(p);
	struct task_snapshot s;

	if (!proc_take_snapshot(p, whole, &s))
		return -ESRCH;
	seq_printf(m, "%d (%s) %c %d %d %d %lu %d %u %llu %llu %llu %llu", s.pid, s.comm, s.state,
		   s.ppid, s.pgrp, s.session, s.tty, s.tpgid, p->flags, s.min_flt, s.cmin_flt,
		   s.maj_flt, s.cmaj_flt);
	seq_printf(m, " %llu %llu %llu %llu %d %d %d 0 %llu", TO_TICKS(s.utime), TO_TICKS(s.stime),
		   TO_TICKS(s.cutime), TO_TICKS(s.cstime), p->prio - MAX_RT_PRIO,
		   PRIO_TO_NICE(p->static_prio), s.threads, TO_TICKS(p->start_time));
	show_stat_mm(m, mm, s.rss_limit);
	seq_printf(m, " %lu %lu %lu %lu %d 0 0 %d %d %u %u 0 0 0", s.pending & 0x7fffffff,
		   s.blocked & 0x7fffffff, s.ignored & 0x7fffffff, s.caught & 0x7fffffff,
		   p->wchan ? 1 : 0, s.exit_signal, p->cpu, p->rt_priority, p->policy);
	if (mm)
		seq_printf(m, " %lu %lu %lu %lu %lu %lu %lu", mm->start_data, mm->end_data,
			   mm->start_brk, mm->arg_start, mm->arg_end, mm->env_start, mm->env_end);
	else
		seq_puts(m, " 0 0 0 0 0 0 0");
	seq_printf(m, " %d\n", s.exit_code);
	return 0;
}

int proc_tgid_stat_show(struct seq_file *m, struct task_struct *p)
{
	return show_stat(m, p, true);
}

int proc_tid_stat_show(struct seq_file *m, struct task_struct *p)
{
	return show_stat(m, p, false);
}
