/*
 * Semaphores. The value is the futex word, and nobody owns it: post may come from another thread,
 * another process, or a signal handler, so there is no lock in here. `waiters` only spares post
 * the system call: a waiter counts itself before it looks at the value for the last time, post
 * raises the value before it looks at the count, so one of the two sees the other.
 */
#include <semaphore.h>

#include "user/lib/pthread/internal.h"

static int result(int err)
{
	if (!err)
		return 0;
	errno = err;
	return -1;
}

int sem_init(sem_t *s, int shared, unsigned int value)
{
	if (value > SEM_VALUE_MAX)
		return result(EINVAL);
	*s = (sem_t) { .value = (int)value, .shared = shared };
	return 0;
}

int sem_destroy(sem_t *s)
{
	return 0;
}

static bool take(sem_t *s)
{
	int value = READ_ONCE(s->value);

	while (value > 0)
		if (try_cmpxchg(&s->value, &value, value - 1))
			return true;
	return false;
}

int sem_trywait(sem_t *s)
{
	return result(take(s) ? 0 : EAGAIN);
}

static void uncount(void *arg)
{
	__atomic_fetch_sub((int *)arg, 1, __ATOMIC_SEQ_CST);
}

int sem_clockwait(sem_t *s, clockid_t clk, const struct timespec *abs)
{
	int err = 0;

	pthread_testcancel();
	while (!take(s)) {
		__atomic_fetch_add(&s->waiters, 1, __ATOMIC_SEQ_CST);
		pthread_cleanup_push(uncount, &s->waiters);
		err = __futex_wait_cp(&s->value, 0, s->shared, clk, abs);
		pthread_cleanup_pop(1);
		if (err == ETIMEDOUT || err == EINVAL || err == EINTR)
			return result(err);
	}
	return 0;
}

int sem_timedwait(sem_t *s, const struct timespec *abs)
{
	return sem_clockwait(s, CLOCK_REALTIME, abs);
}

int sem_wait(sem_t *s)
{
	return sem_clockwait(s, CLOCK_REALTIME, NULL);
}

int sem_post(sem_t *s)
{
	int value = READ_ONCE(s->value), shared = s->shared;

	do {
		if (value == SEM_VALUE_MAX)
			return result(EOVERFLOW);
	} while (!try_cmpxchg(&s->value, &value, value + 1));
	if (__atomic_load_n(&s->waiters, __ATOMIC_SEQ_CST))
		__futex_wake(&s->value, 1, shared);
	return 0;
}

int sem_getvalue(sem_t *s, int *value)
{
	*value = READ_ONCE(s->value);
	return 0;
}
