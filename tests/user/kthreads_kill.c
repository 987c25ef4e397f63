/*
 * kthreads_kill: a signal to a kernel thread is but a message. Every signal that there is goes to
 * every kernel thread; all of them are still there afterwards, none is stopped, and the system does
 * what it did before. One of them listens: SIGHUP makes kreaper give back what the kernel only
 * keeps. test: linux=no
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PF_KTHREAD 0x200000u
#define MAX 64

struct kthread {
	int pid, ppid;
	char comm[17], state;
};

/* pid's line of /proc; false: it is gone, or no kernel thread. */
static bool look(int pid, struct kthread *k)
{
	char path[32], line[512], *p;
	unsigned int flags;
	int fd, n = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		n = (int)read(fd, line, sizeof(line) - 1);
		close(fd);
	}
	line[n > 0 ? n : 0] = '\0';
	p = strrchr(line, ')');
	if (!p)
		return false;
	*p = '\0';
	k->pid = pid;
	snprintf(k->comm, sizeof(k->comm), "%s", strchr(line, '(') + 1);
	k->state = p[2];
	k->ppid = atoi(p + 4);
	for (p += 2, n = 0; n < 6; n++)
		p = strchr(p, ' ') + 1;
	flags = (unsigned int)strtoul(p, NULL, 10);
	return flags & PF_KTHREAD;
}

static int find_all(struct kthread *all)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	int n = 0;

	while ((d = readdir(dir)))
		if (atoi(d->d_name) > 0 && n < MAX)
			n += look(atoi(d->d_name), &all[n]);
	closedir(dir);
	return n;
}

static int find(const struct kthread *all, int n, const char *comm)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(all[i].comm, comm))
			return all[i].pid;
	printf("there is no %s\n", comm);
	exit(1);
}

/* fork, exec, wait, a pipe: the system is whole. */
static void use_the_system(void)
{
	int status = -1, fds[2], pid;
	char c;

	if (pipe(fds))
		exit(2);
	pid = fork();
	if (!pid) {
		write(fds[1], "x", 1);
		execl("/bin/true", "true", NULL);
		_exit(127);
	}
	if (read(fds[0], &c, 1) != 1 || waitpid(pid, &status, 0) != pid || status) {
		printf("fork, exec and wait: status %x\n", status);
		exit(1);
	}
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	struct kthread before[MAX], after;
	int n = find_all(before), bad = 0;
	unsigned long mask = 1;

	find(before, n, "kthreadd");
	find(before, n, "kworker/u:0");
	for (int i = 0; i < n; i++) {
		if (before[i].ppid != (before[i].pid == 2 ? 0 : 2)) {
			printf("%s is a child of %d\n", before[i].comm, before[i].ppid);
			bad++;
		}
		for (int sig = 1; sig <= 64; sig++)
			if (kill(before[i].pid, sig) && errno != ESRCH) {
				printf("%s: signal %d: %s\n", before[i].comm, sig, strerror(errno));
				bad++;
			}
	}
	for (int round = 0; round < 50; round++) {
		use_the_system();
		kill(find(before, n, "kreaper"), SIGHUP);
	}
	for (int i = 0; i < n; i++) {
		bool idle_worker = !strncmp(before[i].comm, "kworker", 7) &&
				   strcmp(before[i].comm + 9, ":0");

		if (!look(before[i].pid, &after) ? !idle_worker : !strchr("SIDR", after.state)) {
			printf("%s is gone, or in a strange state\n", before[i].comm);
			bad++;
		}
	}
	if (!sched_setaffinity(find(before, n, "kworker/0:0"), sizeof(mask), (void *)&mask) ||
	    errno != EINVAL) {
		printf("a bound kernel thread could be moved\n");
		bad++;
	}
	if (!bad)
		printf("all kernel threads live\n");
	return bad != 0;
}
