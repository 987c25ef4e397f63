/*
 * fstress [-j WORKERS] [-t SECONDS | -n ROUNDS]: forks, executes and pipes without pause, and says
 * whether every child did what it should. Each worker, in a process of its own, makes rounds of:
 * a child that writes a pattern through a pipe; a child that executes this program again; a child
 * that is killed while it sleeps; a grandchild that is orphaned.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATTERN_BYTES 100000

static const char *self;

static __noreturn void fail(const char *what)
{
	dprintf(2, "fstress: %d: %s: %s\n", getpid(), what, strerror(errno));
	_exit(1);
}

static pid_t must_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	return pid;
}

static void must_end(pid_t pid, int want)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid");
	if (status != want) {
		dprintf(2, "fstress: status %#x instead of %#x\n", status, want);
		_exit(1);
	}
}

static void pipe_round(unsigned int seed)
{
	static unsigned char buf[PATTERN_BYTES];
	size_t got = 0;
	ssize_t n;
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		fail("pipe");
	pid = must_fork();
	if (pid == 0) {
		close(fds[0]);
		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = (unsigned char)(seed + i * 7);
		for (size_t done = 0; done < sizeof(buf); done += (size_t)n)
			if ((n = write(fds[1], buf + done, sizeof(buf) - done)) <= 0)
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf, 3000)) > 0)
		for (ssize_t i = 0; i < n; i++, got++)
			if (buf[i] != (unsigned char)(seed + got * 7))
				fail("wrong byte in the pipe");
	if (n < 0 || got != sizeof(buf))
		fail("read from the pipe");
	close(fds[0]);
	must_end(pid, 0);
}

static void exec_round(unsigned int seed)
{
	char code[16];
	pid_t pid = must_fork();

	if (pid == 0) {
		snprintf(code, sizeof(code), "%u", seed & 63);
		execl(self, "fstress", "--exit", code, (char *)NULL);
		fail(self);
	}
	must_end(pid, (int)(seed & 63) << 8);
}

static void kill_round(void)
{
	pid_t pid = must_fork();

	if (pid == 0)
		for (;;)
			pause();
	kill(pid, SIGKILL);
	must_end(pid, SIGKILL);
}

static void orphan_round(void)
{
	pid_t pid = must_fork();

	if (pid == 0)
		_exit(must_fork() ? 3 : 4);
	must_end(pid, 3 << 8);
}

static long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static long work(unsigned int seed, long seconds, long rounds)
{
	long end = now() + seconds, done = 0;

	while (seconds ? now() < end : done < rounds) {
		pipe_round(seed);
		exec_round(seed + (unsigned int)done);
		kill_round();
		orphan_round();
		done++;
	}
	return done;
}

int main(int argc, char **argv)
{
	long seconds = 0, rounds = 20, workers = 4, total = 0;
	int failed = 0, status, c;
	long *done;

	if (argc == 3 && !strcmp(argv[1], "--exit"))
		return atoi(argv[2]);
	while ((c = getopt(argc, argv, "j:t:n:")) != -1) {
		if (c == '?')
			return 2;
		*(c == 'j' ? &workers : c == 't' ? &seconds : &rounds) = atol(optarg);
	}
	self = strchr(argv[0], '/') ? argv[0] : "/bin/fstress";
	done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (done == MAP_FAILED || workers < 1 || workers > 500)
		return 2;
	for (long w = 0; w < workers; w++)
		if (must_fork() == 0) {
			done[w] = work((unsigned int)w * 31, seconds, rounds);
			_exit(0);
		}
	for (long w = 0; w < workers; w++) {
		if (wait(&status) < 0)
			fail("wait");
		failed |= status;
	}
	for (long w = 0; w < workers; w++)
		total += done[w];
	printf("%s: %ld workers, %s\n", failed ? "FAIL" : "PASS", workers,
	       total ? "every child ended as it should" : "no round was finished");
	fprintf(stderr, "%ld rounds\n", total);
	return failed || !total;
}
