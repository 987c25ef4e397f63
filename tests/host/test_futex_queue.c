/*
 * Host test of the futex queue: the order of waiters, and that the hash spreads what programs use
 * as futexes.
 */
#include "kernel/futex/queue.h"

#include <assert.h>
#include <stdio.h>

#define N 500

static LIST_HEAD(queue);
static struct futex_q qs[N];

/* The same numbers in every run (stdlib.h does not go together with the kernel's headers). */
static u32 random_number(void)
{
	static u32 seed = 1;

	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/*
 * The queue is sorted, and equals stand in the order of their arrival (= their index, which .val
 * holds).
 */
static int check_order(void)
{
	struct futex_q *q, *prev = NULL;
	int n = 0;

	list_for_each_entry(q, &queue, list) {
		if (prev)
			assert(prev->prio < q->prio ||
			       (prev->prio == q->prio && prev->val < q->val));
		prev = q;
		n++;
	}
	return n;
}

static void test_queue(void)
{
	u32 arrival = 0;

	for (int i = 0; i < N; i++) {
		qs[i].prio = random_number() % 2 ? 100 : (int)(random_number() % 100);
		qs[i].val = arrival++;
		futex_queue_insert(&queue, &qs[i]);
	}
	assert(check_order() == N);
	for (int i = 0; i < 10000; i++) {	/* waiters leave from anywhere and come back */
		struct futex_q *q = &qs[random_number() % N];

		list_del(&q->list);
		q->prio = random_number() % 3 ? 100 : (int)(random_number() % 100);
		q->val = arrival++;
		futex_queue_insert(&queue, q);
	}
	assert(check_order() == N);
}

/*
 * Longest chain when n keys, step bytes apart in each of `spaces` address spaces, fall into 512
 * buckets.
 */
static int longest(u64 base, unsigned int step, int n, int spaces)
{
	static int load[512];
	int worst = 0;

	for (int i = 0; i < 512; i++)
		load[i] = 0;
	for (int s = 0; s < spaces; s++) {
		for (int i = 0; i < n; i++) {
			struct futex_key key = { (u64)s + 7, base + (u64)i * step };
			u32 h = futex_hash_key(&key, 9);

			assert(h < 512);
			load[h]++;
			worst = max(worst, load[h]);
		}
	}
	return worst;
}

static void test_hash(void)
{
	/*
	 * 512 keys in 512 buckets: chains of more than 10 would mean that the bits of the key are
	 * wasted.
	 */
	assert(longest(0x7ffff7a00000, 4, 512, 1) <= 10);	/* an array of words */
	assert(longest(0x7ffff7a00000, 64, 512, 1) <= 10);	/* cache lines */
	/* the same word in each thread's stack (musl) */
	assert(longest(0x7f0000000910, 0x23000, 512, 1) <= 10);
	assert(longest(0x7f0000000910, 0x801000, 512, 1) <= 10);	/* glibc */
	/* one lock in many processes of a program */
	assert(longest(0x4c3a80, 4, 1, 512) <= 10);
}

static void test_match(void)
{
	struct futex_key a = { 1, 0x1000 }, b = a;

	assert(futex_match(&a, &b));
	b.word |= FUTEX_KEY_MM;
	assert(!futex_match(&a, &b));	/* shared and private are different futexes */
	b = a;
	b.space = 2;
	assert(!futex_match(&a, &b));
}

int main(void)
{
	test_queue();
	test_hash();
	test_match();
	puts("ok");
	return 0;
}
