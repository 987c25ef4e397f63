/*
 * What each flag of clone() shares, seen by having the child change it: once with the flag, once
 * without. A process is a task that shares nothing, a thread one that shares all of it.
 */
#include "check.h"

#include <poll.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#define GET_FS 0x1003
#define THREAD (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)

static char stack[65536] __attribute__((aligned(16)));
static char fake_tls[4096] __attribute__((aligned(64)));
static volatile int variable, fd, ready, go;
static volatile pid_t child_getpid, child_getppid, parent_tid, child_tid;
static volatile unsigned long child_fs;
static pid_t pid;

/* Runs @fn in a clone and waits for it; its exit status, or -errno of clone(). */
static int run(int (*fn)(void *), int flags)
{
	int status = 0;

	pid = clone(fn, stack + sizeof(stack), flags | SIGCHLD, NULL, &parent_tid, fake_tls,
		    &child_tid);
	if (pid < 0)
		return -errno;
	if (waitpid(pid, &status, __WALL) != pid)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int set_variable(void *arg) { variable = 1; return 0; }
static int close_fd(void *arg) { return (int)syscall(SYS_close, fd); }
static int change_dir(void *arg) { return (int)syscall(SYS_chdir, "/proc"); }
static int nothing(void *arg) { return 7; }

static void handler(int sig)
{
}

static int set_handler(void *arg)
{
	struct sigaction sa = { .sa_handler = handler };

	return sigaction(SIGUSR1, &sa, NULL);
}

static void sharing(const char *what, int (*fn)(void *), int flags, int (*changed)(void))
{
	char line[80];
	int status = run(fn, flags);

	snprintf(line, sizeof(line), "%s: the child's change is %s", what,
		 changed() ? "seen" : "not seen");
	check(line, status == 0);
}

static int variable_changed(void)
{
	int was = variable;

	variable = 0;
	return was;
}

static int fd_changed(void)
{
	int closed = fcntl(fd, F_GETFD) < 0;

	if (closed)
		fd = open("/", O_RDONLY);
	return closed;
}

static int dir_changed(void)
{
	char buf[256] = "";

	if (!getcwd(buf, sizeof(buf)))
		buf[0] = '\0';
	return chdir("/") == 0 && !strcmp(buf, "/proc");
}

static int handler_changed(void)
{
	struct sigaction sa, dfl = { .sa_handler = SIG_DFL };

	sigaction(SIGUSR1, &dfl, &sa);
	return sa.sa_handler == handler;
}

static void shares(void)
{
	fd = open("/", O_RDONLY);
	check("chdir", chdir("/") == 0);
	sharing("without CLONE_VM", set_variable, 0, variable_changed);
	sharing("CLONE_VM", set_variable, CLONE_VM, variable_changed);
	sharing("without CLONE_FILES", close_fd, CLONE_VM, fd_changed);
	sharing("CLONE_FILES, memory not shared", close_fd, CLONE_FILES, fd_changed);
	sharing("without CLONE_FS", change_dir, CLONE_VM, dir_changed);
	sharing("CLONE_FS", change_dir, CLONE_FS, dir_changed);
	sharing("without CLONE_SIGHAND", set_handler, CLONE_VM, handler_changed);
	sharing("CLONE_SIGHAND", set_handler, CLONE_VM | CLONE_SIGHAND, handler_changed);
	sharing("CLONE_SYSVSEM", set_variable, CLONE_VM | CLONE_SYSVSEM, variable_changed);
}

static int ids(void *arg)
{
	child_getpid = (pid_t)syscall(SYS_getpid);
	child_getppid = (pid_t)syscall(SYS_getppid);
	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&go, __ATOMIC_SEQ_CST))
		syscall(SYS_sched_yield);
	return 0;
}

static pid_t start(int flags)
{
	ready = go = 0;
	child_tid = -1;
	pid = clone(ids, stack + sizeof(stack), flags, NULL, &parent_tid, fake_tls, &child_tid);
	while (pid > 0 && !__atomic_load_n(&ready, __ATOMIC_SEQ_CST))
		sched_yield();
	return pid;
}

static void thread(void)
{
	check("CLONE_THREAD starts", start(THREAD | CLONE_CHILD_CLEARTID) > 0);
	check("CLONE_THREAD: getpid() is the group's", child_getpid == getpid() && pid != getpid());
	check("CLONE_THREAD: getppid() is the group's", child_getppid == getppid());
	check("CLONE_THREAD: nobody can wait for it",
	      waitpid(pid, NULL, __WALL) < 0 && errno == ECHILD);
	child_tid = pid;
	go = 1;
	while (__atomic_load_n(&child_tid, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &child_tid, 0, pid, NULL, NULL, 0);
	check("CLONE_CHILD_CLEARTID: the word is 0 and the sleeper awake", child_tid == 0);

	check("without CLONE_THREAD starts", start(CLONE_VM | CLONE_SIGHAND | SIGCHLD) > 0);
	check("without CLONE_THREAD: an own pid", child_getpid == pid && child_getppid == getpid());
	go = 1;
	check("without CLONE_THREAD: we wait for it", waitpid(pid, NULL, 0) == pid);
}

static int get_fs(void *arg)
{
	unsigned long fs = 0;

	syscall(SYS_arch_prctl, GET_FS, &fs);
	child_fs = fs;
	return 0;
}

/*
 * The child must not use its thread-local variables: its FS.base points at ours or at nothing. A
 * control block whose first word is its own address satisfies each library's system calls.
 */
static void tids_and_tls(void)
{
	unsigned long fs = 0;

	syscall(SYS_arch_prctl, GET_FS, &fs);
	*(void **)(fake_tls + 2048) = fake_tls + 2048;
	parent_tid = 0;
	check("CLONE_PARENT_SETTID", run(nothing, CLONE_VM | CLONE_PARENT_SETTID) == 7 &&
	      parent_tid == pid);
	parent_tid = 0;
	check("without CLONE_PARENT_SETTID", run(nothing, CLONE_VM) == 7 && parent_tid == 0);
	child_tid = 0;
	check("CLONE_CHILD_SETTID", run(nothing, CLONE_VM | CLONE_CHILD_SETTID) == 7 &&
	      child_tid == pid);
	child_tid = 0;
	check("CLONE_CHILD_SETTID, memory not shared: the child's copy",
	      run(nothing, CLONE_CHILD_SETTID) == 7 && child_tid == 0);
	child_fs = 0;
	check("without CLONE_SETTLS", run(get_fs, CLONE_VM) == 0 && child_fs == fs);
	pid = clone(get_fs, stack + sizeof(stack), CLONE_VM | CLONE_SETTLS | SIGCHLD, NULL, NULL,
		    fake_tls + 2048, NULL);
	check("CLONE_SETTLS", waitpid(pid, NULL, 0) == pid &&
	      child_fs == (unsigned long)(fake_tls + 2048));
}

static int write_late(void *arg)
{
	struct timespec ts = { 0, 2000000 };

	syscall(SYS_nanosleep, &ts, NULL);
	variable = 1;
	return 0;
}

static void parent_and_signals(void)
{
	struct pollfd p = { .events = POLLIN };
	int pidfd = -1, status = 0;

	variable = 0;
	pid = clone(write_late, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	check("CLONE_VFORK: the parent waits", variable == 1);
	waitpid(pid, NULL, 0);

	pid = clone(nothing, stack + sizeof(stack), CLONE_VM | CLONE_PIDFD | SIGCHLD, NULL, &pidfd);
	p.fd = pidfd;
	check("CLONE_PIDFD: a descriptor that tells of the end",
	      pidfd > 2 && poll(&p, 1, -1) == 1 && (p.revents & POLLIN));
	check("CLONE_PIDFD: closed on exec", fcntl(pidfd, F_GETFD) == FD_CLOEXEC);
	waitpid(pid, NULL, 0);
	close(pidfd);

	signal(SIGUSR2, handler);
	pid = clone(nothing, stack + sizeof(stack), CLONE_VM | SIGUSR2, NULL);
	check("exit signal not SIGCHLD: waitpid() finds nobody",
	      waitpid(pid, NULL, 0) < 0 && errno == ECHILD);
	check("exit signal not SIGCHLD: __WCLONE does", waitpid(pid, &status, __WCLONE) == pid &&
	      WEXITSTATUS(status) == 7);

	fflush(stdout);
	pid = fork();
	if (pid == 0) {		/* a child whose clone becomes its brother */
		pid_t brother = clone(ids, stack + sizeof(stack), CLONE_VM | CLONE_PARENT, NULL);
		int ok;

		while (!__atomic_load_n(&ready, __ATOMIC_SEQ_CST))
			sched_yield();
		ok = child_getppid == getppid() && waitpid(brother, NULL, 0) < 0;
		go = 1;
		_exit(!ok);
	}
	waitpid(pid, &status, 0);
	check("CLONE_PARENT: a brother, not a child", status == 0);
	check("CLONE_PARENT: our parent's to wait for", waitpid(-1, &status, __WALL) > 0);
}

static void refused(void)
{
	check("CLONE_SIGHAND without CLONE_VM: EINVAL", run(nothing, CLONE_SIGHAND) == -EINVAL);
	check("CLONE_THREAD without CLONE_SIGHAND: EINVAL",
	      run(nothing, CLONE_THREAD | CLONE_VM) == -EINVAL);
	check("CLONE_NEWNS with CLONE_FS: EINVAL", run(nothing, CLONE_NEWNS | CLONE_FS) == -EINVAL);
	check("CLONE_PIDFD with CLONE_THREAD: refused", run(nothing, THREAD | CLONE_PIDFD) < 0);
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	ready = go = 0;
	shares();
	thread();
	ready = go = 0;
	tids_and_tls();
	parent_and_signals();
	refused();
	return failures;
}
