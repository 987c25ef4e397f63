/*
 * kreaper: the kernel thread that cleans up after dead threads. Their stacks leave stale slots
 * (kstack.c), and making those usable again interrupts every CPU; so that no clone() has to wait
 * for that, kreaper does it when half a batch has come together. SIGHUP asks it to give back all
 * that the kernel only keeps ready: `kill -HUP` and /proc/sys/vm/drop_caches do the same.
 *
 * Locks: none of its own; what it calls may sleep.
 */
#include "kernel/mm/internal.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"

static struct kthread_worker kreaper = { .signal = SIGHUP, .signaled = drop_caches };

static void clean_stacks(struct kthread_work *work)
{
	clean_stale_slots();
}

static struct kthread_work clean_work = {
	.node = LIST_HEAD_INIT(clean_work.node), .func = clean_stacks,
};

void kreaper_wake(void)
{
	if (kreaper.task)
		kthread_queue_work(&kreaper, &clean_work);
}

void kreaper_init(void)
{
	if (kthread_run_worker(&kreaper, "kreaper"))
		pr_warn("no kreaper: whoever needs a stack cleans up\n");
}
