/*
 * Ways to hang for ever, each the smallest of its kind:
 *	hang mutexes	two threads, two mutexes, opposite orders
 *	hang join	a thread joins another while it holds the mutex that the other needs
 *	hang dead	a thread ends with a mutex in its hands; nobody can unlock it any more
 *	hang pipe	waits for the end of a pipe whose other end it forgot to close itself
 *	hang child	waits for a child that waits until somebody empties a full pipe
 *	hang tracer	waits for a process, but not for the thread of it that it traces
 *	hang traced	waits for a dead child whose tracer does not wait for it
 * With -e the mutexes check for errors, which makes every C library note the owner in them.
 *
 * On Bobbin the kernel finds out that nothing can run any more, and says who waits for whom
 * (docs/hang.md). On Linux: the same program, lockview, and ^C.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t a, b;
static pthread_barrier_t both;

static void *a_then_b(void *unused)
{
	pthread_mutex_lock(&a);
	pthread_barrier_wait(&both);
	pthread_mutex_lock(&b);
	return NULL;
}

static void *b_then_a(void *unused)
{
	pthread_mutex_lock(&b);
	pthread_barrier_wait(&both);
	pthread_mutex_lock(&a);
	return NULL;
}

static void *take_a(void *unused)
{
	pthread_mutex_lock(&a);
	return NULL;
}

static pthread_t spawn(void *(*fn)(void *))
{
	pthread_t t;

	if (pthread_create(&t, NULL, fn, NULL))
		exit(100);
	return t;
}

static void hang_mutexes(void)
{
	pthread_t one = spawn(a_then_b), two = spawn(b_then_a);

	pthread_join(one, NULL);
	pthread_join(two, NULL);
}

static void hang_join(void)
{
	pthread_mutex_lock(&a);
	pthread_join(spawn(take_a), NULL);
}

static void hang_dead(void)
{
	pthread_join(spawn(take_a), NULL);
	pthread_mutex_lock(&a);
}

static void hang_pipe(void)
{
	int fds[2];
	char c;

	if (pipe(fds) == 0)
		exit((int)read(fds[0], &c, 1));
}

static void hang_child(void)
{
	static char many[1 << 20];
	int fds[2];

	if (pipe(fds))
		exit(100);
	if (fork() == 0) {
		close(fds[0]);
		_exit(write(fds[1], many, sizeof(many)) < 0);
	}
	wait(NULL);
}

static void *be_traced(void *unused)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	syscall(SYS_exit, 0);
	return NULL;
}

/* A dead thread is its tracer's to wait for, by its own number. Until then its process is not
 * whole. */
static void hang_tracer(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_join(spawn(be_traced), NULL);
		_exit(0);
	}
	waitpid(pid, NULL, __WALL);
}

/* A dead child is its parent's only after its tracer, which is somebody else, has waited for it. */
static void hang_traced(void)
{
	int fds[2];
	pid_t pid;
	char c;

	if (pipe(fds))
		exit(100);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		_exit((int)read(fds[0], &c, 1));
	}
	if (fork() == 0) {
		if (ptrace(PTRACE_SEIZE, pid, 0, 0))
			_exit(100);
		close(fds[1]);
		hang_pipe();
	}
	close(fds[1]);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} ways[] = { { "mutexes", hang_mutexes }, { "join", hang_join }, { "dead", hang_dead },
		     { "pipe", hang_pipe }, { "child", hang_child },
		     { "tracer", hang_tracer }, { "traced", hang_traced } };
	int checked = argc == 3 && !strcmp(argv[1], "-e");
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	if (checked)
		pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&a, &attr);
	pthread_mutex_init(&b, &attr);
	pthread_barrier_init(&both, NULL, 2);
	for (size_t i = 0; argc == 2 + checked && i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(argv[argc - 1], ways[i].name))
			ways[i].fn();
	fprintf(stderr,
		"usage: hang [-e] mutexes | join | dead | pipe | child | tracer | traced\n");
	return 2;
}
