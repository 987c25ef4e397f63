/*
 * Run queues: private to kernel/sched. One per CPU; its lock guards everything in it and the (r)
 * fields of the tasks whose p->cpu names it. Two at a time are locked in the order of their CPU
 * numbers. Always with interrupts off: the timer takes it.
 */
#pragma once

#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "libk/bits.h"

/* rt: runnable tasks by priority, the running one first in its queue. */
struct rt_rq {
	unsigned long bitmap[BITS_TO_LONGS(MAX_RT_PRIO)];	/* queues that are not empty */
	struct list_head queue[MAX_RT_PRIO];
};

struct rq {
	spinlock_t lock;
	int cpu;			/* constant */
	unsigned int nr_running;	/* queued and running tasks, without idle */
	struct task_struct *curr;	/* running now */
	struct task_struct *idle;	/* constant */
	struct mm_struct *prev_mm;	/* borrowed by a kernel thread that just left; dropped in
					 * finish_task_switch() */
	u64 clock;			/* ktime at the last update_rq_clock() */
	u64 nr_switches;
	u64 idle_ns;			/* time of idle, up to clock */
	u64 next_balance;		/* ktime */
	struct list_head rr_queue;	/* rr: runnable tasks, the running one first */
	struct rt_rq rt;
};

extern struct rq runqueues[NR_CPUS];
/* The empty asm makes the compiler keep the address instead of multiplying anew at every access. */
static inline struct rq *cpu_rq(int cpu)
{
	struct rq *rq = &runqueues[cpu];

	__asm__("" : "+r"(rq));
	return rq;
}
#define this_rq() this_cpu(rq)
#define task_rq(p) cpu_rq((p)->cpu)

extern const struct sched_class rt_sched_class, rr_sched_class, idle_sched_class;
/* The policy a priority belongs to. */
static inline const struct sched_class *class_of_prio(int prio)
{
	return prio < MAX_RT_PRIO ? &rt_sched_class : &rr_sched_class;
}

/* Locks the run queue of p, wherever p is by then. */
struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags);
static inline void task_rq_unlock(struct rq *rq, unsigned long flags)
{
	spin_unlock_irqrestore(&rq->lock, flags);
}
void schedule_yield(void);	/* schedule(), the running task having given up its turn */
void double_rq_lock(struct rq *a, struct rq *b);	/* interrupts off */
void double_rq_unlock(struct rq *a, struct rq *b);

/* rq lock held */
static inline void update_rq_clock(struct rq *rq)
{
	rq->clock = ktime_get();
}
/* Charges the running task for the time since its last update. Returns that time in ns. */
u64 update_curr_runtime(struct rq *rq);
void activate_task(struct rq *rq, struct task_struct *p, int flags);
void deactivate_task(struct rq *rq, struct task_struct *p, int flags);
void check_preempt_curr(struct rq *rq, struct task_struct *p);
/* Moves a queued, not running task to another queue. Both locks held. */
void move_queued_task(struct rq *from, struct rq *to, struct task_struct *p);

/* May p, which is queued on rq, go to cpu? Not while it runs, or its stack is still in use. rq
 * lock held. */
static inline bool may_move(const struct rq *rq, const struct task_struct *p, int cpu)
{
	return p != rq->curr && !p->on_cpu && p->cpus_mask & 1UL << cpu;
}
/* Gives p another effective priority, and so perhaps another class. p's rq lock held. */
void set_task_prio(struct rq *rq, struct task_struct *p, int prio);

/* balance.c */
int select_task_rq(struct task_struct *p);	/* where a woken or new task should run; no lock
						 * needed, a good guess */
/* This CPU would go idle: pulls a task from elsewhere. Drops and retakes rq->lock. True when
 * something came. */
bool newidle_balance(struct rq *rq);
void periodic_balance(struct rq *rq);		/* from the tick, rq lock not held, interrupts
						 * off */
/* calls.c: pid 0 is the caller; a reference, or NULL. May current change p's scheduling? */
struct task_struct *sched_find_task(pid_t pid);
bool sched_may_change(struct task_struct *p);
void calc_global_load(u64 now);	/* stats.c; from the tick */
