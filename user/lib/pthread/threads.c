/*
 * C11's threads where they are not just other names: see include/threads.h.
 */
#include <threads.h>

#include "user/lib/pthread/internal.h"

/* thrd_start_t returns int where pthreads return a pointer: on x86-64 a register either way. */
int thrd_create(thrd_t *t, thrd_start_t fn, void *arg)
{
	return __thrd_result(pthread_create(t, NULL, (void *(*)(void *))(void *)fn, arg));
}

int thrd_join(thrd_t t, int *result)
{
	void *value;
	int err = pthread_join(t, &value);

	if (!err && result)
		*result = (int)(intptr_t)value;
	return __thrd_result(err);
}

void thrd_exit(int result)
{
	pthread_exit((void *)(intptr_t)result);
}

int thrd_sleep(const struct timespec *duration, struct timespec *rest)
{
	int err = clock_nanosleep(CLOCK_REALTIME, 0, duration, rest);

	return err == EINTR ? -1 : err ? -2 : 0;
}

int mtx_init(mtx_t *m, int type)
{
	*m = (mtx_t) { .type = type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE : 0 };
	return thrd_success;
}
