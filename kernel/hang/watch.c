/*
 * khungtaskd: a kernel thread that looks, now and then, whether something hangs.
 *
 * - A task in state D for more than hung_task_timeout_secs: whoever it waits for should have come.
 * - Nothing can run any more: no task is runnable, no timer is set that could make one so, and
 *   every task of a program waits for another task. Nobody is left who could end that; input and
 *   signals from outside cannot, for nobody waits for input. With deadlock=exit, which tools/run
 *   sets for a command, the machine ends there.
 *
 * It looks every second while there is work and ever more seldom when there is none, up to a
 * minute.
 *
 * Locks: tasklist_lock.
 */
#include "asm/processor.h"
#include "kernel/hang/hang.h"
#include "kernel/printk.h"
#include "kernel/sched/sched.h"
#include "kernel/sync/guard.h"
#include "kernel/sync/lock_stat.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include "libk/printf.h"
#include "libk/string.h"

#define FIRST_LOOK NSEC_PER_SEC
#define LAST_LOOK (64 * NSEC_PER_SEC)

int hung_task_timeout_secs = 120;
static bool exit_on_deadlock;
static struct hrtimer timer;
static struct task_struct *watchman;

static u64 wake_watchman(struct hrtimer *t)
{
	wake_up_process(watchman);
	return 0;
}

/* Has it been in D, where not even SIGKILL reaches it, since before that time? */
static bool is_hung(const struct task_struct *p, u64 time)
{
	unsigned int state = READ_ONCE(p->state);

	return (state & TASK_UNINTERRUPTIBLE) && READ_ONCE(p->se.exec_start) < time &&
	       !(state & (TASK_WAKEKILL | TASK_FROZEN_IDLE | TASK_NEW));
}

/* Reports once in a time limit if there are any. */
static void report_hung(void)
{
	static u64 next;
	u64 now = ktime_get(), limit = (u64)hung_task_timeout_secs * NSEC_PER_SEC;
	struct task_struct *p;
	char text[64] = "";
	int left;

	if (!limit || now < limit || now < next)
		return;
	scoped_guard(spinlock_irqsave, &tasklist_lock)
		for_each_task_checked(p, left)
			if (is_hung(p, now - limit))
				snprintf(text, sizeof(text), "%.15s/%d in state D for %llu seconds",
					 p->comm, p->pid, (now - p->se.exec_start) / NSEC_PER_SEC);
	if (!text[0])
		return;
	hang_report(text, HANG_STACKS);
	next = now + limit;
}

/* Does everybody wait for somebody, and somebody for a lock, a pipe or a dead thread? */
static bool all_wait_for_others(void)
{
	struct task_struct *p;
	struct wait_info w;
	bool lock = false;
	int left;

	guard(spinlock_irqsave)(&tasklist_lock);
	for_each_task_checked(p, left) {
		if (!p->mm || p->exit_state)
			continue;
		task_waits_for(p, &w);
		if (w.what <= WAIT_OTHER)
			return false;
		lock |= w.what != WAIT_END || w.dead;
	}
	return lock;
}

/* We are the only one that runs, and without us nobody would. */
static bool nothing_can_run(void)
{
	return nr_running() == 1 && !hrtimers_pending() && all_wait_for_others();
}

static void report_deadlock(void)
{
	hang_report("nothing can run any more", HANG_STACKS);
	if (!exit_on_deadlock)
		return;
	pr_err("deadlock: leaving\n");
	smp_stop_others();
	machine_exit(EXIT_TIMEOUT);
}

static int khungtaskd(void *unused)
{
	unsigned long switches = 0, seen;
	u64 pause = FIRST_LOOK;
	bool reported = false, quiet;

	for (;;) {
		set_current_state(TASK_IDLE);
		hrtimer_start(&timer, ktime_get() + pause);
		schedule();
		seen = nr_context_switches();
		quiet = seen - switches <= 2;	/* our own coming and going */
		switches = seen;
		pause = quiet ? min_t(u64, 2 * pause, LAST_LOOK) : FIRST_LOOK;
		if (hung_task_timeout_secs)
			pause = min_t(u64, pause, (u64)hung_task_timeout_secs * NSEC_PER_SEC);
		report_hung();
		reported &= quiet;
		if (!reported && nothing_can_run()) {
			report_deadlock();
			reported = true;
		}
	}
	return 0;
}

void hang_init(void)
{
	char how[8];

	sysrq_init();
	lock_stat_init();
	hung_task_timeout_secs = (int)cmdline_number("hung_task_timeout_secs", 120) & 0xfffff;
	exit_on_deadlock = cmdline_option("deadlock", how, sizeof(how)) && !strcmp(how, "exit");
	hrtimer_setup(&timer, wake_watchman);
	timer.background = true;
	watchman = kthread_create(khungtaskd, NULL, "khungtaskd");
	if (IS_ERR(watchman))
		pr_err("khungtaskd: errno %ld\n", -PTR_ERR(watchman));
	else
		wake_up_process(watchman);
}
