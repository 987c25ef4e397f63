/*
 * The magic system request: one letter asks the kernel itself for something, however badly the
 * programs are. It comes over the serial line, after a BREAK (kernel/fs/dev/serial.c), or by way of
 * /proc/sysrq-trigger. The letters are Linux's.
 *
 * Locks: none. Any context, mostly an interrupt.
 */
#include "asm/processor.h"
#include "kernel/fs/fs.h"
#include "kernel/hang/hang.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/sched/sched.h"

static void crash(void)
{
	panic("sysrq triggered crash");
}

static void all_tasks(void)
{
	hang_report("asked for by sysrq t", HANG_ALL | HANG_STACKS);
}

static void blocked_tasks(void)
{
	hang_report("asked for by sysrq w", HANG_STACKS);
}

static void locks(void)
{
	hang_report("asked for by sysrq d", 0);
}

static void memory(void)
{
	printk(KERN_EMERG "memory: %lu kB, free %lu kB, files %lu kB\n",
	       totalram_pages() * (PAGE_SIZE / 1024), nr_free_pages() * (PAGE_SIZE / 1024),
	       nr_file_pages() * (PAGE_SIZE / 1024));
}

static void all_cpus(void)
{
	unsigned long flags = local_irq_save();

	show_all_cpus();
	local_irq_restore(flags);
}

static void help(void);

static const struct {
	char key;
	void (*fn)(void);
	const char *what;
} requests[] = {
	{ 'b', machine_restart, "reboot(b)" },
	{ 'c', crash, "crash(c)" },
	{ 'd', locks, "show-all-locks(d)" },
	{ 'h', help, "help(h)" },
	{ 'l', all_cpus, "show-backtrace-all-active-cpus(l)" },
	{ 'm', memory, "show-memory-usage(m)" },
	{ 't', all_tasks, "show-task-states(t)" },
	{ 'w', blocked_tasks, "show-blocked-tasks(w)" },
};

static void help(void)
{
	printk(KERN_EMERG "sysrq: HELP :\n");
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		printk(KERN_EMERG "sysrq:   %s\n", requests[i].what);
}

void handle_sysrq(char key)
{
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		if (requests[i].key == key) {
			requests[i].fn();
			return;
		}
	}
	help();
}

/* The first letter counts. */
static ssize_t trigger_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	size_t n = iov_iter_count(from);
	char key;

	if (n && copy_from_iter(&key, 1, from) != 1)
		return -EFAULT;
	if (n)
		handle_sysrq(key);
	return (ssize_t)n;
}

static const struct file_operations trigger_fops = { .write = trigger_write };

void sysrq_init(void)
{
	proc_create("sysrq-trigger", 0200, &trigger_fops, NULL);
}
