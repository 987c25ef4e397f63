/*
 * Signals of processes and timers: what a child dies of, stops and goes on with, and what its
 * parent is told; groups; interval timers and POSIX timers. As signals_basic: the same lines on
 * Linux.
 */
#include "signal_test.h"

/* --- children --- */

static int child_status(int sig)
{
	int status;
	pid_t child = fork();

	if (!child) {
		signal(sig, SIG_DFL);
		raise(sig);
		_exit(9);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void test_defaults(void)
{
	int status = child_status(SIGTERM);

	check("term_kills", WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	status = child_status(SIGKILL);
	check("kill_kills", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	status = child_status(SIGRTMIN + 3);
	check("realtime_kills", WIFSIGNALED(status) && WTERMSIG(status) == SIGRTMIN + 3);
	status = child_status(SIGCHLD);
	check("chld_ignored", WIFEXITED(status) && WEXITSTATUS(status) == 9);
}

static void test_child_info(void)
{
	pid_t child;

	reset();
	install_info(SIGCHLD, on_child, SA_RESTART);
	child = fork();
	if (!child)
		_exit(7);
	while (!count)
		msleep(1);
	check("chld_exited", last_code == CLD_EXITED && last_status == 7 && last_pid == child);
	waitpid(child, NULL, 0);
	reset();
	child = fork();
	if (!child) {
		for (;;)
			pause();
	}
	kill(child, SIGKILL);
	while (!count)
		msleep(1);
	check("chld_killed",
	      last_code == CLD_KILLED && last_status == SIGKILL && last_pid == child);
	waitpid(child, NULL, 0);
	install(SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
	child = fork();
	if (!child)
		_exit(0);
	check("nocldwait", waitpid(child, NULL, 0) == -1 && errno == ECHILD);
	install(SIGCHLD, SIG_DFL, 0);
}

static void test_stop(void)
{
	int status;
	pid_t child = fork();

	reset();
	install_info(SIGCHLD, on_child, SA_RESTART);
	if (!child) {
		for (;;)
			pause();
	}
	kill(child, SIGSTOP);
	check("stopped", waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) &&
				 WSTOPSIG(status) == SIGSTOP);
	check("chld_stopped", arrived(1) && last_code == CLD_STOPPED && last_status == SIGSTOP);
	check("stop_told_once", waitpid(child, &status, WUNTRACED | WNOHANG) == 0);
	kill(child, SIGCONT);
	check("continued", waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
	check("chld_continued", arrived(2) && last_code == CLD_CONTINUED && last_status == SIGCONT);
	install_info(SIGCHLD, on_child, SA_RESTART | SA_NOCLDSTOP);
	kill(child, SIGSTOP);
	waitpid(child, &status, WUNTRACED);
	check("nocldstop", count == 2);
	kill(child, SIGTERM);
	check("stopped_keeps_term", waitpid(child, &status, WNOHANG) == 0);
	kill(child, SIGKILL);
	check("kill_beats_stop", waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
					 WTERMSIG(status) == SIGKILL);
	install(SIGCHLD, SIG_DFL, 0);
}

static void test_group(void)
{
	pid_t leader = fork(), other;
	int status, ok;

	if (!leader) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(leader, leader);
	other = fork();
	if (!other) {
		setpgid(0, leader);
		for (;;)
			pause();
	}
	setpgid(other, leader);
	ok = kill(-leader, SIGTERM) == 0;
	ok &= waitpid(leader, &status, 0) == leader && WIFSIGNALED(status) &&
	      WTERMSIG(status) == SIGTERM;
	ok &= waitpid(other, &status, 0) == other && WIFSIGNALED(status) &&
	      WTERMSIG(status) == SIGTERM;
	check("kill_group", ok);
	check("empty_group", kill(-leader, SIGTERM) == -1 && errno == ESRCH);
}

/* --- timers --- */

static void test_itimers(void)
{
	struct itimerval it = { { 0, 5000 }, { 0, 5000 } }, off = { { 0, 0 }, { 0, 0 } }, old;
	unsigned int left;

	reset();
	install(SIGALRM, on_signal, 0);
	setitimer(ITIMER_REAL, &it, NULL);
	while (count < 3)
		pause();
	getitimer(ITIMER_REAL, &old);
	check("itimer_real", old.it_interval.tv_usec == 5000 && old.it_value.tv_usec <= 5000);
	setitimer(ITIMER_REAL, &off, &old);
	check("itimer_old", old.it_interval.tv_usec == 5000);
	reset();
	install(SIGVTALRM, on_signal, 0);
	install(SIGPROF, on_signal, 0);
	it.it_value.tv_usec = it.it_interval.tv_usec = 20000;
	setitimer(ITIMER_VIRTUAL, &it, NULL);
	while (count < 2)
		;
	setitimer(ITIMER_VIRTUAL, &off, NULL);
	check("itimer_virtual", last_sig == SIGVTALRM);
	reset();
	setitimer(ITIMER_PROF, &it, NULL);
	while (count < 2)
		;
	setitimer(ITIMER_PROF, &off, NULL);
	check("itimer_prof", last_sig == SIGPROF);
	alarm(100);
	left = alarm(0);
	check("alarm_left", left == 100 || left == 99);		/* 99: half a second has gone */
	it.it_value.tv_usec = 1000000;
	check("itimer_bad_value", setitimer(ITIMER_REAL, &it, NULL) == -1 && errno == EINVAL);
}

static void test_posix_timers(void)
{
	struct itimerspec its = { { 0, 2000000 }, { 0, 2000000 } }, now;
	struct sigevent event;
	timer_t timer;

	reset();
	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = SIGRTMIN + 2;
	event.sigev_value.sival_int = 77;
	install_info(SIGRTMIN + 2, on_info, 0);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer)) {
		check("timer_create", 0);
		return;
	}
	timer_settime(timer, 0, &its, NULL);
	while (count < 3)
		pause();
	check("timer_signal", last_code == SI_TIMER && last_value == 77);
	mask(SIG_BLOCK, SIGRTMIN + 2);
	msleep(50);
	reset();
	mask(SIG_UNBLOCK, SIGRTMIN + 2);
	check("timer_overrun",
	      count >= 1 && is_pending(SIGRTMIN + 2) == 0 && timer_getoverrun(timer) >= 0);
	check("timer_gettime",
	      timer_gettime(timer, &now) == 0 && now.it_interval.tv_nsec == 2000000);
	check("timer_delete",
	      timer_delete(timer) == 0 && timer_gettime(timer, &now) == -1 && errno == EINVAL);
	event.sigev_notify = SIGEV_NONE;
	its.it_value.tv_sec = 1000;
	timer_create(CLOCK_REALTIME, &event, &timer);
	timer_settime(timer, 0, &its, NULL);
	check("timer_none", timer_gettime(timer, &now) == 0 && now.it_value.tv_sec >= 999);
	timer_delete(timer);
}

int main(void)
{
	test_defaults();
	test_child_info();
	test_stop();
	test_group();
	test_itimers();
	test_posix_timers();
	return failures;
}
