/* getrandom(). */
#pragma once

#include "libk/abi/random.h"
#include "libk/types.h"

ssize_t getrandom(void *buf, size_t n, unsigned int flags);
