/*
 * Priority inversion, the Mars Pathfinder's story. Three real-time threads on one CPU: LOW holds a
 * mutex, HIGH waits for it, MIDDLE just computes.
 *
 *	plain mutex		MIDDLE keeps LOW from running, so HIGH waits for MIDDLE: inverted
 *	PI mutex		LOW runs with HIGH's priority until it unlocks: HIGH is first
 *
 * On one CPU SCHED_FIFO leaves no choice, so the order is exact, without any clock.
 */
#include "check.h"

#include <semaphore.h>

enum { PRIO_LOW = 10, PRIO_MIDDLE = 20, PRIO_HIGH = 30, PRIO_MAIN = 40 };

static pthread_mutex_t mutex;
static sem_t held;
static char order[8];
static volatile int turns;

static void came(char who)
{
	order[strlen(order)] = who;
}

static void *low(void *arg)
{
	pthread_mutex_lock(&mutex);
	sem_post(&held);		/* main is higher: it runs now, and starts the other two */
	for (turns = 0; turns < 100000; turns++)
		;
	pthread_mutex_unlock(&mutex);
	came('L');
	return NULL;
}

static void *middle(void *arg)
{
	came('M');
	return NULL;
}

static void *high(void *arg)
{
	pthread_mutex_lock(&mutex);
	came('H');
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static pthread_t start(void *(*fn)(void *), int prio)
{
	struct sched_param param = { .sched_priority = prio };
	pthread_attr_t a;
	pthread_t t;
	int err;

	pthread_attr_init(&a);
	pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&a, SCHED_FIFO);
	pthread_attr_setschedparam(&a, &param);
	err = pthread_create(&t, &a, fn, NULL);
	if (err) {
		printf("FAIL a thread with SCHED_FIFO: %s\n", strerror(err));
		exit(100);
	}
	pthread_attr_destroy(&a);
	return t;
}

static void scene(const char *what, int protocol, const char *expected)
{
	pthread_mutexattr_t a;
	pthread_t t[3];
	char line[64];

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setprotocol(&a, protocol);
	pthread_mutex_init(&mutex, &a);
	sem_init(&held, 0, 0);
	memset(order, 0, sizeof(order));
	t[0] = start(low, PRIO_LOW);
	while (sem_wait(&held))
		;
	t[1] = start(high, PRIO_HIGH);
	t[2] = start(middle, PRIO_MIDDLE);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	snprintf(line, sizeof(line), "%s: came in the order %s", what, order);
	check(line, !strcmp(order, expected));
	pthread_mutex_destroy(&mutex);
}

int main(int argc, char **argv)
{
	struct sched_param param = { .sched_priority = PRIO_MAIN };
	cpu_set_t set;

	begin(argc, argv);
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	check("one CPU for all", sched_setaffinity(0, sizeof(set), &set) == 0);
	/* Not by the library: musl refuses, the kernel does not. */
	check("SCHED_FIFO", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param) == 0);
	scene("plain mutex", PTHREAD_PRIO_NONE, "MHL");
	scene("PI mutex", PTHREAD_PRIO_INHERIT, "HML");
	return failures;
}
