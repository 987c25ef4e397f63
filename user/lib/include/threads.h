/* C11's threads: the same objects under the standard's names. */
#pragma once

#include <errno.h>
#include <pthread.h>

#define thread_local	_Thread_local
#define ONCE_FLAG_INIT	PTHREAD_ONCE_INIT
#define TSS_DTOR_ITERATIONS	PTHREAD_DESTRUCTOR_ITERATIONS

enum { thrd_success, thrd_busy, thrd_error, thrd_nomem, thrd_timedout };
enum { mtx_plain, mtx_recursive, mtx_timed };

typedef pthread_t thrd_t;
typedef int (*thrd_start_t)(void *);
typedef pthread_mutex_t mtx_t;
typedef pthread_cond_t cnd_t;
typedef pthread_key_t tss_t;
typedef void (*tss_dtor_t)(void *);
typedef pthread_once_t once_flag;

int thrd_create(thrd_t *t, thrd_start_t fn, void *arg);
int thrd_join(thrd_t t, int *result);
void thrd_exit(int result) __noreturn;
int thrd_sleep(const struct timespec *duration, struct timespec *rest);
int mtx_init(mtx_t *m, int type);

static inline int __thrd_result(int err)
{
	return err == 0 ? thrd_success : err == EBUSY ? thrd_busy : err == ENOMEM ? thrd_nomem
	       : err == ETIMEDOUT ? thrd_timedout : thrd_error;
}

#define __THRD(name, A, f) static inline int name(A a) { return __thrd_result(f(a)); }
#define __THRD2(name, A, B, f) static inline int name(A a, B b) { return __thrd_result(f(a, b)); }

__THRD(thrd_detach, thrd_t, pthread_detach)
__THRD(mtx_lock, mtx_t *, pthread_mutex_lock)
__THRD(mtx_trylock, mtx_t *, pthread_mutex_trylock)
__THRD(mtx_unlock, mtx_t *, pthread_mutex_unlock)
__THRD2(mtx_timedlock, mtx_t *, const struct timespec *, pthread_mutex_timedlock)
__THRD(cnd_signal, cnd_t *, pthread_cond_signal)
__THRD(cnd_broadcast, cnd_t *, pthread_cond_broadcast)
__THRD2(cnd_wait, cnd_t *, mtx_t *, pthread_cond_wait)
__THRD2(tss_create, tss_t *, tss_dtor_t, pthread_key_create)
__THRD2(tss_set, tss_t, void *, pthread_setspecific)

static inline thrd_t thrd_current(void) { return pthread_self(); }
static inline int thrd_equal(thrd_t a, thrd_t b) { return a == b; }
static inline void thrd_yield(void) { sched_yield(); }
static inline void mtx_destroy(mtx_t *m) { pthread_mutex_destroy(m); }
static inline int cnd_init(cnd_t *c) { return __thrd_result(pthread_cond_init(c, NULL)); }
static inline void cnd_destroy(cnd_t *c) { pthread_cond_destroy(c); }
static inline int cnd_timedwait(cnd_t *c, mtx_t *m, const struct timespec *abs)
{
	return __thrd_result(pthread_cond_timedwait(c, m, abs));
}
static inline void *tss_get(tss_t key) { return pthread_getspecific(key); }
static inline void tss_delete(tss_t key) { pthread_key_delete(key); }
static inline void call_once(once_flag *once, void (*fn)(void)) { pthread_once(once, fn); }
