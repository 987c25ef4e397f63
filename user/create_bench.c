/*
 * What a thread costs against a process: pthread_create() + pthread_join() and fork() + waitpid(),
 * N times each (the argument; 1000). With -v the times: a fork copies page tables and everything
 * else that a thread shares.
 */
#include "check.h"

static volatile long ran;

static void *thread(void *arg)
{
	ran++;
	return arg;
}

static long threads(long n)
{
	long good = 0;
	void *result;

	for (long i = 0; i < n; i++) {
		pthread_join(spawn(thread, (void *)i), &result);
		good += result == (void *)i;
	}
	return good;
}

static long processes(long n)
{
	long good = 0;
	int status;

	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit((int)(i & 0x7f));
		good += pid > 0 && waitpid(pid, &status, 0) == pid &&
			WEXITSTATUS(status) == (int)(i & 0x7f);
	}
	return good;
}

static void measure(const char *what, long (*fn)(long), long n)
{
	double start = now();
	char line[80];

	fflush(stdout);
	snprintf(line, sizeof(line), "%s: %ld of %ld", what, fn(n), n);
	check(line, strstr(line, ": 0 of") == NULL && atol(strchr(line, ':') + 1) == n);
	if (verbose)
		printf("     %.2f us each\n", (now() - start) * 1e6 / (double)n);
}

int main(int argc, char **argv)
{
	int i = begin(argc, argv);
	long n = number_argument(argc, argv, i, 1, 1000000, 1000);

	measure("pthread_create + pthread_join", threads, n);
	check("they shared a counter", ran == n);
	measure("fork + waitpid", processes, n);
	return failures;
}
