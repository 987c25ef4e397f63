/*
 * hog WHAT: takes all there is of one thing, and says how that ended. What is refused is refused
 * with the right errno, or one process is killed; whoever is left goes on. Without an argument:
 * what can be asked for without taking it. (tests/boot/memory does the rest, in machines with
 * little memory. On Linux it would be the host's.)
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char block[65536];

static int eat(void)
{
	for (;;) {
		char *p = malloc(65536);

		if (!p)
			return errno != ENOMEM;
		memset(p, 1, 65536);
	}
}

/* Children that each eat: all are killed, or told ENOMEM. */
static int forks(void)
{
	int status, n = 0;

	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			_exit(eat());
	while (wait(&status) > 0)
		n += status == SIGKILL || status == 0;
	printf("%d children ended\n", n);
	return n != 4;
}

static int huge(void)
{
	char *p = mmap(NULL, 1UL << 46, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *q = mmap(NULL, 1UL << 48, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (q != MAP_FAILED || errno != ENOMEM)
		return 1;
	if (p == MAP_FAILED)
		return errno != ENOMEM;
	for (unsigned long i = 0; i < 1000; i++)
		p[i << 30] = 1;		/* a page table each */
	return munmap(p, 1UL << 46) != 0;
}

static int tmpfs(void)
{
	char path[32];
	int fd, err;
	ssize_t n;
	long done = 0;

	snprintf(path, sizeof(path), "/tmp/hog.%d", (int)getpid());
	fd = open(path, O_RDWR | O_CREAT, 0600);
	while ((n = write(fd, block, sizeof(block))) > 0)
		done += n;
	err = errno;
	unlink(path);
	close(fd);
	printf("a file is refused more: %s\n", n < 0 ? strerror(err) : "0 bytes");
	return n < 0 ? err != ENOSPC && err != ENOMEM : done == 0;
}

static int pipes(void)
{
	int fds[2], n = 0;

	while (pipe2(fds, O_NONBLOCK) == 0) {
		n++;
		while (write(fds[1], block, sizeof(block)) > 0)
			;
		if (errno != EAGAIN && errno != ENOMEM)
			return printf("write: %s\n", strerror(errno));
	}
	printf("pipes: %s\n", strerror(errno));
	return errno != EMFILE && errno != ENFILE && errno != ENOMEM;
}

static int files(void)
{
	struct rlimit limit = { 10000, 10000 };
	int n = 0;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		return printf("setrlimit: %s\n", strerror(errno));
	while (open("/", O_RDONLY) >= 0)
		n++;
	printf("%d files open, then %s\n", n + 3, strerror(errno));
	return n + 3 != 10000 || errno != EMFILE;
}

/* A process that forks without end, and so do its children. When all are told to die, none
 * escapes. */
static int bomb(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		for (;;)
			fork();
	}
	setpgid(pid, pid);
	sleep(1);
	kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	for (int i = 0; i < 1000 && kill(-pid, 0) == 0; i++)
		usleep(10000);
	printf("the bomb is gone: %s\n", kill(-pid, 0) ? strerror(errno) : "no");
	return kill(-pid, 0) == 0;
}

/* An ordinary user may have so many processes. */
static int nproc(void)
{
	struct rlimit limit = { 30, 30 };
	int n = 0, status;

	if (setrlimit(RLIMIT_NPROC, &limit) || setuid(1000))
		return 1;
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			for (;;)
				pause();
		if (pid < 0)
			break;
		n++;
	}
	printf("%d children, then %s\n", n, strerror(errno));
	status = n != 29 || errno != EAGAIN;
	signal(SIGTERM, SIG_IGN);
	kill(-1, SIGKILL);
	while (wait(NULL) > 0)
		;
	return status;
}

static int __noreturn thread(void *unused)
{
	for (;;)
		pause();
}

/* Threads until no more can be made. */
static int threads(void)
{
	long n = 0;
	char *stack;

	while ((stack = malloc(2048)) && clone(thread, stack + 2048,
					       CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
						       CLONE_THREAD | CLONE_SYSVSEM,
					       NULL) > 0)
		n++;
	printf("threads: %s\n", strerror(errno));
	return n < 100 || (errno != EAGAIN && errno != ENOMEM);
}

static int shared(void)
{
	char *p =
		mmap(NULL, 256UL << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return errno != ENOMEM;
	for (unsigned long i = 0; i < 256UL << 20; i += 4096)
		p[i] = 1;
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} all[] = {
	{ "eat", eat },		{ "forks", forks },   { "huge", huge }, { "tmpfs", tmpfs },
	{ "pipes", pipes },	{ "files", files },   { "bomb", bomb }, { "nproc", nproc },
	{ "threads", threads }, { "shared", shared },
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/tmp", 01777);
	for (size_t i = 0; argc > 1 && i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(argv[1], all[i].name))
			return all[i].fn() != 0;
	return argc > 1 ? 2 : files();
}
