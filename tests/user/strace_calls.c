/*
 * Calls whose arguments are worth decoding, for tests/user/strace: what it prints of this program
 * is the same on Linux. By itself it says nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libk/abi/futex.h"

static void files(void)
{
	struct iovec iov[2] = { { "one ", 4 }, { "two\n", 4 } };
	char buf[100];
	int fds[2];

	open("/nonexistent/file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	open("/nonexistent/file", O_RDONLY | O_DIRECTORY);
	pipe2(fds, O_NONBLOCK | O_CLOEXEC);
	write(fds[1], "a\tb\n\"c\"\\\0001\377", 11);
	read(fds[0], buf, sizeof(buf));
	read(fds[0], buf, sizeof(buf));
	writev(fds[1], iov, 2);
	write(fds[1], "a long string of which only the beginning is shown", 50);
	lseek(fds[0], 10, SEEK_END);
	fcntl(fds[0], F_GETFD);
	fcntl(fds[0], F_SETFL, O_RDONLY | O_NONBLOCK);
	dup2(fds[0], 99);
	access("/", R_OK | X_OK);
	write(42, (void *)8, 5);
	write(fds[1], (void *)8, 5);
	poll((struct pollfd[]){ { fds[0], POLLIN, 0 }, { fds[1], POLLIN | POLLPRI, 0 } }, 2, 0);
	close(fds[0]);
	close(fds[1]);
	close(99);
	chdir("/");
}

static void memory(void)
{
	void *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	mprotect(p, 4096, PROT_NONE);
	madvise(p, 4096, MADV_DONTNEED);
	mremap(p, 8192, 4096, MREMAP_MAYMOVE);
	munmap(p, 4096);
	mmap(NULL, 0, PROT_EXEC, MAP_SHARED | MAP_FIXED, 99, 4096);
}

static int word, word2;

static long futex(int op, unsigned int val, const void *timeout, int *uaddr2, unsigned int val3)
{
	return syscall(SYS_futex, &word, op, val, timeout, uaddr2, val3);
}

static void futexes(void)
{
	struct timespec ts = { 0, 1000 };

	futex(FUTEX_WAIT, 1, NULL, NULL, 0);
	futex(FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0);
	futex(FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	futex(FUTEX_WAKE, 0x7fffffff, NULL, NULL, 0);
	futex(FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 0, &ts, NULL,
	      FUTEX_BITSET_MATCH_ANY);
	futex(FUTEX_WAKE_BITSET, 1, NULL, NULL, 6);
	futex(FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, (void *)5, &word2, 0);
	futex(FUTEX_WAKE_OP, 1, (void *)1, &word2,
	      FUTEX_OP_ADD << 28 | FUTEX_OP_CMP_GT << 24 | 1 << 12 | 2);
	futex(FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0);
	futex(FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	futex(77, 0, NULL, NULL, 0);
}

static void handler(int sig)
{
	(void)sig;
}

static void info_handler(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)info, (void)context;
}

static void signals(void)
{
	struct sigaction sa = { .sa_flags = SA_RESTART | SA_SIGINFO | SA_NODEFER };
	static char stack[SIGSTKSZ];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	sigset_t set;

	signal(SIGUSR1, handler);
	sa.sa_sigaction = info_handler;
	sigfillset(&set);
	sigdelset(&set, SIGINT);
	sa.sa_mask = set;
	sigaction(SIGRTMIN + 1, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 7 });
	sigaltstack(&ss, NULL);
	kill(getpid(), 99);
	raise(SIGWINCH);
}

static void *thread(void *arg)
{
	return arg;
}

static void threads(void)
{
	unsigned long args[8] = { CLONE_THREAD, [4] = SIGCHLD };
	struct sched_param param = { 5 };
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	syscall(SYS_clone3, args, sizeof(args));
	syscall(SYS_clone, CLONE_SIGHAND | CLONE_VFORK | SIGUSR1, 0, 0, 0, 0);
	sched_setscheduler(0, SCHED_BATCH, &param);
	sched_yield();
	syscall(SYS_unshare, CLONE_FS | CLONE_FILES);
}

static void children(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(7);
	waitpid(pid, &status, 0);
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	waitpid(pid, &status, WNOHANG | WUNTRACED);
	kill(pid, SIGKILL);
	waitpid(pid, &status, __WALL);
	waitpid(-1, &status, 0);
}

static void others(void)
{
	struct epoll_event event = { EPOLLIN | EPOLLET, { .u64 = 5 } };
	struct timespec ts = { 0, 5 };
	struct rlimit limit = { 1 << 20, RLIM_INFINITY };
	int fd = epoll_create1(EPOLL_CLOEXEC), sv[2];

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv);
	epoll_ctl(fd, EPOLL_CTL_ADD, sv[0], &event);
	write(sv[1], "x", 1);
	epoll_wait(fd, &event, 1, 0);
	nanosleep(&ts, NULL);
	nanosleep((void *)8, NULL);
	setrlimit(RLIMIT_CORE, &limit);
	syscall(499, 1, 2, 3, 4, 5, 6);
}

int main(void)
{
	files();
	memory();
	futexes();
	signals();
	threads();
	children();
	others();
	return 0;
}
