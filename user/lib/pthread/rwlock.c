/*
 * Read-write locks: one word that counts readers, or says that a writer is in.
 *
 *	0 free | n readers | WRITER		and the flag WAITING: somebody may sleep
 *
 * As with mutexes the flag spares the uncontended unlock its system call. The last one out wakes
 * all who sleep: several readers may come in together, and a wake-up given to one writer would
 * leave the readers asleep. Readers are preferred; a steady stream of them can keep writers out.
 */
#include <limits.h>

#include "user/lib/pthread/internal.h"

#define WAITING	INT_MIN
#define WRITER	INT_MAX		/* also the count no reader may reach */

int pthread_rwlock_init(pthread_rwlock_t *l, const pthread_rwlockattr_t *a)
{
	*l = (pthread_rwlock_t) { .shared = a ? a->shared : 0 };
	return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t *l)
{
	return 0;
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *l)
{
	int word = READ_ONCE(l->word);

	do {
		if ((word & ~WAITING) == WRITER)
			return EBUSY;
		if ((word & ~WAITING) == WRITER - 1)
			return EAGAIN;
	} while (!try_cmpxchg(&l->word, &word, word + 1));
	return 0;
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *l)
{
	int word = READ_ONCE(l->word);

	do {
		if (word & ~WAITING)
			return EBUSY;
	} while (!try_cmpxchg(&l->word, &word, word | WRITER));
	return 0;
}

static int lock_by(int (*try)(pthread_rwlock_t *), pthread_rwlock_t *l, const struct timespec *abs)
{
	int err;

	while ((err = try(l)) == EBUSY) {
		int word = READ_ONCE(l->word);

		if (!(word & ~WAITING))
			continue;
		/* The flag first: only an unlock that sees it wakes us. */
		if (!(word & WAITING) && cmpxchg(&l->word, word, word | WAITING) != word)
			continue;
		err = __futex_wait(&l->word, word | WAITING, l->shared, CLOCK_REALTIME, abs);
		if (err == ETIMEDOUT || err == EINVAL)
			break;
	}
	return err;
}

int pthread_rwlock_rdlock(pthread_rwlock_t *l)
{
	return lock_by(pthread_rwlock_tryrdlock, l, NULL);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *l, const struct timespec *abs)
{
	return lock_by(pthread_rwlock_tryrdlock, l, abs);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *l)
{
	return lock_by(pthread_rwlock_trywrlock, l, NULL);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *l, const struct timespec *abs)
{
	return lock_by(pthread_rwlock_trywrlock, l, abs);
}

int pthread_rwlock_unlock(pthread_rwlock_t *l)
{
	int word = READ_ONCE(l->word), next, shared = l->shared;

	do {
		int holders = word & ~WAITING;

		/* Readers that stay keep the flag for the last of them. */
		next = holders == WRITER || holders == 1 ? 0 : word - 1;
	} while (!try_cmpxchg(&l->word, &word, next));
	if (!next && (word & WAITING))
		__futex_wake(&l->word, INT_MAX, shared);
	return 0;
}

SHARED_ATTR(rwlock)
