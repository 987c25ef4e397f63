/* Limits, usage, priorities. */
#pragma once

#include "libk/abi/resource.h"

int getrlimit(int what, struct rlimit *lim);
int setrlimit(int what, const struct rlimit *lim);
int prlimit(pid_t pid, int what, const struct rlimit *lim, struct rlimit *old);
int getrusage(int who, struct rusage *usage);
int getpriority(int which, int who);
int setpriority(int which, int who, int prio);
