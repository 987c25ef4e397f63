/*
 * cgroups: cgroup v2 as a tree: who is where, what is inherited, moved and refused, who is killed,
 * and that cpu.weight counts. (On Linux this would need the host's own cgroups.)
 * test: not=rr,pct linux=no
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "not_so.h"
#include "libk/abi/sched.h"

#define ROOT "/sys/fs/cgroup"

static const char *at(const char *dir, const char *file)
{
	static char path[128];

	snprintf(path, sizeof(path), ROOT "%s/%s", dir, file);
	return path;
}

static int put(const char *dir, const char *file, const char *text)
{
	int fd = open(at(dir, file), O_WRONLY), n;

	if (fd < 0)
		return -errno;
	n = (int)write(fd, text, strlen(text));
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

static const char *get(const char *path)
{
	static char text[4096];
	int fd = open(path, O_RDONLY), n = fd < 0 ? -1 : (int)read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return n < 0 ? "?" : text;
}

static bool is(const char *dir, const char *file, const char *text)
{
	const char *got = get(at(dir, file));

	if (strcmp(got, text))
		printf("%s is: %s", at(dir, file), got);
	return !strcmp(got, text);
}

static bool in_group(int pid, const char *group)
{
	char path[32], wanted[64];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	snprintf(wanted, sizeof(wanted), "0::%s\n", group);
	return !strcmp(get(path), wanted);
}

static int put_pid(const char *dir, int pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d\n", pid);
	return put(dir, "cgroup.procs", text);
}

static int make(const char *dir)
{
	return mkdir(at(dir, ""), 0755) ? -errno : 0;
}

static int unmake(const char *dir)
{
	return rmdir(at(dir, "")) ? -errno : 0;
}

static int sleeper(void)
{
	int pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

static int reap(int pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void tree(void)
{
	int pid, child, fd;
	char text[64];

	check(in_group(1, "/init.scope") && in_group(2, "/") && in_group(getpid(), "/init.scope"),
	      "init left, kthreadd stayed, we came along");
	check(make("/a") == 0 && make("/a/b") == 0 && make("/a") == -EEXIST, "mkdir");
	check(open(at("/a", "file"), O_CREAT | O_WRONLY, 0644) < 0, "no files of one's own");
	check(is("/a", "cgroup.events", "populated 0\nfrozen 0\n"), "empty");
	pid = sleeper();
	check(put_pid("/a/b", pid) == 0 && in_group(pid, "/a/b"), "moved");
	check(is("/a", "cgroup.events", "populated 1\nfrozen 0\n"), "not empty any more");
	snprintf(text, sizeof(text), "%d\n", pid);
	check(is("/a/b", "cgroup.procs", text) && is("/a", "cgroup.procs", ""), "who is in it");
	check(is("/a/b", "cgroup.threads", text), "which threads");
	check(unmake("/a/b") == -EBUSY && unmake("/a") == -EBUSY, "not while it is used");
	check(put_pid("/a", 2) == -EINVAL && in_group(2, "/"), "kernel threads stay");
	check(put_pid("/a", 99999) == -ESRCH && put("/a", "cgroup.procs", "x") == -EINVAL &&
		      put("/a", "cgroup.procs", "") == -EINVAL &&
		      put("/a", "cgroup.procs", "\n") == -EINVAL,
	      "nobody");
	fd = open(at("/a/b", "cgroup.events"), O_RDONLY);
	check(put("/a/b", "cgroup.kill", "2") == -EINVAL && put("/a", "cgroup.kill", "1") == 0,
	      "kill");
	check(reap(pid) == SIGKILL, "killed");
	check(is("/a", "cgroup.events", "populated 0\nfrozen 0\n"), "empty again");
	check(unmake("/a/b") == 0 && make("/a/b") == 0, "removed, and made again");
	check(read(fd, text, sizeof(text)) < 0 && errno == ENODEV, "a file of a dead group");
	close(fd);

	pid = fork();
	if (!pid) {
		put_pid("/a/b", 0);
		child = fork();
		if (!child)
			_exit(in_group(getpid(), "/a/b") ? 42 : 1);
		_exit(reap(child) == 42 << 8 ? 42 : 1);
	}
	check(reap(pid) == 42 << 8, "inherited");
	check(unmake("/a/b") == 0 && unmake("/a") == 0, "rmdir");
}

static volatile int other_tid;

static void *other_thread(void *unused)
{
	other_tid = (int)syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static void threads_and_clone3(void)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	char line[64];
	int pid, fd;

	check(make("/t") == 0, "mkdir");
	pid = fork();
	if (!pid) {
		pthread_t t;
		const char *p;
		int n = 0;

		pthread_create(&t, NULL, other_thread, NULL);
		while (!other_tid)
			sched_yield();
		put_pid("/t", 0);
		snprintf(line, sizeof(line), "/proc/%d/task/%d/cgroup", getpid(), other_tid);
		if (strcmp(get(line), "0::/t\n"))
			_exit(1);
		for (p = get(at("/t", "cgroup.threads")); *p; p++)
			n += *p == '\n';
		_exit(n == 2 ? 42 : 2);
	}
	check(reap(pid) == 42 << 8, "all threads of a process go with it");
	fd = open(ROOT "/t", O_RDONLY | O_DIRECTORY);
	args.cgroup = (unsigned long)fd;
	pid = (int)syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(in_group(getpid(), "/t") ? 42 : 1);
	check(pid > 0 && reap(pid) == 42 << 8, "CLONE_INTO_CGROUP");
	check(unmake("/t") == 0, "rmdir");
	check(syscall(SYS_clone3, &args, sizeof(args)) < 0 && errno == ENODEV, "into a dead group");
	close(fd);
	args.cgroup = 0;
	check(syscall(SYS_clone3, &args, sizeof(args)) < 0 && errno == EBADF, "into no group");
	check(syscall(SYS_clone3, &args, 64L) < 0 && errno == EINVAL, "with too short a structure");
}

static volatile int *stop;

/* Computes in that group, on CPU 0, until told to stop; its CPU time in ms comes through the
 * pipe. */
static int hog(const char *group, int fds[2])
{
	unsigned long mask = 1;
	struct timespec ts;
	int pid = fork(), ms;

	if (pid)
		return pid;
	sched_setaffinity(0, sizeof(mask), (void *)&mask);
	put_pid(group, 0);
	while (!*stop)
		;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	ms = (int)(ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
	write(fds[1], &ms, sizeof(ms));
	_exit(0);
}

static void weights(void)
{
	int one[2], many[2], a, b, c, light = 0, heavy = 0, ms;

	check(make("/w") == 0 && access(at("/w", "cpu.weight"), F_OK), "no controller yet");
	check(is("/w", "cgroup.controllers", "\n") && is("", "cgroup.controllers", "cpu\n"),
	      "controllers");
	check(put("/w", "cgroup.subtree_control", "+cpu") == -ENOENT, "it comes from above");
	check(put("", "cgroup.subtree_control", "+memory") == -EINVAL, "no such controller");
	check(put("", "cgroup.subtree_control", "+cpu\n") == 0 &&
		      is("/w", "cgroup.controllers", "cpu\n") && is("/w", "cpu.weight", "100\n"),
	      "a controller");
	check(put("/w", "cgroup.subtree_control", "+cpu") == 0 && make("/w/l") == 0 &&
		      make("/w/h") == 0,
	      "two groups");
	check(put_pid("/w", 0) == -EBUSY, "no processes beside groups");
	check(put("/w/h", "cpu.weight", "300") == 0 && is("/w/h", "cpu.weight", "300\n"),
	      "a weight");
	check(put("/w/h", "cpu.weight", "0") == -ERANGE &&
		      put("/w/h", "cpu.weight", "x") == -EINVAL &&
		      put("/w/h", "cpu.weight", "10001") == -ERANGE,
	      "no weight");
	pipe(one);
	pipe(many);
	a = hog("/w/l", one);
	b = hog("/w/l", one);
	c = hog("/w/h", many);
	usleep(1500000);
	*stop = 1;
	reap(a), reap(b), reap(c);
	read(one[0], &ms, sizeof(ms)), light += ms;
	read(one[0], &ms, sizeof(ms)), light += ms;
	read(many[0], &ms, sizeof(ms)), heavy += ms;
	/* With more CPUs they are the host's, and what it takes from us is charged to whom it
	 * hits. */
	if (sysconf(_SC_NPROCESSORS_ONLN) == 1 && (light * 2 > heavy || light * 4 < heavy)) {
		printf("not so: weights 100 and 300 got %d and %d ms\n", light, heavy);
		bad++;
	}
	check(put("", "cgroup.subtree_control", "-cpu") == -EBUSY, "still in use below");
	check(unmake("/w/l") == 0 && put("/w", "cgroup.subtree_control", "-cpu") == 0 &&
		      access(at("/w/h", "cpu.weight"), F_OK) && errno == ENOENT,
	      "without it again");
	check(unmake("/w/h") == 0 && unmake("/w") == 0, "rmdir");
	check(put("", "cgroup.subtree_control", "-cpu") == 0, "none at all");
}

/* Groups come and go while processes do, and are killed while they fork. */
static void churn(void)
{
	char dir[16];

	for (int i = 0; i < 40; i++) {
		int n = 0, pid;

		snprintf(dir, sizeof(dir), "/c%d", i % 3);
		check(make(dir) == 0, "mkdir");
		if (i % 4 == 0)
			check(put("", "cgroup.subtree_control", i % 8 ? "-cpu" : "+cpu") == 0,
			      "switch");
		pid = fork();
		if (!pid) {
			put_pid(dir, 0);
			for (;;)
				if (!fork()) {
					usleep((unsigned int)i * 10);
					_exit(0);
				} else if (++n > 4) {
					while (waitpid(-1, NULL, WNOHANG) > 0)
						;
				}
		}
		while (strncmp(get(at(dir, "cgroup.events")), "populated 1", 11))
			usleep(100);
		usleep(1000 + (unsigned int)i * 37);
		check(put(dir, "cgroup.kill", "1") == 0 && reap(pid) >= 0, "kill");
		while (unmake(dir) == -EBUSY)
			usleep(100);
	}
	put("", "cgroup.subtree_control", "-cpu");
}

int main(void)
{
	stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	tree();
	threads_and_clone3();
	weights();
	churn();
	if (!bad)
		printf("cgroups group\n");
	return bad != 0;
}
