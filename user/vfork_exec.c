/*
 * vfork(): the child borrows the parent's memory, the parent sleeps (in state D) until the child
 * has another program or is gone. So nothing is copied, and the child's writes are ours.
 */
#include "check.h"

static volatile int written;
static char *self;

static int wait_status(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void shares_memory(void)
{
	pid_t parent = getpid(), pid = vfork();

	if (pid == 0) {
		written = getppid() == parent ? 1 : 2;
		_exit(3);
	}
	check("the child has run, and wrote to our memory", written == 1);
	check("its exit status", WEXITSTATUS(wait_status(pid)) == 3);
}

static void execs(void)
{
	char *argv[] = { self, (char *)"child", NULL }, *envp[] = { NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		execve(self, argv, envp);
		_exit(100);
	}
	check("exec in the child", WEXITSTATUS(wait_status(pid)) == 42);
	pid = vfork();
	if (pid == 0) {
		execve("/does/not/exist", argv, envp);
		written = errno;
		_exit(0);
	}
	check("a failed exec's errno is seen", written == ENOENT && wait_status(pid) == 0);
}

static void *borrower(void *arg)
{
	int *go = arg;
	pid_t pid;

	go[2] = my_tid();
	pid = vfork();
	if (pid == 0) {
		char c;

		syscall(SYS_read, go[0], &c, 1);
		_exit(5);
	}
	go[3] = wait_status(pid);
	return NULL;
}

/* Only the calling thread sleeps; the others go on. */
static void in_a_thread(void)
{
	int go[4] = { 0 };
	pthread_t t;

	check("pipe", pipe(go) == 0);
	t = spawn(borrower, go);
	while (!__atomic_load_n(&go[2], __ATOMIC_ACQUIRE))
		moment();
	await_state(go[2], 'D');
	check("the thread that called vfork() is in state D, this one is not", 1);
	check("let the child go", write(go[1], "", 1) == 1);
	pthread_join(t, NULL);
	check("the thread went on", WEXITSTATUS(go[3]) == 5);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "child"))
		return 42;
	begin(argc, argv);
	self = argv[0];
	if (!strchr(self, '/'))		/* found in $PATH: say where */
		self = (char *)"/proc/self/exe";
	shares_memory();
	execs();
	in_a_thread();
	return failures;
}
