/*
 * An interrupt that preempts, and the next one comes as soon as interrupts are on again: each may
 * use the stack that the one before has left, no more. No locks.
 */
#include "kernel/ktest.h"
#include "kernel/sched/rq.h"
#include "kernel/time/time.h"

#define SHOTS 20	/* a preemption takes some 300 bytes: the stack holds them */
#define STEP 32		/* ns: one instruction under --icount */
#define LONGEST (1000 * STEP)	/* an interrupt that preempts is over by then */

static int shots;
static u64 delay;		/* from a handler's beginning to the next interrupt */
static unsigned long deepest;	/* use of the stack in a handler, bytes */

static unsigned long stack_use(void)
{
	return (unsigned long)current->stack + THREAD_SIZE -
	       (unsigned long)__builtin_frame_address(0);
}

static u64 preempt_and_come_again(struct hrtimer *t)
{
	struct rq *rq = this_rq();

	deepest = max(deepest, stack_use());
	scoped_guard(spinlock, &rq->lock)
		resched_curr(rq);
	WRITE_ONCE(shots, shots + 1);
	return shots < SHOTS ? ktime_get() + delay : 0;
}

KTEST(preemptions_do_not_pile_up)
{
	struct hrtimer timer;

	preempt_disable();
	set_cpus_allowed(current, 1UL << smp_processor_id());
	preempt_enable();
	deepest = 0;
	hrtimer_setup(&timer, preempt_and_come_again);
	for (delay = STEP; delay < LONGEST; delay += STEP) {
		shots = 0;
		hrtimer_start(&timer, ktime_get());
		while (READ_ONCE(shots) < SHOTS)
			cpu_relax();
		hrtimer_cancel(&timer);
	}
	KEXPECT(deepest < stack_use() + 2048);
	set_cpus_allowed(current, ~0UL);
}
