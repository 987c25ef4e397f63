/*
 * What the ptrace tests share: a line for each stop of a tracee, in words, and a line for each
 * request that fails. Everything printed is the same on Linux.
 */
#pragma once

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY(a) (sizeof(a) / sizeof((a)[0]))

static inline const char *event_name(int event)
{
	static const char *const names[] = { "",     "fork",	   "vfork", "clone",
					     "exec", "vfork-done", "exit",  "seccomp" };

	return event == PTRACE_EVENT_STOP ? "stop" : names[event & 7];
}

/* One line about a wait status. */
static inline void tell(const char *who, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (WIFEXITED(status))
		printf("%s: exited with %d\n", who, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		printf("%s: killed by %d\n", who, WTERMSIG(status));
	else if (WIFCONTINUED(status))
		printf("%s: continued\n", who);
	else if (event)
		printf("%s: event %s with signal %d\n", who, event_name(event), sig);
	else
		printf("%s: stopped by %d%s\n", who, sig & 0x7f, sig & 0x80 ? " at a call" : "");
	fflush(stdout);
}

/* Waits for that thread and tells what it did. The status. */
static inline int await(const char *who, pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, __WALL) != pid) {
		printf("%s: waitpid: %s\n", who, strerror(errno));
		return 0;
	}
	tell(who, status);
	return status;
}

/* A request that should succeed; complains if it does not. */
static inline long request(int what, pid_t pid, unsigned long addr, unsigned long data)
{
	long ret = ptrace(what, pid, addr, data);

	if (ret == -1 && errno)
		printf("request %#x: %s\n", what, strerror(errno));
	return ret;
}

/* One that may fail: says how. */
static inline void attempt(const char *name, int what, pid_t pid, unsigned long addr,
			   unsigned long data)
{
	long ret;

	errno = 0;
	ret = ptrace(what, pid, addr, data);
	printf("%s: %s\n", name, ret == -1 && errno ? strerror(errno) : "fine");
	fflush(stdout);
}

/* A child that asks to be traced and stops; it goes on with fn. */
static inline pid_t traced_child(int (*fn)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(fn());
	}
	return pid;
}

/* A child that is not traced, and waits for ever. */
static inline pid_t sleeping_child(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static inline void finish(const char *who, pid_t pid)
{
	kill(pid, SIGKILL);
	while (await(who, pid) && waitpid(pid, NULL, WNOHANG | __WALL) == 0)
		;
}

/* The state letter in /proc. */
static inline char state(pid_t pid)
{
	char path[64], buf[512] = "", *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return '?';
	(void)!fgets(buf, sizeof(buf), f);
	fclose(f);
	p = strrchr(buf, ')');
	return p ? p[2] : '?';
}

static inline void await_state(pid_t pid, char wanted)
{
	while (state(pid) != wanted)
		sched_yield();
}
