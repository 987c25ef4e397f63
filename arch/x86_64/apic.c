/*
 * The local APIC: each CPU's own interrupt controller. It takes interrupts from the IOAPICs, from
 * its own timer and from the other CPUs. Its registers are memory at a physical address (xAPIC), or
 * MSRs when the firmware left it in x2APIC mode; there is no way back from that short of switching
 * the APIC off, so we take what we find. Each CPU touches only its own; no locks. SDM vol. 3A
 * chapter 11.
 */
#include "asm/apic.h"
#include "asm/acpi.h"
#include "asm/cpufeature.h"
#include "asm/irqflags.h"
#include "asm/msr.h"
#include "asm/percpu.h"
#include "asm/setup.h"
#include "asm/vectors.h"

#define APIC_BASE_X2APIC (1UL << 10)
#define APIC_BASE_ENABLE (1UL << 11)
#define SPIV_APIC_ENABLED (1u << 8)
#define ICR_BUSY (1u << 12)

enum { PIC_MASTER = 0x20, PIC_SLAVE = 0xa0 };

static bool x2apic;			/* set once by apic_init() */
static volatile char *lapic;		/* xAPIC: the registers */

u32 apic_read(u32 reg)
{
	if (x2apic)
		return (u32)rdmsrl(MSR_X2APIC + reg / 16);
	return *(volatile u32 *)(lapic + reg);
}

void apic_write(u32 reg, u32 value)
{
	if (x2apic)
		wrmsrl(MSR_X2APIC + reg / 16, value);
	else
		*(volatile u32 *)(lapic + reg) = value;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

static u32 apic_id(void)
{
	return x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void apic_send_ipi(u32 dest, u32 mode_and_vector)
{
	unsigned long flags;

	if (x2apic) {
		/* What we wrote for the other CPU must be visible before the interrupt: a WRMSR to
		 * the x2APIC is no fence. */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		wrmsrl(MSR_X2APIC + APIC_ICR / 16, (u64)dest << 32 | mode_and_vector);
		return;
	}
	/* a handler that sends one too must not come between the two halves */
	flags = local_irq_save();
	while (apic_read(APIC_ICR) & ICR_BUSY)
		cpu_relax();
	apic_write(APIC_ICR2, dest << 24);
	apic_write(APIC_ICR, mode_and_vector);
	local_irq_restore(flags);
}

/* The two 8259s of old: moved away from the exceptions' vectors, where they sit after reset, then
 * masked for good. */
static void pic_disable(void)
{
	for (int slave = 0; slave < 2; slave++) {
		u16 port = slave ? PIC_SLAVE : PIC_MASTER;

		outb(port, 0x11);				/* ICW1: initialise, ICW4 follows */
		outb(port + 1, PIC_VECTOR + 8 * slave);		/* ICW2: vectors */
		/* ICW3: they are joined at input 2 */
		outb(port + 1, slave ? 2 : 4);
		outb(port + 1, 1);				/* ICW4: 8086 mode */
		outb(port + 1, 0xff);				/* mask */
	}
}

void apic_init(void)
{
	pic_disable();
	x2apic = rdmsrl(MSR_APIC_BASE) & APIC_BASE_X2APIC;
	if (!x2apic)
		lapic = ioremap(acpi.lapic, 4096);
	cpus[0].apic_id = apic_id();
}

/* Accepts every vector, local inputs masked. The error interrupt only counts: see
 * /proc/interrupts. */
void apic_init_cpu(void)
{
	/* The firmware switches only the boot CPU's to x2APIC: the others must follow, or they
	 * would not understand each other. */
	u64 base = rdmsrl(MSR_APIC_BASE);

	if ((base & APIC_BASE_ENABLE) == 0 || (x2apic && !(base & APIC_BASE_X2APIC)))
		wrmsrl(MSR_APIC_BASE, base | APIC_BASE_ENABLE | (x2apic ? APIC_BASE_X2APIC : 0));
	apic_write(APIC_TASKPRI, 0);
	apic_write(APIC_TDCR, APIC_TIMER_DIVIDE_BY_1);
	apic_write(APIC_LVTT, APIC_LVT_MASKED);
	apic_write(APIC_LVT0, APIC_LVT_MASKED);
	/* the NMI button is wired to LINT1 */
	apic_write(APIC_LVT1, this_cpu(nr) == 0 ? APIC_DM_NMI : APIC_LVT_MASKED);
	apic_write(APIC_LVTERR, ERROR_APIC_VECTOR);
	apic_write(APIC_ESR, 0);
	apic_write(APIC_SPIV, SPIV_APIC_ENABLED | SPURIOUS_APIC_VECTOR);
	apic_eoi();
}
