/*
 * The scheduler's system calls and bad input: policies, priorities, masks, sizes and pids out of
 * range get Linux's errno; who is not root cannot raise itself beyond its limits; and a fork bomb
 * under RLIMIT_NPROC ends in EAGAIN, and nothing of it is left.
 *
 * As raw calls: C libraries add checks of their own. test: timeout=120
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sched_attr.h"

#define NOBODY 54321	/* a uid of which nobody else runs anything */
#define NO_PID 4000000
#define BAD ((void *)8)

static void show(const char *what, long arg, long ret)
{
	printf("%s(%ld): %ld %s\n", what, arg, ret < 0 ? -1 : ret, ret < 0 ? strerror(errno) : "");
}

static long set_policy(pid_t pid, int policy, int priority)
{
	struct sched_param param = { priority };

	return syscall(SYS_sched_setscheduler, pid, policy, &param);
}

static void policies(void)
{
	static const int some[] = { -1, 0, 1, 2, 3, 4, 5, 8, 99, 1 << 30 };
	struct sched_param param = { 0 };

	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++) {
		show("setscheduler priority 0", some[i], set_policy(0, some[i], 0));
		show("setscheduler priority 1", some[i], set_policy(0, some[i], 1));
		set_policy(0, SCHED_OTHER, 0);
		show("priority_max", some[i], syscall(SYS_sched_get_priority_max, some[i]));
		show("priority_min", some[i], syscall(SYS_sched_get_priority_min, some[i]));
	}
	for (int priority = -1; priority <= 100; priority += priority == 1 ? 97 : 1)
		show("FIFO priority", priority, set_policy(0, SCHED_FIFO, priority));
	set_policy(0, SCHED_OTHER, 0);
	show("no such task", NO_PID, set_policy(NO_PID, SCHED_OTHER, 0));
	show("negative pid", -1, set_policy(-1, SCHED_OTHER, 0));
	show("setscheduler NULL", 0, syscall(SYS_sched_setscheduler, 0, 0, NULL));
	show("setscheduler bad pointer", 8, syscall(SYS_sched_setscheduler, 0, 0, BAD));
	show("setparam", 1, (param.sched_priority = 1, syscall(SYS_sched_setparam, 0, &param)));
	show("getparam NULL", 0, syscall(SYS_sched_getparam, 0, NULL));
	show("getparam bad pointer", 8, syscall(SYS_sched_getparam, 0, BAD));
	show("getscheduler", NO_PID, syscall(SYS_sched_getscheduler, NO_PID));
	show("rr_get_interval", -1, syscall(SYS_sched_rr_get_interval, -1, &param));
	show("rr_get_interval bad pointer", 8, syscall(SYS_sched_rr_get_interval, 0, BAD));
}

static void masks(void)
{
	unsigned long mask[16] = { 0 };

	show("setaffinity nobody", 0, syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask));
	mask[0] = 1UL << 63;
	show("setaffinity CPU 63", 0, syscall(SYS_sched_setaffinity, 0, 8, mask));
	mask[0] = 1;
	show("setaffinity no such task", 0, syscall(SYS_sched_setaffinity, NO_PID, 8, mask));
	show("setaffinity bad pointer", 8, syscall(SYS_sched_setaffinity, 0, 8, BAD));
	show("setaffinity size", 0, syscall(SYS_sched_setaffinity, 0, 0, mask));
	show("setaffinity CPU 0", 1, syscall(SYS_sched_setaffinity, 0, 8, mask));
	show("getaffinity size", 1, syscall(SYS_sched_getaffinity, 0, 1, mask));
	show("getaffinity size", 12, syscall(SYS_sched_getaffinity, 0, 12, mask));
	show("getaffinity bad pointer", 8, syscall(SYS_sched_getaffinity, 0, 128, BAD));
}

static void attributes(void)
{
	struct attr a = { .size = ATTR_SIZE };
	char big[8192] = { 0 };

	show("setattr", 0, syscall(SYS_sched_setattr, 0, &a, 0));
	show("setattr flags of the call", 1, syscall(SYS_sched_setattr, 0, &a, 1));
	show("setattr bad pointer", 8, syscall(SYS_sched_setattr, 0, BAD, 0));
	show("setattr NULL", 0, syscall(SYS_sched_setattr, 0, NULL, 0));
	a.size = 16;
	show("setattr size", 16, syscall(SYS_sched_setattr, 0, &a, 0));
	*(unsigned int *)big = 5000;
	show("setattr size", 5000, syscall(SYS_sched_setattr, 0, big, 0));
	*(unsigned int *)big = 200;
	big[150] = 1;
	show("setattr more than we know", 200, syscall(SYS_sched_setattr, 0, big, 0));
	a = (struct attr){ .size = ATTR_SIZE, .policy = 77 };
	show("setattr policy", 77, syscall(SYS_sched_setattr, 0, &a, 0));
	a = (struct attr){ .size = ATTR_SIZE, .policy = SCHED_FIFO, .priority = 100 };
	show("setattr priority", 100, syscall(SYS_sched_setattr, 0, &a, 0));
	a = (struct attr){ .size = ATTR_SIZE, .flags = 1UL << 20 };
	show("setattr unknown flag", 0, syscall(SYS_sched_setattr, 0, &a, 0));
	a = (struct attr){ .size = ATTR_SIZE, .nice = 7 };
	show("setattr nice", 7, syscall(SYS_sched_setattr, 0, &a, 0));
	show("getattr", 0, syscall(SYS_sched_getattr, 0, &a, ATTR_SIZE, 0));
	show("its nice", a.nice, 0);
	show("getattr size", 10, syscall(SYS_sched_getattr, 0, &a, 10, 0));
	show("getattr size", 5000, syscall(SYS_sched_getattr, 0, &a, 5000, 0));
	show("getattr flags", 1, syscall(SYS_sched_getattr, 0, &a, ATTR_SIZE, 1));
}

static void priorities(void)
{
	show("setpriority which", 3, syscall(SYS_setpriority, 3, 0, 0));
	show("setpriority no such task", 0, syscall(SYS_setpriority, PRIO_PROCESS, NO_PID, 0));
	show("getpriority which", -1, syscall(SYS_getpriority, -1, 0));
	show("setpriority beyond the end", 100, syscall(SYS_setpriority, PRIO_PROCESS, 0, 100));
	show("getpriority", 0, syscall(SYS_getpriority, PRIO_PROCESS, 0));
	show("setpriority back", 0, syscall(SYS_setpriority, PRIO_PROCESS, 0, 0));
}

/* As somebody who is not root. */
static void unprivileged(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_RTPRIO, &none);
	setrlimit(RLIMIT_NICE, &none);
	if (syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY))
		exit(100);
	show("unprivileged FIFO", 1, set_policy(0, SCHED_FIFO, 1));
	show("unprivileged RR", 1, set_policy(0, SCHED_RR, 1));
	show("unprivileged nice down", -1, syscall(SYS_setpriority, PRIO_PROCESS, 0, -1));
	show("unprivileged nice up", 3, syscall(SYS_setpriority, PRIO_PROCESS, 0, 3));
	show("unprivileged nice back", 0, syscall(SYS_setpriority, PRIO_PROCESS, 0, 0));
	show("another's nice", 1, syscall(SYS_setpriority, PRIO_PROCESS, 1, 5));
	show("another's policy", 1, set_policy(1, SCHED_OTHER, 0));
	show("IDLE", SCHED_IDLE, set_policy(0, SCHED_IDLE, 0));
}

/* As many children as the limit allows, each of which tries as well; they all wait for the end. */
static void bomb(void)
{
	struct rlimit some = { 20, 20 };
	int pipes[2], children = 0;
	char c;
	pid_t pid;

	if (setrlimit(RLIMIT_NPROC, &some) || syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) ||
	    pipe(pipes))
		exit(100);
	while ((pid = fork()) > 0)
		children++;
	if (pid == 0) {
		close(pipes[1]);
		while (fork() >= 0)
			;
		(void)!read(pipes[0], &c, 1);	/* until the first one closes its end */
		_exit(0);
	}
	printf("the bomb ends: %s, %s children\n", strerror(errno), children < 20 ? "few" : "many");
	close(pipes[1]);
	while (wait(NULL) > 0)
		;
}

static void in_child(void (*fn)(void))
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		fn();
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("-> %x\n", status);
}

int main(void)
{
	in_child(policies);
	in_child(masks);
	in_child(attributes);
	in_child(priorities);
	in_child(unprivileged);
	in_child(bomb);
	return 0;
}
