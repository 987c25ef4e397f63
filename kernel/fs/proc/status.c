/*
 * /proc/PID/status: a task in words, in Linux's lines and order.
 *
 * Locks: those of the snapshot (stat.c); what is one word is read without.
 */
#include "kernel/fs/proc/pid.h"

#define ALL_CAPABILITIES 0x1ffffffffffUL /* CAP_CHOWN, 0, to CAP_CHECKPOINT_RESTORE, 40 */

static const char *state_name(char state)
{
	static const char *const names[] = {
		"R (running)",	    "S (sleeping)", "D (disk sleep)", "T (stopped)",
		"t (tracing stop)", "Z (zombie)",   "X (dead)",	      "P (parked)",
		"I (idle)",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i][0] == state)
			return names[i];
	return "? (unknown)";
}

static void status_ids(struct seq_file *m, struct task_struct *p, const struct task_snapshot *s)
{
	static const char *const names[PIDTYPE_MAX] = { "NSpid", "NStgid", "NSpgid", "NSsid" };
	static const enum pid_type order[] = { PIDTYPE_TGID, PIDTYPE_PID, PIDTYPE_PGID,
					       PIDTYPE_SID };
	const struct cred *cred = get_task_cred(p);

	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", cred->uid, cred->euid,
		   cred->suid, cred->fsuid, cred->gid, cred->egid, cred->sgid, cred->fsgid);
	seq_printf(m, "FDSize:\t%u\nGroups:\t", s->fdsize);
	for (int i = 0; i < cred->ngroups; i++)
		seq_printf(m, "%u ", cred->groups[i]);
	put_cred(cred);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		seq_printf(m, "\n%s:", names[order[i]]);
		for (int level = 0; level <= s->levels; level++)
			seq_printf(m, "\t%d", s->ns_ids[order[i]][level]);
	}
	seq_printf(m, "\nKthread:\t%d\n", !!(p->flags & PF_KTHREAD));
}

static void status_signals(struct seq_file *m, const struct task_snapshot *s)
{
	const struct {
		const char *name;
		sigset_t set;
	} sets[] = {
		{ "SigPnd", s->pending }, { "ShdPnd", s->shared_pending }, { "SigBlk", s->blocked },
		{ "SigIgn", s->ignored }, { "SigCgt", s->caught },
	};

	seq_printf(m, "SigQ:\t%d/%lu\n", s->sigq, s->sigq_limit);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		seq_printf(m, "%s:\t%016lx\n", sets[i].name, sets[i].set);
}

/* There is one capability, being uid 0: it has all of Linux's, others none. */
static void status_rights(struct seq_file *m, struct task_struct *p)
{
	const struct cred *cred = get_task_cred(p);

	seq_printf(m, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\n", 0UL,
		   cred->euid && cred->uid && cred->suid ? 0 : ALL_CAPABILITIES,
		   cred->euid ? 0 : ALL_CAPABILITIES);
	seq_printf(m, "CapBnd:\t%016lx\nCapAmb:\t%016lx\nNoNewPrivs:\t%d\n", ALL_CAPABILITIES, 0UL,
		   p->no_new_privs);
	seq_puts(m, "Seccomp:\t0\nSeccomp_filters:\t0\n");
	put_cred(cred);
}

/* "0-2,5": the bits that are set. */
static void show_list(struct seq_file *m, unsigned long mask)
{
	const char *comma = "";

	for (int from = 0, to; from < BITS_PER_LONG; from = to + 1) {
		for (to = from; to < BITS_PER_LONG && mask >> to & 1; to++)
			;
		if (to == from)
			continue;
		seq_printf(m, to - from > 1 ? "%s%d-%d" : "%s%d", comma, from, to - 1);
		comma = ",";
	}
}

int proc_status_show(struct seq_file *m, struct task_struct *p)
{
	struct mm_struct *mm __free(mm) = get_task_mm(p);
	unsigned long allowed = p->cpus_mask & cpu_mask_all();
	struct task_snapshot s;
	int err = proc_take_snapshot(m, p, false, &s);

	if (err)
		return err;
	seq_puts(m, "Name:\t");
	for (const char *c = s.comm; *c; c++) {
		if (*c == '\n' || *c == '\\') /* a name cannot make up lines */
			seq_putc(m, '\\');
		seq_putc(m, *c == '\n' ? 'n' : *c);
	}
	if (s.umask >= 0)
		seq_printf(m, "\nUmask:\t%04o", s.umask);
	seq_printf(m, "\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
		   state_name(s.state), s.tgid, s.pid, s.ppid, s.tracer);
	status_ids(m, p, &s);
	if (mm)
		proc_status_mm(m, mm);
	seq_printf(m, "Threads:\t%d\n", s.threads);
	status_signals(m, &s);
	status_rights(m, p);
	seq_printf(m, "Cpus_allowed:\t%lx\nCpus_allowed_list:\t", allowed);
	show_list(m, allowed);
	seq_puts(m, "\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
	seq_printf(m, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n", p->nvcsw,
		   p->nivcsw);
	seq_printf(m, "KernelStackPeak:\t%lu B\n", kstack_high_water(p->stack));
	return 0;
}
