/*
 * A bug to be found: a barrier left out. Each worker computes its part, then adds up the parts of
 * all. The second step needs everybody to be through the first, and nothing says so. As long as the
 * first is short and the second begins with a long computation, all goes well.
 *
 *	tools/explore -- bug_missing_barrier
 *
 * The cure: pthread_barrier_wait() between the two.
 */
#include "check.h"

#define WORKERS 2

static volatile long part[WORKERS];
static long sum[WORKERS];

static void *work(void *arg)
{
	long me = (long)arg;

	part[me] = me + 1;
	/* <- here the barrier is missing */
	compute(300000);
	for (int i = 0; i < WORKERS; i++)
		sum[me] += part[i];
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t other;

	begin(argc, argv);
	other = spawn(work, (void *)1L);
	work((void *)0L);
	pthread_join(other, NULL);
	check("every worker saw every part", sum[0] == 3 && sum[1] == 3);
	return failures;
}
