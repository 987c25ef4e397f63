/*
 * Random numbers from the hardware. Without RDRAND (or with it masked off, for runs that repeat)
 * only the clock remains: different from call to call, the same from run to run under icount. Any
 * context; the state needs no lock: a lost update only loses mixing.
 */
#include "asm/cpufeature.h"
#include "asm/msr.h"
#include "asm/processor.h"

static bool rdrand(unsigned long *value)
{
	bool ok = false;

	for (int tries = 0; tries < 10 && !ok; tries++)
		__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

u64 arch_random(void)
{
	static u64 state;
	unsigned long hardware = 0;
	u64 x;

	if (boot_cpu_data.rdrand && !rdrand(&hardware))
		hardware = 0;
	/* A counter with an odd step, then multiplications and shifts that spread each bit over all
	 * (Steele's SplitMix64). */
	x = state += 0x9e3779b97f4a7c15ULL + (rdtsc() ^ hardware);
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}
