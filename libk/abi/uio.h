/*
 * Scattered reads and writes.
 */
#pragma once

#include "libk/types.h"

#define UIO_MAXIOV	1024

struct iovec {
	void *iov_base;
	size_t iov_len;
};
