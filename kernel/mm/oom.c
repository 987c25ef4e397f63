/*
 * When no page is left for a program: one process is killed, the largest, and says so in the log.
 * The kernel goes on.
 *
 * One kill at a time: a victim gets GRACE to leave before another is chosen, so that its memory is
 * seen to come back, and so that a victim that waits for a lock of ours does not stop everything
 * for ever.
 *
 * Locks: oom_mutex; inside it tasklist_lock, then a task's alloc_lock.
 */
#include "asm/processor.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include "kernel/wq/wq.h"

#define GRACE (200 * NSEC_PER_MSEC)

static DEFINE_MUTEX(oom_mutex);
static u64 last_kill;	/* (oom_mutex) ktime; 0: never */

/* In this order: objects are in pages, and pages go through the CPU's stack of them. */
static void drain_here(void *unused)
{
	drain_slabs();
	drain_kstacks();
	drain_local_pages();
}

static void drain_work(struct work_struct *work)
{
	preempt_disable();
	drain_here(NULL);
	preempt_enable();
}

/* Each CPU's kworker does it, in its own time. */
void drop_caches(void)
{
	schedule_on_each_cpu(drain_work);
	clean_stale_slots();
	drain_tables();
}

/* The same at once, when there is no time to lose: no thread need be scheduled. */
static void drop_caches_now(void)
{
	preempt_disable();
	drain_here(NULL);
	smp_call_function_many(~BIT(smp_processor_id()), drain_here, NULL);
	preempt_enable();
	clean_stale_slots();
	drain_tables();
}

/* Pages of the process, or -1 when it has none any more. tasklist_lock held. */
static long process_rss(struct task_struct *leader)
{
	struct task_struct *t;

	for_each_thread(leader, t) {
		guard(spinlock)(&t->alloc_lock);
		if (t->mm)
			return (long)mm_rss(t->mm);
	}
	return -1;
}

static bool oom_protected(const struct task_struct *p)
{
	return p->flags & PF_KTHREAD || p->signal->flags & SIGNAL_UNKILLABLE ||
	       p->signal->oom_score_adj <= -1000;
}

long oom_score(struct task_struct *p)
{
	long rss = -1;

	scoped_guard(spinlock_irqsave, &tasklist_lock)
		if (p->sighand && !oom_protected(p))
			rss = process_rss(p);
	if (rss < 0)
		return 0;
	return (1000 + rss * 1000 / (long)totalram_pages() + p->signal->oom_score_adj) * 2 / 3;
}

/* The process to kill, with a reference; NULL: there is none. *dying: some process is on its way
 * out already. */
static struct task_struct *select_victim(bool *dying)
{
	struct task_struct *p, *victim = NULL;
	long most = -1;

	*dying = false;
	guard(spinlock)(&tasklist_lock);
	for_each_process(p) {
		long points = oom_protected(p) ? -1 : process_rss(p);

		if (points < 0)
			continue;
		if (p->signal->flags & SIGNAL_GROUP_EXIT) {
			*dying = true;
			continue;
		}
		points += p->signal->oom_score_adj * (long)(totalram_pages() / 1000);
		points /= (long)(totalram_pages() / 128);	/* of those about as large the
								 * youngest: it has done least */
		if (points >= most || !victim) {
			most = points;
			victim = p;
		}
	}
	return victim ? get_task_struct(victim) : NULL;
}

static void kill_one(void)
{
	bool dying;
	struct task_struct *victim = select_victim(&dying);
	unsigned long rss;

	if (!victim) {
		if (!dying)
			panic("Out of memory and no killable processes");
		return;
	}
	spin_lock(&tasklist_lock);
	rss = (unsigned long)max(process_rss(victim), 0L);
	spin_unlock(&tasklist_lock);
	pr_err("Out of memory: Killed process %d (%s) rss:%lukB\n", victim->tgid, victim->comm,
	       rss * (PAGE_SIZE / 1024));
	group_send_sig_info(SIGKILL, SEND_SIG_PRIV, victim);
	put_task_struct(victim);
}

void out_of_memory(void)
{
	u64 now;

	mutex_lock(&oom_mutex);
	drop_caches_now();
	now = ktime_get();
	if (!user_pages_available() && (!last_kill || now - last_kill > GRACE)) {
		kill_one();
		last_kill = now;
	}
	mutex_unlock(&oom_mutex);
	set_current_state(TASK_KILLABLE);
	schedule_hrtimeout(now + NSEC_PER_MSEC);
}
