/* The reader of newc cpio archives; pure, tested on the host (tests/host/test_cpio.c). */
#pragma once

#include "libk/types.h"

struct cpio_entry {
	const char *name;	/* in the archive, ends with NUL */
	const char *data;
	loff_t size;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	u32 nlink, ino, major, minor;	/* of the file where the archive was made */
	u32 mtime;
	dev_t rdev;
	bool trailer;		/* the end of one archive; another may follow */
};

/* Reads the entry at *p, moves *p behind it. 1; 0: the end; -EINVAL: *why says what is wrong. */
int cpio_next(const char **p, const char *end, struct cpio_entry *e, const char **why);
