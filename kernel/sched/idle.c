/*
 * The idle policy and the idle task: what a CPU does when it has nothing to do. One idle task per
 * CPU (PID 0), never on a queue, picked when no other class has anybody. It halts until an
 * interrupt comes; its tick is stopped, so a system at rest is really at rest.
 *
 * Locks: the class functions are called with rq->lock held; cpu_idle_loop takes none.
 */
#include "asm/processor.h"
#include "kernel/entry.h"
#include "kernel/printk.h"
#include "kernel/sched/rq.h"
#include "kernel/time/time.h"

static struct task_struct *pick_next_task_idle(struct rq *rq)
{
	return rq->idle;
}

static void nothing(struct rq *rq, struct task_struct *p)
{
}

static void nothing_queued(struct rq *rq, struct task_struct *p, int flags)
{
	panic("the idle task of CPU %d tried to sleep", rq->cpu);
}

static void update_curr_idle(struct rq *rq)
{
	rq->idle_ns += update_curr_runtime(rq);
}

const struct sched_class idle_sched_class = {
	.name = "idle",
	.enqueue_task = nothing_queued,
	.dequeue_task = nothing_queued,
	.pick_next_task = pick_next_task_idle,
	.task_tick = nothing,
	.check_preempt = nothing,
	.update_curr = update_curr_idle,
};

/*
 * The flag is tested with interrupts off, and arch_cpu_idle() turns them on and halts in one go
 * (STI takes effect after the next instruction): an interrupt that sets the flag either comes
 * before the test or ends the halt.
 */
static void __noreturn cpu_idle_loop(void)
{
	for (;;) {
		preempt_disable();	/* so that irq_exit() leaves the switch to us, after
					 * tick_start() */
		local_irq_disable();
		tick_stop();
		while (!need_resched()) {
			arch_cpu_idle();
			local_irq_disable();
		}
		tick_start();
		local_irq_enable();
		preempt_enable_no_resched();
		schedule();
	}
}

void cpu_startup_entry(void)
{
	local_irq_enable();
	cpu_idle_loop();
}
