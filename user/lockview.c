/*
 * lockview [-l] [-s] [PID]...: who waits for what, who holds that, and who waits in a circle.
 *
 *	-l	live: again every second, until ^C
 *	-s	with the kernel's stack of each (for root)
 *	PID	only these processes, and sleepers of every kind; without one: all processes, but
 *		only those that wait for each other
 *
 * The exit status is 1 if a circle, or a lock whose holder is dead, was seen.
 *
 * It knows what /proc tells. Bobbin's kernel says it all in waits_for. On Linux, which has no such
 * file, syscall tells the futex that a thread sleeps on and mem the words around it, which are read
 * by the rules that Bobbin's kernel has (libk/futex_owner.h); and a child is awaited by its parent.
 */
#include <fcntl.h>
#include <proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "libk/futex_owner.h"

struct sleeper {
	const struct proc_task *task;
	char text[256];			/* "" : it does not wait for anybody */
	struct sleeper *holder;		/* NULL: not known */
};

static struct proc_list list;
static struct sleeper *sleepers;
static int stacks, hopeless;

static struct sleeper *find(pid_t tid)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.task[i].tid == tid)
			return &sleepers[i];
	return NULL;
}

/* --- Bobbin --- */

/* "..., held by NAME/7 (...)", "the end of NAME/7 (...)". One of several is nobody to wait for. */
static void from_waits_for(struct sleeper *s)
{
	char *p = strstr(s->text, "held by "), *slash = NULL;

	s->text[strcspn(s->text, "\n")] = '\0';
	p = p ? p : strstr(s->text, "the end of ");
	if (!p) {
		if (strncmp(s->text, "mutex", 5) && strncmp(s->text, "futex", 5) &&
		    strncmp(s->text, "pipe", 4))
			s->text[0] = '\0';
		return;
	}
	for (; *p; p++)
		if (*p == '/' && strchr("0123456789", p[1]))
			slash = p;
	if (slash && !strstr(slash, " and ") && !strstr(slash, " or "))
		s->holder = find(atoi(slash + 1));
}

/* --- Linux --- */

static void read_words(const struct proc_task *t, unsigned long addr, struct futex_words *w)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)t->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (pread(fd, w, sizeof(*w), (off_t)addr - 4) != sizeof(*w))
		(void)!pread(fd, &w->word, 4, (off_t)addr);
	close(fd);
}

static void say_holder(struct sleeper *s, pid_t nr, const char *rule)
{
	size_t n = strlen(s->text), left = sizeof(s->text) - n;

	if (nr)
		s->holder = find(nr);
	if (s->holder)
		snprintf(s->text + n, left, ", held by %s/%d (%s)", s->holder->task->comm, (int)nr,
			 rule);
	else if (nr)
		snprintf(s->text + n, left, ", held by %d, which is dead (%s)", (int)nr, rule);
	else
		snprintf(s->text + n, left, ", holder not known%s%s%s", rule ? " (" : "",
			 rule ? rule : "", rule ? ")" : "");
}

static void say_end(struct sleeper *s, struct sleeper *who, const char *how)
{
	s->holder = who;
	snprintf(s->text, sizeof(s->text), "the end of %s/%d (%s)", who->task->comm,
		 (int)who->task->tid, how);
}

static void from_futex(struct sleeper *s, unsigned long addr)
{
	struct futex_words w = { 0 };
	struct sleeper *joined;
	const char *rule;
	pid_t nr;

	read_words(s->task, addr, &w);
	nr = (pid_t)futex_owner(&w, &rule);
	joined = w.word > 2 && !rule ? find((pid_t)w.word) : NULL;
	if (joined && joined->task->pid == s->task->pid) {
		say_end(s, joined, "join");
		return;
	}
	snprintf(s->text, sizeof(s->text), "futex 0x%lx (word 0x%x)", addr, w.word);
	say_holder(s, nr, rule);
}

static void from_wait(struct sleeper *s, pid_t pid)
{
	struct sleeper *child = NULL;
	int n = 0;

	for (size_t i = 0; i < list.n; i++) {
		const struct proc_task *t = &list.task[i];

		if (t->ppid == s->task->pid && t->tid == t->pid && (pid <= 0 || t->pid == pid) &&
		    !n++)
			child = &sleepers[i];
	}
	if (child)
		say_end(s, child, n > 1 ? "child, or another" : "child");
	if (n > 1)
		s->holder = NULL;
}

static void from_syscall(struct sleeper *s)
{
	char line[256], *p;
	unsigned long arg[2] = { 0 };
	long nr;

	if (proc_task_read(s->task, "syscall", line, sizeof(line)) <= 0 || line[0] < '0' ||
	    line[0] > '9')
		return;
	nr = strtol(line, &p, 10);
	for (int i = 0; i < 2; i++)
		arg[i] = strtoul(p, &p, 16);
	if (nr == SYS_futex)
		from_futex(s, arg[0]);
	else if (nr == SYS_wait4)
		from_wait(s, (pid_t)arg[0]);
}

/* --- what comes of it --- */

static void look(struct sleeper *s)
{
	if (!strchr("SDIT", s->task->state))
		return;
	if (proc_task_read(s->task, "waits_for", s->text, sizeof(s->text)) > 0)
		from_waits_for(s);
	else
		from_syscall(s);
}

static void *awaited(void *s)
{
	return ((struct sleeper *)s)->holder;
}

static void show_stack(const struct proc_task *t)
{
	char text[4096];

	if (proc_task_read(t, "stack", text, sizeof(text)) <= 0)
		return;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		printf("\t%s\n", line);
}

static void show_row(const struct sleeper *s, int all)
{
	char wchan[64] = "";

	if (!s->text[0] && !all)
		return;
	proc_task_read(s->task, "wchan", wchan, sizeof(wchan));
	hopeless |= strstr(s->text, "which is dead") || strstr(s->text, "its owner died") ||
		    strstr(s->text, "no other is left");
	printf("%7d %7d %c %-15s %-20s %s\n", (int)s->task->tid, (int)s->task->pid, s->task->state,
	       s->task->comm, wchan[0] ? wchan : "-", s->text[0] ? s->text : "-");
	if (stacks)
		show_stack(s->task);
}

/* A circle is shown once: by its member with the lowest number. */
static void show_cycle(struct sleeper *first)
{
	int n = cycle_length(first, awaited, 64);
	struct sleeper *s = first;

	for (int i = 1; i < n; i++) {
		s = s->holder;
		if (s->task->tid < first->task->tid)
			return;
	}
	if (n)
		printf("Deadlock: %d task%s\n", n,
		       n > 1 ? "s wait for each other" : " waits for itself");
	hopeless |= n > 0;
	for (s = first; n-- > 0; s = s->holder)
		printf("  %s/%d waits for %s\n", s->task->comm, (int)s->task->tid, s->text);
}

static void view(int n, char **pids)
{
	list.n = 0;
	hopeless = 0;
	for (int i = 0; i < n; i++)
		proc_add(&list, atoi(pids[i]), PROC_THREADS);
	if (!n)
		proc_scan(&list, PROC_THREADS);
	sleepers = calloc(list.n + 1, sizeof(*sleepers));
	if (!sleepers)
		exit(1);
	for (size_t i = 0; i < list.n; i++)
		sleepers[i].task = &list.task[i];
	for (size_t i = 0; i < list.n; i++)
		look(&sleepers[i]);
	printf("%7s %7s S %-15s %-20s %s\n", "TID", "PID", "COMMAND", "WCHAN", "WAITS FOR");
	for (size_t i = 0; i < list.n; i++)
		show_row(&sleepers[i], n);
	for (size_t i = 0; i < list.n; i++)
		show_cycle(&sleepers[i]);
	fflush(stdout);
	free(sleepers);
}

int main(int argc, char **argv)
{
	static const struct timespec second = { 1, 0 };
	int opt, live = 0;

	while ((opt = getopt(argc, argv, "ls")) != -1) {
		if (opt == '?') {
			fprintf(stderr, "usage: lockview [-l] [-s] [PID]...\n");
			return 2;
		}
		live |= opt == 'l';
		stacks |= opt == 's';
	}
	if (live)
		printf("\033[2J");
	do {
		if (live)
			printf("\033[H\033[J");
		view(argc - optind, argv + optind);
	} while (live && nanosleep(&second, NULL) == 0);
	return hopeless;
}
