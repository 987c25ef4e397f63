/*
 * A thread executes a program and takes over the number of its process, again and again, while
 * another process reads what /proc says under both numbers. Each file is about the number it was
 * opened by, or says ESRCH; and that of the process, which lives all the while, never does. (Linux
 * is wrong about a number once in some million reads.)
 *
 *	proc_exec [EXECS]	(1000) test: timeout=120
 */
#include <dirent.h>
#include <sys/utsname.h>

#include "../../user/check.h"

static char left[16];
static long reads, wrong, absent;

static void *execute(void *arg)
{
	execl("/proc/self/exe", "proc_exec", "again", left, (char *)NULL);
	_exit(1);
}

/* What was executed executes again, as often as it was told. */
static int again(int n)
{
	snprintf(left, sizeof(left), "%d", n - 1);
	if (n <= 0)
		return 0;
	spawn(execute, NULL);
	for (;;)
		pause();
}

/* The number that an open status file tells; -1: there is none any more. */
static int number_in(int fd)
{
	char text[256] = "", *at;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return -1;
	reads++;
	at = strstr(text, "\nPid:\t");
	return at ? atoi(at + 6) : 0;
}

/* Some thread of the process that is not its first, or 0. */
static int other_thread(const char *dir, int pid)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int tid = 0;

	while (d && (e = readdir(d)))
		if (atoi(e->d_name) != pid && atoi(e->d_name))
			tid = atoi(e->d_name);
	if (d)
		closedir(d);
	return tid;
}

/* Reads both files until the thread has taken the other number, or has gone. (On Linux the thread's
 * number may once in a while stay with the process to its end: not for ever.) */
static void watch(int pid, int process)
{
	char dir[64], path[96];
	int tid, fd, nr, rounds = 0;

	snprintf(dir, sizeof(dir), "/proc/%d/task", pid);
	tid = other_thread(dir, pid);
	snprintf(path, sizeof(path), "%s/%d/status", dir, tid);
	fd = tid ? open(path, O_RDONLY) : -1;
	do {
		nr = number_in(process);
		absent += nr < 0;
		wrong += nr >= 0 && nr != pid;
		nr = fd < 0 ? -1 : number_in(fd);
		wrong += nr >= 0 && nr != tid;
	} while (nr >= 0 && rounds++ < 10000);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	char path[64];
	int first = begin(argc, argv), process, status;
	struct utsname uts;
	pid_t pid;

	if (argc - first == 2)
		return again(atoi(argv[first + 1]));
	pid = fork();
	if (pid == 0)
		exit(again(first < argc ? atoi(argv[first]) : 1000));
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	process = open(path, O_RDONLY);
	while (waitpid(pid, &status, WNOHANG) == 0)
		watch(pid, process);
	if (verbose)
		printf("%ld reads\n", reads);
	uname(&uts);
	check("the file of a number tells that number",
	      wrong == 0 || !strstr(uts.release, "bobbin"));
	check("a process that executes is always there", absent == 0);
	check("all programs ran", WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return failures;
}
