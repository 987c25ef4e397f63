/*
 * Pipes, FIFOs, poll, select, eventfd, timerfd, signalfd, pidfd, epoll, socketpair and the memory
 * devices: each claim holds on Linux and must hold on Bobbin. Built by tests/strangers/files.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <time.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
static int fails;
#define T(c)										\
	do {										\
		errno = 0;								\
		if (!(c)) {								\
			printf("FAIL %d: %s errno %d\n", __LINE__, #c, errno);		\
			fflush(stdout);							\
			fails++;							\
		}									\
	} while (0)
#define E(c, e)										\
	do {										\
		errno = 0;								\
		long r_ = (long)(c);							\
		if (r_ != -1 || errno != (e)) {						\
			printf("FAIL %d: %s = %ld errno %d\n", __LINE__, #c, r_, errno);	\
			fflush(stdout);							\
			fails++;							\
		}									\
	} while (0)
static volatile int got; static void h(int s) { got = s; }
static void part(const char *s) { printf("%s\n", s); fflush(stdout); }
/* SIGALRM again and again: the first may come before we sleep. */
static void alarms(long us)
{
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, us }, { 0, us } }, 0);
}

static void t_pipe(void)
{
	int p[2], n, st; char buf[70000]; struct stat sb; part("pipe");
	T(pipe(p) == 0);
	T(write(p[1], "hello", 5) == 5); T(ioctl(p[0], FIONREAD, &n) == 0 && n == 5);
	T(read(p[0], buf, 3) == 3 && !memcmp(buf, "hel", 3)); T(read(p[0], buf, 30) == 2);
	fcntl(p[0], F_SETFL, O_NONBLOCK); E(read(p[0], buf, 1), EAGAIN); fcntl(p[0], F_SETFL, 0);
	fcntl(p[1], F_SETFL, O_NONBLOCK); memset(buf, 'x', sizeof buf);
	T(write(p[1], buf, 70000) == 65536); E(write(p[1], buf, 1), EAGAIN);
	T(read(p[0], buf, 100) == 100); 
	struct pollfd pf = { p[1], POLLOUT, 0 }; T(poll(&pf, 1, 0) == 0);
	T(read(p[0], buf, 65436) == 65436); T(poll(&pf, 1, 0) == 1 && pf.revents == POLLOUT);
	T(fstat(p[0], &sb) == 0 && S_ISFIFO(sb.st_mode));
	E(lseek(p[0], 0, SEEK_SET), ESPIPE);
	E(write(p[1], (void *)8, 5), EFAULT);
	T(write(p[1], "a", 0) == 0);
	signal(SIGPIPE, h); got = 0; close(p[0]); E(write(p[1], "x", 1), EPIPE); T(got == SIGPIPE);
	T(poll(&pf, 1, 0) == 1 && (pf.revents & POLLERR)); close(p[1]);
	E(pipe2(p, 0x80000000), EINVAL); E(pipe((int *)8), EFAULT);
	T(pipe(p) == 0); pf = (struct pollfd){ p[0], POLLIN, 0 }; close(p[1]);
	T(poll(&pf, 1, -1) == 1 && pf.revents == POLLHUP); T(read(p[0], buf, 5) == 0); close(p[0]);
	T(pipe(p) == 0);	/* megabytes through it */
	if (!fork()) {
		close(p[0]);
		for (int i = 0; i < 300; i++) {
			memset(buf, i, 10001);
			if (write(p[1], buf, 10001) != 10001)
				_exit(1);
		}
		_exit(0);
	}
	close(p[1]); long sum = 0; int bad = 0;
	while ((n = read(p[0], buf, 7777)) > 0) {
		for (int i = 0; i < n; i++)
			if (buf[i] != (char)((sum + i) / 10001))
				bad++;
		sum += n;
	}
	T(sum == 3000300 && !bad); wait(&st); T(st == 0); close(p[0]);
	unlink("/tmp/ff");
	T(mkfifo("/tmp/ff", 0600) == 0);
	E(open("/tmp/ff", O_WRONLY | O_NONBLOCK), ENXIO);
	if (!fork()) { int f = open("/tmp/ff", O_WRONLY); write(f, "fifo", 4); _exit(0); }
	int f = open("/tmp/ff", O_RDONLY);
	T(f >= 0);
	T(read(f, buf, 10) == 4);
	T(read(f, buf, 10) == 0);
	wait(&st);
	close(f);
	f = open("/tmp/ff", O_RDONLY | O_NONBLOCK);
	pf = (struct pollfd){ f, POLLIN, 0 };
	T(poll(&pf, 1, 0) == 0);
	n = open("/tmp/ff", O_WRONLY | O_NONBLOCK);
	T(n >= 0);
	close(n);
	T(poll(&pf, 1, 0) == 1 && pf.revents == POLLHUP);
	close(f);
	unlink("/tmp/ff");
	T(pipe(p) == 0);
	struct sigaction sa = { .sa_handler = h };
	sigaction(SIGALRM, &sa, 0);
	alarms(10000);
	E(read(p[0], buf, 1), EINTR);
	alarms(0);
	struct iovec iv[3] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } };
	T(writev(p[1], iv, 3) == 5);
	T(read(p[0], buf, 10) == 5 && !memcmp(buf, "abcde", 5));
}
static void t_poll(void)
{
	int p[2]; part("poll"); T(pipe(p) == 0);
	struct pollfd f[3] = { { p[0], POLLIN, 9 }, { -1, POLLIN, 9 }, { 99, 0, 9 } };
	T(poll(f, 3, 0) == 1 && f[0].revents == 0 && f[1].revents == 0 && f[2].revents == POLLNVAL);
	struct timespec a, b;
	clock_gettime(CLOCK_MONOTONIC, &a);
	T(poll(f, 2, 50) == 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	long ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	T(ms >= 49 && ms < 3000);
	if (!fork()) { usleep(30000); write(p[1], "x", 1); _exit(0); }
	T(poll(f, 2, -1) == 1 && f[0].revents == POLLIN); wait(0);
	fd_set r, w;
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	struct timeval tv = { 5, 0 };
	T(select(p[1] + 1, &r, &w, 0, &tv) == 2 && FD_ISSET(p[0], &r) && FD_ISSET(p[1], &w) &&
	  tv.tv_sec >= 4);
	char c; read(p[0], &c, 1); FD_SET(p[0], &r); FD_ZERO(&w); tv = (struct timeval){ 0, 20000 };
	T(select(p[0] + 1, &r, &w, 0, &tv) == 0 && !FD_ISSET(p[0], &r));
	FD_ZERO(&r);
	FD_SET(60, &r);
	E(select(64, 0, 0, 0, &(struct timeval){ -1, 0 }), EINVAL);
	E(select(61, &r, 0, 0, &tv), EBADF);
	E(select(-1, 0, 0, 0, 0), EINVAL);
	FD_ZERO(&r); FD_SET(p[0], &r); close(p[1]); T(select(p[0] + 1, &r, 0, 0, 0) == 1);
	FD_ZERO(&w);
	FD_SET(p[0], &w);
	tv = (struct timeval){ 0, 1000 };
	T(select(p[0] + 1, 0, &w, 0, &tv) == 0);
	sigset_t m, o; sigemptyset(&m); sigaddset(&m, SIGUSR1); sigprocmask(SIG_BLOCK, &m, &o);
	struct sigaction sa = { .sa_handler = h };
	sigaction(SIGUSR1, &sa, 0);
	got = 0;
	raise(SIGUSR1);
	T(got == 0);
	f[0].fd = -1; E(ppoll(f, 1, 0, &o), EINTR); T(got == SIGUSR1); got = 0; raise(SIGUSR1);
	E(pselect(0, 0, 0, 0, 0, &o), EINTR);
	T(got == SIGUSR1);
	sigset_t now;
	sigprocmask(SIG_SETMASK, &o, &now);
	T(sigismember(&now, SIGUSR1));
	T(ppoll(f, 1, &(struct timespec){ 0, 1000 }, &o) == 0); close(p[0]);
	struct pollfd many[100];
	int ps[100];
	for (int i = 0; i < 100; i += 2) {
		pipe(ps + i);
		many[i] = (struct pollfd){ ps[i], POLLIN, 0 };
		many[i + 1] = (struct pollfd){ ps[i + 1], POLLIN, 0 };
	}
	T(poll(many, 100, 10) == 0);
	write(ps[71], "x", 1);
	T(poll(many, 100, -1) == 1 && many[70].revents == POLLIN);
	for (int i = 0; i < 100; i++) close(ps[i]);
}
static void t_eventfd(void)
{
	uint64_t v;
	part("eventfd timerfd signalfd pidfd");
	int e = eventfd(3, EFD_NONBLOCK);
	T(read(e, &v, 8) == 8 && v == 3);
	E(read(e, &v, 8), EAGAIN);
	E(read(e, &v, 7), EINVAL);
	v = -1;
	E(write(e, &v, 8), EINVAL);
	v = 5;
	T(write(e, &v, 8) == 8);
	v = -2;
	E(write(e, &v, 8), EAGAIN);
	close(e);
	e = eventfd(2, EFD_SEMAPHORE); T(read(e, &v, 8) == 8 && v == 1);
	if (!fork()) {
		usleep(20000);
		v = 7;
		write(e, &v, 8);
		_exit(0);
	}
	read(e, &v, 8);
	T(read(e, &v, 8) == 8 && v == 1);
	wait(0);
	close(e);
}
static void t_timerfd(void)
{
	uint64_t v;
	int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	E(read(t, &v, 8), EAGAIN);
	struct itimerspec is = { { 0, 10000000 }, { 0, 20000000 } }, cur;
	T(timerfd_settime(t, 0, &is, 0) == 0);
	T(timerfd_gettime(t, &cur) == 0 && cur.it_interval.tv_nsec == 10000000 &&
	  cur.it_value.tv_nsec > 0 && cur.it_value.tv_nsec <= 20000000);
	struct pollfd pf = { t, POLLIN, 0 };
	T(poll(&pf, 1, -1) == 1);
	T(read(t, &v, 8) == 8 && v >= 1);
	usleep(55000);
	T(read(t, &v, 8) == 8 && v >= 4);
	is = (struct itimerspec){ { 0 } };
	T(timerfd_settime(t, 0, &is, &cur) == 0);
	usleep(20000);
	E(read(t, &v, 8), EAGAIN);
	clock_gettime(CLOCK_MONOTONIC, &is.it_value);
	T(timerfd_settime(t, TFD_TIMER_ABSTIME, &is, 0) == 0);
	usleep(1000);
	T(read(t, &v, 8) == 8 && v == 1);
	E(timerfd_create(99, 0), EINVAL); E(timerfd_settime(1, 0, &is, 0), EINVAL); close(t);
	t = timerfd_create(CLOCK_BOOTTIME_ALARM, 0);	/* whom Linux lets: CAP_WAKE_ALARM */
	T(t >= 0 || errno == EPERM);
	is.it_value = is.it_interval = (struct timespec){ 0, 1 };
	T(t < 0 || (timerfd_settime(t, 0, &is, 0) == 0 && read(t, &v, 8) == 8 && v > 0));
	close(t);
}
static void t_signalfd(void)
{
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR2);
	sigprocmask(SIG_BLOCK, &m, 0);
	int s = signalfd(-1, &m, SFD_NONBLOCK);
	struct signalfd_siginfo si;
	E(read(s, &si, sizeof si), EAGAIN);
	struct pollfd pf = { s, POLLIN, 0 };
	T(poll(&pf, 1, 0) == 0);
	kill(getpid(), SIGUSR2);
	T(poll(&pf, 1, -1) == 1);
	T(read(s, &si, sizeof si) == sizeof si && si.ssi_signo == SIGUSR2 &&
	  si.ssi_pid == (uint32_t)getpid() && si.ssi_code == 0);
	E(signalfd(0, &m, 0), EINVAL);
	if (!fork()) {
		usleep(20000);
		sigqueue(getppid(), SIGUSR2, (union sigval){ 42 });
		_exit(0);
	}
	T(poll(&pf, 1, -1) == 1);
	T(read(s, &si, sizeof si) == sizeof si && si.ssi_int == 42 && si.ssi_code == SI_QUEUE);
	wait(0);
	close(s);
}
static void t_pidfd(void)
{
	pid_t c = fork(); if (!c) { pause(); _exit(0); }
	int pd = syscall(SYS_pidfd_open, c, 0);
	T(pd >= 0);
	struct pollfd pf = { pd, POLLIN, 0 };
	T(poll(&pf, 1, 0) == 0);
	T(syscall(SYS_pidfd_send_signal, pd, SIGTERM, 0, 0) == 0);
	T(poll(&pf, 1, -1) == 1);
	int st;
	T(wait(&st) == c && WTERMSIG(st) == SIGTERM);
	E(syscall(SYS_pidfd_send_signal, pd, 0, 0, 0), ESRCH);
	E(syscall(SYS_pidfd_open, c, 0), ESRCH);
	E(syscall(SYS_pidfd_open, -1, 0), EINVAL);
	T(fcntl(pd, F_GETFD) == FD_CLOEXEC);
	close(pd);
}
static void t_epoll(void)
{
	int p[2], ep = epoll_create1(0);
	part("epoll");
	struct epoll_event ev = { EPOLLIN, { .u64 = 7 } }, out[4];
	pipe(p);
	T(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev) == 0);
	E(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), EEXIST);
	T(epoll_wait(ep, out, 4, 0) == 0);
	write(p[1], "x", 1);
	T(epoll_wait(ep, out, 4, 0) == 1 && out[0].data.u64 == 7 && out[0].events == EPOLLIN);
	T(epoll_wait(ep, out, 4, 0) == 1);
	ev.events = EPOLLIN | EPOLLET;
	T(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev) == 0);
	T(epoll_wait(ep, out, 4, 0) == 1);
	T(epoll_wait(ep, out, 4, 0) == 0);
	write(p[1], "y", 1); T(epoll_wait(ep, out, 4, 0) == 1); T(epoll_wait(ep, out, 4, 0) == 0);
	ev.events = EPOLLIN | EPOLLONESHOT;
	T(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev) == 0);
	T(epoll_wait(ep, out, 4, 0) == 1);
	write(p[1], "z", 1);
	T(epoll_wait(ep, out, 4, 10) == 0);
	T(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev) == 0); T(epoll_wait(ep, out, 4, 0) == 1);
	T(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], 0) == 0);
	E(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], 0), ENOENT);
	E(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev), ENOENT);
	E(epoll_ctl(ep, 9, p[0], &ev), EINVAL);
	E(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev), EINVAL);
	E(epoll_ctl(ep, EPOLL_CTL_ADD, 99, &ev), EBADF);
	E(epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &ev), EINVAL);
	E(epoll_wait(ep, out, 0, 0), EINVAL);
	E(epoll_wait(p[0], out, 1, 0), EINVAL);
	int f = open("/tmp/reg", O_RDWR | O_CREAT, 0600);
	E(epoll_ctl(ep, EPOLL_CTL_ADD, f, &ev), EPERM);
	close(f);
	unlink("/tmp/reg");
	char b[8]; read(p[0], b, 8); ev.events = EPOLLIN; epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev);
	int e2 = epoll_create1(EPOLL_CLOEXEC);
	ev.data.u64 = 9;
	T(epoll_ctl(e2, EPOLL_CTL_ADD, ep, &ev) == 0);
	E(epoll_ctl(ep, EPOLL_CTL_ADD, e2, &ev), ELOOP);
	T(epoll_wait(e2, out, 4, 0) == 0);
	if (!fork()) {
		usleep(20000);
		write(p[1], "q", 1);
		_exit(0);
	}
	T(epoll_wait(e2, out, 4, -1) == 1 && out[0].data.u64 == 9);
	wait(0);
	read(p[0], b, 8);
	T(epoll_wait(e2, out, 4, 0) == 0);
	int chain[8];
	int last = ep, i;
	for (i = 0; i < 8; i++) {
		chain[i] = epoll_create1(0);
		if (epoll_ctl(chain[i], EPOLL_CTL_ADD, last, &ev))
			break;
		last = chain[i];
	}
	printf("chain %d errno %d\n", i, errno);
	close(p[1]);
	T(epoll_wait(ep, out, 4, 0) == 1 && (out[0].events & EPOLLHUP));
	close(p[0]);
	T(epoll_wait(ep, out, 4, 0) == 0);
	for (int k = 0; k <= i && k < 8; k++) close(chain[k]);
	pipe(p);
	ev.events = EPOLLIN;
	epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev);
	close(ep);
	close(e2);
	write(p[1], "x", 1);
	close(p[0]);
	close(p[1]);
	ep = epoll_create(1);
	E(syscall(SYS_epoll_create, 0), EINVAL);
	struct sigaction sa = { .sa_handler = h };
	sigaction(SIGALRM, &sa, 0);
	alarms(10000);
	E(epoll_wait(ep, out, 4, -1), EINTR);
	alarms(0);
	close(ep);
}
static void t_sock(void)
{
	int s[2], st;
	char b[300];
	part("socketpair");
	T(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	T(write(s[0], "abc", 3) == 3);
	T(send(s[1], "XY", 2, 0) == 2);
	T(recv(s[1], b, 2, MSG_PEEK) == 2 && b[0] == 'a');
	T(read(s[1], b, 10) == 3);
	T(recv(s[0], b, 10, 0) == 2 && b[0] == 'X');
	E(recv(s[0], b, 1, MSG_DONTWAIT), EAGAIN);
	struct pollfd pf = { s[0], POLLIN | POLLOUT | POLLRDHUP, 0 };
	T(poll(&pf, 1, 0) == 1 && pf.revents == POLLOUT);
	shutdown(s[1], SHUT_WR);
	T(poll(&pf, 1, 0) == 1 && pf.revents == (POLLIN | POLLOUT | POLLRDHUP));
	T(read(s[0], b, 1) == 0);
	E(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	T(write(s[0], "k", 1) == 1);
	close(s[0]);
	T(read(s[1], b, 9) == 1);
	T(read(s[1], b, 9) == 0);
	got = 0;
	signal(SIGPIPE, h);
	E(write(s[1], "x", 1), EPIPE);
	T(got == SIGPIPE);
	close(s[1]);
	E(recv(0, b, 1, 0), ENOTSOCK); E(recv(99, b, 1, 0), EBADF);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	if (!fork()) {
		for (int i = 0; i < 2000; i++) {
			int n = read(s[1], b, 100);
			if (n <= 0)
				break;
			write(s[1], b, n);
		}
		_exit(0);
	}
	for (int i = 0; i < 2000; i++) {
		write(s[0], &i, 4);
		int j;
		if (read(s[0], &j, 4) != 4 || j != i) {
			fails++;
			printf("FAIL echo\n");
			break;
		}
	}
	close(s[0]);
	close(s[1]);
	wait(&st);
	T(st == 0);
}
static void t_mem(void)
{
	char b[5000];
	part("mem");
	int f = open("/dev/zero", O_RDWR);
	memset(b, 1, 5000);
	T(read(f, b, 5000) == 5000 && !b[0] && !b[4999]);
	T(write(f, b, 10) == 10);
	close(f);
	f = open("/dev/full", O_RDWR);
	E(write(f, b, 1), ENOSPC);
	close(f);
	f = open("/dev/null", O_RDWR);
	T(write(f, b, 100) == 100);
	T(read(f, b, 100) == 0);
	close(f);
	f = open("/dev/urandom", O_RDONLY);
	T(read(f, b, 100) == 100 && memcmp(b, b + 50, 50));
	close(f);
}
int main(int c, char **v)
{
	t_pipe();
	t_poll();
	t_eventfd(); t_timerfd(); t_signalfd(); t_pidfd();
	t_epoll();
	t_sock();
	t_mem();
	printf(fails ? "%d FAILED\n" : "all ok\n", fails);
	return fails;
}
