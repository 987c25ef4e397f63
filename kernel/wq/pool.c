/*
 * Pools of workers: one for each CPU, whose threads never leave it, and one unbound. A CPU's pool
 * lets one worker run at a time, so that work does not compete with work; but there is always one
 * that can run:
 *
 * 	a worker goes to sleep in the middle of its work:
 * 	    schedule() -> wq_worker_sleeping(): nobody runs, work is waiting -> wakes an idle worker
 * 	the woken one, before it begins, sees to it that there is a next idle one:
 * 	    worker_thread(): nr_idle == 0 -> create_worker()
 *
 * Unbound workers do not count as running: as many run as there is work that its workqueues let in.
 * Workers that were idle for IDLE_TIMEOUT end, all but two of a pool.
 *
 * Locks: wq_lock; inside it the wait queue's, a run queue's, a timer base's.
 */
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/sync/guard.h"
#include "kernel/wq/internal.h"

#define IDLE_TIMEOUT NSEC_PER_SEC

DEFINE_SPINLOCK(wq_lock);
DECLARE_WAIT_QUEUE_HEAD(wq_done);
struct worker_pool worker_pools[NR_CPUS + 1];
static LIST_HEAD(busy_workers);		/* (w) of all pools, while they have work in hand */

struct worker *find_executing(const struct work_struct *work)
{
	struct worker *w;

	list_for_each_entry(w, &busy_workers, entry)
		if (w->current_work == work && w->current_func == work->func)
			return w;
	return NULL;
}

static bool need_more_worker(const struct worker_pool *pool)
{
	return !list_empty(&pool->worklist) && !pool->nr_running;
}

void wake_up_worker(struct worker_pool *pool)
{
	struct worker *w = list_first_entry_or_null(&pool->idle, struct worker, entry);

	if (w && need_more_worker(pool))
		wake_up_process(w->task);
}

/* --- the hook in schedule() --- */

/* The worker's state says already that it sleeps; it is still on its CPU. */
void wq_worker_sleeping(struct task_struct *task)
{
	struct worker *w = kthread_data(task);

	if (task->state == TASK_RUNNING || !w->counted)
		return;
	guard(spinlock_irqsave)(&wq_lock);
	w->asleep = true;
	w->pool->nr_running--;
	wake_up_worker(w->pool);
}

void wq_worker_running(struct task_struct *task)
{
	struct worker *w = kthread_data(task);

	if (!w->asleep)
		return;
	guard(spinlock_irqsave)(&wq_lock);
	w->asleep = false;
	w->pool->nr_running++;
}

/* --- a worker's life --- */

static bool too_many_idle(const struct worker_pool *pool)
{
	int busy = pool->nr_workers - pool->nr_idle;

	return pool->nr_idle > 2 && (pool->nr_idle - 2) * 4 >= busy;
}

static u64 idle_expiry(struct worker_pool *pool)
{
	return list_last_entry(&pool->idle, struct worker, entry)->last_active + IDLE_TIMEOUT;
}

static u64 idle_timeout(struct hrtimer *timer)
{
	struct worker_pool *pool = container_of(timer, struct worker_pool, idle_timer);

	guard(spinlock_irqsave)(&wq_lock);
	while (too_many_idle(pool)) {
		struct worker *w = list_last_entry(&pool->idle, struct worker, entry);

		if (idle_expiry(pool) > ktime_get())
			return idle_expiry(pool);
		w->dying = true;
		list_del_init(&w->entry);
		pool->nr_idle--;
		pool->nr_workers--;
		wake_up_process(w->task);
	}
	return 0;
}

static void enter_idle(struct worker *w)
{
	struct worker_pool *pool = w->pool;

	w->last_active = ktime_get();
	list_add(&w->entry, &pool->idle);
	pool->nr_idle++;
	if (too_many_idle(pool))
		hrtimer_start(&pool->idle_timer, idle_expiry(pool));
}

static void leave_idle(struct worker *w)
{
	list_del_init(&w->entry);
	w->pool->nr_idle--;
}

/* Takes the first of list and does it. Drops wq_lock meanwhile. */
static void process_one_work(struct worker *w, struct list_head *list)
{
	struct work_struct *work = list_first_entry(list, struct work_struct, entry);
	struct worker *other = find_executing(work);
	bool active = work->active;
	int color = work->color;

	list_del_init(&work->entry);
	if (other) {	/* never twice at once: whoever does it does it again */
		list_add_tail(&work->entry, &other->scheduled);
		return;
	}
	w->current_work = work;
	w->current_func = work->func;
	w->current_pwq = work->pwq;
	w->current_seq = work->seq;
	work->pending = false;		/* from here on it may be queued again */
	list_add(&w->entry, &busy_workers);
	wake_up_worker(w->pool);
	spin_unlock_irq(&wq_lock);

	w->current_func(work);
	if (unlikely(preempt_count()))
		panic("workqueue: %p came back with preempt_count %d", w->current_func,
		      preempt_count());

	spin_lock_irq(&wq_lock);
	list_del_init(&w->entry);
	w->current_work = NULL;
	pwq_dec_in_flight(w->current_pwq, color, active);
	w->current_pwq = NULL;
}

/* For a bound pool: one worker at a time, so go on only as the only one. */
static void do_work(struct worker *w)
{
	struct worker_pool *pool = w->pool;

	w->counted = pool->cpu >= 0;
	pool->nr_running += w->counted;
	for (;;) {
		if (!list_empty(&w->scheduled))
			process_one_work(w, &w->scheduled);
		else if (!list_empty(&pool->worklist) && pool->nr_running <= 1)
			process_one_work(w, &pool->worklist);
		else
			break;
	}
	pool->nr_running -= w->counted;
	w->counted = false;
}

static struct worker *create_worker(struct worker_pool *pool);

/* Before the last idle worker begins to work it makes another, so that there is one when it
 * sleeps. Without memory it works all the same. Drops wq_lock. */
static void make_reserve(struct worker_pool *pool)
{
	struct worker *reserve;

	if (pool->nr_idle || pool->managing)
		return;
	pool->managing = true;
	spin_unlock_irq(&wq_lock);
	reserve = create_worker(pool);
	spin_lock_irq(&wq_lock);
	pool->managing = false;
	if (reserve) {
		pool->nr_workers++;
		enter_idle(reserve);
		wake_up_process(reserve->task);
	}
}

static int worker_thread(void *data)
{
	struct worker *w = data;

	current->flags |= PF_WQ_WORKER;
	spin_lock_irq(&wq_lock);
	while (!w->dying) {
		if (need_more_worker(w->pool)) {
			leave_idle(w);
			make_reserve(w->pool);
			do_work(w);
			enter_idle(w);
		}
		__set_current_state(TASK_IDLE);	/* whoever wakes us holds wq_lock */
		spin_unlock_irq(&wq_lock);
		schedule();
		spin_lock_irq(&wq_lock);
	}
	current->flags &= ~PF_WQ_WORKER;
	__clear_bit(w->id, w->pool->ids);
	spin_unlock_irq(&wq_lock);
	kfree(w);
	return 0;
}

/* Not yet awake and nowhere listed; NULL: no memory. May sleep. */
static struct worker *create_worker(struct worker_pool *pool)
{
	struct worker *w = kzalloc(sizeof(*w), GFP_KERNEL);
	struct task_struct *task;

	if (!w)
		return NULL;
	w->pool = pool;
	INIT_LIST_HEAD(&w->entry);
	INIT_LIST_HEAD(&w->scheduled);
	scoped_guard(spinlock_irq, &wq_lock) {
		w->id = (int)find_first_zero_bit(pool->ids, WQ_MAX_ACTIVE);
		__set_bit(w->id, pool->ids);
	}
	if (pool->cpu < 0)
		task = kthread_create(worker_thread, w, "kworker/u:%d", w->id);
	else
		task = kthread_create(worker_thread, w, "kworker/%d:%d", pool->cpu, w->id);
	if (IS_ERR(task)) {
		scoped_guard(spinlock_irq, &wq_lock)
			__clear_bit(w->id, pool->ids);
		kfree(w);
		return NULL;
	}
	if (pool->cpu >= 0)
		kthread_bind(task, pool->cpu);
	w->task = task;
	return w;
}

static void init_pool(struct worker_pool *pool, int cpu)
{
	pool->cpu = cpu;
	INIT_LIST_HEAD(&pool->worklist);
	INIT_LIST_HEAD(&pool->idle);
	hrtimer_setup(&pool->idle_timer, idle_timeout);
	pool->idle_timer.background = true;
	spin_lock_irq(&wq_lock);
	make_reserve(pool);
	spin_unlock_irq(&wq_lock);
	BUG_ON(!pool->nr_workers);
}

void workqueue_init(void)
{
	for_each_cpu(cpu)
		init_pool(&worker_pools[cpu], cpu);
	init_pool(&worker_pools[NR_CPUS], -1);
	system_wq = alloc_workqueue("events", 0, 0);
	system_unbound_wq = alloc_workqueue("events_unbound", WQ_UNBOUND, 0);
	if (!system_unbound_wq)
		panic("workqueue: out of memory");
}
