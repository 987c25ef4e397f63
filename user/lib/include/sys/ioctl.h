/* Device control. */
#pragma once

#include "libk/abi/termios.h"

int ioctl(int fd, unsigned long request, ...);
