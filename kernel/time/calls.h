/* System calls of kernel/time; see kernel/syscalls.h. */
#include "kernel/time/calls_timers.h"
/* clock.c */
SYSCALL(clock_gettime, clockid_t clock, struct timespec __user *tp)
SYSCALL(clock_settime, clockid_t clock, const struct timespec __user *tp)
SYSCALL(clock_getres, clockid_t clock, struct timespec __user *res)
SYSCALL(gettimeofday, struct timeval __user *tv, struct timezone __user *tz)
SYSCALL(settimeofday, const struct timeval __user *tv, const struct timezone __user *tz)
SYSCALL(time, time_t __user *tloc)
SYSCALL(times, struct tms __user *buf)
SYSCALL(adjtimex, struct timex __user *tx)
/* sleep.c */
SYSCALL(nanosleep, const struct timespec __user *req, struct timespec __user *rem)
SYSCALL(clock_nanosleep, clockid_t clock, int flags, const struct timespec __user *req,
	struct timespec __user *rem)
