/*
 * The bounded queue: producers and consumers, one mutex, two conditions. Every item comes out once;
 * each producer's items come out in order.
 */
#include "check.h"

#define PRODUCERS 3
#define CONSUMERS 3
#define ITEMS 2000		/* of each producer */
#define SLOTS 8

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER, not_empty = PTHREAD_COND_INITIALIZER;
static int queue[SLOTS], head, count, taken, last[PRODUCERS], disorder;
static long sum;

static void *producer(void *arg)
{
	int id = (int)(long)arg;

	for (int i = 1; i <= ITEMS; i++) {
		pthread_mutex_lock(&mutex);
		while (count == SLOTS)
			pthread_cond_wait(&not_full, &mutex);
		queue[(head + count++) % SLOTS] = id << 16 | i;
		pthread_cond_signal(&not_empty);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void take(void)
{
	int item = queue[head], id = item >> 16;

	head = (head + 1) % SLOTS;
	count--;
	taken++;
	sum += item & 0xffff;
	disorder += last[id] + 1 != (item & 0xffff);
	last[id] = item & 0xffff;
}

static void *consumer(void *arg)
{
	pthread_mutex_lock(&mutex);
	for (;;) {
		while (!count && taken < PRODUCERS * ITEMS)
			pthread_cond_wait(&not_empty, &mutex);
		if (!count)
			break;
		take();
		pthread_cond_signal(&not_full);
	}
	pthread_cond_broadcast(&not_empty);	/* the end is for all consumers */
	pthread_mutex_unlock(&mutex);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[PRODUCERS + CONSUMERS];
	struct timespec abs;

	begin(argc, argv);
	for (long i = 0; i < PRODUCERS; i++)
		t[i] = spawn(producer, (void *)i);
	for (long i = 0; i < CONSUMERS; i++)
		t[PRODUCERS + i] = spawn(consumer, NULL);
	for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
		pthread_join(t[i], NULL);
	check("every item came out", taken == PRODUCERS * ITEMS && count == 0);
	check("none twice", sum == (long)PRODUCERS * ITEMS * (ITEMS + 1) / 2);
	check("each producer's in order", disorder == 0);

	clock_gettime(CLOCK_REALTIME, &abs);
	abs.tv_nsec += 5000000;
	if (abs.tv_nsec >= 1000000000) {
		abs.tv_nsec -= 1000000000;
		abs.tv_sec++;
	}
	pthread_mutex_lock(&mutex);
	check("waiting for more: ETIMEDOUT",
	      pthread_cond_timedwait(&not_empty, &mutex, &abs) == ETIMEDOUT);
	check("and the mutex is ours again", pthread_mutex_trylock(&mutex) == EBUSY);
	pthread_mutex_unlock(&mutex);
	pthread_cond_destroy(&not_empty);
	pthread_cond_destroy(&not_full);
	return failures;
}
