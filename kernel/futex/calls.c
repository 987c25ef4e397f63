/*
 * futex(2): which operation, and what its arguments mean. The fourth argument is a time for some
 * and a number for others.
 *
 * FUTEX_WAIT_REQUEUE_PI, FUTEX_CMP_REQUEUE_PI and FUTEX_FD are absent (ENOSYS): no C library of
 * today calls them. Locks: none.
 */
#include "kernel/futex/futex.h"

#include "kernel/futex/queue.h"
#include "kernel/syscalls.h"
#include "kernel/time/time.h"

static bool takes_timeout(int cmd)
{
	return cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_LOCK_PI ||
	       cmd == FUTEX_LOCK_PI2;
}

/* Apart, because of the address of cmpval: the other operations need no stack frame here. */
static noinline long futex_cmp_requeue(u32 __user *uaddr, u32 __user *uaddr2, bool shared,
				       int nr_wake, int nr_requeue, u32 cmpval)
{
	return futex_requeue(uaddr, uaddr2, shared, nr_wake, nr_requeue, &cmpval);
}

static __always_inline long futex_dispatch(u32 __user *uaddr, int op, u32 val, u64 deadline,
					   u32 __user *uaddr2, u32 val2, u32 val3)
{
	bool shared = !(op & FUTEX_PRIVATE_FLAG);
	int cmd = op & FUTEX_CMD_MASK;

	if (unlikely(op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET &&
	    cmd != FUTEX_LOCK_PI2)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait(uaddr, shared, val, deadline, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return futex_wait(uaddr, shared, val, deadline, val3);
	case FUTEX_WAKE:
		return futex_wake(uaddr, shared, (int)val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, shared, (int)val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, (int)val, (int)val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_cmp_requeue(uaddr, uaddr2, shared, (int)val, (int)val2, val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, uaddr2, shared, (int)val, (int)val2, val3);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return futex_lock_pi(uaddr, shared, deadline, false);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(uaddr, shared, UINT64_MAX, true);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(uaddr, shared);
	default:
		return -ENOSYS;
	}
}

/* Apart from sys_futex(), which then needs no stack frame for the operations that do not wait. */
static noinline long futex_timed(u32 __user *uaddr, int op, u32 val,
				 const struct timespec __user *utime, u32 val3)
{
	int cmd = op & FUTEX_CMD_MASK;
	/* LOCK_PI's time is CLOCK_REALTIME by history; LOCK_PI2's flag means what it says. */
	bool real = (op & FUTEX_CLOCK_REALTIME) || cmd == FUTEX_LOCK_PI;
	u64 deadline;
	int err = get_deadline(utime, real ? CLOCK_REALTIME : CLOCK_MONOTONIC, cmd != FUTEX_WAIT,
			       &deadline);

	return err ? err : futex_dispatch(uaddr, op, val, deadline, NULL, 0, val3);
}

SYSCALL_DEFINE(futex, u32 __user *uaddr, int op, u32 val, const struct timespec __user *utime,
	       u32 __user *uaddr2, u32 val3)
{
	if (utime && takes_timeout(op & FUTEX_CMD_MASK))
		return futex_timed(uaddr, op, val, utime, val3);
	return futex_dispatch(uaddr, op, val, UINT64_MAX, uaddr2, (u32)(unsigned long)utime, val3);
}
