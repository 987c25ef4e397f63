/* What files.c and proc_files.c share: P() prints an expression, its value and errno. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <dirent.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <utime.h>
#include <sys/time.h>
#define P(e)										\
	do {										\
		errno = 0;								\
		long r_ = (long)(e);							\
		printf("%s = %ld %s\n", #e, r_ < -1 ? -9 : r_,				\
		       r_ == -1 ? strerror(errno) : "");				\
	} while (0)
static char buf[8192], lnk[4200];
static struct stat st;
static int fd, fd2, n;
static int rd(const char *n)
{
	int f = open(n, O_RDONLY);
	if (f < 0)
		return -1;
	int r = read(f, buf, sizeof buf - 1);
	buf[r < 0 ? 0 : r] = 0;
	close(f);
	return r;
}
static int cnt(const char *n)
{
	DIR *d = opendir(n);
	int c = 0;
	if (!d)
		return -1;
	while (readdir(d))
		c++;
	closedir(d);
	return c;
}
