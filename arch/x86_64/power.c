/*
 * The ways to end: leave QEMU with a status, restart, power off, halt. Any context, interrupts off
 * for good; no locks. Each of restart and power off tries one way after the other, from the polite
 * to the brutal.
 */
#include "asm/acpi.h"
#include "asm/cpufeature.h"
#include "asm/irqflags.h"
#include "asm/msr.h"
#include "asm/processor.h"
#include "asm/desc.h"

enum {
	QEMU_EXIT_PORT = 0xf4, KBC_STATUS = 0x64, KBC_FULL = 2, KBC_RESET = 0xfe,
	RESET_CONTROL = 0xcf9,
};
enum { PM1_SCI_ENABLE = 1, PM1_SLEEP_TYPE_SHIFT = 10, PM1_SLEEP_ENABLE = 1 << 13 };

/* QEMU's isa-debug-exit reads as 0; without the device the port floats high. QEMU ends with status
 * code * 2 + 1. */
void machine_exit(int code)
{
	if (boot_cpu_data.hypervisor && inl(QEMU_EXIT_PORT) == 0)
		outl(QEMU_EXIT_PORT, (u32)code);
}

void machine_halt(void)
{
	smp_stop_others();
	for (;;) {
		local_irq_disable();
		__asm__ volatile("hlt");
	}
}

/* The power-management registers are the firmware's until we ask for them. */
static void acpi_take_over(void)
{
	if (inw(acpi.pm1a_control) & PM1_SCI_ENABLE || !acpi.smi_command || !acpi.acpi_enable)
		return;
	outb((u16)acpi.smi_command, acpi.acpi_enable);
	for (int ms = 0; ms < 300 && !(inw(acpi.pm1a_control) & PM1_SCI_ENABLE); ms++)
		udelay(1000);
}

static void enter_s5(u16 port, u16 type)
{
	u16 keep = inw(port) & ~(7 << PM1_SLEEP_TYPE_SHIFT);

	outw(port, (u16)(keep | type << PM1_SLEEP_TYPE_SHIFT | PM1_SLEEP_ENABLE));
}

void machine_power_off(void)
{
	smp_stop_others();
	if (acpi.has_s5 && acpi.pm1a_control) {
		acpi_take_over();
		enter_s5(acpi.pm1a_control, acpi.sleep_type_a);
		if (acpi.pm1b_control)
			enter_s5(acpi.pm1b_control, acpi.sleep_type_b);
		udelay(100000);
	}
	machine_exit(EXIT_REGULAR);
	machine_halt();
}

void machine_restart(void)
{
	static const struct desc_ptr no_idt;

	smp_stop_others();
	if (acpi.reset_port) {
		outb(acpi.reset_port, acpi.reset_value);
		udelay(50000);
	}
	for (int i = 0; i < 1000 && inb(KBC_STATUS) & KBC_FULL; i++)
		udelay(10);
	outb(KBC_STATUS, KBC_RESET);
	udelay(50000);
	outb(RESET_CONTROL, 6);
	udelay(50000);
	/* A fault that cannot be delivered, nor the fault about that: the CPU resets. */
	__asm__ volatile("lidt %0" : : "m"(no_idt));
	__asm__ volatile("int3");
	machine_halt();
}
