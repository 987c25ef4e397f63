/* socketpair(). */
#pragma once

#include "libk/abi/socket.h"

int socketpair(int domain, int type, int protocol, int *fds);
