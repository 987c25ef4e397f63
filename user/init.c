/*
 * init: process 1. Mounts what a system needs, then either runs the one command that tools/run put
 * into /run/command, or keeps a shell on the console. It reaps every orphan, and it never ends:
 * when its work is done it calls reboot().
 *
 * A command's streams (tools/run chooses):
 *	stdin	/run/stdin if that exists; /dev/console with run.stdin=tty on the kernel's
 *		command line; else a pipe that a child fills with what comes over /dev/serial2, in
 *		frames of a 16-bit little-endian length and that many bytes; length 0 ends the file
 *	stdout, stderr	/dev/serial0, where no byte is changed; /dev/console with run.stdout=tty
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The line people sit at, by its own name: /dev/console cannot control a session's jobs. */
#define TERMINAL "/dev/ttyS0"

static char cmdline[2048];

static const struct {
	const char *type, *target;
} mounts[] = {
	{ "devtmpfs", "/dev" }, { "proc", "/proc" }, { "sysfs", "/sys" },
	{ "cgroup2", "/sys/fs/cgroup" }, { "tmpfs", "/dev/shm" }, { "tmpfs", "/tmp" },
};

/* A mount would hide what the archive put there. */
static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	int n = 0;

	while (dir && (d = readdir(dir)))
		n += strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
	if (dir)
		closedir(dir);
	return n == 0;
}

static void mount_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].target, 0755);
		if (i == 0 ? access("/dev/null", F_OK) == 0 : !is_empty(mounts[i].target))
			continue;	/* the kernel or the archive filled it */
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type, 0, NULL) &&
		    errno != EBUSY)
			fprintf(stderr, "init: cannot mount %s on %s: %s\n", mounts[i].type,
				mounts[i].target, strerror(errno));
	}
	chmod("/tmp", 01777);
	chmod("/dev/shm", 01777);
}

/* Out of the root cgroup, which is for kernel threads; all that we start comes along. */
static void leave_root_cgroup(void)
{
	int fd;

	mkdir("/sys/fs/cgroup/init.scope", 0755);
	fd = open("/sys/fs/cgroup/init.scope/cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		fprintf(stderr, "init: cannot leave the root cgroup: %s\n", strerror(errno));
	close(fd);
}

/* The whole file, NUL-terminated, in memory of its own; NULL if there is none. */
static char *read_file(const char *path, size_t *len)
{
	size_t size = 4096;
	char *buf = malloc(size);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	*len = 0;
	while (fd >= 0 && buf && (n = read(fd, buf + *len, size - *len - 1)) > 0) {
		*len += (size_t)n;
		if (*len + 1 == size)
			buf = realloc(buf, size *= 2);
	}
	if (fd < 0 || !buf || n < 0) {
		free(buf);
		buf = NULL;
	} else {
		buf[*len] = '\0';
	}
	if (fd >= 0)
		close(fd);
	return buf;
}

static bool option(const char *word)
{
	const char *p = strstr(cmdline, word);

	return p && (p == cmdline || p[-1] == ' ') && strchr(" \n", p[strlen(word)]);
}

static int open_terminal(void)
{
	int fd = open(TERMINAL, O_RDWR | O_NOCTTY);

	return fd >= 0 ? fd : open("/dev/console", O_RDWR | O_NOCTTY);
}

/* The strings of a NUL-separated list, as a NULL-terminated array. */
static char **split(char *list, size_t len)
{
	size_t n = 0;
	char **v;

	for (size_t i = 0; i < len; i++)
		n += list[i] == '\0';
	v = calloc(n + 2, sizeof(*v));
	n = 0;
	for (char *p = list; v && p < list + len; p += strlen(p) + 1)
		v[n++] = p;
	return v;
}

static bool read_all(int fd, unsigned char *buf, size_t n)
{
	while (n) {
		ssize_t got = read(fd, buf, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		buf += got;
		n -= (size_t)got;
	}
	return true;
}

/* Fills the pipe until the end of the stream, or until nobody reads it any more (SIGPIPE). */
static __noreturn void feed(int from, int to)
{
	static unsigned char buf[65536];

	while (read_all(from, buf, 2)) {
		size_t len = buf[0] | (size_t)buf[1] << 8;

		if (!len || !read_all(from, buf, len))
			break;
		for (size_t done = 0; done < len;) {
			ssize_t n = write(to, buf + done, len - done);

			if (n < 0)
				_exit(1);
			done += (size_t)n;
		}
	}
	_exit(0);
}

static int open_stdin(void)
{
	int fd = open("/run/stdin", O_RDONLY), fds[2];

	if (fd >= 0)
		return fd;
	if (option("run.stdin=tty"))
		return open_terminal();
	fd = open("/dev/serial2", O_RDONLY | O_NOCTTY);
	if (fd < 0 || pipe(fds))
		return open("/dev/null", O_RDONLY);
	if (fork() == 0) {
		close(fds[0]);
		feed(fd, fds[1]);
	}
	close(fd);
	close(fds[1]);
	return fds[0];
}

static void become(int fd, int as)
{
	if (fd == as || fd < 0)
		return;
	dup2(fd, as);
	if (fd > 2)
		close(fd);
}

/* In the child: a session of its own, the terminal if it has one, the program. */
static __noreturn void start(char **argv, int in, int out)
{
	setsid();
	become(in, 0);
	become(out, 1);
	dup2(1, 2);
	ioctl(isatty(0) ? 0 : 1, TIOCSCTTY, 0);
	execvp(argv[0], argv);
	fprintf(stderr, "init: cannot run %s: %s\n", argv[0], strerror(errno));
	exit(errno == ENOENT ? 127 : 126);
}

/* Reaps whatever ends until it is @pid; returns its wait status. */
static int reap_until(pid_t pid)
{
	int status;
	pid_t got;

	do {
		got = wait(&status);
	} while (got != pid && (got > 0 || errno == EINTR));
	return got == pid ? status : 126 << 8;
}

static __noreturn void end(unsigned int cmd, const char *arg)
{
	sync();
	syscall(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, cmd, arg);
	fprintf(stderr, "init: reboot: %s\n", strerror(errno));
	for (;;)
		pause();
}

static __noreturn void run_command(char *list, size_t len)
{
	char **argv = split(list, len), text[32];
	int in, out, status;
	pid_t pid;

	if (!argv || !argv[0]) {
		fprintf(stderr, "init: /run/command is empty\n");
		end(LINUX_REBOOT_CMD_RESTART2, "exit=126");
	}
	in = open_stdin();
	out = open(option("run.stdout=tty") ? TERMINAL : "/dev/serial0", O_RDWR | O_NOCTTY);
	pid = fork();
	if (pid == 0)
		start(argv, in, out);
	close(in);
	if (out > 2)
		close(out);
	status = pid > 0 ? reap_until(pid) : 126 << 8;
	snprintf(text, sizeof(text), "exit=%d",
		 WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	end(LINUX_REBOOT_CMD_RESTART2, text);
}

static __noreturn void keep_shell(void)
{
	char *argv[] = { (char *)"/bin/sh", NULL };
	int status;

	do {
		pid_t pid = fork();

		if (pid == 0) {
			int fd = open_terminal();

			start(argv, fd, fd >= 0 ? dup(fd) : -1);
		}
		status = reap_until(pid);
		if (WIFSIGNALED(status))
			fprintf(stderr, "init: the shell died: %s\n", strsignal(WTERMSIG(status)));
	} while (WIFSIGNALED(status));
	end(LINUX_REBOOT_CMD_POWER_OFF, NULL);
}

int main(void)
{
	char *text, **env;
	size_t len;
	int fd;

	if (getpid() != 1) {
		fprintf(stderr, "init: must be process 1\n");
		return 1;
	}
	mount_all();
	leave_root_cgroup();
	while ((fd = open_terminal()) >= 0 && fd < 3)
		;
	if (fd > 2)
		close(fd);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 0);
	setenv("HOME", "/", 0);
	setenv("TERM", "vt100", 0);
	text = read_file("/proc/cmdline", &len);
	if (text)
		strlcpy(cmdline, text, sizeof(cmdline));
	text = read_file("/run/env", &len);
	for (env = text ? split(text, len) : NULL; env && *env; env++)
		putenv(*env);
	text = read_file("/run/command", &len);
	if (text)
		run_command(text, len);
	keep_shell();
}
