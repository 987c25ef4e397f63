/*
 * What ptrace refuses, with Linux's errno: whom one may not trace, who is not one's tracee,
 * requests that do not exist, arguments that make no sense. And that a refusal changes nothing.
 */
#include "ptrace.h"
#include <pthread.h>

static void sys(const char *name, long what, long pid, unsigned long addr, unsigned long data)
{
	long ret = syscall(SYS_ptrace, what, pid, addr, data);

	printf("%s: %s\n", name, ret < 0 ? strerror(errno) : "fine");
	fflush(stdout);
}

static void nobody_to_trace(void)
{
	pid_t dead = fork();

	if (dead == 0)
		_exit(0);
	puts("--- whom one cannot trace");
	sys("no such process", PTRACE_ATTACH, 0x3fffffff, 0, 0);
	sys("process 0", PTRACE_ATTACH, 0, 0, 0);
	sys("process -1", PTRACE_SEIZE, -1, 0, 0);
	sys("oneself", PTRACE_ATTACH, getpid(), 0, 0);
	sys("oneself", PTRACE_SEIZE, getpid(), 0, 0);
	sys("a kernel thread", PTRACE_ATTACH, 2, 0, 0);
	siginfo_t info;
	waitid(P_PID, dead, &info, WEXITED | WNOWAIT);
	sys("a zombie", PTRACE_ATTACH, dead, 0, 0);
	waitpid(dead, NULL, 0);
	sys("one that is gone", PTRACE_ATTACH, dead, 0, 0);
}

static void not_mine(void)
{
	pid_t pid = sleeping_child();

	puts("--- whom one does not trace");
	for (long what = 1; what < 32; what++)
		if (what != PTRACE_ATTACH &&
		    (syscall(SYS_ptrace, what, pid, 0, 0) >= 0 || errno != ESRCH))
			printf("request %ld: %s\n", what, strerror(errno));
	sys("ATTACH", PTRACE_ATTACH, pid, 0, 0);
	waitpid(pid, NULL, 0);
	sys("DETACH", PTRACE_DETACH, pid, 0, 0);
	sys("DETACH again", PTRACE_DETACH, pid, 0, 0);
	sys("INTERRUPT", PTRACE_INTERRUPT, pid, 0, 0);
	sys("LISTEN", PTRACE_LISTEN, pid, 0, 0);
	sys("SETOPTIONS", PTRACE_SETOPTIONS, pid, 0, 0);
	sys("no request", 12345, pid, 0, 0);
	sys("SEIZE with an address", PTRACE_SEIZE, pid, 8, 0);
	sys("SEIZE with unknown options", PTRACE_SEIZE, pid, 0, 1UL << 30);
	finish("child", pid);
}

static void mine(void)
{
	pid_t pid = sleeping_child();
	unsigned long word;

	puts("--- of a stopped tracee");
	request(PTRACE_ATTACH, pid, 0, 0);
	await("child", pid);
	sys("ATTACH again", PTRACE_ATTACH, pid, 0, 0);
	sys("SEIZE as well", PTRACE_SEIZE, pid, 0, 0);
	sys("INTERRUPT, not seized", PTRACE_INTERRUPT, pid, 0, 0);
	sys("LISTEN, not seized", PTRACE_LISTEN, pid, 0, 0);
	sys("no request", 12345, pid, 0, 0);
	sys("request -1", -1, pid, 0, 0);
	sys("CONT with signal 65", PTRACE_CONT, pid, 0, 65);
	sys("CONT with signal -1", PTRACE_CONT, pid, 0, -1UL);
	sys("SYSCALL with signal 100", PTRACE_SYSCALL, pid, 0, 100);
	sys("SINGLESTEP with signal 100", PTRACE_SINGLESTEP, pid, 0, 100);
	sys("DETACH with signal 65", PTRACE_DETACH, pid, 0, 65);
	sys("SETOPTIONS, unknown", PTRACE_SETOPTIONS, pid, 0, 1UL << 30);
	sys("SETOPTIONS, above 32 bits", PTRACE_SETOPTIONS, pid, 0, 1UL << 40);
	sys("PEEKDATA to nowhere", PTRACE_PEEKDATA, pid, (unsigned long)&word, 8);
	sys("PEEKUSER to nowhere", PTRACE_PEEKUSER, pid, 0, 8);
	sys("GETEVENTMSG to nowhere", PTRACE_GETEVENTMSG, pid, 0, 8);
	sys("GETSIGINFO to nowhere", PTRACE_GETSIGINFO, pid, 0, 8);
	sys("SETSIGINFO from nowhere", PTRACE_SETSIGINFO, pid, 0, 8);
	sys("GETSIGMASK of 4 bytes", PTRACE_GETSIGMASK, pid, 4, (unsigned long)&word);
	sys("SETSIGMASK of 16 bytes", PTRACE_SETSIGMASK, pid, 16, (unsigned long)&word);
	sys("GETSIGMASK to nowhere", PTRACE_GETSIGMASK, pid, 8, 8);
	sys("SETSIGMASK from nowhere", PTRACE_SETSIGMASK, pid, 8, 8);
	sys("GETFPREGS to nowhere", PTRACE_GETFPREGS, pid, 0, 8);
	sys("SETFPREGS from nowhere", PTRACE_SETFPREGS, pid, 0, 8);
	sys("GET_SYSCALL_INFO to nowhere", PTRACE_GET_SYSCALL_INFO, pid, 24, 8);
	sys("GET_SYSCALL_INFO of 0 bytes", PTRACE_GET_SYSCALL_INFO, pid, 0, 8);
	sys("TRACEME's number is 0, whoever is meant", PTRACE_KILL, 0x3fffffff, 0, 0);
	sys("still stopped: GETEVENTMSG", PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&word);
	request(PTRACE_CONT, pid, 0, 0);
	sys("runs: CONT", PTRACE_CONT, pid, 0, 0);
	sys("runs: GETREGS", PTRACE_GETREGS, pid, 0, (unsigned long)&word);
	sys("runs: DETACH", PTRACE_DETACH, pid, 0, 0);
	sys("runs: KILL", PTRACE_KILL, pid, 0, 0);
	await("child", pid);
	sys("gone: KILL", PTRACE_KILL, pid, 0, 0);
}

static void traceme_twice(void)
{
	pid_t pid;

	puts("--- TRACEME");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		sys("once", PTRACE_TRACEME, 0, 0, 0);
		sys("twice", PTRACE_TRACEME, 0, 0, 0);
		_exit(0);
	}
	await("child", pid);
}

/* Another thread of the tracer is not the tracer. */
static void *other_thread(void *arg)
{
	pid_t pid = *(pid_t *)arg;
	unsigned long word;
	int status;

	sys("another thread: GETEVENTMSG", PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&word);
	sys("another thread: CONT", PTRACE_CONT, pid, 0, 0);
	sys("another thread: ATTACH", PTRACE_ATTACH, pid, 0, 0);
	printf("but it may wait for it: %d\n", waitpid(pid, &status, __WALL) == pid);
	return NULL;
}

static void threads(void)
{
	pid_t pid = sleeping_child();
	pthread_t t;

	puts("--- threads");
	request(PTRACE_ATTACH, pid, 0, 0);
	pthread_create(&t, NULL, other_thread, &pid);
	pthread_join(t, NULL);
	finish("child", pid);
}

int main(void)
{
	nobody_to_trace();
	not_mine();
	mine();
	traceme_twice();
	threads();
	return 0;
}
