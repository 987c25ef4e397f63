/*
 * What futex_ops.c and futex_pi.c share: futex(2) without a C library in between, threads, and the
 * frame of a test program.
 *
 * A program is a table of tests. It prints "ok NAME" or "FAIL NAME: line" for each; the exit status
 * is the number that failed; names as arguments choose. Each runs on any Linux with the same
 * result.
 *
 * Threads are made by clone() alone, so that no thread library's own futexes are in the way; they
 * share errno with the main thread, therefore all system calls here are made by sys(), which
 * returns -errno. Nothing waits for a time: "the other one sleeps" is seen by FUTEX_REQUEUE of a
 * word onto itself, which counts the waiters and wakes none.
 */
#pragma once

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	WAIT,
	WAKE,
	REQUEUE = 3,
	CMP_REQUEUE,
	WAKE_OP,
	LOCK_PI,
	UNLOCK_PI,
	TRYLOCK_PI,
	WAIT_BITSET,
	WAKE_BITSET,
	PRIVATE = 128,
	REALTIME = 256,
	NR_futex_waitv = 449,
};
#define WAITERS 0x80000000u
#define OWNER_DIED 0x40000000u
#define TID_MASK 0x3fffffffu
#define OP(op, arg, cmp, cmparg)                                                                   \
	((unsigned)(op) << 28 | (unsigned)(cmp) << 24 | ((arg)&0xfff) << 12 | ((cmparg)&0xfff))
#define KERNEL_ADDRESS ((uint32_t *)0xffffffff80000000UL)
#define STACK_SIZE 65536
#define NTHREADS 4

struct test {
	const char *name;
	void (*fn)(void);
};

static const char *test_name;
static int test_failed;

#define CHECK(cond)									\
	do {										\
		if (!(cond)) {								\
			printf("FAIL %s: line %d: %s\n", test_name, __LINE__, #cond);	\
			test_failed = 1;						\
		}									\
	} while (0)

static long sys(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static long futex(volatile uint32_t *uaddr, int op, uint32_t val, const void *time,
		  volatile uint32_t *uaddr2, uint32_t val3)
{
	return sys(SYS_futex, (long)uaddr, op, val, (long)time, (long)uaddr2, val3);
}

static long wake(volatile uint32_t *w, int n)
{
	return futex(w, WAKE | PRIVATE, (uint32_t)n, NULL, NULL, 0);
}

static inline long requeue(volatile uint32_t *from, volatile uint32_t *to, int nwake, int nmove)
{
	return futex(from, REQUEUE | PRIVATE, (uint32_t)nwake, (void *)(long)nmove, to, 0);
}

static void pause_a_little(void)
{
	struct timespec ts = { 0, 200000 };

	sys(SYS_nanosleep, (long)&ts, 0, 0, 0, 0, 0);
}

/* Waits until n tasks sleep on w. */
static void await_waiters(volatile uint32_t *w, int n, int flag)
{
	while (futex(w, REQUEUE | flag, 0, (void *)(long)INT_MAX, w, 0) != n)
		pause_a_little();
}

/* --- threads --- */

struct thread {
	volatile int tid;	/* the kernel clears it at the end, and wakes who waits there */
	volatile long ret;	/* of the system call it made */
	char *stack;
	volatile uint32_t *word;
	int op;
	uint32_t val, bitset;
	const struct timespec *timeout;
};

static struct thread threads[NTHREADS];
static volatile uint32_t w1, w2;
static volatile int order[NTHREADS], norder;	/* who was woken when; -1: nobody yet */

static void spawn(struct thread *t, int (*fn)(void *))
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

	if (!t->stack)
		t->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	t->ret = 12345;
	if (clone(fn, t->stack + STACK_SIZE, flags, t, &t->tid, NULL, &t->tid) < 0) {
		perror("clone");
		exit(100);
	}
}

static void join(struct thread *t)
{
	int tid;

	while ((tid = t->tid) != 0)
		futex((volatile uint32_t *)&t->tid, WAIT, (uint32_t)tid, NULL, NULL, 0);
}

static int waiter(void *arg)
{
	struct thread *t = arg;

	t->ret = futex(t->word, t->op, t->val, t->timeout, NULL, t->bitset);
	order[__atomic_fetch_add(&norder, 1, __ATOMIC_SEQ_CST) % NTHREADS] = (int)(t - threads);
	return 0;
}

static inline void forget_order(void)
{
	norder = 0;
	for (int i = 0; i < NTHREADS; i++)
		order[i] = -1;
}

/* Who was woken as the i-th. A waiter counts itself before it writes its number. */
static inline int woken(int i)
{
	while (order[i] < 0)
		pause_a_little();
	return order[i];
}

/* Thread i does op on w, and we return once n tasks sleep there. */
static struct thread *start_waiter(int i, volatile uint32_t *w, int op, uint32_t bitset,
				   const struct timespec *timeout, int n)
{
	struct thread *t = &threads[i];

	*t = (struct thread){ .stack = t->stack, .word = w, .op = op, .val = *w, .bitset = bitset };
	t->timeout = timeout;
	spawn(t, waiter);
	await_waiters(w, n, op & PRIVATE);
	return t;
}

static inline void start_waiters(int n)
{
	for (int i = 0; i < n; i++)
		start_waiter(i, &w1, WAIT | PRIVATE, 0, NULL, i + 1);
}

/* All n ended with ret. */
static void join_all(int n, long ret)
{
	for (int i = 0; i < n; i++) {
		join(&threads[i]);
		CHECK(threads[i].ret == ret);
	}
}

static inline int mytid(void)
{
	return (int)sys(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

static int wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(name, argv[i]))
			return 1;
	}
	return argc < 2;
}

static int run_tests(const struct test *tests, size_t n, int argc, char **argv)
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < n; i++) {
		if (!wanted(tests[i].name, argc, argv))
			continue;
		test_name = tests[i].name;
		test_failed = 0;
		tests[i].fn();
		if (!test_failed)
			printf("ok %s\n", test_name);
		failed += test_failed;
	}
	return failed;
}
