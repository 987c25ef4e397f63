/*
 * The stops of a tracee: signals, suppressed and exchanged; system calls; group stops of a tracee
 * by TRACEME and of a seized one, completed by a thread's end; PTRACE_LISTEN; attach to one that
 * runs, sleeps, is stopped.
 */
#include <pthread.h>
#include <time.h>

#include "ptrace.h"

static void handler(int sig)
{
	(void)sig;
}

static int signals_to_itself(void)
{
	signal(SIGUSR2, handler);
	raise(SIGUSR1); /* would end it */
	raise(SIGUSR2);
	raise(SIGTERM); /* becomes SIGUSR2 */
	raise(SIGCHLD); /* ignored, but a tracer sees it */
	return 5;
}

static void show_info(pid_t pid)
{
	siginfo_t info;

	if (ptrace(PTRACE_GETSIGINFO, pid, 0, &info)) {
		printf("  no siginfo: %s\n", strerror(errno));
		return;
	}
	printf("  siginfo: signal %d, code %d, from %s\n", info.si_signo, info.si_code,
	       info.si_pid == pid	 ? "itself"
	       : info.si_pid == getpid() ? "the tracer"
					 : "somebody");
}

static void signals(void)
{
	pid_t pid = traced_child(signals_to_itself);

	puts("--- signals");
	await("child", pid);
	show_info(pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid); /* USR1: suppressed */
	show_info(pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid); /* USR2 */
	request(PTRACE_CONT, pid, 0, SIGUSR2);
	await("child", pid); /* TERM */
	request(PTRACE_CONT, pid, 0, SIGUSR2);
	await("child", pid); /* CHLD */
	request(PTRACE_CONT, pid, 0, SIGCHLD);
	await("child", pid);
}

static siginfo_t seen;

static void info_handler(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	seen = *info;
}

static int siginfo_of_handler(void)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO };

	sa.sa_sigaction = info_handler;
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR1);
	if (seen.si_signo != SIGUSR1 || seen.si_code != SI_QUEUE || seen.si_int != 77)
		return 1;
	raise(SIGUSR1);
	return seen.si_signo == SIGUSR2 && seen.si_code == SI_USER && seen.si_pid == getppid() ? 0
											       : 2;
}

static void changed_siginfo(void)
{
	pid_t pid = traced_child(siginfo_of_handler);
	siginfo_t info;
	sigset_t set;

	puts("--- siginfo and mask");
	await("child", pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
	request(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
	info.si_code = SI_QUEUE;
	info.si_int = 77;
	request(PTRACE_SETSIGINFO, pid, 0, (unsigned long)&info);
	request(PTRACE_CONT, pid, 0, SIGUSR1);
	await("child", pid);
	request(PTRACE_GETSIGMASK, pid, 8, (unsigned long)&set);
	printf("  mask: %lx\n", *(unsigned long *)&set);
	*(unsigned long *)&set = 1UL << (SIGUSR2 - 1) | 1UL << (SIGKILL - 1);
	request(PTRACE_SETSIGMASK, pid, 8, (unsigned long)&set);
	request(PTRACE_GETSIGMASK, pid, 8, (unsigned long)&set);
	printf("  mask: %lx\n", *(unsigned long *)&set);
	*(unsigned long *)&set = 0;
	request(PTRACE_SETSIGMASK, pid, 8, (unsigned long)&set);
	request(PTRACE_CONT, pid, 0, SIGUSR2);
	await("child", pid);
}

static int some_calls(void)
{
	syscall(SYS_getppid);
	syscall(SYS_gettid, 1, 2, 3, 4, 5, 6);
	return (int)syscall(SYS_close, 99) + 8;
}

static void show_call(pid_t pid)
{
	struct ptrace_syscall_info info;
	long size;

	memset(&info, 0x55, sizeof(info));
	size = request(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info);
	printf("  %ld bytes, arch %x: ", size, info.arch);
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		printf("call %d, first arguments %d %d\n", (int)info.entry.nr,
		       info.entry.nr == SYS_getppid ? 0 : (int)info.entry.args[0],
		       info.entry.nr == SYS_gettid ? (int)info.entry.args[5] : 0);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		printf("result %s, error %d\n",
		       info.exit.rval == pid	    ? "its pid"
		       : info.exit.rval == getpid() ? "our pid"
		       : info.exit.rval == -EBADF   ? "EBADF"
						    : "?",
		       info.exit.is_error);
	else
		printf("none\n");
}

static void calls(void)
{
	pid_t pid = traced_child(some_calls);
	int status = await("child", pid);

	puts("--- system calls");
	request(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	show_call(pid);
	while (WIFSTOPPED(status)) {
		request(PTRACE_SYSCALL, pid, 0, 0);
		status = await("child", pid);
		if (WIFSTOPPED(status))
			show_call(pid);
	}
}

/* The tracer exchanges a call, skips one, and changes a result. */
static int tampered_calls(void)
{
	if (syscall(SYS_getppid) != getpid())
		return 1;
	if (syscall(SYS_close, 1) != -1 || errno != ENOSYS)
		return 2;
	return syscall(SYS_gettid) == 12345 ? 0 : 3;
}

static void set_register(pid_t pid, size_t offset, unsigned long value)
{
	request(PTRACE_POKEUSER, pid, offset, value);
}

static void tamper(void)
{
	size_t nr = offsetof(struct user_regs_struct, orig_rax);
	size_t ax = offsetof(struct user_regs_struct, rax);
	pid_t pid = traced_child(tampered_calls);
	int status, enter = 0, skipped = 0;
	long call;

	puts("--- calls changed on the way");
	status = await("child", pid);
	request(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	for (;;) {
		request(PTRACE_SYSCALL, pid, 0, 0);
		waitpid(pid, &status, 0);
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		enter = !enter;
		call = request(PTRACE_PEEKUSER, pid, nr, 0);
		if (enter && call == SYS_getppid)
			set_register(pid, nr, SYS_getpid);
		if (enter && call == SYS_close) {
			skipped = 1;
			set_register(pid, nr, -1UL);
		}
		if (!enter && skipped) {
			printf("  skipped: %ld\n", request(PTRACE_PEEKUSER, pid, ax, 0));
			skipped = 0;
		}
		if (!enter && call == SYS_gettid)
			set_register(pid, ax, 12345);
	}
	tell("child", status);
}

/* Without TRACESYSGOOD a call looks like a SIGTRAP; a signal given at the stop is sent. */
static int one_call(void)
{
	syscall(SYS_getppid);
	return 0;
}

static void plain_calls(void)
{
	pid_t pid = traced_child(one_call);

	puts("--- calls without TRACESYSGOOD");
	await("child", pid);
	request(PTRACE_SYSCALL, pid, 0, 0);
	await("child", pid);
	show_info(pid);
	show_call(pid);
	request(PTRACE_CONT, pid, 0, SIGUSR1);
	await("child", pid);
	request(PTRACE_CONT, pid, 0, SIGUSR1);
	await("child", pid);
}

/* --- group stops --- */

static int stop_twice(void)
{
	kill(getpid(), SIGTSTP);
	kill(getpid(), SIGSTOP);
	return 0;
}

static void group_stop(void)
{
	pid_t pid;

	puts("--- a group stop of a tracee");
	pid = traced_child(stop_twice);
	setpgid(pid, 0); /* not orphaned: we are in the session */
	await("child", pid);
	request(PTRACE_CONT, pid, 0, SIGSTOP);
	await("child", pid);
	show_info(pid);
	kill(pid, SIGCONT);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
	request(PTRACE_CONT, pid, 0, SIGCONT);
	await("child", pid);
	show_info(pid);
	finish("child", pid);
}

static void listen_to(pid_t pid)
{
	int status;

	request(PTRACE_LISTEN, pid, 0, 0);
	printf("  listening: %d, state %c\n", waitpid(pid, &status, WNOHANG), state(pid));
	attempt("  a request to a listener", PTRACE_PEEKUSER, pid, 0, 0);
}

static void seized(void)
{
	pid_t pid = sleeping_child();

	puts("--- a seized tracee");
	await_state(pid, 'S');
	request(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD);
	printf("  runs on: %c\n", state(pid));
	attempt("  a request to one that runs", PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&pid);
	request(PTRACE_INTERRUPT, pid, 0, 0);
	await("child", pid);
	show_info(pid);
	printf("  state %c\n", state(pid));
	request(PTRACE_CONT, pid, 0, 0);
	kill(pid, SIGSTOP);
	await("child", pid);
	request(PTRACE_CONT, pid, 0, SIGSTOP);
	await("child", pid);
	show_info(pid);
	listen_to(pid);
	kill(pid, SIGCONT);
	await("child", pid);
	show_info(pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid); /* SIGCONT itself */
	request(PTRACE_DETACH, pid, 0, SIGCONT);
	await_state(pid, 'S');
	finish("child", pid);
}

static void attached(void)
{
	pid_t pid = sleeping_child();
	int status;

	puts("--- an attached tracee");
	request(PTRACE_ATTACH, pid, 0, 0);
	await("child", pid);
	show_info(pid);
	request(PTRACE_DETACH, pid, 0, SIGSTOP);
	await_state(pid, 'T');
	puts("  stopped by us, not traced");
	waitpid(pid, &status, WUNTRACED);
	tell("child", status);
	request(PTRACE_ATTACH, pid, 0, 0);
	printf("  attached to one that is stopped: at once %d\n",
	       waitpid(pid, &status, WNOHANG) == pid);
	tell("child", status);
	show_info(pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid); /* ATTACH's SIGSTOP */
	request(PTRACE_DETACH, pid, 0, 0);
	await_state(pid, 'T'); /* the group stop is still in force */
	puts("  detached: stopped again");
	request(PTRACE_SEIZE, pid, 0, 0);
	await("child", pid);
	kill(pid, SIGCONT);
	request(PTRACE_DETACH, pid, 0, 0);
	waitpid(pid, &status, WCONTINUED);
	tell("child", status);
	await_state(pid, 'S');
	finish("child", pid);
}

/* --- system calls that a stop interrupts --- */

static int fds[2];

static int child_reads(void)
{
	struct sigaction sa = { .sa_flags = 0 };
	char c;

	sa.sa_handler = handler;
	sigaction(SIGUSR1, &sa, NULL);
	for (;;) {
		ssize_t n = read(fds[0], &c, 1);

		if (n == 1 && c == 'x')
			return 0;
		if (n < 0 && errno != EINTR)
			return 1;
		kill(getpid(), n == 1 ? SIGUSR2 : SIGALRM); /* tells what it got */
	}
}

static void show_result(pid_t pid)
{
	struct ptrace_syscall_info info;

	request(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info);
	if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		printf("  ends with %d\n", (int)info.exit.rval);
	else if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		printf("  begins: read %d\n", info.entry.nr == SYS_read);
}

/* A suppressed signal, or none at all, and the call goes on; a handler, and it ends with EINTR.
 * What the kernel remembers meanwhile (ERESTARTSYS, 512) a tracer sees. */
static void restarts(void)
{
	pid_t pid;

	puts("--- interrupted calls");
	(void)!pipe(fds);
	pid = traced_child(child_reads);
	await("child", pid);
	request(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	request(PTRACE_CONT, pid, 0, 0);
	await_state(pid, 'S');
	kill(pid, SIGUSR1);
	await("child", pid); /* suppressed: it reads on */
	request(PTRACE_SYSCALL, pid, 0, 0);
	await("child", pid);
	show_result(pid);
	request(PTRACE_SYSCALL, pid, 0, 0);
	await_state(pid, 'S');
	kill(pid, SIGUSR1);
	await("child", pid); /* the exit of read comes first */
	show_result(pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid); /* then the signal */
	request(PTRACE_CONT, pid, 0, SIGUSR1);
	await("child", pid); /* EINTR: it sends ALRM */
	request(PTRACE_CONT, pid, 0, 0);
	await_state(pid, 'S');
	(void)!write(fds[1], "y", 1);
	await("child", pid);
	request(PTRACE_CONT, pid, 0, 0);
	(void)!write(fds[1], "x", 1);
	await("child", pid);
	close(fds[0]), close(fds[1]);
}

/* waitid says CLD_TRAPPED and the whole code; WNOWAIT leaves it. */
static void by_waitid(void)
{
	pid_t pid = sleeping_child();
	siginfo_t info;

	puts("--- waitid");
	request(PTRACE_SEIZE, pid, 0, 0);
	request(PTRACE_INTERRUPT, pid, 0, 0);
	for (int i = 0; i < 2; i++) {
		memset(&info, 0, sizeof(info));
		syscall(SYS_waitid, P_PID, pid, &info, WEXITED | (i ? 0 : WNOWAIT) | __WALL, NULL);
		printf("  cause %d, status %#x\n", info.si_code, info.si_status);
	}
	memset(&info, 0, sizeof(info));
	syscall(SYS_waitid, P_PID, pid, &info, WSTOPPED | WNOHANG | __WALL, NULL);
	printf("  told once: %d\n", info.si_pid == 0);
	finish("child", pid);
}

static int tids[2]; /* a pipe */

static void *leave(void *arg)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	(void)!write(tids[1], &tid, sizeof(tid));
	for (volatile int *go = arg; !*go;)
		sched_yield();
	syscall(SYS_exit, 0);
	return arg;
}

/* The last thread that a group stop waits for ends instead of stopping: the stop is complete by
 * that, and the parent is told. (It hears first of what comes first; that the thread is dead comes
 * later.) */
static void end_completes_stop(void)
{
	volatile int *go =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigset_t chld;
	siginfo_t info;
	int status = 0;
	pid_t pid, tid;
	pthread_t t;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);

	(void)!pipe(tids);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		pthread_create(&t, NULL, leave, (void *)go);
		for (;;)
			pause();
	}
	(void)!read(tids[0], &tid, sizeof(tid));
	request(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACEEXIT);
	*go = 1;
	await("thread", tid);
	kill(pid, SIGSTOP);
	await_state(pid, 'T');
	printf("stopped, but for one: %d\n", waitpid(pid, &status, WUNTRACED | WNOHANG));
	sigtimedwait(&chld, NULL, &(struct timespec){ 0 });
	request(PTRACE_CONT, tid, 0, 0);
	sigwaitinfo(&chld, &info);
	printf("told that it %s\n", info.si_code == CLD_STOPPED && info.si_pid == pid
					    ? "stopped"
					    : "did something else");
	sigprocmask(SIG_UNBLOCK, &chld, NULL);
	status = 0;
	if (waitpid(pid, &status, WUNTRACED) == pid)
		tell("process", status);
	kill(pid, SIGKILL);
	await("thread", tid);
	await("process", pid);
}

int main(void)
{
	end_completes_stop();
	signals();
	changed_siginfo();
	calls();
	tamper();
	plain_calls();
	group_stop();
	seized();
	attached();
	restarts();
	by_waitid();
	return 0;
}
