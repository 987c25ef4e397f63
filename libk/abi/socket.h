/*
 * Sockets, as far as AF_UNIX pairs need them.
 */
#pragma once

#include "libk/abi/uio.h"

enum {
	AF_UNSPEC = 0, AF_UNIX = 1, AF_LOCAL = AF_UNIX, AF_INET = 2,
	SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_SEQPACKET = 5,
	SOCK_NONBLOCK = 04000, SOCK_CLOEXEC = 02000000,
	MSG_PEEK = 2, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40, MSG_WAITALL = 0x100,
	MSG_NOSIGNAL = 0x4000, MSG_CMSG_CLOEXEC = 0x40000000, SHUT_RD = 0, SHUT_WR, SHUT_RDWR,
	SOL_SOCKET = 1, SO_TYPE = 3, SO_ERROR = 4, SCM_RIGHTS = 1,
};

struct sockaddr {
	unsigned short sa_family;
	char sa_data[14];
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	struct iovec *msg_iov;
	size_t msg_iovlen;
	void *msg_control;
	size_t msg_controllen;
	unsigned int msg_flags;
};
