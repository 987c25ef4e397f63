/*
 * Thread attributes: a struct that pthread_create() reads.
 */
#include <string.h>
#include <unistd.h>

#include "libk/abi/auxvec.h"
#include "libk/abi/resource.h"
#include "user/lib/pthread/internal.h"

#define STACK_DEFAULT	(8UL << 20)	/* what the kernel gives the first thread, too */
#define GUARD_DEFAULT	4096

int pthread_attr_init(pthread_attr_t *a)
{
	*a = (pthread_attr_t) { .stack_size = STACK_DEFAULT, .guard = GUARD_DEFAULT };
	return 0;
}

int pthread_attr_destroy(pthread_attr_t *a)
{
	return 0;
}

/* A pair of functions for a field; @ok is what may be set. */
#define ATTR(name, T, field, ok)						\
int pthread_attr_set##name(pthread_attr_t *a, T v)				\
{										\
	if (!(ok))								\
		return EINVAL;							\
	a->field = v;								\
	return 0;								\
}										\
int pthread_attr_get##name(const pthread_attr_t *a, T *v)			\
{										\
	*v = a->field;								\
	return 0;								\
}

ATTR(detachstate, int, detached, v == PTHREAD_CREATE_JOINABLE || v == PTHREAD_CREATE_DETACHED)
ATTR(stacksize, size_t, stack_size, v >= PTHREAD_STACK_MIN)
ATTR(guardsize, size_t, guard, v < 1UL << 40)
ATTR(inheritsched, int, inherit, v == PTHREAD_INHERIT_SCHED || v == PTHREAD_EXPLICIT_SCHED)
ATTR(schedpolicy, int, policy, v >= SCHED_OTHER && v <= SCHED_IDLE)

int pthread_attr_setschedparam(pthread_attr_t *a, const struct sched_param *param)
{
	a->param = *param;
	return 0;
}

int pthread_attr_getschedparam(const pthread_attr_t *a, struct sched_param *param)
{
	*param = a->param;
	return 0;
}

/* One kind only: each thread is a task of the kernel's. */
int pthread_attr_setscope(pthread_attr_t *a, int scope)
{
	return scope == PTHREAD_SCOPE_SYSTEM	? 0
	       : scope == PTHREAD_SCOPE_PROCESS ? ENOTSUP
						: EINVAL;
}

int pthread_attr_getscope(const pthread_attr_t *a, int *scope)
{
	*scope = PTHREAD_SCOPE_SYSTEM;
	return 0;
}

int pthread_attr_setstack(pthread_attr_t *a, void *stack, size_t size)
{
	if (size < PTHREAD_STACK_MIN)
		return EINVAL;
	a->stack = stack;
	a->stack_size = size;
	return 0;
}

int pthread_attr_getstack(const pthread_attr_t *a, void **stack, size_t *size)
{
	*stack = a->stack;
	*size = a->stack_size;
	return 0;
}

int pthread_attr_setaffinity_np(pthread_attr_t *a, size_t size, const cpu_set_t *set)
{
	CPU_ZERO(&a->cpus);
	memcpy(&a->cpus, set, min(size, sizeof(a->cpus)));
	a->has_cpus = true;
	return 0;
}

/* The first thread's stack is the kernel's: it ends behind the environment, RLIMIT_STACK long. */
static void first_stack(pthread_attr_t *a)
{
	unsigned long end = (unsigned long)environ;
	struct rlimit lim;

	for (char **p = environ; *p; p++)
		end = (unsigned long)*p + strlen(*p);
	__syscall(__NR_prlimit64, 0, RLIMIT_STACK, 0, (long)&lim, 0, 0);
	end = ALIGN_UP(end, 4096UL);
	a->stack_size = lim.rlim_cur > STACK_DEFAULT ? STACK_DEFAULT : lim.rlim_cur;
	a->stack = (void *)(end - a->stack_size);
}

int pthread_getattr_np(pthread_t t, pthread_attr_t *a)
{
	pthread_attr_init(a);
	a->detached = READ_ONCE(t->state) == DETACHED;
	a->guard = t->guard;
	a->stack = t->stack;
	a->stack_size = t->stack_size;
	if (!t->stack)
		first_stack(a);
	return 0;
}
