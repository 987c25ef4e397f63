/*
 * helpers: user mode helpers. A program that the kernel runs has a kernel thread among its
 * ancestors and yet memory of its own; the kernel waits for it, or not; signals kill it. At a crash
 * core_pattern's program gets a report and finds the dying process still there. Run with arguments
 * it is that program. test: linux=no
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "not_so.h"

#define HELPER "/proc/sys/kernel/bobbin_helper"
#define PATTERN "/proc/sys/kernel/core_pattern"

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), n;

	errno = 0;
	n = fd < 0 ? -1 : (int)write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -errno : n == (int)strlen(text) ? 0 : -1;
}

static char *get(const char *path)
{
	static char text[8192];
	int fd = open(path, O_RDONLY), n, len = 0;

	while (fd >= 0 && (n = (int)read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	text[len] = '\0';
	close(fd);
	return text;
}

/* Field nr of a stat line, counted from 1 as the manual does. */
static long field(const char *stat, int nr)
{
	const char *p = strrchr(stat, ')') + 2;

	for (; nr > 3; nr--)
		p = strchr(p, ' ') + 1;
	return atol(p);
}

static void wait_for_file(const char *path)
{
	while (access(path, F_OK))
		usleep(1000);
}

static void run_helpers(void)
{
	char path[64], *stat;
	long ppid;

	check(put(HELPER, "/bin/true\n") == 0, "/bin/true");
	check(put(HELPER, "/bin/false") == -EIO, "/bin/false is EIO");
	check(put(HELPER, "/no/such/program") == -ENOENT, "ENOENT");
	check(put(HELPER, "/proc/self") == -EACCES, "EACCES");
	check(put(HELPER, "   ") == -EINVAL, "EINVAL");
	check(put(HELPER, "&/no/such/program") == 0, "nobody waits for that one");
	check(put(HELPER, "/bin/cp /proc/self/stat /tmp/stat") == 0, "cp");
	stat = get("/tmp/stat");
	ppid = field(stat, 4);
	check(!(field(stat, 9) & 0x200000), "not PF_KTHREAD any more");
	check(field(stat, 23) > 0, "has memory");
	snprintf(path, sizeof(path), "/proc/%ld/stat", ppid);
	stat = get(path);
	check(!strncmp(strchr(stat, '('), "(kworker/u:", 11), "its parent is a kworker");
	check(field(stat, 4) == 2 && field(stat, 9) & 0x200000, "which is kthreadd's child");

	check(put(HELPER, "&/bin/cp /proc/self/stat /tmp/nowait") == 0, "not waited for");
	wait_for_file("/tmp/nowait");
	while (!strchr(get("/tmp/nowait"), '\n'))
		usleep(1000);
	check(field(get("/tmp/nowait"), 4) == 2, "kthreadd's child");
}

/* A helper that goes on for ever is killed, which its caller is told. Then the caller is. */
static void kill_helpers(void)
{
	int pid, status;

	pid = fork();
	if (!pid)
		_exit(put(HELPER, "/helpers sleep") == -EIO ? 42 : 1);
	wait_for_file("/tmp/asleep");
	check(kill(atoi(get("/tmp/asleep")), SIGKILL) == 0, "kill the helper");
	check(waitpid(pid, &status, 0) == pid && status == 42 << 8, "the caller is told");
	unlink("/tmp/asleep");

	pid = fork();
	if (!pid)
		_exit(put(HELPER, "/helpers sleep"));
	wait_for_file("/tmp/asleep");
	check(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid && status == SIGKILL,
	      "a caller can be killed");
	check(kill(atoi(get("/tmp/asleep")), SIGTERM) == 0, "its helper goes on until it is");
	unlink("/tmp/asleep");
}

static int crash(int sig)
{
	int pid = fork(), status;

	if (!pid) {
		if (sig == SIGSEGV)
			*(volatile int *)0x1234 = 1;
		raise(sig);
		_exit(1);
	}
	check(waitpid(pid, &status, 0) == pid, "waitpid");
	return status;
}

static void crashes(void)
{
	char line[80];
	int pid, status;

	check(crash(SIGSEGV) == SIGSEGV, "no pattern, no dump");
	check(put(PATTERN, "|/helpers crash %s %P %e %u %%\n") == 0, "set the pattern");
	check(!strcmp(get(PATTERN), "|/helpers crash %s %P %e %u %%\n"), "read it");
	check(crash(SIGSEGV) == (SIGSEGV | 0x80), "SIGSEGV dumps");
	check(strstr(get("/tmp/report"), "signal 11 code 1 address 1234\n"), "its report");
	check(strstr(get("/tmp/report"), "\nrip 0000") && strstr(get("/tmp/report"), "\nstack+00 "),
	      "registers and stack");
	check(!strcmp(get("/tmp/args"), "11 helpers 0 % alive"), "its arguments");
	check(crash(SIGABRT) == (SIGABRT | 0x80), "SIGABRT dumps");
	check(crash(SIGTERM) == SIGTERM && !strncmp(get("/tmp/args"), "6 ", 2), "SIGTERM does not");
	check(put(PATTERN, "|/no/such/program") == 0, "another pattern");
	check(crash(SIGSEGV) == SIGSEGV, "no helper, no dump");
	check(put(PATTERN, "|/helpers segv") == 0, "a helper that crashes");
	check(crash(SIGSEGV) == (SIGSEGV | 0x80), "its crash is nobody's");
	check(put(PATTERN, "core") == 0 && crash(SIGSEGV) == SIGSEGV, "files are not written");

	check(put(PATTERN, "|/helpers sleep") == 0, "a helper that sleeps");
	pid = fork();
	if (!pid)
		raise(SIGQUIT);
	wait_for_file("/tmp/asleep");
	check(waitpid(pid, &status, WNOHANG) == 0, "the dying process is still there");
	check(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid && status == SIGKILL,
	      "and can be killed");
	kill(atoi(get("/tmp/asleep")), SIGKILL);

	check(put(PATTERN, "|/bin/crash_report %P") == 0, "the one that /bin has");
	pid = fork();
	if (!pid)
		raise(SIGILL);
	check(waitpid(pid, &status, 0) == pid && status == (SIGILL | 0x80), "SIGILL dumps");
	snprintf(line, sizeof(line), "/tmp/crash.%d", pid);
	check(strstr(get(line), "signal 4 ") && strstr(get(line), "[stack]"), "its report");
	check(put(PATTERN, "") == 0, "none any more");
}

/* --- as a helper --- */

static int save(const char *path, const char *text)
{
	char temp[64];
	int fd;

	snprintf(temp, sizeof(temp), "%s.new", path);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return 1;
	close(fd);
	return rename(temp, path) != 0;
}

static int helper(int argc, char **argv)
{
	char text[4096];
	size_t len = 0;
	ssize_t n;

	if (!strcmp(argv[1], "sleep")) {
		snprintf(text, sizeof(text), "%d", getpid());
		save("/tmp/asleep", text);
		for (;;)
			pause();
	}
	if (!strcmp(argv[1], "segv"))
		raise(SIGSEGV);
	while ((n = read(0, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	save("/tmp/report", text);
	snprintf(text, sizeof(text), "%s %s %s %s %s", argv[2], argv[4], argv[5], argv[6],
		 kill(atoi(argv[3]), 0) ? "gone" : "alive");
	return save("/tmp/args", text);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return helper(argc, argv);
	run_helpers();
	kill_helpers();
	crashes();
	if (!bad)
		printf("helpers help\n");
	return bad != 0;
}
