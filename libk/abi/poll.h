/*
 * poll() and select().
 */
#pragma once

enum {
	POLLIN = 1, POLLPRI = 2, POLLOUT = 4, POLLERR = 8, POLLHUP = 0x10, POLLNVAL = 0x20,
	POLLRDNORM = 0x40, POLLRDBAND = 0x80, POLLWRNORM = 0x100, POLLWRBAND = 0x200,
	POLLMSG = 0x400, POLLREMOVE = 0x1000, POLLRDHUP = 0x2000,
};

typedef unsigned long nfds_t;

struct pollfd {
	int fd;
	short events, revents;
};

#define FD_SETSIZE	1024

typedef struct {
	unsigned long fds_bits[FD_SETSIZE / 64];
} fd_set;
