/*
 * Clocks, timers and the structures time is given in.
 */
#pragma once

#include "libk/types.h"

enum {
	CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
	CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
	CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM, CLOCK_TAI = 11,
	TIMER_ABSTIME = 1,
	ITIMER_REAL = 0, ITIMER_VIRTUAL, ITIMER_PROF,
	TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2,
	TFD_NONBLOCK = 04000, TFD_CLOEXEC = 02000000,
};

#define UTIME_NOW	((1L << 30) - 1)
#define UTIME_OMIT	((1L << 30) - 2)

struct timespec {
	time_t tv_sec;
	long tv_nsec;
};

struct timeval {
	time_t tv_sec;
	suseconds_t tv_usec;
};

struct timezone {
	int tz_minuteswest, tz_dsttime;
};

struct itimerspec {
	struct timespec it_interval, it_value;
};

struct itimerval {
	struct timeval it_interval, it_value;
};

/* adjtimex(): the state of a clock that is steered from outside. */
enum { TIME_OK = 0, TIME_ERROR = 5, STA_UNSYNC = 0x40 };

struct timex {
	unsigned int modes;
	long offset, freq, maxerror, esterror;
	int status;
	long constant, precision, tolerance;
	struct timeval time;
	long tick, ppsfreq, jitter;
	int shift;
	long stabil, jitcnt, calcnt, errcnt, stbcnt;
	int tai, __reserved[11];
};
