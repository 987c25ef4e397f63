/*
 * The frame of the thread programs: a verdict for each fact, the number of failures as exit status.
 * They compile with user/lib, musl and glibc alike and print the same everywhere; what differs from
 * run to run (times, addresses, tids) is printed only if they are called with -v.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failures, verbose;

static inline int check(const char *what, int ok)
{
	printf("%s %s\n", ok ? "ok  " : "FAIL", what);
	fflush(stdout);
	failures += !ok;
	return ok;
}

/* Reads the options all programs have; returns the number of the first argument that is none. */
static inline int begin(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && !strcmp(argv[i], "-v"); i++)
		verbose = 1;
	if (i < argc && argv[i][0] == '-') {
		fprintf(stderr, "%s: unknown option %s; -v says more\n", argv[0], argv[i]);
		exit(2);
	}
	return i;
}

/* The argument at @i, a number from @min to @max; @missing if there is none. */
static inline long number_argument(int argc, char **argv, int i, long min, long max, long missing)
{
	char *end = "";
	long n = i < argc ? strtol(argv[i], &end, 10) : missing;

	if (*end || n < min || n > max) {
		fprintf(stderr, "%s: %s is no number from %ld to %ld\n", argv[0], argv[i], min,
			max);
		exit(2);
	}
	return n;
}

/* Sleeps for a moment. Only ever used to wait for something that is then looked at. */
static inline void moment(void)
{
	struct timespec ts = { 0, 500000 };

	nanosleep(&ts, NULL);
}

/* Some work: as many rounds of a loop. */
static inline void compute(long rounds)
{
	for (volatile long i = 0; i < rounds; i++)
		;
}

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The state letter /proc shows of a task of this process; 0 if there is no such task. */
static inline char task_state(pid_t tid)
{
	char path[64], buf[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	p = strrchr(buf, ')');
	return p ? p[2] : 0;
}

static inline void await_state(pid_t tid, char state)
{
	while (task_state(tid) != state)
		moment();
}

static inline pid_t my_tid(void)
{
	return (pid_t)syscall(SYS_gettid);
}

static inline pthread_t spawn(void *(*fn)(void *), void *arg)
{
	pthread_t t;
	int err = pthread_create(&t, NULL, fn, arg);

	if (err) {
		printf("FAIL pthread_create: %s\n", strerror(err));
		exit(100);
	}
	return t;
}
