/*
 * Whom a user may trace: the own processes that are dumpable; and a program with the set-uid bit
 * gains nothing while it is watched. Needs to be root, to be somebody else.
 */
#include "ptrace.h"
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static void sys(const char *name, long what, long pid, unsigned long addr, unsigned long data)
{
	long ret = syscall(SYS_ptrace, what, pid, addr, data);

	printf("%s: %s\n", name, ret < 0 ? strerror(errno) : "fine");
	fflush(stdout);
}

/* --- permissions: a child that gave up uid 0 --- */

static void as_user(pid_t theirs, pid_t mine, pid_t hidden)
{
	sys("somebody else's", PTRACE_ATTACH, theirs, 0, 0);
	sys("somebody else's", PTRACE_SEIZE, theirs, 0, 0);
	sys("my own", PTRACE_SEIZE, mine, 0, 0);
	sys("my own, not dumpable", PTRACE_SEIZE, hidden, 0, 0);
	_exit(0);
}

static pid_t child_of_user(int dumpable)
{
	int fds[2];
	char c;
	pid_t pid;

	(void)!pipe(fds);
	pid = fork();
	if (pid == 0) {
		syscall(SYS_setresgid, 1000, 1000, 1000);
		syscall(SYS_setresuid, 1000, 1000, 1000);
		prctl(PR_SET_DUMPABLE, (unsigned long)dumpable, 0, 0, 0);
		(void)!write(fds[1], "", 1);
		for (;;)
			pause();
	}
	(void)!read(fds[0], &c, 1);
	close(fds[0]);
	close(fds[1]);
	return pid;
}

static void permissions(void)
{
	pid_t theirs, mine, hidden, user;

	puts("--- permissions");
	theirs = sleeping_child();
	mine = child_of_user(1);
	hidden = child_of_user(0);
	fflush(stdout);
	user = fork();
	if (user == 0) {
		syscall(SYS_setresgid, 1000, 1000, 1000);
		syscall(SYS_setresuid, 1000, 1000, 1000);
		as_user(theirs, mine, hidden);
	}
	await("user", user);
	finish("child", theirs);
	finish("child", mine);
	finish("child", hidden);
}

/* A program with the set-uid bit gives its rights to nobody who is watched. */
static char copy[64];

static void copy_self(void)
{
	static char buf[65536];
	int from = open("/proc/self/exe", O_RDONLY),
	    to = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		(void)!write(to, buf, (size_t)n);
	fchmod(to, 04755);
	close(from), close(to);
}

static void run_setuid(int traced)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		syscall(SYS_setresgid, 1000, 1000, 1000);
		syscall(SYS_setresuid, 1000, 1000, 1000);
		if (traced)
			ptrace(PTRACE_TRACEME, 0, 0, 0);
		execl(copy, copy, "uid", NULL);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	if (traced) {
		tell("set-uid program", status);
		request(PTRACE_CONT, pid, 0, 0);
		waitpid(pid, &status, 0);
	}
	printf("set-uid, %straced: runs as %s\n", traced ? "" : "not ",
	       WEXITSTATUS(status) == 0	  ? "root"
	       : WEXITSTATUS(status) == 1 ? "its caller"
					  : "nobody");
}

/* The tracer is a user too: root's may watch what they like. */
static void setuid_program(void)
{
	pid_t pid;

	puts("--- set-uid");
	snprintf(copy, sizeof(copy), "/tmp/ptrace-errors.%d", getpid());
	copy_self();
	run_setuid(0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		syscall(SYS_setresgid, 1000, 1000, 1000);
		syscall(SYS_setresuid, 1000, 1000, 1000);
		run_setuid(1);
		exit(0);
	}
	waitpid(pid, NULL, 0);
	unlink(copy);
}

int main(int argc, char **argv)
{
	if (argc > 1) /* we are the copy */
		return geteuid() != 0;
	(void)argv;
	if (geteuid()) {
		puts("not root");
		return 0;
	}
	permissions();
	setuid_program();
	return 0;
}
