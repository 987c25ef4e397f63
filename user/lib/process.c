/*
 * Programs and terminals: the exec family, system(), directories, and what is built of one or two
 * system calls. Takes no locks.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "libk/abi/limits.h"

#define MAX_EXEC_ARGS 64

int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

/* Looks for @file in $PATH; a script without #! is given to the shell. */
int execvpe(const char *file, char *const argv[], char *const envp[])
{
	const char *dir = getenv("PATH");
	char path[PATH_MAX];
	int err = ENOENT;

	if (strchr(file, '/'))
		return execve(file, argv, envp);
	for (dir = dir ? dir : "/bin:/usr/bin"; *file; dir++) {
		size_t len = strcspn(dir, ":");

		snprintf(path, sizeof(path), "%.*s%s%s", (int)len, dir, len ? "/" : "", file);
		execve(path, argv, envp);
		if (errno != ENOENT && errno != ENOTDIR)
			err = errno;
		dir += len;
		if (!*dir)
			break;
	}
	errno = err;
	return -1;
}

int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

static void collect(char **argv, const char *arg, va_list ap)
{
	int n = 0;

	for (argv[n++] = (char *)arg; arg && n < MAX_EXEC_ARGS - 1; n++)
		arg = argv[n] = va_arg(ap, char *);
	argv[n] = NULL;
}

int execl(const char *path, const char *arg, ...)
{
	char *argv[MAX_EXEC_ARGS];
	va_list ap;

	va_start(ap, arg);
	collect(argv, arg, ap);
	va_end(ap);
	return execv(path, argv);
}

int execlp(const char *file, const char *arg, ...)
{
	char *argv[MAX_EXEC_ARGS];
	va_list ap;

	va_start(ap, arg);
	collect(argv, arg, ap);
	va_end(ap);
	return execvp(file, argv);
}

int system(const char *command)
{
	sighandler_t intr = signal(SIGINT, SIG_IGN), quit = signal(SIGQUIT, SIG_IGN);
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	signal(SIGINT, intr);
	signal(SIGQUIT, quit);
	return status;
}

int tcgetattr(int fd, struct termios *t)
{
	return ioctl(fd, TCGETS, t);
}

int tcsetattr(int fd, int when, const struct termios *t)
{
	return ioctl(fd, (unsigned long)(TCSETS + when), t);
}

pid_t tcgetpgrp(int fd)
{
	pid_t pgid;

	return ioctl(fd, TIOCGPGRP, &pgid) ? -1 : pgid;
}

int tcsetpgrp(int fd, pid_t pgid)
{
	return ioctl(fd, TIOCSPGRP, &pgid);
}

int isatty(int fd)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0;
}

int gethostname(char *buf, size_t size)
{
	struct utsname u;

	uname(&u);
	strlcpy(buf, u.nodename, size);
	return 0;
}

int getpagesize(void)
{
	return 4096;
}

long sysconf(int name)
{
	struct rlimit lim;
	cpu_set_t set;
	long n = 0;

	switch (name) {
	case _SC_CLK_TCK:
		return 100;
	case _SC_PAGESIZE:
		return getpagesize();
	case _SC_OPEN_MAX:
		return getrlimit(RLIMIT_NOFILE, &lim) ? -1 : (long)lim.rlim_cur;
	case _SC_NPROCESSORS_CONF: case _SC_NPROCESSORS_ONLN:
		if (sched_getaffinity(0, sizeof(set), &set))
			return 1;
		for (int i = 0; i < CPU_SETSIZE; i++)
			n += CPU_ISSET(i, &set);
		return n;
	}
	errno = EINVAL;
	return -1;
}

int remove(const char *path)
{
	int ret = unlink(path);

	return ret && errno == EISDIR ? rmdir(path) : ret;
}

struct DIR {
	int fd;
	long pos, end;
	char buf[4096] __attribute__((aligned(8)));
};

DIR *fdopendir(int fd)
{
	DIR *dir = malloc(sizeof(*dir));

	if (!dir)
		return NULL;
	dir->fd = fd;
	dir->pos = dir->end = 0;
	return dir;
}

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !dir)
		close(fd);
	return dir;
}

/* The result is valid until the next call. NULL with errno unchanged at the end. */
struct dirent *readdir(DIR *dir)
{
	struct dirent *d;

	if (dir->pos >= dir->end) {
		dir->pos = 0;
		dir->end = syscall(__NR_getdents64, dir->fd, dir->buf, sizeof(dir->buf));
		if (dir->end <= 0)
			return NULL;
	}
	d = (struct dirent *)(dir->buf + dir->pos);
	dir->pos += d->d_reclen;
	return d;
}

int closedir(DIR *dir)
{
	int ret = close(dir->fd);

	free(dir);
	return ret;
}

int dirfd(DIR *dir)
{
	return dir->fd;
}
