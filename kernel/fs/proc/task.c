/*
 * The entries of /proc/PID and /proc/PID/task/TID, and what the small ones say.
 *
 * Locks: siglock for the limits, alloc_lock (inside set_task_comm) for the name.
 */
#include "kernel/fs/proc/pid.h"

static int comm_show(struct seq_file *m, struct task_struct *p)
{
	seq_printf(m, "%s\n", p->comm);
	return 0;
}

static int comm_seq_show(struct seq_file *m, void *inode)
{
	struct task_struct *p __free(task) = proc_task(inode);

	return p ? comm_show(m, p) : -ESRCH;
}

static int comm_open(struct inode *inode, struct file *f)
{
	return single_open(f, comm_seq_show, inode);
}

/* A thread may be named by any thread of its process. */
static ssize_t comm_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	size_t n = iov_iter_count(from), len = min_t(size_t, n, TASK_COMM_LEN - 1);
	char name[TASK_COMM_LEN] = "";
	struct task_struct *p __free(task) = proc_task(f->f_inode);

	if (copy_from_iter(name, len, from) != len)
		return -EFAULT;
	if (!p || !same_thread_group(p, current))
		return p ? -EINVAL : -ESRCH;
	set_task_comm(p, name);
	return n;
}

const struct file_operations proc_comm_fops = {
	.open = comm_open, .read = seq_read, .write = comm_write, .llseek = seq_lseek,
	.release = seq_release,
};

static int wchan_show(struct seq_file *m, struct task_struct *p)
{
	const char *wchan = READ_ONCE(p->wchan);

	seq_puts(m, wchan ? wchan : "0");
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
			return -ESRCH;
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

static int mounts_show(struct seq_file *m, struct task_struct *p)
{
	show_mounts(m);
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

#define REG(file, bits, fn) { .name = file, .mode = S_IFREG | (bits), .show = fn }
#define LNK(file, fn) { .name = file, .mode = S_IFLNK | 0777, .link = fn }
#define DIR(file, bits, lookup_ops, dir_ops)                                                       \
	{                                                                                          \
		.name = file, .mode = S_IFDIR | (bits), .iops = &(lookup_ops), .fops = &(dir_ops)  \
	}

/* What a thread has as a process has it. */
#define COMMON_ENTRIES								\
	REG("auxv", 0400, proc_auxv_show),					\
	REG("cmdline", 0444, proc_cmdline_show),				\
	{ .name = "comm", .mode = S_IFREG | 0644, .fops = &proc_comm_fops },	\
	LNK("cwd", cwd_link),							\
	REG("environ", 0400, proc_environ_show),				\
	LNK("exe", proc_exe_link),						\
	DIR("fd", 0500, proc_fd_iops, proc_fd_fops),				\
	REG("limits", 0444, limits_show),					\
	REG("maps", 0444, proc_maps_show),					\
	REG("mounts", 0444, mounts_show),					\
	LNK("root", root_link),							\
	REG("statm", 0444, proc_statm_show),					\
	REG("status", 0444, proc_status_show),					\
	REG("wchan", 0444, wchan_show)

const struct pid_entry proc_tgid_entries[] = {
	COMMON_ENTRIES,
	REG("stat", 0444, proc_tgid_stat_show),
	DIR("task", 0555, proc_task_iops, proc_task_fops),
	{ .name = NULL },
};

const struct pid_entry proc_tid_entries[] = {
	COMMON_ENTRIES, REG("stat", 0444, proc_tid_stat_show), { .name = NULL },
};
