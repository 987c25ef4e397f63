/* schedlab: what its two halves, the experiment (main.c) and the drawing (draw.c), share. */
#pragma once

#include <sched.h>
#include <stdio.h>

#define MAX_TASKS 512

enum kind { HOG, WAKE };

/* What one task was told to do, and what came of it. In memory shared with the task, which alone
 * writes the results. */
struct subject {
	char name[48];		/* as on the command line */
	enum kind kind;
	int policy, priority, nice, cpu;	/* cpu -1: any */
	int free;		/* only starts there */
	long slice_us;		/* sched_setattr()'s runtime; 0: none */

	int failed;		/* errno: it could not become what it should */
	long cpu_ns;		/* how long it ran */
	long wakeups;
	long latency_sum, latency_max;	/* ns between the time it asked for and its running */
};

struct lab {
	double seconds;
	int cpus, n;
	struct subject subjects[MAX_TASKS];
};

static inline double share(const struct lab *lab, const struct subject *s)	/* of one CPU */
{
	return (double)s->cpu_ns / 1e9 / lab->seconds;
}

static inline double latency_ms(const struct subject *s)	/* mean */
{
	return s->wakeups ? (double)s->latency_sum / (double)s->wakeups / 1e6 : 0;
}

void draw_text(const struct lab *lab);
int draw_svg(const struct lab *lab, const char *path);	/* 0, or -1 and errno */
