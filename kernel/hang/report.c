/*
 * The report: tasks, what each waits for and who holds that; the circles in which they wait for
 * each other, and locks whose holder is dead; held locks; run queues; the trace's last events.
 *
 * One function for all occasions, from a key to a panic: it prints as it goes, needs no memory, and
 * is bounded, because what it looks at may be what is broken.
 *
 * Locks: tasklist_lock, by trying, interrupts off for the length of the report; log_lock in
 * printk().
 */
#include "asm/processor.h"
#include "kernel/hang/hang.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "kernel/trace/trace.h"
#include "libk/futex_owner.h"

#define MAX_CYCLE 64
#define MAX_SHOWN 1000		/* tasks of one report */
#define TRIES 1000000

/* Tried for a while only: the holder may be what hangs. */
static bool tasklist_trylock(void)
{
	for (int i = 0; i < TRIES; i++, cpu_relax())
		if (spin_trylock(&tasklist_lock))
			return true;
	return false;
}

/* --- tasks --- */

static void show_stack(struct task_struct *p)
{
	unsigned long own[CPU_BACKTRACE_MAX];
	const unsigned long *pcs = own;
	int cpu = READ_ONCE(p->cpu);
	bool elsewhere = p->on_cpu && cpu != smp_processor_id();
	int n = elsewhere ? cpu_backtrace(cpu, &pcs) : stack_walk_task(p, own, CPU_BACKTRACE_MAX);

	print_backtrace(pcs, n);
	if (elsewhere && n <= 0)
		printk(KERN_EMERG "  %s\n", n ? "CPU does not answer" : "in user mode");
}

void show_all_cpus(void)
{
	preempt_disable();
	for_each_cpu(cpu) {
		struct task_struct *p = cpus[cpu].curr_task;

		if (cpu == smp_processor_id() && panicking())
			continue;	/* the panic shows it */
		printk(KERN_EMERG "CPU %d runs %.15s/%d\n", cpu, p->comm, p->pid);
		show_stack(p);
	}
	preempt_enable();
}

static void show_tasks(unsigned int show)
{
	struct task_struct *p;
	struct wait_info w;
	char text[WAIT_TEXT];
	int left, shown = 0;

	printk(KERN_EMERG "  PID  TGID S CPU     MS COMM            WAITS FOR\n");
	for_each_task_checked(p, left) {
		s64 ns = (s64)(ktime_get() - READ_ONCE(p->se.exec_start));

		task_waits_for(p, &w);
		if ((!(show & HANG_ALL) && w.what <= WAIT_OTHER) || shown++ >= MAX_SHOWN)
			continue;
		sprint_wait(text, sizeof(text), &w);
		printk(KERN_EMERG "%5d %5d %c %3d %6llu %-15.15s %s\n", p->pid, p->tgid,
		       task_state_char(p), p->cpu,
		       w.what && ns > 0 ? (u64)ns / NSEC_PER_MSEC : 0ULL, p->comm, text);
		if (show & HANG_STACKS)
			show_stack(p);
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

static void show_wait(const char *what, struct task_struct *p)
{
	struct wait_info w;
	char text[WAIT_TEXT];

	task_waits_for(p, &w);
	sprint_wait(text, sizeof(text), &w);
	printk(KERN_EMERG "%s%.15s/%d waits for %s\n", what, p->comm, p->pid, text);
}

/* The circle that first is in, if it has the lowest number there. A line for each: what one waits
 * for is what the next one holds. */
static void show_cycle(struct task_struct *first)
{
	int n = cycle_length(first, awaited, MAX_CYCLE);
	struct task_struct *p = first;

	for (int i = 1; i < n; i++)
		if (!(p = awaited(p)) || p->pid < first->pid)
			return;
	if (n)
		printk(KERN_EMERG "Deadlock: %d task%s\n", n,
		       n > 1 ? "s wait for each other" : " waits for itself");
	for (p = first; n-- > 0 && p; p = awaited(p))
		show_wait("  ", p);
}

static void show_conclusions(void)
{
	struct task_struct *p;
	struct wait_info w;
	int left;

	for_each_task_checked(p, left) {
		task_waits_for(p, &w);
		if (w.dead)
			show_wait("Dead owner: ", p);
		show_cycle(p);
	}
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
		show_conclusions();
		show_runqueues();
		trace_show_last();
		printk(KERN_EMERG "---[ end of hang report ]---\n");
		if (locked)
			spin_unlock(&tasklist_lock);
		__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	}
	local_irq_restore(flags);
}
