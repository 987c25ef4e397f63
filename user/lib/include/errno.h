/* errno: one per thread. */
#pragma once

#include "libk/abi/errno.h"

extern __thread int errno;
