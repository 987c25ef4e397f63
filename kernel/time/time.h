/*
 * Clocks, timers, sleeping. All times are ktime: ns since boot, CLOCK_MONOTONIC; CLOCK_REALTIME
 * adds an offset.
 *
 * Locking: (b) = lock of the timer base of the CPU that the timer names, interrupts off. It is a
 * leaf: under it no other lock is taken, and handlers run without it, so timers may be started and
 * cancelled with any spinlock held (cancelled: see hrtimer_cancel()).
 */
#pragma once

#include "asm/cycles.h"		/* ktime_get() */
#include "kernel/sync/sync.h"
#include "libk/abi/time.h"
#include "libk/rbtree.h"
#include "libk/types.h"

struct task_struct;

#define NSEC_PER_SEC 1000000000UL
#define NSEC_PER_USEC 1000UL
#define NSEC_PER_MSEC 1000000UL

/* --- clocks (clock.c) --- */
u64 ktime_get_real(void);	/* ns since 1970 */
u64 realtime_offset(void);	/* what CLOCK_REALTIME adds to ktime */
void timekeeping_init(void);	/* at boot: reads the RTC */
/*
 * Now on any clock of POSIX or Linux, the CPU-time clocks of other tasks (negative ids) included. 0
 * or -EINVAL. May sleep.
 */
int clock_now(clockid_t clock, u64 *ns);
/* What a sleep on the clock is measured with; or -EINVAL, -EOPNOTSUPP: nobody can sleep on it. */
enum { CLOCK_BASE_KTIME, CLOCK_BASE_REAL, CLOCK_BASE_CPU };
int clock_sleep_base(clockid_t clock);
/* Is it the CPU clock of current, named by a negative id? */
bool clock_is_own_thread(clockid_t clock);
/*
 * CPU time of p's whole process, its dead threads included, in ns. Takes tasklist_lock: not with
 * siglock held.
 */
void process_cputime(struct task_struct *p, u64 *utime, u64 *stime, u64 *runtime);

/* --- timers (hrtimer.c) --- */
/* A timer on the CPU that armed it. */
struct hrtimer {
	struct rb_node node;	/* (b) */
	u64 expires;		/* (b) ktime */
	/* In the timer interrupt, base lock dropped. Returns the next expiry, or 0 for done. */
	u64 (*function)(struct hrtimer *timer);
	int cpu;		/* (b) whose base; -1: on its way from one to another */
	bool queued, running;	/* (b) in the tree; its function is being called */
	bool background;	/* (c) no program waits for it: the tick, time limits, watchmen */
};

void hrtimer_setup(struct hrtimer *t, u64 (*function)(struct hrtimer *));
/*
 * (Re)arms; any context. A timer whose handler runs right now keeps the new expiry, whatever the
 * handler returns.
 */
void hrtimer_start(struct hrtimer *t, u64 expires);
/*
 * Disarms; waits for a running handler (so: not from the handler, not with a lock that the handler
 * takes). True if it was queued.
 */
bool hrtimer_cancel(struct hrtimer *t);
/* Does not wait: 1 was queued, 0 was not, -1 its handler runs right now. Any context. */
int hrtimer_try_to_cancel(struct hrtimer *t);
bool hrtimers_pending(void);	/* is any queued, on any CPU, but those in the background? */
void hrtimers_init(void);	/* at boot, for all CPUs, before the first interrupt */
void hrtimer_interrupt(void);	/* runs what is due and arms the hardware for the next */

/* --- the tick (tick.c) --- */
/* The part of busy ns that cpu spent in user mode, as its ticks saw it. Any context. */
u64 cpu_user_time(int cpu, u64 busy);
/*
 * This CPU's periodic tick, which it needs only while more than idle runs. IRQs off, any lock held;
 * cheap when nothing changes.
 */
void tick_start(void);
void tick_stop(void);
/* The kernel option timeout=SECONDS begins to count. Once, when init starts. */
void timeout_init(void);

/* --- struct timespec --- */
static inline u64 timespec_to_ns(const struct timespec *ts)	/* saturates */
{
	if (ts->tv_sec < 0)
		return 0;
	if ((u64)ts->tv_sec >= ~0UL / NSEC_PER_SEC / 2)
		return ~0UL / 2;
	return (u64)ts->tv_sec * NSEC_PER_SEC + (u64)ts->tv_nsec;
}

static inline struct timespec ns_to_timespec(u64 ns)
{
	return (struct timespec){ (time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC) };
}

static inline struct timeval ns_to_timeval(u64 ns)
{
	return (struct timeval){ (time_t)(ns / NSEC_PER_SEC),
				 (suseconds_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

static inline bool timespec_valid(const struct timespec *ts)
{
	return ts->tv_sec >= 0 && (unsigned long)ts->tv_nsec < NSEC_PER_SEC;
}

/*
 * A valid struct timespec as a ktime deadline: relative (from now) or absolute on a clock of
 * clock_sleep_base().
 */
u64 timespec_to_deadline(const struct timespec *ts, clockid_t clock, bool absolute);
/* Reads a user timespec as a ktime deadline; NULL pointer = U64_MAX. 0, -EFAULT, -EINVAL. */
int get_deadline(const struct timespec __user *uts, clockid_t clock, bool absolute, u64 *deadline);

/* --- itimer.c, posix_timers.c --- */
/* Interval timers and POSIX timers of a process end with it / with its exec. May sleep. */
void exit_itimers(struct task_struct *p);
/* One tick of p's ITIMER_VIRTUAL/PROF and CPU limits. Timer interrupt. */
void run_posix_cpu_timers(struct task_struct *p);
