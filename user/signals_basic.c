/*
 * Signals, feature by feature: each check prints "ok NAME" or "not ok NAME"; the exit status is the
 * number of failures. Plain POSIX, so that the same file runs on Linux and on Bobbin and must give
 * the same lines.
 */
#include "signal_test.h"

static sigjmp_buf back;
static void *volatile fault_addr;

/* --- handlers and masks --- */

static void test_handler(void)
{
	struct sigaction sa;

	reset();
	install(SIGUSR1, on_signal, SA_RESTART);
	raise(SIGUSR1);
	check("handler", count == 1 && last_sig == SIGUSR1);
	sigaction(SIGUSR1, NULL, &sa);
	check("sigaction_old", sa.sa_handler == on_signal && (sa.sa_flags & SA_RESTART));
	install(SIGUSR1, SIG_IGN, 0);
	raise(SIGUSR1);
	check("ignored", count == 1);
	memset(&sa, 0, sizeof(sa));
	check("sigkill_refused", sigaction(SIGKILL, &sa, NULL) == -1 && errno == EINVAL);
	check("bad_number", kill(getpid(), 65) == -1 && errno == EINVAL);
	check("nobody", kill(0x3ffffff, 0) == -1 && errno == ESRCH);
	check("exists", kill(getpid(), 0) == 0);
}

static void test_mask(void)
{
	reset();
	install(SIGUSR1, on_signal, 0);
	mask(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1);
	check("blocked", count == 0 && is_pending(SIGUSR1));
	mask(SIG_UNBLOCK, SIGUSR1);
	check("unblocked_once", count == 1 && !is_pending(SIGUSR1));
	mask(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	install(SIGUSR1, SIG_IGN, 0);
	install(SIGUSR1, on_signal, 0);
	mask(SIG_UNBLOCK, SIGUSR1);
	check("ignoring_forgets", count == 1);
}

static void on_nested(int sig)
{
	depth++;
	if (depth > max_depth)
		max_depth = depth;
	if (count++ < 2)
		raise(sig);
	depth--;
}

static void test_nesting(void)
{
	reset();
	install(SIGUSR1, on_nested, 0);
	raise(SIGUSR1);
	check("own_signal_deferred", count == 3 && max_depth == 1);
	reset();
	install(SIGUSR1, on_nested, SA_NODEFER);
	raise(SIGUSR1);
	check("nodefer_nests", count == 3 && max_depth == 3);
	reset();
	install(SIGUSR1, on_signal, SA_RESETHAND);
	install(SIGURG, on_signal, SA_RESETHAND);
	raise(SIGURG);
	raise(SIGURG);
	check("resethand", count == 1);
}

static void test_order(void)
{
	sigset_t set, old;

	reset();
	install(SIGUSR2, on_signal, 0);
	install(SIGTERM, on_signal, 0);
	install(SIGHUP, on_signal, 0);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGTERM);
	raise(SIGUSR2);
	raise(SIGHUP);
	sigprocmask(SIG_SETMASK, &old, NULL);
	/* Taken lowest first, each frame on top of the one before: so the last taken runs first. */
	check("lowest_first",
	      norder == 3 && order[0] == SIGTERM && order[1] == SIGUSR2 && order[2] == SIGHUP);
	install(SIGTERM, SIG_DFL, 0);
	install(SIGHUP, SIG_DFL, 0);
}

/* --- queues and siginfo --- */

static volatile int values[8];

static void on_queued(int sig, siginfo_t *info, void *context)
{
	on_info(sig, info, context);
	values[count - 1] = info->si_value.sival_int;
}

static void test_queue(void)
{
	union sigval value;

	reset();
	install_info(SIGRTMIN, on_queued, 0);
	mask(SIG_BLOCK, SIGRTMIN);
	for (int i = 1; i <= 3; i++) {
		value.sival_int = i;
		sigqueue(getpid(), SIGRTMIN, value);
	}
	mask(SIG_UNBLOCK, SIGRTMIN);
	check("realtime_queued", count == 3 && values[0] == 1 && values[1] == 2 && values[2] == 3);
	check("si_queue", last_code == SI_QUEUE && last_pid == getpid());
	install_info(SIGUSR1, on_info, 0);
	kill(getpid(), SIGUSR1);
	check("si_user", last_code == SI_USER && last_pid == getpid());
}

static void test_wait(void)
{
	struct timespec ts = { 0, 10000000 };
	union sigval value = { .sival_int = 42 };
	siginfo_t info;
	sigset_t set;

	reset();
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	check("sigtimedwait_eagain", sigtimedwait(&set, &info, &ts) == -1 && errno == EAGAIN);
	sigqueue(getpid(), SIGRTMIN + 1, value);
	check("sigwaitinfo",
	      sigwaitinfo(&set, &info) == SIGRTMIN + 1 && info.si_value.sival_int == 42);
	if (!fork()) {
		await_sleep(getppid());
		kill(getppid(), SIGRTMIN + 1);
		_exit(0);
	}
	check("sigwaitinfo_sleeps",
	      sigwaitinfo(&set, &info) == SIGRTMIN + 1 && info.si_code == SI_USER);
	while (wait(NULL) < 0 && errno == EINTR)
		;
}

static void test_suspend(void)
{
	sigset_t none, now;
	int ret;

	reset();
	install(SIGUSR1, on_signal, 0);
	mask(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	sigemptyset(&none);
	ret = sigsuspend(&none);
	sigprocmask(SIG_BLOCK, NULL, &now);
	check("sigsuspend", ret == -1 && errno == EINTR && count == 1);
	check("sigsuspend_mask_back", sigismember(&now, SIGUSR1));
	mask(SIG_UNBLOCK, SIGUSR1);
}

/* --- stacks, faults, registers --- */

static char altstack[65536];
static volatile int on_altstack;

static void on_stack(int sig)
{
	char here;

	count++;
	last_sig = sig;
	on_altstack = &here >= altstack && &here < altstack + sizeof(altstack);
}

static void test_altstack(void)
{
	stack_t ss, old;

	reset();
	memset(&ss, 0, sizeof(ss));
	ss.ss_sp = altstack;
	ss.ss_size = 100;
	check("altstack_too_small", sigaltstack(&ss, NULL) == -1 && errno == ENOMEM);
	ss.ss_size = sizeof(altstack);
	check("altstack_set", sigaltstack(&ss, NULL) == 0);
	install(SIGUSR1, on_stack, SA_ONSTACK);
	raise(SIGUSR1);
	check("altstack_used", count == 1 && on_altstack);
	install(SIGUSR1, on_stack, 0);
	raise(SIGUSR1);
	check("altstack_only_if_asked", count == 2 && !on_altstack);
	ss.ss_flags = SS_DISABLE;
	check("altstack_off",
	      sigaltstack(&ss, &old) == 0 && old.ss_sp == (void *)altstack && !old.ss_flags);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	on_info(sig, info, context);
	fault_addr = info->si_addr;
	siglongjmp(back, 1);
}

static void test_faults(void)
{
	int *volatile bad = (int *)16;
	volatile int zero = 0;

	reset();
	install_info(SIGSEGV, on_fault, 0);
	install_info(SIGFPE, on_fault, 0);
	if (!sigsetjmp(back, 1))
		*bad = 1;
	check("segv_address",
	      last_sig == SIGSEGV && last_code == SEGV_MAPERR && fault_addr == (void *)16);
	if (!sigsetjmp(back, 1))
		zero = 100 / zero;
	check("fpe_intdiv", last_sig == SIGFPE && last_code == FPE_INTDIV);
	install(SIGSEGV, SIG_DFL, 0);
	install(SIGFPE, SIG_DFL, 0);
}

static volatile double scratch;

static void on_float(int sig)
{
	count++;
	scratch = sig;
	for (int i = 0; i < 100; i++)
		scratch = scratch * 1.5 - 3;
}

static void test_fpu(void)
{
	double sum = 0;

	reset();
	install(SIGUSR1, on_float, 0);
	for (int i = 1; i <= 100; i++) {
		sum += 1.0 / i;
		if (i % 10 == 0)
			kill(getpid(), SIGUSR1);
	}
	check("fpu_kept", count == 10 && sum > 5.187377517 && sum < 5.187377518);
}

/* --- interrupted calls --- */

static ssize_t read_with_signal(int flags)
{
	int fds[2], status;
	ssize_t n;
	char c;
	pid_t child;

	if (pipe(fds))
		return -2;
	install(SIGUSR1, on_signal, flags);
	child = fork();
	if (!child) {
		await_sleep(getppid());
		kill(getppid(), SIGUSR1);
		await_sleep(getppid());		/* in read() again, or in waitpid() */
		if (write(fds[1], "x", 1) != 1)
			_exit(1);
		_exit(0);
	}
	n = read(fds[0], &c, 1);
	if (n < 0)
		n = -errno;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	close(fds[0]);
	close(fds[1]);
	return n;
}

static void test_restart(void)
{
	struct timespec ts = { 10, 0 }, left = { 0, 0 };
	pid_t child;

	reset();
	check("read_eintr", read_with_signal(0) == -EINTR && count == 1);
	check("read_restarted", read_with_signal(SA_RESTART) == 1 && count == 2);
	child = fork();
	if (!child) {
		await_sleep(getppid());
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	/* SA_RESTART or not: a sleep ends. */
	check("nanosleep_eintr",
	      nanosleep(&ts, &left) == -1 && errno == EINTR && left.tv_sec >= 8 && count == 3);
	waitpid(child, NULL, 0);
}

int main(void)
{
	test_handler();
	test_mask();
	test_nesting();
	test_order();
	test_queue();
	test_wait();
	test_suspend();
	test_altstack();
	test_faults();
	test_fpu();
	test_restart();
	return failures;
}
