/*
 * Making mutexes, and the attributes that say which kind.
 */
#include "user/lib/pthread/internal.h"
#include "user/lib/pthread/mutex.h"

int pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a)
{
	*m = (pthread_mutex_t) { .type = a ? a->type : 0 };
	return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *m)
{
	return m->word & (int)~FUTEX_OWNER_DIED ? EBUSY : 0;
}

int pthread_mutexattr_init(pthread_mutexattr_t *a)
{
	a->type = 0;
	return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *a)
{
	return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *a, int type)
{
	if (type < PTHREAD_MUTEX_NORMAL || type > PTHREAD_MUTEX_ERRORCHECK)
		return EINVAL;
	a->type = (a->type & ~MUTEX_KIND) | type;
	return 0;
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *a, int *type)
{
	*type = a->type & MUTEX_KIND;
	return 0;
}

static int set_flag(pthread_mutexattr_t *a, int flag, int value)
{
	if (value != 0 && value != 1)
		return EINVAL;
	a->type = value ? a->type | flag : a->type & ~flag;
	return 0;
}

#define FLAG(name, flag)							\
int pthread_mutexattr_set##name(pthread_mutexattr_t *a, int value)		\
{										\
	return set_flag(a, flag, value);					\
}										\
int pthread_mutexattr_get##name(const pthread_mutexattr_t *a, int *value)	\
{										\
	*value = !!(a->type & flag);						\
	return 0;								\
}

FLAG(robust, MUTEX_ROBUST)
FLAG(protocol, MUTEX_PI)
FLAG(pshared, MUTEX_SHARED)
