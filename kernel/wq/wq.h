/*
 * Workqueues: work that must not be done here and now (in an interrupt, under a spinlock, or
 * because it would keep somebody waiting) is queued and done by a kernel thread, kworker/CPU:N or
 * kworker/u:N, which may sleep. One piece of work never runs twice at the same time.
 *
 * Locking: (w) = wq_lock, one for all of it, interrupts off.   (c) = constant once initialised.
 */
#pragma once

#include "asm/percpu.h"
#include "kernel/sync/sync.h"
#include "kernel/time/time.h"

struct work_struct {
	struct list_head entry;		/* (w) in a pool's, a worker's or a waiting list */
	void (*func)(struct work_struct *work);	/* (c) may free the work */
	struct pool_workqueue *pwq;	/* (w) where it is pending */
	u64 seq;			/* (w) of its last queueing: each has another */
	bool pending;			/* (w) from being queued to the moment it begins */
	bool delayed;			/* (w) pending, and waits for its timer */
	bool active;			/* (w) pending, and counted in pwq->nr_active */
	u8 color;			/* (w) which in_flight it is counted in */
	u8 canceling;			/* (w) refuses to be queued */
};

struct delayed_work {
	struct work_struct work;
	struct hrtimer timer;
	struct workqueue_struct *wq;	/* (w) where the timer queues it */
	int cpu;			/* (w) */
};

/* One workqueue's share of one pool of workers. */
struct pool_workqueue {
	struct workqueue_struct *wq;	/* (c) */
	struct worker_pool *pool;	/* (c) */
	int nr_active;			/* (w) pieces in the pool's list, or being done */
	struct list_head inactive;	/* (w) those that max_active does not let in yet */
};

struct workqueue_struct {
	const char *name;		/* (c) */
	unsigned int flags;		/* (c) WQ_xxx */
	int max_active;			/* (c) for each CPU; unbound: altogether */
	bool draining;			/* (w) only its own work may queue more */
	u8 color;			/* (w) of what is queued from now on: 0 or 1 */
	int in_flight[2];		/* (w) pieces queued and not yet done, by color */
	struct mutex flush_mutex;	/* one flush at a time: there are but two colors */
	struct pool_workqueue pwq[NR_CPUS + 1];	/* by CPU; the last is for unbound work */
};

#define WQ_UNBOUND 2u		/* whichever CPU; else the one that queued it */
#define WQ_MAX_ACTIVE 256
#define WORK_CPU_UNBOUND (-1)	/* this CPU, or any */

void init_work(struct work_struct *work, void (*func)(struct work_struct *work));
void init_delayed_work(struct delayed_work *dwork, void (*func)(struct work_struct *work));

/* At most max_active pieces at once; 0: the default. NULL: no memory. May sleep. */
struct workqueue_struct *alloc_workqueue(const char *name, unsigned int flags, int max_active);
/* One piece at a time, in the order they were queued. */
static inline struct workqueue_struct *alloc_ordered_workqueue(const char *name)
{
	return alloc_workqueue(name, WQ_UNBOUND, 1);
}
void drain_workqueue(struct workqueue_struct *wq);	/* until it is empty. May sleep */
void destroy_workqueue(struct workqueue_struct *wq);	/* nobody queues any more. May sleep */

/* False: it is pending already (or being cancelled, or the queue is draining). Any context. */
bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work);
bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			   u64 ns);
static inline bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return queue_work_on(WORK_CPU_UNBOUND, wq, work);
}
static inline bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork,
				      u64 ns)
{
	return queue_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, ns);
}

/* The last queueing of it was done; true: there was something to wait for. May sleep. */
bool flush_work(struct work_struct *work);
void flush_workqueue(struct workqueue_struct *wq);	/* all that is queued now was done */
/* It is neither pending nor running afterwards, even if it queues itself; true: it was pending.
 * May sleep; not from the work itself. */
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work_sync(struct delayed_work *dwork);

/* For everybody: short work of a CPU; work that may sleep for long. */
extern struct workqueue_struct *system_wq, *system_unbound_wq;
static inline bool schedule_work(struct work_struct *work)
{
	return queue_work(system_wq, work);
}
void schedule_on_each_cpu(void (*func)(struct work_struct *work));	/* and waits. May sleep */

void workqueue_init(void);	/* at boot, when kthreadd works and all CPUs are there */
/* schedule() of a PF_WQ_WORKER task: it may be about to sleep; it is back. */
void wq_worker_sleeping(struct task_struct *task);
void wq_worker_running(struct task_struct *task);
