/*
 * Scattered reads and writes.
 */
#pragma once

#include "libk/types.h"

#define UIO_MAXIOV	1024

enum { RWF_HIPRI = 1, RWF_DSYNC = 2, RWF_SYNC = 4, RWF_NOWAIT = 8, RWF_APPEND = 16 };

struct iovec {
	void *iov_base;
	size_t iov_len;
};
