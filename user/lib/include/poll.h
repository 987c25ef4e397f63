/* poll(). */
#pragma once

#include "libk/abi/poll.h"

int poll(struct pollfd *fds, nfds_t n, int timeout);
