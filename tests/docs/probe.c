/*
 * Asks a kernel what docs/syscalls.md claims. tests/docs/syscalls compiles this with the host's
 * compiler, as a stranger, and reads its answers.
 *
 * 	probe PLAN		PLAN has a question a line: KIND VALUE; `call 39` or `madvise 4`
 *
 * It answers each with the line `KIND VALUE ANSWER`: the errno, 0 for success, 200 for a flag that
 * was accepted but forgotten, -N when signal N came. Every question is put by a child of its own,
 * so that none spoils the next.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FORGOTTEN 200
#define PAGE	  4096UL
#define FILE_NAME "/tmp/probe-file"

static int word, word2;
static char buffer[PAGE];

static int answer(long ret)
{
	return ret < 0 ? errno : 0;
}

/* An error that shows that the thing is there, and only had nothing to do. */
static int fine(int error, int if1, int if2)
{
	return error == if1 || error == if2 ? 0 : error;
}

/* --- system calls as such: with arguments that no call can do anything with --- */

static int probe_call(long nr)
{
	if (nr == SYS_futex) /* -1 would be an operation that is not there */
		return answer(syscall(nr, &word, 1, 1, NULL, NULL, 0));
	if (nr == SYS_kill) /* -1 would be everybody */
		return answer(syscall(nr, 0x7fffffff, 0));
	return answer(syscall(nr, -1L, -1L, -1L, -1L, -1L, -1L));
}

/* --- clone, clone3, unshare --- */

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size, cgroup;
};

#define VM	0x100L
#define SIGHAND 0x800L
#define PARENT	0x8000L
#define THREAD	0x10000L

/* The child touches no stack at all: it may share ours. */
static long raw_clone(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%edi, %%edi\n\tmov $60, "
			 "%%eax\n\tsyscall\n1:"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

/* Thread flags come with those they need. */
static long with_company(long flags)
{
	if (flags & THREAD)
		flags |= SIGHAND;
	return flags & SIGHAND ? flags | VM : flags;
}

static int wait_clone(long pid, long flags)
{
	if (pid > 0 && !(flags & (THREAD | PARENT)))
		waitpid((pid_t)pid, NULL, __WALL);
	return pid < 0 ? (int)-pid : 0;
}

static int probe_clone(long flags)
{
	flags = with_company(flags);
	return wait_clone(raw_clone(SYS_clone, flags | SIGCHLD, 0, (long)&word, (long)&word2, 0),
			  flags);
}

static int probe_clone3(long flags)
{
	struct clone3_args args = { .pidfd = (uint64_t)&word,
				    .child_tid = (uint64_t)&word2,
				    .parent_tid = (uint64_t)&word,
				    .cgroup =
					    (uint64_t)open("/sys/fs/cgroup/init.scope", O_RDONLY) };

	args.flags = (uint64_t)with_company(flags);
	args.exit_signal = args.flags & (THREAD | PARENT) ? 0 : SIGCHLD;
	return wait_clone(raw_clone(SYS_clone3, (long)&args, sizeof(args), 0, 0, 0),
			  (long)args.flags);
}

static int probe_unshare(long flags)
{
	return answer(syscall(SYS_unshare, flags));
}

/* --- futex: the word is 0; a waiter that expects 1 leaves at once --- */

static int probe_futex(long op)
{
	long bits = (op & 127) == 9 || (op & 127) == 10; /* FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET */

	return fine(answer(syscall(SYS_futex, &word, op, 1, NULL, &word2, bits)), EAGAIN, EPERM);
}

static int probe_futex_private(long op)
{
	return probe_futex(op | 128);
}

static int probe_futex_realtime(long op)
{
	return probe_futex(op | 256);
}

/* --- memory --- */

static void *pages(int n, int flags)
{
	return mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static int do_mmap(long flags, int fd)
{
	char *addr = flags & (MAP_FIXED | 0x100000) ? pages(1, 0) : NULL;

	if (flags & 0x100000) /* MAP_FIXED_NOREPLACE */
		munmap(addr, PAGE);
	return answer(syscall(SYS_mmap, addr, PAGE, PROT_READ | PROT_WRITE, flags, fd, 0));
}

static int probe_mmap(long flag)
{
	return do_mmap(flag | MAP_ANONYMOUS | (flag & 0xf ? 0 : MAP_PRIVATE), -1);
}

static int probe_mmap_file(long flag)
{
	return do_mmap(flag | (flag & 0xf ? 0 : 3),
		       open(FILE_NAME, O_RDWR)); /* MAP_SHARED_VALIDATE */
}

static int probe_mprotect(long prot)
{
	return answer(
		syscall(SYS_mprotect, pages(1, prot & 0x01000000 ? MAP_GROWSDOWN : 0), PAGE, prot));
}

static int probe_madvise(long advice)
{
	return answer(syscall(SYS_madvise, pages(2, 0), 2 * PAGE, advice));
}

static int probe_mremap(long flag)
{
	char *old = pages(1, 0), *to = pages(1, 0);

	munmap(to, PAGE);
	return answer(syscall(SYS_mremap, old, PAGE, PAGE, flag | 1, to));
}

static int probe_msync(long flag)
{
	return answer(syscall(SYS_msync, pages(1, 0), PAGE, flag));
}

/* --- files --- */

static const char *open_arguments(long *flags)
{
	if (*flags & 0x400000) { /* __O_TMPFILE */
		*flags |= O_RDWR;
		return "/tmp";
	}
	if (*flags & O_DIRECTORY)
		return "/tmp";
	if (*flags & O_EXCL)
		*flags |= O_CREAT;
	if (*flags & ~3L)
		*flags |= O_RDWR;
	return *flags & O_CREAT ? "/tmp/probe-new" : FILE_NAME;
}

static int probe_open(long flags)
{
	const char *name = open_arguments(&flags);
	int error = answer(syscall(SYS_open, name, flags, 0600));

	unlink("/tmp/probe-new");
	return error;
}

static int probe_fcntl(long cmd)
{
	struct flock lock = { .l_type = F_UNLCK };
	int fd = open(FILE_NAME, O_RDWR), ends[2];
	long arg = 0;

	if (cmd == F_SETFD)
		arg = FD_CLOEXEC;
	if (cmd == F_SETOWN)
		arg = getpid();
	if (cmd == F_GETLK || cmd == 36) /* F_OFD_GETLK */
		lock.l_type = F_WRLCK;
	if ((cmd >= F_GETLK && cmd <= F_SETLKW) || (cmd >= 36 && cmd <= 38) || cmd == 15 ||
	    cmd == 16)
		arg = (long)&lock;
	if (cmd == 1031 || cmd == 1032) { /* F_SETPIPE_SZ, F_GETPIPE_SZ */
		arg = PAGE;
		fd = pipe(ends) ? -1 : ends[0];
	}
	if (cmd == 1033 || cmd == 1034) /* F_ADD_SEALS, F_GET_SEALS */
		fd = (int)syscall(SYS_memfd_create, "probe", 0);
	return answer(syscall(SYS_fcntl, fd, cmd, arg));
}

/* --- waiting: there are no children, and that is what an accepted question hears --- */

static int probe_wait4(long options)
{
	return fine(answer(syscall(SYS_wait4, -1, &word, options | WNOHANG, NULL)), ECHILD, 0);
}

static int probe_waitid(long options)
{
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		options |= WEXITED;
	return fine(answer(syscall(SYS_waitid, P_ALL, 0, buffer, options | WNOHANG, NULL)), ECHILD,
		    0);
}

/* --- signals: is the flag still there afterwards? --- */

static int probe_sigaction(long flag)
{
	struct {
		uint64_t handler, flags, restorer, mask;
	} act = { 1, (uint64_t)flag, 0, 0 };
	int error = answer(syscall(SYS_rt_sigaction, SIGUSR1, &act, NULL, 8));

	if (!error)
		error = answer(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &act, 8));
	return error ? error : act.flags == (uint64_t)flag ? 0 : FORGOTTEN;
}

/* --- ptrace: of a stopped tracee, with arguments that the request can do something with --- */

static pid_t stopped_tracee(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	syscall(SYS_ptrace, 0x4206L, pid, 0L, 0L); /* SEIZE */
	syscall(SYS_ptrace, 0x4207L, pid, 0L, 0L); /* INTERRUPT */
	waitpid(pid, NULL, __WALL);
	return pid;
}

static int probe_ptrace(long request)
{
	enum {
		GETREGS = 12,
		ATTACH = 16,
		GETSIGINFO = 0x4202,
		GETREGSET = 0x4204,
		SEIZE = 0x4206,
		GETSIGMASK = 0x420a,
		GET_SYSCALL_INFO = 0x420e
	};
	bool regset = (request & ~1L) == GETREGSET,
	     memory = request >= 1 && request <= 5 && request != 3;
	bool get = request <= 3 || (request >= GETREGS && request <= 15) || request >= 0x4201;
	void *iov[2] = { buffer, (void *)216 };
	pid_t pid;
	long addr, data;
	int error;

	if (request == 0) /* TRACEME */
		return answer(syscall(SYS_ptrace, request, 0, 0, 0));
	pid = stopped_tracee();
	if (request == ATTACH || request == SEIZE)
		syscall(SYS_ptrace, 17L, pid, 0L, 0L); /* DETACH */
	addr = regset			       ? 1
	       : (request & ~1L) == GETSIGMASK ? 8
	       : request == GET_SYSCALL_INFO   ? 24
	       : memory			       ? (long)&word
					       : 0;
	data = regset ? (long)iov : get && request != SEIZE ? (long)buffer : 0;
	if (request == 13 || request == 15 || request == 0x4203 ||
	    request == 0x4205) /* the SET requests */
		syscall(SYS_ptrace, request == 13 || request == 15 ? request - 1 : request ^ 1, pid,
			addr, data);
	error = answer(syscall(SYS_ptrace, request, pid, addr, data));
	kill(pid, SIGKILL);
	return error;
}

static int probe_ptrace_option(long option)
{
	pid_t pid = stopped_tracee();
	int error = answer(syscall(SYS_ptrace, 0x4200L, pid, 0L, option)); /* SETOPTIONS */

	kill(pid, SIGKILL);
	return error;
}

static int probe_prctl(long option)
{
	long a = 0;

	switch (option) {
	case 1:
	case 7:
	case 3:
	case 23:
	case 30:	 /* PDEATHSIG, the answers that come as results */
	case 0x53564d41: /* PR_SET_VMA, PR_SET_VMA_ANON_NAME */
	case 39:	 /* PR_GET_NO_NEW_PRIVS */
		break;
	case 4:
	case 29:
	case 36:
	case 38: /* DUMPABLE, TIMERSLACK, CHILD_SUBREAPER, NO_NEW_PRIVS */
		a = 1;
		break;
	default:
		a = (long)buffer;
	}
	return answer(syscall(SYS_prctl, option, a, 0L, 0L, 0L));
}

/* --- the terminal: a serial line that nobody uses, ours in a session of our own --- */

static int probe_ioctl(long cmd)
{
	int tty = open("/dev/ttyS2", O_RDWR | O_NOCTTY);
	long arg = (long)buffer;

	signal(SIGHUP, SIG_IGN);
	setsid();
	switch (cmd) {
	case 0x5402:
	case 0x5403:
	case 0x5404: /* TCSETS, W, F */
		syscall(SYS_ioctl, tty, 0x5401L, buffer);
		break;
	case 0x5409:
	case 0x540a:
	case 0x5425:
	case 0x540e: /* TCSBRK, TCXONC, TCSBRKP, TIOCSCTTY */
		arg = cmd == 0x540e ? 0 : 1;
		break;
	case 0x540b: /* TCFLSH */
		arg = 2;
		break;
	case 0x540f:
	case 0x5410:
	case 0x5422:
	case 0x5429: /* TIOCGPGRP, TIOCSPGRP, TIOCNOTTY, TIOCGSID */
		syscall(SYS_ioctl, tty, 0x540eL, 0L);
		*(int *)buffer = getpid();
		break;
	}
	return answer(syscall(SYS_ioctl, tty, cmd, arg));
}

/* --- */

static const struct {
	const char *kind;
	int (*probe)(long value);
} probes[] = {
	{ "call", probe_call },
	{ "clone", probe_clone },
	{ "clone3", probe_clone3 },
	{ "unshare", probe_unshare },
	{ "futex", probe_futex },
	{ "futex+PRIVATE", probe_futex_private },
	{ "futex+REALTIME", probe_futex_realtime },
	{ "mmap", probe_mmap },
	{ "mmap-file", probe_mmap_file },
	{ "mprotect", probe_mprotect },
	{ "madvise", probe_madvise },
	{ "mremap", probe_mremap },
	{ "msync", probe_msync },
	{ "open", probe_open },
	{ "fcntl", probe_fcntl },
	{ "wait4", probe_wait4 },
	{ "waitid", probe_waitid },
	{ "sigaction", probe_sigaction },
	{ "ptrace", probe_ptrace },
	{ "ptrace-option", probe_ptrace_option },
	{ "prctl", probe_prctl },
	{ "ioctl", probe_ioctl },
};

static int in_child(int (*probe)(long), long value)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(probe(value));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return FORGOTTEN + 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int main(int argc, char **argv)
{
	FILE *plan = fopen(argc > 1 ? argv[1] : "/plan", "r");
	char kind[32];
	long value;

	if (!plan)
		return 1;
	close(open(FILE_NAME, O_RDWR | O_CREAT, 0600));
	if (truncate(FILE_NAME, PAGE))
		return 1;
	while (fscanf(plan, "%31s %ld", kind, &value) == 2) {
		size_t i = 0, n = sizeof(probes) / sizeof(probes[0]);

		while (i < n && strcmp(probes[i].kind, kind))
			i++;
		if (i == n) {
			printf("there is no probe for %s\n", kind);
			return 1;
		}
		printf("%s %ld ", kind, value);
		fflush(stdout);
		printf("%d\n", in_child(probes[i].probe, value));
	}
	unlink(FILE_NAME);
	return 0;
}
