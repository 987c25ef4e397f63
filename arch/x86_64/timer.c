/*
 * Each CPU's timer: one interrupt at a given time. Either the LAPIC's 32-bit counter, which counts
 * down at a rate that clock.c measured, or, where the CPU has it, a comparison with the TSC. The
 * kernel has no periodic tick but what it arms itself.
 *
 * deadline belongs to its CPU, interrupts off. SDM vol. 3A 11.5.4.
 */
#include "asm/apic.h"
#include "asm/cpufeature.h"
#include "asm/msr.h"
#include "asm/percpu.h"
#include "asm/processor.h"
#include "asm/setup.h"
#include "asm/vectors.h"
#include "libk/compiler.h"

#define NEVER (~0ULL)
#define TMICT_MAX 0xffffffffULL

static u64 deadlines[NR_CPUS];	/* ktime that this CPU's timer is armed for */
static u64 timer_mult;		/* timer ticks per ns, times 2^32 */

void timer_set_frequency(u64 hz)
{
	timer_mult = (hz << 32) / 1000000000;
}

void timer_init_cpu(void)
{
	deadlines[this_cpu(nr)] = NEVER;
	apic_write(APIC_LVTT,
		   LOCAL_TIMER_VECTOR | (boot_cpu_data.tsc_deadline ? APIC_LVT_TSC_DEADLINE : 0));
}

/* The counter is 32 bits wide: a far deadline is reached in several steps, local_timer_due() arming
 * the next. */
static void arm_counter(u64 ns)
{
	/* rather late than early */
	u64 ticks = (u64)((unsigned __int128)ns * timer_mult >> 32) + 1;

	apic_write(APIC_TMICT, (u32)min_t(u64, ticks, TMICT_MAX));
}

void timer_arm(u64 deadline)
{
	u64 now;

	deadlines[this_cpu(nr)] = deadline;
	if (boot_cpu_data.tsc_deadline) {
		wrmsrl(MSR_TSC_DEADLINE, deadline == NEVER ? 0 : ktime_to_tsc(deadline));
	} else if (deadline == NEVER) {
		apic_write(APIC_TMICT, 0);
	} else {
		now = ktime_get();
		arm_counter(deadline > now ? deadline - now : 0);
	}
}

bool local_timer_due(void)
{
	u64 deadline = deadlines[this_cpu(nr)];

	if (deadline == NEVER)		/* disarmed while the interrupt was on its way */
		return false;
	if (ktime_get() < deadline) {
		timer_arm(deadline);
		return false;
	}
	deadlines[this_cpu(nr)] = NEVER;
	return true;
}
