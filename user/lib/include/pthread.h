/*
 * POSIX threads. user/lib/pthread/ has the theory of each object in its own file. Functions return
 * an errno number, they do not set errno.
 */
#pragma once

#include <sched.h>
#include <signal.h>
#include <time.h>

#include "libk/compiler.h"
#include "libk/types.h"

typedef struct pthread *pthread_t;

enum { PTHREAD_CREATE_JOINABLE, PTHREAD_CREATE_DETACHED };
enum { PTHREAD_INHERIT_SCHED, PTHREAD_EXPLICIT_SCHED };
enum { PTHREAD_SCOPE_SYSTEM, PTHREAD_SCOPE_PROCESS };
enum { PTHREAD_PROCESS_PRIVATE, PTHREAD_PROCESS_SHARED };
enum { PTHREAD_CANCEL_ENABLE, PTHREAD_CANCEL_DISABLE };
enum { PTHREAD_CANCEL_DEFERRED, PTHREAD_CANCEL_ASYNCHRONOUS };
enum { PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
       PTHREAD_MUTEX_DEFAULT = PTHREAD_MUTEX_NORMAL };
enum { PTHREAD_MUTEX_STALLED, PTHREAD_MUTEX_ROBUST };
enum { PTHREAD_PRIO_NONE, PTHREAD_PRIO_INHERIT };

#define PTHREAD_CANCELED		((void *)-1)
#define PTHREAD_BARRIER_SERIAL_THREAD	(-1)
#define PTHREAD_KEYS_MAX		128
#define PTHREAD_DESTRUCTOR_ITERATIONS	4
#define PTHREAD_STACK_MIN		16384

typedef struct {
	int detached, inherit;
	int policy;
	struct sched_param param;
	size_t stack_size, guard;
	void *stack;			/* the caller's own, lowest byte; NULL: one is made */
	cpu_set_t cpus;
	bool has_cpus;
} pthread_attr_t;

/* Laid out like glibc's, so that who looks from outside (docs/hang.md) finds the owner. */
typedef struct {
	int word;			/* the futex */
	int count;			/* how often a recursive one was locked again */
	int owner;			/* who holds a normal one; the others' is in the word */
	int state;			/* robust: consistent, inconsistent, not recoverable */
	int type;			/* PTHREAD_MUTEX_ and the flags of
					 * user/lib/pthread/mutex.c */
	int unused;
	struct { void *next, *prev; } link;	/* robust: in the owner's list */
} pthread_mutex_t;

typedef struct {
	int type;
} pthread_mutexattr_t;

typedef struct {
	int seq;			/* the futex: counts signals and broadcasts */
	int waiters;			/* threads in pthread_cond_wait() that still need us */
	int clock, shared;
} pthread_cond_t;

typedef struct {
	int clock, shared;
} pthread_condattr_t;

typedef struct {
	int word;
	int shared;
} pthread_rwlock_t;

typedef struct {
	int shared;
} pthread_rwlockattr_t;

typedef struct {
	pthread_mutex_t lock;
	int phase, shared;		/* phase: the futex */
	unsigned int limit, arrived, inside;
} pthread_barrier_t;

typedef struct {
	int shared;
} pthread_barrierattr_t;

typedef int pthread_once_t;
typedef int pthread_spinlock_t;
typedef unsigned int pthread_key_t;

#define PTHREAD_MUTEX_INITIALIZER			{ 0 }
#define PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP		{ .type = PTHREAD_MUTEX_RECURSIVE }
#define PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP		{ .type = PTHREAD_MUTEX_ERRORCHECK }
#define PTHREAD_COND_INITIALIZER			{ 0 }
#define PTHREAD_RWLOCK_INITIALIZER			{ 0 }
#define PTHREAD_ONCE_INIT				0

/* Threads */
int pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*start)(void *), void *arg);
int pthread_join(pthread_t t, void **result);
int pthread_tryjoin_np(pthread_t t, void **result);
int pthread_timedjoin_np(pthread_t t, void **result, const struct timespec *abs);
int pthread_detach(pthread_t t);
void pthread_exit(void *result) __noreturn;
pthread_t pthread_self(void);
int pthread_equal(pthread_t a, pthread_t b);
int pthread_once(pthread_once_t *once, void (*init)(void));
int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int pthread_setname_np(pthread_t t, const char *name);
int pthread_getname_np(pthread_t t, char *name, size_t size);
int pthread_setaffinity_np(pthread_t t, size_t size, const cpu_set_t *set);
int pthread_getaffinity_np(pthread_t t, size_t size, cpu_set_t *set);
int pthread_setschedparam(pthread_t t, int policy, const struct sched_param *param);
int pthread_getschedparam(pthread_t t, int *policy, struct sched_param *param);
int pthread_setschedprio(pthread_t t, int prio);
int pthread_getcpuclockid(pthread_t t, clockid_t *clock);

/* Attributes */
int pthread_attr_init(pthread_attr_t *a);
int pthread_attr_destroy(pthread_attr_t *a);
int pthread_attr_setdetachstate(pthread_attr_t *a, int state);
int pthread_attr_getdetachstate(const pthread_attr_t *a, int *state);
int pthread_attr_setstacksize(pthread_attr_t *a, size_t size);
int pthread_attr_getstacksize(const pthread_attr_t *a, size_t *size);
int pthread_attr_setguardsize(pthread_attr_t *a, size_t size);
int pthread_attr_getguardsize(const pthread_attr_t *a, size_t *size);
int pthread_attr_setstack(pthread_attr_t *a, void *stack, size_t size);
int pthread_attr_getstack(const pthread_attr_t *a, void **stack, size_t *size);
int pthread_attr_setinheritsched(pthread_attr_t *a, int inherit);
int pthread_attr_getinheritsched(const pthread_attr_t *a, int *inherit);
int pthread_attr_setschedpolicy(pthread_attr_t *a, int policy);
int pthread_attr_getschedpolicy(const pthread_attr_t *a, int *policy);
int pthread_attr_setschedparam(pthread_attr_t *a, const struct sched_param *param);
int pthread_attr_getschedparam(const pthread_attr_t *a, struct sched_param *param);
int pthread_attr_setscope(pthread_attr_t *a, int scope);
int pthread_attr_getscope(const pthread_attr_t *a, int *scope);
int pthread_attr_setaffinity_np(pthread_attr_t *a, size_t size, const cpu_set_t *set);
int pthread_getattr_np(pthread_t t, pthread_attr_t *a);

/* Mutexes */
int pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a);
int pthread_mutex_destroy(pthread_mutex_t *m);
int pthread_mutex_lock(pthread_mutex_t *m);
int pthread_mutex_trylock(pthread_mutex_t *m);
int pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *abs);
int pthread_mutex_clocklock(pthread_mutex_t *m, clockid_t clk, const struct timespec *abs);
int pthread_mutex_unlock(pthread_mutex_t *m);
int pthread_mutex_consistent(pthread_mutex_t *m);
int pthread_mutexattr_init(pthread_mutexattr_t *a);
int pthread_mutexattr_destroy(pthread_mutexattr_t *a);
int pthread_mutexattr_settype(pthread_mutexattr_t *a, int type);
int pthread_mutexattr_gettype(const pthread_mutexattr_t *a, int *type);
int pthread_mutexattr_setrobust(pthread_mutexattr_t *a, int robust);
int pthread_mutexattr_getrobust(const pthread_mutexattr_t *a, int *robust);
int pthread_mutexattr_setprotocol(pthread_mutexattr_t *a, int protocol);
int pthread_mutexattr_getprotocol(const pthread_mutexattr_t *a, int *protocol);
int pthread_mutexattr_setpshared(pthread_mutexattr_t *a, int shared);
int pthread_mutexattr_getpshared(const pthread_mutexattr_t *a, int *shared);

/* Condition variables */
int pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a);
int pthread_cond_destroy(pthread_cond_t *c);
int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *abs);
int pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m, clockid_t clk,
			   const struct timespec *abs);
int pthread_cond_signal(pthread_cond_t *c);
int pthread_cond_broadcast(pthread_cond_t *c);
int pthread_condattr_init(pthread_condattr_t *a);
int pthread_condattr_destroy(pthread_condattr_t *a);
int pthread_condattr_setclock(pthread_condattr_t *a, clockid_t clk);
int pthread_condattr_getclock(const pthread_condattr_t *a, clockid_t *clk);
int pthread_condattr_setpshared(pthread_condattr_t *a, int shared);
int pthread_condattr_getpshared(const pthread_condattr_t *a, int *shared);

/* Read-write locks, barriers, spinlocks */
int pthread_rwlock_init(pthread_rwlock_t *l, const pthread_rwlockattr_t *a);
int pthread_rwlock_destroy(pthread_rwlock_t *l);
int pthread_rwlock_rdlock(pthread_rwlock_t *l);
int pthread_rwlock_tryrdlock(pthread_rwlock_t *l);
int pthread_rwlock_timedrdlock(pthread_rwlock_t *l, const struct timespec *abs);
int pthread_rwlock_wrlock(pthread_rwlock_t *l);
int pthread_rwlock_trywrlock(pthread_rwlock_t *l);
int pthread_rwlock_timedwrlock(pthread_rwlock_t *l, const struct timespec *abs);
int pthread_rwlock_unlock(pthread_rwlock_t *l);
int pthread_rwlockattr_init(pthread_rwlockattr_t *a);
int pthread_rwlockattr_destroy(pthread_rwlockattr_t *a);
int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *a, int shared);
int pthread_rwlockattr_getpshared(const pthread_rwlockattr_t *a, int *shared);
int pthread_barrier_init(pthread_barrier_t *b, const pthread_barrierattr_t *a, unsigned int count);
int pthread_barrier_destroy(pthread_barrier_t *b);
int pthread_barrier_wait(pthread_barrier_t *b);
int pthread_barrierattr_init(pthread_barrierattr_t *a);
int pthread_barrierattr_destroy(pthread_barrierattr_t *a);
int pthread_barrierattr_setpshared(pthread_barrierattr_t *a, int shared);
int pthread_barrierattr_getpshared(const pthread_barrierattr_t *a, int *shared);
int pthread_spin_init(pthread_spinlock_t *s, int shared);
int pthread_spin_destroy(pthread_spinlock_t *s);
int pthread_spin_lock(pthread_spinlock_t *s);
int pthread_spin_trylock(pthread_spinlock_t *s);
int pthread_spin_unlock(pthread_spinlock_t *s);

/* Thread-specific values */
int pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int pthread_key_delete(pthread_key_t key);
void *pthread_getspecific(pthread_key_t key);
int pthread_setspecific(pthread_key_t key, const void *value);

/* Cancellation */
int pthread_cancel(pthread_t t);
int pthread_setcancelstate(int state, int *old);
int pthread_setcanceltype(int type, int *old);
void pthread_testcancel(void);

struct __cleanup {
	void (*fn)(void *);
	void *arg;
	struct __cleanup *next;
};

void __cleanup_push(struct __cleanup *c);
void __cleanup_pop(int run);	/* the latest */

/* A pair of braces: the two must stand in one block, as POSIX demands. */
#define __cleanup_name2(line)	__cleanup_##line
#define __cleanup_name(line)	__cleanup_name2(line)
#define pthread_cleanup_push(f, a)						\
	do { struct __cleanup __cleanup_name(__LINE__) = { (f), (a), NULL };	\
	__cleanup_push(&__cleanup_name(__LINE__));
#define pthread_cleanup_pop(run)						\
	__cleanup_pop(run); } while (0)
