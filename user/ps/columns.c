/*
 * The columns ps knows: a name, a heading, and a function that makes the text of one task out of
 * the line stat, which has been read, or out of another file, which is read for that column alone.
 * Names, headings and formats are procps's, but for kstack and syscall.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/ps/ps.h"

#define TICKS 100

int pid_width(void)
{
	static int width;
	char buf[16];

	if (!width) {
		long max = proc_read(AT_FDCWD, "/proc/sys/kernel/pid_max", buf, sizeof(buf)) > 0
				   ? atol(buf) - 1
				   : 99999;

		for (width = 5, max /= 100000; max; max /= 10)
			width++;
	}
	return width;
}

unsigned long uptime_ticks(void)
{
	static unsigned long ticks;
	char buf[64];

	if (!ticks && proc_read(AT_FDCWD, "/proc/uptime", buf, sizeof(buf)) > 0)
		ticks = strtoul(buf, NULL, 10) * TICKS;
	return ticks;
}

#define NUMBER(column, ...)                                                                        \
	static void show_##column(const struct proc_task *t, char *buf, size_t size)               \
	{                                                                                          \
		snprintf(buf, size, __VA_ARGS__);                                                  \
	}
NUMBER(tid, "%d", (int)t->tid)
NUMBER(pid, "%d", (int)t->pid)
NUMBER(ppid, "%d", (int)t->ppid)
NUMBER(pgid, "%d", (int)t->pgrp)
NUMBER(sid, "%d", (int)t->session)
NUMBER(tpgid, "%d", (int)t->tpgid)
NUMBER(nlwp, "%ld", t->threads)
NUMBER(psr, "%d", t->cpu)
NUMBER(pri, "%ld", 39 - t->prio)
NUMBER(vsz, "%lu", t->vsize / 1024)
NUMBER(rss, "%lu", t->rss * 4)
NUMBER(f, "%o", t->flags >> 6 & 7)
NUMBER(s, "%c", t->state)
NUMBER(comm, "%s", t->comm)

static void show_ni(const struct proc_task *t, char *buf, size_t size)
{
	if (t->policy == 1 || t->policy == 2) /* real time: nice means nothing */
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%ld", t->nice);
}

static void show_cls(const struct proc_task *t, char *buf, size_t size)
{
	static const char *const names[] = { "TS", "FF", "RR", "B", "ISO", "IDL", "DLN" };

	snprintf(buf, size, "%s", t->policy < 7 ? names[t->policy] : "?");
}

static void show_rtprio(const struct proc_task *t, char *buf, size_t size)
{
	if (t->rt_priority)
		snprintf(buf, size, "%u", t->rt_priority);
	else
		snprintf(buf, size, "-");
}

/* The state, and what else is worth a letter. */
static void show_stat(const struct proc_task *t, char *buf, size_t size)
{
	char status[4096];
	bool locked = proc_task_read(t, "status", status, sizeof(status)) > 0 &&
		      atol(proc_value(status, "VmLck"));

	snprintf(buf, size, "%c%s%s%s%s%s", t->state,
		 t->nice < 0   ? "<"
		 : t->nice > 0 ? "N"
			       : "",
		 locked ? "L" : "", t->session == t->pid ? "s" : "", t->threads > 1 ? "l" : "",
		 t->tpgid > 0 && t->tpgid == t->pgrp ? "+" : "");
}

static void show_args(const struct proc_task *t, char *buf, size_t size)
{
	ssize_t n = proc_task_read(t, "cmdline", buf, size);

	if (n <= 0) {
		snprintf(buf, size, "[%s]%s", t->comm, t->state == 'Z' ? " <defunct>" : "");
		return;
	}
	for (ssize_t i = 0; i < n - 1; i++)
		if (!buf[i])
			buf[i] = ' ';
}

static void show_wchan(const struct proc_task *t, char *buf, size_t size)
{
	if (proc_task_read(t, "wchan", buf, size) <= 0 || !strcmp(buf, "0"))
		snprintf(buf, size, "-");
}

static void show_tty(const struct proc_task *t, char *buf, size_t size)
{
	unsigned int major = t->tty >> 8 & 0xfff,
		     minor = (t->tty & 0xff) | (t->tty >> 12 & 0xfff00);

	if (!t->tty)
		snprintf(buf, size, "?");
	else if (major == 4)
		snprintf(buf, size, minor < 64 ? "tty%u" : "ttyS%u",
			 minor < 64 ? minor : minor - 64);
	else if (major >= 136 && major <= 143)
		snprintf(buf, size, "pts/%u", (major - 136) * 256 + minor);
	else
		snprintf(buf, size, major == 5 && minor == 1 ? "console" : "%u:%u", major, minor);
}

/* Whole hundredths have been counted; what is shown are whole seconds. */
static void show_time(const struct proc_task *t, char *buf, size_t size)
{
	unsigned long s = (t->utime + t->stime) / TICKS;
	int n = s >= 86400 ? snprintf(buf, size, "%lu-", s / 86400) : 0;

	snprintf(buf + n, size - (size_t)n, "%02lu:%02lu:%02lu", s / 3600 % 24, s / 60 % 60,
		 s % 60);
}

/* Minutes and seconds, as BSD's ps. */
NUMBER(bsdtime, "%lu:%02lu", (t->utime + t->stime) / TICKS / 60, (t->utime + t->stime) / TICKS % 60)

static unsigned long age(const struct proc_task *t) /* in seconds */
{
	return uptime_ticks() > t->start ? (uptime_ticks() - t->start) / TICKS : 0;
}

static void show_etime(const struct proc_task *t, char *buf, size_t size)
{
	unsigned long s = age(t);
	int n = s >= 86400 ? snprintf(buf, size, "%lu-", s / 86400) : 0;

	if (s >= 3600)
		n += snprintf(buf + n, size - (size_t)n, "%02lu:", s / 3600 % 24);
	snprintf(buf + n, size - (size_t)n, "%02lu:%02lu", s / 60 % 60, s % 60);
}

/* When it began: the hour today, else the day. */
static void show_stime(const struct proc_task *t, char *buf, size_t size)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL), then = now - (time_t)age(t);
	struct tm a, b;

	gmtime_r(&now, &a);
	gmtime_r(&then, &b);
	if (a.tm_year == b.tm_year && a.tm_yday == b.tm_yday)
		snprintf(buf, size, "%02d:%02d", b.tm_hour, b.tm_min);
	else
		snprintf(buf, size, "%.3s%02d", months + 3 * b.tm_mon, b.tm_mday);
}

static unsigned long cpu_permille(const struct proc_task *t)
{
	unsigned long lived = uptime_ticks() > t->start ? uptime_ticks() - t->start : 0;

	return lived ? (t->utime + t->stime) * 1000 / lived : 0;
}
NUMBER(pcpu, "%lu.%lu", cpu_permille(t) / 10, cpu_permille(t) % 10)
NUMBER(c, "%lu", cpu_permille(t) / 10)

static void show_pmem(const struct proc_task *t, char *buf, size_t size)
{
	static unsigned long total;
	char text[4096];

	if (!total && proc_read(AT_FDCWD, "/proc/meminfo", text, sizeof(text)) > 0)
		total = strtoul(proc_value(text, "MemTotal"), NULL, 10);
	total = total ? total : 1;
	snprintf(buf, size, "%lu.%lu", t->rss * 400 / total, t->rss * 4000 / total % 10);
}

static unsigned int uid_of(const struct proc_task *t)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", (int)t->pid);
	return stat(path, &st) ? 0 : st.st_uid;
}
NUMBER(uid, "%u", uid_of(t))

/* The name /etc/passwd has for it, or the number. */
static void show_user(const struct proc_task *t, char *buf, size_t size)
{
	unsigned int uid = uid_of(t);
	char *line = NULL;
	size_t room = 0;
	FILE *f = fopen("/etc/passwd", "r");

	snprintf(buf, size, uid ? "%u" : "root", uid);
	while (f && getline(&line, &room, f) > 0) {
		char *x = strchr(line, ':'), *number = x ? strchr(x + 1, ':') : NULL;

		if (!number || (unsigned int)atoi(number + 1) != uid)
			continue;
		snprintf(buf, size, "%.*s", (int)(x - line), line);
		break;
	}
	if (f)
		fclose(f);
	free(line);
}

static void show_cgroup(const struct proc_task *t, char *buf, size_t size)
{
	if (proc_task_read(t, "cgroup", buf, size) <= 0)
		snprintf(buf, size, "-");
	buf[strcspn(buf, "\n")] = '\0';
}

/* How deep its kernel stack ever was, in bytes. */
static void show_kstack(const struct proc_task *t, char *buf, size_t size)
{
	char text[4096];
	const char *peak = proc_task_read(t, "status", text, sizeof(text)) > 0
				   ? proc_value(text, "KernelStackPeak")
				   : "";

	snprintf(buf, size, "%.*s", *peak ? (int)strcspn(peak, " ") : 1, *peak ? peak : "-");
}

/* The number of the system call it is in. */
static void show_syscall(const struct proc_task *t, char *buf, size_t size)
{
	if (proc_task_read(t, "syscall", buf, size) <= 0)
		snprintf(buf, size, "-");
	buf[strcspn(buf, " \n")] = '\0';
}

const struct column columns[] = {
	{ "pid", "PID", 0, show_pid },
	{ "tid", "TID", 0, show_tid },
	{ "lwp", "LWP", 0, show_tid },
	{ "spid", "SPID", 0, show_tid },
	{ "tgid", "TGID", 0, show_pid },
	{ "ppid", "PPID", 0, show_ppid },
	{ "pgid", "PGID", 0, show_pgid },
	{ "pgrp", "PGRP", 0, show_pgid },
	{ "sid", "SID", 0, show_sid },
	{ "sess", "SESS", 0, show_sid },
	{ "tpgid", "TPGID", 0, show_tpgid },
	{ "stat", "STAT", -4, show_stat },
	{ "s", "S", -1, show_s },
	{ "state", "S", -1, show_s },
	{ "comm", "COMMAND", -15, show_comm },
	{ "ucmd", "CMD", -15, show_comm },
	{ "args", "COMMAND", -27, show_args },
	{ "cmd", "CMD", -27, show_args },
	{ "command", "COMMAND", -27, show_args },
	{ "wchan", "WCHAN", -12, show_wchan },
	{ "psr", "PSR", 3, show_psr },
	{ "pri", "PRI", 3, show_pri },
	{ "ni", "NI", 3, show_ni },
	{ "nice", "NI", 3, show_ni },
	{ "cls", "CLS", 3, show_cls },
	{ "rtprio", "RTPRIO", 6, show_rtprio },
	{ "vsz", "VSZ", 6, show_vsz },
	{ "rss", "RSS", 5, show_rss },
	{ "tty", "TT", -8, show_tty },
	{ "tname", "TTY", -8, show_tty },
	{ "time", "TIME", 8, show_time },
	{ "etime", "ELAPSED", 11, show_etime },
	{ "stime", "STIME", 5, show_stime },
	{ "start", "START", 5, show_stime },
	{ "nlwp", "NLWP", 4, show_nlwp },
	{ "thcount", "THCNT", 5, show_nlwp },
	{ "pcpu", "%CPU", 4, show_pcpu },
	{ "%cpu", "%CPU", 4, show_pcpu },
	{ "pmem", "%MEM", 4, show_pmem },
	{ "%mem", "%MEM", 4, show_pmem },
	{ "c", "C", 2, show_c },
	{ "f", "F", 1, show_f },
	{ "flags", "F", 1, show_f },
	{ "uid", "UID", 5, show_uid },
	{ "user", "USER", -8, show_user },
	{ "cgroup", "CGROUP", -27, show_cgroup },
	{ "bsdtime", "TIME", 6, show_bsdtime },
	{ "kstack", "KSTACK", 6, show_kstack },
	{ "syscall", "SYSCALL", 7, show_syscall },
	{ NULL, NULL, 0, NULL },
};

const struct column *find_column(const char *name, size_t len)
{
	for (const struct column *c = columns; c->name; c++)
		if (strlen(c->name) == len && !strncmp(c->name, name, len))
			return c;
	return NULL;
}
