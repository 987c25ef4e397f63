/*
 * futex_waitv(): waits on several words at once and tells which was woken.
 *
 * Relies on futex.c: each word has its own struct futex_q, all queued before the task sleeps. Words
 * are queued one after the other; one that is woken while the next is still being queued counts as
 * woken. Locks: one bucket at a time.
 */
#include "kernel/futex/queue.h"
#include "kernel/mm/mm.h"
#include "kernel/syscalls.h"
#include "kernel/time/time.h"

/* Takes the first n off their queues. The index of the last that was woken already, or -1. */
static int unqueue_all(struct futex_q *qs, unsigned int n)
{
	int woken = -1;

	for (unsigned int i = 0; i < n; i++) {
		if (!futex_unqueue(&qs[i]))
			woken = (int)i;
	}
	return woken;
}

/* Fills qs from the user's array. The flags go into .bitset for the moment. */
static int read_waiters(struct futex_q *qs, const struct futex_waitv __user *waiters,
			unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct futex_waitv w;

		if (copy_from_user(&w, &waiters[i], sizeof(w)))
			return -EFAULT;
		if (w.flags & ~(u32)(FUTEX_32 | FUTEX_PRIVATE_FLAG) || !(w.flags & FUTEX_32) ||
		    w.__reserved)
			return -EINVAL;
		qs[i].task = current;
		qs[i].uaddr = (u32 __user *)w.uaddr;
		qs[i].val = (u32)w.val;
		qs[i].bitset = w.flags;
	}
	return 0;
}

static long wait_multiple(struct futex_q *qs, unsigned int n, u64 deadline)
{
	bool timed_out;
	int err, woken;

	/* All the words are looked for before the value of one is looked at. */
	for (unsigned int i = 0; i < n; i++) {
		err = futex_get_key(qs[i].uaddr, !(qs[i].bitset & FUTEX_PRIVATE_FLAG), &qs[i].key);
		if (err)
			return err;
	}
	for (unsigned int i = 0; i < n; i++) {
		bool shared = !(qs[i].bitset & FUTEX_PRIVATE_FLAG);

		qs[i].bitset = FUTEX_BITSET_MATCH_ANY;
		err = futex_check_value(qs[i].uaddr, qs[i].val);
		if (!err)
			err = futex_wait_setup(&qs[i], shared);
		if (err) {
			woken = unqueue_all(qs, i);
			return woken >= 0 ? woken : err;
		}
	}
	timed_out = futex_sleep(qs, n, deadline);
	woken = unqueue_all(qs, n);
	if (woken >= 0)
		return woken;
	return timed_out ? -ETIMEDOUT : -ERESTARTSYS;
}

SYSCALL_DEFINE(futex_waitv, const struct futex_waitv __user *waiters, unsigned int nr,
	       unsigned int flags, const struct timespec __user *timeout, clockid_t clock)
{
	struct futex_q *qs;
	u64 deadline;
	long ret;

	if (flags || !nr || nr > FUTEX_WAITV_MAX || !waiters)
		return -EINVAL;
	if (timeout && clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return -EINVAL;
	ret = get_deadline(timeout, clock, true, &deadline);
	if (ret)
		return ret;
	qs = kcalloc(nr, sizeof(*qs), GFP_KERNEL);
	if (!qs)
		return -ENOMEM;
	ret = read_waiters(qs, waiters, nr);
	if (!ret)
		ret = wait_multiple(qs, nr, deadline);
	kfree(qs);
	return ret;
}
