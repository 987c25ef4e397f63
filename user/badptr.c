/*
 * badptr: passes wild pointers to every system call. The kernel must answer with an error (or do
 * what a call does that does not look at its arguments) and go on; it must not die, and the caller
 * must not be killed by anything but a signal the call is meant to send.
 *
 * Each call runs in a child, so that those which change the process do no harm; calls that would
 * stop, end or reconfigure the machine or its host are left out. Calls known to follow a pointer
 * must answer EFAULT.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libk/bits.h"

#define LAST_NR __NR_set_mempolicy_home_node

static const unsigned long wild[] = {
	0x1, 0xfff, 0x10000000000, 0x00007ffffffff000, 0x00007ffffffffffc, 0x0000800000000000,
	0xffff800000000000, 0xffff888000000000, 0xffffffff80000000, 0xfffffffffffffff8, ~0UL,
};

/* Not to be tried: they end or change more than the calling process. */
static const int skipped[] = {
	__NR_reboot, __NR_kexec_load, __NR_kexec_file_load, __NR_kill, __NR_tkill, __NR_tgkill,
	__NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo, __NR_vfork, __NR_fork, __NR_clone,
	__NR_clone3, __NR_exit, __NR_exit_group, __NR_pause, __NR_sync, __NR_syncfs,
	__NR_sethostname, __NR_setdomainname, __NR_settimeofday, __NR_clock_settime,
	__NR_adjtimex, __NR_clock_adjtime, __NR_vhangup, __NR_rt_sigreturn, __NR_swapon,
	__NR_swapoff, __NR_init_module, __NR_finit_module, __NR_delete_module, __NR_acct,
	__NR_umount2, __NR_mount, __NR_pivot_root, __NR_chroot, __NR_syslog, __NR_ioperm,
	__NR_iopl, __NR_setpriority, __NR_ioprio_set, __NR_setrlimit, __NR_prlimit64,
	__NR_rt_sigsuspend, __NR_wait4, __NR_waitid, __NR_modify_ldt, __NR_quotactl,
	__NR_bpf, __NR_perf_event_open, __NR_userfaultfd, __NR_seccomp, __NR_ptrace,
	__NR_munmap, __NR_brk, __NR_arch_prctl, __NR_personality, __NR_migrate_pages,
	__NR_move_pages, __NR_process_mrelease, __NR_close_range, __NR_mlockall,
	/* They change what a descriptor or a path stands for, and a wild number may be a
	 * descriptor. */
	__NR_fchmod, __NR_fchown, __NR_fchmodat, __NR_fchownat, __NR_ftruncate, __NR_fallocate,
	__NR_utimensat, __NR_futimesat, __NR_fsetxattr, __NR_fremovexattr,
};

/* number, arguments; P is where the wild pointer goes. All of these must say EFAULT. */
#define P 0xbadUL
#define CWD ((unsigned long)AT_FDCWD)
static const struct {
	int nr;
	unsigned long arg[6];
} must_fault[] = {
	{ __NR_read, { 3, P, 16 } }, { __NR_write, { 4, P, 16 } }, { __NR_open, { P, 0 } },
	{ __NR_stat, { P, 0 } }, { __NR_lstat, { P, 0 } }, { __NR_fstat, { 3, P } },
	{ __NR_access, { P, 0 } }, { __NR_pipe, { P } }, { __NR_pipe2, { P, 0 } },
	{ __NR_execve, { P, 0, 0 } }, { __NR_uname, { P } }, { __NR_getcwd, { P, 100 } },
	{ __NR_chdir, { P } }, { __NR_mkdir, { P, 0 } }, { __NR_rmdir, { P } },
	{ __NR_unlink, { P } }, { __NR_rename, { P, P } }, { __NR_link, { P, P } },
	{ __NR_symlink, { P, P } }, { __NR_readlink, { P, P, 10 } }, { __NR_chmod, { P, 0 } },
	{ __NR_getrlimit, { 0, P } }, { __NR_getrusage, { 0, P } }, { __NR_sysinfo, { P } },
	{ __NR_times, { P } }, { __NR_nanosleep, { P, 0 } }, { __NR_clock_gettime, { 1, P } },
	{ __NR_clock_getres, { 1, P } }, { __NR_gettimeofday, { P, 0 } },
	{ __NR_rt_sigaction, { 10, P, 0, 8 } }, { __NR_rt_sigprocmask, { 0, P, 0, 8 } },
	{ __NR_sigaltstack, { P, 0 } }, { __NR_getdents64, { 5, P, 1000 } },
	{ __NR_newfstatat, { CWD, P, P, 0 } }, { __NR_openat, { CWD, P, 0 } },
	{ __NR_statfs, { P, P } }, { __NR_getrandom, { P, 16, 0 } }, { __NR_poll, { P, 1, 0 } },
	{ __NR_select, { 5, P, 0, 0, 0 } }, { __NR_readv, { 3, P, 1 } },
	{ __NR_writev, { 4, P, 1 } }, { __NR_ioctl, { 4, 0x541b, P } },
	{ __NR_prctl, { 15, P } }, { __NR_truncate, { P, 0 } },
	{ __NR_sched_getaffinity, { 0, 128, P } }, { __NR_statx, { CWD, P, 0, 0, P } },
};

static int fds[2];

static bool is_skipped(int nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		if (skipped[i] == nr)
			return true;
	return false;
}

/* In a child, with 3 = an endless file, 4 = a pipe's end, 5 = a directory. */
static void prepare(void)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	/* What its caller gave it must not be reached by any call: a pipe of its own takes its
	 * place. */
	syscall(__NR_close_range, 0, 2, 0);
	dup2(fds[0], 0);
	dup2(fds[1], 1);
	dup2(fds[1], 2);
	dup2(open("/dev/zero", O_RDONLY), 3);
	dup2(fds[1], 4);
	dup2(open("/", O_RDONLY | O_DIRECTORY), 5);
}

static int child_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		;
	return status;
}

/* All wild values in every argument at once, then in each alone. 0 if the child survived. */
static int try_call(int nr)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		prepare();
		alarm(2);	/* a call may legally sleep: a wild timeout is a long one */
		for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
			unsigned long w = wild[i];

			syscall(nr, w, w, w, w, w, w);
			syscall(nr, 3, w, 64, w, w, w);
			syscall(nr, w, 64, w, 0, w, 0);
		}
		_exit(0);
	}
	status = child_status(pid);
	if (!status || (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM))
		return 0;
	printf("not ok call %d: the child ended with status %#x\n", nr, status);
	return 1;
}

static int try_fault(size_t i)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		prepare();
		for (size_t w = 1; w < ARRAY_SIZE(wild); w++) {
			unsigned long a[6];

			for (int k = 0; k < 6; k++)
				a[k] = must_fault[i].arg[k] == P ? wild[w] : must_fault[i].arg[k];
			errno = 0;
			syscall(must_fault[i].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
			if (errno != EFAULT)
				_exit(errno ? errno : 200);
		}
		_exit(0);
	}
	status = child_status(pid);
	if (!status)
		return 0;
	printf("not ok call %d: status %#x (the errno shifted by 8) instead of EFAULT\n",
	       must_fault[i].nr, status);
	return 1;
}

int main(void)
{
	int failed = 0, tried = 0;

	if (pipe(fds))
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < ARRAY_SIZE(must_fault); i++)
		failed += try_fault(i);
	for (int nr = 0; nr <= LAST_NR; nr++)
		if (!is_skipped(nr) && (nr <= __NR_rseq || nr >= __NR_pidfd_send_signal)) {
			failed += try_call(nr);
			tried++;
		}
	printf("%s: %d calls tried, %d must fault, %d failed\n", failed ? "FAIL" : "PASS", tried,
	       (int)ARRAY_SIZE(must_fault), failed);
	return failed != 0;
}
