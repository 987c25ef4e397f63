/*
 * io_uring: what the rings promise, and what becomes of the threads behind them: reads and writes
 * at once and later, timeouts, SQPOLL; the io workers are threads of the process, stop with it, and
 * end with it, by exit, exec and SIGKILL.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "not_so.h"
#include "user/uring.h"

#define FEAT_NODROP 2u

/* Threads of pid whose names begin so. */
static int threads(int pid, const char *begin)
{
	char path[64], name[32];
	struct dirent *d;
	int fd, n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", pid, d->d_name);
		fd = open(path, O_RDONLY);
		if (fd >= 0) {
			name[0] = '\0';
			if (read(fd, name, sizeof(name)) > 0)
				n += !strncmp(name, begin, strlen(begin));
			close(fd);
		}
	}
	if (dir)
		closedir(dir);
	return n;
}

static void errors(void)
{
	struct uring r;
	struct io_uring_params p = { 0 };
	int fd = open("/dev/null", O_RDONLY);

	check(uring_init(&r, 0, 0, 0) == -EINVAL, "no entries");
	check(uring_init(&r, 8, 1u << 31, 0) == -EINVAL, "an unknown flag");
	p.resv[1] = 1;
	check(syscall(SYS_io_uring_setup, 8L, &p) < 0 && errno == EINVAL, "resv is for later");
	check(syscall(SYS_io_uring_setup, 8L, (void *)8) < 0 && errno == EFAULT, "a wild pointer");
	check(syscall(SYS_io_uring_enter, fd, 0L, 0L, 0L, NULL, 0L) < 0 && errno == EOPNOTSUPP,
	      "no ring");
	check(syscall(SYS_io_uring_enter, 999L, 0L, 0L, 0L, NULL, 0L) < 0 && errno == EBADF,
	      "no file");
	check(uring_init(&r, 5, 0, 0) == 0 && r.p.sq_entries == 8 && r.p.cq_entries == 16,
	      "5 are 8");
	check(syscall(SYS_io_uring_enter, r.fd, 0L, 0L, 0x40000000L, NULL, 0L) < 0 &&
		      errno == EINVAL,
	      "an unknown flag of enter");
	check(mmap(NULL, 4096, PROT_READ, MAP_SHARED, r.fd, 0x20000000) == MAP_FAILED,
	      "nothing to map there");
	check(fcntl(r.fd, F_GETFD) == FD_CLOEXEC, "closed by exec");
	uring_exit(&r);
	close(fd);
}

static void reads_and_writes(void)
{
	char buf[64] = "";
	struct uring r;
	unsigned long data;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/tmp/uring-test.%d", (int)getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	unlink(path);
	check(uring_init(&r, 8, 0, 0) == 0, "a ring");
	for (int i = 0; i < 3; i++)
		uring_put(&r, IORING_OP_NOP, -1, NULL, 0, 0, (unsigned long)i);
	check(uring_enter(&r, 2, 2) == 2 && uring_enter(&r, 8, 1) == 1, "submits what there is");
	for (unsigned long i = 0; i < 3; i++)
		check(uring_get(&r, &data) == 0 && data == i, "NOP");
	uring_put(&r, IORING_OP_WRITE, fd, "hello, ring", 11, 0, 1);
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, &data) == 11 && data == 1, "WRITE");
	uring_put(&r, IORING_OP_READ, fd, buf, 5, 7, 2);
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, NULL) == 4 && !strcmp(buf, "ring"),
	      "READ at 7");
	uring_put(&r, IORING_OP_READ, fd, buf, 5, ~0UL, 2)->flags = IOSQE_ASYNC;
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, NULL) == 5 && !memcmp(buf, "hello", 5) &&
		      lseek(fd, 0, SEEK_CUR) == 5, "READ at the position, by a worker");
	uring_put(&r, IORING_OP_READ, fd, (void *)8, 5, 0, 3);
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, NULL) == -EFAULT, "EFAULT");
	uring_put(&r, IORING_OP_READ, fd, (void *)8, 5, 0, 3)->flags = IOSQE_ASYNC;
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, NULL) == -EFAULT, "EFAULT in a worker");
	uring_put(&r, IORING_OP_READ, 999, buf, 5, 0, 3);
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, NULL) == -EBADF, "EBADF");
	uring_put(&r, 255, -1, NULL, 0, 0, 4);
	uring_put(&r, IORING_OP_NOP, -1, NULL, 0, 0, 5);
	check(uring_enter(&r, 2, 1) == 1 && uring_get(&r, &data) == -EINVAL && data == 4,
	      "no such operation: the submission ends there");
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, &data) == 0 && data == 5,
	      "and can go on");
	r.array[*r.sq_tail & 7] = 12345;
	*r.sq_tail += 1;
	check(uring_enter(&r, 1, 0) == 0, "a wild index is no request");
	check(*(unsigned int *)(r.rings + r.p.sq_off.dropped) == 1, "but dropped");
	uring_exit(&r);
	close(fd);
}

/* Reads that wait, in the order the bytes come; more of them than there are CPUs. */
static void waiting_reads(void)
{
	int pipes[6][2], stop[2];
	struct uring r;
	unsigned long data;
	char c[6];

	check(uring_init(&r, 16, 0, 0) == 0, "a ring");
	for (unsigned int i = 0; i < 6; i++) {
		pipe(pipes[i]);
		uring_put(&r, IORING_OP_READ, pipes[i][0], &c[i], 1, 0, i)->flags = IOSQE_ASYNC;
	}
	check(uring_enter(&r, 6, 0) == 6 && uring_ready(&r) == 0, "nothing to read yet");
	for (int i = 5; i >= 0; i--) {
		char x = (char)('a' + i);

		write(pipes[i][1], &x, 1);
		check(uring_get(&r, &data) == 1 && data == (unsigned long)i && c[i] == x,
		      "a byte came");
	}
	/* A stop and a continue are no reason to give a read up. */
	pipe(stop);
	uring_put(&r, IORING_OP_READ, stop[0], c, 1, 0, 7)->flags = IOSQE_ASYNC;
	uring_enter(&r, 1, 0);
	if (!fork()) {
		char path[32], line[256];
		int fd, n;

		snprintf(path, sizeof(path), "/proc/%d/stat", getppid());
		kill(getppid(), SIGSTOP);
		do {
			fd = open(path, O_RDONLY);
			n = (int)read(fd, line, sizeof(line) - 1);
			line[n > 0 ? n : 0] = '\0';
			close(fd);
		} while (!strstr(line, ") T "));
		kill(getppid(), SIGCONT);
		write(stop[1], "s", 1);
		_exit(0);
	}
	check(uring_get(&r, &data) == 1 && data == 7 && c[0] == 's', "a read goes on after a stop");
	wait(NULL);
	for (int i = 0; i < 6; i++)
		close(pipes[i][0]), close(pipes[i][1]);
	uring_exit(&r);
}

static void timeouts(void)
{
	struct timespec ts = { 0, 20000000 }, long_ts = { 1000, 0 }, wrong = { 0, -1 }, before,
			after;
	struct uring r;
	unsigned long data;

	check(uring_init(&r, 8, 0, 0) == 0, "a ring");
	clock_gettime(CLOCK_MONOTONIC, &before);
	uring_put(&r, IORING_OP_TIMEOUT, -1, &ts, 1, 0, 1);
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, &data) == -ETIME && data == 1, "over");
	clock_gettime(CLOCK_MONOTONIC, &after);
	check((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >=
		      20000000,
	      "not before its time");
	uring_put(&r, IORING_OP_TIMEOUT, -1, &before, 1, 0, 2)->op_flags = IORING_TIMEOUT_ABS;
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, NULL) == -ETIME, "absolute, in the past");
	uring_put(&r, IORING_OP_TIMEOUT, -1, &long_ts, 1, 2, 3);
	uring_put(&r, IORING_OP_NOP, -1, NULL, 0, 0, 4);
	check(uring_enter(&r, 2, 1) == 2 && uring_get(&r, &data) == 0 && data == 4 &&
		      !uring_ready(&r),
	      "one event, and it waits for two");
	uring_put(&r, IORING_OP_NOP, -1, NULL, 0, 0, 5);
	check(uring_enter(&r, 1, 2) == 1 && uring_get(&r, &data) == 0 && data == 5 &&
		      uring_get(&r, &data) == 0 && data == 3, "two events end it");
	uring_put(&r, IORING_OP_TIMEOUT, -1, &wrong, 1, 0, 6);
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, NULL) == -EINVAL, "no time at all");
	uring_put(&r, IORING_OP_TIMEOUT, -1, (void *)8, 1, 0, 6);
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, NULL) == -EFAULT, "a wild pointer");
	uring_put(&r, IORING_OP_TIMEOUT, -1, &ts, 2, 0, 6);
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, NULL) == -EINVAL, "more than one");
	uring_put(&r, IORING_OP_TIMEOUT, -1, &long_ts, 1, 0, 7);
	uring_enter(&r, 1, 0);
	uring_exit(&r);			/* with a timeout under way */
}

static long milliseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* More results than the ring has room for: the first ones stay, in order. Then they are counted,
 * or, as Linux does since 5.5, kept until there is room. */
static void full_ring(void)
{
	unsigned long data, n = 0;
	unsigned int kept;
	struct uring r;

	check(uring_init(&r, 4, 0, 0) == 0 && r.p.cq_entries == 8, "a ring");
	kept = r.p.features & FEAT_NODROP ? 11 : 8;
	for (unsigned long i = 0; i < 11; i++) {
		uring_put(&r, IORING_OP_NOP, -1, NULL, 0, 0, i);
		check(uring_enter(&r, 1, 0) == 1, "submitted, though there is no room");
	}
	check(uring_ready(&r) == 8, "as many as there is room for");
	while (n < kept && uring_get(&r, &data) == 0 && data == n)
		n++;
	check(n == kept && !uring_ready(&r), "in order, and none was overwritten");
	check(*(unsigned int *)(r.rings + r.p.cq_off.overflow) == 11 - kept,
	      "the others are counted");
	uring_put(&r, IORING_OP_NOP, -1, NULL, 0, 0, 77);
	check(uring_enter(&r, 1, 1) == 1 && uring_get(&r, &data) == 0 && data == 77,
	      "and it goes on");
	uring_exit(&r);
}

/* Each request has one result, and a wait lasts until there are as many as asked for. */
static void counts(void)
{
	struct timespec soon = { 0, 200000000 };	/* the event comes long before */
	unsigned long data;
	struct uring r;

	check(uring_init(&r, 8, 0, 0) == 0, "a ring");
	uring_put(&r, IORING_OP_TIMEOUT, -1, &soon, 1, 1, 1);
	uring_put(&r, IORING_OP_NOP, -1, NULL, 0, 0, 2);
	check(uring_enter(&r, 2, 2) == 2 && uring_get(&r, NULL) == 0 && uring_get(&r, NULL) == 0,
	      "a timeout that an event ends");
	usleep(300000);
	check(!uring_ready(&r), "it is not over a second time");
	uring_put(&r, IORING_OP_NOP, -1, NULL, 0, 0, 3);
	uring_put(&r, IORING_OP_TIMEOUT, -1, &soon, 1, 0, 4);
	check(uring_enter(&r, 2, 2) == 2 && uring_ready(&r) == 2, "waits for both, not for one");
	check(uring_get(&r, &data) == 0 && data == 3 && uring_get(&r, &data) == -ETIME && data == 4,
	      "in the order of their ends");
	uring_exit(&r);
}

/* A worker that has nothing to do takes the next request, at once, and no further one is made. */
static void idle_worker(void)
{
	struct timespec never = { 4, 0 };	/* sooner than an idle worker looks by itself */
	unsigned long data;
	struct uring r;
	int fds[2], before = threads(getpid(), "iou-wrk-");
	char c;

	pipe(fds);
	check(uring_init(&r, 8, 0, 0) == 0, "a ring");
	for (unsigned long i = 0; i < 20; i++) {
		uring_put(&r, IORING_OP_TIMEOUT, -1, &never, 1, 1, 100);
		uring_put(&r, IORING_OP_READ, fds[0], &c, 1, 0, i)->flags = IOSQE_ASYNC;
		write(fds[1], "x", 1);
		check(uring_enter(&r, 2, 2) == 2 && uring_get(&r, &data) == 1 && data == i,
		      "a read");
		check(uring_get(&r, &data) == 0 && data == 100, "and not the time");
		usleep(5000);
	}
	check(threads(getpid(), "iou-wrk-") <= before + 10, "few workers do it all");
	close(fds[0]), close(fds[1]);
	uring_exit(&r);
}

static void sqpoll(void)
{
	struct uring r;
	unsigned long data;
	int fds[2], asleep;
	long begin;
	char c = 0;

	check(uring_init(&r, 8, IORING_SETUP_SQPOLL, 10) == 0, "a ring with SQPOLL");
	while (threads(getpid(), "iou-sqp-") != 1)	/* one of ours; it names itself */
		sched_yield();
	for (unsigned long i = 0; i < 20; i++) {
		uring_put(&r, IORING_OP_NOP, -1, NULL, 0, 0, i);
		uring_poke(&r);
		while (!uring_ready(&r))	/* nobody is called */
			sched_yield();
		check(uring_get(&r, &data) == 0 && data == i, "NOP");
		if (i % 5 == 4)			/* until it sleeps */
			while (!(READ_ONCE(*r.sq_flags) & IORING_SQ_NEED_WAKEUP))
				usleep(1000);
	}
	uring_exit(&r);
	check(uring_init(&r, 8, IORING_SETUP_SQPOLL, 100) == 0, "one that stays awake longer");
	while (!(READ_ONCE(*r.sq_flags) & IORING_SQ_NEED_WAKEUP))
		usleep(1000);
	begin = milliseconds();
	uring_put(&r, IORING_OP_NOP, -1, NULL, 0, 0, 0);
	uring_poke(&r);
	check(uring_get(&r, NULL) == 0, "NOP");
	asleep = (READ_ONCE(*r.sq_flags) & IORING_SQ_NEED_WAKEUP) != 0;
	check(!asleep || milliseconds() - begin >= 100, "it says so when it is awake again");
	pipe(fds);
	uring_put(&r, IORING_OP_READ, fds[0], &c, 1, 0, 99);
	uring_poke(&r);
	write(fds[1], "p", 1);
	check(uring_get(&r, &data) == 1 && data == 99 && c == 'p', "a read that waits");
	close(fds[0]), close(fds[1]);
	uring_exit(&r);
	while (threads(getpid(), "iou-sqp-"))	/* Linux ends it a little later */
		usleep(1000);
}

/* A child with workers that wait, an SQ thread and a timeout, that ends in the way asked for. */
static int child(const char *how)
{
	struct timespec ts = { 1000, 0 };
	int fds[2], tell[2], pid, status;
	static struct uring r, s;
	char c = 0;

	pipe(tell);
	pid = fork();
	if (!pid) {
		pipe(fds);
		/* Linux keeps a process for the sake of an SQ thread that nobody is left to use. */
		if (uring_init(&r, 8, 0, 0) ||
		    (strcmp(how, "thread") && uring_init(&s, 8, IORING_SETUP_SQPOLL, 1000)))
			_exit(99);
		for (int i = 0; i < 3; i++)
			uring_put(&r, IORING_OP_READ, fds[0], &c, 1, 0, 0)->flags = IOSQE_ASYNC;
		uring_put(&r, IORING_OP_TIMEOUT, -1, &ts, 1, 0, 0);
		uring_enter(&r, 4, 0);
		while (!threads(getpid(), "iou-wrk-"))	/* how many is the kernel's business */
			usleep(1000);
		write(tell[1], "x", 1);
		if (!strcmp(how, "exit"))
			_exit(7);
		if (!strcmp(how, "thread"))	/* the last thread goes, not the process */
			syscall(SYS_exit, 8L);
		if (!strcmp(how, "exec")) {
			close(fds[0]), close(fds[1]);
			execl("/proc/self/exe", "io_uring", "alone", NULL);
			_exit(98);
		}
		for (;;)
			pause();
	}
	read(tell[0], &c, 1);
	if (!strcmp(how, "kill"))
		kill(pid, SIGKILL);
	close(tell[0]), close(tell[1]);
	waitpid(pid, &status, 0);
	return status;
}

static void ends(void)
{
	check(child("exit") == 7 << 8, "exit ends the workers");
	child("thread");	/* ends; with which status depends on Linux's version */
	check(child("kill") == SIGKILL, "SIGKILL too");
	check(child("exec") == 9 << 8, "exec too");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return threads(getpid(), "") == 1 ? 9 : 1;
	errors();
	reads_and_writes();
	waiting_reads();
	timeouts();
	full_ring();
	counts();
	idle_worker();
	sqpoll();
	ends();
	if (!bad)
		printf("rings turn\n");
	return bad != 0;
}
