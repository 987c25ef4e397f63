/*
 * futex_ops [NAME...]: waiting, waking and requeueing, and each mistake that kernels made with
 * them, as a small test; see futex_test.h.
 */
#include "futex_test.h"

/* --- arguments --- */

static void wait_other_value(void)
{
	CHECK(futex(&w1, WAIT | PRIVATE, 7, NULL, NULL, 0) == -EAGAIN);
	CHECK(futex(&w1, WAIT, 7, NULL, NULL, 0) == -EAGAIN);
}

static void wake_nobody(void)
{
	CHECK(wake(&w1, 1) == 0);
	CHECK(futex(&w1, WAKE, 1, NULL, NULL, 0) == 0);
}

static void bad_address(void)
{
	uint32_t *odd = (uint32_t *)((uintptr_t)&w1 + 1),
		 *hole = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int flag = 0; flag <= PRIVATE; flag += PRIVATE) {
		CHECK(futex(odd, WAIT | flag, 0, NULL, NULL, 0) == -EINVAL);
		CHECK(futex(odd, WAKE | flag, 1, NULL, NULL, 0) == -EINVAL);
		CHECK(futex(KERNEL_ADDRESS, WAIT | flag, 0, NULL, NULL, 0) == -EFAULT);
		CHECK(futex(KERNEL_ADDRESS, WAKE | flag, 1, NULL, NULL, 0) == -EFAULT);
		CHECK(futex(hole, WAIT | flag, 0, NULL, NULL, 0) == -EFAULT);
		CHECK(futex(hole, WAKE | flag, 1, NULL, NULL, 0) == (flag ? 0 : -EFAULT));
		CHECK(futex(NULL, WAIT | flag, 0, NULL, NULL, 0) == -EFAULT);
		CHECK(futex(&w1, REQUEUE | flag, 1, (void *)1L, odd, 0) == -EINVAL);
		CHECK(futex(&w1, REQUEUE | flag, 1, (void *)1L, KERNEL_ADDRESS, 0) == -EFAULT);
		CHECK(futex(hole, CMP_REQUEUE | flag, 1, (void *)1L, (void *)&w1, 0) == -EFAULT);
		CHECK(futex(&w1, WAKE_OP | flag, 1, (void *)1L, hole, OP(0, 1, 0, 0)) == -EFAULT);
		CHECK(futex(KERNEL_ADDRESS, LOCK_PI | flag, 0, NULL, NULL, 0) == -EFAULT);
		CHECK(futex(hole, LOCK_PI | flag, 0, NULL, NULL, 0) == -EFAULT);
		CHECK(futex(KERNEL_ADDRESS, UNLOCK_PI | flag, 0, NULL, NULL, 0) == -EFAULT);
	}
	CHECK(futex(&w1, WAIT | PRIVATE, 0, KERNEL_ADDRESS, NULL, 0) == -EFAULT);
	munmap(hole, 4096);
}

static void bad_arguments(void)
{
	struct timespec bad = { 0, 1000000000 }, negative = { -1, 0 };

	CHECK(futex(&w1, WAIT_BITSET | PRIVATE, 0, NULL, NULL, 0) == -EINVAL);
	CHECK(futex(&w1, WAKE_BITSET | PRIVATE, 1, NULL, NULL, 0) == -EINVAL);
	CHECK(futex(&w1, WAIT | PRIVATE, 0, &bad, NULL, 0) == -EINVAL);
	CHECK(futex(&w1, WAIT | PRIVATE, 0, &negative, NULL, 0) == -EINVAL);
	CHECK(futex(&w1, 77, 0, NULL, NULL, 0) == -ENOSYS);
	CHECK(futex(&w1, 2, 0, NULL, NULL, 0) == -ENOSYS);
	CHECK(futex(&w1, WAKE | REALTIME, 1, NULL, NULL, 0) == -ENOSYS);
	CHECK(requeue(&w1, &w2, -1, 1) == -EINVAL);
	CHECK(requeue(&w1, &w2, 1, -1) == -EINVAL);
}

/* --- waiting and waking --- */

static void wake_some(void)
{
	start_waiters(3);
	CHECK(wake(&w1, 2) == 2);
	CHECK(wake(&w1, INT_MAX) == 1);
	CHECK(wake(&w1, INT_MAX) == 0);
	join_all(3, 0);
}

static void wake_order(void)
{
	forget_order();
	start_waiters(NTHREADS);
	for (int i = 0; i < NTHREADS; i++) {
		CHECK(wake(&w1, 1) == 1);
		CHECK(woken(i) == i);
	}
	join_all(NTHREADS, 0);
}

/*
 * A real-time waiter that came last is woken first. (Without the right to be one: in order of
 * arrival, as the test expects then.)
 */
static int rt_waiter(void *arg)
{
	struct sched_param { int priority; } param = { 10 };

	if (sys(SYS_sched_setscheduler, 0, SCHED_FIFO, (long)&param, 0, 0, 0))
		w2 = 1;
	return waiter(arg);
}

static void wake_priority(void)
{
	w2 = 0;
	forget_order();
	start_waiters(2);
	threads[2] =
		(struct thread){ .stack = threads[2].stack, .word = &w1, .op = WAIT | PRIVATE };
	spawn(&threads[2], rt_waiter);
	await_waiters(&w1, 3, PRIVATE);
	CHECK(wake(&w1, 1) == 1);
	CHECK(woken(0) == (w2 ? 0 : 2));
	CHECK(wake(&w1, 2) == 2);
	join_all(3, 0);
	w2 = 0;
}

static void bitsets(void)
{
	start_waiter(0, &w1, WAIT_BITSET | PRIVATE, 1, NULL, 1);
	start_waiter(1, &w1, WAIT_BITSET | PRIVATE, 6, NULL, 2);
	CHECK(futex(&w1, WAKE_BITSET | PRIVATE, 9, NULL, NULL, 8) == 0);
	CHECK(futex(&w1, WAKE_BITSET | PRIVATE, 9, NULL, NULL, 4) == 1);
	join(&threads[1]);
	CHECK(threads[1].ret == 0 && threads[0].tid != 0);
	CHECK(wake(&w1, 9) == 1);
	join(&threads[0]);
}

static uint64_t now_ns(int clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void timeouts(void)
{
	struct timespec ts = { 0, 3000000 }, zero = { 0, 0 };
	uint64_t start = now_ns(CLOCK_MONOTONIC), end;

	CHECK(futex(&w1, WAIT | PRIVATE, 0, &ts, NULL, 0) == -ETIMEDOUT);
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 3000000);
	CHECK(wake(&w1, 9) == 0);	/* nothing stale is queued */
	CHECK(futex(&w1, WAIT | PRIVATE, 0, &zero, NULL, 0) == -ETIMEDOUT);
	CHECK(futex(&w1, WAIT_BITSET | PRIVATE, 0, &zero, NULL, ~0u) == -ETIMEDOUT);
	for (int real = 0; real < 2; real++) {
		int clock = real ? CLOCK_REALTIME : CLOCK_MONOTONIC;

		end = now_ns(clock) + 3000000;
		ts = (struct timespec){ (time_t)(end / 1000000000u), (long)(end % 1000000000u) };
		CHECK(futex(&w1, WAIT_BITSET | PRIVATE | (real ? REALTIME : 0), 0, &ts, NULL,
			    ~0u) == -ETIMEDOUT);
		CHECK(now_ns(clock) >= end);
	}
	CHECK(wake(&w1, 9) == 0);
}

/* --- two words --- */

static void requeues(void)
{
	start_waiters(4);
	CHECK(futex(&w1, CMP_REQUEUE | PRIVATE, 1, (void *)2L, &w2, 5) == -EAGAIN);
	CHECK(futex(&w1, CMP_REQUEUE | PRIVATE, 1, (void *)2L, &w2, 0) == 3);
	CHECK(wake(&w1, 9) == 1);
	CHECK(wake(&w2, 9) == 2);
	join_all(4, 0);
}

static void requeue_to_itself(void)
{
	start_waiters(3);
	CHECK(requeue(&w1, &w1, 0, 1) == 1);
	CHECK(requeue(&w1, &w1, 0, INT_MAX) == 3);
	CHECK(requeue(&w1, &w1, 1, INT_MAX) == 3);
	CHECK(requeue(&w1, &w1, 0, INT_MAX) == 2);
	CHECK(wake(&w1, INT_MAX) == 2);
	join_all(3, 0);
}

/* A timeout after a requeue finds the waiter in its new queue. */
static void requeue_then_timeout(void)
{
	struct timespec ts = { 1, 0 };	/* we find it waiting long before */

	start_waiter(0, &w1, WAIT | PRIVATE, 0, &ts, 1);
	CHECK(requeue(&w1, &w2, 0, 1) == 1);
	join(&threads[0]);
	CHECK(threads[0].ret == -ETIMEDOUT);
	CHECK(wake(&w1, 9) == 0 && wake(&w2, 9) == 0);
}

static long wake_op(int n1, int n2, unsigned op)
{
	return futex(&w1, WAKE_OP | PRIVATE, (uint32_t)n1, (void *)(long)n2, &w2, op);
}

static void wake_ops(void)
{
	w2 = 5;
	CHECK(wake_op(1, 1, OP(0, 9, 0, 5)) == 0 && w2 == 9);
	CHECK(wake_op(1, 1, OP(1, -2, 0, 0)) == 0 && w2 == 7);
	CHECK(wake_op(1, 1, OP(2, 8, 0, 0)) == 0 && w2 == 15);
	CHECK(wake_op(1, 1, OP(3, 3, 0, 0)) == 0 && w2 == 12);
	CHECK(wake_op(1, 1, OP(4, 6, 0, 0)) == 0 && w2 == 10);
	CHECK(wake_op(1, 1, OP(8 + 2, 4, 0, 0)) == 0 && w2 == 26);	/* 1 << 4 */
	CHECK(wake_op(1, 1, OP(5, 0, 0, 0)) == -ENOSYS && w2 == 26);
	CHECK(wake_op(1, 1, OP(0, 0, 9, 0)) == -ENOSYS);
	w2 = 3;
	start_waiters(1);
	start_waiter(1, &w2, WAIT | PRIVATE, 0, NULL, 1);
	CHECK(wake_op(1, 9, OP(1, 1, 4, 3)) == 1 && w2 == 4);		/* old > 3: no */
	join(&threads[0]);
	CHECK(wake_op(1, 9, OP(1, 1, 5, 4)) == 1 && w2 == 5);		/* old >= 4: yes */
	join(&threads[1]);
	w2 = 0;
}

/* --- signals --- */

static volatile int handled;

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

static void catch_usr1(int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sa.sa_flags = flags;
	sigaction(SIGUSR1, &sa, NULL);
	handled = 0;
}

static void interrupt(struct thread *t)
{
	sys(SYS_tgkill, getpid(), t->tid, SIGUSR1, 0, 0, 0);
	while (!handled)
		pause_a_little();
}

static void signal_ends_wait(void)
{
	catch_usr1(0);
	start_waiters(1);
	interrupt(&threads[0]);
	join_all(1, -EINTR);
	CHECK(wake(&w1, 9) == 0);	/* nothing stale is queued */
}

static void signal_restarts(void)
{
	struct timespec ts = { 20, 0 };

	catch_usr1(SA_RESTART);
	start_waiters(1);
	interrupt(&threads[0]);
	await_waiters(&w1, 1, PRIVATE);
	CHECK(wake(&w1, 9) == 1);
	join_all(1, 0);
	/* With a time limit it would begin anew: so it is EINTR, whatever SA_RESTART says. */
	catch_usr1(SA_RESTART);
	start_waiter(0, &w1, WAIT | PRIVATE, 0, &ts, 1);
	interrupt(&threads[0]);
	join_all(1, -EINTR);
}

/* The value changes while the handler runs: the restarted call must not sleep. */
static void signal_restart_rechecks(void)
{
	catch_usr1(SA_RESTART);
	start_waiters(1);
	w1 = 1;
	interrupt(&threads[0]);
	join_all(1, -EAGAIN);
	w1 = 0;
}

/* --- shared and private --- */

static void keys(void)
{
	start_waiter(0, &w1, WAIT, 0, NULL, 1);		/* shared operation, private memory */
	CHECK(wake(&w1, 1) == 0);			/* the PRIVATE flag must agree */
	CHECK(futex(&w1, WAKE, 1, NULL, NULL, 0) == 1);
	join_all(1, 0);
}

static void across_processes(void)
{
	uint32_t *shared =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, pid = fork();

	if (!pid)
		_exit(futex(shared, WAIT, 0, NULL, NULL, 0) ? 1 : 0);
	await_waiters(shared, 1, 0);
	CHECK(futex(shared + 1, WAKE, 1, NULL, NULL, 0) == 0);
	CHECK(futex(shared, WAKE | PRIVATE, 1, NULL, NULL, 0) == 0);
	CHECK(futex(shared, WAKE, 1, NULL, NULL, 0) == 1);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	/* Private memory: parent's and child's word are two. */
	w1 = 0;
	start_waiter(0, &w1, WAIT, 0, NULL, 1);
	/*
	 * Not by the C library: its fork() may block all signals for a while. A SIGCHLD that comes
	 * then is not ignored but queued, and the waiter takes it: on its way round it is not
	 * there.
	 */
	pid = (int)sys(SYS_fork, 0, 0, 0, 0, 0, 0);
	if (!pid)
		_exit(futex(&w1, WAKE, 1, NULL, NULL, 0) != 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(futex(&w1, WAKE, 1, NULL, NULL, 0) == 1);
	join(&threads[0]);
	munmap(shared, 4096);
}

/* One page of a file, mapped twice. */
static void two_mappings(void)
{
	char path[32];
	int fd;
	uint32_t *a, *b;

	/* not a name that others use: we would wake them */
	snprintf(path, sizeof(path), "/tmp/futex_ops.%d", getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, 4096))
		return;
	a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(a != b);
	start_waiter(0, a + 5, WAIT, 0, NULL, 1);
	CHECK(futex(b + 4, WAKE, 1, NULL, NULL, 0) == 0);
	CHECK(futex(b + 5, WAKE, 1, NULL, NULL, 0) == 1);
	join_all(1, 0);
	munmap(a, 4096);
	munmap(b, 4096);
	close(fd);
	unlink(path);
}

/*
 * The word's memory goes while somebody waits there; another object comes to its address: it is
 * another futex.
 */
static void memory_goes(void)
{
	struct timespec ts = { 1, 0 };	/* we find it waiting long before */
	uint32_t *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	start_waiter(0, page, WAIT, 0, &ts, 1);
	munmap(page, 4096);
	mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(futex(page, WAKE, 1, NULL, NULL, 0) == 0);
	join_all(1, -ETIMEDOUT);
	munmap(page, 4096);
}

/* --- no wake-up is lost --- */

static int ponger(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < 20000; i++) {
		while (w1 == i)
			futex(&w1, WAIT | PRIVATE, i, NULL, NULL, 0);
		w2 = i + 1;
		wake(&w2, 1);
	}
	return 0;
}

static void pingpong(void)
{
	w1 = w2 = 0;
	spawn(&threads[0], ponger);
	for (uint32_t i = 0; i < 20000; i++) {
		w1 = i + 1;
		wake(&w1, 1);
		while (w2 == i)
			futex(&w2, WAIT | PRIVATE, i, NULL, NULL, 0);
	}
	join(&threads[0]);
	w1 = w2 = 0;
}

static volatile long counter;

/* The three-state mutex: 0 free, 1 taken, 2 taken and perhaps waited for. */
static int mutex_user(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10000; i++) {
		uint32_t c = 0;

		if (!__atomic_compare_exchange_n(&w1, &c, 1, 0, __ATOMIC_SEQ_CST,
						 __ATOMIC_SEQ_CST)) {
			while (__atomic_exchange_n(&w1, 2, __ATOMIC_SEQ_CST))
				futex(&w1, WAIT | PRIVATE, 2, NULL, NULL, 0);
		}
		counter++;
		if (i % 64 == 0)
			sys(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
		if (__atomic_exchange_n(&w1, 0, __ATOMIC_SEQ_CST) == 2)
			wake(&w1, 1);
	}
	return 0;
}

static void mutex(void)
{
	counter = 0;
	for (int i = 0; i < NTHREADS; i++)
		spawn(&threads[i], mutex_user);
	for (int i = 0; i < NTHREADS; i++)
		join(&threads[i]);
	CHECK(counter == NTHREADS * 10000);
	w1 = 0;
}

/* --- waitv --- */

struct waitv {
	uint64_t val, uaddr;
	uint32_t flags, reserved;
};

static long waitv(struct waitv *v, unsigned n, unsigned flags, const struct timespec *ts, int clock)
{
	return sys(NR_futex_waitv, (long)v, n, flags, (long)ts, clock, 0);
}

static int waitv_thread(void *arg)
{
	struct waitv v[2] = { { 0, (uint64_t)(uintptr_t)&w1, 2 | PRIVATE, 0 },
			      { 0, (uint64_t)(uintptr_t)&w2, 2 | PRIVATE, 0 } };

	((struct thread *)arg)->ret = waitv(v, 2, 0, NULL, 0);
	return 0;
}

static void waitvs(void)
{
	struct waitv v = { 0, (uint64_t)(uintptr_t)&w1, 2 | PRIVATE, 0 };
	struct timespec zero = { 0, 0 };

	CHECK(waitv(&v, 1, 0, &zero, CLOCK_MONOTONIC) == -ETIMEDOUT);
	CHECK(waitv(&v, 1, 1, NULL, 0) == -EINVAL);
	CHECK(waitv(&v, 0, 0, NULL, 0) == -EINVAL);
	CHECK(waitv(&v, 129, 0, NULL, 0) == -EINVAL);
	CHECK(waitv(NULL, 1, 0, NULL, 0) == -EINVAL);
	CHECK(waitv(&v, 1, 0, &zero, CLOCK_BOOTTIME) == -EINVAL);
	v.flags = PRIVATE | 16 | 2;
	CHECK(waitv(&v, 1, 0, NULL, 0) == -EINVAL);
	v.flags = 2;
	v.val = 1;
	CHECK(waitv(&v, 1, 0, NULL, 0) == -EAGAIN);
	spawn(&threads[0], waitv_thread);
	await_waiters(&w2, 1, PRIVATE);
	CHECK(wake(&w2, 1) == 1);
	join_all(1, 1);
	CHECK(wake(&w1, 9) == 0);
}

static const struct test tests[] = {
	{ "wait_other_value", wait_other_value },
	{ "wake_nobody", wake_nobody },
	{ "bad_address", bad_address },
	{ "bad_arguments", bad_arguments },
	{ "wake_some", wake_some },
	{ "wake_order", wake_order },
	{ "wake_priority", wake_priority },
	{ "bitsets", bitsets },
	{ "timeouts", timeouts },
	{ "requeues", requeues },
	{ "requeue_to_itself", requeue_to_itself },
	{ "requeue_then_timeout", requeue_then_timeout },
	{ "wake_ops", wake_ops },
	{ "signal_ends_wait", signal_ends_wait },
	{ "signal_restarts", signal_restarts },
	{ "signal_restart_rechecks", signal_restart_rechecks },
	{ "keys", keys },
	{ "across_processes", across_processes },
	{ "two_mappings", two_mappings },
	{ "memory_goes", memory_goes },
	{ "pingpong", pingpong },
	{ "mutex", mutex },
	{ "waitvs", waitvs },
};

int main(int argc, char **argv)
{
	return run_tests(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
