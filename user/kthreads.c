/*
 * kthreads [-a]: what is a kernel thread? Every definition in a column, for every task, and where
 * they disagree a sentence why. Reads /proc only.
 *
 *	FLAG	PF_KTHREAD in field 9 of stat: what the kernel itself goes by
 *	NOMEM	no user memory: the text in statm, field 4, is 0
 *	CHILD	kthreadd, PID 2, is among its ancestors (field 4 of stat, again and again)
 *	ROOT	its topmost ancestor is PID 0, but not by way of PID 1
 *	CGROUP	it is in the root cgroup, where kthreadd stands and whence init has moved
 *	NEVER	it never was in user mode: /proc/PID/syscall has no user stack pointer for it
 *
 * "?" is said of what cannot be seen: syscall while the task runs or when we may not read it, the
 * memory of the dead.
 *
 *	-a	all tasks; else those that some definition calls a kernel thread
 */
#include <fcntl.h>
#include <proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLAG, NOMEM, CHILD, ROOT, CGROUP, NEVER, N };
static const char *const titles[N] = { "FLAG", "NOMEM", "CHILD", "ROOT", "CGROUP", "NEVER" };

static struct proc_list list;
static bool cgroups; /* init has left the root cgroup, so it tells something */

static const struct proc_task *find(pid_t pid)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.task[i].tid == pid)
			return &list.task[i];
	return NULL;
}

/* Is @pid an ancestor of t? */
static bool descends_from(const struct proc_task *t, pid_t pid)
{
	for (size_t steps = 0; t && steps <= list.n; steps++) {
		if (t->ppid == pid)
			return true;
		t = find(t->ppid);
	}
	return false;
}

/* Is it? '?': nobody knows. */
static char in_root_cgroup(const struct proc_task *t)
{
	char buf[1024], *line;

	if (proc_task_read(t, "cgroup", buf, sizeof(buf)) <= 0)
		return '?';
	line = strstr(buf, "0::");
	return line && !strncmp(line, "0::/\n", 5) ? '+' : '-';
}

/* The last two words of syscall are the user's stack and instruction pointers. */
static char never_in_user_mode(const struct proc_task *t)
{
	char buf[256], *ip, *sp;

	for (int tries = 0; tries < 20 && t->state != 'Z'; tries++) {
		if (proc_task_read(t, "syscall", buf, sizeof(buf)) <= 0)
			return '?';
		ip = strrchr(buf, ' ');
		if (!ip)
			continue; /* "running" */
		*ip = '\0';
		sp = strrchr(buf, ' ');
		return sp && strtoul(sp, NULL, 16) == 0 ? '+' : '-';
	}
	return '?';
}

static void judge(const struct proc_task *t, char verdict[N])
{
	char statm[128];
	long text = -1;

	if (proc_task_read(t, "statm", statm, sizeof(statm)) > 0)
		sscanf(statm, "%*d %*d %*d %ld", &text);
	verdict[FLAG] = t->flags & PF_KTHREAD ? '+' : '-';
	verdict[NOMEM] = text < 0 || t->state == 'Z' ? '?' : text == 0 ? '+' : '-';
	verdict[CHILD] = descends_from(t, 2) ? '+' : '-';
	verdict[ROOT] = t->pid != 1 && !descends_from(t, 1) ? '+' : '-';
	verdict[CGROUP] = cgroups ? in_root_cgroup(t) : '?';
	verdict[NEVER] = never_in_user_mode(t);
}

static const char *why(const struct proc_task *t, const char v[N])
{
	if (t->pid == 2)
		return "kthreadd itself: every kernel thread is its child, but it is nobody's";
	if (t->flags & PF_IO_WORKER)
		return "an io worker: a process made it and shares memory, cgroup and PID with it, "
		       "but it never leaves the kernel";
	if (v[FLAG] == '-' && v[CHILD] == '+')
		return "a user mode helper: a kernel thread that executed a program; its ancestors "
		       "and "
		       "cgroup are the kernel's, its memory and mode a user's";
	if (v[FLAG] == '-' && v[NOMEM] == '+')
		return "on its way out: it has given back its memory already";
	if (v[FLAG] == '-' && v[CGROUP] == '+')
		return "a process in the root cgroup: nobody has moved it or its ancestors";
	if (v[FLAG] == '+' && v[CGROUP] == '-')
		return "somebody has moved a kernel thread out of the root cgroup";
	return "the answers were not of one moment: look again";
}

/* Prints one task. Whether the definitions agree about it. */
static bool show(const struct proc_task *t, bool all)
{
	char v[N];
	int yes = 0, no = 0;

	judge(t, v);
	for (int i = 0; i < N; i++) {
		yes += v[i] == '+';
		no += v[i] == '-';
	}
	if (!yes && !all)
		return true;
	printf("%7d %7d %7d  %-16.16s", (int)t->tid, (int)t->pid, (int)t->ppid, t->comm);
	for (int i = 0; i < N; i++)
		printf(" %*s%c%*s", (int)(strlen(titles[i]) - 1) / 2, "", v[i],
		       (int)strlen(titles[i]) / 2, "");
	printf("%s\n", yes && no ? " *" : "");
	if (yes && no)
		printf("%26s%s\n", "", why(t, v));
	return !yes || !no;
}

int main(int argc, char **argv)
{
	bool all = argc > 1 && !strcmp(argv[1], "-a");
	const struct proc_task *init;
	int disagree = 0;

	if (argc > 1 + all) {
		fprintf(stderr, "usage: kthreads [-a]\n");
		return 2;
	}
	proc_scan(&list, PROC_THREADS);
	init = find(1);
	cgroups = init && in_root_cgroup(init) == '-';
	printf("%7s %7s %7s  %-16s", "TID", "PID", "PPID", "COMM");
	for (int i = 0; i < N; i++)
		printf(" %s", titles[i]);
	putchar('\n');
	for (size_t i = 0; i < list.n; i++)
		disagree += !show(&list.task[i], all);
	if (!cgroups)
		printf("CGROUP: init is in the root cgroup itself, or there are none: it says "
		       "nothing\n");
	printf("%d tasks, the definitions disagree about %d\n", (int)list.n, disagree);
	return 0;
}
