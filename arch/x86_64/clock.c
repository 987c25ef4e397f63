/*
 * Time: the TSC, a counter in every CPU that runs at a constant rate and in step with the others.
 * Its rate is told by the hypervisor or by CPUID, else measured against the HPET or the PIT for 10
 * ms at boot. The LAPIC timer's is always measured, in the same 10 ms.
 *
 * Under QEMU's -icount the TSC counts virtual nanoseconds exactly: 1 GHz. What is measured is off
 * by a few instructions, so a result within 0.01 % of a multiple of 100 MHz is taken to be that.
 * tsc_mult and tsc_base are written once at boot; reading them needs no lock. SDM vol. 3B 18.17;
 * IA-PC HPET Specification 1.0a.
 */
#include "asm/acpi.h"
#include "asm/apic.h"
#include "asm/cpufeature.h"
#include "asm/cycles.h"
#include "asm/irqflags.h"
#include "asm/msr.h"
#include "asm/processor.h"
#include "asm/setup.h"
#include "kernel/printk.h"

#define NSEC 1000000000UL
#define WINDOW_NS 10000000UL		/* 10 ms */
#define PIT_HZ 1193182UL

u64 tsc_base, tsc_mult;
static u64 tsc_hz;
static u64 tsc_per_ns;			/* ticks per ns, times 2^30: good for 17 GHz */

u64 tsc_frequency(void)
{
	return tsc_hz;
}

/* The first tick at or after a ktime; far futures saturate. Never 0. */
u64 ktime_to_tsc(u64 ns)
{
	unsigned __int128 ticks = ((unsigned __int128)ns * tsc_per_ns >> 30) + 1;

	return ticks > ~0ULL - tsc_base ? ~0ULL : tsc_base + (u64)ticks;
}

void udelay(unsigned int us)
{
	u64 end = rdtsc() + us * (tsc_hz / 1000000);

	while ((s64)(rdtsc() - end) < 0)
		cpu_relax();
}

/* --- the clocks to measure against: a start, and "how many ns since" --- */

static volatile char *hpet;
static u64 hpet_period;			/* femtoseconds per tick */
enum { HPET_CAPABILITIES = 0, HPET_CONFIG = 0x10, HPET_COUNTER = 0xf0 };

static bool hpet_init(void)
{
	if (!acpi.hpet)
		return false;
	hpet = ioremap(acpi.hpet, 1024);
	hpet_period = *(volatile u32 *)(hpet + HPET_CAPABILITIES + 4);
	if (!hpet_period || hpet_period > 100000000)
		return false;
	*(volatile u32 *)(hpet + HPET_CONFIG) |= 1;	/* run */
	return true;
}

static u32 hpet_read(void)
{
	return *(volatile u32 *)(hpet + HPET_COUNTER);
}

/* The PIT's channel 2, which drives the loudspeaker: counts down from 65535 while bit 0 of port 61h
 * is set. */
static void pit_start(void)
{
	outb(0x61, (inb(0x61) & ~2) | 1);
	outb(0x43, 0xb0);		/* channel 2, low then high byte, mode 0: once */
	outb(0x42, 0xff);
	outb(0x42, 0xff);
}

static u32 pit_read(void)
{
	u32 low;

	outb(0x43, 0x80);		/* latch */
	low = inb(0x42);
	return 0xffff - (low | (u32)inb(0x42) << 8);
}

static u32 reference_read(void)
{
	return hpet ? hpet_read() : pit_read();
}

static u64 reference_ns(u32 ticks)
{
	return hpet ? ticks * hpet_period / 1000000 : ticks * NSEC / PIT_HZ;
}

/* --- measuring --- */

struct sample {
	u64 tsc;
	u32 reference, timer;
};

/* The three clocks as close to the same moment as we can: of some tries the quickest, since an
 * interrupted one is worthless. */
static struct sample take_sample(void)
{
	struct sample best = { 0 };
	u64 least = ~0ULL;

	for (int i = 0; i < 5; i++) {
		u64 before = rdtsc(), after;
		u32 reference = reference_read(), timer = apic_read(APIC_TMCCT);

		after = rdtsc();
		if (after - before < least) {
			least = after - before;
			best = (struct sample){ before, reference, timer };
		}
	}
	return best;
}

static u64 round_hz(u64 hz)
{
	u64 step = 100000000, nearest = (hz + step / 2) / step * step;
	u64 off = hz > nearest ? hz - nearest : nearest - hz;

	return off * 10000 < nearest ? nearest : hz;
}

static u64 measure(u64 *timer_hz)
{
	struct sample a, b;
	u64 ns;

	if (!hpet_init()) {
		hpet = NULL;
		pit_start();
	}
	apic_write(APIC_TMICT, ~0u);
	a = take_sample();
	do {
		cpu_relax();
		ns = reference_ns(reference_read() - a.reference);
	} while (ns < WINDOW_NS);
	b = take_sample();
	apic_write(APIC_TMICT, 0);
	ns = reference_ns(b.reference - a.reference);
	*timer_hz = round_hz((u64)(a.timer - b.timer) * NSEC / ns);
	return round_hz((b.tsc - a.tsc) * NSEC / ns);
}

/* The TSC's rate as the machine tells it, or 0. */
static u64 tsc_hz_by_cpuid(void)
{
	struct cpuid_regs r;

	if (boot_cpu_data.hypervisor && cpuid(0x40000000, 0).eax >= 0x40000010) {
		r = cpuid(0x40000010, 0);	/* VMware's leaf, KVM has it too: kHz */
		if (r.eax)
			return r.eax * 1000ULL;
	}
	if (cpuid(0, 0).eax >= 0x15) {
		r = cpuid(0x15, 0);		/* crystal's rate and ratio */
		if (r.eax && r.ebx && r.ecx)
			return (u64)r.ecx * r.ebx / r.eax;
	}
	return 0;
}

void clock_init(void)
{
	u64 told = tsc_hz_by_cpuid(), timer_hz;

	tsc_hz = measure(&timer_hz);
	if (told)
		tsc_hz = told;
	tsc_mult = (NSEC << 32) / tsc_hz;
	tsc_per_ns = (tsc_hz << 30) / NSEC;
	tsc_base = rdtsc();
	timer_set_frequency(timer_hz);
	pr_info("clock: TSC %llu.%03llu MHz, timer %llu.%03llu MHz\n", tsc_hz / 1000000,
		tsc_hz / 1000 % 1000, timer_hz / 1000000, timer_hz / 1000 % 1000);
}
