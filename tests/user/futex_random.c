/*
 * futex_random: random futex operations by one thread, with good and odd words, counts, encodings,
 * bitsets and times, while other threads wait in words of private and shared memory. After each
 * operation: what it returned, the words, and who was woken. Nobody's waiting depends on time: how
 * many wait in a word is what a requeue of all of them to that same word counts. test: timeout=120
 */
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "libk/abi/futex.h"

#include "differ.h"

#define STEPS 60
#define WORDS 6		/* the last two in shared memory */
/* where one may be moved to, though not wait: memory that is read-only, or not there */
#define PLACES (WORDS + 3)
#define MANY 16
#define DEAD 0x3ffffff0	/* no thread's tid */

static struct waiter {
	pthread_t thread;
	unsigned int *word, bits;
	int op, joined;
	volatile long ret;
	volatile int done;
} waiters[MANY];
static int nr_waiters, woken;
static unsigned int private_words[WORDS - 2], *words[PLACES];
static unsigned int me;
static const unsigned int some_words[] = { 0,	       DEAD,	   DEAD + 1,  0x7fffffff,
					   0x80000000, 0xffffffff, 0x00fff000 };

static long futex(void *word, int op, unsigned int val, const void *time, void *word2,
		  unsigned int val3)
{
	long ret = syscall(SYS_futex, word, op, val, time, word2, val3);

	return ret < 0 ? -errno : ret;
}

static unsigned int normal(unsigned int word)
{
	unsigned int tid = word & FUTEX_TID_MASK;

	return (word & ~FUTEX_TID_MASK) | (tid == me			    ? 0xaaaa
					   : tid == (unsigned int)getppid() ? 0xbbbb
									    : tid);
}

/* --- those who wait --- */

static long count(unsigned int *word, int private)
{
	long n = futex(word, FUTEX_REQUEUE | private, 0, (void *)INT_MAX, word, 0);

	return n > 0 ? n : 0;
}

static long waiting(void)
{
	long n = 0;

	for (int i = 0; i < PLACES; i++)
		n += count(words[i], 0) + count(words[i], FUTEX_PRIVATE_FLAG);
	return n;
}

static void *wait_thread(void *arg)
{
	struct waiter *w = arg;

	w->ret = futex(w->word, w->op, *w->word, NULL, NULL, w->bits);
	w->done = 1;
	return NULL;
}

static void start_waiter(void)
{
	struct waiter *w = &waiters[nr_waiters];
	long before = waiting();
	int word = (int)random_below(WORDS);

	if (nr_waiters == MANY)
		return;
	w->word = words[word];
	w->bits = chance(2) ? FUTEX_BITSET_MATCH_ANY : 1 + random_below(7);
	w->op = (chance(2) ? FUTEX_WAIT : FUTEX_WAIT_BITSET) | (chance(2) ? FUTEX_PRIVATE_FLAG : 0);
	note("waiter %d: word %d op %d bits %x", nr_waiters, word, w->op, w->bits);
	nr_waiters++;
	pthread_create(&w->thread, NULL, wait_thread, w);
	while (waiting() == before)
		sched_yield();
}

static void collect(void)
{
	int gone = nr_waiters - woken - (int)waiting();

	for (int found = 0; found < gone;) {
		found = 0;
		sched_yield();
		for (int i = 0; i < nr_waiters; i++)
			found += waiters[i].done && !waiters[i].joined;
	}
	for (int i = 0; i < nr_waiters; i++) {
		if (!waiters[i].done || waiters[i].joined)
			continue;
		pthread_join(waiters[i].thread, NULL);
		waiters[i].joined = 1;
		woken++;
		note("woken: %d, %ld", i, waiters[i].ret);
	}
}

/* --- operations --- */

static void *random_word(void)
{
	unsigned int i = random_below(WORDS), kind = chance(20) ? random_below(5) : 9;

	note("word %u, %u", i, kind);
	switch (kind) {
	case 9:
		return words[i];
	case 0:
		return (char *)words[i] + 1 + random_below(3);
	case 1:
		return words[WORDS + 1];
	case 2:
		return (void *)(1UL << 63);
	case 3:
		return words[WORDS];
	default:
		return NULL;
	}
}

static int private(void)
{
	int flag = chance(2) ? FUTEX_PRIVATE_FLAG : 0;

	note("private %d", flag);
	return flag;
}

/* In the past, or nonsense: a wait ends at once. */
static const void *random_time(void)
{
	static const struct timespec some[] = { { 0, 0 },	   { 0, 0 },  { 0, 0 },
						{ 0, 1000000000 }, { -1, 0 }, { 0, -1 } };

	return chance(30) ? (void *)8 : &PICK(some);
}

static int random_count(void)
{
	static const int some[] = { 0, 1, 1, 1, 2, 3, INT_MAX, -1, INT_MIN };

	return PICK(some);
}

static unsigned int pi_word(void)
{
	static const unsigned int flags[] = {
		0, 0, 0, FUTEX_WAITERS, FUTEX_OWNER_DIED, FUTEX_WAITERS | FUTEX_OWNER_DIED
	};
	const unsigned int owners[] = { 0, me, DEAD, (unsigned int)getppid() };

	return PICK(owners) | PICK(flags);
}

static void note_words(const char *what, long ret)
{
	note("%s: %ld, %x %x %x %x %x %x", what, ret, normal(*words[0]), normal(*words[1]),
	     normal(*words[2]), normal(*words[3]), normal(*words[4]), normal(*words[5]));
}

static void op_wait(void)
{
	static const unsigned int bits[] = { 0, 1, 2, 0xffffffff };
	unsigned int *word = random_word(), val = chance(2) ? PICK(some_words) : 0;
	int op = (chance(2) ? FUTEX_WAIT : FUTEX_WAIT_BITSET) | private() |
		 (chance(5) ? FUTEX_CLOCK_REALTIME : 0);

	note_words("wait", futex(word, op, val, random_time(), NULL, PICK(bits)));
}

static void op_wake(void)
{
	static const unsigned int bits[] = { 0, 1, 2, 4, 0xffffffff };
	int op = (chance(2) ? FUTEX_WAKE : FUTEX_WAKE_BITSET) | private() |
		 (chance(20) ? FUTEX_CLOCK_REALTIME : 0);

	note_words("wake",
		   futex(random_word(), op, (unsigned int)random_count(), NULL, NULL, PICK(bits)));
}

static void op_requeue(void)
{
	int op = (chance(2) ? FUTEX_REQUEUE : FUTEX_CMP_REQUEUE) | private();
	unsigned int *from = random_word(), *to = random_word();
	unsigned int val3 = chance(4) || from != words[0] ? 0 : *from;

	note_words("requeue", futex(from, op, (unsigned int)random_count(),
				    (void *)(long)random_count(), to, val3));
}

static void op_wake_op(void)
{
	unsigned int op = random_below(chance(5) ? 16 : 5), cmp = random_below(chance(5) ? 16 : 6);
	unsigned int oparg = random_below(4096),
		     cmparg = chance(2) ? random_below(4096) : random_below(3);
	long ret;

	if (chance(3))
		op |= FUTEX_OP_OPARG_SHIFT;
	for (int i = 0; i < WORDS; i++)		/* a tid is not for arithmetic */
		if (normal(*words[i]) != *words[i])
			*words[i] = 0;
	note("wake_op %x %x %x %x", op, oparg, cmp, cmparg);
	ret = futex(random_word(), FUTEX_WAKE_OP | private(), (unsigned int)random_count(),
		    (void *)(long)random_count(), random_word(),
		    op << 28 | cmp << 24 | oparg << 12 | cmparg);
	note("wake_op: %ld, %x %x %x %x %x %x", ret, *words[0], *words[1], *words[2], *words[3],
	     *words[4], *words[5]);
	for (int i = 0; i < WORDS; i++)		/* nor may what comes out be one */
		if (*words[i] & FUTEX_TID_MASK)
			*words[i] |= DEAD;
}

static void op_pi(void)
{
	static const int ops[] = { FUTEX_LOCK_PI, FUTEX_LOCK_PI2, FUTEX_TRYLOCK_PI,
				   FUTEX_UNLOCK_PI };
	int op = PICK(ops) | private() | (chance(10) ? FUTEX_CLOCK_REALTIME : 0);

	for (int i = 0; i < WORDS; i++)
		if ((normal(*words[i]) & FUTEX_TID_MASK) == 0xbbbb)
			/* the owner is another process: EPERM on newer kernels */
			op &= ~FUTEX_PRIVATE_FLAG;
	note("pi %d", op);
	note_words("pi", futex(random_word(), op, PICK(some_words), random_time(), NULL, 0));
}

static void op_odd(void)
{
	static const int ops[] = { FUTEX_FD, 14, 15, 64, 127, -1, 512 | FUTEX_WAKE, 1 << 20 };

	note_words("odd", futex(random_word(), PICK(ops), 0, random_time(), random_word(), 0));
}

static void op_waitv(void)
{
	static const unsigned int odd[] = { 0, 129, 1u << 31 };
	static const unsigned int flags[] = { 0, 1, 16, 64, 256, FUTEX_32 | 1u << 31 };
	static const int clocks[] = { CLOCK_MONOTONIC, CLOCK_MONOTONIC, CLOCK_REALTIME, 2, 7, -1 };
	struct futex_waitv v[4];
	unsigned int n = chance(12) ? PICK(odd) : 1 + random_below(4);
	int clock;
	long ret;

	for (size_t i = 0; i < COUNT(v); i++) {
		void *word = random_word();
		int good = !chance(3) && word >= (void *)4096 && (long)word > 0 &&
			   !((unsigned long)word & 3);

		v[i] = (struct futex_waitv){ .uaddr = (unsigned long)word,
					     .flags = FUTEX_32 | (unsigned int)private() };
		v[i].val = good ? *(unsigned int *)word : PICK(some_words);
		if (chance(30))
			v[i].flags = PICK(flags);
		if (chance(30))
			v[i].__reserved = 1;
		note("v: %x flags %x reserved %x", normal((unsigned int)v[i].val), v[i].flags,
		     v[i].__reserved);
	}
	clock = PICK(clocks);
	note("%d of them, clock %d", n, clock);
	ret = syscall(SYS_futex_waitv, chance(20) ? (void *)8 : v, n, chance(20), random_time(),
		      clock);
	note_words("waitv", ret < 0 ? -errno : ret);
}

static void write_word(void)
{
	*words[random_below(WORDS)] = chance(2) ? pi_word() : PICK(some_words);
}

static void experiment(void)
{
	static void (*const calls[])(void) = {
		op_wait,    op_wake,	op_wake,      op_requeue,   op_requeue, op_wake_op,
		op_wake_op, op_pi,	op_pi,	      op_odd,	    op_waitv,	write_word,
		write_word, write_word, start_waiter, start_waiter,
	};
	unsigned int *shared =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	/* Since 6.16 Linux may move those who wait to another hash table in between, and then does
	 * not keep their order: PR_FUTEX_HASH, PR_FUTEX_HASH_SET_SLOTS, 0: one table for all. */
	syscall(SYS_prctl, 78, 1, 0, 0, 0);
	me = (unsigned int)gettid();
	words[WORDS] = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	words[WORDS + 1] = (void *)8;
	for (int i = 0; i < WORDS; i++)
		words[i] = i < WORDS - 2 ? &private_words[i] : &shared[i];
	for (int i = 0; i < STEPS; i++) {
		PICK(calls)();
		collect();
	}
	for (int i = 0; i < PLACES; i++) {
		futex(words[i], FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
		futex(words[i], FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	}
	collect();
}

int main(int argc, char **argv)
{
	return differ_main(argc, argv, 60, experiment);
}
