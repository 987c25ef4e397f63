/*
 * Environment, strings on the heap, sorting, random numbers, options, the calendar.
 * The environment and strtok() belong to one thread at a time.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libk/bits.h"

static char **find_env(const char *name, size_t len)
{
	for (char **e = environ; e && *e; e++)
		if (!strncmp(*e, name, len) && (*e)[len] == '=')
			return e;
	return NULL;
}

char *getenv(const char *name)
{
	char **e = find_env(name, strlen(name));

	return e ? *e + strlen(name) + 1 : NULL;
}

/* @assignment itself becomes part of the environment. */
int putenv(char *assignment)
{
	static char **ours;	/* the array we allocated: the first one is the kernel's */
	char **e = find_env(assignment, strcspn(assignment, "="));
	size_t n = 0;

	if (e) {
		*e = assignment;
		return 0;
	}
	while (environ && environ[n])
		n++;
	e = realloc(environ == ours ? ours : NULL, (n + 2) * sizeof(*e));
	if (!e)
		return -1;
	if (environ != ours && n)
		memcpy(e, environ, n * sizeof(*e));
	e[n] = assignment;
	e[n + 1] = NULL;
	environ = ours = e;
	return 0;
}

int setenv(const char *name, const char *value, int overwrite)
{
	size_t size = strlen(name) + strlen(value) + 2;
	char *s;

	if (!overwrite && getenv(name))
		return 0;
	s = malloc(size);
	if (!s)
		return -1;
	snprintf(s, size, "%s=%s", name, value);
	return putenv(s);
}

int unsetenv(const char *name)
{
	char **e;

	while ((e = find_env(name, strlen(name))))
		for (; *e; e++)
			e[0] = e[1];
	return 0;
}

int clearenv(void)
{
	if (environ)
		*environ = NULL;
	return 0;
}

char *strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = malloc(len + 1);

	if (!p)
		return NULL;
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *strdup(const char *s)
{
	return strndup(s, strlen(s));
}

char *strtok_r(char *restrict s, const char *restrict delim, char **restrict save)
{
	if (!s)
		s = *save;
	s += strspn(s, delim);
	*save = s + strcspn(s, delim);
	if (*s == '\0')
		return NULL;
	if (**save)
		*(*save)++ = '\0';
	return s;
}

char *strtok(char *restrict s, const char *restrict delim)
{
	static char *save;

	return strtok_r(s, delim, &save);
}

static void swap_bytes(char *a, char *b, size_t n)
{
	while (n--)
		swap(a[n], b[n]);
}

/* Lets element @i sink until both its children are smaller. */
static void sift_down(char *base, size_t i, size_t n, size_t size,
		      int (*cmp)(const void *, const void *))
{
	size_t child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + i * size, base + child * size) >= 0)
			return;
		swap_bytes(base + i * size, base + child * size, size);
		i = child;
	}
}

/* Heap sort: in place, and never worse than n log n. */
void qsort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	for (size_t i = n / 2; i-- > 0;)
		sift_down(base, i, n, size, cmp);
	while (n-- > 1) {
		swap_bytes(base, (char *)base + n * size, size);
		sift_down(base, 0, n, size, cmp);
	}
}

void *bsearch(const void *key, const void *base, size_t n, size_t size,
	      int (*cmp)(const void *, const void *))
{
	const char *p = base;

	while (n) {
		const char *mid = p + n / 2 * size;
		int c = cmp(key, mid);

		if (!c)
			return (void *)mid;
		if (c > 0) {
			p = mid + size;
			n--;
		}
		n /= 2;
	}
	return NULL;
}

int abs(int n)
{
	return n < 0 ? -n : n;
}

long labs(long n)
{
	return n < 0 ? -n : n;
}

static unsigned int rand_seed = 1;

int rand_r(unsigned int *seed)
{
	unsigned int x = *seed = *seed * 1103515245 + 12345;

	return (int)((x >> 16 | x << 16) & RAND_MAX);
}

int rand(void)
{
	return rand_r(&rand_seed);
}

void srand(unsigned int seed)
{
	rand_seed = seed;
}

void __assert_fail(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
	abort();
}

char *optarg;
int optind = 1, opterr = 1, optopt;

/* POSIX's: stops at the first argument that is no option. */
int getopt(int argc, char *const argv[], const char *options)
{
	static int at = 1;	/* position inside a group such as -la */
	const char *opt;

	if (optind >= argc || argv[optind][0] != '-' || !argv[optind][1])
		return -1;
	if (!strcmp(argv[optind], "--")) {
		optind++;
		return -1;
	}
	optopt = argv[optind][at++];
	opt = optopt == ':' ? NULL : strchr(options, optopt);
	if (opt && opt[1] == ':') {
		optarg = argv[optind][at] ? argv[optind] + at : argv[++optind];
		optind++;
		at = 1;
		if (optarg)
			return optopt;
		opt = NULL;
	} else if (!argv[optind][at]) {
		optind++;
		at = 1;
	}
	if (opt)
		return optopt;
	if (opterr)
		fprintf(stderr, "%s: bad option or missing argument: -%c%s\n", argv[0], optopt,
			optopt == '-' ? argv[optind] + 2 : "");
	return '?';
}

/* Days are counted from 1 March, so that the leap day is a year's last. */
struct tm *gmtime_r(const time_t *t, struct tm *tm)
{
	long days = *t / 86400, secs = *t % 86400, era, doe, yoe, doy, mp;
	int leap;

	if (secs < 0) {
		secs += 86400;
		days--;
	}
	tm->tm_hour = (int)(secs / 3600);
	tm->tm_min = (int)(secs / 60 % 60);
	tm->tm_sec = (int)(secs % 60);
	tm->tm_wday = (int)(((days + 4) % 7 + 7) % 7);
	days += 719468;		/* from 1 March of year 0 */
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	tm->tm_mday = (int)(doy - (153 * mp + 2) / 5 + 1);
	tm->tm_mon = (int)(mp < 10 ? mp + 2 : mp - 10);
	tm->tm_year = (int)(yoe + era * 400 + (tm->tm_mon < 2) - 1900);
	leap = tm->tm_year % 4 == 0 && (tm->tm_year % 100 || (tm->tm_year + 1900) % 400 == 0);
	tm->tm_yday = (int)(doy >= 306 ? doy - 306 : doy + 59 + leap);
	tm->tm_isdst = 0;
	return tm;
}
