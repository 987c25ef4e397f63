/* System calls of kernel/time that set timers which send signals; included by calls.h. */
SYSCALL(getitimer, int which, struct itimerval __user *value)
SYSCALL(setitimer, int which, const struct itimerval __user *value, struct itimerval __user *ovalue)
SYSCALL(alarm, unsigned int seconds)
SYSCALL(timer_create, clockid_t clock, const struct sigevent __user *event, int __user *id)
SYSCALL(timer_settime, int id, int flags, const struct itimerspec __user *value,
	struct itimerspec __user *ovalue)
SYSCALL(timer_gettime, int id, struct itimerspec __user *value)
SYSCALL(timer_getoverrun, int id)
SYSCALL(timer_delete, int id)
