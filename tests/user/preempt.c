/*
 * One CPU, one process that computes and never calls the kernel: another still gets its turn. (As
 * the first program after boot, before any CPU was ever idle.)
 */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	volatile int *flag =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec ts = { 0, 1000000 };

	if (fork() == 0) {
		nanosleep(&ts, NULL);
		*flag = 1;
		_exit(0);
	}
	while (!*flag)
		;
	wait(NULL);
	puts("preempted");
	return 0;
}
