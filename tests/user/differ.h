/*
 * Random comparisons with Linux: what such a program needs. Each seed is an experiment of its own
 * in a child process, which says note() about everything it sees; a line for each seed tells a
 * number made from all of that, which must be the one Linux gives.
 *
 *	NAME [-v] [SEEDS [FIRST]]	-v prints every note: diff two runs of one seed
 *
 * A note must not tell what differs between two runs on one kernel: no pid, no address, no time.
 */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))
#define PICK(array)	((array)[random_below(COUNT(array))])

static unsigned long differ_state, differ_sum;
static int differ_verbose, differ_notes;

static inline unsigned int random_below(unsigned int n)
{
	differ_state = differ_state * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned int)(differ_state >> 33) % n;
}

static inline int chance(unsigned int n)
{
	return !random_below(n);
}

static inline void __attribute__((format(printf, 1, 2))) note(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	differ_notes++;
	for (const char *p = line; *p; p++)
		differ_sum = (differ_sum ^ (unsigned char)*p) * 1099511628211UL;
	if (differ_verbose)
		dprintf(STDOUT_FILENO, "%s\n", line);
}

/* 0, or which errno a call left that returned ret. */
static inline int error(long ret)
{
	return ret < 0 ? errno : 0;
}

static inline int differ_main(int argc, char **argv, long seeds, void (*experiment)(void))
{
	int status = 0;
	long first;
	pid_t pid;

	if (argc > 1 && !strcmp(argv[1], "-v")) {
		differ_verbose = 1;
		argv++, argc--;
	}
	seeds = argc > 1 ? atol(argv[1]) : seeds;
	first = argc > 2 ? atol(argv[2]) : 1;
	for (long seed = first; seed < first + seeds; seed++) {
		pid = fork();
		if (!pid) {
			differ_state = (unsigned long)seed;
			experiment();
			dprintf(STDOUT_FILENO, "seed %ld: %d notes, %016lx\n", seed, differ_notes,
				differ_sum);
			_exit(0);
		}
		while (waitpid(pid, &status, 0) < 0)
			;
		if (status)
			printf("seed %ld: status %x\n", seed, status);
		fflush(stdout);
	}
	return 0;
}
