/* Time: the TSC, a counter of cycles, and the ns that it stands for. */
#pragma once

#include "asm/msr.h"

extern u64 tsc_base;			/* TSC at ktime 0; both constant after boot (clock.c) */
extern u64 tsc_mult;			/* ns per tick, times 2^32 */

/* Raw: three instructions for a stamp that becomes a time later. */
static inline u64 get_cycles(void)
{
	return rdtsc();
}

/* The same into memory: RDTSC gives two halves, which are stored as they come. */
static inline void store_cycles(u64 *at)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	((u32 *)at)[0] = low;
	((u32 *)at)[1] = high;
}

/* The ktime at which the counter had that value. The product of 64 by 64 bits never overflows, and
 * its upper part is the answer. (By hand: for a variable of 128 bits gcc aligns the stack.) */
static inline u64 cycles_to_ktime(u64 cycles)
{
	u64 ns = cycles - tsc_base, high;

	__asm__("mulq %2; shrdq $32, %1, %0" : "+a"(ns), "=&d"(high) : "m"(tsc_mult) : "cc");
	return ns;
}

/* Nanoseconds since boot, monotonic, the same on every CPU. Any context. */
static inline u64 ktime_get(void)
{
	return cycles_to_ktime(get_cycles());
}
