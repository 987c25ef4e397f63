/*
 * schedlab: an experiment with the scheduler. Starts a mix of tasks, lets them fight for the CPU
 * for some time, and shows how much of it each one got and how long those that slept had to wait
 * after waking. The same program runs on Linux, and the pictures can be compared.
 *
 *	schedlab hog hog:nice=5
 *	schedlab -t 5 -o mix.svg hog:x20 wake
 *
 * Each task is a process. All are made first and wait for a pipe to be closed. Then they all sleep
 * until the same moment, so that the first to hog a CPU cannot keep the others from starting, and
 * stop at the same moment. A hog computes; a sleeper ("wake") sleeps until a moment it knows,
 * computes for 0.2 ms, and does the same 20 ms later.
 */
#include "lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NSEC 1000000000L
#define PERIOD (20 * 1000000L)
#define BURST 200000L

static const char usage[] =
	"usage: schedlab [-t SECONDS] [-o FILE.svg] TASK...\n"
	"  TASK is hog (computes) or wake (computes 0.2 ms in every 20), and what follows it:\n"
	"  :nice=N :fifo=PRIORITY :rr=PRIORITY :batch :idle  how it is scheduled\n"
	"  :slice=MICROSECONDS  the slice it asks for (EEVDF)\n"
	"  :cpu=N  where it is pinned    :start=N  where it starts, free to go    :xN  so many\n";

static struct lab *lab;		/* shared with all tasks */
static volatile long *start, *end;	/* of the race; CLOCK_MONOTONIC, ns */

static long clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

static void sleep_until(long ns)
{
	struct timespec ts = { ns / NSEC, ns % NSEC };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void die(const char *what)
{
	fprintf(stderr, "schedlab: %s\n%s", what, usage);
	exit(2);
}

/* --- the tasks --- */

/* About 10 us on a real machine. */
static void compute(void)
{
	for (volatile int i = 0; i < 2000; i++)
		;
}

static void hog(void)
{
	while (clock_ns(CLOCK_MONOTONIC) < *end)
		compute();
}

static void sleeper(struct subject *s)
{
	long next = clock_ns(CLOCK_MONOTONIC) + PERIOD, now;

	while (next < *end) {
		long late, until;

		sleep_until(next);
		now = clock_ns(CLOCK_MONOTONIC);
		late = now - next;
		s->wakeups++;
		s->latency_sum += late;
		s->latency_max = late > s->latency_max ? late : s->latency_max;
		until = clock_ns(CLOCK_THREAD_CPUTIME_ID) + BURST;
		while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < until)
			compute();
		now = clock_ns(CLOCK_MONOTONIC);
		next = next + PERIOD > now ? next + PERIOD : now + PERIOD;
	}
}

/* The calling task becomes what s says. 0 or errno. */
static int become(const struct subject *s)
{
	struct sched_attr attr = {
		.size = SCHED_ATTR_SIZE_VER0,
		.sched_policy = (u32)s->policy,
		.sched_nice = s->nice,
		.sched_priority = (u32)s->priority,
		.sched_runtime = (u64)s->slice_us * 1000,
	};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(s->cpu < 0 ? 0 : s->cpu, &set);
	if (s->cpu >= 0 && sched_setaffinity(0, sizeof(set), &set))
		return errno;
	return syscall(SYS_sched_setattr, 0, &attr, 0) ? errno : 0;
}

static void run_subject(struct subject *s, int gun)
{
	cpu_set_t all;
	long begin;
	char c;

	sched_getaffinity(0, sizeof(all), &all);
	s->failed = become(s);
	if (s->failed)
		_exit(1);
	read(gun, &c, 1);		/* 0 bytes: the parent closed it */
	begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	sleep_until(*start);
	if (s->free)
		sched_setaffinity(0, sizeof(all), &all);
	if (s->kind == HOG)
		hog();
	else
		sleeper(s);
	s->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	_exit(0);
}

/* --- the experiment --- */

static int run_all(void)
{
	int gun[2], ready = 0, failures = 0;

	if (pipe(gun))
		return perror("pipe"), 1;
	while (ready < lab->n) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("fork");
			break;
		}
		if (pid == 0) {
			close(gun[1]);
			run_subject(&lab->subjects[ready], gun[0]);
		}
		ready++;
	}
	*start = clock_ns(CLOCK_MONOTONIC) + PERIOD;
	*end = ready < lab->n ? 0 : *start + (long)(lab->seconds * 1e9);
	close(gun[1]);
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < lab->n; i++) {
		struct subject *s = &lab->subjects[i];

		if (s->failed)
			fprintf(stderr, "schedlab: %s: %s\n", s->name, strerror(s->failed));
		failures += s->failed != 0;
	}
	return failures || ready < lab->n;
}

/* --- the command line --- */

static int number(const char *text)
{
	char *rest;
	long n = text ? strtol(text, &rest, 10) : 0;

	if (!text || *rest || rest == text || n < -1000000 || n > 1000000)
		die("a number is wrong or lacks");
	return (int)n;
}

/* One word after a colon. Returns how many of the task there are to be, 0: it does not say. */
static int parse_word(struct subject *s, char *word)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	if (!strcmp(word, "nice")) {
		s->nice = number(value);
	} else if (!strcmp(word, "fifo") || !strcmp(word, "rr")) {
		s->policy = *word == 'f' ? SCHED_FIFO : SCHED_RR;
		s->priority = number(value);
	} else if (!strcmp(word, "batch") || !strcmp(word, "idle")) {
		s->policy = *word == 'b' ? SCHED_BATCH : SCHED_IDLE;
	} else if (!strcmp(word, "slice")) {
		s->slice_us = number(value);
	} else if (!strcmp(word, "cpu") || !strcmp(word, "start")) {
		s->cpu = number(value);
		s->free = *word == 's';
	} else if (word[0] == 'x') {
		return number(word + 1);
	} else {
		die(word);
	}
	return 0;
}

static void parse_task(char *text)
{
	struct subject s = { .cpu = -1 };
	int count = 1, n;

	snprintf(s.name, sizeof(s.name), "%s", text);
	for (char *word = text, *next; word; word = next) {
		next = strchr(word, ':');
		if (next)
			*next++ = '\0';
		if (word != text) {
			n = parse_word(&s, word);
			count = n ? n : count;
		} else if (!strcmp(word, "hog") || !strcmp(word, "wake")) {
			s.kind = *word == 'h' ? HOG : WAKE;
		} else {
			die(word);
		}
	}
	if (count < 1 || count > MAX_TASKS - lab->n)
		die("too many tasks, or too few");
	while (count--)
		lab->subjects[lab->n++] = s;
}

int main(int argc, char **argv)
{
	const char *svg = NULL;
	int option;

	lab = mmap(NULL, sizeof(*lab) + 2 * sizeof(*end), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lab == MAP_FAILED)
		return perror("mmap"), 1;
	start = (volatile long *)(lab + 1);
	end = start + 1;
	lab->seconds = 2;
	lab->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	while ((option = getopt(argc, argv, "t:o:")) != -1) {
		if (option == 't')
			lab->seconds = atof(optarg);
		else if (option == 'o')
			svg = optarg;
		else
			return fputs(usage, stderr), 2;
	}
	if (lab->seconds <= 0 || lab->seconds > 3600)
		die("-t takes seconds, up to 3600");
	for (int i = optind; i < argc; i++)
		parse_task(argv[i]);
	if (!lab->n)
		die("no tasks");
	if (run_all())
		return 1;
	draw_text(lab);
	if (svg && draw_svg(lab, svg))
		return perror(svg), 1;
	return 0;
}
