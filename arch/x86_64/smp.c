/*
 * The other CPUs: starting them (trampoline.asm draws how), and making them do things.
 *
 * Starting: one after the other, by the boot CPU, so what boot/long_mode.asm goes on with,
 * initial_stack and so on, belongs to one AP at a time. Calling: there is one call at a time in the
 * whole machine. call_lock is a bare word and not a spinlock_t because its owner and those who wait
 * for it must keep interrupts on: two CPUs may call each other.
 */
#include "asm/acpi.h"
#include "asm/apic.h"
#include "asm/irqflags.h"
#include "asm/pgtable.h"
#include "asm/processor.h"
#include "asm/setup.h"
#include "asm/smp.h"
#include "asm/vectors.h"
#include "boot/boot.h"
#include "kernel/entry.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"
#include "libk/atomic.h"
#include "libk/string.h"

#define START_TIMEOUT_US 200000
#define NEAR_EVENT_NS 50000

/* --- starting --- */

/* An AP's first C code: on its idle task's stack, interrupts off. cpus[nr_cpus] is prepared for
 * it. */
static void start_secondary(void)
{
	int nr = nr_cpus;

	percpu_load(nr);
	gdt_load(nr);
	idt_load();
	cpu_init();
	fpu_init();
	apic_init_cpu();
	timer_init_cpu();
	smp_store_release(&cpus[nr].online, true);
	cpu_startup_entry();
}

/* Waits until the AP says it runs: up to us microseconds. */
static bool came_online(const struct cpu *cpu, unsigned int us)
{
	for (u64 end = ktime_get() + us * 1000UL; ktime_get() < end; cpu_relax())
		if (smp_load_acquire(&cpu->online))
			return true;
	return false;
}

static bool start_cpu(struct cpu *cpu, u64 trampoline)
{
	struct task_struct *idle = fork_idle(nr_cpus);

	cpu->curr_task = idle;
	cpu->canary = idle->stack_canary;
	cpu->tss.sp0 = (unsigned long)idle->stack + THREAD_SIZE;
	initial_pgd = virt_to_phys(kernel_pgd);
	initial_stack = cpu->tss.sp0;
	initial_code = start_secondary;
	/* QEMU's -icount takes an INIT for instructions executed up to the next event of the
	 * machine. So let there be one soon; the interrupt, when it comes, finds nothing to do and
	 * arms the timer for what the kernel had asked for. */
	timer_arm(ktime_get() + NEAR_EVENT_NS);
	apic_send_ipi(cpu->apic_id, APIC_DM_INIT);
	udelay(10);
	/* The second message is for CPUs that missed the first; one that runs ignores it. */
	for (int i = 0; i < 2; i++) {
		apic_send_ipi(cpu->apic_id, APIC_DM_STARTUP | (u32)(trampoline >> PAGE_SHIFT));
		if (came_online(cpu, i ? START_TIMEOUT_US : 1000))
			return true;
	}
	return false;
}

/* Starts what the firmware listed. A CPU that does not come is reported and done without; then no
 * later one is started either, since it might still wake up and take the other's stack. Before the
 * first task but init runs; interrupts on or off. */
void smp_init(void)
{
	u64 page = trampoline_page;

	if (acpi.nr_cpus > 1 && page)
		memcpy(phys_to_virt(page), trampoline_start,
		       (size_t)(trampoline_end - trampoline_start));
	for (int i = 0; page && i < acpi.nr_cpus; i++) {
		struct cpu *cpu = &cpus[nr_cpus];

		if (acpi.apic_ids[i] == cpus[0].apic_id)
			continue;
		cpu->apic_id = acpi.apic_ids[i];
		if (!start_cpu(cpu, page)) {
			pr_err("smp: CPU %d (APIC %u) did not start\n", nr_cpus, cpu->apic_id);
			break;
		}
		nr_cpus++;
	}
	pr_info("smp: %d of %d CPUs\n", nr_cpus, acpi.nr_cpus + acpi.nr_ignored);
}

/* --- interrupts between CPUs --- */

void smp_send_reschedule(int cpu)
{
	apic_send_ipi(cpus[cpu].apic_id, APIC_DM_FIXED | RESCHEDULE_VECTOR);
}

static u32 call_lock;		/* 1: a call is under way */
static struct {			/* owner of call_lock writes; the called CPUs read */
	void (*fn)(void *);
	void *arg;
	atomic_t waiting;	/* called CPUs that have not run fn yet */
} call;

void call_function_interrupt(void)
{
	call.fn(call.arg);
	/* the last access: from here on call may be somebody else's */
	atomic_dec(&call.waiting);
}

void smp_call_function_many(unsigned long cpumask, void (*fn)(void *), void *arg)
{
	preempt_disable();
	cpumask &= ((1UL << nr_cpus) - 1) & ~(1UL << smp_processor_id());
	if (cpumask) {
		BUG_ON(irqs_disabled());
		while (xchg(&call_lock, 1))
			cpu_relax();
		call.fn = fn;
		call.arg = arg;
		atomic_set(&call.waiting, (int)hweight64(cpumask));
		for_each_cpu(i)
			if (cpumask >> i & 1)
				apic_send_ipi(cpus[i].apic_id,
					      APIC_DM_FIXED | CALL_FUNCTION_VECTOR);
		while (atomic_read_acquire(&call.waiting))
			cpu_relax();
		smp_store_release(&call_lock, 0);
	}
	preempt_enable();
}

/* --- stopping, and asking where a CPU is --- */

/* Long, because QEMU's host may have other things to do than to run that CPU. */
#define NMI_TIMEOUT_NS 1000000000UL

/* 0, or 1 + the number of the CPU that wants the others stopped; set once */
static u32 stopping;
static atomic_t stopped;

/* Where a CPU was when the last NMI struck it, for reports. It writes; who asked reads. */
static struct seen {
	u32 asked;		/* falls when the answer is there */
	int n;
	unsigned long pcs[CPU_BACKTRACE_MAX];
} seen[NR_CPUS];

static void stop_if_asked(void)
{
	if (!READ_ONCE(stopping) || READ_ONCE(stopping) == 1 + (u32)smp_processor_id())
		return;
	atomic_inc(&stopped);
	for (;;)
		__asm__ volatile("cli; hlt");
}

bool handle_nmi(const struct pt_regs *regs)
{
	struct seen *s = &seen[smp_processor_id()];
	bool asked = READ_ONCE(s->asked);

	s->n = user_mode(regs) ? 0
			       : stack_walk(regs->ip, regs->bp, s->pcs, CPU_BACKTRACE_MAX);
	smp_store_release(&s->asked, 0);
	stop_if_asked();
	return asked;
}

int cpu_backtrace(int cpu, const unsigned long **pcs)
{
	struct seen *s = &seen[cpu];
	u64 end = ktime_get() + NMI_TIMEOUT_NS;

	*pcs = s->pcs;
	if (READ_ONCE(stopping))
		return s->n;	/* it was seen when it was stopped */
	smp_store_release(&s->asked, 1);
	apic_send_ipi(cpus[cpu].apic_id, APIC_DM_NMI);
	while (smp_load_acquire(&s->asked))
		if (cpu_relax(), ktime_get() > end)
			return -1;
	return s->n;
}

/* By NMI, since a CPU that spins with interrupts off must stop too. If two CPUs panic at once the
 * second stops here. */
void smp_stop_others(void)
{
	u32 nobody = 0;
	u64 end = ktime_get() + NMI_TIMEOUT_NS;

	local_irq_disable();
	if (!try_cmpxchg(&stopping, &nobody, 1 + (u32)smp_processor_id())) {
		stop_if_asked();
		return;
	}
	for_each_cpu(i)
		if (i != smp_processor_id())
			apic_send_ipi(cpus[i].apic_id, APIC_DM_NMI);
	while (atomic_read(&stopped) < nr_cpus - 1 && ktime_get() < end)
		cpu_relax();
}
