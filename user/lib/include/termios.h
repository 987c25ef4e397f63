/* Terminals. */
#pragma once

#include "libk/abi/termios.h"

int tcgetattr(int fd, struct termios *t);
int tcsetattr(int fd, int when, const struct termios *t);
