/*
 * fuzz_calls [SECONDS [SEED]]: random system calls, from two threads of each of many short-lived
 * processes. Whatever they ask for, the kernel goes on, and afterwards no task is left of them. On
 * Linux it would do its random things to the host. test: linux=no timeout=300
 *
 * Each victim is PID 1 of a pid namespace of its own, so that its end is the end of all that it
 * started, and kill(-1) reaches nobody else. Most arguments fit their call (a table says how),
 * since what fits gets further into the kernel; one in eight is wild. The same seed gives every
 * victim the same calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libk/bits.h"

#define CALLS 200	/* of each thread of a victim */
#define WORKERS 4
#define ARENA (1UL << 20)
#define STACK 65536

/*
 * What the arguments are: f descriptor, b buffer, n length, p path, i small number, x flags, a page
 * in the arena, t timespec, s signal, P process, w futex word, d directory descriptor, 0 nothing.
 */
static const struct {
	int nr;
	const char *args;
} table[] = {
	{ SYS_read, "fbn" },
	{ SYS_write, "fbn" },
	{ SYS_open, "pxi" },
	{ SYS_close, "f" },
	{ SYS_stat, "pb" },
	{ SYS_fstat, "fb" },
	{ SYS_poll, "bii" },
	{ SYS_lseek, "fni" },
	{ SYS_mmap, "anixfn" },
	{ SYS_mmap, "anixfn" },
	{ SYS_mprotect, "ani" },
	{ SYS_munmap, "an" },
	{ SYS_mremap, "annia" },
	{ SYS_madvise, "ani" },
	{ SYS_msync, "ani" },
	{ SYS_mincore, "anb" },
	{ SYS_brk, "a" },
	{ SYS_rt_sigaction, "sbbn" },
	{ SYS_rt_sigprocmask, "ibbi" },
	{ SYS_rt_sigpending, "bi" },
	{ SYS_rt_sigtimedwait, "bbti" },
	{ SYS_rt_sigqueueinfo, "Psb" },
	{ SYS_sigaltstack, "bb" },
	{ SYS_ioctl, "fxb" },
	{ SYS_pread64, "fbnn" },
	{ SYS_pwrite64, "fbnn" },
	{ SYS_readv, "fbi" },
	{ SYS_writev, "fbi" },
	{ SYS_pipe, "b" },
	{ SYS_pipe2, "bx" },
	{ SYS_select, "ibbbt" },
	{ SYS_pselect6, "ibbbtb" },
	{ SYS_ppoll, "bitb" },
	{ SYS_dup, "f" },
	{ SYS_dup2, "ff" },
	{ SYS_dup3, "ffx" },
	{ SYS_nanosleep, "tb" },
	{ SYS_getitimer, "ib" },
	{ SYS_setitimer, "ibb" },
	{ SYS_alarm, "i" },
	{ SYS_sendfile, "ffbn" },
	{ SYS_socketpair, "iiib" },
	{ SYS_sendmsg, "fbx" },
	{ SYS_recvmsg, "fbx" },
	{ SYS_sendto, "fbnx" },
	{ SYS_recvfrom, "fbnx" },
	{ SYS_shutdown, "fi" },
	{ SYS_clone, "xb" },
	{ SYS_clone3, "bn" },
	{ SYS_fork, "" },
	{ SYS_vfork, "" },
	{ SYS_execve, "pbb" },
	{ SYS_wait4, "Pbib" },
	{ SYS_kill, "Ps" },
	{ SYS_tkill, "Ps" },
	{ SYS_tgkill, "PPs" },
	{ SYS_uname, "b" },
	{ SYS_fcntl, "fii" },
	{ SYS_fcntl, "fib" },
	{ SYS_flock, "fi" },
	{ SYS_ftruncate, "fn" },
	{ SYS_truncate, "pn" },
	{ SYS_getdents64, "fbn" },
	{ SYS_getcwd, "bn" },
	{ SYS_chdir, "p" },
	{ SYS_fchdir, "f" },
	{ SYS_rename, "pp" },
	{ SYS_mkdir, "pi" },
	{ SYS_rmdir, "p" },
	{ SYS_link, "pp" },
	{ SYS_unlink, "p" },
	{ SYS_symlink, "pp" },
	{ SYS_readlink, "pbn" },
	{ SYS_chmod, "pi" },
	{ SYS_fchmod, "fi" },
	{ SYS_chown, "pii" },
	{ SYS_getrusage, "ib" },
	{ SYS_setpgid, "PP" },
	{ SYS_setsid, "" },
	{ SYS_getpgid, "P" },
	{ SYS_getsid, "P" },
	{ SYS_setpriority, "iPi" },
	{ SYS_sched_setparam, "Pb" },
	{ SYS_sched_setscheduler, "Pib" },
	{ SYS_sched_setaffinity, "Pnb" },
	{ SYS_sched_getaffinity, "Pnb" },
	{ SYS_sched_setattr, "Pbi" },
	{ SYS_sched_getattr, "Pbni" },
	{ SYS_sched_yield, "" },
	{ SYS_prctl, "iiiii" },
	{ SYS_prctl, "ib" },
	{ SYS_arch_prctl, "ib" },
	{ SYS_setrlimit, "ib" },
	{ SYS_prlimit64, "Pibb" },
	{ SYS_futex, "wiitwi" },
	{ SYS_futex, "wiiiwi" },
	{ SYS_futex, "wiitwi" },
	{ SYS_futex_waitv, "biit" },
	{ SYS_set_robust_list, "bn" },
	{ SYS_get_robust_list, "Pbb" },
	{ SYS_set_tid_address, "b" },
	{ SYS_timer_create, "ibb" },
	{ SYS_timer_settime, "iibb" },
	{ SYS_timer_gettime, "ib" },
	{ SYS_timer_delete, "i" },
	{ SYS_clock_gettime, "ib" },
	{ SYS_clock_nanosleep, "iitb" },
	{ SYS_epoll_create1, "x" },
	{ SYS_epoll_ctl, "fifb" },
	{ SYS_epoll_wait, "fbii" },
	{ SYS_epoll_pwait, "fbiibi" },
	{ SYS_eventfd2, "ix" },
	{ SYS_signalfd4, "fbix" },
	{ SYS_timerfd_create, "ix" },
	{ SYS_timerfd_settime, "fibb" },
	{ SYS_timerfd_gettime, "fb" },
	{ SYS_openat, "dpxi" },
	{ SYS_mkdirat, "dpi" },
	{ SYS_mknodat, "dpii" },
	{ SYS_newfstatat, "dpbi" },
	{ SYS_unlinkat, "dpi" },
	{ SYS_renameat2, "dpdpi" },
	{ SYS_linkat, "dpdpi" },
	{ SYS_symlinkat, "pdp" },
	{ SYS_readlinkat, "dpbn" },
	{ SYS_utimensat, "dpbi" },
	{ SYS_faccessat, "dpi" },
	{ SYS_statx, "dpiib" },
	{ SYS_fallocate, "fixn" },
	{ SYS_splice, "fbfbni" },
	{ SYS_unshare, "x" },
	{ SYS_waitid, "iPbib" },
	{ SYS_pidfd_open, "Pi" },
	{ SYS_pidfd_send_signal, "fsbi" },
	{ SYS_pidfd_getfd, "ffi" },
	{ SYS_process_vm_readv, "Pbibi" },
	{ SYS_process_vm_writev, "Pbibi" },
	{ SYS_membarrier, "ii" },
	{ SYS_kcmp, "PPiii" },
	{ SYS_rseq, "bnii" },
	{ SYS_getrandom, "bni" },
	{ SYS_memfd_create, "px" },
	{ SYS_close_range, "ffi" },
	{ SYS_execveat, "dpbbi" },
	{ SYS_setresuid, "iii" },
	{ SYS_setgroups, "ib" },
	{ SYS_getgroups, "ib" },
	{ SYS_capget, "bb" },
	{ SYS_capset, "bb" },
	{ SYS_rt_sigreturn, "" },
	{ SYS_rt_sigsuspend, "bi" },
	{ SYS_restart_syscall, "" },
	{ SYS_mlock, "an" },
	{ SYS_ptrace, "iPbb" },
	{ SYS_copy_file_range, "fbfbni" },
	{ SYS_setns, "fx" },
	{ SYS_statfs, "pb" },
	{ SYS_sysinfo, "b" },
	{ SYS_umask, "i" },
	{ SYS_rt_tgsigqueueinfo, "PPsb" },
	{ SYS_exit, "i" },
};

/* Not to be tried: they end or change the machine, or what the next victim needs. */
static const int skipped[] = {
	SYS_reboot,	  SYS_mount,	  SYS_umount2, SYS_pivot_root, SYS_clock_settime,
	SYS_settimeofday, SYS_exit_group, SYS_syslog,  SYS_adjtimex,   SYS_clock_adjtime,
};

/* None that is there for others too and could be renamed. */
static const char *const paths[] = {
	"a",
	"b",
	"dir",
	"dir/c",
	"dir/../a",
	"link",
	"./.",
	"",
	"/proc/self/status",
	"/proc/self/maps",
	"/proc/meminfo",
	"/proc/self/fd/4",
	"/proc/self/task",
	"/proc/self",
	"/proc/self/mem",
	"/proc/self/exe",
	"/proc/stat",
	"fifo",
	"/proc/self/fd/6",
	"/proc/1/status",
};

static const unsigned long wild[] = {
	0,
	1,
	0xfff,
	~0UL,
	~0UL - 7,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	1UL << 62,
	1UL << 63,
	0x00007ffffffff000,
	0x0000800000000000,
	0xffff888000000000,
	0xffffffff80000000,
	0xfffffffffffff000,
	0x7fffffffffffffff,
};

static char *arena;
static char stacks[2][STACK] __aligned(16);

static unsigned long draw(unsigned long *state)
{
	unsigned long x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

/* Some words of the arena are made to look like what a call may want to find there. */
static char *buffer(unsigned long *r)
{
	char *b = arena + draw(r) % (ARENA / 2);
	unsigned long *word = (unsigned long *)((unsigned long)b & ~7UL);

	if (draw(r) % 4 == 0)
		return b;
	for (int i = 0; i < 8; i++)
		switch (draw(r) % 5) {
		case 0: word[i] = draw(r) % 64; break;
		case 1: word[i] = (unsigned long)arena + draw(r) % ARENA; break;
		case 2: word[i] = 0; break;
		case 3: word[i] = 1UL << draw(r) % 64; break;
		}
	return (char *)word;
}

static unsigned long argument(char kind, unsigned long *r)
{
	unsigned long n = draw(r);

	if (n % 8 == 0)
		return wild[draw(r) % ARRAY_SIZE(wild)];
	n = draw(r);
	switch (kind) {
	case 'f': return n % 20;
	case 'd': return n % 3 ? (unsigned long)AT_FDCWD : n % 16;
	case 'b': return (unsigned long)buffer(r);
	case 'n': return n % 3 == 0 ? n % 4096 : n % 3 == 1 ? n % ARENA : (n % 16) << 12;
	case 'p': return (unsigned long)paths[n % ARRAY_SIZE(paths)];
	case 'i': return n % 4 ? n % 20 : n % 300;
	case 'x': return n % 4 ? 1UL << draw(r) % 32 | 1UL << draw(r) % 32 : draw(r) & 0xffffffff;
	case 'a': return (unsigned long)arena + (n % 32 << 12);
	case 's': return n % 4 ? n % 65 : 0;
	case 'P': return n % 3 ? n % 5 : (unsigned long)-(long)(n % 5);
	case 'w': return (unsigned long)arena + ARENA / 2 + (n % 4) * 4;
	case 't': {
		unsigned long *ts = (unsigned long *)(arena + ARENA / 2 + 64 + n % 8 * 16);

		ts[0] = 0;
		ts[1] = draw(r) % 1000000;
		return (unsigned long)ts;
	}
	}
	return n;
}

static bool is_skipped(int nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		if (skipped[i] == nr)
			return true;
	return false;
}

static void one_call(unsigned long *r)
{
	unsigned long a[6];
	size_t i = draw(r) % ARRAY_SIZE(table);
	const char *kinds = table[i].args;
	int nr = table[i].nr;

	if (draw(r) % 16 == 0) {
		nr = (int)(draw(r) % 460);
		kinds = "";
	}
	if (is_skipped(nr))
		return;
	for (int k = 0; k < 6; k++) {
		a[k] = argument(*kinds ? *kinds : "fbnpixa"[draw(r) % 7], r);
		kinds += *kinds != 0;
	}
	/* A thread or a vfork child without a stack of its own would tear ours apart. */
	if (nr == SYS_vfork)
		nr = SYS_fork;
	if (nr == SYS_clone || nr == SYS_clone3)
		a[1] = (unsigned long)(stacks[0] + draw(r) % STACK) & ~15UL;
	syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int fuzz(void *seed)
{
	unsigned long r = (unsigned long)seed;

	for (int i = 0; i < CALLS; i++)
		one_call(&r);
	return 0;
}

static __noreturn void victim(unsigned long seed)
{
	struct rlimit memory = { 64UL << 20, 64UL << 20 }, few = { 200, 200 };
	int null, fds[2];

	setsid();	/* a process group reaches beyond a namespace */
	syscall(SYS_close_range, 3, ~0U, 0);
	null = dup(open("/dev/null", O_RDWR));
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	setrlimit(RLIMIT_AS, &memory);
	setrlimit(RLIMIT_FSIZE, &memory);
	setrlimit(RLIMIT_NPROC, &few);
	open("/dev/zero", O_RDWR);
	open("/dev/urandom", O_RDWR);
	open("/dev/full", O_RDWR);
	mknod("fifo", S_IFIFO | 0666, 0);
	open("a", O_RDWR | O_CREAT, 0666);
	open("dir", O_RDONLY | O_DIRECTORY);
	pipe(fds);
	syscall(SYS_eventfd2, 0, 0);
	syscall(SYS_epoll_create1, 0);
	syscall(SYS_timerfd_create, 1, 0);
	syscall(SYS_socketpair, 1, 1, 0, fds);
	seed = seed * 0x9e3779b97f4a7c15 | 1;
	alarm(2);
	clone(fuzz, stacks[1] + STACK,
	      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
	      (void *)(seed ^ 0x5555555555555550));
	fuzz((void *)seed);
	_exit(0);
}

/*
 * The victims may block SIGALRM, or stop themselves: somebody has to end them. And a thread of
 * theirs may have made us its tracer: its own number is to be waited for too, or its process never
 * ends.
 */
static void end(int sig) { (void)sig; }

static void run_victim(unsigned long seed)
{
	struct sigaction sa = { .sa_handler = end };
	struct itimerval soon = { { 0, 100000 }, { 0, 300000 } };
	int status;
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	if (pid < 0) {
		sched_yield();
		return;
	}
	if (pid == 0)
		victim(seed);
	sigaction(SIGALRM, &sa, NULL);
	syscall(SYS_setitimer, 0, &soon, NULL);
	for (pid_t ended = 0; ended != pid;) {
		ended = waitpid(-1, &status, __WALL);
		if (ended < 0 && errno == EINTR)
			kill(pid, SIGKILL);
	}
	memset(&soon, 0, sizeof(soon));
	syscall(SYS_setitimer, 0, &soon, NULL);
}

static long seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void worker(unsigned long seed, long until, unsigned long *victims)
{
	char dir[32];

	snprintf(dir, sizeof(dir), "/tmp/fuzz/%lu", seed);
	mkdir(dir, 0777);
	if (chdir(dir) || mkdir("dir", 0777) || symlink("a", "link"))
		_exit(2);
	for (unsigned long i = 0; seconds() < until; i++, (*victims)++)
		run_victim(seed << 32 | i);
	_exit(0);
}

static int alive(void)
{
	char buf[64] = "";
	int fd = open("/proc/loadavg", O_RDONLY);
	char *slash;

	if (read(fd, buf, sizeof(buf) - 1) <= 0)
		return -1;
	close(fd);
	slash = strchr(buf, '/');
	return slash ? atoi(slash + 1) : -1;
}

int main(int argc, char **argv)
{
	long until = seconds() + (argc > 1 ? atol(argv[1]) : 4);
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1, *victims, total = 0;
	int before = alive(), after, status, failed = 0;

	arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	victims = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mkdir("/tmp", 01777);
	mkdir("/tmp/fuzz", 0777);
	for (unsigned long w = 0; w < WORKERS; w++)
		if (fork() == 0)
			worker(seed * WORKERS + w, until, &victims[w * 8]);
	for (int w = 0; w < WORKERS; w++) {
		wait(&status);
		failed |= status;
	}
	for (int w = 0; w < WORKERS; w++)
		total += victims[w * 8];
	/* Whoever is still there is on its way out: its namespace was killed, and killed is not
	 * yet gone. */
	for (int i = 0; i < 1000 && (after = alive()) != before; i++)
		usleep(10000);
	if (after != before)
		failed |= printf("%d tasks before, %d after\n", before, after);
	fprintf(stderr, "seed %lu: %lu victims\n", seed, total);
	puts(failed ? "FAIL" : "PASS");
	return failed != 0;
}
