/* flock(). */
#pragma once

#include "libk/abi/fcntl.h"

int flock(int fd, int op);
