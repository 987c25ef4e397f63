/*
 * The files of /proc that are about the system: mounts, meminfo, stat, ... in Linux's formats.
 *
 * Locks: none; every number is a snapshot of its own.
 */
#include "asm/irq.h"
#include "asm/processor.h"
#include "kernel/fs/proc.h"
#include "kernel/time/time.h"

#define USER_HZ_NS (NSEC_PER_SEC / 100)

/* Files whose text is made elsewhere. */
#define SHOW(name, show)							\
	static int name##_show(struct seq_file *m, void *unused)		\
	{									\
		show(m);							\
		return 0;							\
	}
SHOW(filesystems, show_filesystems)
SHOW(cpuinfo, arch_show_cpuinfo)
SHOW(slabinfo, show_slabinfo)
SHOW(buddyinfo, show_buddyinfo)
SHOW(locks, show_file_locks)

static int version_show(struct seq_file *m, void *unused)
{
	seq_puts(m, UTS_SYSNAME " version " UTS_RELEASE " (Bobbin) (" __VERSION__ ") " UTS_VERSION
		    "\n");
	return 0;
}

static int cmdline_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%s\n", saved_command_line);
	return 0;
}

static u64 total_idle(void)
{
	u64 sum = 0;

	for_each_cpu(i)
		sum += cpu_idle_time(i);
	return sum;
}

static void show_seconds(struct seq_file *m, u64 ns, char end)
{
	seq_printf(m, "%llu.%02llu%c", ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / USER_HZ_NS, end);
}

static int uptime_show(struct seq_file *m, void *unused)
{
	show_seconds(m, ktime_get(), ' ');
	show_seconds(m, total_idle(), '\n');
	return 0;
}

static int loadavg_show(struct seq_file *m, void *unused)
{
	unsigned long load[3];

	get_avenrun(load);
	for (int i = 0; i < 3; i++)
		seq_printf(m, "%lu.%02lu ", load[i] >> 11, (load[i] & 2047) * 100 >> 11);
	seq_printf(m, "%u/%d %d\n", nr_running(), nr_threads,
		   task_active_pid_ns(current)->last_pid);
	return 0;
}

static void meminfo_line(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%-15s %8lu kB\n", name, pages * (PAGE_SIZE / 1024));
}

/*
 * Nothing is ever swapped or written back, so cached pages (files whose only home is memory) are
 * not available to others.
 */
static int meminfo_show(struct seq_file *m, void *unused)
{
	unsigned long total = totalram_pages(), free = nr_free_pages();

	meminfo_line(m, "MemTotal:", total);
	meminfo_line(m, "MemFree:", free);
	meminfo_line(m, "MemAvailable:", free);
	meminfo_line(m, "Buffers:", 0);
	meminfo_line(m, "Cached:", nr_file_pages());
	meminfo_line(m, "SwapCached:", 0);
	meminfo_line(m, "SwapTotal:", 0);
	meminfo_line(m, "SwapFree:", 0);
	meminfo_line(m, "Dirty:", 0);
	meminfo_line(m, "Writeback:", 0);
	meminfo_line(m, "Shmem:", nr_shmem_pages());
	meminfo_line(m, "Slab:", nr_slab_pages());
	meminfo_line(m, "KernelStack:", (unsigned long)nr_threads * (THREAD_SIZE / PAGE_SIZE));
	return 0;
}

/* What libproc asks of it before it looks at anything else. */
static int vmstat_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "nr_free_pages %lu\nnr_file_pages %lu\nnr_shmem %lu\n", nr_free_pages(),
		   nr_file_pages(), nr_shmem_pages());
	seq_puts(m, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n");	/* no disk, no swap */
	return 0;
}

struct cpu_times {
	u64 user, system, idle;
};

/* Time that was not idle is exact; user and system share it as the ticks found them. */
static struct cpu_times cpu_times(int cpu)
{
	u64 idle = cpu_idle_time(cpu), now = ktime_get(), busy = now > idle ? now - idle : 0;
	u64 user = cpu_user_time(cpu, busy);

	return (struct cpu_times){ .user = user, .system = busy - user, .idle = idle };
}

static void stat_cpu(struct seq_file *m, const char *name, const struct cpu_times *t)
{
	seq_printf(m, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", name, t->user / USER_HZ_NS,
		   t->system / USER_HZ_NS, t->idle / USER_HZ_NS);
}

static int stat_show(struct seq_file *m, void *unused)
{
	struct cpu_times all = {}, each[NR_CPUS];
	u64 interrupts = 0;
	char name[16];

	for_each_cpu(i) {
		each[i] = cpu_times(i);
		all.user += each[i].user;
		all.system += each[i].system;
		all.idle += each[i].idle;
		for (int v = 0; v < 256; v++)
			interrupts += READ_ONCE(cpus[i].nr_irqs[v]);
	}
	stat_cpu(m, "cpu ", &all);
	for_each_cpu(i) {
		snprintf(name, sizeof(name), "cpu%d", i);
		stat_cpu(m, name, &each[i]);
	}
	seq_printf(m, "intr %llu\nctxt %lu\nbtime %llu\nprocesses %lu\n", interrupts,
		   nr_context_switches(), realtime_offset() / NSEC_PER_SEC, READ_ONCE(total_forks));
	/* blocked are those that wait for a disk */
	seq_printf(m, "procs_running %u\nprocs_blocked 0\n", nr_running());
	return 0;
}

static int interrupts_show(struct seq_file *m, void *unused)
{
	const char *name;

	seq_puts(m, "     ");
	for_each_cpu(i)
		seq_printf(m, "       CPU%-2d", i);
	seq_putc(m, '\n');
	for (int v = 32; v < 256; v++) {
		name = vector_name(v);
		if (!name)
			continue;
		seq_printf(m, "%4d:", v);
		for_each_cpu(i)
			seq_printf(m, " %11llu", READ_ONCE(cpus[i].nr_irqs[v]));
		seq_printf(m, "  %s\n", name);
	}
	return 0;
}

/* --- self, thread-self --- */

static int self_readlink(struct dentry *d, char *buf, size_t size)
{
	return scnprintf(buf, size, "%d", task_tgid_vnr(current));
}

static int thread_self_readlink(struct dentry *d, char *buf, size_t size)
{
	return scnprintf(buf, size, "%d/task/%d", task_tgid_vnr(current), task_pid_vnr(current));
}

static const struct inode_operations self_iops = { .readlink = self_readlink };
static const struct inode_operations thread_self_iops = { .readlink = thread_self_readlink };

void proc_root_init(void)
{
	static const struct proc_file files[] = {
		{ .path = "buddyinfo", .mode = 0444, .show = buddyinfo_show },
		{ .path = "cmdline", .mode = 0444, .show = cmdline_show },
		{ .path = "cpuinfo", .mode = 0444, .show = cpuinfo_show },
		{ .path = "filesystems", .mode = 0444, .show = filesystems_show },
		{ .path = "interrupts", .mode = 0444, .show = interrupts_show },
		{ .path = "loadavg", .mode = 0444, .show = loadavg_show },
		{ .path = "locks", .mode = 0444, .show = locks_show },
		{ .path = "meminfo", .mode = 0444, .show = meminfo_show },
		{ .path = "sched_debug", .mode = 0444, .show = sched_debug_show },
		{ .path = "schedstat", .mode = 0444, .show = schedstat_show },
		{ .path = "slabinfo", .mode = 0444, .show = slabinfo_show },
		{ .path = "stat", .mode = 0444, .show = stat_show },
		{ .path = "uptime", .mode = 0444, .show = uptime_show },
		{ .path = "version", .mode = 0444, .show = version_show },
		{ .path = "vmstat", .mode = 0444, .show = vmstat_show },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		proc_add(&files[i]);
	proc_symlink("mounts", "self/mounts", NULL);
	proc_symlink("self", NULL, &self_iops);
	proc_symlink("thread-self", NULL, &thread_self_iops);
}
