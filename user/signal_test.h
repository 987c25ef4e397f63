/*
 * What the tests of signals share: checks that print "ok NAME" or "not ok NAME", handlers that note
 * what they saw, and short names for sigaction and sigprocmask. Plain POSIX.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failures;
static volatile sig_atomic_t count, depth, max_depth, last_sig, last_code, last_value, last_status;
static volatile pid_t last_pid;
static volatile int order[16], norder;

static inline void check(const char *name, int ok)
{
	printf("%s %s\n", ok ? "ok" : "not ok", name);
	fflush(stdout);
	failures += !ok;
}

static inline void on_signal(int sig)
{
	last_sig = sig;
	count++;
	if (norder < 16)
		order[norder++] = sig;
}

static inline void on_info(int sig, siginfo_t *info, void *context)
{
	on_signal(context ? sig : -1);
	last_code = info->si_code;
	last_pid = info->si_pid;
	last_value = info->si_value.sival_int;
}

static inline void on_child(int sig, siginfo_t *info, void *context)
{
	on_info(sig, info, context);
	last_status = info->si_status;
}

static inline void install(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = handler;
	sa.sa_flags = flags;
	sigaction(sig, &sa, NULL);
}

static inline void install_info(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = handler;
	sa.sa_flags = flags | SA_SIGINFO;
	sigaction(sig, &sa, NULL);
}

static inline void mask(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(how, &set, NULL);
}

static inline int is_pending(int sig)
{
	sigset_t set;

	return sigpending(&set) == 0 && sigismember(&set, sig);
}

static inline void reset(void)
{
	count = norder = depth = max_depth = last_sig = last_code = last_value = last_status = 0;
}

static inline void msleep(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* Until that process, which has one thread, sleeps in a call that a signal can end. */
static inline void await_sleep(pid_t pid)
{
	char path[32], line[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	do {
		msleep(1);
		fd = open(path, O_RDONLY);
		n = read(fd, line, sizeof(line) - 1);
		close(fd);
		line[n > 0 ? n : 0] = '\0';
		p = strrchr(line, ')');
	} while (!p || p[2] != 'S');
}

/* A parent's SIGCHLD and its wait are not ordered: give the signal time. */
static inline int arrived(int n)
{
	for (int i = 0; i < 2000 && count < n; i++)
		msleep(1);
	return count == n;
}
