/*
 * unshare(): a thread gives up sharing. Threads have one table of open files and one current
 * directory; after unshare(CLONE_FILES | CLONE_FS) this one has copies of its own.
 */
#include <dirent.h>

#include "check.h"

static int fd, closed_unseen, dir_unseen;
static char cwd[256];

static void *thread(void *arg)
{
	check("unshare(0) does nothing", unshare(0) == 0);
	check("unshare(CLONE_VM) among threads: EINVAL",
	      unshare(CLONE_VM) < 0 && errno == EINVAL);
	check("unshare(CLONE_SIGHAND) among threads: EINVAL",
	      unshare(CLONE_SIGHAND) < 0 && errno == EINVAL);
	check("unshare(CLONE_THREAD) among threads: EINVAL",
	      unshare(CLONE_THREAD) < 0 && errno == EINVAL);
	check("unshare(unknown): EINVAL", unshare(CLONE_VFORK) < 0 && errno == EINVAL);
	check("chdir(/proc), still shared", chdir("/proc") == 0);
	check("unshare(CLONE_FILES | CLONE_FS)", unshare(CLONE_FILES | CLONE_FS) == 0);
	check("close a file", close(fd) == 0);
	check("closed here", fcntl(fd, F_GETFD) < 0 && errno == EBADF);
	check("chdir(/)", chdir("/") == 0);
	return NULL;
}

static int threads_alive(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	fd = open("/", O_RDONLY);
	check("open", fd >= 0);
	pthread_join(spawn(thread, NULL), NULL);
	closed_unseen = fcntl(fd, F_GETFD) >= 0;
	dir_unseen = getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/proc");
	check("the main thread's file is still open", closed_unseen);
	check("the main thread's directory is where it was left before", dir_unseen);
	while (threads_alive() > 1)	/* join returns a few steps before the end */
		sched_yield();
	check("alone again: unshare(CLONE_VM) has nothing to do", unshare(CLONE_VM) == 0);
	return failures;
}
