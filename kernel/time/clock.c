/*
 * The clocks as programs see them. There is one source, ktime_get(), which counts ns since boot and
 * is the same on every CPU; the wall clock adds an offset (the RTC's time at boot, changed by
 * clock_settime); the CPU-time clocks ask the scheduler.
 *
 * Nothing is ever suspended or slewed here, so MONOTONIC, MONOTONIC_RAW and BOOTTIME are one clock,
 * and so are REALTIME and TAI (Linux's TAI is ahead of UTC only after a time daemon said by how
 * much). The COARSE clocks are cut down to the tick, as a program expects. adjtimex() can be asked
 * but not told; clock_adjtime() is absent (ENOSYS).
 *
 * Locks: tasklist_lock and siglock to add up the threads of a process. The offset is one word:
 * readers need no lock.
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/sync/guard.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include "libk/abi/times.h"

/* CLOCK_REALTIME - ktime; one aligned word, last writer wins */
static u64 offset;
/* kept for settimeofday's callers; means nothing to the kernel */
static struct timezone sys_tz;

void timekeeping_init(void)
{
	offset = rtc_boot_seconds() * NSEC_PER_SEC;
}

u64 realtime_offset(void)
{
	return READ_ONCE(offset);
}

u64 ktime_get_real(void)
{
	return ktime_get() + realtime_offset();
}

void process_cputime(struct task_struct *p, u64 *utime, u64 *stime, u64 *runtime)
{
	struct task_struct *t;

	guard(spinlock_irqsave)(&tasklist_lock);
	/*
	 * A thread leaves thread_head and adds itself to the sums of the dead under tasklist_lock:
	 * it is counted once.
	 */
	*utime = p->signal->utime;
	*stime = p->signal->stime;
	*runtime = p->signal->sum_sched_runtime;
	for_each_thread(p, t) {
		u64 u, s;

		task_cputime(t, &u, &s);
		*utime += u;
		*stime += s;
		*runtime += task_sched_runtime(t);
	}
}

/* --- CPU-time clocks: ~pid << 3, bit 2 = of one thread, bits 0-1 = which time --- */
enum { CPUCLOCK_PROF, CPUCLOCK_VIRT, CPUCLOCK_SCHED, CPUCLOCK_FD, CPUCLOCK_MAX = 3 };
#define CPUCLOCK_WHICH(clock) ((clock) & 3)
#define CPUCLOCK_PERTHREAD(clock) ((clock) & 4)
#define CPUCLOCK_PID(clock) (~((clock) >> 3))
#define CPUCLOCK_OWN (-8)	/* pid 0: the caller's */

/*
 * The task that a CPU clock is about, with a reference, or NULL. A thread's clock is its own
 * process's business.
 */
static struct task_struct *cpu_clock_task(clockid_t clock)
{
	int pid = CPUCLOCK_PID(clock);
	struct task_struct *p;

	if (CPUCLOCK_WHICH(clock) >= CPUCLOCK_MAX)
		return NULL;
	if (pid == 0)
		return get_task_struct(current);
	p = find_get_task_by_vpid(pid);
	if (!p)
		return NULL;
	if (CPUCLOCK_PERTHREAD(clock) ? same_thread_group(p, current)
				      : thread_group_leader(p) || p == current)
		return p;
	put_task_struct(p);
	return NULL;
}

static int cpu_clock_now(clockid_t clock, u64 *ns)
{
	struct task_struct *p __free(task) = cpu_clock_task(clock);
	u64 utime, stime, runtime;

	if (!p)
		return -EINVAL;
	if (CPUCLOCK_PERTHREAD(clock)) {
		task_cputime(p, &utime, &stime);
		runtime = task_sched_runtime(p);
	} else {
		process_cputime(p, &utime, &stime, &runtime);
	}
	*ns = CPUCLOCK_WHICH(clock) == CPUCLOCK_PROF ? utime + stime :
	      CPUCLOCK_WHICH(clock) == CPUCLOCK_VIRT ? utime : runtime;
	return 0;
}

static bool clock_is_cputime(clockid_t clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

/* The two names for "mine" as ids of the form above. */
static clockid_t cpu_clock_id(clockid_t clock)
{
	if (clock == CLOCK_PROCESS_CPUTIME_ID)
		return CPUCLOCK_OWN | CPUCLOCK_SCHED;
	if (clock == CLOCK_THREAD_CPUTIME_ID)
		return CPUCLOCK_OWN | 4 | CPUCLOCK_SCHED;
	return clock;
}

/* --- asking --- */

int clock_now(clockid_t clock, u64 *ns)
{
	if (clock_is_cputime(clock))
		return cpu_clock_now(cpu_clock_id(clock), ns);
	*ns = ktime_get();
	switch (clock) {
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return 0;
	case CLOCK_MONOTONIC_COARSE:
		*ns -= *ns % TICK_NS;
		return 0;
	case CLOCK_REALTIME_COARSE:
		*ns -= *ns % TICK_NS;
		fallthrough;
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns += realtime_offset();
		return 0;
	default:
		return -EINVAL;
	}
}

bool clock_is_own_thread(clockid_t clock)
{
	int pid = CPUCLOCK_PID(clock);

	return clock < 0 && CPUCLOCK_PERTHREAD(clock) && (!pid || pid == task_pid_vnr(current));
}

int clock_sleep_base(clockid_t clock)
{
	if (clock < 0)		/* there are no clocks that are files */
		return (clock & 7) == CPUCLOCK_FD ? -EOPNOTSUPP : CLOCK_BASE_CPU;
	switch (clock) {
	case CLOCK_PROCESS_CPUTIME_ID:
		return CLOCK_BASE_CPU;
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return CLOCK_BASE_KTIME;
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		return CLOCK_BASE_REAL;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_THREAD_CPUTIME_ID:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

static int put_timespec(struct timespec __user *to, u64 ns)
{
	struct timespec ts = ns_to_timespec(ns);

	return copy_to_user(to, &ts, sizeof(ts)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(clock_gettime, clockid_t clock, struct timespec __user *tp)
{
	u64 ns;
	int err = clock_now(clock, &ns);

	return err ? err : put_timespec(tp, ns);
}

SYSCALL_DEFINE(clock_getres, clockid_t clock, struct timespec __user *res)
{
	bool coarse = clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_REALTIME_COARSE;
	u64 ns;
	int err = clock_now(clock, &ns);

	if (err || !res)
		return err;
	return put_timespec(res, coarse ? TICK_NS : 1);
}

SYSCALL_DEFINE(gettimeofday, struct timeval __user *tv, struct timezone __user *tz)
{
	u64 ns = ktime_get_real();
	struct timeval now = ns_to_timeval(ns);

	if (tv && copy_to_user(tv, &now, sizeof(now)))
		return -EFAULT;
	if (tz && copy_to_user(tz, &sys_tz, sizeof(sys_tz)))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE(time, time_t __user *tloc)
{
	time_t now = (time_t)(ktime_get_real() / NSEC_PER_SEC);

	return tloc && put_user(now, tloc) ? -EFAULT : now;
}

static clock_t ns_to_clock(u64 ns)
{
	return (clock_t)(ns / (NSEC_PER_SEC / USER_HZ));
}

SYSCALL_DEFINE(times, struct tms __user *buf)
{
	u64 utime, stime, runtime;
	struct tms tms;

	if (buf) {
		process_cputime(current, &utime, &stime, &runtime);
		tms = (struct tms){ ns_to_clock(utime), ns_to_clock(stime),
				    ns_to_clock(current->signal->cutime),
				    ns_to_clock(current->signal->cstime) };
		if (copy_to_user(buf, &tms, sizeof(tms)))
			return -EFAULT;
	}
	return ns_to_clock(ktime_get());
}

/* --- setting --- */

/*
 * Makes the wall clock show ns. It cannot be put before boot: then CLOCK_REALTIME would lie before
 * CLOCK_MONOTONIC.
 */
static int set_realtime(u64 ns)
{
	u64 now = ktime_get();

	if (!capable())
		return -EPERM;
	if (ns < now)
		return -EINVAL;
	WRITE_ONCE(offset, ns - now);
	return 0;
}

SYSCALL_DEFINE(clock_settime, clockid_t clock, const struct timespec __user *tp)
{
	struct timespec ts;
	u64 ns;

	if (clock > CLOCK_REALTIME)
		return -EINVAL;
	if (copy_from_user(&ts, tp, sizeof(ts)))
		return -EFAULT;
	if (clock != CLOCK_REALTIME)
		return clock_now(clock, &ns) ? -EINVAL : -EPERM;
	return timespec_valid(&ts) ? set_realtime(timespec_to_ns(&ts)) : -EINVAL;
}

SYSCALL_DEFINE(settimeofday, const struct timeval __user *utv, const struct timezone __user *utz)
{
	struct timezone tz = sys_tz;
	struct timespec ts = { 0, 0 };
	struct timeval tv;

	if (utv) {
		if (copy_from_user(&tv, utv, sizeof(tv)))
			return -EFAULT;
		if (tv.tv_sec < 0 || (unsigned long)tv.tv_usec >= 1000000)
			return -EINVAL;
		ts = (struct timespec){ tv.tv_sec, tv.tv_usec * 1000 };
	}
	if (utz && copy_from_user(&tz, utz, sizeof(tz)))
		return -EFAULT;
	if (!capable())
		return -EPERM;
	if (tz.tz_minuteswest > 15 * 60 || tz.tz_minuteswest < -15 * 60)
		return -EINVAL;
	sys_tz = tz;
	return utv ? set_realtime(timespec_to_ns(&ts)) : 0;
}

SYSCALL_DEFINE(adjtimex, struct timex __user *utx)
{
	struct timex tx;
	u64 ns;

	if (copy_from_user(&tx, utx, sizeof(tx)))
		return -EFAULT;
	if (tx.modes)
		return capable() ? -EINVAL : -EPERM;
	ns = ktime_get_real();
	tx = (struct timex){
		.maxerror = 16000000, .esterror = 16000000, .status = STA_UNSYNC, .constant = 2,
		.precision = 1, .tolerance = 32768000, .tick = 10000,
		.time = ns_to_timeval(ns),
	};
	return copy_to_user(utx, &tx, sizeof(tx)) ? -EFAULT : TIME_ERROR;
}
