/*
 * The life of a thread: create, exit, join, detach.
 *
 * A thread is a task that shares: the flags below are all there is to it. SETTLS gives the new
 * task its own FS.base, and with it its own errno and __thread variables.
 *
 * The tid word tells when it is over. PARENT_SETTID has the kernel write it before the task first
 * runs, so neither side ever sees it empty; CHILD_CLEARTID has the kernel write 0 and FUTEX_WAKE
 * it when the task is gone from the address space. pthread_join() waits for just that. It waits
 * without FUTEX_PRIVATE_FLAG, because the kernel wakes without it (it cannot know who waits: the
 * word may lie in memory shared with another process), and the two kinds of waiting do not meet.
 *
 * One word cannot tell who frees the stack, the joiner or the dying thread itself: t->state does.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/lib/pthread/internal.h"

#define THREAD_FLAGS								\
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |	\
	 CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

/* What a thread with its own scheduling needs from its creator: done before it runs a line. */
struct setup {
	const pthread_attr_t *attr;
	int done, err;
};

static int run(void *arg)
{
	struct pthread *self = arg;

	pthread_exit(self->start(self->arg));
}

static int apply(const pthread_attr_t *attr)
{
	if (attr->has_cpus && sched_setaffinity(0, sizeof(attr->cpus), &attr->cpus))
		return errno;
	if (attr->inherit == PTHREAD_EXPLICIT_SCHED &&
	    sched_setscheduler(0, attr->policy, &attr->param))
		return errno;
	return 0;
}

/* Until it says that it succeeded nobody knows of the thread, so a failure may end it quietly. */
static int run_setup(void *arg)
{
	struct pthread *self = arg;
	struct setup *s = self->result;
	int err = apply(s->attr);

	s->err = err;
	self->result = NULL;
	smp_store_release(&s->done, 1);
	__futex_wake(&s->done, 1, 0);
	return err ? 0 : run(arg);
}

static void wait_gone(struct pthread *t)
{
	for (int tid; (tid = smp_load_acquire(&t->tid)) != 0;)
		__futex_wait(&t->tid, tid, 1, CLOCK_REALTIME, NULL);
}

static int start(struct pthread *t, int (*fn)(void *))
{
	int old_errno = errno, err = 0;

	__atomic_fetch_add(&__nthreads, 1, __ATOMIC_SEQ_CST);
	if (clone(fn, (void *)ALIGN_DOWN((uintptr_t)t - __tls_size(), 64UL), THREAD_FLAGS, t,
		  &t->tid, t, &t->tid) < 0) {
		err = errno;
		errno = old_errno;
		__atomic_fetch_sub(&__nthreads, 1, __ATOMIC_SEQ_CST);
		t->tid = 0;
		__stack_put(t);
	}
	return err;
}

static int start_with_setup(struct pthread *t, const pthread_attr_t *attr)
{
	struct setup s = { .attr = attr };
	int err;

	t->result = &s;
	err = start(t, run_setup);
	if (err)
		return err;
	while (!smp_load_acquire(&s.done))
		__futex_wait(&s.done, 0, 0, CLOCK_REALTIME, NULL);
	if (s.err) {
		wait_gone(t);
		__atomic_fetch_sub(&__nthreads, 1, __ATOMIC_SEQ_CST);
		__stack_put(t);
	}
	return s.err;
}

int pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	pthread_attr_t defaults;
	struct pthread *t;

	if (!attr) {
		pthread_attr_init(&defaults);
		attr = &defaults;
	}
	t = __stack_get(attr);
	if (!t)
		return EAGAIN;
	t->start = fn;
	t->arg = arg;
	t->state = attr->detached ? DETACHED : JOINABLE;
	*out = t;	/* before it runs: it may look there */
	if (attr->has_cpus || attr->inherit == PTHREAD_EXPLICIT_SCHED)
		return start_with_setup(t, attr);
	return start(t, run);
}

/* The way out of every thread: returning from its function, pthread_exit(), cancellation. */
void pthread_exit(void *result)
{
	struct pthread *self = __pthread_self();
	struct __cleanup *c;
	sigset_t old;

	self->cancel_disabled = 1;
	self->cancel_async = 0;
	self->result = result;
	while ((c = self->cleanup) != NULL) {
		self->cleanup = c->next;
		c->fn(c->arg);
	}
	__tsd_exit(self);

	/* From here on we hold what signal handlers might want, and our stack is as good as
	 * freed. */
	__block_signals(&old);
	__lock(&self->kill_lock);
	self->exited = 1;
	__unlock(&self->kill_lock);
	if (__atomic_sub_fetch(&__nthreads, 1, __ATOMIC_SEQ_CST) == 0) {
		__restore_signals(&old);
		exit(0);	/* the last one takes the process with it */
	}
	if (cmpxchg(&self->state, JOINABLE, EXITED) == DETACHED)
		__stack_put(self);
	for (;;)
		__syscall(__NR_exit, 0, 0, 0, 0, 0, 0);
}

static void forget(struct pthread *t, void **result)
{
	if (result)
		*result = t->result;
	__stack_put(t);
}

int pthread_timedjoin_np(pthread_t t, void **result, const struct timespec *abs)
{
	int tid, err;

	if (t == __pthread_self())
		return EDEADLK;
	if (READ_ONCE(t->state) == DETACHED)
		return EINVAL;
	while ((tid = smp_load_acquire(&t->tid)) != 0) {
		err = __futex_wait_cp(&t->tid, tid, 1, CLOCK_REALTIME, abs);
		if (err == ETIMEDOUT || err == EINVAL)
			return err;
	}
	forget(t, result);
	return 0;
}

int pthread_join(pthread_t t, void **result)
{
	return pthread_timedjoin_np(t, result, NULL);
}

int pthread_tryjoin_np(pthread_t t, void **result)
{
	if (smp_load_acquire(&t->tid))
		return EBUSY;
	forget(t, result);
	return 0;
}

int pthread_detach(pthread_t t)
{
	int old = cmpxchg(&t->state, JOINABLE, DETACHED);

	if (old == DETACHED)
		return EINVAL;
	if (old == EXITED)	/* it left its stack to us; it may still stand on it, the cache
				 * knows */
		__stack_put(t);
	return 0;
}

pthread_t pthread_self(void)
{
	return __pthread_self();
}

int pthread_equal(pthread_t a, pthread_t b)
{
	return a == b;
}
