/*
 * Interval timers, three per process: ITIMER_REAL (and alarm) counts real time and sends SIGALRM,
 * ITIMER_VIRTUAL counts CPU time in user mode and sends SIGVTALRM, ITIMER_PROF counts all CPU time
 * and sends SIGPROF. Also the limit on CPU time, which is one more of the kind.
 *
 * The real one is an hrtimer. When it has fired it is armed again only when its signal is taken
 * (itimer_rearm()): a program that asks for a period of a microsecond can drown itself, not the
 * machine. The other two are looked at in the tick of whatever thread runs.
 *
 * Locks: siglock for the values; tasklist_lock outside it (to add up threads, to find the process).
 * The hrtimer's handler takes both, so it is cancelled with neither held.
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/sync/guard.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "kernel/time/posix_timers.h"

static u64 it_real_fn(struct hrtimer *timer)
{
	struct signal_struct *sig = container_of(timer, struct signal_struct, real_timer);

	kill_pid(sig->pids[PIDTYPE_TGID], SIGALRM, SEND_SIG_PRIV);
	return 0;
}

void itimers_init(struct signal_struct *sig)
{
	INIT_LIST_HEAD(&sig->posix_timers);
	hrtimer_setup(&sig->real_timer, it_real_fn);
}

u64 next_period(u64 expires, u64 interval, u64 now)
{
	if ((s64)(expires - now) > 0)	/* what expired before boot is less than 0 */
		return expires;
	return expires + ((now - expires) / interval + 1) * interval;
}

void itimer_rearm(struct signal_struct *sig)
{
	struct hrtimer *timer = &sig->real_timer;

	if (!timer->queued)
		hrtimer_start(timer, next_period(timer->expires, sig->it_real_incr, ktime_get()));
}

static u64 timeval_to_ns(const struct timeval *tv)
{
	struct timespec ts = { tv->tv_sec, tv->tv_usec * (long)NSEC_PER_USEC };

	return timespec_to_ns(&ts);
}

static bool timeval_valid(const struct timeval *tv)
{
	return tv->tv_sec >= 0 && (unsigned long)tv->tv_usec < 1000000;
}

struct itimer_ns {
	u64 value, interval;	/* ns; value is what is left, 0 = off */
};

/* A timer that is armed is never reported as off: what is left is at least min. */
static u64 time_left(u64 expires, u64 now, u64 min)
{
	return expires > now + min ? expires - now : min;
}

/* new == NULL: only asks. */
static struct itimer_ns real_itimer(struct signal_struct *sig, const struct itimer_ns *new)
{
	struct itimer_ns old = { 0, 0 };
	int queued;

	for (;;) {
		spin_lock_irq(&current->sighand->siglock);
		queued = new ? hrtimer_try_to_cancel(&sig->real_timer) : sig->real_timer.queued;
		if (queued >= 0)
			break;
		spin_unlock_irq(&current->sighand->siglock);	/* its handler wants this lock */
		cpu_relax();
	}
	old.interval = sig->it_real_incr;
	if (queued)
		old.value = time_left(sig->real_timer.expires, ktime_get(), NSEC_PER_USEC);
	if (new)
		sig->it_real_incr = new->value ? new->interval : 0;
	if (new && new->value)
		hrtimer_start(&sig->real_timer, ktime_get() + new->value);
	spin_unlock_irq(&current->sighand->siglock);
	return old;
}

/* VIRTUAL and PROF: i = 0, 1. new == NULL: only asks. */
static struct itimer_ns cpu_itimer(struct signal_struct *sig, int i, const struct itimer_ns *new)
{
	struct itimer_ns old;
	u64 utime, stime, runtime, now;

	process_cputime(current, &utime, &stime, &runtime);
	now = i ? utime + stime : utime;
	guard(spinlock_irq)(&current->sighand->siglock);
	old.interval = sig->it_incr[i];
	old.value = sig->it_value[i] ? time_left(sig->it_value[i], now, TICK_NS) : 0;
	if (new) {
		sig->it_value[i] = new->value ? now + new->value : 0;
		sig->it_incr[i] = new->interval;
	}
	return old;
}

static struct itimer_ns get_or_set(int which, const struct itimer_ns *new)
{
	return which == ITIMER_REAL ? real_itimer(current->signal, new)
				    : cpu_itimer(current->signal, which - ITIMER_VIRTUAL, new);
}

static int put_itimerval(struct itimerval __user *to, struct itimer_ns it)
{
	struct itimerval val = { ns_to_timeval(it.interval), ns_to_timeval(it.value) };

	return copy_to_user(to, &val, sizeof(val)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(getitimer, int which, struct itimerval __user *value)
{
	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	return put_itimerval(value, get_or_set(which, NULL));
}

/* Without a value the timer is switched off: not POSIX, but old programs rely on it. */
SYSCALL_DEFINE(setitimer, int which, const struct itimerval __user *value,
	       struct itimerval __user *ovalue)
{
	struct itimerval val = { { 0, 0 }, { 0, 0 } };
	struct itimer_ns new, old;

	if (value && copy_from_user(&val, value, sizeof(val)))
		return -EFAULT;
	if (!timeval_valid(&val.it_value) || !timeval_valid(&val.it_interval))
		return -EINVAL;
	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	new = (struct itimer_ns){ timeval_to_ns(&val.it_value), timeval_to_ns(&val.it_interval) };
	old = get_or_set(which, &new);
	return ovalue ? put_itimerval(ovalue, old) : 0;
}

/* Seconds that were left, rounded, but never 0 for a timer that ran. */
SYSCALL_DEFINE(alarm, unsigned int seconds)
{
	struct itimer_ns new = { seconds * NSEC_PER_SEC, 0 },
			 old = real_itimer(current->signal, &new);
	u64 left = old.value / NSEC_PER_SEC, rest = old.value % NSEC_PER_SEC;

	return (long)(left + ((!left && rest) || rest >= NSEC_PER_SEC / 2));
}

/* --- the tick --- */

static void check_cpu_itimer(struct task_struct *p, int i, u64 now, int signo)
{
	struct signal_struct *sig = p->signal;

	if (!sig->it_value[i] || now < sig->it_value[i])
		return;
	sig->it_value[i] =
		sig->it_incr[i] ? next_period(sig->it_value[i], sig->it_incr[i], now) : 0;
	send_signal_locked(signo, SEND_SIG_PRIV, p, true);
}

/* Past the soft limit a SIGXCPU every second, at the hard one the end. */
static void check_cpu_limit(struct task_struct *p, u64 now)
{
	struct rlimit *limit = &p->signal->rlim[RLIMIT_CPU];

	if (limit->rlim_max != RLIM_INFINITY && now / NSEC_PER_SEC >= limit->rlim_max) {
		send_signal_locked(SIGKILL, SEND_SIG_PRIV, p, true);
	} else if (limit->rlim_cur != RLIM_INFINITY && now / NSEC_PER_SEC >= limit->rlim_cur) {
		limit->rlim_cur++;
		send_signal_locked(SIGXCPU, SEND_SIG_PRIV, p, true);
	}
}

void run_posix_cpu_timers(struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	u64 utime, stime, runtime;
	unsigned long flags;

	if (p->flags & (PF_KTHREAD | PF_IDLE | PF_EXITING))
		return;
	if (!sig->it_value[0] && !sig->it_value[1] && !sig->nr_cpu_timers &&
	    sig->rlim[RLIMIT_CPU].rlim_cur == RLIM_INFINITY)
		return;
	process_cputime(p, &utime, &stime, &runtime);
	guard(spinlock_irqsave)(&tasklist_lock);
	if (!lock_task_sighand(p, &flags))
		return;
	check_cpu_itimer(p, 0, utime, SIGVTALRM);
	check_cpu_itimer(p, 1, utime + stime, SIGPROF);
	check_cpu_limit(p, utime + stime);
	if (sig->nr_cpu_timers)
		check_cpu_timers(sig, runtime);
	unlock_task_sighand(p, &flags);
}
