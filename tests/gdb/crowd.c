/*
 * What the debugger's tests look at: a process with threads that sleep on a futex, pass a lock
 * around, spin and call; and children. crowd THREADS CHILDREN: so many sleepers of each kind, and
 * three threads that are busy until the machine is ended.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, never = PTHREAD_MUTEX_INITIALIZER;
static volatile unsigned long turns;

/* Two of these contend for the lock: whoever comes second waits in the kernel. */
static void *pass_around(void *arg)
{
	for (;;) {
		pthread_mutex_lock(&lock);
		turns++;
		for (volatile int i = 0; i < 1000; i++)
			;
		usleep(100);
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void *sleep_for_ever(void *arg)
{
	pthread_mutex_lock(&never);
	return arg;
}

/* And waits for them: a crowd of zombies would make every stop of the debugger slower than the
 * last. */
static void *make_children(void *arg)
{
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		usleep(1000);
		waitpid(pid, NULL, 0);
	}
	return arg;
}

/* Who looks at us looks at init too. On the other CPU it may not have come to its wait yet: "61
 * ...". */
static void wait_for_init(void)
{
	char word[3] = "";

	do {
		FILE *f = fopen("/proc/1/syscall", "r");

		fgets(word, sizeof(word), f);
		fclose(f);
	} while (atoi(word) != SYS_wait4);
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 4, children = argc > 2 ? atoi(argv[2]) : 4;
	pthread_t t;

	pthread_mutex_lock(&never);
	for (int i = 0; i < threads; i++)
		pthread_create(&t, NULL, sleep_for_ever, NULL);
	for (int i = 0; i < children; i++) {
		if (fork() == 0) {
			sleep(1000);
			_exit(0);
		}
	}
	pthread_create(&t, NULL, pass_around, NULL);
	pthread_create(&t, NULL, pass_around, NULL);
	if (argc > 3)
		pthread_create(&t, NULL, make_children, NULL);
	wait_for_init();
	puts("crowd: all here");
	fflush(stdout);
	for (;;)
		pause();
}
