/*
 * clone_random [CALLS [SEED]]: random calls of clone and clone3, of every flag that needs no
 * namespace, with good and bad pointers, stacks and sizes. What each call refuses, shares and
 * writes is folded into a number for every 100 calls, which must be the one Linux gives. With -v a
 * line for each call. test: timeout=300
 *
 * Each call is made by a victim, a process of its own, so that nothing is left of it for the next.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK 16384
#define GET_FS 0x1003
#define UNTOUCHED (-7)
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct call {
	int three;		/* clone3 */
	struct clone_args args;
	size_t size;		/* of clone3's structure */
};

/* What the child and the victim saw, in numbers that do not differ between two runs. */
struct seen {
	int err, same_pid, parent, old_handler, tls, settid;			/* by the child */
	int status, plain_wait, variable, fd, dir, handler, ptid, ctid, pidfd;	/* by the victim */
	unsigned long pending;
};

static const unsigned long some_flags[] = {
	CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_THREAD, CLONE_SYSVSEM, CLONE_SETTLS,
	CLONE_PARENT_SETTID, CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID, CLONE_VFORK, CLONE_PARENT,
	CLONE_UNTRACED, CLONE_IO, CLONE_PIDFD,
};
static const unsigned int some_signals[] = {
	0, SIGCHLD, SIGCHLD, SIGCHLD, SIGUSR1, 34, 64, 65, 255
};

static char stack[STACK] __attribute__((aligned(16))), tls[8192] __attribute__((aligned(64)));
static volatile int variable;
static int ptid, ctid, pidfd, fd, verbose;
static struct seen *seen;		/* shared with the victim and its child */
static pid_t main_pid, victim;
static unsigned long state;

static unsigned int random_below(unsigned int n)
{
	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned int)(state >> 33) % n;
}

static int chance(unsigned int n)
{
	return !random_below(n);
}

/* --- making a call up --- */

static unsigned long random_flags(int three)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < COUNT(some_flags); i++)
		if (chance(3))
			flags |= some_flags[i];
	if (!chance(4)) {		/* mostly what belongs together */
		flags |= flags & CLONE_THREAD ? CLONE_SIGHAND : 0;
		flags |= flags & CLONE_SIGHAND ? CLONE_VM : 0;
	}
	if (flags & CLONE_THREAD)	/* newer versions of Linux allow it */
		flags &= ~(unsigned long)CLONE_PIDFD;
	if (three && chance(6))
		flags |= CLONE_CLEAR_SIGHAND;
	if (chance(16))
		flags |= three && chance(2) ? 1UL << (34 + random_below(30)) : CLONE_DETACHED;
	return flags;
}

static unsigned long pointer(void *good)
{
	return chance(24) ? 8 : (unsigned long)good;
}

static void random_stack(struct clone_args *a)
{
	int without = !(a->flags & CLONE_VM) && chance(2);

	a->stack = without ? 0 : (unsigned long)stack;
	a->stack_size = without ? 0 : STACK;
	if (chance(24))		/* one without the other: refused */
		*(chance(2) ? &a->stack : &a->stack_size) ^= without ? STACK : a->stack;
}

static struct call random_call(void)
{
	static const size_t sizes[] = { CLONE_ARGS_SIZE_VER0, CLONE_ARGS_SIZE_VER1, 40, 0, 5000 };
	struct call c = { .three = !chance(2), .size = CLONE_ARGS_SIZE_VER2 };
	struct clone_args *a = &c.args;

	a->flags = random_flags(c.three);
	a->exit_signal = some_signals[random_below(COUNT(some_signals))];
	if (c.three && a->flags & (CLONE_THREAD | CLONE_PARENT) && !chance(4))
		a->exit_signal = 0;
	a->tls = chance(24) ? 1UL << (47 + random_below(17)) : (unsigned long)tls + sizeof(tls) / 2;
	a->parent_tid = pointer(&ptid);
	a->child_tid = pointer(&ctid);
	a->pidfd = c.three ? pointer(&pidfd) : a->parent_tid;
	if (c.three) {
		random_stack(a);
		if (chance(16))
			c.size = sizes[random_below(COUNT(sizes))];
		if (chance(32))
			a->set_tid_size = 1 + random_below(40);
	}
	return c;
}

/* --- the child --- */

static void handler(int sig)
{
}

static int child(void *arg)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	unsigned long base = 0;
	pid_t me = (pid_t)syscall(SYS_getpid), parent = (pid_t)syscall(SYS_getppid);

	seen->same_pid = me == victim;
	seen->parent = parent == victim ? 1 : parent == main_pid ? 2 : 3;
	seen->settid = ctid == (pid_t)syscall(SYS_gettid);
	variable = 1;
	close(fd);
	chdir("/proc");
	sigaction(SIGUSR2, &ignore, &old);
	seen->old_handler = old.sa_handler == handler ? 1 : old.sa_handler == SIG_DFL ? 2 : 3;
	syscall(SYS_arch_prctl, GET_FS, &base);
	seen->tls = base == (unsigned long)tls + sizeof(tls) / 2;
	return 7;
}

/* --- the victim --- */

static long make(struct call *c)
{
	struct clone_args *a = &c->args;

	if (c->three)
		return __clone3(a, c->size, child, NULL);
	return clone(child, stack + STACK, (int)(a->flags | a->exit_signal), NULL, a->parent_tid,
		     a->tls, a->child_tid);
}

/* Until nothing is left of the child but, if it is ours, a zombie that tells how it ended. */
static void await(pid_t pid, unsigned long flags)
{
	siginfo_t info;

	if (flags & CLONE_THREAD) {
		while (!syscall(SYS_tgkill, victim, pid, 0))
			sched_yield();
	} else if (flags & CLONE_PARENT) {	/* main waits for it */
		while (!kill(pid, 0))
			sched_yield();
	} else {
		waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | __WALL);
		seen->plain_wait = waitpid(pid, &seen->status, 0) == pid ? 1 : errno;
		waitpid(pid, &seen->status, __WALL);
	}
}

static int word(int value, long pid)
{
	return value == UNTOUCHED ? 0 : value == pid ? 1 : value ? 3 : 2;
}

static void look(long pid)
{
	struct sigaction now;
	sigset_t pending;
	char dir[64] = "";

	seen->variable = variable;
	seen->fd = fcntl(fd, F_GETFD) >= 0;
	seen->dir = getcwd(dir, sizeof(dir)) && !strcmp(dir, "/proc");
	sigaction(SIGUSR2, NULL, &now);
	seen->handler = now.sa_handler == handler ? 1 : now.sa_handler == SIG_IGN ? 2 : 3;
	seen->ptid = word(ptid, pid);
	seen->ctid = word(ctid, pid);
	sigpending(&pending);
	memcpy(&seen->pending, &pending, sizeof(seen->pending));
}

static void run_victim(struct call *c)
{
	struct sigaction sa = { .sa_handler = handler };
	sigset_t all;
	long pid;
	int *where = c->three ? &pidfd : &ptid;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	victim = getpid();
	fd = open("/", O_RDONLY);
	pid = make(c);
	if (pid < 0) {
		seen->err = errno;
		return;
	}
	await((pid_t)pid, c->args.flags);
	if (c->args.flags & CLONE_PIDFD && *where > 2) {
		seen->pidfd = fcntl(*where, F_GETFD) == FD_CLOEXEC ? 1 : 2;
		*where = UNTOUCHED;
	}
	look(pid);
}

/* --- all of them --- */

static unsigned long fold(unsigned long sum, const void *data, size_t n)
{
	const unsigned char *p = data;

	while (n--)
		sum = (sum ^ *p++) * 1099511628211UL;
	return sum;
}

static void show(int nr, const struct call *c)
{
	const struct seen *s = seen;

	printf("%d clone%s flags %lx sig %ld size %ld: err %d same %d parent %d was %d tls %d "
	       "settid %d | "
	       "status %x plain %d var %d fd %d dir %d handler %d ptid %d ctid %d pidfd %d pending "
	       "%lx\n",
	       nr, c->three ? "3" : "", (long)c->args.flags, (long)c->args.exit_signal,
	       (long)c->size, s->err, s->same_pid, s->parent, s->old_handler, s->tls, s->settid,
	       s->status, s->plain_wait, s->variable, s->fd, s->dir, s->handler, s->ptid, s->ctid,
	       s->pidfd, s->pending);
}

static void one(int nr)
{
	struct call c = random_call();
	pid_t pid;

	memset(seen, 0, sizeof(*seen));
	variable = 0;
	ptid = ctid = pidfd = UNTOUCHED;
	pid = fork();
	if (!pid) {
		run_victim(&c);
		_exit(0);
	}
	/* the victim, and what CLONE_PARENT brought */
	while (wait(NULL) > 0 || errno == EINTR)
		;
	if (verbose)
		show(nr, &c);
}

int main(int argc, char **argv)
{
	int calls, refused = 0;
	unsigned long sum = 0;

	if (argc > 1 && !strcmp(argv[1], "-v")) {
		verbose = 1;
		argv++, argc--;
	}
	calls = argc > 1 ? atoi(argv[1]) : 10000;
	state = argc > 2 ? (unsigned long)atol(argv[2]) : 1;
	main_pid = getpid();
	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fflush(stdout);
	for (int i = 1; i <= calls; i++) {
		one(i);
		refused += seen->err != 0;
		sum = fold(sum, seen, sizeof(*seen));
		if (i % 100 == 0)
			printf("%d calls, %d refused, %016lx\n", i, refused, sum);
		fflush(stdout);		/* before the next fork */
	}
	return 0;
}
