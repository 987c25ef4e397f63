/*
 * The entries of /proc/PID and /proc/PID/task/TID, and what the small ones say.
 *
 * Locks: siglock for the limits, alloc_lock (inside set_task_comm) for the name.
 */
#include "kernel/cgroup/cgroup.h"
#include "kernel/fs/proc/pid.h"

static int comm_show(struct seq_file *m, struct task_struct *p)
{
	guard(spinlock_irq)(&p->alloc_lock);
	seq_printf(m, "%s\n", p->comm);
	return 0;
}

/* A thread may be named by any thread of its process. */
static int comm_write(struct task_struct *p, const char *text)
{
	if (!same_thread_group(p, current))
		return -EINVAL;
	set_task_comm(p, text);
	return 0;
}

static int oom_score_show(struct seq_file *m, struct task_struct *p)
{
	seq_printf(m, "%ld\n", oom_score(p));
	return 0;
}

static int oom_score_adj_show(struct seq_file *m, struct task_struct *p)
{
	seq_printf(m, "%d\n", READ_ONCE(p->signal->oom_score_adj));
	return 0;
}

static int oom_score_adj_write(struct task_struct *p, const char *text)
{
	long n;

	if (kstrtol(text, &n) || n < -1000 || n > 1000)
		return -EINVAL;
	if (!capable() && n < p->signal->oom_score_adj)
		return -EACCES;
	WRITE_ONCE(p->signal->oom_score_adj, (int)n);
	return 0;
}

static void show_limit(struct seq_file *m, rlim_t value)
{
	if (value == RLIM_INFINITY)
		seq_printf(m, "%-20s ", "unlimited");
	else
		seq_printf(m, "%-20lu ", value);
}

static int limits_show(struct seq_file *m, struct task_struct *p)
{
	static const struct {
		const char *name, *unit;
	} names[RLIM_NLIMITS] = {
		{ "Max cpu time", "seconds" },	   { "Max file size", "bytes" },
		{ "Max data size", "bytes" },	   { "Max stack size", "bytes" },
		{ "Max core file size", "bytes" }, { "Max resident set", "bytes" },
		{ "Max processes", "processes" },  { "Max open files", "files" },
		{ "Max locked memory", "bytes" },  { "Max address space", "bytes" },
		{ "Max file locks", "locks" },	   { "Max pending signals", "signals" },
		{ "Max msgqueue size", "bytes" },  { "Max nice priority", "" },
		{ "Max realtime priority", "" },   { "Max realtime timeout", "us" },
	};
	struct rlimit limits[RLIM_NLIMITS];

	scoped_guard(spinlock_irqsave, &tasklist_lock) {
		if (!p->sighand)
			return -EAGAIN;	/* released: who has the number now? */
		memcpy(limits, p->signal->rlim, sizeof(limits));
	}
	seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		seq_printf(m, "%-25s ", names[i].name);
		show_limit(m, limits[i].rlim_cur);
		show_limit(m, limits[i].rlim_max);
		seq_printf(m, "%-10s\n", names[i].unit);
	}
	return 0;
}

static int cgroup_show(struct seq_file *m, struct task_struct *p)
{
	proc_show_cgroup(m, p);
	return 0;
}

static int mounts_show(struct seq_file *m, struct task_struct *p)
{
	show_mounts(m);
	return 0;
}

/* Children belong to a process here, so its first thread's file has them all. */
static int children_show(struct seq_file *m, struct task_struct *p)
{
	struct task_struct *child;

	guard(spinlock_irqsave)(&tasklist_lock);
	list_for_each_entry(child, &p->children, sibling)
		if (task_pid_vnr(child))
			seq_printf(m, "%d ", task_pid_vnr(child));
	return 0;
}

static int cwd_link(struct task_struct *p, struct path *to)
{
	return get_task_fs_path(p, false, to) ? 0 : -ENOENT;
}

static int root_link(struct task_struct *p, struct path *to)
{
	return get_task_fs_path(p, true, to) ? 0 : -ENOENT;
}

#define ENTRY(file, type, bits, ...)						\
	{ .name = file, .len = sizeof(file) - 1, .mode = (type) | (bits), __VA_ARGS__ }
#define REG(file, bits, fn) ENTRY(file, S_IFREG, bits, .show = fn)
#define WRITABLE(file, fn, write_fn) ENTRY(file, S_IFREG, 0644, .show = fn, .write = write_fn)
#define LNK(file, fn) ENTRY(file, S_IFLNK, 0777, .link = fn)
#define DIR(file, bits, lookup_ops, dir_ops)					\
	ENTRY(file, S_IFDIR, bits, .iops = &(lookup_ops), .fops = &(dir_ops))

/* What a thread has as a process has it. */
#define COMMON_ENTRIES								\
	REG("auxv", 0400, proc_auxv_show),					\
	REG("cgroup", 0444, cgroup_show),					\
	REG("cmdline", 0444, proc_cmdline_show),				\
	WRITABLE("comm", comm_show, comm_write),				\
	LNK("cwd", cwd_link),							\
	REG("environ", 0400, proc_environ_show),				\
	LNK("exe", proc_exe_link),						\
	DIR("fd", 0500, proc_fd_iops, proc_fd_fops),				\
	REG("limits", 0444, limits_show),					\
	REG("maps", 0444, proc_maps_show),					\
	ENTRY("mem", S_IFREG, 0600, .fops = &proc_mem_fops),			\
	REG("mounts", 0444, mounts_show),					\
	REG("oom_score", 0444, oom_score_show),					\
	WRITABLE("oom_score_adj", oom_score_adj_show, oom_score_adj_write),	\
	LNK("root", root_link),							\
	REG("sched", 0444, proc_pid_sched_show),				\
	REG("schedstat", 0444, proc_pid_schedstat_show),			\
	REG("statm", 0444, proc_statm_show),					\
	REG("stack", 0400, proc_stack_show),					\
	REG("status", 0444, proc_status_show),					\
	REG("syscall", 0400, proc_syscall_show),				\
	REG("waits_for", 0444, proc_waits_for_show),				\
	REG("wchan", 0444, proc_wchan_show)

const struct pid_entry proc_tgid_entries[] = {
	COMMON_ENTRIES,
	REG("stat", 0444, proc_tgid_stat_show),
	DIR("task", 0555, proc_task_iops, proc_task_fops),
	{ .name = NULL },
};

const struct pid_entry proc_tid_entries[] = {
	COMMON_ENTRIES,
	REG("children", 0444, children_show),
	REG("stat", 0444, proc_tid_stat_show),
	{ .name = NULL },
};
