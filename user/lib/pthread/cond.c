/*
 * Condition variables: "release the mutex and sleep" as one step.
 *
 * The futex word is a counter of signals. A waiter reads it while it still holds the mutex, then
 * unlocks, then sleeps if the counter is unchanged. Whoever signals after the unlock has raised
 * the counter first, so either the kernel sees the new value and does not put the waiter to sleep,
 * or the waiter is in the queue and FUTEX_WAKE finds it. No wake-up falls between. (A waiter that
 * is held up while the counter goes round by exactly 2^32 would miss them; nobody has seen it.)
 *
 * More waiters than one may return for one signal; POSIX allows that, and it is why one waits in
 * a loop. A signal without waiters makes no system call.
 *
 * broadcast wakes all at once, and they fight for the mutex. FUTEX_CMP_REQUEUE could move them to
 * the mutex's queue instead; NPTL did so for years and gave it up, because a waiter that still
 * sleeps there has not left the condition, which its owner may destroy right after the broadcast.
 *
 * destroy waits for those who have been woken but have not yet come to touch the counts for the
 * last time.
 */
#include <limits.h>

#include "user/lib/pthread/internal.h"

#define DESTROYED INT_MIN	/* in waiters */

int pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a)
{
	*c = (pthread_cond_t) { .clock = a ? a->clock : 0, .shared = a ? a->shared : 0 };
	return 0;
}

int pthread_cond_destroy(pthread_cond_t *c)
{
	int n = __atomic_or_fetch(&c->waiters, DESTROYED, __ATOMIC_SEQ_CST);

	for (; n != DESTROYED; n = __atomic_load_n(&c->waiters, __ATOMIC_SEQ_CST))
		__futex_wait(&c->waiters, n, c->shared, CLOCK_REALTIME, NULL);
	return 0;
}

static void leave(pthread_cond_t *c)
{
	int shared = c->shared;

	/* The last access: behind it only the address is used, and a wake too many harms nobody. */
	if (__atomic_sub_fetch(&c->waiters, 1, __ATOMIC_SEQ_CST) == DESTROYED)
		__futex_wake(&c->waiters, 1, shared);
}

struct wait {
	pthread_cond_t *cond;
	pthread_mutex_t *mutex;
	int err;
};

/* Also a cancelled waiter holds the mutex when its handlers run. */
static void end_wait(void *arg)
{
	struct wait *w = arg;

	leave(w->cond);
	w->err = pthread_mutex_lock(w->mutex);
}

int pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m, clockid_t clk,
			   const struct timespec *abs)
{
	struct wait w = { c, m, 0 };
	int seq, err;

	if (abs && (abs->tv_nsec < 0 || abs->tv_nsec >= 1000000000))
		return EINVAL;
	__atomic_fetch_add(&c->waiters, 1, __ATOMIC_SEQ_CST);
	seq = __atomic_load_n(&c->seq, __ATOMIC_SEQ_CST);
	err = pthread_mutex_unlock(m);
	if (err) {
		leave(c);
		return err;
	}
	pthread_cleanup_push(end_wait, &w);
	do
		err = __futex_wait_cp(&c->seq, seq, c->shared, clk, abs);
	while (err == EINTR);
	pthread_cleanup_pop(1);
	return w.err ? w.err : err == ETIMEDOUT ? err : 0;
}

int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *abs)
{
	return pthread_cond_clockwait(c, m, c->clock, abs);
}

int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	return pthread_cond_clockwait(c, m, CLOCK_REALTIME, NULL);
}

static int wake(pthread_cond_t *c, int n)
{
	if (__atomic_load_n(&c->waiters, __ATOMIC_SEQ_CST)) {
		__atomic_fetch_add(&c->seq, 1, __ATOMIC_SEQ_CST);
		__futex_wake(&c->seq, n, c->shared);
	}
	return 0;
}

int pthread_cond_signal(pthread_cond_t *c)
{
	return wake(c, 1);
}

int pthread_cond_broadcast(pthread_cond_t *c)
{
	return wake(c, INT_MAX);
}

int pthread_condattr_setclock(pthread_condattr_t *a, clockid_t clk)
{
	if (clk != CLOCK_REALTIME && clk != CLOCK_MONOTONIC)
		return EINVAL;
	a->clock = clk;
	return 0;
}

int pthread_condattr_getclock(const pthread_condattr_t *a, clockid_t *clk)
{
	*clk = a->clock;
	return 0;
}

SHARED_ATTR(cond)
