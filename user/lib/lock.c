/*
 * The library's own lock: three states in one futex word, so that an uncontended lock and unlock
 * make no system call. 0 free, 1 held, 2 held and somebody may sleep.
 */
#include <sys/syscall.h>

#include "libk/abi/futex.h"
#include "user/lib/libc.h"

void __lock(int *lock)
{
	int c = cmpxchg(lock, 0, 1);

	if (c == 0)
		return;
	/* From now on the word says 2 whenever we sleep, so the holder's unlock will wake us. */
	if (c != 2)
		c = xchg(lock, 2);
	while (c != 0) {
		__syscall(__NR_futex, (long)lock, FUTEX_WAIT_PRIVATE, 2, 0, 0, 0);
		c = xchg(lock, 2);
	}
}

void __unlock(int *lock)
{
	if (xchg(lock, 0) == 2)
		__syscall(__NR_futex, (long)lock, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}
