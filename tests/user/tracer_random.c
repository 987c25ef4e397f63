/*
 * tracer_random: random calls of wait4 and waitid by the two threads of a process, about children
 * of several exit signals that either thread traces, or did, or none. They are seized, interrupted,
 * continued, let go, stopped by signals and killed, each time for certain before the next call, and
 * what is asked about them never waits. test: timeout=120
 *
 * The first thread makes all children: on Bobbin they are the process's, with __WNOTHREAD as
 * without.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "differ.h"

#define MANY 8
#define STEPS 60
#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif
#ifndef PTRACE_SEIZE
#define PTRACE_SEIZE 0x4206
#define PTRACE_INTERRUPT 0x4207
#endif

enum state { RUNS, STOPPED, TRAPPED, DEAD };

static struct kin {
	pid_t pid;
	int tracer;		/* 0, or 1 + which thread */
	enum state state;
} kin[MANY];
static int nr_kin, orders[2], done[2];
static void (*what)(int thread);

static int index_of(pid_t pid)
{
	for (int i = 0; i < nr_kin; i++)
		if (kin[i].pid == pid)
			return i;
	return -1;
}

static void *second(void *unused)
{
	char c;

	while (read(orders[0], &c, 1) == 1) {
		what(1);
		(void)!write(done[1], &c, 1);
	}
	return NULL;
}

static void by(int thread, void (*fn)(int thread))
{
	char c = 0;

	if (!thread) {
		fn(0);
		return;
	}
	what = fn;
	(void)!write(orders[1], &c, 1);
	(void)!read(done[0], &c, 1);
}

/* --- what happens to children --- */

static void create(int thread)
{
	static const int signals[] = { SIGCHLD, SIGCHLD, 0, SIGUSR1 };
	int sig = PICK(signals);
	pid_t pid;

	if (nr_kin == MANY)
		return;
	pid = (pid_t)syscall(SYS_clone, sig, NULL, NULL, NULL, NULL);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	note("create %d: %d", nr_kin, sig);
	kin[nr_kin++] = (struct kin){ .pid = pid };
}

/* Nobody else waits for it, so what is there stays. */
static void until(struct kin *k, int how)
{
	siginfo_t info;
	long ret;

	do
		ret = syscall(SYS_waitid, P_PID, k->pid, &info, how | WNOWAIT | __WALL, NULL);
	while (ret < 0 && errno == EINTR);
}

static void trace(int thread)
{
	struct kin *k = &kin[random_below((unsigned int)nr_kin)];
	int op = (int)random_below(4);
	long ret;

	if (k->state == DEAD || (k->state == STOPPED && !k->tracer))
		return;
	if (!k->tracer) {
		ret = ptrace(PTRACE_SEIZE, k->pid, 0, 0);
		k->tracer = ret ? 0 : thread + 1;
		note("%d seizes %d: %ld", thread, (int)(k - kin), ret);
	} else if (k->tracer != thread + 1) {
		ret = ptrace(PTRACE_INTERRUPT, k->pid, 0, 0);
		note("%d interrupts %d: %d", thread, (int)(k - kin), error(ret));
	} else if (k->state == RUNS) {
		ret = ptrace(PTRACE_INTERRUPT, k->pid, 0, 0);
		until(k, WSTOPPED);
		k->state = TRAPPED;
		note("%d interrupts %d: %ld", thread, (int)(k - kin), ret);
	} else {
		ret = op ? ptrace(PTRACE_CONT, k->pid, 0, 0) : ptrace(PTRACE_DETACH, k->pid, 0, 0);
		k->tracer = op ? k->tracer : 0;
		k->state = RUNS;
		note("%d lets %d go, %d: %ld", thread, (int)(k - kin), op, ret);
	}
}

static void kill_one(int thread)
{
	struct kin *k = &kin[random_below((unsigned int)nr_kin)];

	if (k->state == DEAD || !chance(2))
		return;
	note("%d kills %d", thread, (int)(k - kin));
	kill(k->pid, SIGKILL);
	until(k, WEXITED);
	k->state = DEAD;
}

static void stop(int thread)
{
	struct kin *k = &kin[random_below((unsigned int)nr_kin)];

	if (k->tracer || (k->state != RUNS && k->state != STOPPED))
		return;
	note("%d stops or continues %d", thread, (int)(k - kin));
	kill(k->pid, k->state == RUNS ? SIGSTOP : SIGCONT);
	until(k, k->state == RUNS ? WSTOPPED : WCONTINUED);
	k->state = k->state == RUNS ? STOPPED : RUNS;
}

/* --- asking --- */

static void ask(int thread)
{
	static const int some[] = {
		WUNTRACED, WEXITED, WCONTINUED, WNOWAIT, __WALL, (int)__WCLONE
	};
	int four = chance(2), options = WNOHANG, status = 0x5a5a, all = chance(2);
	struct kin *k = &kin[random_below((unsigned int)nr_kin)];
	siginfo_t info = { 0 };
	long ret;

	for (size_t i = 0; i < COUNT(some); i++)
		options |= chance(3) ? some[i] : 0;
	if (!thread && chance(3))
		options |= __WNOTHREAD;
	if (four) {
		options &= ~(WEXITED | WNOWAIT);
		ret = syscall(SYS_wait4, all ? -1 : k->pid, &status, options, NULL);
		note("%d: wait4 %d %x: %d %d, %x", thread, all ? -1 : (int)(k - kin),
		     (unsigned int)options, ret > 0 ? index_of((pid_t)ret) : (int)ret, error(ret),
		     (unsigned int)status);
	} else {
		ret = syscall(SYS_waitid, all ? P_ALL : P_PID, k->pid, &info, options, NULL);
		note("%d: waitid %d %x: %ld %d, %d %d %d %x", thread, all ? -1 : (int)(k - kin),
		     (unsigned int)options, ret, error(ret), info.si_signo, info.si_code,
		     index_of(info.si_pid), (unsigned int)info.si_status);
	}
}

static void experiment(void)
{
	static void (*const calls[])(int) = { create, trace, trace, trace, trace, kill_one,
					      stop,   ask,   ask,   ask,   ask };
	pthread_t thread;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (pipe(orders) || pipe(done) || pthread_create(&thread, NULL, second, NULL))
		_exit(96);
	create(0);
	for (int i = 0; i < STEPS; i++) {
		void (*fn)(int) = PICK(calls);

		by(fn == create ? 0 : (int)random_below(2), fn);
	}
	for (int i = 0; i < nr_kin; i++)
		kill(kin[i].pid, SIGKILL);
}

int main(int argc, char **argv)
{
	return differ_main(argc, argv, 60, experiment);
}
