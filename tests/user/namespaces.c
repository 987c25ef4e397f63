/*
 * PID and UTS namespaces, by unshare and by clone: who is PID 1, what the parent sees, what happens
 * when the namespace's init ends, host names that differ. Needs root, on Linux as well: says so and
 * passes without.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWUTS
#define CLONE_NEWUTS 0x04000000
#define CLONE_NEWPID 0x20000000
#endif

static void say(const char *what, long n)
{
	printf("%s: %ld\n", what, n);
	fflush(stdout);
}

static pid_t clone_with(unsigned long flags)
{
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0L);
}

static int wait_for(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

static const char *node(void)
{
	static struct utsname name;

	uname(&name);
	return name.nodename;
}

static void uts(void)
{
	char before[65];
	pid_t pid;

	strcpy(before, node());
	pid = clone_with(CLONE_NEWUTS);
	if (pid == 0) {
		say("inherited name", strcmp(before, node()));
		say("sethostname", syscall(SYS_sethostname, "inside", 6L));
		puts(node());
		if (fork() == 0) {
			puts(node());
			say("unshare", unshare(CLONE_NEWUTS));
			syscall(SYS_sethostname, "deeper", 6L);
			puts(node());
			fflush(stdout);
			_exit(0);
		}
		wait(NULL);
		puts(node());
		fflush(stdout);
		_exit(0);
	}
	wait_for(pid);
	say("outside it is as before", strcmp(before, node()));
}

static void inner(void)
{
	pid_t child, orphan;
	int fds[2];
	char c;

	say("init of the namespace, pid", getpid());
	say("its parent", getppid());
	say("its thread id", syscall(SYS_gettid));
	child = fork();
	if (child == 0)
		_exit(getpid() == 2 && getppid() == 1 ? 42 : 1);
	say("first child", child);
	say("its status", wait_for(child));
	pipe(fds);
	if (fork() == 0) {		/* leaves an orphan, which comes to init here */
		orphan = fork();
		if (orphan == 0) {
			read(fds[0], &c, 1);
			_exit(getppid() == 1 ? 7 : 8);
		}
		_exit(0);
	}
	wait(NULL);
	write(fds[1], "", 1);
	say("the orphan's status", wait_for(-1));
	say("kill of init by itself", kill(1, SIGTERM));
	say("unknown pid", kill(9999, 0) ? errno : 0);
	if (fork() == 0) {
		pause();
		_exit(0);
	}
	fflush(stdout);
	_exit(5);			/* takes the one that waits along */
}

/* In /proc, as seen from outside: its number here, a tab, its number there. */
static int has_both_numbers(pid_t pid)
{
	char path[32], text[4096], want[64];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	snprintf(want, sizeof(want), "\nNStgid:\t%d\t1\nNSpid:\t%d\t1\n", (int)pid, (int)pid);
	f = fopen(path, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f)
		fclose(f);
	return strstr(text, want) != NULL;
}

static void pids(void)
{
	pid_t pid = clone_with(CLONE_NEWPID), mine = getpid();
	int status;

	if (pid == 0)
		inner();
	status = wait_for(pid);
	say("outside it has another number", pid != 1 && pid > 0);
	say("its status", status);
	if (fork() == 0) {
		say("unshare", unshare(CLONE_NEWPID));
		say("the caller keeps its number", getpid() > 1 && getppid() == mine);
		pid = fork();
		if (pid == 0) {
			say("the first child is init", getpid());
			_exit(0);
		}
		wait_for(pid);
		pid = fork();
		say("without init nobody comes", pid < 0 ? errno : pid);
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	pid = clone_with(CLONE_NEWPID);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	say("status has both its numbers", has_both_numbers(pid));
	say("kill of a namespace's init from outside", kill(pid, SIGKILL));
	say("its status", wait_for(pid));
	say("with CLONE_THREAD",
	    syscall(SYS_clone, CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, NULL, NULL,
		    NULL, 0L) < 0
		    ? errno
		    : 0);
}

int main(void)
{
	if (geteuid()) {
		puts("not root");
		return 0;
	}
	uts();
	pids();
	return 0;
}
