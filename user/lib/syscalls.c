/*
 * System calls as C functions: one row each where arguments and meaning are the kernel's own,
 * functions below where they are not. All set errno and return -1 on failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "user/lib/libc.h"

long __syscall_ret(long ret)
{
	if ((unsigned long)ret < (unsigned long)-4095)
		return ret;
	errno = (int)-ret;
	return -1;
}

#define CALL(nr, a, b, c, d, e, f)						\
	__syscall_ret(__syscall(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),	\
				(long)(f)))

#define S0(T, name, nr) T name(void) { return (T)CALL(nr, 0, 0, 0, 0, 0, 0); }
#define S1(T, name, nr, A) T name(A a) { return (T)CALL(nr, a, 0, 0, 0, 0, 0); }
#define S2(T, name, nr, A, B) T name(A a, B b) { return (T)CALL(nr, a, b, 0, 0, 0, 0); }
#define S3(T, name, nr, A, B, C) T name(A a, B b, C c) { return (T)CALL(nr, a, b, c, 0, 0, 0); }
#define S4(T, name, nr, A, B, C, D)						\
	T name(A a, B b, C c, D d) { return (T)CALL(nr, a, b, c, d, 0, 0); }
#define S5(T, name, nr, A, B, C, D, E)						\
	T name(A a, B b, C c, D d, E e) { return (T)CALL(nr, a, b, c, d, e, 0); }

/* The same for those that are cancellation points of threads. */
#define CALL_CP(nr, a, b, c, d, e, f)						\
	__syscall_ret(__syscall_cp(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),	\
				   (long)(f)))
#define C0(T, name, nr) T name(void) { return (T)CALL_CP(nr, 0, 0, 0, 0, 0, 0); }
#define C1(T, name, nr, A) T name(A a) { return (T)CALL_CP(nr, a, 0, 0, 0, 0, 0); }
#define C2(T, name, nr, A, B) T name(A a, B b) { return (T)CALL_CP(nr, a, b, 0, 0, 0, 0); }
#define C3(T, name, nr, A, B, C)						\
	T name(A a, B b, C c) { return (T)CALL_CP(nr, a, b, c, 0, 0, 0); }
#define C4(T, name, nr, A, B, C, D)						\
	T name(A a, B b, C c, D d) { return (T)CALL_CP(nr, a, b, c, d, 0, 0); }
#define C5(T, name, nr, A, B, C, D, E)						\
	T name(A a, B b, C c, D d, E e) { return (T)CALL_CP(nr, a, b, c, d, e, 0); }

/* Files */
C3(ssize_t, read, __NR_read, int, void *, size_t)
C3(ssize_t, write, __NR_write, int, const void *, size_t)
C4(ssize_t, pread, __NR_pread64, int, void *, size_t, off_t)
C4(ssize_t, pwrite, __NR_pwrite64, int, const void *, size_t, off_t)
C3(ssize_t, readv, __NR_readv, int, const struct iovec *, int)
C3(ssize_t, writev, __NR_writev, int, const struct iovec *, int)
C1(int, close, __NR_close, int)
S3(off_t, lseek, __NR_lseek, int, off_t, int)
S1(int, dup, __NR_dup, int)
S2(int, dup2, __NR_dup2, int, int)
S3(int, dup3, __NR_dup3, int, int, int)
S1(int, pipe, __NR_pipe, int *)
S2(int, pipe2, __NR_pipe2, int *, int)
S2(int, flock, __NR_flock, int, int)
C1(int, fsync, __NR_fsync, int)
S2(int, ftruncate, __NR_ftruncate, int, off_t)
S2(int, truncate, __NR_truncate, const char *, off_t)
S2(int, fstat, __NR_fstat, int, struct stat *)
S2(int, stat, __NR_stat, const char *, struct stat *)
S2(int, lstat, __NR_lstat, const char *, struct stat *)
S4(int, fstatat, __NR_newfstatat, int, const char *, struct stat *, int)
S2(int, statfs, __NR_statfs, const char *, struct statfs *)
S2(int, access, __NR_access, const char *, int)
S2(int, chmod, __NR_chmod, const char *, mode_t)
S2(int, fchmod, __NR_fchmod, int, mode_t)
S3(int, chown, __NR_chown, const char *, uid_t, gid_t)
S1(mode_t, umask, __NR_umask, mode_t)
S1(int, chdir, __NR_chdir, const char *)
S1(int, fchdir, __NR_fchdir, int)
S1(int, chroot, __NR_chroot, const char *)
S2(int, mkdir, __NR_mkdir, const char *, mode_t)
S1(int, rmdir, __NR_rmdir, const char *)
S3(int, mknod, __NR_mknod, const char *, mode_t, dev_t)
S2(int, link, __NR_link, const char *, const char *)
S2(int, symlink, __NR_symlink, const char *, const char *)
S3(ssize_t, readlink, __NR_readlink, const char *, char *, size_t)
S1(int, unlink, __NR_unlink, const char *)
S3(int, unlinkat, __NR_unlinkat, int, const char *, int)
S2(int, rename, __NR_rename, const char *, const char *)
C3(int, poll, __NR_poll, struct pollfd *, nfds_t, int)
C5(int, select, __NR_select, int, fd_set *, fd_set *, fd_set *, struct timeval *)
S1(int, epoll_create1, __NR_epoll_create1, int)
S4(int, epoll_ctl, __NR_epoll_ctl, int, int, int, struct epoll_event *)
C4(int, epoll_wait, __NR_epoll_wait, int, struct epoll_event *, int, int)
S2(int, eventfd, __NR_eventfd2, unsigned int, int)
S2(int, memfd_create, __NR_memfd_create, const char *, unsigned int)
S4(int, socketpair, __NR_socketpair, int, int, int, int *)
S5(int, mount, __NR_mount, const char *, const char *, const char *, unsigned long, const void *)
S2(int, umount2, __NR_umount2, const char *, int)

/* Memory */
S2(int, munmap, __NR_munmap, void *, size_t)
S3(int, mprotect, __NR_mprotect, void *, size_t, int)
S3(int, madvise, __NR_madvise, void *, size_t, int)
C3(int, msync, __NR_msync, void *, size_t, int)
S3(int, mincore, __NR_mincore, void *, size_t, unsigned char *)
S2(int, mlock, __NR_mlock, const void *, size_t)

/* Processes */
S3(int, execve, __NR_execve, const char *, char *const *, char *const *)
C4(pid_t, wait4, __NR_wait4, pid_t, int *, int, struct rusage *)
S0(pid_t, getpid, __NR_getpid)
S0(pid_t, getppid, __NR_getppid)
S0(pid_t, gettid, __NR_gettid)
S0(pid_t, getpgrp, __NR_getpgrp)
S1(pid_t, getpgid, __NR_getpgid, pid_t)
S2(int, setpgid, __NR_setpgid, pid_t, pid_t)
S0(pid_t, setsid, __NR_setsid)
S1(pid_t, getsid, __NR_getsid, pid_t)
S0(uid_t, getuid, __NR_getuid)
S0(uid_t, geteuid, __NR_geteuid)
S0(gid_t, getgid, __NR_getgid)
S0(gid_t, getegid, __NR_getegid)
S1(int, setuid, __NR_setuid, uid_t)
S1(int, setgid, __NR_setgid, gid_t)
S1(int, unshare, __NR_unshare, int)
S0(int, sched_yield, __NR_sched_yield)
S3(int, sched_setaffinity, __NR_sched_setaffinity, pid_t, size_t, const cpu_set_t *)
S3(int, sched_setscheduler, __NR_sched_setscheduler, pid_t, int, const struct sched_param *)
S1(int, sched_getscheduler, __NR_sched_getscheduler, pid_t)
S2(int, sched_getparam, __NR_sched_getparam, pid_t, struct sched_param *)
S1(int, sched_get_priority_max, __NR_sched_get_priority_max, int)
S1(int, sched_get_priority_min, __NR_sched_get_priority_min, int)
S2(int, sched_rr_get_interval, __NR_sched_rr_get_interval, pid_t, struct timespec *)
S3(int, setpriority, __NR_setpriority, int, int, int)
S4(int, prlimit, __NR_prlimit64, pid_t, int, const struct rlimit *, struct rlimit *)
S2(int, getrlimit, __NR_getrlimit, int, struct rlimit *)
S2(int, setrlimit, __NR_setrlimit, int, const struct rlimit *)
S2(int, getrusage, __NR_getrusage, int, struct rusage *)
S1(clock_t, times, __NR_times, struct tms *)

/* Signals */
S2(int, kill, __NR_kill, pid_t, int)
S3(int, tgkill, __NR_tgkill, pid_t, pid_t, int)
S2(int, sigaltstack, __NR_sigaltstack, const stack_t *, stack_t *)
S1(unsigned int, alarm, __NR_alarm, unsigned int)
C0(int, pause, __NR_pause)

/* Time and system */
S2(int, clock_gettime, __NR_clock_gettime, clockid_t, struct timespec *)
S2(int, clock_settime, __NR_clock_settime, clockid_t, const struct timespec *)
S2(int, clock_getres, __NR_clock_getres, clockid_t, struct timespec *)
C2(int, nanosleep, __NR_nanosleep, const struct timespec *, struct timespec *)
S2(int, gettimeofday, __NR_gettimeofday, struct timeval *, struct timezone *)
S3(int, setitimer, __NR_setitimer, int, const struct itimerval *, struct itimerval *)
S2(int, getitimer, __NR_getitimer, int, struct itimerval *)
S3(int, timer_create, __NR_timer_create, clockid_t, struct sigevent *, timer_t *)
S4(int, timer_settime, __NR_timer_settime, timer_t, int, const struct itimerspec *,
   struct itimerspec *)
S2(int, timer_gettime, __NR_timer_gettime, timer_t, struct itimerspec *)
S1(int, timer_getoverrun, __NR_timer_getoverrun, timer_t)
S1(int, timer_delete, __NR_timer_delete, timer_t)
S1(int, uname, __NR_uname, struct utsname *)
S2(int, sethostname, __NR_sethostname, const char *, size_t)
S1(int, sysinfo, __NR_sysinfo, struct sysinfo *)
S3(ssize_t, getrandom, __NR_getrandom, void *, size_t, unsigned int)

long syscall(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return CALL(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The last argument of these is optional: read it whether it is there or not, as the ABI allows. */
#define LAST_ARG(after) ({							\
	va_list ap;								\
	long arg;								\
	va_start(ap, after);							\
	arg = va_arg(ap, long);							\
	va_end(ap);								\
	arg; })

int open(const char *path, int flags, ...)
{
	return (int)CALL_CP(__NR_open, path, flags, LAST_ARG(flags), 0, 0, 0);
}

int openat(int dir, const char *path, int flags, ...)
{
	return (int)CALL_CP(__NR_openat, dir, path, flags, LAST_ARG(flags), 0, 0);
}

int fcntl(int fd, int cmd, ...)
{
	return (int)CALL_CP(__NR_fcntl, fd, cmd, LAST_ARG(cmd), 0, 0, 0);
}

int ioctl(int fd, unsigned long request, ...)
{
	return (int)CALL(__NR_ioctl, fd, request, LAST_ARG(request), 0, 0, 0);
}

/* The kernel stores what a PEEK request reads; here it is the result, so errno must tell an error
 * from a word of ones. */
long ptrace(int request, ...)
{
	unsigned long word, a[3];
	va_list ap;
	long ret;

	va_start(ap, request);
	for (int i = 0; i < 3; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (request < PTRACE_PEEKTEXT || request > PTRACE_PEEKUSER)
		return CALL(__NR_ptrace, request, (pid_t)a[0], a[1], a[2], 0, 0);
	ret = CALL(__NR_ptrace, request, (pid_t)a[0], a[1], &word, 0, 0);
	if (!ret)
		errno = 0;
	return ret ? ret : (long)word;
}

int prctl(int option, ...)
{
	long a[4];
	va_list ap;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return (int)CALL(__NR_prctl, option, a[0], a[1], a[2], a[3], 0);
}

void *mremap(void *addr, size_t old_len, size_t new_len, int flags, ...)
{
	return (void *)CALL(__NR_mremap, addr, old_len, new_len, flags, LAST_ARG(flags), 0);
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return (void *)CALL(__NR_mmap, addr, len, prot, flags, fd, off);
}

int creat(const char *path, mode_t mode)
{
	return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int mkfifo(const char *path, mode_t mode)
{
	return mknod(path, S_IFIFO | mode, 0);
}

int umount(const char *target)
{
	return umount2(target, 0);
}

void sync(void)
{
	__syscall(__NR_sync, 0, 0, 0, 0, 0, 0);
}

int reboot(unsigned int cmd)
{
	return (int)CALL(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, cmd, 0, 0, 0);
}

char *getcwd(char *buf, size_t size)
{
	return CALL(__NR_getcwd, buf, size, 0, 0, 0, 0) < 0 ? NULL : buf;
}

pid_t wait(int *status)
{
	return wait4(-1, status, 0, NULL);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	return wait4(pid, status, options, NULL);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	return (int)CALL_CP(__NR_waitid, type, id, info, options, 0, 0);
}

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	long n = CALL(__NR_sched_getaffinity, pid, size, set, 0, 0, 0);

	if (n < 0)
		return -1;
	memset((char *)set + n, 0, size - (size_t)n);
	return 0;
}

int sched_getcpu(void)
{
	unsigned int cpu;

	return CALL(__NR_getcpu, &cpu, 0, 0, 0, 0, 0) < 0 ? -1 : (int)cpu;
}

/* The kernel returns 20 - nice, so that no result is negative. */
int getpriority(int which, int who)
{
	long ret = CALL(__NR_getpriority, which, who, 0, 0, 0, 0);

	return ret < 0 ? -1 : 20 - (int)ret;
}

int nice(int inc)
{
	int prio = getpriority(PRIO_PROCESS, 0) + inc;

	return setpriority(PRIO_PROCESS, 0, prio) ? -1 : getpriority(PRIO_PROCESS, 0);
}

int brk(void *end)
{
	if ((void *)__syscall(__NR_brk, (long)end, 0, 0, 0, 0, 0) == end)
		return 0;
	errno = ENOMEM;
	return -1;
}

void *sbrk(intptr_t inc)
{
	long end = __syscall(__NR_brk, 0, 0, 0, 0, 0, 0);

	if (inc && brk((char *)end + inc))
		return (void *)-1;
	return (void *)end;
}

/* The error is the result, not errno: POSIX's exception. */
int clock_nanosleep(clockid_t clk, int flags, const struct timespec *req, struct timespec *rem)
{
	return (int)-__syscall_cp(__NR_clock_nanosleep, clk, flags, (long)req, (long)rem, 0, 0);
}

unsigned int sleep(unsigned int seconds)
{
	struct timespec ts = { seconds, 0 };

	return nanosleep(&ts, &ts) ? (unsigned int)ts.tv_sec + (ts.tv_nsec > 0) : 0;
}

int usleep(unsigned int us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000L };

	return nanosleep(&ts, NULL);
}

time_t time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

clock_t clock(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts))
		return -1;
	return ts.tv_sec * CLOCKS_PER_SEC + ts.tv_nsec / 1000;
}
