/*
 * Waiting on a word of memory, the one thing this library asks of the kernel.
 *
 * futex(FUTEX_WAIT, word, value) sleeps only if the word still has that value, and the kernel
 * decides it with the queue of the word locked. So between "the word says I must wait" and "I
 * sleep" nobody's wake-up can pass unseen: a waker changes the word first and calls FUTEX_WAKE
 * second; either our test sees the change, or we are in the queue when the wake-up comes.
 *
 * Time limits are absolute (FUTEX_WAIT_BITSET; plain FUTEX_WAIT takes relative ones): after a
 * spurious wake-up the same limit is simply passed again, and nothing drifts.
 */
#include "user/lib/pthread/internal.h"

typedef long syscall_fn(long nr, long a, long b, long c, long d, long e, long f);

static int wait_by(syscall_fn *call, int *word, int value, int shared, clockid_t clk,
		   const struct timespec *abs)
{
	int op = (abs ? FUTEX_WAIT_BITSET : FUTEX_WAIT) | PRIVATE(shared);

	if (abs && (abs->tv_nsec < 0 || abs->tv_nsec >= 1000000000))
		return EINVAL;
	if (abs && abs->tv_sec < 0)
		return ETIMEDOUT;
	if (abs && clk == CLOCK_REALTIME)
		op |= FUTEX_CLOCK_REALTIME;
	return (int)-call(__NR_futex, (long)word, op, value, (long)abs, 0, FUTEX_BITSET_MATCH_ANY);
}

int __futex_wait(int *word, int value, int shared, clockid_t clk, const struct timespec *abs)
{
	return wait_by(__syscall, word, value, shared, clk, abs);
}

int __futex_wait_cp(int *word, int value, int shared, clockid_t clk, const struct timespec *abs)
{
	return wait_by(__syscall_cp, word, value, shared, clk, abs);
}
