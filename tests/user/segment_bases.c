/*
 * FS.base and GS.base: what arch_prctl accepts and refuses, and that each process keeps its own
 * across switches, forks and signals, also when it is changed by WRGSBASE in user mode, where the
 * CPU and the kernel allow that (AT_HWCAP2 says so).
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SET_GS 0x1001
#define SET_FS 0x1002
#define GET_FS 0x1003
#define GET_GS 0x1004

static long prctl4(int code, unsigned long arg)
{
	return syscall(SYS_arch_prctl, (long)code, arg) ? errno : 0;
}

static unsigned long get(int code)
{
	unsigned long base = ~0UL;

	prctl4(code, (unsigned long)&base);
	return base;
}

static void nothing(int sig)
{
}

int main(void)
{
	static const unsigned long bad[] = {
		0x800000000000,	    0x7ffffffff000, 0xffff800000000000,
		0xffffffff80000000, ~0UL,	    0x8000000000000000
	};
	unsigned long own = get(GET_FS), values[2] = { 0x1234, 0x5678 };
	int failed = 0, status;

	printf("GS.base at first %lx\n", get(GET_GS));
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		printf("%lx: FS %ld, GS %ld\n", bad[i], prctl4(SET_FS, bad[i]),
		       prctl4(SET_GS, bad[i]));
	printf("FS.base is kept: %d\n", get(GET_FS) == own);
	printf("bad code %ld, bad pointer %ld\n", prctl4(0x1005, 0), prctl4(GET_FS, 8));
	printf("set to 7fffffffe000: %ld, %lx\n", prctl4(SET_GS, 0x7fffffffe000), get(GET_GS));
	prctl4(SET_GS, (unsigned long)values);
	__asm__("movq %%gs:8, %0" : "=r"(own));
	printf("%%gs:8 is %lx\n", own);
	signal(SIGUSR1, nothing);
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			unsigned long mine = 0x10000UL * (unsigned long)(i + 1), now;
			int by_hand = i % 2 && getauxval(26) & 2;

			failed = get(GET_GS) != (unsigned long)values;
			for (int n = 0; n < 300; n++, mine += 64) {
				if (by_hand)
					__asm__ volatile("wrgsbase %0" : : "r"(mine));
				else
					prctl4(SET_GS, mine);
				sched_yield();
				if (n % 10 == 0)
					kill(getpid(), SIGUSR1);
				now = get(GET_GS);
				if (by_hand)
					__asm__ volatile("rdgsbase %0" : "=r"(now));
				failed |= now != mine || get(GET_GS) != mine;
			}
			_exit(failed);
		}
	while (wait(&status) > 0)
		failed += status != 0;
	printf("%d lost theirs; the parent's is kept: %d\n", failed,
	       get(GET_GS) == (unsigned long)values);
	return failed;
}
