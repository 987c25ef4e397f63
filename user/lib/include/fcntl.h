/* Opening and controlling files. */
#pragma once

#include "libk/abi/fcntl.h"
#include "libk/abi/stat.h"

int open(const char *path, int flags, ...);
int openat(int dir, const char *path, int flags, ...);
int creat(const char *path, mode_t mode);
int fcntl(int fd, int cmd, ...);
