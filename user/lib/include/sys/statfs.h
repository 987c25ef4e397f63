/* Filesystems' attributes. */
#pragma once

#include "libk/abi/statfs.h"

int statfs(const char *path, struct statfs *buf);
