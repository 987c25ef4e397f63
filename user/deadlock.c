/*
 * Two locks, two threads, the wrong order: each holds what the other wants. Time limits turn the
 * deadlock into a verdict; then the two cures, one order for all, and trying and stepping back.
 */
#include "check.h"

#define ROUNDS 300

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;
static volatile int work;

struct pair {
	pthread_mutex_t *a, *b;
};

static struct timespec in_ms(long ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += ms * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

static void *embrace(void *arg)
{
	struct pair *p = arg;
	struct timespec limit;
	int err;

	pthread_mutex_lock(p->a);
	pthread_barrier_wait(&both);		/* now each holds one */
	limit = in_ms(30);
	err = pthread_mutex_timedlock(p->b, &limit);
	pthread_barrier_wait(&both);		/* nobody lets go before both have given up */
	if (!err)
		pthread_mutex_unlock(p->b);
	pthread_mutex_unlock(p->a);
	return (void *)(long)err;
}

static void *in_order(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&first);
		pthread_mutex_lock(&second);
		work++;
		pthread_mutex_unlock(&second);
		pthread_mutex_unlock(&first);
	}
	return NULL;
}

static void *step_back(void *arg)
{
	struct pair *p = arg;

	for (int i = 0; i < ROUNDS;) {
		pthread_mutex_lock(p->a);
		if (pthread_mutex_trylock(p->b) == 0) {
			work++;
			i++;
			pthread_mutex_unlock(p->b);
		}
		pthread_mutex_unlock(p->a);
		sched_yield();
	}
	return NULL;
}

static void run_two(void *(*fn)(void *), long *r1, long *r2)
{
	struct pair one = { &first, &second }, other = { &second, &first };
	pthread_t t1, t2;
	void *v1, *v2;

	work = 0;
	t1 = spawn(fn, &one);
	t2 = spawn(fn, &other);
	pthread_join(t1, &v1);
	pthread_join(t2, &v2);
	*r1 = (long)v1;
	*r2 = (long)v2;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t a;
	pthread_mutex_t checked;
	long r1, r2;

	begin(argc, argv);
	pthread_barrier_init(&both, NULL, 2);
	run_two(embrace, &r1, &r2);
	check("opposite orders: deadlock, both time out", r1 == ETIMEDOUT && r2 == ETIMEDOUT);
	run_two(in_order, &r1, &r2);
	check("one order for all: no deadlock", work == 2 * ROUNDS);
	run_two(step_back, &r1, &r2);
	check("try and step back: no deadlock", work == 2 * ROUNDS);

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&checked, &a);
	pthread_mutex_lock(&checked);
	check("an error-checking mutex sees a thread wait for itself: EDEADLK",
	      pthread_mutex_lock(&checked) == EDEADLK);
	pthread_mutex_unlock(&checked);
	check("and an unlock by somebody else: EPERM", pthread_mutex_unlock(&checked) == EPERM);
	return failures;
}
