/*
 * /proc/sys: the kernel's adjustable numbers, one a file. Writing a number that is out of bounds is
 * EINVAL.
 *
 * Locks: none; a number is read and written whole. Writing vm.drop_caches may sleep.
 */
#include "kernel/fs/proc.h"
#include "kernel/hang/hang.h"
#include "libk/printf.h"

struct sysctl {
	const char *path;
	mode_t mode;
	int *value;
	int min, max;
	void (*written)(void);	/* called after a write, or NULL */
};

static int dropped;

static const struct sysctl sysctls[] = {
	{ "sys/kernel/ns_last_pid", 0644, &init_pid_ns.last_pid, 0, PID_MAX_LIMIT - 1, NULL },
	{ "sys/kernel/hung_task_timeout_secs", 0644, &hung_task_timeout_secs, 0, 1000000, NULL },
	{ "sys/kernel/pid_max", 0644, &pid_max, 301, PID_MAX_LIMIT, NULL },
	{ "sys/kernel/randomize_tids", 0644, &randomize_tids, 0, 1, NULL },
	{ "sys/kernel/sched_rt_period_us", 0644, &sysctl_sched_rt_period, 1, 999999999, NULL },
	{ "sys/kernel/sched_rt_runtime_us", 0644, &sysctl_sched_rt_runtime, -1, 999999999, NULL },
	{ "sys/kernel/threads-max", 0644, &max_threads, 20, PID_MAX_LIMIT, NULL },
	{ "sys/vm/drop_caches", 0200, &dropped, 1, 4, drop_caches },
};

static ssize_t sysctl_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	const struct sysctl *s = proc_data(f->f_inode);
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", READ_ONCE(*s->value));
	size_t n;

	if (*pos >= len)
		return 0;
	n = min(iov_iter_count(to), (size_t)(len - *pos));
	if (copy_to_iter(text + *pos, n, to) != n)
		return -EFAULT;
	*pos += (loff_t)n;
	return (ssize_t)n;
}

static ssize_t sysctl_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	const struct sysctl *s = proc_data(f->f_inode);
	size_t total = iov_iter_count(from), n = min(total, (size_t)15);
	char text[16], *digits = text;
	long value = 0;

	if (copy_from_iter(text, n, from) != n)
		return -EFAULT;
	text[n] = '\0';
	digits += *text == '-';
	n = strspn(digits, "0123456789");
	if (!n || n > 9 || digits[n + strspn(digits + n, " \n")])
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (digits[i] - '0');
	value = digits == text ? value : -value;
	if (value < s->min || value > s->max)
		return -EINVAL;
	WRITE_ONCE(*s->value, (int)value);
	if (s->written)
		s->written();
	return (ssize_t)total;
}

/* --- a line of text --- */

struct sysctl_line {
	const char *path;
	mode_t mode;
	char *value;			/* CORE_PATTERN_SIZE */
	int (*written)(const char *line);	/* what a write does; 0 or -errno */
};

static char helper_line[CORE_PATTERN_SIZE];

static const struct sysctl_line lines[] = {
	{ "sys/kernel/bobbin_helper", 0600, helper_line, run_helper_line },
	{ "sys/kernel/core_pattern", 0644, core_pattern, NULL },
};

static ssize_t line_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	const struct sysctl_line *s = proc_data(f->f_inode);
	char text[CORE_PATTERN_SIZE + 1];
	int len = snprintf(text, sizeof(text), "%s\n", s->value);
	size_t n = *pos < len ? min(iov_iter_count(to), (size_t)(len - *pos)) : 0;

	if (copy_to_iter(text + *pos, n, to) != n)
		return -EFAULT;
	*pos += (loff_t)n;
	return (ssize_t)n;
}

static ssize_t line_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	const struct sysctl_line *s = proc_data(f->f_inode);
	size_t n = iov_iter_count(from);
	char text[CORE_PATTERN_SIZE] = "";
	int err;

	if (n >= sizeof(text))
		return -EINVAL;
	if (copy_from_iter(text, n, from) != n)
		return -EFAULT;
	text[strcspn(text, "\n")] = '\0';
	memcpy(s->value, text, sizeof(text));
	err = s->written ? s->written(text) : 0;
	return err ? err : (ssize_t)n;
}

static const struct file_operations line_fops = { .read = line_read, .write = line_write };

static const struct file_operations sysctl_fops = { .read = sysctl_read, .write = sysctl_write };

void proc_sys_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sysctls); i++)
		proc_create(sysctls[i].path, sysctls[i].mode, &sysctl_fops, (void *)&sysctls[i]);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		proc_create(lines[i].path, lines[i].mode, &line_fops, (void *)&lines[i]);
}
