/*
 * The system calls: one row each. A call that has no row is printed by its number and six words.
 * -e's classes follow from the kinds of the arguments.
 */
#include "strace.h"

#define CALL(name, ...)	   [__NR_##name] = { #name, { __VA_ARGS__ }, DEC }
#define ADDRESS(name, ...) [__NR_##name] = { #name, { __VA_ARGS__ }, HEX } /* as result */

const struct sysent sysents[NR_CALLS] = {
	/* files */
	CALL(read, FD, BUF_OUT, SIZE),
	CALL(write, FD, BUF_IN, SIZE),
	CALL(readv, FD, PTR, SIZE),
	CALL(writev, FD, IOVECS_IN, SIZE),
	CALL(pread64, FD, BUF_OUT, SIZE, LONG),
	CALL(pwrite64, FD, BUF_IN, SIZE, LONG),
	CALL(preadv, FD, PTR, SIZE, LONG),
	CALL(pwritev, FD, IOVECS_IN, SIZE, LONG),
	CALL(lseek, FD, LONG, SEEK),
	CALL(open, PATH, OPEN_FLAGS, OPEN_MODE),
	CALL(openat, DIRFD, PATH, OPEN_FLAGS, OPEN_MODE),
	CALL(creat, PATH, OCTAL),
	CALL(close, FD),
	CALL(close_range, UNSIGNED, UNSIGNED, UNSIGNED),
	CALL(truncate, PATH, LONG),
	CALL(ftruncate, FD, LONG),
	CALL(fallocate, FD, DEC, LONG, LONG),
	CALL(chmod, PATH, OCTAL),
	CALL(fchmod, FD, OCTAL),
	CALL(fchmodat, DIRFD, PATH, OCTAL),
	CALL(chown, PATH, DEC, DEC),
	CALL(lchown, PATH, DEC, DEC),
	CALL(fchown, FD, DEC, DEC),
	CALL(fchownat, DIRFD, PATH, DEC, DEC, AT_FLAGS),
	CALL(access, PATH, ACCESS_MODE),
	CALL(faccessat, DIRFD, PATH, ACCESS_MODE),
	CALL(faccessat2, DIRFD, PATH, ACCESS_MODE, AT_FLAGS),
	[__NR_umask] = { "umask", { OCTAL }, OCTAL },
	CALL(chdir, PATH),
	CALL(fchdir, FD),
	CALL(chroot, PATH),
	CALL(utimensat, DIRFD, PATH, PTR, AT_FLAGS),
	CALL(stat, PATH, STAT_OUT),
	CALL(lstat, PATH, STAT_OUT),
	CALL(fstat, FD, STAT_OUT),
	CALL(newfstatat, DIRFD, PATH, STAT_OUT, AT_FLAGS),
	CALL(statx, DIRFD, PATH, AT_FLAGS, HEX, PTR),
	CALL(statfs, PATH, PTR),
	CALL(fstatfs, FD, PTR),
	CALL(readlink, PATH, BUF_OUT, SIZE),
	CALL(readlinkat, DIRFD, PATH, BUF_OUT, SIZE),
	CALL(getdents64, FD, PTR, SIZE),
	CALL(getcwd, BUF_OUT, SIZE),
	CALL(mkdir, PATH, OCTAL),
	CALL(mkdirat, DIRFD, PATH, OCTAL),
	CALL(rmdir, PATH),
	CALL(unlink, PATH),
	CALL(unlinkat, DIRFD, PATH, AT_FLAGS),
	CALL(rename, PATH, PATH),
	CALL(renameat, DIRFD, PATH, DIRFD, PATH),
	CALL(renameat2, DIRFD, PATH, DIRFD, PATH, HEX),
	CALL(link, PATH, PATH),
	CALL(linkat, DIRFD, PATH, DIRFD, PATH, AT_FLAGS),
	CALL(symlink, PATH, PATH),
	CALL(symlinkat, PATH, DIRFD, PATH),
	CALL(mknod, PATH, OCTAL, DEV),
	CALL(mknodat, DIRFD, PATH, OCTAL, DEV),
	CALL(dup, FD),
	CALL(dup2, FD, FD),
	CALL(dup3, FD, FD, OPEN_FLAGS),
	CALL(fcntl, FD, FCNTL_CMD, FCNTL_ARG),
	CALL(flock, FD, LOCK_OP),
	CALL(ioctl, FD, IOCTL, PTR),
	CALL(sync),
	CALL(fsync, FD),
	CALL(fdatasync, FD),
	CALL(fadvise64, FD, LONG, LONG, DEC),
	CALL(memfd_create, PATH, HEX),
	CALL(mount, PATH, PATH, PATH, HEX, PTR),
	CALL(umount2, PATH, HEX),
	CALL(pipe, FDS_OUT),
	CALL(pipe2, FDS_OUT, OPEN_FLAGS),
	CALL(poll, POLLFDS, UNSIGNED, DEC),
	CALL(ppoll, POLLFDS, UNSIGNED, TIMESPEC, SIGSET, SIZE),
	CALL(select, DEC, PTR, PTR, PTR, TIMEVAL),
	CALL(pselect6, DEC, PTR, PTR, PTR, TIMESPEC, PTR),
	CALL(eventfd, UNSIGNED),
	CALL(eventfd2, UNSIGNED, OPEN_FLAGS),
	CALL(timerfd_create, CLOCK, OPEN_FLAGS),
	CALL(timerfd_settime, FD, TIMER_FLAGS, ITIMERSPEC, ITIMERSPEC_OUT),
	CALL(timerfd_gettime, FD, ITIMERSPEC_OUT),
	CALL(signalfd, FD, SIGSET, SIZE),
	CALL(signalfd4, FD, SIGSET, SIZE, OPEN_FLAGS),
	CALL(pidfd_open, DEC, HEX),
	CALL(pidfd_send_signal, FD, SIG, SIGINFO, HEX),
	CALL(epoll_create, DEC),
	CALL(epoll_create1, EPOLL_FLAGS),
	CALL(epoll_ctl, FD, EPOLL_OP, FD, EPOLL_EVENT),
	CALL(epoll_wait, FD, EPOLL_EVENTS_OUT, DEC, DEC),
	CALL(epoll_pwait, FD, EPOLL_EVENTS_OUT, DEC, DEC, SIGSET, SIZE),
	CALL(socket, DOMAIN, SOCK_TYPE, DEC),
	CALL(socketpair, DOMAIN, SOCK_TYPE, DEC, FDS_OUT),
	CALL(sendto, FD, BUF_IN, SIZE, HEX, PTR, DEC),
	CALL(recvfrom, FD, BUF_OUT, SIZE, HEX, PTR, PTR),
	CALL(shutdown, FD, DEC),

	/* threads and their waiting */
	CALL(futex, PTR, FUTEX_OP, FUTEX_VAL, FUTEX_ARG, PTR, FUTEX_VAL3),
	CALL(futex_waitv, PTR, UNSIGNED, HEX, TIMESPEC, CLOCK),
	CALL(set_robust_list, ROBUST, SIZE),
	CALL(get_robust_list, DEC, PTR, PTR),
	CALL(rseq, RSEQ, SIZE, HEX, HEX),
	CALL(sched_yield),
	CALL(sched_setaffinity, DEC, SIZE, CPUSET),
	CALL(sched_getaffinity, DEC, SIZE, CPUSET_OUT),
	CALL(sched_setscheduler, DEC, POLICY, PARAM),
	CALL(sched_getscheduler, DEC),
	CALL(sched_setparam, DEC, PARAM),
	CALL(sched_getparam, DEC, PARAM_OUT),
	CALL(sched_get_priority_max, POLICY),
	CALL(sched_get_priority_min, POLICY),
	CALL(sched_setattr, DEC, SCHED_ATTR, HEX),
	CALL(sched_getattr, DEC, SCHED_ATTR_OUT, SIZE, HEX),
	CALL(sched_rr_get_interval, DEC, TIMESPEC_OUT),
	CALL(getpriority, DEC, DEC),
	CALL(setpriority, DEC, DEC, DEC),
	CALL(getcpu, INT_OUT, INT_OUT, PTR),
	CALL(membarrier, MEMBARRIER_CMD, HEX),
	CALL(set_tid_address, PTR),
	CALL(arch_prctl, ARCH, PTR),

	/* memory */
	ADDRESS(mmap, ADDR, SIZE, PROT, MAP_FLAGS, FD, HEX),
	CALL(munmap, ADDR, SIZE),
	CALL(mprotect, ADDR, SIZE, PROT),
	ADDRESS(mremap, ADDR, SIZE, SIZE, MREMAP_FLAGS, ADDR),
	CALL(madvise, ADDR, SIZE, ADVICE),
	ADDRESS(brk, ADDR),
	CALL(msync, ADDR, SIZE, SYNC_FLAGS),
	CALL(mincore, ADDR, SIZE, PTR),
	CALL(mlock, ADDR, SIZE),
	CALL(mlock2, ADDR, SIZE, HEX),
	CALL(munlock, ADDR, SIZE),
	CALL(mlockall, HEX),
	CALL(munlockall),
	CALL(process_vm_readv, DEC, PTR, SIZE, PTR, SIZE, HEX),
	CALL(process_vm_writev, DEC, PTR, SIZE, PTR, SIZE, HEX),

	/* signals */
	CALL(rt_sigaction, SIG, SIGACTION, SIGACTION_OUT, SIZE),
	CALL(rt_sigprocmask, HOW, SIGSET, SIGSET_OUT, SIZE),
	CALL(rt_sigpending, SIGSET_OUT, SIZE),
	CALL(rt_sigsuspend, SIGSET, SIZE),
	CALL(rt_sigtimedwait, SIGSET, SIGINFO_OUT, TIMESPEC, SIZE),
	CALL(rt_sigreturn, SIGFRAME),
	CALL(sigaltstack, STACK, STACK_OUT),
	CALL(pause),
	CALL(restart_syscall),
	CALL(kill, DEC, SIG),
	CALL(tkill, DEC, SIG),
	CALL(tgkill, DEC, DEC, SIG),
	CALL(rt_sigqueueinfo, DEC, SIG, SIGINFO),
	CALL(rt_tgsigqueueinfo, DEC, DEC, SIG, SIGINFO),

	/* processes */
	CALL(fork),
	CALL(vfork),
	CALL(clone, CLONE_FLAGS, PTR, PTR, PTR, PTR),
	CALL(clone3, CLONE_ARGS, SIZE),
	CALL(unshare, CLONE_FLAGS),
	CALL(execve, PATH, STRINGS, ENVIRON),
	CALL(execveat, DIRFD, PATH, STRINGS, ENVIRON, AT_FLAGS),
	[__NR_exit] = { "exit", { DEC }, NEVER },
	[__NR_exit_group] = { "exit_group", { DEC }, NEVER },
	CALL(wait4, DEC, STATUS_OUT, WAIT_FLAGS, RUSAGE_OUT),
	CALL(waitid, ID_TYPE, DEC, SIGINFO_OUT, WAIT_FLAGS, RUSAGE_OUT),
	CALL(getpid),
	CALL(gettid),
	CALL(getppid),
	CALL(getpgid, DEC),
	CALL(getpgrp),
	CALL(setpgid, DEC, DEC),
	CALL(getsid, DEC),
	CALL(setsid),
	CALL(ptrace, PTRACE_REQ, DEC, PTR, PTR),
	CALL(kcmp, DEC, DEC, DEC, HEX, HEX),

	/* identity, limits, the system */
	CALL(getuid),
	CALL(geteuid),
	CALL(getgid),
	CALL(getegid),
	CALL(getresuid, IDS_OUT, IDS_OUT, IDS_OUT),
	CALL(getresgid, IDS_OUT, IDS_OUT, IDS_OUT),
	CALL(setuid, DEC),
	CALL(setgid, DEC),
	CALL(setreuid, DEC, DEC),
	CALL(setregid, DEC, DEC),
	CALL(setresuid, DEC, DEC, DEC),
	CALL(setresgid, DEC, DEC, DEC),
	CALL(setfsuid, DEC),
	CALL(setfsgid, DEC),
	CALL(getgroups, DEC, PTR),
	CALL(setgroups, DEC, PTR),
	CALL(capget, PTR, PTR),
	CALL(capset, PTR, PTR),
	CALL(uname, UNAME_OUT),
	CALL(sethostname, BUF_IN, SIZE),
	CALL(setdomainname, BUF_IN, SIZE),
	CALL(prctl, PRCTL, HEX, HEX, HEX, HEX),
	CALL(getrlimit, RESOURCE, RLIMIT_OUT),
	CALL(setrlimit, RESOURCE, RLIMIT),
	CALL(prlimit64, DEC, RESOURCE, RLIMIT, RLIMIT_OUT),
	CALL(getrusage, WHO_USAGE, RUSAGE_OUT),
	CALL(sysinfo, PTR),
	CALL(getrandom, BUF_OUT, SIZE, RANDOM_FLAGS),
	CALL(reboot, HEX, HEX, HEX, PTR),
	CALL(personality, HEX),

	/* time */
	CALL(clock_gettime, CLOCK, TIMESPEC_OUT),
	CALL(clock_settime, CLOCK, TIMESPEC),
	CALL(clock_getres, CLOCK, TIMESPEC_OUT),
	CALL(gettimeofday, TIMEVAL_OUT, PTR),
	CALL(settimeofday, TIMEVAL, PTR),
	CALL(time, PTR),
	CALL(times, PTR),
	CALL(adjtimex, PTR),
	CALL(nanosleep, TIMESPEC, TIMESPEC_OUT),
	CALL(clock_nanosleep, CLOCK, TIMER_FLAGS, TIMESPEC, TIMESPEC_OUT),
	CALL(getitimer, WHICH_TIMER, ITIMERVAL_OUT),
	CALL(setitimer, WHICH_TIMER, ITIMERVAL, ITIMERVAL_OUT),
	CALL(alarm, UNSIGNED),
	CALL(timer_create, CLOCK, PTR, INT_OUT),
	CALL(timer_settime, DEC, TIMER_FLAGS, ITIMERSPEC, ITIMERSPEC_OUT),
	CALL(timer_gettime, DEC, ITIMERSPEC_OUT),
	CALL(timer_getoverrun, DEC),
	CALL(timer_delete, DEC),
};

const char *call_name(long nr)
{
	static char unknown[32];

	if (nr >= 0 && nr < NR_CALLS && sysents[nr].name)
		return sysents[nr].name;
	snprintf(unknown, sizeof(unknown), "syscall_%#lx", nr);
	return unknown;
}

/* --- -e trace= --- */

static bool hidden[NR_CALLS];

bool chosen(long nr)
{
	return nr < 0 || nr >= NR_CALLS || !hidden[nr];
}

static bool in_class(long nr, unsigned int class)
{
	static const short processes[] = { __NR_fork, __NR_vfork, __NR_exit, __NR_exit_group,
					   __NR_kill };
	unsigned int has = 0;

	for (int i = 0; i < 6; i++)
		has |= kind_class(sysents[nr].args[i]);
	for (size_t i = 0; i < ARRAY_SIZE(processes); i++)
		if (nr == processes[i])
			has |= CLASS_PROCESS;
	return has & class;
}

/* Hides or shows the calls of that name or %class. False: there are none. */
static bool set_hidden(const char *word, size_t len, bool hide)
{
	static const struct {
		const char *name;
		unsigned int class;
	} classes[] = {
		{ "%file", CLASS_FILE },       { "%desc", CLASS_DESC },
		{ "%memory", CLASS_MEMORY },   { "%signal", CLASS_SIGNAL },
		{ "%process", CLASS_PROCESS }, { "all", ~0u },
	};
	unsigned int class = 0;
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (strlen(classes[i].name) == len && !strncmp(word, classes[i].name, len))
			class = classes[i].class;
	for (long nr = 0; nr < NR_CALLS; nr++) {
		const char *name = sysents[nr].name;

		if (class ? class == ~0u || (name && in_class(nr, class))
			  : name && strlen(name) == len && !strncmp(word, name, len)) {
			hidden[nr] = hide;
			found = true;
		}
	}
	return found;
}

bool choose_calls(const char *list)
{
	bool except = *list == '!';

	list += except;
	for (int i = 0; i < NR_CALLS; i++)
		hidden[i] = !except;
	while (*list) {
		size_t len = strcspn(list, ",");

		if (len && !(len == 4 && !strncmp(list, "none", 4)) &&
		    !set_hidden(list, len, except))
			return false;
		list += len + (list[len] == ',');
	}
	return true;
}
