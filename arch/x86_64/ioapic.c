/*
 * The IOAPICs: they turn the devices' interrupt lines into messages to a CPU's local APIC. A line
 * is known by its number in the whole machine, the GSI. Each input has a 64-bit redirection entry,
 * reached through an index and a data register (Intel 82093AA, 3.2).
 *
 * handlers[] is written by request_irq() at boot only and read in interrupts. Register access: boot
 * only. No locks.
 */
#include "asm/acpi.h"
#include "asm/apic.h"
#include "asm/irq.h"
#include "asm/percpu.h"
#include "asm/setup.h"
#include "asm/vectors.h"
#include "libk/abi/errno.h"

enum { IOREGSEL = 0x00, IOWIN = 0x10, REG_VERSION = 1, REG_REDIRECTION = 0x10 };
#define REDIR_ACTIVE_LOW (1u << 13)
#define REDIR_LEVEL (1u << 15)
#define REDIR_MASKED (1u << 16)

static struct ioapic {
	volatile char *regs;
	u32 gsi_base, inputs;
} ioapics[MAX_IOAPICS];

static struct {
	void (*handler)(void *arg);
	void *arg;
	const char *name;
} handlers[NR_IRQS];

static u32 ioapic_read(struct ioapic *io, u32 reg)
{
	*(volatile u32 *)(io->regs + IOREGSEL) = reg;
	return *(volatile u32 *)(io->regs + IOWIN);
}

static void ioapic_write(struct ioapic *io, u32 reg, u32 value)
{
	*(volatile u32 *)(io->regs + IOREGSEL) = reg;
	*(volatile u32 *)(io->regs + IOWIN) = value;
}

void ioapic_init(void)
{
	for (int i = 0; i < acpi.nr_ioapics; i++) {
		struct ioapic *io = &ioapics[i];

		io->regs = ioremap(acpi.ioapics[i].phys, 0x20);
		io->gsi_base = acpi.ioapics[i].gsi_base;
		io->inputs = (ioapic_read(io, REG_VERSION) >> 16 & 0xff) + 1;
		for (u32 pin = 0; pin < io->inputs; pin++)
			ioapic_write(io, REG_REDIRECTION + 2 * pin, REDIR_MASKED);
	}
}

static struct ioapic *find_ioapic(u32 gsi)
{
	for (int i = 0; i < acpi.nr_ioapics; i++)
		if (gsi - ioapics[i].gsi_base < ioapics[i].inputs)
			return &ioapics[i];
	return NULL;
}

int isa_irq_to_gsi(int irq)
{
	return (int)acpi.isa_irqs[irq].gsi;
}

int request_irq(int gsi, void (*handler)(void *), void *arg, const char *name)
{
	struct ioapic *io = find_ioapic((u32)gsi);
	/* PCI's lines; ISA's are told by the firmware */
	bool level = gsi >= NR_ISA_IRQS, low = level;
	u32 reg;

	if (gsi < 0 || gsi >= NR_IRQS || !io)
		return -EINVAL;
	if (handlers[gsi].handler)
		return -EBUSY;
	for (int i = 0; i < NR_ISA_IRQS; i++) {
		if (acpi.isa_irqs[i].gsi == (u32)gsi) {
			level = acpi.isa_irqs[i].level;
			low = acpi.isa_irqs[i].active_low;
		}
	}
	handlers[gsi].arg = arg;
	handlers[gsi].name = name;
	handlers[gsi].handler = handler;
	/* The half with the mask bit last: the entry is live at once. */
	reg = REG_REDIRECTION + 2 * ((u32)gsi - io->gsi_base);
	ioapic_write(io, reg + 1, cpus[0].apic_id << 24);
	ioapic_write(io, reg, (u32)IRQ_VECTOR(gsi) | (level ? REDIR_LEVEL : 0) |
			      (low ? REDIR_ACTIVE_LOW : 0));
	return 0;
}

void irq_dispatch(unsigned int vector)
{
	unsigned int gsi = vector - IRQ_BASE_VECTOR;

	if (gsi < NR_IRQS && handlers[gsi].handler)
		handlers[gsi].handler(handlers[gsi].arg);
}

const char *vector_name(unsigned int vector)
{
	static const char *const local[256] = {
		[LOCAL_TIMER_VECTOR] = "Local timer interrupts",
		[CALL_FUNCTION_VECTOR] = "Function call interrupts",
		[RESCHEDULE_VECTOR] = "Rescheduling interrupts",
		[ERROR_APIC_VECTOR] = "APIC errors",
		[SPURIOUS_APIC_VECTOR] = "Spurious interrupts",
	};

	vector -= IRQ_BASE_VECTOR;
	return vector < NR_IRQS ? handlers[vector].name : local[vector + IRQ_BASE_VECTOR];
}
