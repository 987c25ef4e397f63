/*
 * Cancellation: one thread asks another to end.
 *
 * The request is a flag in the target's control block. A running thread sees it at its next
 * cancellation point (deferred, the default), a sleeping one must be got out of its system call:
 * that is what signal 32 is for. cancel_point.asm tells why no result is ever lost; glibc before
 * 2.41 switched to asynchronous cancellation around each call instead, and lost some.
 *
 * A thread that is cancelled runs the handlers it pushed, latest first, then ends as by
 * pthread_exit(PTHREAD_CANCELED).
 */
#include <unistd.h>

#include "user/lib/pthread/internal.h"

static void cancel_self(void)
{
	pthread_exit(PTHREAD_CANCELED);
}

static void on_sigcancel(int sig, siginfo_t *info, void *context)
{
	struct pthread *self = __pthread_self();
	struct ucontext *uc = context;
	uintptr_t ip = uc->uc_mcontext.rip;

	if (!READ_ONCE(self->cancel) || self->cancel_disabled)
		return;
	if (self->cancel_async || (ip >= (uintptr_t)__cp_begin && ip < (uintptr_t)__cp_end)) {
		uc->uc_mcontext.rip = (uintptr_t)__cp_cancel;
		return;
	}
	/*
	 * Not in a cancellation point, but perhaps in another signal's handler on top of one:
	 * stay blocked and pending, so that it comes again when the mask is put back.
	 */
	uc->uc_sigmask |= 1UL << (SIGCANCEL - 1);
	tgkill(getpid(), self->tid, SIGCANCEL);
}

static void install(void)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO | SA_RESTART, .sa_mask = ~0UL };

	sa.sa_sigaction = on_sigcancel;
	__cancel_action = cancel_self;
	sigaction(SIGCANCEL, &sa, NULL);
}

int pthread_cancel(pthread_t t)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	WRITE_ONCE(t->cancel, 1);
	smp_mb();
	if (t != __pthread_self())
		return pthread_kill(t, SIGCANCEL);
	if (t->cancel_async)
		pthread_testcancel();
	return 0;
}

void pthread_testcancel(void)
{
	struct pthread *self = __pthread_self();

	if (READ_ONCE(self->cancel) && !self->cancel_disabled)
		cancel_self();
}

int pthread_setcancelstate(int state, int *old)
{
	struct pthread *self = __pthread_self();

	if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
		return EINVAL;
	if (old)
		*old = self->cancel_disabled;
	WRITE_ONCE(self->cancel_disabled, state);
	if (self->cancel_async)
		pthread_testcancel();
	return 0;
}

int pthread_setcanceltype(int type, int *old)
{
	struct pthread *self = __pthread_self();

	if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
		return EINVAL;
	if (old)
		*old = self->cancel_async;
	WRITE_ONCE(self->cancel_async, type);
	if (type == PTHREAD_CANCEL_ASYNCHRONOUS)
		pthread_testcancel();
	return 0;
}
