/*
 * What only the CPU holds must survive: the vector registers, x87 and MXCSR of several processes
 * that each keep a pattern of their own while they are preempted, yield, take signals whose handler
 * destroys everything, go to another CPU, and fork. With AVX where the CPU has it. test: timeout=60
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sched.h>
#include <unistd.h>

#define WORKERS 4
#define ROUNDS 200

struct state {
	unsigned char vector[16][32];
	double x87;
	unsigned int mxcsr;
};

static int avx;
static volatile sig_atomic_t signals;

static void load(const struct state *s)
{
	if (avx)
		__asm__ volatile("vmovdqu (%0), %%ymm0; vmovdqu 32(%0), %%ymm1; vmovdqu 224(%0), "
				 "%%ymm7; vmovdqu 480(%0), %%ymm15"
				 :
				 : "r"(s->vector)
				 : "memory");
	else
		__asm__ volatile("movdqu (%0), %%xmm0; movdqu 32(%0), %%xmm1; movdqu 224(%0), "
				 "%%xmm7; movdqu 480(%0), %%xmm15"
				 :
				 : "r"(s->vector)
				 : "memory");
	__asm__ volatile("ldmxcsr %0; fninit; fldl %1" : : "m"(s->mxcsr), "m"(s->x87));
}

static void store(struct state *s)
{
	if (avx)
		__asm__ volatile("vmovdqu %%ymm0, (%0); vmovdqu %%ymm1, 32(%0); vmovdqu %%ymm7, "
				 "224(%0); vmovdqu %%ymm15, 480(%0)"
				 :
				 : "r"(s->vector)
				 : "memory");
	else
		__asm__ volatile("movdqu %%xmm0, (%0); movdqu %%xmm1, 32(%0); movdqu %%xmm7, "
				 "224(%0); movdqu %%xmm15, 480(%0)"
				 :
				 : "r"(s->vector)
				 : "memory");
	__asm__ volatile("stmxcsr %0; fstpl %1" : "=m"(s->mxcsr), "=m"(s->x87));
}

static void fill(struct state *s, int seed)
{
	memset(s, 0, sizeof(*s));
	for (int r = 0; r < 16; r++)
		for (int i = 0; i < (avx ? 32 : 16); i++)
			if (r < 2 || r == 7 || r == 15)
				s->vector[r][i] = (unsigned char)(seed * 37 + r * 16 + i);
	s->x87 = seed + 0.25;
	s->mxcsr = 0x1f80 | (unsigned int)(seed & 3) << 13;	/* each with another rounding */
}

/* A handler begins with a clean state and may do what it likes to it. */
static void handler(int sig)
{
	struct state junk;
	unsigned int mxcsr;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	fill(&junk, 99);
	load(&junk);
	signals += mxcsr == 0x1f80 ? 1 : 1000000;
}

/*
 * Loads a pattern, does `what`, and looks. Nothing between may touch the registers, so the system
 * calls are made by hand.
 */
static long call(long nr, long a, long b, const void *c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

/* To a CPU, if the machine has it; then we must be there. */
static int move_to(unsigned int cpu)
{
	unsigned long mask = 1UL << cpu;
	unsigned int here = cpu;

	if (!call(203, 0, sizeof(mask), &mask))		/* sched_setaffinity */
		call(309, (long)&here, 0, NULL);	/* getcpu */
	return here != cpu;
}

enum { YIELD, SPIN, SIGNAL, MOVE, FORK, NR_WHATS };
static const char *const names[] = { "sched_yield", "being preempted", "a signal", "a move",
				     "fork" };

static int try(int what, int seed)
{
	struct state s, t;
	int status, lost = 0;
	long pid = -1;

	fill(&s, seed);
	fill(&t, seed);
	load(&s);
	if (what == YIELD)
		call(24, 0, 0, NULL);
	else if (what == SPIN)
		for (volatile int i = 0; i < 20000; i++)
			;
	else if (what == SIGNAL)
		call(62, call(39, 0, 0, NULL), SIGUSR1, NULL);
	else if (what == MOVE)
		lost = move_to((unsigned int)seed / WORKERS % 2);
	else
		pid = call(57, 0, 0, NULL);
	store(&t);
	if (pid == 0)
		_exit(memcmp(&s, &t, sizeof(s)) != 0);
	if (pid > 0 && (waitpid((pid_t)pid, &status, 0) != pid || status))
		return 1;
	return lost || memcmp(&s, &t, sizeof(s)) != 0;
}

static int worker(int seed)
{
	for (int round = 0; round < ROUNDS; round++)
		for (int what = 0; what < NR_WHATS; what++)
			if ((what != FORK || round % 20 == 0) &&
			    try(what, seed + round * WORKERS)) {
				printf("worker %d: lost by %s\n", seed, names[what]);
				fflush(stdout);
				return 1;
			}
	return signals != ROUNDS;
}

static int has_avx(void)
{
	unsigned int a = 1, b, c, d, low, high;

	__asm__("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	if (!(c & 1u << 27) || !(c & 1u << 28))
		return 0;
	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & 6) == 6;
}

int main(void)
{
	int failed = 0, status;

	avx = has_avx();
	signal(SIGUSR1, handler);
	for (int i = 0; i < WORKERS; i++)
		if (fork() == 0)
			_exit(worker(i));
	while (wait(&status) > 0)
		failed += status != 0;
	printf("%d of %d lost something\n", failed, WORKERS);
	return failed;
}
