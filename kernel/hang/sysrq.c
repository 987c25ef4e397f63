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

static void memory(void)
{
	printk(KERN_EMERG "memory: %lu kB, free %lu kB, files %lu kB\n",
	       totalram_pages() * (PAGE_SIZE / 1024), nr_free_pages() * (PAGE_SIZE / 1024),
	       nr_file_pages() * (PAGE_SIZE / 1024));
}

static void help(void);

static const struct {
	char key;
	const char *what;
	void (*fn)(void);	/* NULL: a report of ... */
	unsigned int show;	/* ... HANG_xxx */
} requests[] = {
	{ 'b', "reboot(b)", machine_restart, 0 },
	{ 'c', "crash(c)", crash, 0 },
	{ 'd', "show-all-locks(d)", NULL, 0 },
	{ 'h', "help(h)", help, 0 },
	{ 'l', "show-backtrace-all-active-cpus(l)", show_all_cpus, 0 },
	{ 'm', "show-memory-usage(m)", memory, 0 },
	{ 't', "show-task-states(t)", NULL, HANG_ALL | HANG_STACKS },
	{ 'w', "show-blocked-tasks(w)", NULL, HANG_STACKS },
};

static void help(void)
{
	printk(KERN_EMERG "sysrq: HELP :\n");
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		printk(KERN_EMERG "sysrq:   %s\n", requests[i].what);
}

void handle_sysrq(char key)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(requests) && requests[i].key != key)
		i++;
	if (i == ARRAY_SIZE(requests))
		help();
	else if (requests[i].fn)
		requests[i].fn();
	else
		hang_report(requests[i].what, requests[i].show);
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
	proc_add(&(struct proc_file){ .path = "sysrq-trigger", .mode = 0200,
				      .fops = &trigger_fops });
}
