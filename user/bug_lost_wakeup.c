/*
 * A bug to be found: the lost wake-up. The consumer looks at the flag without holding the mutex,
 * says that it is going to wait, and waits. A producer that sets the flag and signals in between
 * signals nobody; the consumer then waits for ever. It never shows as long as the producer has
 * something to do first, and strikes on the day it has not.
 *
 *	tools/explore -- bug_lost_wakeup
 *
 * The cure: hold the mutex around the test and the wait, and around the change (condvar_queue.c).
 */
#include "check.h"

#define PATIENCE 2	/* seconds: nobody is that slow, so it is a hang */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static volatile int full;

static void *produce(void *arg)
{
	compute(300000);
	full = 1;
	pthread_cond_signal(&changed);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t producer;
	struct timespec limit;
	int err = 0;

	begin(argc, argv);
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += PATIENCE;
	producer = spawn(produce, NULL);
	if (!full) {
		puts("waiting");
		fflush(stdout);
		/* <- here the signal is lost */
		pthread_mutex_lock(&lock);
		err = pthread_cond_timedwait(&changed, &lock, &limit);
		pthread_mutex_unlock(&lock);
	}
	pthread_join(producer, NULL);
	check("the consumer was woken", err == 0);
	return failures;
}
