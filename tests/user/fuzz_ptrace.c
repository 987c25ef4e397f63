/*
 * Wild ptrace: tracers that make random requests with random arguments of tracees that compute,
 * make calls, fork, take signals and die, from the same seed each time. Nothing may panic or hang,
 * and in the end all are gone. test: linux=no timeout=120
 *
 * 	fuzz_ptrace [SEED [ROUNDS]]
 */
#include "ptrace.h"
#include <proc.h>
#include <pthread.h>

static unsigned long seed;
static int succeeded;

static unsigned long dice(unsigned long n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

/* What requests read and write; the largest set of registers fits behind its first 512 words. */
static unsigned long page[2048];

/* A value that might mean something. */
static unsigned long wild(void)
{
	static const unsigned long values[] = {
		0, 1, 8, 0xdead000000000000, 0x7fffffffffff, 0xffffffff80000000, -1UL, 12, 200,
	};

	switch (dice(4)) {
	case 0:
		return values[dice(ARRAY(values))];
	case 1:
		return (unsigned long)page + dice(4096);
	case 2:
		return dice(128);
	default:
		return seed;
	}
}

static const int requests[] = {
	PTRACE_PEEKTEXT,	 PTRACE_PEEKUSER,   PTRACE_POKEDATA,
	PTRACE_POKEUSER,	 PTRACE_CONT,	    PTRACE_SINGLESTEP,
	PTRACE_GETREGS,		 PTRACE_SETREGS,    PTRACE_GETFPREGS,
	PTRACE_SETFPREGS,	 PTRACE_ATTACH,	    PTRACE_DETACH,
	PTRACE_SYSCALL,		 PTRACE_SETOPTIONS, PTRACE_GETEVENTMSG,
	PTRACE_GETSIGINFO,	 PTRACE_SETSIGINFO, PTRACE_GETREGSET,
	PTRACE_SETREGSET,	 PTRACE_SEIZE,	    PTRACE_INTERRUPT,
	PTRACE_LISTEN,		 PTRACE_GETSIGMASK, PTRACE_SETSIGMASK,
	PTRACE_GET_SYSCALL_INFO, PTRACE_CONT,	    PTRACE_SYSCALL,
	PTRACE_SINGLESTEP,
};

static void *idle_thread(void *arg)
{
	for (int i = 0; i < 20; i++)
		sched_yield();
	return arg;
}

static void nothing(int sig)
{
	(void)sig;
}

/* What a tracee does until somebody ends it: a little of everything. */
static void busy(void)
{
	for (int i = 1; i < 16; i++)
		if (i != SIGKILL)
			signal(i, nothing);
	for (unsigned long n = 0;; n++) {
		pthread_t t;
		pid_t pid;

		syscall(SYS_getppid);
		switch (n % 7) {
		case 0:
			pid = fork();
			if (pid == 0)
				_exit((int)n);
			waitpid(pid, NULL, 0);
			break;
		case 2:
			if (!pthread_create(&t, NULL, idle_thread, NULL))
				pthread_join(t, NULL);
			break;
		case 4:
			kill(getpid(), SIGCONT);
			break;
		default:
			sched_yield();
		}
	}
}

static pid_t children[3];

static void spawn(int i)
{
	children[i] = fork();
	if (children[i] == 0) {
		if (i == 0)
			ptrace(PTRACE_TRACEME, 0, 0, 0);
		busy();
	}
	if (i)
		ptrace(PTRACE_SEIZE, children[i], 0,
		       dice(2) ? PTRACE_O_MASK & ~PTRACE_O_TRACEEXIT : dice(256));
}

/* A child, or something that it made. */
static pid_t somebody(void)
{
	return dice(8) ? children[dice(3)] : children[0] + (pid_t)dice(20);
}

/* The dead are replaced. */
static void look_around(pid_t pid)
{
	int status;

	if (dice(2))
		sched_yield(); /* they shall come to do something */
	pid = waitpid(pid, &status, WNOHANG | __WALL | WUNTRACED);
	for (int i = 0; i < 3; i++)
		if (pid > 0 && pid == children[i] && !WIFSTOPPED(status))
			spawn(i);
}

/* Registers, mostly such that the tracee lives on; rarely all wild. */
static void fill_page(pid_t pid)
{
	int words = dice(10) ? (int)dice(3) : 100;

	ptrace(PTRACE_GETREGS, pid, 0, page);
	while (words--)
		page[dice(512)] = wild();
}

static void one_request(void)
{
	pid_t pid = somebody();
	int what = dice(50) ? requests[dice(ARRAY(requests))] : (int)dice(0x4220);
	int resumes = what == PTRACE_CONT || what == PTRACE_SYSCALL || what == PTRACE_SINGLESTEP;
	long ret;

	if (dice(3) == 0)
		ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	look_around(dice(2) ? -1 : pid);
	fill_page(pid);
	if (resumes)
		ret = syscall(SYS_ptrace, what, pid, 0, dice(4) ? 0 : dice(70));
	else
		ret = syscall(SYS_ptrace, what, pid, dice(2) ? wild() : dice(27) * 8,
			      dice(2) ? (unsigned long)page : wild());
	succeeded += ret >= 0;
}

/* So many rounds, and on until some of the requests met a tracee that was stopped: if the others'
 * CPUs stand still, none is for long. */
static void play(int rounds)
{
	int enough = rounds / 50;

	for (int i = 0; i < 3; i++)
		spawn(i);
	for (int i = 0; i < rounds || (succeeded <= enough && i < 20 * rounds); i++) {
		one_request();
		if (dice(200) == 0)
			kill(somebody(), (int)dice(65));
	}
	_exit(succeeded <= enough); /* with tracees in every state */
}

/* Our children are killed, and waited for; theirs, which are ours then, after them. */
static void clean_up(void)
{
	static struct proc_list list;
	int status;

	do {
		list.n = 0;
		proc_scan(&list, PROC_PROCESSES);
		for (size_t i = 0; i < list.n; i++)
			if (list.task[i].ppid == getpid())
				kill(list.task[i].pid, SIGKILL);
	} while (waitpid(-1, &status, __WALL) > 0);
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 3000;
	pid_t pid;
	int status;

	syscall(SYS_prctl, 36, 1); /* PR_SET_CHILD_SUBREAPER: the orphans are ours */
	seed = argc > 1 ? (unsigned long)atol(argv[1]) : 1;
	for (int game = 0; game < 4; game++) {
		seed += (unsigned long)game;
		pid = fork();
		if (pid == 0)
			play(rounds);
		waitpid(pid, &status, 0);
		clean_up();
		if (status) {
			puts("hardly a request did anything");
			return 1;
		}
	}
	puts("all are gone");
	return 0;
}
