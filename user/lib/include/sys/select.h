/* select(). */
#pragma once

#include "libk/abi/poll.h"
#include "libk/abi/time.h"

#define FD_ZERO(s)	((void)(*(s) = (fd_set) { { 0 } }))
#define FD_SET(n, s)	((void)((s)->fds_bits[(n) / 64] |= 1UL << ((n) % 64)))
#define FD_CLR(n, s)	((void)((s)->fds_bits[(n) / 64] &= ~(1UL << ((n) % 64))))
#define FD_ISSET(n, s)	(((s)->fds_bits[(n) / 64] >> ((n) % 64)) & 1)

int select(int n, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout);
