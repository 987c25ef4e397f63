/*
 * Barriers: the last of N threads to arrive lets all go on.
 *
 * The futex word is the number of the phase, not the count of those who came: a fast thread may
 * arrive for the next phase before a slow one has woken from this one, and then the count has
 * begun anew while the phase number still tells the sleeper that its phase is over.
 *
 * `inside` is for pthread_barrier_destroy(), which may be called by the first to leave while the
 * others have not yet looked at the phase for the last time.
 */
#include <limits.h>

#include "user/lib/pthread/internal.h"
#include "user/lib/pthread/mutex.h"

int pthread_barrier_init(pthread_barrier_t *b, const pthread_barrierattr_t *a, unsigned int count)
{
	if (count == 0 || count > INT_MAX)
		return EINVAL;
	*b = (pthread_barrier_t) { .limit = count, .shared = a ? a->shared : 0 };
	b->lock.type = b->shared ? MUTEX_SHARED : 0;
	return 0;
}

int pthread_barrier_wait(pthread_barrier_t *b)
{
	int shared = b->shared, phase, ret = 0;

	pthread_mutex_lock(&b->lock);
	__atomic_fetch_add(&b->inside, 1, __ATOMIC_SEQ_CST);
	phase = b->phase;
	if (++b->arrived == b->limit) {
		b->arrived = 0;
		smp_store_release(&b->phase, phase + 1);
		pthread_mutex_unlock(&b->lock);
		__futex_wake(&b->phase, INT_MAX, shared);
		ret = PTHREAD_BARRIER_SERIAL_THREAD;
	} else {
		pthread_mutex_unlock(&b->lock);
		while (smp_load_acquire(&b->phase) == phase)
			__futex_wait(&b->phase, phase, shared, CLOCK_REALTIME, NULL);
	}
	/* The last access, as in cond.c: a wake for nobody is harmless. */
	if (__atomic_sub_fetch(&b->inside, 1, __ATOMIC_SEQ_CST) == (unsigned int)INT_MIN)
		__futex_wake((int *)&b->inside, 1, shared);
	return ret;
}

int pthread_barrier_destroy(pthread_barrier_t *b)
{
	int n = (int)__atomic_or_fetch(&b->inside, (unsigned int)INT_MIN, __ATOMIC_SEQ_CST);

	for (; n != INT_MIN; n = (int)__atomic_load_n(&b->inside, __ATOMIC_SEQ_CST))
		__futex_wait((int *)&b->inside, n, b->shared, CLOCK_REALTIME, NULL);
	return 0;
}

SHARED_ATTR(barrier)
