/* What the two halves of kernel/wq share: pool.c has the workers, workqueue.c what they are
 * given. */
#pragma once

#include "kernel/task/task.h"
#include "kernel/wq/wq.h"
#include "libk/bits.h"

/* The workers of one CPU, or (cpu < 0) of all. */
struct worker_pool {
	int cpu;			/* (c) */
	struct list_head worklist;	/* (w) active work, oldest first */
	struct list_head idle;		/* (w) workers, the last one used first */
	int nr_workers, nr_idle;	/* (w) */
	int nr_running;			/* (w) workers at work and not asleep; unbound: always 0 */
	bool managing;			/* (w) one of them is making another */
	unsigned long ids[BITS_TO_LONGS(WQ_MAX_ACTIVE)];	/* (w) numbers in use */
	struct hrtimer idle_timer;
};

struct worker {
	struct worker_pool *pool;	/* (c) */
	struct task_struct *task;	/* (c) */
	int id;				/* (c) */
	struct list_head entry;		/* (w) in pool->idle or busy_workers; empty: in between */
	struct list_head scheduled;	/* (w) work that only this worker may do: it is doing it */
	struct work_struct *current_work;	/* (w) perhaps freed: only to compare */
	void (*current_func)(struct work_struct *work);	/* (w) */
	struct pool_workqueue *current_pwq;	/* (w) NULL: no work in hand */
	u64 current_seq;		/* (w) */
	u64 last_active;		/* (w) ktime */
	bool counted;			/* (w) in pool->nr_running, unless asleep */
	bool asleep;			/* (w) */
	bool dying;			/* (w) has been idle for too long */
};

extern spinlock_t wq_lock;
extern struct wait_queue_head wq_done;	/* flushers; woken whenever something is done */
extern struct worker_pool worker_pools[NR_CPUS + 1];

/* All with wq_lock held. */
/* The worker that does this work right now, or NULL. */
struct worker *find_executing(const struct work_struct *work);
/* There is work, and nobody is about to see it: an idle worker will. */
void wake_up_worker(struct worker_pool *pool);
/* work, of that color, needs no counting any more: it was done or taken back. */
void pwq_dec_in_flight(struct pool_workqueue *pwq, int color, bool active);
