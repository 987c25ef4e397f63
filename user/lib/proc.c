/*
 * Reading /proc: see proc.h. The lists are made with one open, read and close for each thread,
 * relative to the process's task/, so that the path to it is walked once.
 */
#include <dirent.h>
#include <fcntl.h>
#include <proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t proc_read(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n, sum = 0;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf + sum, size - 1 - (size_t)sum)) > 0)
		sum += n;
	close(fd);
	buf[sum] = '\0';
	return n < 0 ? -1 : sum;
}

ssize_t proc_task_read(const struct proc_task *t, const char *name, char *buf, size_t size)
{
	char path[80];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)t->pid, (int)t->tid, name);
	return proc_read(AT_FDCWD, path, buf, size);
}

/* Up to n numbers with single blanks before them. How many there were. */
static int numbers(const char *p, long *v, int n)
{
	int i;

	for (i = 0; i < n && *p == ' '; i++) {
		bool negative = p[1] == '-';
		unsigned long sum = 0;

		for (p += 1 + negative; *p >= '0' && *p <= '9'; p++)
			sum = sum * 10 + (unsigned long)(*p - '0');
		v[i] = (long)(negative ? 0 - sum : sum);
	}
	return i;
}

int proc_parse_stat(const char *line, struct proc_task *t)
{
	enum { FIRST = 4, LAST = 41 }; /* as proc(5) counts the fields */
	const char *name = strchr(line, '('), *end = strrchr(line, ')');
	long v[LAST + 1];
	size_t len;

	if (!name || !end || end[1] != ' ' || !end[2] ||
	    numbers(end + 3, v + FIRST, LAST - FIRST + 1) != LAST - FIRST + 1)
		return -1;
	*t = (struct proc_task){
		.tid = atoi(line),
		.state = end[2],
		.ppid = (pid_t)v[4],
		.pgrp = (pid_t)v[5],
		.session = (pid_t)v[6],
		.tty = (unsigned int)v[7],
		.tpgid = (pid_t)v[8],
		.flags = (unsigned int)v[9],
		.utime = (unsigned long)v[14],
		.stime = (unsigned long)v[15],
		.prio = v[18],
		.nice = v[19],
		.threads = v[20],
		.start = (unsigned long)v[22],
		.vsize = (unsigned long)v[23],
		.rss = (unsigned long)v[24],
		.cpu = (int)v[39],
		.rt_priority = (unsigned int)v[40],
		.policy = (unsigned int)v[41],
	};
	len = (size_t)(end - name - 1) < sizeof(t->comm) ? (size_t)(end - name - 1)
							 : sizeof(t->comm) - 1;
	memcpy(t->comm, name + 1, len);		/* the rest is zeroes */
	return 0;
}

/* The task whose stat has this path. */
static void add(struct proc_list *list, int dir, const char *path, pid_t pid)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	char line[1024];
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	line[n] = '\0';
	if (list->n == list->room) {
		list->room = list->room * 2 + 64;
		list->task = realloc(list->task, list->room * sizeof(*list->task));
		if (!list->task) {
			fprintf(stderr, "out of memory\n");
			exit(1);
		}
	}
	if (proc_parse_stat(line, &list->task[list->n]))
		return;
	list->task[list->n++].pid = pid;
}

void proc_add(struct proc_list *list, pid_t pid, enum proc_what what)
{
	struct dirent *e;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), what == PROC_THREADS ? "/proc/%d/task" : "/proc/%d/stat",
		 (int)pid);
	if (what == PROC_PROCESSES) {
		add(list, AT_FDCWD, path, pid);
		return;
	}
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		strcpy(path, e->d_name);	/* a number */
		strcat(path, "/stat");
		add(list, dirfd(dir), path, pid);
	}
	if (dir)
		closedir(dir);
}

void proc_scan(struct proc_list *list, enum proc_what what)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			proc_add(list, atoi(e->d_name), what);
	if (dir)
		closedir(dir);
}

const char *proc_value(const char *text, const char *name)
{
	static char buf[128];
	size_t len = strlen(name);
	const char *p;

	buf[0] = '\0';
	for (p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		if (strncmp(p, name, len) || p[len] != ':')
			continue;
		p += len + 1;
		p += strspn(p, " \t");
		snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(p, "\n"), p);
		break;
	}
	return buf;
}
