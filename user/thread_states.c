/*
 * Five threads in five situations, observed from outside as ps does: /proc/self/task/TID/status
 * and wchan.
 *
 *	computing		R	TASK_RUNNING, on a CPU or in a run queue
 *	in nanosleep()		S	TASK_INTERRUPTIBLE: a timer or a signal wakes it
 *	waiting for a mutex	S	TASK_INTERRUPTIBLE, in a futex queue
 *	waiting for input	S	TASK_INTERRUPTIBLE, in a pipe's wait queue
 *	in vfork()		D	uninterruptible: the child has borrowed its memory
 */
#include "check.h"

enum { COMPUTING, SLEEPING, LOCKING, READING, VFORKING, N };

static const char *const names[N] = {
	"computing", "sleeping", "waiting for a mutex", "waiting for input", "in vfork",
};
static const char expected[N + 1] = "RSSSD";

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile pid_t tids[N];
static volatile int stop;
static int input[2], child_input[2];

static void in_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		char c;

		syscall(SYS_read, child_input[0], &c, 1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void *thread(void *arg)
{
	long what = (long)arg;
	struct timespec ts = { 3600, 0 };
	char c;

	tids[what] = my_tid();
	switch (what) {
	case COMPUTING:
		while (!stop)
			;
		break;
	case SLEEPING:
		nanosleep(&ts, NULL);
		break;
	case LOCKING:
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
		break;
	case READING:
		if (read(input[0], &c, 1) != 1)
			return (void *)1;
		break;
	case VFORKING:
		in_vfork();
		break;
	}
	return NULL;
}

static int slurp(int tid, const char *what, char *buf, int size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, what);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	n = read(fd, buf, (size_t)size - 1);
	buf[n > 0 ? n : 0] = '\0';
	close(fd);
	return 0;
}

/* The letter of the "State:" line, and whether Tgid and Pid are right. */
static char state_in_status(int tid, int *ids_ok)
{
	static char buf[4096];
	char want_tgid[32], want_pid[32], *p;

	if (slurp(tid, "status", buf, sizeof(buf)))
		return '?';
	snprintf(want_tgid, sizeof(want_tgid), "\nTgid:\t%d\n", (int)getpid());
	snprintf(want_pid, sizeof(want_pid), "\nPid:\t%d\n", tid);
	*ids_ok &= strstr(buf, want_tgid) && strstr(buf, want_pid);
	p = strstr(buf, "\nState:\t");
	return p ? p[8] : '?';
}

static void on_signal(int sig)
{
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int ids_ok = 1, wchan_ok = 1;
	char line[80], wchan[64];
	pthread_t t[N];

	begin(argc, argv);
	sigaction(SIGUSR1, &sa, NULL);
	check("pipes", pipe(input) == 0 && pipe(child_input) == 0);
	pthread_mutex_lock(&mutex);
	for (long i = 0; i < N; i++)
		t[i] = spawn(thread, (void *)i);
	for (int i = 0; i < N; i++) {
		char state;

		while (!tids[i])
			moment();
		while ((state = state_in_status(tids[i], &ids_ok)) != expected[i])
			moment();
		wchan[0] = '\0';
		wchan_ok &= slurp(tids[i], "wchan", wchan, sizeof(wchan)) == 0 && wchan[0];
		snprintf(line, sizeof(line), "%s: State %c", names[i], state);
		check(line, state == expected[i]);
		if (verbose)
			printf("     tid %d, wchan %s\n", tids[i], wchan);
	}
	check("Tgid is the process's, Pid the thread's", ids_ok);
	check("wchan can be read", wchan_ok);

	stop = 1;
	pthread_kill(t[SLEEPING], SIGUSR1);
	pthread_mutex_unlock(&mutex);
	check("input", write(input[1], "", 1) == 1 && write(child_input[1], "", 1) == 1);
	for (int i = 0; i < N; i++)
		pthread_join(t[i], NULL);
	/* A join does not wait for the very end: the kernel clears the tid word a little
	 * earlier. */
	for (int i = 0; i < N; i++)
		while (task_state(tids[i]))
			moment();
	check("all ended, none is left in /proc", 1);
	return failures;
}
