/*
 * times(): CPU time in clock ticks.
 */
#pragma once

#include "libk/types.h"

#define USER_HZ		100	/* ticks per second, as AT_CLKTCK tells user space */

struct tms {
	clock_t tms_utime, tms_stime, tms_cutime, tms_cstime;
};
