/* Times in microseconds. */
#pragma once

#include "libk/abi/poll.h"
#include "libk/abi/time.h"

int gettimeofday(struct timeval *tv, struct timezone *tz);
int setitimer(int which, const struct itimerval *value, struct itimerval *old);
int getitimer(int which, struct itimerval *value);
