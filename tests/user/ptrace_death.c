/*
 * Ends: a tracer that dies lets its tracees go, or takes them along (EXITKILL); a tracee that ends
 * is its tracer's first and its parent's after that; SIGKILL ends every stop, also while the tracer
 * is in the middle of requests on another CPU.
 */
#include "ptrace.h"
#include <sys/user.h>
#include <pthread.h>
#include <sys/prctl.h>

static int up[2], down[2];

/* Says that it lives, then that it was told to go on. */
static void talk(void)
{
	char c;

	(void)!write(up[1], "1", 1);
	(void)!read(down[0], &c, 1);
	(void)!write(up[1], "2", 1);
}

static char hear(void)
{
	char c = 0;

	return read(up[0], &c, 1) == 1 ? c : '-';
}

static void new_pipes(void)
{
	(void)!pipe(up);
	(void)!pipe(down);
}

static void close_pipes(void)
{
	close(up[0]), close(up[1]);
	close(down[0]), close(down[1]);
}

static int tracer_of(pid_t pid)
{
	char path[64], buf[256];
	int tracer = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(buf, sizeof(buf), f))
		if (!strncmp(buf, "TracerPid:", 10))
			tracer = atoi(buf + 10);
	if (f)
		fclose(f);
	return tracer;
}

/* How the tracee is found when its tracer dies. */
enum when {
	RUNS,
	IN_SIGNAL,
	IN_CALL,
	UNSEEN_CALL,
	IN_GROUP_STOP,
	LISTENS,
	SEIZED_AND_RUNS,
	NR_WHEN
};
static const char *const when_names[] = {
	"it runs",	   "stopped by a signal", "stopped at a call", "at a call, not waited for",
	"in a group stop", "listening",		  "seized, it runs",
};

static void bring_there(pid_t pid, enum when when, unsigned long options)
{
	int seize = when >= LISTENS, status;

	if (seize) {
		request(PTRACE_SEIZE, pid, 0, options);
	} else {
		request(PTRACE_ATTACH, pid, 0, 0);
		waitpid(pid, &status, 0);
		request(PTRACE_SETOPTIONS, pid, 0, options);
	}
	if (when == RUNS) {
		request(PTRACE_CONT, pid, 0, 0);
	} else if (when == IN_CALL) {
		request(PTRACE_SYSCALL, pid, 0, 0);
		waitpid(pid, &status, 0);
	} else if (when == UNSEEN_CALL) {
		request(PTRACE_SYSCALL, pid, 0, 0);
		await_state(pid, 't');
	} else if (when == IN_GROUP_STOP) {
		request(PTRACE_CONT, pid, 0, SIGSTOP);
		waitpid(pid, &status, 0);
	} else if (when == LISTENS) {
		kill(pid, SIGSTOP);
		waitpid(pid, &status, 0);
		request(PTRACE_CONT, pid, 0, SIGSTOP);
		waitpid(pid, &status, 0);
		request(PTRACE_LISTEN, pid, 0, 0);
	}
}

/* The tracee is a child of ours, the tracer another one, which dies by itself or is killed. */
static void tracer_dies(enum when when, unsigned long options, int killed)
{
	pid_t tracee, tracer;
	int ready[2], status;
	char c;

	new_pipes();
	(void)!pipe(ready);
	fflush(stdout);
	tracee = fork();
	if (tracee == 0) {
		close(down[1]);
		talk();
		_exit(11);
	}
	hear();
	await_state(tracee, 'S');
	tracer = fork();
	if (tracer == 0) {
		bring_there(tracee, when, options);
		(void)!write(ready[1], "", 1);
		if (!killed)
			_exit(0);
		for (;;)
			pause();
	}
	(void)!read(ready[0], &c, 1);
	if (killed)
		kill(tracer, SIGKILL);
	waitpid(tracer, &status, 0);
	printf("%s, the tracer %s: ", when_names[when], killed ? "is killed" : "exits");
	if (options & PTRACE_O_EXITKILL) {
		await("the tracee", tracee);
	} else {
		if (when == IN_GROUP_STOP || when == LISTENS) {
			await_state(tracee, 'T');
			printf("(stopped) ");
			kill(tracee, SIGCONT);
		}
		printf("traced by %d, ", tracer_of(tracee));
		(void)!write(down[1], "", 1);
		printf("says %c, ", hear());
		await("the tracee", tracee);
	}
	close_pipes();
	close(ready[0]), close(ready[1]);
}

/* --- whose zombie? --- */

static void zombie(int wait_first)
{
	pid_t tracee, tracer;
	int ready[2], go[2], status;
	siginfo_t info;
	char c;

	new_pipes();
	(void)!pipe(ready);
	(void)!pipe(go);
	fflush(stdout);
	tracee = fork();
	if (tracee == 0) {
		close(down[1]);
		talk();
		_exit(12);
	}
	hear();
	tracer = fork();
	if (tracer == 0) {
		request(PTRACE_SEIZE, tracee, 0, 0);
		(void)!write(ready[1], "", 1);
		(void)!read(go[0], &c, 1);
		if (wait_first) {
			await("the tracer", tracee);
			(void)!write(ready[1], "", 1);
			(void)!read(go[0], &c, 1);
		}
		_exit(0);
	}
	(void)!read(ready[0], &c, 1);
	(void)!write(down[1], "", 1);
	await_state(tracee, 'Z');
	info.si_pid = 0;
	waitid(P_PID, (id_t)tracee, &info, WEXITED | WNOHANG);
	printf("a zombie that its tracer has not seen: for its parent %s\n",
	       info.si_pid ? "there" : "not yet");
	fflush(stdout);
	(void)!write(go[1], "", 1);
	if (wait_first)
		(void)!read(ready[0], &c, 1);
	await("the parent", tracee); /* once its tracer has seen it, or died */
	(void)!write(go[1], "", 1);
	waitpid(tracer, &status, 0);
	close_pipes();
	close(ready[0]), close(ready[1]);
	close(go[0]), close(go[1]);
}

/* --- a tracer that is a thread: its tracees go with it, not with the process --- */

static void *tracing_thread(void *arg)
{
	request(PTRACE_SEIZE, *(pid_t *)arg, 0, 0);
	request(PTRACE_INTERRUPT, *(pid_t *)arg, 0, 0);
	await("thread", *(pid_t *)arg);
	return NULL;
}

static void thread_dies(void)
{
	pid_t pid = sleeping_child();
	pthread_t t;

	pthread_create(&t, NULL, tracing_thread, &pid);
	pthread_join(t, NULL);
	while (tracer_of(pid)) /* joined a little before it has let go */
		sched_yield();
	puts("its tracee is free");
	attempt("and can be traced anew", PTRACE_SEIZE, pid, 0, 0);
	finish("child", pid);
}

/* --- SIGKILL --- */

static void kill_in(const char *what, int stop)
{
	pid_t pid = sleeping_child();
	int status;

	request(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD);
	if (stop == 2)
		kill(pid, SIGSTOP);
	else
		request(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, &status, 0);
	if (stop == 1) {
		request(PTRACE_SYSCALL, pid, 0, 0);
		waitpid(pid, &status, 0);
	} else if (stop == 2) {
		request(PTRACE_CONT, pid, 0, SIGSTOP);
		waitpid(pid, &status, 0);
		request(PTRACE_LISTEN, pid, 0, 0);
	}
	kill(pid, SIGKILL);
	await(what, pid);
	attempt("  afterwards", PTRACE_CONT, pid, 0, 0);
}

/*
 * A tracee under a rain of requests is killed by a third process, at another moment each time.
 * Every request succeeds or says ESRCH, and in the end it is dead.
 */
static void killed_meanwhile(int rounds)
{
	int odd = 0, deaths = 0;

	for (int i = 0; i < rounds; i++) {
		struct user_regs_struct regs;
		siginfo_t info;
		pid_t pid, killer;
		int status;

		fflush(stdout);
		pid = fork();
		if (pid == 0)
			for (;;)
				syscall(SYS_getppid);
		ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD);
		ptrace(PTRACE_INTERRUPT, pid, 0, 0);
		killer = fork();
		if (killer == 0) {
			for (volatile int n = 0; n < i * 997 % 60000; n++)
				;
			kill(pid, SIGKILL);
			_exit(0);
		}
		for (;;) {
			if (waitpid(pid, &status, __WALL) != pid) {
				odd++;
				break;
			}
			if (!WIFSTOPPED(status)) {
				deaths += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
				break;
			}
			for (int n = 0; n < 4; n++) {
				odd += ptrace(PTRACE_GETREGS, pid, 0, &regs) && errno != ESRCH;
				odd += ptrace(PTRACE_SETREGS, pid, 0, &regs) && errno != ESRCH;
				odd += ptrace(PTRACE_GETSIGINFO, pid, 0, &info) && errno != ESRCH;
			}
			odd += ptrace(i & 1 ? PTRACE_SYSCALL : PTRACE_SINGLESTEP, pid, 0, 0) &&
			       errno != ESRCH;
		}
		waitpid(killer, &status, 0);
	}
	printf("killed meanwhile: %s, %d odd results\n",
	       deaths == rounds ? "every time" : "not always", odd);
}

int main(void)
{
	for (int when = 0; when < NR_WHEN; when++)
		tracer_dies(when, when == UNSEEN_CALL ? PTRACE_O_TRACESYSGOOD : 0, when & 1);
	tracer_dies(RUNS, PTRACE_O_EXITKILL, 1);
	tracer_dies(IN_CALL, PTRACE_O_EXITKILL, 0);
	tracer_dies(LISTENS, PTRACE_O_EXITKILL, 1);
	zombie(1);
	zombie(0);
	thread_dies();
	kill_in("interrupted", 0);
	kill_in("at a call", 1);
	kill_in("listening", 2);
	killed_meanwhile(100);
	return 0;
}
