/*
 * /proc/PID/stat and status: a task, or a process, in one line and in many.
 *
 * Locks: tasklist_lock, siglock inside it, both for the length of one snapshot, so that a line is
 * of one moment.
 */
#include "kernel/fs/dev/tty.h"
#include "kernel/fs/proc/pid.h"
#include "kernel/time/time.h"

#define TO_TICKS(ns) ((ns) / (NSEC_PER_SEC / 100))

/* What the locks guard. */
struct snapshot {
	char state;
	int pid, tgid, ppid, pgrp, session, tpgid, threads, exit_code, exit_signal;
	dev_t tty;
	u64 utime, stime, cutime, cstime;
	u64 min_flt, maj_flt, cmin_flt, cmaj_flt;
	unsigned long rss_limit;
	sigset_t pending, shared_pending, blocked, ignored, caught;
};

static void add_times(struct snapshot *s, struct task_struct *t)
{
	u64 utime, stime;

	task_cputime(t, &utime, &stime);
	s->utime += utime;
	s->stime += stime;
	s->min_flt += t->min_flt;
	s->maj_flt += t->maj_flt;
}

static void snapshot_tty(struct snapshot *s, struct tty_struct *tty, const struct pid_namespace *ns)
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

static void snapshot_signals(struct snapshot *s, struct task_struct *p)
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

/* tasklist_lock and siglock held. */
static void snapshot_locked(struct task_struct *p, bool whole, struct snapshot *s)
{
	const struct pid_namespace *ns = task_active_pid_ns(current);
	struct signal_struct *sig = p->signal;
	struct task_struct *t;

	*s = (struct snapshot){
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

/* whole: times of all threads. false: p has been released. */
static bool take_snapshot(struct task_struct *p, bool whole, struct snapshot *s)
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
	struct snapshot s;

	if (!take_snapshot(p, whole, &s))
		return -ESRCH;
	seq_printf(m, "%d (%s) %c %d %d %d %lu %d %u %llu %llu %llu %llu", s.pid, p->comm, s.state,
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

/* --- status --- */

static const char *state_name(char state)
{
	static const struct {
		char state;
		const char *name;
	} names[] = {
		{ 'R', "running" }, { 'S', "sleeping" },     { 'D', "disk sleep" },
		{ 'T', "stopped" }, { 't', "tracing stop" }, { 'Z', "zombie" },
		{ 'X', "dead" },    { 'I', "idle" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].state == state)
			return names[i].name;
	return "unknown";
}

static void status_ids(struct seq_file *m, struct task_struct *p, const struct snapshot *s)
{
	const struct cred *cred = get_task_cred(p);
	struct files_struct *files = get_task_files(p);

	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", cred->uid, cred->euid,
		   cred->suid, cred->fsuid, cred->gid, cred->egid, cred->sgid, cred->fsgid);
	seq_printf(m, "FDSize:\t%u\nGroups:\t", files ? files->max_fds : 0);
	for (int i = 0; i < cred->ngroups; i++)
		seq_printf(m, "%u ", cred->groups[i]);
	seq_printf(m, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", s->tgid, s->pid,
		   s->pgrp, s->session);
	put_cred(cred);
	put_files_struct(files);
}

static void status_signals(struct seq_file *m, const struct snapshot *s)
{
	seq_printf(m,
		   "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%"
		   "016lx\n",
		   s->pending, s->shared_pending, s->blocked, s->ignored, s->caught);
}

int proc_status_show(struct seq_file *m, struct task_struct *p)
{
	struct mm_struct *mm __free(mm) = get_task_mm(p);
	struct snapshot s;

	if (!take_snapshot(p, false, &s))
		return -ESRCH;
	seq_printf(m,
		   "Name:\t%s\nState:\t%c "
		   "(%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
		   p->comm, s.state, state_name(s.state), s.tgid, s.pid, s.ppid,
		   p->ptrace ? p->parent->tgid : 0);
	status_ids(m, p, &s);
	if (mm)
		proc_status_mm(m, mm);
	seq_printf(m, "Threads:\t%d\n", s.threads);
	status_signals(m, &s);
	seq_printf(m, "NoNewPrivs:\t%d\nCpus_allowed:\t%lx\n", p->no_new_privs,
		   p->cpus_mask & cpu_mask_all());
	seq_printf(m, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n", p->nvcsw,
		   p->nivcsw);
	seq_printf(m, "KernelStackPeak:\t%lu B\n", kstack_high_water(p->stack));
	return 0;
}
