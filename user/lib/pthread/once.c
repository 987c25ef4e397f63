/*
 * pthread_once(): the first runs the function, the others wait until it has returned. A thread
 * cancelled inside it leaves the word as if it had never begun.
 */
#include <limits.h>

#include "user/lib/pthread/internal.h"

enum { FRESH, RUNNING, DONE };

static void reset(void *arg)
{
	pthread_once_t *once = arg;

	smp_store_release(once, FRESH);
	__futex_wake(once, INT_MAX, 0);
}

int pthread_once(pthread_once_t *once, void (*init)(void))
{
	for (;;) {
		switch (cmpxchg(once, FRESH, RUNNING)) {
		case DONE:
			return 0;
		case RUNNING:
			__futex_wait(once, RUNNING, 0, CLOCK_REALTIME, NULL);
			break;
		case FRESH:
			pthread_cleanup_push(reset, once);
			init();
			pthread_cleanup_pop(0);
			smp_store_release(once, DONE);
			__futex_wake(once, INT_MAX, 0);
			return 0;
		}
	}
}
