/*
 * Mutexes: locking and unlocking. mutex_attr.c makes them.
 *
 * A normal mutex is one word with three states: 0 free, 1 held, 2 held and perhaps somebody
 * sleeps. Two would be enough to exclude, but then every unlock had to call the kernel, in case
 * somebody sleeps. With three, lock is 0 -> 1 and unlock 1 -> 0, without a system call; only a
 * thread about to sleep writes 2, and only an unlock that finds 2 wakes. The rule that makes it
 * right: whoever was asleep takes the lock by writing 2, not 1, for it cannot know whether others
 * still sleep. At worst that costs one FUTEX_WAKE for nobody; it never costs a wake-up. The owner
 * is noted beside the word, for those who look at a hanging program only.
 *
 * The other kinds must know their owner, so their word is the owner's tid, with FUTEX_WAITERS in
 * the place of state 2. That is the format the kernel understands:
 *   robust: the thread keeps a list of those it holds. When it dies the kernel walks the list, sets
 *	FUTEX_OWNER_DIED and wakes one. While an operation is under way the list may be wrong: it
 *	is announced in list_op_pending, which the kernel looks at too.
 *   PI: contention is the kernel's matter. It raises the owner to the priority of its highest
 *	waiter (else a thread of middle priority could keep the owner, and thereby the waiter, from
 *	running), and it hands the lock over: an unlock with waiters is a system call as well.
 */
#include <limits.h>

#include "user/lib/pthread/internal.h"
#include "user/lib/pthread/mutex.h"

#define NOT_OURS (-1)

static int tid_of(const pthread_mutex_t *m)
{
	return READ_ONCE(m->word) & (int)FUTEX_TID_MASK;
}

static int shared(const pthread_mutex_t *m)
{
	/* The kernel's own wake for a dead owner does not know about FUTEX_PRIVATE_FLAG. */
	return m->type & (MUTEX_SHARED | MUTEX_ROBUST);
}

/* --- The list of robust mutexes this thread holds --- */

static struct robust_list *entry(pthread_mutex_t *m)
{
	/* Bit 0 tells the kernel that it is a PI mutex. */
	return (struct robust_list *)((uintptr_t)&m->link | (m->type & MUTEX_PI ? 1 : 0));
}

static pthread_mutex_t *owner_of_entry(void *e)
{
	return (void *)(((uintptr_t)e & ~1UL) - offsetof(pthread_mutex_t, link));
}

static void robust_pending(pthread_mutex_t *m)
{
	struct pthread *self = __pthread_self();

	if (!self->robust.list.next) {	/* the thread's first robust mutex */
		self->robust.list.next = &self->robust.list;
		self->robust.futex_offset = (long)offsetof(pthread_mutex_t, word) -
					    (long)offsetof(pthread_mutex_t, link);
		__syscall(__NR_set_robust_list, (long)&self->robust, sizeof(self->robust), 0, 0, 0,
			  0);
	}
	self->robust.list_op_pending = entry(m);
	barrier();
}

static void robust_done(void)
{
	barrier();
	__pthread_self()->robust.list_op_pending = NULL;
}

static void robust_add(pthread_mutex_t *m)
{
	struct robust_list *head = &__pthread_self()->robust.list;

	m->link.next = head->next;
	m->link.prev = head;
	if (head->next != head)
		owner_of_entry(head->next)->link.prev = entry(m);
	barrier();
	head->next = entry(m);
}

static void robust_del(pthread_mutex_t *m)
{
	struct robust_list *head = &__pthread_self()->robust.list;

	if (m->link.prev == head)
		head->next = m->link.next;
	else
		owner_of_entry(m->link.prev)->link.next = m->link.next;
	if (m->link.next != head)
		owner_of_entry(m->link.next)->link.prev = m->link.prev;
}

/* --- The words --- */

/* A normal mutex is ours now. */
static int got_it(pthread_mutex_t *m)
{
	WRITE_ONCE(m->owner, __pthread_self()->tid);
	return 0;
}

/* Takes a normal mutex, having slept (or expecting sleepers). */
static int lock_three_states(pthread_mutex_t *m, clockid_t clk, const struct timespec *abs)
{
	int err;

	while (xchg(&m->word, 2) != 0) {
		err = __futex_wait(&m->word, 2, shared(m), clk, abs);
		if (err == ETIMEDOUT || err == EINVAL)
			return err;
	}
	return got_it(m);
}

/* Puts our tid and @flags into a word without owner; false if there is one. */
static bool take_tid(pthread_mutex_t *m, int flags, int *word)
{
	*word = READ_ONCE(m->word);
	while (!(*word & (int)FUTEX_TID_MASK)) {
		/* WAITERS stays: they have not all been woken. OWNER_DIED goes, m->state keeps
		 * it. */
		int mine = __pthread_self()->tid | (*word & (int)FUTEX_WAITERS) | flags;

		if (try_cmpxchg(&m->word, word, mine))
			return true;
	}
	return false;
}

static int lock_tid(pthread_mutex_t *m, clockid_t clk, const struct timespec *abs)
{
	int word, err, flags = 0;

	while (!take_tid(m, flags, &word)) {
		int waited = word | (int)FUTEX_WAITERS;

		flags = (int)FUTEX_WAITERS;
		if (word != waited && !try_cmpxchg(&m->word, &word, waited))
			continue;
		err = __futex_wait(&m->word, waited, shared(m), clk, abs);
		if (err == ETIMEDOUT || err == EINVAL)
			return err;
	}
	if (word & (int)FUTEX_OWNER_DIED)
		m->state = MUTEX_INCONSISTENT;
	return 0;
}

static int lock_pi(pthread_mutex_t *m, clockid_t clk, const struct timespec *abs)
{
	int op = (clk == CLOCK_REALTIME || !abs ? FUTEX_LOCK_PI : FUTEX_LOCK_PI2) |
		 PRIVATE(shared(m));
	long ret;

	if (cmpxchg(&m->word, 0, __pthread_self()->tid) == 0)
		return 0;
	do
		ret = __syscall(__NR_futex, (long)&m->word, op, 0, (long)abs, 0, 0);
	while (ret == -EINTR || ret == -EAGAIN);
	if (!ret && (m->word & (int)FUTEX_OWNER_DIED)) {
		__atomic_fetch_and(&m->word, ~(int)FUTEX_OWNER_DIED, __ATOMIC_RELAXED);
		m->state = MUTEX_INCONSISTENT;
	}
	return (int)-ret;
}

static void unlock_word(pthread_mutex_t *m)
{
	int was;

	if (!(m->type & MUTEX_PI)) {
		was = xchg(&m->word, 0);
		if (was == 2 || (was & (int)FUTEX_WAITERS))
			__futex_wake(&m->word, m->state == MUTEX_LOST ? INT_MAX : 1, shared(m));
	} else if (cmpxchg(&m->word, __pthread_self()->tid, 0) != __pthread_self()->tid) {
		__syscall(__NR_futex, (long)&m->word, FUTEX_UNLOCK_PI | PRIVATE(shared(m)), 0, 0, 0,
			  0);
	}
}

/* --- The kinds --- */

/* Is it ours already? NOT_OURS; 0 recursive and now locked once more; EAGAIN too often; or @err. */
static int relocking(pthread_mutex_t *m, int err)
{
	if (tid_of(m) != __pthread_self()->tid)
		return NOT_OURS;
	if ((m->type & MUTEX_KIND) == PTHREAD_MUTEX_RECURSIVE) {
		if (m->count == INT_MAX)
			return EAGAIN;
		m->count++;
		return 0;
	}
	return err;
}

/* The attempt to lock a robust mutex is over; err 0: it is ours. What the caller is told. */
static int robust_end(pthread_mutex_t *m, int err)
{
	if (!err)
		robust_add(m);
	if (!err && m->state == MUTEX_LOST) {
		robust_del(m);
		unlock_word(m);
		err = ENOTRECOVERABLE;
	} else if (!err && m->state == MUTEX_INCONSISTENT) {
		m->count = 0;
		err = EOWNERDEAD;
	}
	robust_done();
	return err;
}

static int lock_owned(pthread_mutex_t *m, clockid_t clk, const struct timespec *abs)
{
	int err = relocking(m, EDEADLK);

	/* A normal mutex locked twice waits for itself, as POSIX wants; a PI one the kernel
	 * refuses. */
	if (err != NOT_OURS && !(err && (m->type & MUTEX_KIND) == PTHREAD_MUTEX_NORMAL))
		return err;
	if (m->type & MUTEX_ROBUST)
		robust_pending(m);
	err = m->type & MUTEX_PI ? lock_pi(m, clk, abs) : lock_tid(m, clk, abs);
	return m->type & MUTEX_ROBUST ? robust_end(m, err) : err;
}

int pthread_mutex_clocklock(pthread_mutex_t *m, clockid_t clk, const struct timespec *abs)
{
	if (m->type & ~MUTEX_SHARED)
		return lock_owned(m, clk, abs);
	if (cmpxchg(&m->word, 0, 1) == 0)
		return got_it(m);
	return lock_three_states(m, clk, abs);
}

int pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *abs)
{
	return pthread_mutex_clocklock(m, CLOCK_REALTIME, abs);
}

int pthread_mutex_lock(pthread_mutex_t *m)
{
	if (m->type == PTHREAD_MUTEX_NORMAL && cmpxchg(&m->word, 0, 1) == 0)
		return got_it(m);
	return pthread_mutex_clocklock(m, CLOCK_REALTIME, NULL);
}

static int try_owned(pthread_mutex_t *m)
{
	int err = relocking(m, EBUSY), word;

	if (err != NOT_OURS)
		return err;
	if (m->type & MUTEX_ROBUST)
		robust_pending(m);
	if (!(m->type & MUTEX_PI)) {
		err = take_tid(m, 0, &word) ? 0 : EBUSY;
	} else {
		word = cmpxchg(&m->word, 0, __pthread_self()->tid);
		err = !word ? 0
			    : (int)-__syscall(__NR_futex, (long)&m->word,
					      FUTEX_TRYLOCK_PI | PRIVATE(shared(m)), 0, 0, 0, 0);
		if (err == EAGAIN || err == EDEADLK)
			err = EBUSY;
		if (!err)
			__atomic_fetch_and(&m->word, ~(int)FUTEX_OWNER_DIED, __ATOMIC_RELAXED);
	}
	if (!err && (word & (int)FUTEX_OWNER_DIED))
		m->state = MUTEX_INCONSISTENT;
	return m->type & MUTEX_ROBUST ? robust_end(m, err) : err;
}

int pthread_mutex_trylock(pthread_mutex_t *m)
{
	if (m->type & ~MUTEX_SHARED)
		return try_owned(m);
	return cmpxchg(&m->word, 0, 1) == 0 ? got_it(m) : EBUSY;
}

int pthread_mutex_unlock(pthread_mutex_t *m)
{
	if (m->type & ~MUTEX_SHARED) {
		if (tid_of(m) != __pthread_self()->tid)
			return EPERM;
		if (m->count) {
			m->count--;
			return 0;
		}
	}
	if (!(m->type & MUTEX_ROBUST)) {
		WRITE_ONCE(m->owner, 0);
		unlock_word(m);
		return 0;
	}
	if (m->state == MUTEX_INCONSISTENT)
		m->state = MUTEX_LOST;
	robust_pending(m);
	robust_del(m);
	unlock_word(m);
	robust_done();
	return 0;
}

int pthread_mutex_consistent(pthread_mutex_t *m)
{
	if (!(m->type & MUTEX_ROBUST) || m->state != MUTEX_INCONSISTENT)
		return EINVAL;
	m->state = MUTEX_CONSISTENT;
	return 0;
}
