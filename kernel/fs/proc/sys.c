/*
 * /proc/sys: what can be adjusted, or asked, by name; a number or a line of text in each file.
 * Writing what is not a number, or one out of bounds, is EINVAL.
 *
 * Locks: none; a number is read and written whole, a line by its owner's functions. Writing
 * vm.drop_caches may sleep.
 */
#include "kernel/fs/proc.h"
#include "kernel/task/umh.h"
#include "kernel/hang/hang.h"
#include "kernel/sync/lock_stat.h"

#define LINE_SIZE CORE_PATTERN_SIZE

struct sysctl {
	const char *path;
	mode_t mode;
	int *value;			/* a number ... */
	int min, max;
	const char *line;		/* ... or a line ... */
	enum { NO_NAME, HOST_NAME, DOMAIN_NAME } name;	/* ... or one of the namespace's */
	/* of a number, after it was stored; of a line, to store it. 0 or -errno. NULL: read-only */
	int (*set)(const char *line);
};

static int dropped;
static char helper_line[LINE_SIZE];

static int drop(const char *unused)
{
	drop_caches();
	return 0;
}

static int set_helper(const char *line)
{
	strscpy(helper_line, line, sizeof(helper_line));
	return run_helper_line(line);
}

static int set_core_pattern(const char *line)
{
	strscpy(core_pattern, line, LINE_SIZE);
	return 0;
}

#define NUMBER(name, at, low, high)							\
	{ .path = "sys/" name, .mode = 0644, .value = (at), .min = (low), .max = (high) }
#define CONSTANT(name, text) { .path = "sys/" name, .mode = 0444, .line = (text) }

static const struct sysctl sysctls[] = {
	{ .path = "sys/kernel/bobbin_helper", .mode = 0600, .line = helper_line,
	  .set = set_helper },
	CONSTANT("kernel/cap_last_cap", "40"),
	{ .path = "sys/kernel/core_pattern", .mode = 0644, .line = core_pattern,
	  .set = set_core_pattern },
	{ .path = "sys/kernel/domainname", .mode = 0644, .name = DOMAIN_NAME },
	{ .path = "sys/kernel/hostname", .mode = 0644, .name = HOST_NAME },
	NUMBER("kernel/hung_task_timeout_secs", &hung_task_timeout_secs, 0, 1000000),
	NUMBER("kernel/lock_stat", &lock_stat, 0, 1),
	CONSTANT("kernel/ngroups_max", "32"),
	NUMBER("kernel/ns_last_pid", &init_pid_ns.last_pid, 0, PID_MAX_LIMIT - 1),
	CONSTANT("kernel/osrelease", UTS_RELEASE),
	CONSTANT("kernel/ostype", UTS_SYSNAME),
	NUMBER("kernel/pid_max", &pid_max, 301, PID_MAX_LIMIT),
	NUMBER("kernel/randomize_tids", &randomize_tids, 0, 1),
	NUMBER("kernel/sched_rt_period_us", &sysctl_sched_rt_period, 1, 999999999),
	NUMBER("kernel/sched_rt_runtime_us", &sysctl_sched_rt_runtime, -1, 999999999),
	NUMBER("kernel/threads-max", &max_threads, 20, PID_MAX_LIMIT),
	CONSTANT("kernel/version", UTS_VERSION),
	{ .path = "sys/vm/drop_caches", .mode = 0200, .value = &dropped, .min = 1, .max = 4,
	  .set = drop },
};

static int sysctl_show(struct seq_file *m, void *sysctl)
{
	const struct sysctl *s = sysctl;
	char line[LINE_SIZE];

	if (s->value) {
		seq_printf(m, "%d\n", READ_ONCE(*s->value));
		return 0;
	}
	if (s->name)
		utsname_get(s->name == DOMAIN_NAME, line);
	seq_printf(m, "%s\n", s->name ? line : s->line);
	return 0;
}

static int set_number(const struct sysctl *s, const char *text)
{
	long value;

	if (kstrtol(text, &value) || value < s->min || value > s->max)
		return -EINVAL;
	WRITE_ONCE(*s->value, (int)value);
	return 0;
}

static int sysctl_write(void *sysctl, char *line)
{
	const struct sysctl *s = sysctl;
	int err = 0;

	line[strcspn(line, "\n")] = '\0';
	if (strlen(line) >= LINE_SIZE)
		return -EINVAL;
	if (s->name)
		return utsname_set(s->name == DOMAIN_NAME, line);
	if (s->value)
		err = set_number(s, line);
	else if (!s->set)
		return -EINVAL;
	return !err && s->set ? s->set(line) : err;
}

void proc_sys_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sysctls); i++)
		proc_add(&(struct proc_file){ .path = sysctls[i].path, .mode = sysctls[i].mode,
					      .show = sysctl_show, .write = sysctl_write,
					      .private = (void *)&sysctls[i] });
}
