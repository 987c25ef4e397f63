/*
 * leaks [ROUNDS [WORKLOAD]]: nothing is lost: what a workload takes, the kernel has again
 * afterwards. Each workload runs until everything that the kernel keeps ready is there, then a
 * number of times; before and after, the kernel is told to give back what it only keeps
 * (drop_caches), and free pages, tasks and pids must be the same to the last one. test: linux=no
 * timeout=300
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libk/abi/futex.h"
#include "libk/atomic.h"
#include "user/uring.h"

#define THREADS 8
#define STACK 16384

static int rounds = 60;
static int usual;		/* tasks, when nothing is on its way out */
static const char *only;

struct state {
	long free_kb;
	int tasks;
	char slabs[16384];
};

static ssize_t slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n, done = 0;

	while (fd >= 0 && (n = read(fd, buf + done, size - 1 - (size_t)done)) > 0)
		done += n;
	buf[done] = '\0';
	close(fd);
	return done;
}

/* Whoever was killed last may still be on its way out: wait until there are that many tasks, but
 * not for ever; 0: for as long as that takes on a machine that is left alone. The memory of one
 * that is not counted any more goes with its last switch: until then it is one that runs. */
static void look(struct state *s, int tasks)
{
	char buf[4096], *p;
	int fd, running;

	for (int i = 0; i < 200; i++) {
		slurp("/proc/loadavg", buf, sizeof(buf));
		s->tasks = -1;
		if (sscanf(buf, "%*s %*s %*s %d/%d", &running, &s->tasks) == 2 && running <= 1 &&
		    (s->tasks == tasks || (!tasks && i >= 20)))
			break;
		usleep(10000);
	}
	/* An idle CPU goes on with the address space of who ran there last: let that be ours. So
	 * each is past the last switch of others, too. */
	for (int cpu = 8; cpu-- > 0;) {
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
	}
	fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
	if (fd < 0 || write(fd, "3\n", 2) != 2)
		perror("drop_caches");
	close(fd);
	slurp("/proc/slabinfo", s->slabs, sizeof(s->slabs));
	slurp("/proc/meminfo", buf, sizeof(buf));
	p = strstr(buf, "MemFree:");
	s->free_kb = p ? atol(p + 8) : -1;
}

/* Pages that hold objects. The same objects may well lie in one slab more or less than before:
 * that is no loss. */
static long slab_kb(const char *p)
{
	long pages = 0;

	for (; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		int per_slab, slabs;

		if (sscanf(p, "%*s %*d %*d %*d %*d %d : tunables %*d %*d %*d : slabdata %*d %d",
			   &per_slab, &slabs) == 2)
			pages += per_slab * slabs;
	}
	return pages * 4;
}

/* True: every cache has as many objects in use as before. */
static int same_objects(const char *before, const char *after)
{
	char name[64], name2[64];
	int b, a, same = 1;

	for (;;) {
		if (sscanf(before, "%63s %d", name, &b) == 2 &&
		    sscanf(after, "%63s %d", name2, &a) == 2 && a != b)
			same = !printf("\t%s: %d objects, then %d\n", name, b, a);
		before = strchr(before, '\n');
		after = strchr(after, '\n');
		if (!before++ || !after++)
			return same;
	}
}

/* --- the workloads --- */

static void end_of(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static volatile u32 lock_word;

static int __noreturn fight(void *unused)
{
	for (;;) {
		while (__atomic_exchange_n(&lock_word, 2, __ATOMIC_ACQUIRE))
			syscall(SYS_futex, &lock_word, FUTEX_WAIT, 2, NULL, NULL, 0);
		__atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE);
		syscall(SYS_futex, &lock_word, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
}

/* A process whose threads fight for a lock is killed in the middle of it. */
static void killed_fighting(int i)
{
	int fds[2];
	char c = 0;
	pid_t pid;

	pipe(fds);
	pid = fork();
	if (pid == 0) {
		for (int t = 1; t < THREADS; t++)
			clone(fight, (char *)malloc(STACK) + STACK,
			      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				      CLONE_SYSVSEM,
			      NULL);
		write(fds[1], "x", 1);
		fight(NULL);
	}
	close(fds[1]);
	read(fds[0], &c, 1);
	close(fds[0]);
	for (int k = 0; k < i % 5; k++)
		sched_yield();
	kill(pid, SIGKILL);
	end_of(pid);
}

static int leave(void *unused)
{
	return 0;
}

static void threads_that_end(int i)
{
	static char stacks[THREADS][STACK] __aligned(16);
	static int tids[THREADS];

	for (int t = 0; t < THREADS; t++) {
		tids[t] = 1;
		if (clone(leave, stacks[t] + STACK,
			  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				  CLONE_SYSVSEM | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID,
			  NULL, NULL, NULL, &tids[t]) < 0)
			perror("clone");
	}
	for (int t = 0; t < THREADS; t++)
		for (int tid; (tid = __atomic_load_n(&tids[t], __ATOMIC_ACQUIRE));)
			syscall(SYS_futex, &tids[t], FUTEX_WAIT, tid, NULL, NULL, 0);
}

static void forks(int i)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *p = malloc(100000);

		memset(p, i, 100000);
		if (i % 3 == 0)
			_exit(fork() ? 0 : 1);	/* an orphan */
		if (i % 3 == 1)
			execl("/bin/true", "true", NULL);
		kill(getpid(), SIGSEGV);
	}
	end_of(pid);
}

static void mappings(int i)
{
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	memset(p, 1, 1 << 20);
	mprotect(p + 8192, 8192, PROT_READ);
	p = mremap(p, 1 << 20, 1 << 19, 0);
	munmap(p, 1 << 19);
}

static void files(int i)
{
	char name[32], buf[5000] = "x";
	int fd, fds[2];

	snprintf(name, sizeof(name), "/tmp/leak.%d", i % 7);
	fd = open(name, O_RDWR | O_CREAT, 0600);
	write(fd, buf, sizeof(buf));
	unlink(name);
	close(fd);
	mkdir("/tmp/leakdir", 0700);
	symlink("nowhere", "/tmp/leakdir/link");
	unlink("/tmp/leakdir/link");
	rmdir("/tmp/leakdir");
	pipe(fds);
	write(fds[1], buf, sizeof(buf));
	close(fds[0]);
	close(fds[1]);
	syscall(SYS_socketpair, 1, 1, 0, fds);
	write(fds[1], buf, sizeof(buf));
	close(fds[0]);
	close(fds[1]);
	fd = (int)syscall(SYS_epoll_create1, 0);
	fds[0] = (int)syscall(SYS_eventfd2, 1, 0);
	syscall(SYS_epoll_ctl, fd, 1, fds[0], buf);
	close(fd);
	close(fds[0]);
	slurp("/proc/self/status", buf, sizeof(buf));
	slurp("/proc/self/maps", buf, sizeof(buf));
	close((int)syscall(SYS_pidfd_open, getpid(), 0));
	access("/no/such/file/at/all", F_OK);
}

static void namespaces(int i)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0) {
		fork();
		fork();
		_exit(0);
	}
	end_of(pid);
}

/* Io workers with a read that waits, an SQ thread, a timeout; the process leaves, or the ring
 * does. */
static void rings(int i)
{
	struct timespec ts = { 1000, 0 };
	struct uring r;
	int fds[2];
	char c = 0;
	pid_t pid;

	if (uring_init(&r, 64, 0, 0))
		perror("io_uring_setup");
	uring_put(&r, IORING_OP_TIMEOUT, -1, &ts, 1, 0, 0);
	uring_enter(&r, 1, 0);
	uring_exit(&r);
	pid = fork();
	if (pid == 0) {
		pipe(fds);
		uring_init(&r, 8, i % 2 ? IORING_SETUP_SQPOLL : 0, 1);
		/* Sometimes more reads than there are workers: some are not begun at the end. */
		for (int n = 0; n < (i % 16 == 2 ? 300 : 3); n++) {
			uring_put(&r, IORING_OP_READ, fds[0], &c, 1, 0, 0)->flags = IOSQE_ASYNC;
			uring_enter(&r, 1, 0);
		}
		uring_put(&r, IORING_OP_TIMEOUT, -1, &ts, 1, 0, 0);
		uring_enter(&r, 1, 0);
		if (i % 3 == 0)
			execl("/bin/true", "true", NULL);
		_exit(0);
	}
	end_of(pid);
}

/* A group that comes and goes, and a program that the kernel runs. */
static void groups_and_helpers(int i)
{
	pid_t pid;
	int fd;

	mkdir("/sys/fs/cgroup/leak", 0755);
	pid = fork();
	if (pid == 0) {
		fd = open("/sys/fs/cgroup/leak/cgroup.procs", O_WRONLY);
		write(fd, "0", 1);
		_exit(fork() ? 0 : 1);
	}
	end_of(pid);
	while (rmdir("/sys/fs/cgroup/leak"))
		usleep(100);
	fd = open("/proc/sys/kernel/bobbin_helper", O_WRONLY);
	write(fd, i % 2 ? "/bin/true" : "/no/such", i % 2 ? 9 : 8);
	close(fd);
}

static int check(const char *what, void (*work)(int), int times)
{
	static struct state before, after;
	cpu_set_t all;
	int same;

	if (only && strcmp(only, what))
		return 0;
	for (int i = 0; i < times / 4 + 16; i++)
		work(i);
	look(&before, usual);
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	for (int i = 0; i < times; i++)
		work(i);
	look(&after, before.tasks);
	sched_setaffinity(0, sizeof(all), &all);
	same = same_objects(before.slabs, after.slabs) && before.tasks == after.tasks &&
	       before.free_kb + slab_kb(before.slabs) == after.free_kb + slab_kb(after.slabs);
	usual = before.tasks;		/* more than before: work took another worker */
	printf("%s %s\n", same ? "ok" : "not ok", what);
	if (!same)
		printf("\t%ld kB free and %ld in slabs, then %ld and %ld; %d tasks, then %d\n",
		       before.free_kb, slab_kb(before.slabs), after.free_kb, slab_kb(after.slabs),
		       before.tasks, after.tasks);
	return !same;
}

int main(int argc, char **argv)
{
	static struct state warm;
	int failed = 0;

	if (argc > 1)
		rounds = atoi(argv[1]);
	if (argc > 2)
		only = argv[2];
	mkdir("/tmp", 01777);
	setvbuf(stdout, NULL, _IOLBF, 0);
	look(&warm, 0);			/* by now the kernel's workers have come */
	usual = warm.tasks;
	failed |= check("forks", forks, rounds / 4);
	failed |= check("mappings", mappings, rounds / 4);
	failed |= check("files", files, rounds);
	failed |= check("namespaces", namespaces, rounds / 10);
	failed |= check("threads that end", threads_that_end, rounds);
	failed |= check("killed while fighting for a lock", killed_fighting, rounds);
	failed |= check("rings and io workers", rings, rounds / 4);
	failed |= check("cgroups and helpers", groups_and_helpers, rounds / 4);
	puts(failed ? "FAIL" : "PASS");
	return failed;
}
