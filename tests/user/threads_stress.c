/*
 * Many threads, and many ends of threads. test: timeout=300
 * Usage: threads_stress [SCALE]: 1 is what the test runs; 20 kills a thousand times.
 */
#include "../../user/check.h"

#define ALIVE 500
#define FIGHTERS 8

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t go = PTHREAD_COND_INITIALIZER;
static int arrived, released, ended;
static long churned;

static void *once(void *arg)
{
	__atomic_fetch_add(&churned, 1, __ATOMIC_SEQ_CST);
	return arg;
}

static void *churner(void *arg)
{
	long n = (long)arg, good = 0;
	void *result;

	for (long i = 0; i < n; i++) {
		pthread_join(spawn(once, (void *)i), &result);
		good += result == (void *)i;
	}
	return (void *)good;
}

/* Four threads create and join others, all at the same time. */
static void churn(long n)
{
	long good = 0;
	pthread_t t[4];
	void *result;

	for (int i = 0; i < 4; i++)
		t[i] = spawn(churner, (void *)n);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &result);
		good += (long)result;
	}
	check("created and joined from four threads at once", good == 4 * n && churned == 4 * n);
}

static void *detached(void *arg)
{
	pthread_detach(pthread_self());
	__atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void detach(int n)
{
	ended = 0;
	for (int i = 0; i < n; i++) {
		spawn(detached, NULL);
		while (i - __atomic_load_n(&ended, __ATOMIC_SEQ_CST) > 20)
			moment();
	}
	while (__atomic_load_n(&ended, __ATOMIC_SEQ_CST) < n)
		moment();
	check("threads that detach themselves", ended == n);
}

static void *stay(void *arg)
{
	pthread_mutex_lock(&lock);
	arrived++;
	while (!released)
		pthread_cond_wait(&go, &lock);
	ended++;
	pthread_mutex_unlock(&lock);
	return arg;
}

static void alive(void)
{
	static pthread_t t[ALIVE];
	pthread_attr_t a;
	int all = 0, joined = 0;
	void *result;

	ended = 0;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 65536);
	for (long i = 0; i < ALIVE; i++)
		if (pthread_create(&t[i], &a, stay, (void *)i))
			check("create", 0);
	while (all < ALIVE) {
		pthread_mutex_lock(&lock);
		all = arrived;
		pthread_mutex_unlock(&lock);
		moment();
	}
	pthread_mutex_lock(&lock);
	released = 1;
	pthread_cond_broadcast(&go);
	pthread_mutex_unlock(&lock);
	for (long i = 0; i < ALIVE; i++)
		joined += pthread_join(t[i], &result) == 0 && (long)result == i;
	check("500 threads alive at once, one broadcast for all",
	      joined == ALIVE && ended == ALIVE);
}

static void *fight(void *arg)
{
	volatile long *counter = arg;

	for (;;) {
		pthread_mutex_lock(&lock);
		++*counter;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* Kills a process while its threads fight for a lock; each time a bit later. */
static int kill_fighters(int round, volatile long *counter)
{
	int status = 0;
	long before;
	pid_t pid;

	*counter = 0;
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < FIGHTERS; i++)
			spawn(fight, (void *)counter);
		for (;;)
			pause();
	}
	while (*counter < round % 50)
		sched_yield();
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		return 0;
	before = *counter;	/* nobody writes any more: all of them are gone */
	sched_yield();
	return *counter == before;
}

int main(int argc, char **argv)
{
	long scale = argc > 1 ? atol(argv[1]) : 1, good = 0;
	volatile long *counter =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	churn(200 * scale);
	detach((int)(300 * scale));
	alive();
	for (int i = 0; i < 50 * scale; i++)
		good += kill_fighters(i, counter);
	check("killed while 8 threads fight for a lock", good == 50 * scale);
	return failures;
}
