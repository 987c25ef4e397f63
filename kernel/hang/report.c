/*
 * The report: tasks, what each waits for and who holds that; the circles in which they wait for each
 * other, and locks whose holder is dead; held locks; run queues; the trace's last events.
 *
 * One function for all occasions, from a key to a panic: it prints as it goes, needs no memory, and
 * is bounded, because what it looks at may be what is broken.
 *
 * Locks: tasklist_lock, by trying, interrupts off for the length of the report; log_lock in printk().
 */
#include "asm/processor.h"
#include "kernel/hang/hang.h"
#include "libk/futex_owner.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "kernel/trace/trace.h"
#include "libk/printf.h"

#define MAX_CYCLE 64
#define MAX_SHOWN 1000		/* tasks of one report */
#define TRIES 1000000

bool tasklist_trylock(void)
{
	for (int i = 0; i < TRIES; i++, cpu_relax())
		if (spin_trylock(&tasklist_lock))
			return true;
	return false;
}

/* --- tasks --- */

static void show_own_stack(struct task_struct *p)
{
	unsigned long pcs[CPU_BACKTRACE_MAX];

	print_backtrace(pcs, stack_walk_task(p, pcs, CPU_BACKTRACE_MAX));
}

static void show_cpu_stack(int cpu)
{
	const unsigned long *pcs;
	int n = cpu_backtrace(cpu, &pcs);

	if (n > 0)
		print_backtrace(pcs, n);
	else
		printk(KERN_EMERG "  %s\n", n ? "CPU does not answer" : "in user mode");
}

void show_all_cpus(void)
{
	for_each_cpu(cpu) {
		const struct task_struct *p = cpus[cpu].curr_task;

		if (cpu == smp_processor_id() && panicking())
			continue;	/* the panic shows it */
		printk(KERN_EMERG "CPU %d runs %.15s/%d\n", cpu, p->comm, p->pid);
		if (cpu == smp_processor_id())
			show_own_stack(current);
		else
			show_cpu_stack(cpu);
	}
}

static void show_stack(struct task_struct *p)
{
	int cpu = READ_ONCE(p->cpu);

	if (p->on_cpu && cpu != smp_processor_id())
		show_cpu_stack(cpu);
	else
		show_own_stack(p);
}

static void show_task(struct task_struct *p, const struct wait_info *w, unsigned int show)
{
	u64 now = ktime_get(), since = READ_ONCE(p->se.exec_start);
	char text[192];

	sprint_wait(text, sizeof(text), w);
	printk(KERN_EMERG "%5d %5d %c %3d %6llu %-15.15s %s\n", p->pid, p->tgid,
	       task_state_char(p), p->cpu,
	       w->what && now > since ? (now - since) / NSEC_PER_MSEC : 0ULL, p->comm, text);
	if (show & HANG_STACKS)
		show_stack(p);
}

static void show_tasks(unsigned int show)
{
	struct task_struct *p;
	struct wait_info w;
	int left, shown = 0;

	printk(KERN_EMERG "  PID  TGID S CPU     MS COMM            WAITS FOR\n");
	for_each_task_checked(p, left) {
		task_waits_for(p, &w);
		if ((show & HANG_ALL || w.what > WAIT_OTHER) && shown++ < MAX_SHOWN)
			show_task(p, &w, show);
	}
	if (shown > MAX_SHOWN)
		printk(KERN_EMERG "... and %d more\n", shown - MAX_SHOWN);
}

/* --- who waits for whom --- */

static void *awaited(void *p)
{
	struct wait_info w;

	task_waits_for(p, &w);
	return w.others ? NULL : w.holder;
}

/* A circle that first is in, a line for each: what one waits for is what the next one holds. */
static void show_cycle(struct task_struct *first, int n)
{
	struct task_struct *p = first;
	struct wait_info w;
	char text[192];

	printk(KERN_EMERG "Deadlock: %d task%s\n", n,
	       n > 1 ? "s wait for each other" : " waits for itself");
	for (int i = 0; i < n && p; i++) {
		task_waits_for(p, &w);
		sprint_wait(text, sizeof(text), &w);
		printk(KERN_EMERG "  %.15s/%d waits for %s\n", p->comm, p->pid, text);
		p = w.holder;
	}
}

/* A circle is shown once: when its task with the lowest number comes by. */
static void show_cycles(void)
{
	struct task_struct *p, *other;
	struct wait_info w;
	char text[192];
	int left, n;

	for_each_task_checked(p, left) {
		bool lowest = true;

		task_waits_for(p, &w);
		if (w.dead) {
			sprint_wait(text, sizeof(text), &w);
			printk(KERN_EMERG "Dead owner: %.15s/%d waits for %s\n", p->comm, p->pid, text);
		}
		n = cycle_length(p, awaited, MAX_CYCLE);
		other = p;
		for (int i = 1; i < n && lowest && (other = awaited(other)); i++)
			lowest = other->pid > p->pid;
		if (n && lowest)
			show_cycle(p, n);
	}
}

static void show_locks(void)
{
	struct task_struct *p;
	int left;

	for_each_task_checked(p, left)
		show_held_locks(p);
}

void hang_report(const char *why, unsigned int show)
{
	static u32 busy;
	unsigned long flags = local_irq_save();
	bool locked;

	if (!__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE)) {
		locked = !panicking() && tasklist_trylock();
		printk(KERN_EMERG "Hang report: %s\n", why);
		if (!locked && !panicking())
			printk(KERN_EMERG "tasklist_lock is not to be had\n");
		show_tasks(show);
		show_cycles();
		show_locks();
		show_runqueues();
		trace_show_last();
		printk(KERN_EMERG "---[ end of hang report ]---\n");
		if (locked)
			spin_unlock(&tasklist_lock);
		__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	}
	local_irq_restore(flags);
}
