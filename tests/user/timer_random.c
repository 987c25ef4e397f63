/*
 * timer_random: random calls of timers, clocks and sleeps, with times that are over, far away or
 * nonsense, and of the small calls about a thread: prctl, arch_prctl, robust lists, membarrier,
 * kcmp, pidfd_open. No answer depends on when it is asked. test: timeout=120
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "differ.h"

#define STEPS 80
#define TIMERS 6
#define BAD ((void *)8)
#define NO_PID 4000000
#define FAR 100000		/* seconds */

static int timers[TIMERS] = { -1, -1, -1, -1, -1, -1 };
static unsigned long where[4];

static int random_clock(void)
{
	static const int good[] = { 0, 1, 1, 1, 2, 3, 7 }, odd[] = { 4, 5, 6, 10, 12, 100 };
	static const int negative[] = {
		-1, -5, -9, -8 * NO_PID - 2, -8 * NO_PID - 6, -8 * NO_PID - 5
	};

	return chance(10) ? PICK(odd) : chance(10) ? PICK(negative) : PICK(good);
}

static struct timespec random_time(void)
{
	static const struct timespec some[] = {
		{ 0, 0 }, { 0, 1 }, { 0, 1 }, { FAR, 0 }, { FAR, 5 }, { FAR, 999999999 },
		{ 0, 1000000000 }, { -1, 0 }, { 0, -1 }, { -5, 1000 },
	};

	return some[random_below(chance(4) ? COUNT(some) : 6)];
}

/* Of a time that runs: how far it is, roughly. */
static long rough(struct timespec t)
{
	return t.tv_sec > FAR / 2 ? 2 : t.tv_sec || t.tv_nsec;
}

static void *maybe(void *good)
{
	return chance(16) ? (chance(2) ? BAD : NULL) : good;
}

static void create(void)
{
	static const int signals[] = { SIGUSR1, SIGUSR2, 40, 64, 0, 65, -1 };
	struct sigevent event = { .sigev_notify = (int)random_below(chance(6) ? 8 : 3) };
	int i = (int)random_below(TIMERS), clock = random_clock(), id = -1;
	long ret;

	if (timers[i] >= 0)
		return;
	event.sigev_signo = signals[random_below(chance(6) ? 7 : 4)];
	/* on Linux one that is off still says when it would be over */
	if (event.sigev_notify == SIGEV_NONE)
		event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_value.sival_int = i + 100;
	if (chance(4)) {
		event.sigev_notify = SIGEV_THREAD_ID;
		event.sigev_notify_thread_id = chance(6) ? getppid() : gettid();
	}
	ret = syscall(SYS_timer_create, clock, chance(20) ? BAD : &event, chance(20) ? BAD : &id);
	note("timer_create %d, clock %d notify %d signal %d: %ld %d", i, clock, event.sigev_notify,
	     event.sigev_signo, ret, error(ret));
	timers[i] = ret ? -1 : id;
}

static int random_timer(int *i)
{
	*i = (int)random_below(TIMERS);
	return chance(20) ? 1000 : timers[*i];
}

/* One that is over has sent its signal, or will at once. */
static void take_signals(int i)
{
	struct timespec limit = { 0, 0 };
	sigset_t all = ~0UL;
	siginfo_t info;

	while (syscall(SYS_rt_sigtimedwait, &all, &info, &limit, 8) > 0)
		note("signal %d code %d value %d mine %d overrun %d", info.si_signo, info.si_code,
		     info.si_int, info.si_timerid == timers[i], info.si_overrun);
}

static void settime(void)
{
	static const int flags[] = { 0, 0, TIMER_ABSTIME, TIMER_ABSTIME, 2, 4, -1 };
	int i, id = random_timer(&i), flag = PICK(flags);
	struct itimerspec its = { .it_value = random_time() }, old = { { 7, 7 }, { 7, 7 } };
	long ret;

	if (its.it_value.tv_sec >= FAR)		/* only far periods, so that nothing overruns */
		its.it_interval = random_time();
	if (its.it_interval.tv_nsec == 1 || its.it_interval.tv_nsec == 1000)
		its.it_interval.tv_nsec = 0;
	if (its.it_value.tv_nsec == 1)		/* none is ever over: that is seen in fd_random */
		its.it_value.tv_sec = FAR;
	if (flag & TIMER_ABSTIME && its.it_value.tv_sec >= FAR)
		its.it_value.tv_sec *= FAR;
	if (its.it_value.tv_sec >= FAR && chance(4))
		its.it_value.tv_sec = LONG_MAX;		/* never */
	ret = syscall(SYS_timer_settime, id, flag, maybe(&its), chance(3) ? NULL : maybe(&old));
	note("timer_settime %d, flags %d, %ld %ld every %ld %ld: %ld %d, was %ld every %ld", i,
	     flag, (long)its.it_value.tv_sec, its.it_value.tv_nsec, (long)its.it_interval.tv_sec,
	     its.it_interval.tv_nsec, ret, error(ret), rough(old.it_value), rough(old.it_interval));
	take_signals(i);
}

static void about_timer(void)
{
	int i, id = random_timer(&i);
	struct itimerspec now = { { 7, 7 }, { 7, 7 } };
	long ret = syscall(SYS_timer_gettime, id, maybe(&now));

	note("timer_gettime %d: %ld %d, %ld every %ld %ld", i, ret, error(ret), rough(now.it_value),
	     (long)now.it_interval.tv_sec, now.it_interval.tv_nsec);
	ret = syscall(SYS_timer_getoverrun, id);
	note("timer_getoverrun: %ld %d", ret, error(ret));
	if (chance(4)) {
		ret = syscall(SYS_timer_delete, id);
		note("timer_delete: %ld %d", ret, error(ret));
		timers[i] = id == timers[i] ? -1 : timers[i];
	}
}

static void itimer(void)
{
	static const long parts[] = { 0, 0, 5, 999999, 1000000, -1 };
	int which = chance(10) ? 3 - 4 * (int)random_below(2) : (int)random_below(3);
	struct itimerval v = { { chance(2) ? FAR : 0, PICK(parts) }, { FAR, PICK(parts) } },
			 old = { { 7, 7 }, { 7, 7 } };
	long ret;

	if (chance(3))
		v.it_value = (struct timeval){ 0, 0 };
	else if (chance(12))
		v.it_value.tv_sec = -1;
	ret = syscall(SYS_setitimer, which, maybe(&v), chance(3) ? NULL : maybe(&old));
	note("setitimer %d %ld %ld: %ld %d, was %d every %ld %ld", which, (long)v.it_value.tv_sec,
	     (long)v.it_value.tv_usec, ret, error(ret), old.it_value.tv_sec > FAR / 2,
	     (long)old.it_interval.tv_sec, (long)old.it_interval.tv_usec);
	memset(&old, 0, sizeof(old));
	ret = syscall(SYS_getitimer, which, maybe(&old));
	note("getitimer: %ld %d, %d every %ld", ret, error(ret), old.it_value.tv_sec > FAR / 2,
	     (long)old.it_interval.tv_sec);
	if (chance(3))
		note("alarm: %d", syscall(SYS_alarm, chance(2) ? FAR : 0) > FAR / 2);
}

/* Only until what is over. */
static void sleeps(void)
{
	static const int flags[] = { TIMER_ABSTIME, TIMER_ABSTIME, TIMER_ABSTIME | 2,
				     TIMER_ABSTIME | 8 };
	struct timespec t = random_time(), rem = { 7, 7 };
	int clock = random_clock(), flag = PICK(flags);
	long ret;

	if (t.tv_sec >= FAR)
		t.tv_sec = 0;
	/* CPU time that we may not have had yet */
	if (clock == 2 && t.tv_nsec > 0 && t.tv_nsec < 1000000000)
		t.tv_nsec = 0;
	ret = syscall(SYS_clock_nanosleep, clock, flag, maybe(&t), maybe(&rem));
	note("clock_nanosleep %d %d %ld %ld: %ld %d, %ld", clock, flag, (long)t.tv_sec, t.tv_nsec,
	     ret, error(ret), rem.tv_nsec);
	if (t.tv_nsec > 1000)
		t.tv_nsec += 999999999;
	ret = syscall(SYS_nanosleep, maybe(&t), maybe(&rem));
	note("nanosleep: %ld %d, %ld", ret, error(ret), rem.tv_nsec);
}

static void clocks(void)
{
	struct timespec t = { 7, 7 };
	int clock = random_clock(), flags = chance(4) ? 1 << random_below(12) : 0, fd;
	long ret = syscall(SYS_clock_getres, clock, chance(4) ? NULL : maybe(&t));

	note("clock_getres %d: %ld %d, %ld", clock, ret, error(ret),
	     clock == 5 || clock == 6 ? 0 : t.tv_nsec);
	ret = syscall(SYS_clock_settime, clock,
		      chance(2) ? BAD : &(struct timespec){ 0, 1000000000 });
	note("clock_settime: %ld %d", ret, error(ret));
	ret = syscall(SYS_clock_gettime, clock, maybe(&t));
	note("clock_gettime: %ld %d", ret, error(ret));
	fd = (int)syscall(SYS_timerfd_create, clock, flags);
	note("timerfd_create %x: %d %d", flags, fd < 0, error(fd));
	if (fd >= 0) {
		struct itimerspec its = { random_time(), random_time() },
				  old = { { 7, 7 }, { 7, 7 } };

		its.it_value.tv_sec = its.it_value.tv_sec ? its.it_value.tv_sec : FAR;
		flags = chance(4) ? 1 << random_below(6) : 0;
		ret = syscall(SYS_timerfd_settime, fd, flags, maybe(&its), chance(2) ? NULL : &old);
		note("timerfd_settime %d %ld %ld: %ld %d, %ld", flags, (long)its.it_value.tv_sec,
		     its.it_value.tv_nsec, ret, error(ret), rough(old.it_value));
		close(fd);
	}
}

static void process(void)
{
	static const int options[] = {
		PR_SET_PDEATHSIG,    PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS,
		PR_GET_NO_NEW_PRIVS, PR_GET_DUMPABLE, PR_SET_CHILD_SUBREAPER
	};
	static const unsigned long values[] = { 0, 1, 1, 2, 3, 9, 64, 65, -1UL };
	int option = PICK(options), sig = -7, reaper = -7;
	unsigned long value = PICK(values), more = chance(6);
	char name[16] = "";
	long ret = syscall(SYS_prctl, option, value, more, chance(12), 0);

	note("prctl %d %lx %lx: %ld %d", option, value, more, ret, error(ret));
	ret = syscall(SYS_prctl, PR_GET_PDEATHSIG, maybe(&sig));
	note("death signal: %ld %d, %d", ret, error(ret), sig);
	ret = syscall(SYS_prctl, PR_GET_CHILD_SUBREAPER, maybe(&reaper));
	note("reaper: %ld %d, %d, dumpable %ld", ret, error(ret), reaper,
	     syscall(SYS_prctl, PR_GET_DUMPABLE));
	ret = syscall(SYS_prctl, PR_SET_NAME,
		      chance(8)	  ? BAD
		      : chance(2) ? "a name longer than fifteen"
				  : "short");
	note("set name: %ld %d", ret, error(ret));
	ret = syscall(SYS_prctl, PR_GET_NAME, chance(8) ? BAD : name);
	note("name: %ld %d, %s", ret, error(ret), name);
}

static void thread(void)
{
	static const unsigned long bases[] = { 0,	  4096,	     1UL << 46, (1UL << 47) - 4096,
					       1UL << 47, 1UL << 63, -1UL };
	static const int commands[] = { 1, 2, 4, 8, 16, 3, 12, 1 << 20, -1 };
	const int pids[] = { 0, getpid(), getppid(), NO_PID, -1 };
	unsigned long base = 7, set = PICK(bases);
	int pid = PICK(pids), command = PICK(commands);
	void *head = NULL;
	size_t size = 7;
	long ret;

	ret = syscall(SYS_arch_prctl, 0x1001, set);
	note("set gs %lx: %ld %d", set, ret, error(ret));
	ret = syscall(SYS_arch_prctl, 0x1004, maybe(&base));
	note("gs: %ld %d, %lx", ret, error(ret), base);
	ret = syscall(SYS_set_robust_list, chance(8) ? BAD : where,
		      chance(4) ? random_below(64) : 24);
	note("set_robust_list: %ld %d", ret, error(ret));
	ret = syscall(SYS_get_robust_list, pid, maybe(&head), maybe(&size));
	note("get_robust_list %d: %ld %d, %d %ld", pid == getpid(), ret, error(ret), head == where,
	     (long)size);
	ret = syscall(SYS_membarrier, command, chance(8), 0);
	note("membarrier %d: %ld %d", command, ret, error(ret));
	ret = syscall(SYS_kcmp, getpid(), pid, 1 + random_below(4), 0, 0);
	note("kcmp: %ld %d", ret > 0 ? 1 : ret, error(ret));
	ret = syscall(SYS_pidfd_open, pid, chance(4) ? 1 << (random_below(6) + 1) : 0);
	note("pidfd_open: %d %d", ret < 0, error(ret));
	close((int)ret);
	ret = syscall(SYS_getrusage, random_below(4) - 2, chance(3) ? BAD : &(struct rusage){ 0 });
	note("getrusage: %ld %d, set_tid_address %d", ret, error(ret),
	     syscall(SYS_set_tid_address, &where[3]) == gettid());
}

static void experiment(void)
{
	static void (*const calls[])(void) = { create,	create,	     settime,	  settime,
					       settime, about_timer, about_timer, itimer,
					       sleeps,	clocks,	     process,	  thread };
	sigset_t all = ~0UL;

	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int i = 0; i < STEPS; i++)
		PICK(calls)();
}

int main(int argc, char **argv)
{
	return differ_main(argc, argv, 60, experiment);
}
