/*
 * Spinlocks for user space: right only if the holder is on another CPU right now. A holder that
 * was preempted makes its waiters burn their whole time slices; with mutexes they would sleep.
 */
#include "user/lib/pthread/internal.h"

int pthread_spin_init(pthread_spinlock_t *s, int shared)
{
	*s = 0;
	return 0;
}

int pthread_spin_destroy(pthread_spinlock_t *s)
{
	return 0;
}

int pthread_spin_trylock(pthread_spinlock_t *s)
{
	return cmpxchg(s, 0, 1) == 0 ? 0 : EBUSY;
}

int pthread_spin_lock(pthread_spinlock_t *s)
{
	/* Reading leaves the cache line shared; only when it is free do we try to own it. */
	while (pthread_spin_trylock(s))
		while (READ_ONCE(*s))
			__builtin_ia32_pause();
	return 0;
}

int pthread_spin_unlock(pthread_spinlock_t *s)
{
	smp_store_release(s, 0);
	return 0;
}
