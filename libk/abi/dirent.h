/*
 * getdents64().
 */
#pragma once

#include "libk/types.h"

enum {
	DT_UNKNOWN = 0, DT_FIFO = 1, DT_CHR = 2, DT_DIR = 4, DT_BLK = 6, DT_REG = 8,
	DT_LNK = 10, DT_SOCK = 12,
};

/* d_name ends with NUL; d_reclen is a multiple of 8; d_off is where the next entry begins. */
struct linux_dirent64 {
	u64 d_ino;
	s64 d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};
