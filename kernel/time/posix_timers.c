/*
 * POSIX timers: timer_create(2) and its relatives. Any number per process, on any clock, with any
 * signal to the process or one thread.
 *
 * A timer owns the one sigqueue its expiries are reported with. While that is queued nothing more
 * is: what expires meanwhile is counted, and handed over with the signal as the overrun. A periodic
 * timer on a real-time clock is armed again only when its signal is taken
 * (posix_timer_delivered()), and the periods that passed by then are overruns too; so even a period
 * of 1 ns costs no more than its handler. Timers on CPU-time clocks are looked at in the tick,
 * which bounds them anyway.
 *
 * Lifetime: one reference for the id, one while the sigqueue is queued: a signal that was sent
 * before timer_delete() still arrives.
 *
 * Locks: (s) siglock of the process; tasklist_lock outside it, to find the target. The hrtimer's
 * handler takes both, so the hrtimer is never waited for with one of them held: see
 * lock_timer_stopped(). Partial: no timers on CPU clocks by number (negative ids): EOPNOTSUPP.
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/guard.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "kernel/time/posix_timers.h"

struct k_itimer {
	refcount_t count;
	struct list_head list;		/* (s) in signal->posix_timers; empty: deleted */
	int id;				/* (c) */
	clockid_t clock;		/* (c) */
	int notify;			/* (c) SIGEV_xxx */
	struct signal_struct *signal;	/* (c) */
	struct task_struct *thread;	/* (c) CLOCK_THREAD_CPUTIME_ID: whose, with a reference */
	struct pid *target;		/* (c) thread, or leader of the process, that gets the
					 * signal */
	struct sigqueue q;
	struct hrtimer hrtimer;
	/* (s) on its clock (real-time ones: ktime, as an s64); 0 = off */
	u64 expires;
	u64 interval;			/* (s) ns, 0 = once */
	bool rearm;			/* (s) hrtimer waits for the signal to be taken */
	u64 overruns;			/* (s) since the signal was queued */
	int overrun_last;		/* (s) what the last signal taken was told */
};

static bool is_cpu_clock(clockid_t clock)
{
	return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

static bool is_cpu_timer(const struct k_itimer *t)
{
	return is_cpu_clock(t->clock);
}

/* The CPU time of current's process if any timer needs it; no lock held (it takes
 * tasklist_lock). */
static u64 sample_process(void)
{
	u64 utime, stime, runtime = 0;

	if (current->signal->nr_cpu_timers)
		process_cputime(current, &utime, &stime, &runtime);
	return runtime;
}

static u64 timer_now(const struct k_itimer *t, u64 process_now)
{
	if (t->clock == CLOCK_PROCESS_CPUTIME_ID)
		return process_now;
	return t->thread ? task_sched_runtime(t->thread) : ktime_get();
}

void posix_timer_put(struct k_itimer *t)
{
	if (!refcount_dec_and_test(&t->count))
		return;
	atomic_dec(&t->signal->nr_sigqueue);
	put_pid(t->target);
	if (t->thread)
		put_task_struct(t->thread);
	kfree(t);
}

/* --- expiry --- */

/* Moves expires past now and counts the periods in between as overruns. siglock held. */
static void forward(struct k_itimer *t, u64 now)
{
	u64 next = next_period(t->expires, t->interval, now);

	t->overruns += (next - t->expires) / t->interval - 1;
	t->expires = next;
}

/* t has expired; p is its target. tasklist_lock and p's siglock held. True: to be armed again
 * for t->expires at once. */
static bool timer_expired(struct k_itimer *t, struct task_struct *p, u64 now)
{
	bool queued = !list_empty(&t->q.list), ignored;

	if (queued)
		t->overruns++;
	else
		refcount_inc(&t->count);
	ignored = send_sigqueue_locked(&t->q, p, t->notify != SIGEV_THREAD_ID);
	if (!queued && list_empty(&t->q.list))
		refcount_dec(&t->count);
	if (!t->interval) {
		t->expires = 0;
		return false;
	}
	if (!ignored && !is_cpu_timer(t)) {
		t->rearm = true;
		return false;
	}
	forward(t, now);
	if (ignored) {		/* nobody counts; and nobody is to be kept busy by it */
		t->overruns = 0;
		t->expires = max(t->expires, now + (u64)TICK_NS);
	}
	return true;
}

static u64 posix_timer_fn(struct hrtimer *hrtimer)
{
	struct k_itimer *t = container_of(hrtimer, struct k_itimer, hrtimer);
	unsigned long flags;
	struct task_struct *p;
	u64 next;

	guard(spinlock_irqsave)(&tasklist_lock);
	p = pid_task(t->target, PIDTYPE_PID);
	if (!p || !lock_task_sighand(p, &flags))
		return 0;
	next = timer_expired(t, p, ktime_get()) ? t->expires : 0;
	unlock_task_sighand(p, &flags);
	return next;
}

void check_cpu_timers(struct signal_struct *sig, u64 process_now)
{
	struct k_itimer *t;

	list_for_each_entry(t, &sig->posix_timers, list) {
		struct task_struct *p = pid_task(t->target, PIDTYPE_PID);
		u64 now;

		if (!is_cpu_timer(t) || !t->expires || t->notify == SIGEV_NONE || !p)
			continue;
		now = timer_now(t, process_now);
		if (now >= t->expires)
			timer_expired(t, p, now);
	}
}

void posix_timer_delivered(struct k_itimer *t, siginfo_t *info)
{
	if (t->rearm) {
		t->rearm = false;
		forward(t, ktime_get());
		hrtimer_start(&t->hrtimer, t->expires);
	}
	t->overrun_last = t->overruns > 0x7fffffff ? 0x7fffffff : (int)t->overruns;
	t->overruns = 0;
	info->si_overrun = t->overrun_last;
	posix_timer_put(t);
}

/* --- finding, stopping --- */

/* The siglock must be held; it is released when there is no such timer. */
static struct k_itimer *lock_timer(int id)
{
	struct k_itimer *t;

	spin_lock_irq(&current->sighand->siglock);
	list_for_each_entry(t, &current->signal->posix_timers, list)
		if (t->id == id)
			return t;
	spin_unlock_irq(&current->sighand->siglock);
	return NULL;
}

static void unlock_timer(void)
{
	spin_unlock_irq(&current->sighand->siglock);
}

/* The same with its hrtimer neither queued nor running. */
static struct k_itimer *lock_timer_stopped(int id)
{
	struct k_itimer *t;

	while ((t = lock_timer(id)) && hrtimer_try_to_cancel(&t->hrtimer) < 0) {
		unlock_timer();
		cpu_relax();
	}
	return t;
}

/* --- making and deleting --- */

static int find_target(const struct sigevent *event, struct k_itimer *t)
{
	struct task_struct *p;

	switch (event->sigev_notify) {
	case SIGEV_THREAD_ID:
		p = find_get_task_by_vpid(event->sigev_notify_thread_id);
		if (!p)
			return -EINVAL;
		if (same_thread_group(p, current))
			t->target = get_pid(p->thread_pid);
		put_task_struct(p);
		break;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
	case SIGEV_NONE:
		t->target = get_pid(current->signal->pids[PIDTYPE_TGID]);
		break;
	}
	if (!t->target)
		return -EINVAL;
	if (event->sigev_notify != SIGEV_NONE &&
	    (event->sigev_signo < 1 || event->sigev_signo > _NSIG))
		return -EINVAL;
	return 0;
}

/* Gives t an id that is free in this process, makes it findable. */
static void publish_timer(struct k_itimer *t)
{
	struct signal_struct *sig = current->signal;
	struct k_itimer *other;

	for (;;) {
		spin_lock_irq(&current->sighand->siglock);
		t->id = sig->next_posix_timer_id++ & 0x7fffffff;
		unlock_timer();
		other = lock_timer(t->id);
		if (!other)
			break;
		unlock_timer();
	}
	spin_lock_irq(&current->sighand->siglock);
	t->q.info.si_timerid = t->id;
	list_add_tail(&t->list, &sig->posix_timers);
	sig->nr_cpu_timers += is_cpu_timer(t);
	unlock_timer();
}

static struct k_itimer *alloc_timer(clockid_t clock)
{
	struct signal_struct *sig = current->signal;
	struct k_itimer *t = NULL;

	if ((unsigned long)atomic_inc_return(&sig->nr_sigqueue) <=
	    sig->rlim[RLIMIT_SIGPENDING].rlim_cur)
		t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t) {
		atomic_dec(&sig->nr_sigqueue);
		return NULL;
	}
	refcount_set(&t->count, 1);
	INIT_LIST_HEAD(&t->list);
	INIT_LIST_HEAD(&t->q.list);
	hrtimer_setup(&t->hrtimer, posix_timer_fn);
	t->signal = t->q.owner = sig;
	t->q.timer = t;
	t->clock = clock;
	if (clock == CLOCK_THREAD_CPUTIME_ID)
		t->thread = get_task_struct(current);
	return t;
}

SYSCALL_DEFINE(timer_delete, int id)
{
	struct k_itimer *t = lock_timer_stopped(id);

	if (!t)
		return -EINVAL;
	list_del_init(&t->list);
	t->rearm = false;
	t->signal->nr_cpu_timers -= is_cpu_timer(t);
	unlock_timer();
	posix_timer_put(t);
	return 0;
}

SYSCALL_DEFINE(timer_create, clockid_t clock, const struct sigevent __user *uevent, int __user *uid)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct k_itimer *t;
	int ret = clock_sleep_base(clock);
	u64 unused;

	if (uevent && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	if (ret < 0 && !is_cpu_clock(clock))
		return ret;
	t = alloc_timer(clock);
	if (!t)
		return -EAGAIN;
	ret = find_target(&event, t);
	if (ret) {
		if (!t->target)
			t->target = get_pid(current->thread_pid);	/* for posix_timer_put() */
		posix_timer_put(t);
		return ret;
	}
	t->notify = event.sigev_notify;
	t->q.info.si_signo = event.sigev_signo;
	t->q.info.si_code = SI_TIMER;
	publish_timer(t);
	/* Without an event the value is the id; the timer is not armed yet, so nobody has seen
	 * another. */
	t->q.info._sifields._timer._sigval =
		uevent ? event.sigev_value : (sigval_t){ .sival_int = t->id };
	ret = put_user(t->id, uid);
	if (!ret && clock < 0)
		ret = clock_now(clock, &unused) ? -EINVAL : -EOPNOTSUPP;
	if (ret)
		sys_timer_delete(t->id);
	return ret;
}

/* exec (POSIX timers go, interval timers stay) or the last thread's exit (all go). */
void exit_itimers(struct task_struct *p)
{
	struct list_head *timers = &p->signal->posix_timers;

	while (!list_empty(timers))
		sys_timer_delete(list_first_entry(timers, struct k_itimer, list)->id);
	if (p->flags & PF_EXITING && p->signal->real_timer.expires)	/* 0: never started */
		hrtimer_cancel(&p->signal->real_timer);
}

/* --- setting and asking --- */

/* What is left, as timer_gettime reports it: of a timer that expired but whose signal was not
 * taken, until its next period. */
static void timer_left(const struct k_itimer *t, u64 now, struct itimerspec *its)
{
	u64 expires = t->expires, left = 0;

	if (expires && t->interval && (t->rearm || t->notify == SIGEV_NONE))
		expires = next_period(expires, t->interval, now);
	if ((s64)(expires - now) > 0)
		left = expires - now;
	else if (expires && t->notify != SIGEV_NONE)
		left = 1;
	its->it_value = ns_to_timespec(left);
	its->it_interval = ns_to_timespec(t->interval);
}

static void arm_timer(struct k_itimer *t, const struct itimerspec *its, bool absolute, u64 now)
{
	u64 value = timespec_to_ns(&its->it_value);
	bool real = clock_sleep_base(t->clock) == CLOCK_BASE_REAL;

	t->rearm = false;
	t->overruns = 0;
	t->overrun_last = 0;
	t->expires = 0;
	t->interval = value || is_cpu_timer(t) ? timespec_to_ns(&its->it_interval) : 0;
	if (!value)
		return;
	if (!absolute)		/* never is not before boot */
		t->expires = min_t(u64, now + value, ~0UL / 2);
	else	/* before boot is less than 0, and counts */
		t->expires = (value - (real ? realtime_offset() : 0)) ?: 1;
	if (!is_cpu_timer(t) && t->notify != SIGEV_NONE)
		hrtimer_start(&t->hrtimer, (u64)max_t(s64, (s64)t->expires, 1));
}

SYSCALL_DEFINE(timer_settime, int id, int flags, const struct itimerspec __user *unew,
	       struct itimerspec __user *uold)
{
	u64 process_now = sample_process(), now;
	struct itimerspec new, old;
	struct k_itimer *t;

	if (!unew)
		return -EINVAL;
	if (copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (!timespec_valid(&new.it_value) || !timespec_valid(&new.it_interval))
		return -EINVAL;
	t = lock_timer_stopped(id);
	if (!t)
		return -EINVAL;
	now = timer_now(t, process_now);
	timer_left(t, now, &old);
	arm_timer(t, &new, flags & TIMER_ABSTIME, now);
	unlock_timer();
	return uold && copy_to_user(uold, &old, sizeof(old)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(timer_gettime, int id, struct itimerspec __user *uits)
{
	u64 process_now = sample_process();
	struct k_itimer *t = lock_timer(id);
	struct itimerspec its;

	if (!t)
		return -EINVAL;
	timer_left(t, timer_now(t, process_now), &its);
	unlock_timer();
	return copy_to_user(uits, &its, sizeof(its)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(timer_getoverrun, int id)
{
	struct k_itimer *t = lock_timer(id);
	int overrun;

	if (!t)
		return -EINVAL;
	overrun = t->overrun_last;
	unlock_timer();
	return overrun;
}
