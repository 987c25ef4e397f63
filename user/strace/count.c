/*
 * -c: how often each call was made, how often it failed, and how long it took: the system's time by
 * default, with -w the time on the clock.
 */
#include "strace.h"

static struct count {
	unsigned long calls, errors, usecs;
	long nr;
} counts[NR_CALLS];

void count_call(long nr, bool failed, const struct timespec *began, const struct timespec *ended)
{
	struct count *c = &counts[nr >= 0 && nr < NR_CALLS ? nr : NR_CALLS - 1];

	c->nr = nr;
	c->calls++;
	c->errors += failed;
	c->usecs += (unsigned long)((ended->tv_sec - began->tv_sec) * 1000000 +
				    (ended->tv_nsec - began->tv_nsec) / 1000);
}

/* The slowest first, then the most frequent, then by number. */
static int compare(const void *pa, const void *pb)
{
	const struct count *a = pa, *b = pb;

	if (a->usecs != b->usecs)
		return a->usecs < b->usecs ? 1 : -1;
	if (a->calls != b->calls)
		return a->calls < b->calls ? 1 : -1;
	return a->nr < b->nr ? -1 : a->nr > b->nr;
}

static void print_row(FILE *file, const struct count *c, unsigned long total, const char *name)
{
	unsigned long share = total ? (c->usecs * 10000 + total / 2) / total : 0;
	char errors[24] = "";

	if (c->errors)
		snprintf(errors, sizeof(errors), "%lu", c->errors);
	fprintf(file, "%3lu.%02lu %4lu.%06lu %11lu %9lu %9s %s\n", share / 100, share % 100,
		c->usecs / 1000000, c->usecs % 1000000, c->calls ? c->usecs / c->calls : 0,
		c->calls, errors, name);
}

void print_counts(FILE *file)
{
	static const char rule[] =
		"------ ----------- ----------- --------- --------- ----------------\n";
	struct count total = { 0 };

	for (int i = 0; i < NR_CALLS; i++) {
		total.calls += counts[i].calls;
		total.errors += counts[i].errors;
		total.usecs += counts[i].usecs;
	}
	qsort(counts, NR_CALLS, sizeof(counts[0]), compare);
	fprintf(file, "%% time     seconds  usecs/call     calls    errors syscall\n%s", rule);
	for (int i = 0; i < NR_CALLS; i++)
		if (counts[i].calls)
			print_row(file, &counts[i], total.usecs, call_name(counts[i].nr));
	fputs(rule, file);
	print_row(file, &total, total.usecs, "total");
}
