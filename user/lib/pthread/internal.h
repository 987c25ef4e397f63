/*
 * What the files of the thread library share: futex calls, the list of threads, small helpers.
 */
#pragma once

#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "user/lib/libc.h"

#define SIGCANCEL	32
#define PRIVATE(shared)	((shared) ? 0 : FUTEX_PRIVATE_FLAG)

/*
 * JOINABLE -> DETACHED by pthread_detach(), JOINABLE -> EXITED by the thread's end; whoever comes
 * second sees it, and it is the second who gives the stack away.
 */
enum thread_state { JOINABLE, DETACHED, EXITED };

extern int __stacks_lock;		/* the list of threads and the cache of stacks */
extern int __nthreads;			/* atomic; threads that have not begun to die */

/* stack.c. The stacks_lock is not held. */
struct pthread *__stack_get(const pthread_attr_t *attr);
void __stack_put(struct pthread *t);
void __stack_fork_child(struct pthread *self);
/* tsd.c: runs the destructors of the calling thread's values. */
void __tsd_exit(struct pthread *self);
/* cancel_point.c: what a cancelled thread does; set by the first pthread_cancel(). */
extern void (*__cancel_action)(void);
extern const char __cp_begin[], __cp_end[], __cp_cancel[];

/* Sleeps while *@word is @value, until @abs of @clk (NULL: for ever). 0, EAGAIN, EINTR,
 * ETIMEDOUT. */
int __futex_wait(int *word, int value, int shared, clockid_t clk, const struct timespec *abs);
/* The same as a cancellation point. */
int __futex_wait_cp(int *word, int value, int shared, clockid_t clk, const struct timespec *abs);
/* Wakes up to @n sleepers. */
static inline void __futex_wake(int *word, int n, int shared)
{
	__syscall(__NR_futex, (long)word, FUTEX_WAKE | PRIVATE(shared), n, 0, 0, 0);
}

/* Blocks every signal, so that no handler runs while we hold what a handler may want. */
static inline void __block_signals(sigset_t *old)
{
	static const sigset_t all = ~0UL;

	__syscall(__NR_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)old, sizeof(all), 0, 0);
}

static inline void __restore_signals(const sigset_t *old)
{
	__syscall(__NR_rt_sigprocmask, SIG_SETMASK, (long)old, 0, sizeof(*old), 0, 0);
}

/* The four functions of an attribute object of which `shared` is all or the most. */
#define SHARED_ATTR(name)							\
int pthread_##name##attr_init(pthread_##name##attr_t *a)			\
{										\
	*a = (pthread_##name##attr_t) { 0 };					\
	return 0;								\
}										\
int pthread_##name##attr_destroy(pthread_##name##attr_t *a)			\
{										\
	return 0;								\
}										\
int pthread_##name##attr_setpshared(pthread_##name##attr_t *a, int shared)	\
{										\
	if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)	\
		return EINVAL;							\
	a->shared = shared;							\
	return 0;								\
}										\
int pthread_##name##attr_getpshared(const pthread_##name##attr_t *a, int *shared)	\
{										\
	*shared = a->shared;							\
	return 0;								\
}
