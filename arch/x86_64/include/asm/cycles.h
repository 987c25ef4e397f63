/* The counter behind ktime_get(), raw: three instructions for a stamp that becomes a time later. */
#pragma once

#include "asm/msr.h"

static inline u64 get_cycles(void)
{
	return rdtsc();
}

/* The ktime at which the counter had that value. */
u64 cycles_to_ktime(u64 cycles);
