/*
 * The C side of a cancellation point. Every blocking system call of the library comes through
 * here; a program without pthread_cancel() links nothing more than this.
 */
#include "user/lib/pthread/internal.h"

void (*__cancel_action)(void);

long __syscall_cp_asm(const int *cancel, long nr, long a, long b, long c, long d, long e, long f);

long __syscall_cp(long nr, long a, long b, long c, long d, long e, long f)
{
	struct pthread *self = __pthread_self();
	long ret;

	if (self->cancel_disabled)
		return __syscall(nr, a, b, c, d, e, f);
	ret = __syscall_cp_asm(&self->cancel, nr, a, b, c, d, e, f);
	if (ret == -EINTR && READ_ONCE(self->cancel))
		__cancel_action();
	return ret;
}
