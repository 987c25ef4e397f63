/*
 * Sleeping for a time: schedule_hrtimeout(), the base of every wait with a time limit, and
 * nanosleep() and clock_nanosleep().
 *
 * A sleep that a signal interrupts and that no handler answers (SIGSTOP, SIGCONT) goes on to its
 * old deadline: the deadline stands in current->restart_block, and restart_syscall() calls the
 * function there. Deadlines are kept in ktime, so a wall clock that is set meanwhile does not move
 * a sleeper. There is no timer slack: sleeps end when they are due.
 *
 * Locks: none of its own.
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"

struct sleeper {
	struct hrtimer timer;
	struct task_struct *task;
};

static u64 wake_sleeper(struct hrtimer *timer)
{
	wake_up_process(container_of(timer, struct sleeper, timer)->task);
	return 0;
}

/*
 * The timer lives on this stack: hrtimer_cancel() waits for a handler that is still at it. The
 * order of a sleep is kept: the caller set the state, we arm, then schedule(). A timer that fires
 * before schedule() sets the state back, and schedule() returns at once.
 */
u64 schedule_hrtimeout(u64 deadline)
{
	struct sleeper s;
	u64 now;

	if (deadline == UINT64_MAX) {
		schedule();
		return UINT64_MAX;
	}
	if (deadline > ktime_get()) {
		s.task = current;
		hrtimer_setup(&s.timer, wake_sleeper);
		hrtimer_start(&s.timer, deadline);
		schedule();
		hrtimer_cancel(&s.timer);
	}
	__set_current_state(TASK_RUNNING);
	now = ktime_get();
	return deadline > now ? deadline - now : 0;
}

u64 timespec_to_deadline(const struct timespec *ts, clockid_t clock, bool absolute)
{
	u64 ns = timespec_to_ns(ts), base;

	if (!absolute)
		return ktime_get() + ns;
	base = clock_sleep_base(clock) == CLOCK_BASE_REAL ? realtime_offset() : 0;
	return ns > base ? ns - base : 0;
}

int get_deadline(const struct timespec __user *uts, clockid_t clock, bool absolute, u64 *deadline)
{
	struct timespec ts;

	*deadline = UINT64_MAX;
	if (!uts)
		return 0;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	*deadline = timespec_to_deadline(&ts, clock, absolute);
	return 0;
}

/* Until the deadline or a signal. 0 or -EINTR. */
static int sleep_until(u64 deadline)
{
	u64 left = 1;

	current->wchan = "hrtimer_nanosleep";
	while (left) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current))
			break;
		left = schedule_hrtimeout(deadline);
	}
	__set_current_state(TASK_RUNNING);
	current->wchan = NULL;
	return left ? -EINTR : 0;
}

/*
 * The same on a CPU-time clock, until it shows `until`. nr_cpus threads at most can use it up, so
 * it cannot get there before 1/nr_cpus of what is left has passed: sleep that long, at least a
 * tick, and look again.
 */
static int sleep_until_cputime(clockid_t clock, u64 until)
{
	int err;
	u64 now;

	while (!(err = clock_now(clock, &now)) && now < until) {
		err = sleep_until(ktime_get() + max_t(u64, (until - now) / (u64)nr_cpus, TICK_NS));
		if (err)
			break;
	}
	return err;
}

static long nanosleep_restart(struct restart_block *rb);

/*
 * Sleeps to the deadline, which is the clock's own for a CPU-time clock and ktime for all others.
 */
static long nanosleep_common(clockid_t clock, u64 deadline, struct timespec __user *rem,
			     bool absolute)
{
	bool cputime = clock_sleep_base(clock) == CLOCK_BASE_CPU;
	int err = cputime ? sleep_until_cputime(clock, deadline) : sleep_until(deadline);
	struct timespec ts;
	u64 now;

	if (err != -EINTR)
		return err;
	if (absolute)
		return -ERESTARTNOHAND;	/* the same arguments mean the same end */
	if (clock_now(cputime ? clock : CLOCK_MONOTONIC, &now) || now >= deadline)
		return 0;
	ts = ns_to_timespec(deadline - now);
	if (rem && copy_to_user(rem, &ts, sizeof(ts)))
		return -EFAULT;
	current->restart_block.nanosleep.clock = clock;
	current->restart_block.nanosleep.deadline = deadline;
	current->restart_block.nanosleep.rem = rem;
	current->restart_block.fn = nanosleep_restart;
	return -ERESTART_RESTARTBLOCK;
}

static long nanosleep_restart(struct restart_block *rb)
{
	return nanosleep_common(rb->nanosleep.clock, rb->nanosleep.deadline, rb->nanosleep.rem,
				false);
}

SYSCALL_DEFINE(nanosleep, const struct timespec __user *req, struct timespec __user *rem)
{
	struct timespec ts;

	if (copy_from_user(&ts, req, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	return nanosleep_common(CLOCK_MONOTONIC, timespec_to_deadline(&ts, CLOCK_MONOTONIC, false),
				rem, false);
}

SYSCALL_DEFINE(clock_nanosleep, clockid_t clock, int flags, const struct timespec __user *req,
	       struct timespec __user *rem)
{
	bool absolute = flags & TIMER_ABSTIME;
	int base = clock_sleep_base(clock);
	struct timespec ts;
	u64 deadline, now;
	int err;

	if (base < 0)
		return base;
	if (copy_from_user(&ts, req, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	if (base != CLOCK_BASE_CPU)
		return nanosleep_common(clock, timespec_to_deadline(&ts, clock, absolute), rem,
					absolute);
	/* a thread that sleeps for its own time sleeps for ever */
	err = clock_is_own_thread(clock) ? -EINVAL : clock_now(clock, &now);
	if (err)
		return err;
	deadline = timespec_to_ns(&ts) + (absolute ? 0 : now);
	return nanosleep_common(clock, deadline, rem, absolute);
}
