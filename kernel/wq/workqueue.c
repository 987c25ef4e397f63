/*
 * Workqueues: what is given to the pools of workers (pool.c), in what number at a time, and how one
 * waits for it or takes it back.
 *
 * A piece of work is pending from queue_work() until a worker begins with it; from then on it may
 * be queued again. Where it stays in between:
 *
 * 	its timer	delayed work, until its time has come
 * 	pwq->inactive	its workqueue has max_active pieces in that pool already
 * 	pool->worklist	the next worker takes it
 * 	w->scheduled	worker w is just doing it, and will again
 *
 * Locks: wq_lock for everything; flush_mutex (sleeping) outside it.
 */
#include "kernel/mm/mm.h"
#include "kernel/sync/guard.h"
#include "kernel/wq/internal.h"

struct workqueue_struct *system_wq, *system_unbound_wq;

/* --- queueing --- */

static void activate(struct work_struct *work)
{
	work->active = true;
	work->pwq->nr_active++;
	list_add_tail(&work->entry, &work->pwq->pool->worklist);
	wake_up_worker(work->pwq->pool);
}

/* wq_lock held; work is pending. */
static void insert_work(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	static u64 seq;			/* (w) */
	struct pool_workqueue *pwq;

	if (wq->flags & WQ_UNBOUND)
		cpu = NR_CPUS;
	else if (cpu == WORK_CPU_UNBOUND)
		cpu = smp_processor_id();
	work->pwq = pwq = &wq->pwq[cpu];
	work->seq = ++seq;
	work->color = wq->color;
	wq->in_flight[wq->color]++;
	if (pwq->nr_active < wq->max_active) {
		activate(work);
	} else {
		work->active = false;
		list_add_tail(&work->entry, &pwq->inactive);
	}
}

void pwq_dec_in_flight(struct pool_workqueue *pwq, int color, bool active)
{
	struct work_struct *next;

	pwq->wq->in_flight[color]--;
	if (active) {
		pwq->nr_active--;
		next = list_first_entry_or_null(&pwq->inactive, struct work_struct, entry);
		if (next) {
			list_del(&next->entry);
			activate(next);
		}
	}
	if (waitqueue_active(&wq_done))
		wake_up_all(&wq_done);
}

/* A queue that drains takes work from its own only: what is being done may have to queue more. */
static bool may_queue(struct workqueue_struct *wq, const struct work_struct *work)
{
	struct worker *self;

	if (work->pending || work->canceling)
		return false;
	if (!wq->draining)
		return true;
	if (in_interrupt() || !(current->flags & PF_WQ_WORKER))
		return false;
	self = kthread_data(current);
	return self->current_pwq && self->current_pwq->wq == wq;
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	guard(spinlock_irqsave)(&wq_lock);
	if (!may_queue(wq, work))
		return false;
	work->pending = true;
	insert_work(cpu, wq, work);
	return true;
}

static u64 delayed_work_timer(struct hrtimer *timer)
{
	struct delayed_work *dwork = container_of(timer, struct delayed_work, timer);

	guard(spinlock_irqsave)(&wq_lock);
	if (dwork->work.delayed) {	/* else it was taken back a moment ago */
		dwork->work.delayed = false;
		insert_work(dwork->cpu, dwork->wq, &dwork->work);
	}
	return 0;
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork, u64 ns)
{
	guard(spinlock_irqsave)(&wq_lock);
	if (!may_queue(wq, &dwork->work))
		return false;
	dwork->work.pending = dwork->work.delayed = true;
	dwork->wq = wq;
	dwork->cpu = cpu;
	hrtimer_start(&dwork->timer, ktime_get() + ns);
	return true;
}

void init_work(struct work_struct *work, void (*func)(struct work_struct *work))
{
	*work = (struct work_struct){ .func = func };
	INIT_LIST_HEAD(&work->entry);
}

void init_delayed_work(struct delayed_work *dwork, void (*func)(struct work_struct *work))
{
	init_work(&dwork->work, func);
	hrtimer_setup(&dwork->timer, delayed_work_timer);
}

/* --- waiting --- */

/* The queueing seq of work: is it done with? */
static bool seq_done(const struct work_struct *work, u64 seq)
{
	struct worker *w;

	guard(spinlock_irqsave)(&wq_lock);
	w = find_executing(work);
	return !(work->pending && work->seq == seq) && !(w && w->current_seq == seq);
}

bool flush_work(struct work_struct *work)
{
	u64 seq = 0;

	scoped_guard(spinlock_irqsave, &wq_lock) {
		struct worker *w = find_executing(work);

		if (work->pending && !work->delayed)
			seq = work->seq;
		else if (w)
			seq = w->current_seq;
	}
	if (seq)
		wait_event(&wq_done, seq_done(work, seq));
	return seq;
}

static bool color_done(struct workqueue_struct *wq, int color)
{
	guard(spinlock_irqsave)(&wq_lock);
	return !wq->in_flight[color];
}

/* What is queued from now on has the other color; the old one's count can only fall. */
void flush_workqueue(struct workqueue_struct *wq)
{
	int old;

	guard(mutex)(&wq->flush_mutex);
	scoped_guard(spinlock_irqsave, &wq_lock) {
		old = wq->color;
		wq->color ^= 1;
	}
	wait_event(&wq_done, color_done(wq, old));
}

/* --- taking back --- */

/* Not pending any more, and not to be queued until canceling falls; true: it was pending. */
static bool begin_cancel(struct work_struct *work)
{
	bool was_pending;

	guard(spinlock_irqsave)(&wq_lock);
	work->canceling++;
	was_pending = work->pending;
	if (was_pending && !work->delayed) {
		list_del_init(&work->entry);
		pwq_dec_in_flight(work->pwq, work->color, work->active);
	}
	work->pending = work->delayed = false;
	return was_pending;
}

static void end_cancel(struct work_struct *work)
{
	flush_work(work);		/* it may be running */
	guard(spinlock_irqsave)(&wq_lock);
	work->canceling--;
}

bool cancel_work_sync(struct work_struct *work)
{
	bool was_pending = begin_cancel(work);

	end_cancel(work);
	return was_pending;
}

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	bool was_pending = begin_cancel(&dwork->work);

	hrtimer_cancel(&dwork->timer);	/* its handler, if it has begun, finds nothing to do */
	end_cancel(&dwork->work);
	return was_pending;
}

void schedule_on_each_cpu(void (*func)(struct work_struct *work))
{
	struct work_struct works[NR_CPUS];

	for_each_cpu(cpu) {
		init_work(&works[cpu], func);
		queue_work_on(cpu, system_wq, &works[cpu]);
	}
	for_each_cpu(cpu)
		flush_work(&works[cpu]);
}

/* --- making and unmaking --- */

struct workqueue_struct *alloc_workqueue(const char *name, unsigned int flags, int max_active)
{
	struct workqueue_struct *wq = kzalloc(sizeof(*wq), GFP_KERNEL);

	if (!wq)
		return NULL;
	wq->name = name;
	wq->flags = flags;
	wq->max_active = max_active ? max_active : WQ_MAX_ACTIVE;
	mutex_init(&wq->flush_mutex, "wq->flush_mutex");
	for (int i = 0; i <= NR_CPUS; i++) {
		wq->pwq[i].wq = wq;
		wq->pwq[i].pool = &worker_pools[i];
		INIT_LIST_HEAD(&wq->pwq[i].inactive);
	}
	return wq;
}

static void set_draining(struct workqueue_struct *wq, bool draining)
{
	guard(spinlock_irqsave)(&wq_lock);
	wq->draining = draining;
}

void drain_workqueue(struct workqueue_struct *wq)
{
	set_draining(wq, true);
	while (!color_done(wq, 0) || !color_done(wq, 1))
		flush_workqueue(wq);
	set_draining(wq, false);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	drain_workqueue(wq);
	kfree(wq);
}
