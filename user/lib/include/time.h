/* Clocks and the calendar (UTC only). */
#pragma once

#include "libk/abi/time.h"
#include "libk/types.h"

#define CLOCKS_PER_SEC	1000000L

typedef int timer_t;
struct sigevent;

struct tm {
	int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
};

time_t time(time_t *out);
clock_t clock(void);
int clock_gettime(clockid_t clk, struct timespec *ts);
int clock_settime(clockid_t clk, const struct timespec *ts);
int clock_getres(clockid_t clk, struct timespec *ts);
int nanosleep(const struct timespec *req, struct timespec *rem);
int clock_nanosleep(clockid_t clk, int flags, const struct timespec *req, struct timespec *rem);
struct tm *gmtime_r(const time_t *t, struct tm *tm);
int timer_create(clockid_t clk, struct sigevent *event, timer_t *out);
int timer_settime(timer_t id, int flags, const struct itimerspec *value, struct itimerspec *old);
int timer_gettime(timer_t id, struct itimerspec *value);
int timer_getoverrun(timer_t id);
int timer_delete(timer_t id);
