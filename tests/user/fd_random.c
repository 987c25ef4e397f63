/*
 * fd_random: random calls, none of which waits, on pipes, socket pairs, eventfds, signalfds,
 * timerfds and epoll sets, also of epoll sets and of duplicates: what each returns, and after it
 * which of the descriptors are ready for what. test: timeout=120
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "differ.h"

#define STEPS 100
#define SLOTS 14

/* PAGES: a pipe that takes whole pages */
enum kind { NONE, PIPE, PAGES, SOCKET, EVENT, SIGNAL, TIMER, EPOLL };

static struct slot {
	int fd;
	enum kind kind;
} slots[SLOTS];
static char buffer[80000];

static int random_slot(void)
{
	return (int)random_below(SLOTS);
}


/* --- making and closing --- */

static void keep(int fd, enum kind kind)
{
	int i = 0;

	while (i < SLOTS && slots[i].kind)
		i++;
	if (i == SLOTS || fd < 0) {
		close(fd);
		return;
	}
	slots[i] = (struct slot){ fd, kind };
	note("slot %d is a %d", i, kind);
}

static void create(void)
{
	enum kind kind = (enum kind)(1 + random_below(7));
	int fds[2] = { -1, -1 }, from = random_slot();
	unsigned int flag = chance(2) ? EFD_SEMAPHORE : 0, start = random_below(3);
	sigset_t set = chance(2) ? 1UL << (SIGUSR1 - 1) | 1UL << 33 : 1UL << (SIGUSR2 - 1);

	if (chance(5)) {
		keep(dup(slots[from].fd), slots[from].kind);
		return;
	}
	switch (kind) {
	case PIPE: case PAGES:
		pipe2(fds, O_NONBLOCK);
		break;
	case SOCKET:
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds);
		break;
	case EVENT:
		fds[0] = (int)syscall(SYS_eventfd2, start, EFD_NONBLOCK | flag);
		break;
	case SIGNAL:
		fds[0] = (int)syscall(SYS_signalfd4, -1, &set, 8, SFD_NONBLOCK);
		break;
	case TIMER:
		fds[0] = (int)syscall(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK);
		break;
	default:
		fds[0] = (int)syscall(SYS_epoll_create1, 0);
	}
	keep(fds[0], kind);
	keep(fds[1], kind);
}

static void destroy(void)
{
	struct slot *s = &slots[random_slot()];

	if (!s->kind || !chance(3))
		return;
	note("close %d: %d", (int)(s - slots), close(s->fd));
	*s = (struct slot){ -1, NONE };
}

/* --- using --- */

static unsigned int random_length(const struct slot *s)
{
	static const unsigned int lengths[] = { 0, 1, 7, 8, 8, 8, 16, 100, 128, 300 };

	return s->kind == PAGES ? 4096 * random_below(chance(3) ? 19 : 4) : PICK(lengths);
}

static void do_write(void)
{
	static const unsigned long values[] = {
		0, 1, 1, 5, 0xfffffffffffffffe, 0xffffffffffffffff
	};
	struct slot *s = &slots[random_slot()];
	unsigned int n = random_length(s);
	unsigned long value = PICK(values);
	long ret;

	memset(buffer, (int)random_below(256), sizeof(buffer));
	if (s->kind == EVENT) {
		n = n > 8 ? 8 : n;	/* newer kernels: no more than that */
		memcpy(buffer, &value, 8);
	}
	ret = s->kind == SOCKET && chance(2)
		      ? syscall(SYS_sendto, s->fd, buffer, n, MSG_DONTWAIT, NULL, 0)
		      : syscall(SYS_write, s->fd, buffer, n);
	note("write %d %d %d: %ld %d", (int)(s - slots), s->kind, n, ret, error(ret));
}

static void do_read(void)
{
	struct slot *s = &slots[random_slot()];
	unsigned int n = random_length(s), sum = 0;
	long ret;

	memset(buffer, 0, sizeof(buffer));
	ret = s->kind == SOCKET && chance(2)
		      ? syscall(SYS_recvfrom, s->fd, buffer, n, MSG_DONTWAIT, NULL, NULL)
		      : syscall(SYS_read, s->fd, buffer, n);
	for (int i = 0; i < 3 && s->kind == SIGNAL; i++)	/* without pid and uid */
		memset(buffer + 128 * i + 12, 0, 8);
	for (long i = 0; i < ret; i++)
		sum = sum * 31 + (unsigned char)buffer[i];
	note("read %d %d %d: %ld %d, %x", (int)(s - slots), s->kind, n, ret, error(ret), sum);
}

static void odd(void)
{
	struct slot *s = &slots[random_slot()];
	int n = -7, how = (int)random_below(4);
	/* newer kernels: EINVAL for ENOTTY */
	long ret = s->kind == EPOLL ? 0 : ioctl(s->fd, FIONREAD, &n);

	note("FIONREAD %d %d: %ld %d, %d", (int)(s - slots), s->kind, ret, error(ret), n);
	note("flags %x", (unsigned int)fcntl(s->fd, F_GETFL));
	ret = syscall(SYS_lseek, s->fd, random_below(3), random_below(6));
	note("lseek: %ld %d", ret, error(ret));
	if (chance(3)) {
		ret = syscall(SYS_shutdown, s->fd, how);
		note("shutdown %d %d: %ld %d", (int)(s - slots), how, ret, error(ret));
	}
}

/* Signals that are blocked, timers that are over. */
static void trigger(void)
{
	static const int some[] = { SIGUSR1, SIGUSR2, 34 };
	struct itimerspec past = { .it_value = { 0, chance(3) ? 0 : 1 } }, now;
	struct slot *s = &slots[random_slot()];
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	int sig = PICK(some);
	long ret;

	if (chance(2)) {
		ret = syscall(SYS_tkill, getpid(), sig);
		note("signal %d", sig);
		return;
	}
	ret = syscall(SYS_timerfd_settime, s->fd, TFD_TIMER_ABSTIME, &past, NULL);
	if (!ret && past.it_value.tv_nsec)
		poll(&p, 1, -1);
	note("timerfd_settime %d %d: %ld %d", (int)(s - slots), s->kind, ret, error(ret));
	ret = syscall(SYS_timerfd_gettime, s->fd, &now);
	note("timerfd_gettime: %ld %d, %d", ret, error(ret), !ret && now.it_value.tv_nsec);
}

static void control(void)
{
	static const unsigned int flags[] = {
		0, 0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT, EPOLLRDHUP
	};
	static const unsigned int events[] = { EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, 0 };
	struct epoll_event event = { .events = PICK(events) | PICK(flags) };
	int set = random_slot(), to = random_slot(), op = chance(30) ? 4 : 1 + (int)random_below(3);
	long ret;

	for (int i = 0; i < SLOTS && slots[set].kind != EPOLL; i++)
		set = (set + 1) % SLOTS;
	if (!chance(3))
		op = EPOLL_CTL_ADD;
	if (slots[to].kind == SOCKET && event.events & EPOLLOUT)
		/* Linux tells of room when all that one call sent is read */
		event.events &= ~(unsigned int)EPOLLET;
	event.data.u64 = (unsigned long)to;
	ret = syscall(SYS_epoll_ctl, slots[set].fd, op, slots[to].fd, chance(40) ? NULL : &event);
	note("epoll_ctl %d %d of %d %d: %x: %ld %d", set, op, to, slots[to].kind, event.events, ret,
	     error(ret));
}

static void wait_for(void)
{
	struct epoll_event events[SLOTS];
	int set = random_slot(), max = 1 + (int)random_below(SLOTS);
	long ret;

	for (int i = 0; i < SLOTS && slots[set].kind != EPOLL; i++)
		set = (set + 1) % SLOTS;
	if (slots[set].kind == EPOLL && chance(20))
		max = 0;
	ret = syscall(SYS_epoll_pwait, slots[set].fd, events, max, 0, NULL, 8);
	note("epoll_wait %d, at most %d: %ld %d", set, max, ret, error(ret));
	for (long i = 0; i < ret; i++)
		note("  %ld: %x", (long)events[i].data.u64, events[i].events);
}

static void look(void)
{
	struct pollfd p[SLOTS];
	char line[200];
	int n;

	for (int i = 0; i < SLOTS; i++)
		p[i] = (struct pollfd){ .fd = slots[i].fd,
					.events = POLLIN | POLLOUT | POLLRDHUP | POLLPRI };
	n = poll(p, SLOTS, 0);
	n = snprintf(line, sizeof(line), "poll %d:", n);
	for (int i = 0; i < SLOTS; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %x",
			      (unsigned int)p[i].revents);
	note("%s", line);
}

static void experiment(void)
{
	static void (*const calls[])(void) = { create,	 create,   create,  destroy, do_write,
					       do_write, do_write, do_read, do_read, do_read,
					       odd,	 trigger,  control, control, control,
					       wait_for, wait_for };
	sigset_t all = ~0UL;

	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int i = 0; i < SLOTS; i++)
		slots[i].fd = -1;
	for (int i = 0; i < STEPS; i++) {
		PICK(calls)();
		look();
	}
}

int main(int argc, char **argv)
{
	return differ_main(argc, argv, 60, experiment);
}
