/* User mode helpers (umh.c) and what is made of them: the core_pattern program (coredump.c). */
#pragma once

#include "kernel/task/task.h"
#include "kernel/wq/wq.h"

#define UMH_NO_WAIT 0
#define UMH_WAIT_EXEC 1		/* until the program has begun: 0 or exec's -errno */
#define UMH_WAIT_PROC 2		/* until it has ended: its wait status, or -errno */
#define UMH_KILLABLE 4		/* a fatal signal ends the wait: -EINTR */
#define UMH_MAX_ARGS 16

/* A program to be run. The caller fills in the first three, the rest is umh.c's. */
struct subprocess_info {
	const char *argv[UMH_MAX_ARGS];		/* argv[0] is its path; NULL ends it */
	int (*init)(struct subprocess_info *info);	/* in the helper, before the program: 0 or
							 * -errno; may be NULL */
	void (*cleanup)(struct subprocess_info *info);	/* nobody needs it any more */
	struct work_struct work;
	struct completion *complete;	/* atomic: the caller's; NULL: it waits no (more) */
	int wait;			/* UMH_xxx */
	int retval;			/* -errno or wait status */
};

/* Has a kernel thread run it. May sleep. */
int call_usermodehelper(struct subprocess_info *info, int wait);
/* "/path args": runs it and waits; "&/path args": does not wait. 0, -errno, -EIO: it failed. */
int run_helper_line(const char *line);

#define CORE_PATTERN_SIZE 128
extern char core_pattern[CORE_PATTERN_SIZE];
