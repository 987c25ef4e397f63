/*
 * io_worker: a kernel thread with user origin. A ring of io_uring gets two threads that never leave
 * the kernel, one that does a read which waits (iou-wrk) and one that looks for requests (iou-sqp).
 * By the definition "runs only in kernel mode" they are kernel threads; by every other they are
 * threads of this process. Prints what /proc says of them, the same here and on Linux. A command
 * given, such as "kthreads", runs while they are there.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>

#include "user/uring.h"

#define PF_IO_WORKER 0x10u
#define PF_KTHREAD 0x200000u

static char text[1024];

static const char *get(int tid, const char *file)
{
	char path[64];
	int fd, n = -1;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, file);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		n = (int)read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* The thread of ours whose name begins so, 0: there is none yet. */
static int find(const char *begin)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *d;
	int tid = 0;

	while ((d = readdir(dir)))
		if (d->d_name[0] != '.' &&
		    !strncmp(get(atoi(d->d_name), "comm"), begin, strlen(begin)))
			tid = atoi(d->d_name);
	closedir(dir);
	return tid;
}

static int wait_for(const char *begin)
{
	int tid;

	while (!(tid = find(begin)))
		sched_yield();
	return tid;
}

static const char *stat_field(int tid, int nr)
{
	const char *p = strrchr(get(tid, "stat"), ')') + 2;

	for (; nr > 3; nr--)
		p = strchr(p, ' ') + 1;
	return p;
}

static const char *status_line(int tid, const char *name)
{
	const char *p = strstr(get(tid, "status"), name);

	return p ? p + strlen(name) : "";
}

/* The last two numbers of syscall are the user's stack and instruction pointers; a thread that
 * runs shows none. */
static bool was_in_user_mode(int tid)
{
	const char *p;

	do
		p = strchr(get(tid, "syscall"), ' ');
	while (!p);
	for (const char *next; (next = strchr(p + 1, ' ')) && strchr(next + 1, ' ');)
		p = next;
	return strtoul(p, NULL, 16) != 0;
}

static const char *yes(bool b)
{
	return b ? "yes" : "no";
}

static void show(const char *who, int tid, bool self)
{
	unsigned int flags = (unsigned int)strtoul(stat_field(tid, 9), NULL, 10);
	bool ours = atoi(status_line(tid, "Tgid:\t")) == getpid();
	bool memory = strtoul(strchr(get(tid, "statm"), ' '), NULL, 10) > 0;
	bool blocked = !strncmp(status_line(tid, "SigBlk:\t"), "fffffffffffbfeff", 16);
	int ppid = atoi(stat_field(tid, 4));
	bool user = self || was_in_user_mode(tid);

	printf("%-10s %-10s %-12s %-6s %-9s %-8s %-8s %s\n", who, yes(flags & PF_KTHREAD),
	       yes(flags & PF_IO_WORKER), yes(memory), yes(ours), yes(ppid == 2), yes(user),
	       blocked ? "all" : "some or none");
}

int main(int argc, char **argv)
{
	struct uring r, polled;
	int fds[2], n;
	char c = '?';

	pipe(fds);
	if (uring_init(&r, 4, 0, 0) || uring_init(&polled, 4, IORING_SETUP_SQPOLL, 1)) {
		printf("there is no io_uring here\n");
		return 1;
	}
	uring_put(&r, IORING_OP_READ, fds[0], &c, 1, 0, 0)->flags = IOSQE_ASYNC;
	uring_enter(&r, 1, 0);
	printf("%-10s %-10s %-12s %-6s %-9s %-8s %-8s %s\n", "thread", "PF_KTHREAD", "PF_IO_WORKER",
	       "memory", "our PID", "kthreadd", "usermode", "blocks signals");
	show("main", getpid(), true);
	show("iou-wrk", wait_for("iou-wrk-"), false);
	show("iou-sqp", wait_for("iou-sqp-"), false);
	fflush(stdout);
	if (argc > 1 && system(argv[1]))
		return 1;
	printf("a signal to the process goes to main: %s\n", yes(!kill(getpid(), SIGWINCH)));
	write(fds[1], "x", 1);
	n = uring_get(&r, NULL);
	printf("the read brought %d byte, %c\n", n, c);
	return 0;
}
