/*
 * Events: fork, vfork, clone, exec and exit of a tracee, with what PTRACE_GETEVENTMSG says;
 * children and threads that are traced from their first instruction; an exec by a thread; the exit
 * of a leader; CLONE_PTRACE and CLONE_UNTRACED.
 */
#include "ptrace.h"
#include <pthread.h>

#define EVERYTHING                                                                                 \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |  \
	 PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT)

static char *self;

/* Tracees by the order in which they showed up: the first is 0. */
static pid_t known[16];
static int nr_known;

static const char *name_of(pid_t pid)
{
	static char names[4][16];
	static int turn;
	char *name = names[turn++ & 3];
	int i = 0;

	while (i < nr_known && known[i] != pid)
		i++;
	if (i == nr_known)
		known[nr_known++] = pid;
	snprintf(name, 16, "task %d", i);
	return name;
}

static unsigned long message(pid_t pid)
{
	unsigned long value = 0;

	request(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&value);
	return value;
}

static void tell_event(pid_t pid, int status)
{
	int event = status >> 16;

	tell(name_of(pid), status);
	if (event == PTRACE_EVENT_EXIT)
		printf("  it will end with %#lx\n", message(pid));
	else if (event && event != PTRACE_EVENT_STOP)
		printf("  %s\n", name_of((pid_t)message(pid)));
}

/* One that is stopped for a signal gets it, except for the SIGSTOP of its birth. */
static void go_on(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);

	request(PTRACE_CONT, pid, 0, status >> 16 || sig == SIGSTOP || sig == SIGTRAP ? 0 : sig);
}

/*
 * Runs the tracee until it is gone. A new child stops before or after its maker says that it made
 * one; it is told of after that, and to its end, before its maker goes on.
 */
static void run(pid_t pid, int status)
{
	for (;;) {
		int event = status >> 16;

		tell_event(pid, status);
		if (!WIFSTOPPED(status))
			return;
		if (event >= PTRACE_EVENT_FORK && event <= PTRACE_EVENT_CLONE) {
			pid_t child = (pid_t)message(pid);
			int child_status;

			waitpid(child, &child_status, __WALL);
			run(child, child_status);
		}
		go_on(pid, status);
		waitpid(pid, &status, __WALL);
	}
}

static int forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(3);
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (pid == 0)
		_exit(4);
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (pid == 0) {
		execl(self, self, "exit", NULL);
		_exit(5);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

static void *thread(void *arg)
{
	return arg;
}

static int threads(void)
{
	pthread_t t;

	for (int i = 0; i < 2; i++) {
		pthread_create(&t, NULL, thread, NULL);
		pthread_join(t, NULL);
	}
	return 0;
}

static int killed(void)
{
	raise(SIGKILL);
	return 0;
}

static void with_options(const char *title, int (*fn)(void), unsigned long options)
{
	pid_t pid;
	int status;

	printf("--- %s\n", title);
	nr_known = 0;
	pid = traced_child(fn);
	waitpid(pid, &status, 0);
	request(PTRACE_SETOPTIONS, pid, 0, options);
	run(pid, status);
}

/* A seized one: the children begin with PTRACE_EVENT_STOP. */
static int ready[2], go[2];

static int waits_for_us(void)
{
	char c;

	(void)!read(go[0], &c, 1);
	return forks();
}

static void seized(void)
{
	pid_t pid;
	int status;

	puts("--- seized");
	fflush(stdout);
	nr_known = 0;
	(void)!pipe(go);
	pid = fork();
	if (pid == 0)
		_exit(waits_for_us());
	request(PTRACE_SEIZE, pid, 0, EVERYTHING);
	(void)!write(go[1], "", 1);
	waitpid(pid, &status, 0);
	run(pid, status);
}

/* Without options exec gives a SIGTRAP. */
static int execs(void)
{
	execl(self, self, "exit", NULL);
	return 9;
}

static void plain_exec(void)
{
	pid_t pid = traced_child(execs);

	puts("--- exec without options");
	await("child", pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
}

/* --- a process with threads --- */

static void *exec_thread(void *arg)
{
	execl(self, self, "exit", NULL);
	return arg;
}

/* The thread becomes the leader: its old number is the event's message. */
static int thread_execs(void)
{
	pthread_t t;

	pthread_create(&t, NULL, exec_thread, NULL);
	for (;;)
		pause();
	return 0;
}

static void exec_by_thread(void)
{
	pid_t pid = traced_child(thread_execs), tid;

	puts("--- exec by a thread");
	await("leader", pid);
	request(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
	request(PTRACE_CONT, pid, 0, 0);
	await("leader", pid);
	tid = (pid_t)message(pid);
	await("thread", tid);
	request(PTRACE_CONT, pid, 0, 0);
	request(PTRACE_CONT, tid, 0, 0);
	await("leader", pid);
	printf("  it was %s\n", (pid_t)message(pid) == tid ? "the thread" : "somebody else");
	request(PTRACE_CONT, pid, 0, 0);
	await("leader", pid);
	printf("  the old number: %s\n",
	       waitpid(tid, NULL, __WALL) < 0 ? strerror(errno) : "still there");
}

static void *lasting_thread(void *arg)
{
	char c;

	(void)!read(go[0], &c, 1);
	_exit(6);
	return arg;
}

/* The leader leaves by itself; the process lives on. */
static int leader_exits(void)
{
	pthread_t t;

	pthread_create(&t, NULL, lasting_thread, NULL);
	syscall(SYS_exit, 7);
	return 0;
}

static void exit_of_leader(void)
{
	pid_t pid, tid;
	int status;

	puts("--- exit of a leader");
	(void)!pipe(go);
	pid = traced_child(leader_exits);
	await("leader", pid);
	request(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT);
	request(PTRACE_CONT, pid, 0, 0);
	await("leader", pid);
	tid = (pid_t)message(pid);
	await("thread", tid);
	request(PTRACE_CONT, tid, 0, 0);
	request(PTRACE_CONT, pid, 0, 0);
	await("leader", pid);
	printf("  it will end with %#lx\n", message(pid));
	request(PTRACE_CONT, pid, 0, 0);
	(void)!write(go[1], "", 1);
	await("thread", tid);
	printf("  it will end with %#lx\n", message(tid));
	printf("  the leader: %d\n", waitpid(pid, &status, WNOHANG | __WALL));
	request(PTRACE_CONT, tid, 0, 0);
	await("thread", tid);
	await("leader", pid);
}

/* Attached to one thread of two: only that one stops. */
static void *counting_thread(void *arg)
{
	char c;
	pid_t tid = (pid_t)syscall(SYS_gettid);

	(void)!write(ready[1], &tid, sizeof(tid));
	while (read(go[0], &c, 1) == 1)
		(void)!write(ready[1], &c, 1);
	_exit(0);
	return arg;
}

static void attach_to_thread(void)
{
	pid_t pid, tid;
	int status;
	char c;

	puts("--- attached to one thread");
	(void)!pipe(go);
	(void)!pipe(ready);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		pthread_t t;

		close(go[1]);
		pthread_create(&t, NULL, counting_thread, NULL);
		for (;;)
			pause();
	}
	(void)!read(ready[0], &tid, sizeof(tid));
	request(PTRACE_SEIZE, pid, 0, 0);
	request(PTRACE_INTERRUPT, pid, 0, 0);
	await("leader", pid);
	(void)!write(go[1], "x", 1);
	printf("  the other thread runs: %d\n", read(ready[0], &c, 1) == 1 && c == 'x');
	attempt("  a request to it", PTRACE_CONT, tid, 0, 0);
	request(PTRACE_SEIZE, tid, 0, 0);
	request(PTRACE_INTERRUPT, tid, 0, 0);
	await("thread", tid);
	printf("  nothing new: %d\n", waitpid(-1, &status, WNOHANG | __WALL));
	/* A group stop reaches both: the one that takes the signal says so first. */
	request(PTRACE_CONT, tid, 0, 0);
	syscall(SYS_tgkill, pid, tid, SIGSTOP);
	await("thread", tid);
	request(PTRACE_CONT, tid, 0, SIGSTOP);
	await("thread", tid);
	request(PTRACE_CONT, pid, 0, 0);
	await("leader", pid);
	kill(pid, SIGCONT);
	request(PTRACE_DETACH, tid, 0, 0);
	request(PTRACE_DETACH, pid, 0, 0);
	close(go[1]);
	await("process", pid);
}

/* --- what the child wants itself --- */

static int raw_clones(void)
{
	for (int i = 0; i < 2; i++) {
		pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD | (i ? CLONE_UNTRACED : CLONE_PTRACE),
					   0, 0, 0, 0);

		if (pid == 0)
			_exit(20 + i);
		waitpid(pid, NULL, 0);
	}
	return 0;
}

static void clone_flags(void)
{
	pid_t pid = traced_child(raw_clones), child;
	int status;

	puts("--- CLONE_PTRACE and CLONE_UNTRACED");
	await("child", pid);
	request(PTRACE_CONT, pid, 0, 0);
	child = waitpid(-1, &status, __WALL);
	tell(child == pid ? "child" : "grandchild", status);
	request(PTRACE_CONT, child, 0, 0);
	await("grandchild", child);
	await("child", pid); /* SIGCHLD */
	request(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid); /* SIGCHLD of the one nobody traced */
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		return 42;
	with_options("fork, vfork, exec, exit", forks, EVERYTHING);
	with_options("threads", threads, EVERYTHING);
	with_options("killed", killed, PTRACE_O_TRACEEXIT);
	seized();
	plain_exec();
	exec_by_thread();
	exit_of_leader();
	attach_to_thread();
	clone_flags();
	return 0;
}
