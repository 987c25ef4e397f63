/* Scheduling and clone(). */
#pragma once

#include "libk/abi/sched.h"
#include "libk/abi/time.h"

#define CPU_SETSIZE	1024

typedef struct {
	unsigned long bits[CPU_SETSIZE / 64];
} cpu_set_t;

#define CPU_ZERO(s)	((void)(*(s) = (cpu_set_t) { { 0 } }))
#define CPU_SET(n, s)	((void)((s)->bits[(n) / 64] |= 1UL << ((n) % 64)))
#define CPU_CLR(n, s)	((void)((s)->bits[(n) / 64] &= ~(1UL << ((n) % 64))))
#define CPU_ISSET(n, s)	(((s)->bits[(n) / 64] >> ((n) % 64)) & 1)

int sched_yield(void);
int sched_getcpu(void);
int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param);
int sched_getscheduler(pid_t pid);
int sched_getparam(pid_t pid, struct sched_param *param);
int sched_get_priority_max(int policy);
int sched_get_priority_min(int policy);
int sched_rr_get_interval(pid_t pid, struct timespec *ts);
int unshare(int flags);
/* Variable arguments: pid_t *parent_tid, void *tls, pid_t *child_tid. */
int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);
/* clone3() whose child calls fn(arg) and exits with what that returns; the name is glibc's. */
int __clone3(struct clone_args *args, size_t size, int (*fn)(void *), void *arg);
