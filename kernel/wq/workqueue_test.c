/* Tests of the workqueues: what waits for what, and that nobody is forgotten. */
#include "asm/processor.h"
#include "kernel/ktest.h"
#include "kernel/task/task.h"
#include "kernel/wq/internal.h"

struct item {
	struct work_struct work;
	struct completion *gate;	/* waits there, if not NULL */
	int nr, cpu, runs;
};

static int order[64], nr_done, at_once, most_at_once;
static DEFINE_SPINLOCK(count_lock);

static void run_item(struct work_struct *work)
{
	struct item *item = container_of(work, struct item, work);

	spin_lock(&count_lock);
	most_at_once = max(most_at_once, ++at_once);
	spin_unlock(&count_lock);
	item->cpu = smp_processor_id();
	if (item->gate)
		wait_for_completion(item->gate);
	spin_lock(&count_lock);
	at_once--;
	item->runs++;
	if (nr_done < (int)ARRAY_SIZE(order))
		order[nr_done++] = item->nr;
	spin_unlock(&count_lock);
}

static void init_items(struct item *items, int n, struct completion *gate)
{
	nr_done = most_at_once = 0;
	for (int i = 0; i < n; i++) {
		items[i] = (struct item){ .nr = i, .gate = gate };
		init_work(&items[i].work, run_item);
	}
}

static int workers(void)
{
	int n = 0;

	spin_lock_irq(&wq_lock);
	for (int i = 0; i <= NR_CPUS; i++)
		n += worker_pools[i].nr_workers;
	spin_unlock_irq(&wq_lock);
	return n;
}

KTEST(wq_flush_waits)
{
	struct completion gate;
	struct item item, other;

	init_completion(&gate, "gate");
	init_items(&item, 1, &gate);
	init_items(&other, 1, NULL);
	KEXPECT(schedule_work(&item.work));
	KEXPECT(schedule_work(&other.work));
	flush_work(&other.work);	/* a second worker: the first one sleeps */
	KEXPECT(other.runs == 1 && item.runs == 0);
	complete(&gate);
	flush_work(&item.work);
	KEXPECT(item.runs == 1 && !flush_work(&item.work));
}

/* n items that have all begun, on one CPU, and sleep until the gate opens. */
static void block_workers(struct workqueue_struct *wq, struct item *items, int n,
			  struct completion *gate)
{
	init_completion(gate, "gate");
	init_items(items, n, gate);
	for (int i = 0; i < n; i++)
		KEXPECT(queue_work_on(0, wq, &items[i].work));
	while (READ_ONCE(at_once) < n)
		ktest_sleep(NSEC_PER_MSEC);
}

KTEST(wq_blocked_worker_is_replaced)
{
	struct workqueue_struct *wq = alloc_workqueue("blocked", 0, 0);
	struct completion gate;
	struct item items[20];

	block_workers(wq, items, 20, &gate);
	complete_all(&gate);
	flush_workqueue(wq);
	for (int i = 0; i < 20; i++)
		KEXPECT(items[i].runs == 1 && items[i].cpu == 0);
	destroy_workqueue(wq);
}

/* Work that does not sleep: one worker of the CPU does it all. */
static int seen[NR_CPUS];

static void see_cpu(struct work_struct *work)
{
	seen[smp_processor_id()]++;
}

KTEST(wq_on_each_cpu)
{
	schedule_on_each_cpu(see_cpu);
	for_each_cpu(cpu)
		KEXPECT(seen[cpu] == 1);
}

KTEST(wq_one_worker_of_a_cpu_at_a_time)
{
	struct workqueue_struct *wq = alloc_workqueue("computing", 0, 0);
	struct item items[20];

	init_items(items, 20, NULL);
	for (int i = 0; i < 20; i++)
		KEXPECT(queue_work_on(nr_cpus - 1, wq, &items[i].work));
	flush_workqueue(wq);
	KEXPECT(most_at_once == 1);
	for (int i = 0; i < 20; i++)
		KEXPECT(order[i] == i && items[i].cpu == nr_cpus - 1);
	destroy_workqueue(wq);
}

KTEST(wq_ordered_keeps_order)
{
	struct workqueue_struct *wq = alloc_ordered_workqueue("ordered");
	struct completion gate;
	struct item items[20];

	init_completion(&gate, "gate");
	init_items(items, 20, &gate);
	for (int i = 0; i < 20; i++)
		KEXPECT(queue_work(wq, &items[i].work));
	KEXPECT(cancel_work_sync(&items[19].work));	/* it waits behind the others */
	KEXPECT(!cancel_work_sync(&items[19].work));
	KEXPECT(queue_work(wq, &items[19].work));
	for (int i = 0; i < 20; i++)
		complete(&gate);
	destroy_workqueue(wq);			/* drains it */
	KEXPECT(nr_done == 20 && most_at_once == 1);
	for (int i = 0; i < 20; i++)
		KEXPECT(order[i] == i);
}

KTEST(wq_unbound_runs_at_once_up_to_the_limit)
{
	struct workqueue_struct *wq = alloc_workqueue("limited", WQ_UNBOUND, 5);
	struct completion gate;
	struct item items[20];

	init_completion(&gate, "gate");
	init_items(items, 20, &gate);
	for (int i = 0; i < 20; i++)
		KEXPECT(queue_work(wq, &items[i].work));
	while (READ_ONCE(at_once) < 5)
		ktest_sleep(NSEC_PER_MSEC);
	complete_all(&gate);
	flush_workqueue(wq);
	KEXPECT(nr_done == 20 && most_at_once == 5);
	destroy_workqueue(wq);
}

struct delayed_item {
	struct delayed_work dwork;
	u64 ran_at;
	int runs;
};

static void run_delayed(struct work_struct *work)
{
	struct delayed_item *d = container_of(work, struct delayed_item, dwork.work);

	d->ran_at = ktime_get();
	d->runs++;
}

KTEST(wq_delayed_work_fires)
{
	struct delayed_item d = { 0 };
	u64 start = ktime_get();

	init_delayed_work(&d.dwork, run_delayed);
	KEXPECT(queue_delayed_work(system_wq, &d.dwork, 20 * NSEC_PER_MSEC));
	KEXPECT(!queue_delayed_work(system_wq, &d.dwork, 0));
	KEXPECT(!flush_work(&d.dwork.work));	/* not queued yet */
	while (!READ_ONCE(d.runs))
		ktest_sleep(NSEC_PER_MSEC);
	KEXPECT(d.ran_at >= start + 20 * NSEC_PER_MSEC);
	flush_work(&d.dwork.work);
	KEXPECT(queue_delayed_work(system_wq, &d.dwork, NSEC_PER_SEC * 1000));
	KEXPECT(cancel_delayed_work_sync(&d.dwork) && d.runs == 1);
	KEXPECT(!cancel_delayed_work_sync(&d.dwork));
}

struct restless {
	struct delayed_work dwork;
	int inside;
	unsigned long runs;
	bool twice;
};

/* Queues itself again and again, by its timer and without. */
static void run_restless(struct work_struct *work)
{
	struct restless *r = container_of(work, struct restless, dwork.work);

	if (__atomic_add_fetch(&r->inside, 1, __ATOMIC_SEQ_CST) != 1)
		r->twice = true;
	r->runs++;
	if (r->runs % 2)
		queue_work_on((int)(r->runs / 2) % nr_cpus, system_wq, work);
	else
		queue_delayed_work(system_unbound_wq, &r->dwork, r->runs % 64 * NSEC_PER_USEC);
	__atomic_sub_fetch(&r->inside, 1, __ATOMIC_SEQ_CST);
}

KTEST(wq_cancel_races)
{
	struct restless r = { .runs = 0 };
	unsigned long runs;

	init_delayed_work(&r.dwork, run_restless);
	for (int i = 0; i < 300; i++) {
		KEXPECT(queue_delayed_work(system_wq, &r.dwork, (u64)i % 7 * NSEC_PER_USEC));
		ktest_sleep((u64)i % 23 * NSEC_PER_USEC);
		if (i % 2)
			flush_work(&r.dwork.work);
		cancel_delayed_work_sync(&r.dwork);
		runs = READ_ONCE(r.runs);
		if (i % 10 == 0)
			ktest_sleep(NSEC_PER_MSEC);
		KEXPECT(!r.dwork.work.pending && !r.inside && READ_ONCE(r.runs) == runs);
	}
	KEXPECT(r.runs > 0 && !r.twice);
}

/* Work whose doing queues more of it, n times. */
struct chain {
	struct work_struct work;
	struct workqueue_struct *wq;
	int left;
};

static void run_chain(struct work_struct *work)
{
	struct chain *c = container_of(work, struct chain, work);

	ktest_sleep(NSEC_PER_USEC);
	if (c->left-- > 0)
		KEXPECT(queue_work(c->wq, work));
}

KTEST(wq_drain_follows_chains)
{
	struct chain c = { .left = 10, .wq = alloc_workqueue("chain", 0, 1) };

	init_work(&c.work, run_chain);
	KEXPECT(queue_work(c.wq, &c.work));
	drain_workqueue(c.wq);
	KEXPECT(c.left == -1 && !c.work.pending);
	destroy_workqueue(c.wq);
}

KTEST(wq_idle_workers_go)
{
	struct completion gate;
	struct item items[6];

	block_workers(system_wq, items, 6, &gate);
	KEXPECT(workers() > 6 + nr_cpus);	/* those, and each pool's idle one */
	complete_all(&gate);
	while (workers() > 2 * (nr_cpus + 1))
		ktest_sleep(NSEC_PER_SEC / 10);
	for (int i = 0; i < 6; i++)
		flush_work(&items[i].work);
}
