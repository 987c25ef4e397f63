/*
 * The old world: LinuxThreads (1996-2003) made threads of clone() without CLONE_THREAD. Memory,
 * files and handlers are shared, but each "thread" is a process: with its own getpid(), its own
 * line in ps, a parent that must wait for it, and signals for itself alone. NPTL's CLONE_THREAD
 * mended that; here are both.
 */
#include "check.h"

#define N 3
#define OLD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND)
/* not SIGCHLD: wait() is not to see them (theirs was a real-time one) */
#define EXIT_SIGNAL SIGUSR2

static char stacks[N][65536] __attribute__((aligned(16)));
static volatile int counter, stop, signals;
static volatile pid_t pids[N], ppids[N], handled_by;
static volatile pid_t nptl_pid, nptl_tid;

static void handler(int sig)
{
	handled_by = (pid_t)syscall(SYS_gettid);
	__atomic_fetch_add(&signals, 1, __ATOMIC_SEQ_CST);
}

static int old_thread(void *arg)
{
	long i = (long)arg;

	ppids[i] = (pid_t)syscall(SYS_getppid);
	pids[i] = (pid_t)syscall(SYS_getpid);
	for (int n = 0; n < 1000; n++)
		__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
	while (!stop)
		syscall(SYS_sched_yield);	/* cannot fail: errno is one for all of us */
	return (int)i + 10;
}

static void *new_thread(void *arg)
{
	nptl_pid = getpid();
	nptl_tid = my_tid();
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	int distinct = 1, children = 1, statuses = 1, status;
	pid_t ids[N];

	begin(argc, argv);
	sigaction(SIGUSR1, &sa, NULL);
	signal(EXIT_SIGNAL, handler);
	for (long i = 0; i < N; i++)
		ids[i] = clone(old_thread, stacks[i] + sizeof(stacks[i]), OLD_FLAGS | EXIT_SIGNAL,
			       (void *)i);
	for (int i = 0; i < N; i++) {
		while (!pids[i])
			moment();
		distinct &= pids[i] == ids[i] && pids[i] != getpid();
		children &= ppids[i] == getpid();
		for (int j = 0; j < i; j++)
			distinct &= pids[i] != pids[j];
	}
	check("every thread has a pid of its own", distinct);
	check("their parent is the thread that made them", children);
	while (counter < N * 1000)
		moment();
	check("memory is shared", counter == N * 1000);
	kill(getpid(), SIGUSR1);
	check("kill(getpid()) reaches only the one that is called so", handled_by == getpid());
	kill(ids[1], SIGUSR1);
	while (signals < 2)
		moment();
	check("kill() of a thread's pid reaches that thread alone", handled_by == ids[1]);
	check("handlers are shared", signals == 2);
	check("/proc/self/task knows nothing of them", task_state(ids[0]) == 0);
	stop = 1;
	check("wait() does not see them", wait(NULL) < 0 && errno == ECHILD);
	for (int i = 0; i < N; i++)
		statuses &= waitpid(ids[i], &status, __WCLONE) == ids[i] &&
			    WEXITSTATUS(status) == i + 10;
	check("with __WCLONE each must be waited for", statuses);
	check("and each death sent the exit signal", signals > 2);

	pthread_join(spawn(new_thread, NULL), NULL);
	check("today: a thread's getpid() is ours, its tid is not",
	      nptl_pid == getpid() && nptl_tid != getpid());
	return failures;
}
