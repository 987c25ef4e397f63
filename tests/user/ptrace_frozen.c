/*
 * A SIGKILL that comes in the middle of a request waits for its end: the tracer may rely on what it
 * looks at. The middle is made long: the request writes to a page that is not there yet, and the
 * fault waits for mmap_lock, which another thread holds in fork. A third process sees in /proc that
 * the tracer waits there, kills the tracee, and looks at its state.
 * test: linux=no (/proc/PID/wchan) timeout=400 (until the three meet)
 */
#include "ptrace.h"
#include <fcntl.h>
#include <pthread.h>
#include <time.h>

#define BIG (32UL << 20)

static volatile int stop;

static char *read_proc(pid_t pid, const char *name)
{
	static char buf[512];
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static int in_request(pid_t tracer)
{
	return atoi(read_proc(tracer, "syscall")) == SYS_ptrace &&
	       !strncmp(read_proc(tracer, "wchan"), "mmap_lock", 9);
}

/* 0: the tracee stayed as it was; 1: it did not; 2: the request was over before we had looked. */
static int kill_in_request(pid_t tracer, pid_t tracee)
{
	struct timespec moment = { 0, 200000 };
	char state;

	while (!in_request(tracer))
		nanosleep(&moment, NULL);
	kill(tracee, SIGKILL);
	state = strrchr(read_proc(tracee, "stat"), ')')[2];
	return !in_request(tracer) ? 2 : state != 't';
}

/* Holds mmap_lock for long, again and again. */
static void *forker(void *arg)
{
	while (!stop) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	return arg;
}

static int game(char *fresh)
{
	pid_t tracee = sleeping_child(), tracer = getpid(), killer;
	int status, odd = 0;
	pthread_t t;

	ptrace(PTRACE_SEIZE, tracee, 0, 0);
	ptrace(PTRACE_INTERRUPT, tracee, 0, 0);
	waitpid(tracee, &status, 0);
	killer = fork();
	if (killer == 0)
		_exit(kill_in_request(tracer, tracee));
	stop = 0;
	pthread_create(&t, NULL, forker, NULL);
	/* Each request writes to a page of its own, so all that it ever waits for is the fault. */
	for (size_t i = 0; !ptrace(PTRACE_GETREGS, tracee, 0, fresh + i); i += 4096) {
		if (i == BIG - 4096) {
			madvise(fresh, BIG, MADV_DONTNEED);
			i = 0;
		}
	}
	odd = errno != ESRCH;
	stop = 1;
	pthread_join(t, NULL);
	waitpid(tracee, &status, 0);
	odd |= !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
	waitpid(killer, &status, 0);
	return odd ? 1 : WEXITSTATUS(status);
}

int main(void)
{
	char *big = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *fresh = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int verdict = 2;

	for (size_t i = 0; i < BIG; i += 4096) /* so that fork has something to do */
		big[i] = 1;
	for (int i = 0; i < 50 && verdict == 2; i++)
		verdict = game(fresh);
	puts(verdict == 0   ? "killed in a request, it stays to its end"
	     : verdict == 1 ? "it left in the middle of a request"
			    : "no request was long enough");
	return verdict;
}
