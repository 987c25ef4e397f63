/*
 * Four threads for two seconds, made to be looked at in a trace: a clock that sleeps on a timer and
 * puts two jobs into a queue 20 times a second, two workers that wait on a condition and compute,
 * a logger that reads their results from a pipe. Each job is a slice in the trace, if there is one.
 *
 *	clock -- queue, mutex, condition --> worker-1, worker-2 -- pipe --> logger
 */
#include "check.h"

#define BEATS 40
#define BEAT_NS 50000000
#define JOBS (2 * BEATS)
#define WEIGHT 8		/* ms of computing in the lightest job; others: up to 5 times it */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static int put, taken;		/* jobs, guarded by mutex; the queue is what lies between */
static int results[2];		/* the pipe */
static int marker = -1;		/* the trace's, -1: nobody traces */

static void mark(const char *text)
{
	if (marker >= 0 && write(marker, text, strlen(text)) < 0)
		marker = -1;
}

/* The CPU time this thread has had, in us. */
static long used(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Computes for that long; looks at the clock half way to the end again and again: few calls. */
static void work(long us)
{
	long start = used(), rounds = 20000, total = 0, done;

	do {
		compute(rounds);
		total += rounds;
		done = used() - start + 1;
		rounds = total * (us - done) / done / 2;
		if (rounds < 5000)
			rounds = 5000;
	} while (done < us);
}

static void *clock_thread(void *unused)
{
	struct timespec beat = { 0, BEAT_NS };

	pthread_setname_np(pthread_self(), "clock");
	for (int i = 0; i < BEATS; i++) {
		nanosleep(&beat, NULL);
		pthread_mutex_lock(&mutex);
		put += 2;
		pthread_cond_broadcast(&not_empty);
		pthread_mutex_unlock(&mutex);
	}
	return unused;
}

/* The number of a job, or JOBS when all are taken. */
static int take(void)
{
	int job;

	pthread_mutex_lock(&mutex);
	while (taken == put && taken < JOBS)
		pthread_cond_wait(&not_empty, &mutex);
	job = taken < JOBS ? taken++ : JOBS;
	if (taken == JOBS)
		pthread_cond_broadcast(&not_empty);	/* the other need not wait for more */
	pthread_mutex_unlock(&mutex);
	return job;
}

static void *worker(void *name)
{
	char text[32];
	int job;

	pthread_setname_np(pthread_self(), name);
	while ((job = take()) < JOBS) {
		snprintf(text, sizeof(text), "B|%d|job %d", (int)getpid(), job);
		mark(text);
		work(WEIGHT * 1000L * (1 + job % 5));
		snprintf(text, sizeof(text), "E|%d", (int)getpid());
		mark(text);
		if (write(results[1], &job, sizeof(job)) != sizeof(job))
			failures++;
	}
	return NULL;
}

static void *logger(void *sum)
{
	int job;

	pthread_setname_np(pthread_self(), "logger");
	for (int i = 0; i < JOBS; i++)
		if (read(results[0], &job, sizeof(job)) == sizeof(job))
			*(long *)sum += job;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[4];
	long sum = 0;

	begin(argc, argv);
	marker = open("/sys/kernel/tracing/trace_marker", O_WRONLY);
	if (pipe(results))
		return 1;
	threads[0] = spawn(clock_thread, NULL);
	threads[1] = spawn(worker, "worker-1");
	threads[2] = spawn(worker, "worker-2");
	threads[3] = spawn(logger, &sum);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	check("80 jobs, each done once", sum == JOBS * (JOBS - 1) / 2);
	return failures;
}
