/* Scattered reads and writes. */
#pragma once

#include "libk/abi/uio.h"

ssize_t readv(int fd, const struct iovec *iov, int n);
ssize_t writev(int fd, const struct iovec *iov, int n);
