/*
 * taskstates [-q] [COMMAND [ARG]...]: every state a task can be in, with a living example of each,
 * seen from outside through /proc. Each example is a process of its own, named after what it does.
 * COMMAND runs while they live: taskstates ps -eo pid,s,comm,wchan
 *
 *	-q	only what is the same everywhere: no numbers, no names of kernel functions
 */
#include <errno.h>
#include <fcntl.h>
#include <proc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FUTEX_WAIT     0
#define PTRACE_TRACEME 0

static int input[2]; /* a pipe into which nobody writes until the end */

static void read_input(void)
{
	char c;

	syscall(SYS_read, input[0], &c, 1L);
}

static void compute(void)
{
	for (volatile long i = 0;; i++)
		;
}

static void sleep_long(void)
{
	struct timespec ts = { 1000000, 0 };

	nanosleep(&ts, NULL);
}

static void wait_futex(void)
{
	static int word;

	syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL);
}

/* Its child has its memory until it executes a program or ends. */
static void in_vfork(void)
{
	if (vfork() == 0) {
		read_input();
		_exit(0);
	}
}

static void stop(void)
{
	raise(SIGSTOP);
}

static void be_traced(void)
{
	if (syscall(SYS_ptrace, PTRACE_TRACEME, 0L, 0L, 0L) == 0)
		raise(SIGTRAP);
}

static void leave(void)
{
}

static const struct example {
	char state;
	const char *name, *constant, *what;
	void (*fn)(void);
	bool everywhere;
} examples[] = {
	{ 'R', "computing", "TASK_RUNNING", "on a CPU, or in a run queue until one is free",
	  compute, true },
	{ 'S', "sleeping", "TASK_INTERRUPTIBLE", "nanosleep(): a timer ends it, or a signal",
	  sleep_long, true },
	{ 'S', "futex", "TASK_INTERRUPTIBLE", "a mutex of user space: FUTEX_WAKE, or a signal",
	  wait_futex, true },
	{ 'S', "pipe", "TASK_INTERRUPTIBLE", "read() of an empty pipe: a writer, or a signal",
	  read_input, true },
	{ 'D', "vfork", "TASK_UNINTERRUPTIBLE",
	  "its child has its memory: no signal but a fatal one", in_vfork, true },
	{ 'T', "stopped", "__TASK_STOPPED", "SIGSTOP: SIGCONT or SIGKILL ends it", stop, true },
	{ 't', "traced", "__TASK_TRACED", "ptrace(): its tracer decides", be_traced, false },
	{ 'Z', "zombie", "EXIT_ZOMBIE", "it has ended; its parent has not asked how", leave, true },
};
#define N (sizeof(examples) / sizeof(*examples))

static pid_t pids[N];
static bool quiet;

static pid_t start(const struct example *e)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_NAME, e->name);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* none is left behind, however we end */
	close(input[1]);
	e->fn();
	_exit(0);
}

/* Reads pid's line until it has its name and is in its state, or has ended: then false. */
static bool wait_for_state(pid_t pid, const struct example *e, struct proc_list *list)
{
	struct timespec ts = { 0, 500000 };

	for (;;) {
		list->n = 0;
		proc_add(list, pid, PROC_PROCESSES);
		if (!list->n)
			return false;
		if (list->task[0].state == e->state && !strcmp(list->task[0].comm, e->name))
			return true;
		if (list->task[0].state == 'Z')
			return false;
		nanosleep(&ts, NULL);
	}
}

static void show(const struct example *e, const struct proc_task *t)
{
	char wchan[64] = "";

	if (quiet) {
		if (e->everywhere)
			printf("%c %-20s %-9s %s\n", e->state, e->constant, e->name, e->what);
		return;
	}
	if (!t) {
		printf("%c %-20s %5s %-15s %-18s %s\n", e->state, e->constant, "-", e->name,
		       "(none here)", e->what);
		return;
	}
	if (proc_task_read(t, "wchan", wchan, sizeof(wchan)) <= 0 || !strcmp(wchan, "0"))
		strcpy(wchan, "-");
	printf("%c %-20s %5d %-15.15s %-18.18s %s\n", e->state, e->constant, (int)t->pid, t->comm,
	       wchan, e->what);
}

/* Two states that no program can put itself into. */
static void show_kernels_own(void)
{
	static const struct example idle = {
		'I',  "(worker)", "TASK_IDLE", "a kernel thread without work: as D, but no load",
		NULL, false
	};
	static const struct example dead = {
		'X',  "(dead)", "EXIT_DEAD", "on its way out of every list: too short to be seen",
		NULL, false
	};
	struct proc_list all = { NULL, 0, 0 };
	size_t i;

	proc_scan(&all, PROC_PROCESSES);
	for (i = 0; i < all.n && all.task[i].state != 'I'; i++)
		;
	show(&idle, i < all.n ? &all.task[i] : NULL);
	show(&dead, NULL);
	free(all.task);
}

static int run(char **argv)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct proc_list list = { NULL, 0, 0 };
	int first = 1, status = 0;

	if (argc > 1 && !strcmp(argv[1], "-q"))
		quiet = first++;
	if (pipe(input)) {
		perror("pipe");
		return 1;
	}
	if (!quiet)
		printf("  %-20s %5s %-15s %-18s\n", "CONSTANT", "PID", "NAME", "WCHAN");
	fflush(stdout);
	for (size_t i = 0; i < N; i++)
		pids[i] = start(&examples[i]);
	for (size_t i = 0; i < N; i++)
		show(&examples[i],
		     wait_for_state(pids[i], &examples[i], &list) ? &list.task[0] : NULL);
	show_kernels_own();
	if (first < argc)
		status = run(argv + first);
	close(input[1]); /* the reader, and vfork's child, see the end of the input */
	for (size_t i = 0; i < N; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return status;
}
