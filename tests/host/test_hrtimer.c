/*
 * Host test of the timer tree: order, restart, cancel, moves between CPUs, and what the hardware is
 * armed for. Two pretended CPUs; the test's "spinlocks" only check that they are taken and dropped
 * in pairs.
 */
#define ktime_get real_ktime_get	/* here time is what the test says */
#include "asm/processor.h"
#undef ktime_get
#include "kernel/sync/sync.h"

static u64 ktime_get(void);
static int this_cpu_nr, locks;
static unsigned long irqs = 1;

#undef smp_processor_id
#define smp_processor_id() this_cpu_nr
#define spin_lock(l) ((void)(l), (void)locks++)
#define spin_unlock(l) ((void)(l), (void)locks--)
#undef spin_lock_irqsave
#define spin_lock_irqsave(l, f) ((f) = irqs, locks++)
#define spin_unlock_irqrestore(l, f) (irqs = (f), (void)locks--)

#include "kernel/time/hrtimer.c"
#include "libk/rbtree.c"

#include <assert.h>
#include <stdio.h>

#define N 1000

static u64 now, armed[2];
static u64 log_[4 * N];
static int nlog;

/* The same numbers in every run (stdlib.h does not go together with the kernel's headers). */
static u32 random_number(void)
{
	static u32 seed = 1;

	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static u64 ktime_get(void)
{
	return now;
}

void timer_arm(u64 deadline)
{
	armed[this_cpu_nr] = deadline;
}

static u64 note(struct hrtimer *t)
{
	assert(locks == 0 && t->running && !t->queued);
	log_[nlog++] = t->expires;
	return 0;
}

static void reset(void)
{
	this_cpu_nr = nlog = 0;
	now = 1000;
	hrtimers_init();
}

static void test_order(void)
{
	static struct hrtimer t[N];

	reset();
	for (int i = 0; i < N; i++) {
		hrtimer_setup(&t[i], note);
		hrtimer_start(&t[i], 1001 + random_number() % 5000);
	}
	for (int i = 0; i < N; i += 3)
		assert(hrtimer_cancel(&t[i]));
	for (int i = 1; i < N; i += 3)		/* armed once more: the old expiry is gone */
		hrtimer_start(&t[i], 1001 + random_number() % 5000);
	while (first_timer(&bases[0])) {
		assert(armed[0] <= first_timer(&bases[0])->expires);
		now = armed[0];
		hrtimer_interrupt();
	}
	assert(nlog == N - (N + 2) / 3 && armed[0] == UINT64_MAX);
	for (int i = 1; i < nlog; i++)
		assert(log_[i - 1] <= log_[i]);
	assert(!hrtimer_cancel(&t[1]));
}

static int left;

static u64 every_100(struct hrtimer *t)
{
	log_[nlog++] = now;
	return --left ? t->expires + 100 : 0;
}

static void test_periodic(void)
{
	struct hrtimer t;

	reset();
	left = 5;
	hrtimer_setup(&t, every_100);
	hrtimer_start(&t, 1100);
	while (armed[0] != UINT64_MAX) {
		now = armed[0];
		hrtimer_interrupt();
	}
	assert(nlog == 5 && log_[4] == 1500 && !t.queued && !t.running);

	/* Far behind: one call an interrupt, the next at once. */
	left = 3;
	hrtimer_start(&t, 1600);
	now = 100000;
	hrtimer_interrupt();
	assert(left == 2 && armed[0] == 100001);
	now = 100001;
	hrtimer_interrupt();
	now = 100101;
	hrtimer_interrupt();
	assert(left == 0 && armed[0] == UINT64_MAX);
}

static u64 restarts_itself(struct hrtimer *t)
{
	assert(hrtimer_try_to_cancel(t) == -1);
	hrtimer_start(t, 5000);
	return 9000;		/* the start counts, not this */
}

static void test_start_in_handler(void)
{
	struct hrtimer t;

	reset();
	hrtimer_setup(&t, restarts_itself);
	hrtimer_start(&t, 1500);
	now = 1500;
	hrtimer_interrupt();
	assert(t.queued && t.expires == 5000 && armed[0] == 5000);
	assert(hrtimer_try_to_cancel(&t) == 1 && hrtimer_try_to_cancel(&t) == 0);
}

static struct hrtimer other;

/* While the handler of `other` runs on CPU 0, CPU 1 starts it anew: it stays where it runs. */
static u64 started_from_cpu_1(struct hrtimer *t)
{
	this_cpu_nr = 1;
	hrtimer_start(t, 7000);
	assert(t->cpu == 0 && armed[1] == 0);
	this_cpu_nr = 0;
	return 0;
}

static void test_cpus(void)
{
	reset();
	armed[0] = armed[1] = 0;
	hrtimer_setup(&other, started_from_cpu_1);
	hrtimer_start(&other, 2000);
	assert(armed[0] == 2000);
	now = 2000;
	hrtimer_interrupt();
	assert(armed[0] == 7000);
	this_cpu_nr = 1;
	hrtimer_start(&other, 6000);	/* not running: it moves here */
	assert(other.cpu == 1 && armed[1] == 6000 && !first_timer(&bases[0]));
	this_cpu_nr = 0;
	assert(hrtimer_cancel(&other));	/* from the other CPU */
	assert(!first_timer(&bases[1]));
	now = 7000;
	hrtimer_interrupt();		/* what was armed for it comes for nothing */
	assert(armed[0] == UINT64_MAX);
}

int main(void)
{
	test_order();
	test_periodic();
	test_start_in_handler();
	test_cpus();
	assert(locks == 0 && irqs == 1);
	puts("ok");
	return 0;
}
