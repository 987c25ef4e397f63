/*
 * What one thread may ask about another: signals, names, scheduling, CPUs. A tid is only good
 * while its thread lives; kill_lock keeps it from dying between the look and the call.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "user/lib/pthread/internal.h"

#define COMM_LEN 16

int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)-__syscall(__NR_rt_sigprocmask, how, (long)set, (long)old, sizeof(*set), 0, 0);
}

/* Does one system call about @t's task; 0 if that is gone already. */
static int about(pthread_t t, long nr, long a, long b, long c, long d)
{
	sigset_t old;
	long ret = 0;

	__block_signals(&old);	/* a handler that interrupts us might want the lock too */
	__lock(&t->kill_lock);
	if (!t->exited)
		ret = __syscall(nr, a, b, c, d, 0, 0);
	__unlock(&t->kill_lock);
	__restore_signals(&old);
	return ret < 0 ? (int)-ret : 0;
}

int pthread_kill(pthread_t t, int sig)
{
	if (t == __pthread_self())	/* our own tid cannot go away: no lock, safe in a handler */
		return (int)-__syscall(__NR_tgkill, getpid(), t->tid, sig, 0, 0, 0);
	return about(t, __NR_tgkill, getpid(), t->tid, sig, 0);
}

int pthread_setaffinity_np(pthread_t t, size_t size, const cpu_set_t *set)
{
	return about(t, __NR_sched_setaffinity, t->tid, (long)size, (long)set, 0);
}

int pthread_getaffinity_np(pthread_t t, size_t size, cpu_set_t *set)
{
	memset(set, 0, size);
	return about(t, __NR_sched_getaffinity, t->tid, (long)size, (long)set, 0);
}

int pthread_setschedparam(pthread_t t, int policy, const struct sched_param *param)
{
	return about(t, __NR_sched_setscheduler, t->tid, policy, (long)param, 0);
}

int pthread_getschedparam(pthread_t t, int *policy, struct sched_param *param)
{
	*policy = sched_getscheduler(t->tid);
	return *policy < 0 ? errno : about(t, __NR_sched_getparam, t->tid, (long)param, 0, 0);
}

int pthread_setschedprio(pthread_t t, int prio)
{
	struct sched_param param = { .sched_priority = prio };

	return about(t, __NR_sched_setparam, t->tid, (long)&param, 0, 0);
}

/* The name is the task's comm, which /proc shows. */
static int open_comm(pthread_t t, int flags)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", t->tid);
	return open(path, flags | O_CLOEXEC);
}

int pthread_setname_np(pthread_t t, const char *name)
{
	size_t len = strlen(name);
	int fd, err = 0;

	if (len >= COMM_LEN)
		return ERANGE;
	if (t == __pthread_self())
		return prctl(PR_SET_NAME, name) ? errno : 0;
	fd = open_comm(t, O_WRONLY);
	if (fd < 0)
		return errno;
	if (write(fd, name, len) < 0)
		err = errno;
	close(fd);
	return err;
}

int pthread_getname_np(pthread_t t, char *name, size_t size)
{
	ssize_t n;
	int fd;

	if (size < COMM_LEN)
		return ERANGE;
	if (t == __pthread_self())
		return prctl(PR_GET_NAME, name) ? errno : 0;
	fd = open_comm(t, O_RDONLY);
	if (fd < 0)
		return errno;
	n = read(fd, name, size - 1);
	if (n > 0)
		name[n - 1] = '\0';	/* the newline */
	close(fd);
	return n > 0 ? 0 : EIO;
}

/* The kernel's encoding: tid inverted, then "of one thread" and "time on the CPU". */
int pthread_getcpuclockid(pthread_t t, clockid_t *clock)
{
	*clock = (clockid_t)(~(unsigned int)t->tid << 3 | 6);
	return 0;
}
