/*
 * sysinfo().
 */
#pragma once

#include "libk/types.h"

#define SI_LOAD_SHIFT	16

struct sysinfo {
	long uptime;
	unsigned long loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	u16 procs, pad;
	unsigned long totalhigh, freehigh;
	u32 mem_unit;
};
