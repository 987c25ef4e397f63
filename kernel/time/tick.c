/*
 * The periodic tick of each CPU, HZ times a second while something runs there, and the timer
 * interrupt.
 *
 * The tick is what takes the CPU from a task whose slice is over; no clock hangs on it. An idle CPU
 * has none. Starting and stopping are on the scheduler's path into and out of idle, so stopping
 * only says so: the next tick finds that nobody wants it and does not come back.
 *
 * Locks: none. Every tick is touched by its own CPU only, with interrupts off. Relies on hrtimer.c.
 */
#include "asm/processor.h"
#include "kernel/entry.h"
#include "kernel/hang/hang.h"
#include "kernel/printk.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"

struct tick {
	struct hrtimer timer;
	bool wanted;
	bool from_user;		/* what the interrupt under way came out of */
	u64 user, system;	/* how many found a task in user mode, in the kernel */
};

static struct tick ticks[NR_CPUS];

static u64 tick_handler(struct hrtimer *timer)
{
	struct tick *tick = container_of(timer, struct tick, timer);
	u64 next = timer->expires + TICK_NS, now;

	if (!tick->wanted)
		return 0;
	if (tick->from_user)
		tick->user++;
	else if (!(current->flags & PF_IDLE))
		tick->system++;
	scheduler_tick(tick->from_user);
	run_posix_cpu_timers(current);
	now = ktime_get();
	/* ticks that were missed are not made up for */
	return next > now ? next : now + TICK_NS;
}

u64 cpu_user_time(int cpu, u64 busy)
{
	u64 user = READ_ONCE(ticks[cpu].user), sum = user + READ_ONCE(ticks[cpu].system);

	return sum ? busy / sum * user + busy % sum * user / sum : 0;
}

void tick_start(void)
{
	struct tick *tick = &ticks[smp_processor_id()];

	tick->wanted = true;
	if (likely(tick->timer.queued || tick->timer.running))	/* changed by this CPU only */
		return;
	if (!tick->timer.function) {
		hrtimer_setup(&tick->timer, tick_handler);
		tick->timer.background = true;
	}
	hrtimer_start(&tick->timer, ktime_get() + TICK_NS);
}

void tick_stop(void)
{
	ticks[smp_processor_id()].wanted = false;
}

void timer_interrupt(bool from_user)
{
	ticks[smp_processor_id()].from_user = from_user;
	hrtimer_interrupt();
}

/* --- timeout=SECONDS --- */

static struct hrtimer timeout_timer;
static long timeout_seconds;

static u64 __noreturn timeout_handler(struct hrtimer *timer)
{
	pr_err("timeout: %ld s\n", timeout_seconds);
	hang_report("the time limit is over", HANG_ALL | HANG_STACKS);
	smp_stop_others();
	machine_exit(EXIT_TIMEOUT);
	machine_power_off();
}

void timeout_init(void)
{
	timeout_seconds = cmdline_number("timeout", 0);
	if (timeout_seconds <= 0)
		return;
	hrtimer_setup(&timeout_timer, timeout_handler);
	timeout_timer.background = true;
	hrtimer_start(&timeout_timer, ktime_get() + (u64)timeout_seconds * NSEC_PER_SEC);
}
