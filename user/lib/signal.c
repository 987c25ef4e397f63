/*
 * Signals: the calls that need more than the kernel's arguments. Takes no locks.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/lib/libc.h"

/* The kernel wants a restorer: the code a handler returns to, which calls rt_sigreturn. */
int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct sigaction ksa;

	if (act) {
		ksa = *act;
		ksa.sa_flags |= SA_RESTORER;
		ksa.sa_restorer = __restore_rt;
		act = &ksa;
	}
	return (int)syscall(__NR_rt_sigaction, sig, act, old, sizeof(sigset_t));
}

sighandler_t signal(int sig, sighandler_t handler)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	return sigaction(sig, &sa, &sa) ? SIG_ERR : sa.sa_handler;
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)syscall(__NR_rt_sigprocmask, how, set, old, sizeof(sigset_t));
}

int sigpending(sigset_t *set)
{
	return (int)syscall(__NR_rt_sigpending, set, sizeof(sigset_t));
}

int sigsuspend(const sigset_t *mask)
{
	return (int)__syscall_ret(__syscall_cp(__NR_rt_sigsuspend, (long)mask, sizeof(sigset_t),
					       0, 0, 0, 0));
}

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	return (int)__syscall_ret(__syscall_cp(__NR_rt_sigtimedwait, (long)set, (long)info,
					       (long)timeout, sizeof(sigset_t), 0, 0));
}

int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	return sigtimedwait(set, info, NULL);
}

int sigqueue(pid_t pid, int sig, const union sigval value)
{
	siginfo_t si;

	memset(&si, 0, sizeof(si));
	si.si_signo = sig;
	si.si_code = SI_QUEUE;
	si.si_pid = getpid();
	si.si_uid = getuid();
	si.si_value = value;
	return (int)syscall(__NR_rt_sigqueueinfo, pid, sig, &si);
}

int killpg(pid_t pgid, int sig)
{
	return kill(-pgid, sig);
}

int raise(int sig)
{
	return tgkill(getpid(), gettid(), sig);
}

void siglongjmp(sigjmp_buf buf, int value)
{
	if (buf->saved)
		sigprocmask(SIG_SETMASK, &buf->mask, NULL);
	longjmp(buf->env, value);
}

/* Dies of SIGABRT even if it is caught, ignored or blocked. */
void abort(void)
{
	sigset_t set = 1UL << (SIGABRT - 1);

	raise(SIGABRT);
	signal(SIGABRT, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGABRT);
	_exit(127);
}

int sigwait(const sigset_t *set, int *sig)
{
	do
		*sig = sigwaitinfo(set, NULL);
	while (*sig < 0 && errno == EINTR);
	return *sig < 0 ? errno : 0;
}

static const char *const names[] = {
	"Unknown signal", "Hangup", "Interrupt", "Quit", "Illegal instruction",
	"Trace/breakpoint trap", "Aborted", "Bus error", "Floating point exception", "Killed",
	"User defined signal 1", "Segmentation fault", "User defined signal 2", "Broken pipe",
	"Alarm clock", "Terminated", "Stack fault", "Child exited", "Continued",
	"Stopped (signal)", "Stopped", "Stopped (tty input)", "Stopped (tty output)",
	"Urgent I/O condition", "CPU time limit exceeded", "File size limit exceeded",
	"Virtual timer expired", "Profiling timer expired", "Window changed", "I/O possible",
	"Power failure", "Bad system call",
};

char *strsignal(int sig)
{
	if (sig > 0 && (size_t)sig < ARRAY_SIZE(names))
		return (char *)names[sig];
	return (char *)(sig >= SIGRTMIN && sig <= SIGRTMAX ? "Real-time signal" : names[0]);
}
