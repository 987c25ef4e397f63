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

static void snapshot_tty(struct task_snapshot *s, struct tty_struct *tty,
			 const struct pid_namespace *ns)
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
	for (sigset_t left = p->sighand->set; left; left &= left - 1) {
		int sig = __builtin_ctzl(left) + 1;

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

int proc_take_snapshot(const struct seq_file *m, struct task_struct *p, bool whole,
		       struct task_snapshot *s)
{
	guard(spinlock_irqsave)(&tasklist_lock);
	if (p->thread_pid != PROC_I(m->private)->pid)
		return -EAGAIN;
	guard(spinlock)(&p->sighand->siglock);
	snapshot_locked(p, whole, s);
	return 0;
}

/* " 1 2 3": the line has 52 fields and is read for every thread of the system by every ps, so its
 * numbers do not go through printf. */
static void put_fields(struct seq_file *m, const long *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		seq_put_decimal_ll(m, ' ', fields[i]);
}
#define PUT_FIELDS(m, ...)							\
	put_fields(m, (const long[]){ __VA_ARGS__ }, sizeof((const long[]){ __VA_ARGS__ }) / 8)

static int show_stat(struct seq_file *m, struct task_struct *p, bool whole)
{
	static const struct mm_struct none;
	struct mm_struct *own __free(mm) = get_task_mm(p);
	const struct mm_struct *mm = own ? own : &none;
	struct task_snapshot s;
	int err = proc_take_snapshot(m, p, whole, &s);

	if (err)
		return err;
	seq_put_decimal_ll(m, 0, s.pid);
	seq_puts(m, " (");
	seq_puts(m, s.comm);
	seq_puts(m, ") ");
	seq_putc(m, s.state);
	PUT_FIELDS(m, s.ppid, s.pgrp, s.session, (long)s.tty, s.tpgid, p->flags);
	PUT_FIELDS(m, (long)s.min_flt, (long)s.cmin_flt, (long)s.maj_flt, (long)s.cmaj_flt,
		   (long)TO_TICKS(s.utime), (long)TO_TICKS(s.stime), (long)TO_TICKS(s.cutime),
		   (long)TO_TICKS(s.cstime));
	PUT_FIELDS(m, p->prio - MAX_RT_PRIO, PRIO_TO_NICE(p->static_prio), s.threads, 0,
		   (long)TO_TICKS(p->start_time), (long)(mm->total_vm * PAGE_SIZE),
		   (long)mm_rss(mm));
	seq_put_decimal_ull(m, ' ', s.rss_limit);
	PUT_FIELDS(m, (long)mm->start_code, (long)mm->end_code, (long)mm->start_stack, 0, 0,
		   s.pending & 0x7fffffff, s.blocked & 0x7fffffff, s.ignored & 0x7fffffff,
		   s.caught & 0x7fffffff, p->wchan ? 1 : 0, 0, 0, s.exit_signal);
	PUT_FIELDS(m, p->cpu, p->rt_priority, p->policy, 0, 0, 0, (long)mm->start_data,
		   (long)mm->end_data, (long)mm->start_brk, (long)mm->arg_start, (long)mm->arg_end,
		   (long)mm->env_start, (long)mm->env_end, s.exit_code);
	seq_putc(m, '\n');
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
