/*
 * From the loader's world to start_kernel(): brings up everything that kernel/ takes for granted,
 * in the one order that works. Boot CPU, interrupts off, no locks. Compiled without stack canaries:
 * at its start GS.base is not set yet.
 */
#include "asm/setup.h"
#include "asm/acpi.h"
#include "asm/apic.h"
#include "asm/msr.h"
#include "asm/percpu.h"
#include "asm/smp.h"
#include "asm/uart.h"
#include "boot/boot.h"
#include "boot/boot_info.h"
#include "kernel/entry.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"

struct cpu cpus[NR_CPUS];
int nr_cpus = 1;
u64 trampoline_page;

void percpu_load(int nr)
{
	struct cpu *cpu = &cpus[nr];

	cpu->self = cpu;
	cpu->nr = nr;
	cpu->spin_token = (u32)nr + 1;
	cpu->preempt_count = PREEMPT_NO_RESCHED;
	wrmsrl(MSR_GS_BASE, (u64)cpu);
	wrmsrl(MSR_KERNEL_GS_BASE, 0);
}

/*
 * The order, and why:
 *   smap_patch	  writes to code, so before the code becomes read-only
 *   acpi_init    reads tables in memory that paging_init() will not map
 *   paging_init  from here on all of RAM is in the direct map; early memory may be anywhere
 *   gdt, idt     from here on a fault is reported instead of resetting the machine
 *   apic, clock  need ioremap(); the clock calibrates the timer too
 */
static void setup_arch(void)
{
	cpu_detect();
	smap_patch();
	boot_memory_init();
	acpi_init();
	trampoline_page = early_alloc_low_page();
	paging_init();
	for (int i = 0; i < acpi.nr_cpus; i++)
		gdt_init(i);
	gdt_load(0);
	idt_init();
	idt_load();
	cpu_init();
	apic_init();
	ioapic_init();
	apic_init_cpu();
	clock_init();
	timer_init_cpu();
	uart_init();
}

void x86_64_start(u32 magic, u64 info)
{
	percpu_load(0);
	cpus[0].curr_task = &init_task;
	cpus[0].tss.sp0 = (unsigned long)init_stack + THREAD_SIZE;
	cpus[0].online = true;
	boot_info_init(magic, info);
	uart_early_init();
	setup_arch();
	start_kernel();
}
