/*
 * overrun_random: random calls of periodic timers that began long ago, by the clock of the wall,
 * while their signals are blocked: how many periods the signal counts once it is taken, by
 * sigtimedwait() or a handler, by the process or the thread it is for, and what the timer says
 * before and after. Periods are so long that none ends meanwhile. test: timeout=120
 *
 * A timer whose signal is pending is neither set nor deleted: whether the signal still comes then
 * depends on Linux's version.
 */
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "differ.h"

#define STEPS 80
#define TIMERS 6

/* one each: pending says whose */
static const int signals[TIMERS] = { SIGUSR1, SIGUSR2, 40, 41, 42, 43 };
static struct timer {
	int id, made;
	long period;		/* seconds */
} timers[TIMERS];
static int seen;		/* by the handler */

static int pending(int i)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, signals[i]);
}

static const char *rough(const struct timer *t, const struct timespec *left)
{
	long off = t->period ? t->period / 2 - (long)left->tv_sec : 100;

	return !left->tv_sec && !left->tv_nsec ? "off"
	       : off >= 0 && off < 100	       ? "half a period"
					       : "something";
}

static void create(int i)
{
	struct timer *t = &timers[i];
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = signals[i],
				  .sigev_value.sival_int = i + 100 };
	int clock = chance(2) ? CLOCK_REALTIME : CLOCK_TAI;

	if (t->made)
		return;
	if (chance(2)) {
		event.sigev_notify = SIGEV_THREAD_ID;
		event.sigev_notify_thread_id = gettid();
	}
	t->period = 0;
	t->made = !syscall(SYS_timer_create, clock, &event, &t->id);
	note("create %d: clock %d notify %d: %d", i, clock, event.sigev_notify, t->made);
}

static void set(int i)
{
	static const long periods[] = { 1000, 1000, 7777, 1000000 },
			  passed[] = { 0, 0, 1, 2, 5, 100 };
	struct timer *t = &timers[i];
	struct itimerspec its = { { 0, 0 }, { 0, 0 } }, old = { { 7, 7 }, { 7, 7 } };
	long period = PICK(periods), n = PICK(passed), once = chance(5), off = chance(8), ret;

	if (!t->made || pending(i))
		return;
	clock_gettime(CLOCK_REALTIME, &its.it_value);
	its.it_value.tv_sec -= n * period + period / 2;
	its.it_interval.tv_sec = once ? 0 : period;
	if (off)
		its.it_value = (struct timespec){ 0, 0 };
	ret = syscall(SYS_timer_settime, t->id, TIMER_ABSTIME, &its, &old);
	note("set %d: %ld periods of %ld ago, once %ld, off %ld: %ld, was %s every %ld", i, n,
	     period, once, off, ret, rough(t, &old.it_value), (long)old.it_interval.tv_sec);
	t->period = once || off ? 0 : period;
	while (!off && !pending(i))
		;
}

static void about(int i)
{
	struct timer *t = &timers[i];
	struct itimerspec now = { { 7, 7 }, { 7, 7 } };
	long ret = syscall(SYS_timer_gettime, t->made ? t->id : -1, &now);

	note("get %d: %ld, %s every %ld, pending %d, overrun %ld", i, ret, rough(t, &now.it_value),
	     (long)now.it_interval.tv_sec, pending(i),
	     (long)syscall(SYS_timer_getoverrun, t->made ? t->id : -1));
}

static void say(const char *how, const siginfo_t *info)
{
	int i = info->si_value.sival_int - 100;

	note("%s: signal %d code %d timer %d, %d, overrun %d", how, info->si_signo, info->si_code,
	     i, i >= 0 && i < TIMERS && timers[i].id == info->si_timerid, info->si_overrun);
}

static void handler(int sig, siginfo_t *info, void *context)
{
	seen++;
	say("handler", info);
}

static void take(int i)
{
	struct timespec limit = { 0, 0 };
	siginfo_t info;
	sigset_t set, all;

	sigemptyset(&set);
	sigaddset(&set, signals[i]);
	if (chance(2))
		sigaddset(&set, signals[(i + 1) % TIMERS]);
	if (chance(2)) {
		while (syscall(SYS_rt_sigtimedwait, &set, &info, &limit, 8) > 0)
			say("taken", &info);
	} else {
		seen = 0;
		sigprocmask(SIG_UNBLOCK, &set, &all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		note("%d of %d handled", seen, i);
	}
}

static void delete(int i)
{
	struct timer *t = &timers[i];

	if (!t->made || pending(i) || !chance(3))
		return;
	note("delete %d: %ld", i, (long)syscall(SYS_timer_delete, t->id));
	t->made = 0;
}

static void experiment(void)
{
	static void (*const calls[])(int) = { create, create, set,  set,  set,
					      about,  about,  take, take, delete };
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigfillset(&sa.sa_mask);
	for (int i = 0; i < TIMERS; i++)
		sigaction(signals[i], &sa, NULL);
	for (int i = 0; i < STEPS; i++)
		PICK(calls)((int)random_below(TIMERS));
}

int main(int argc, char **argv)
{
	return differ_main(argc, argv, 60, experiment);
}
