/*
 * Kernel messages. Each goes, if its level is below console_loglevel, to the console's UART by
 * polling: so that the last words before a crash are out before the crash.
 *
 * Lock: log_lock, a leaf, interrupts off. A CPU that panics breaks it: a report matters more than a
 * clean line.
 */
#include "asm/processor.h"
#include "asm/uart.h"
#include "boot/boot_info.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"
#include "libk/printf.h"
#include "libk/string.h"

#define LINE_MAX_LEN 1024

char saved_command_line[sizeof(boot_info.cmdline)];
static DEFINE_SPINLOCK(log_lock);
static int console_port = -1;	/* COM port of the console; -1: not decided yet */
static int console_loglevel;	/* messages of a lower level are shown */

static void choose_console(void)
{
	char name[16];
	bool quiet = cmdline_option("quiet", name, sizeof(name));

	console_loglevel = (int)cmdline_number("loglevel", quiet ? 4 : 7);
	console_port = 0;
	if (cmdline_option("console", name, sizeof(name)) && !strncmp(name, "ttyS", 4) &&
	    name[4] >= '0' && name[4] <= '3')
		console_port = name[4] - '0';
}

static void console_write(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			uart_write_polled(console_port, "\r", 1);
		uart_write_polled(console_port, s + i, 1);
	}
}

static void emit(const char *text, size_t n, int level)
{
	if (console_port < 0)
		choose_console();
	if (level < console_loglevel)
		console_write(text, n);
}

static int vprintk(const char *fmt, va_list args)
{
	char line[LINE_MAX_LEN];
	unsigned long flags;
	u64 now = ktime_get();
	int level = 6, n, prefix;
	bool locked;

	if (fmt[0] == '\001' && fmt[1]) {
		level = fmt[1] - '0';
		fmt += 2;
	}
	prefix = scnprintf(line, sizeof(line), "[%5llu.%06llu] ",
			   (unsigned long long)(now / NSEC_PER_SEC),
			   (unsigned long long)(now % NSEC_PER_SEC / NSEC_PER_USEC));
	n = prefix + (int)vscnprintf(line + prefix, sizeof(line) - (size_t)prefix, fmt, args);
	flags = local_irq_save();
	locked = !panicking();
	if (locked)
		spin_lock(&log_lock);
	emit(line, (size_t)n, level);
	if (locked)
		__spin_unlock(&log_lock);
	local_irq_restore(flags);
	if (locked)
		preempt_enable_no_resched();
	return n;
}

int printk(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintk(fmt, args);
	va_end(args);
	return n;
}
