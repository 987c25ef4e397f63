/*
 * Run queues: private to kernel/sched. One per CPU; its lock guards everything in it and the (r)
 * fields of the tasks whose p->cpu names it. Two at a time are locked in the order of their CPU
 * numbers. Always with interrupts off: the timer takes it.
 */
#pragma once

#include "asm/processor.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "libk/bits.h"

/* rt: runnable tasks by priority, the running one first in its queue. */
struct rt_rq {
	unsigned long bitmap[BITS_TO_LONGS(MAX_RT_PRIO)];	/* queues that are not empty */
	struct list_head queue[MAX_RT_PRIO];
	unsigned int nr_running;
	u64 period_start, used;		/* throttle: run time since then */
};

/* fair, eevdf: runnable tasks */
struct cfs_rq {
	struct sched_entity *curr;	/* whose turn it is: in no tree and no list */
	struct list_head front;		/* fair: who runs next; see there */
	struct rb_root_cached tree;	/* fair: others, by vruntime; eevdf: by deadline */
	u64 load;			/* their weights together */
	u64 nr;
	u64 min_vruntime;		/* fair: the least, never goes back; eevdf: the mean */
	s64 sum;			/* eevdf: see avg_vruntime() */
};

struct rq {
	spinlock_t lock;
	int cpu;			/* constant */
	bool kick;			/* its CPU is to be interrupted once the lock is free */
	unsigned int nr_running;	/* queued and running tasks, without idle */
	u64 load;			/* their weights together */
	struct task_struct *curr;	/* running now */
	struct task_struct *idle;	/* constant */
	/* for finish_task_switch(): who leaves is dead, or may not stay here, or returns prev_mm */
	bool aftermath;
	struct mm_struct *prev_mm;	/* borrowed by a kernel thread that just left */
	u64 clock;			/* ktime at the last update_rq_clock() */
	u64 nr_switches;
	u64 idle_ns;			/* time of idle, up to clock */
	u64 next_balance;		/* ktime */
	u64 nr_yields, nr_wakeups, nr_local_wakeups;	/* /proc/schedstat */
	u64 wait_ns;			/* that tasks were runnable and did not run */
	struct list_head rr_queue;	/* rr: runnable tasks, the running one first */
	struct rb_root_cached pct_queue;	/* pct: runnable tasks by rank */
	struct cfs_rq cfs;
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

extern const struct sched_class rt_sched_class, fair_sched_class, eevdf_sched_class, rr_sched_class,
	pct_sched_class, idle_sched_class;
/* The policy of everybody who is not of real time, chosen at boot. */
extern const struct sched_class *normal_sched_class;
/* The policy a priority belongs to. */
static inline const struct sched_class *class_of_prio(int prio)
{
	return prio < MAX_RT_PRIO ? &rt_sched_class : normal_sched_class;
}

static inline bool rt_policy(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static inline int normal_prio(const struct task_struct *p)
{
	return rt_policy((int)p->policy) ? MAX_RT_PRIO - 1 - (int)p->rt_priority : p->static_prio;
}

/* Locks the run queue of p, wherever p is by then. */
struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags);
/*
 * Unlock, and send the interrupt that resched_curr() left to us: the other CPU would only wait for
 * the lock. Preemption stays off until it is sent. The first leaves interrupts off.
 */
static inline void rq_unlock(struct rq *rq)
{
	bool kick = rq->kick;

	rq->kick = false;
	spin_unlock(&rq->lock);
	if (unlikely(kick))
		smp_send_reschedule(rq->cpu);
}

static inline void task_rq_unlock(struct rq *rq, unsigned long flags)
{
	if (unlikely(rq->kick)) {
		preempt_disable();
		rq_unlock(rq);
		local_irq_restore(flags);
		preempt_enable();
		return;
	}
	spin_unlock_irqrestore(&rq->lock, flags);
}
void double_rq_lock(struct rq *a, struct rq *b);	/* interrupts off */
void double_rq_unlock(struct rq *a, struct rq *b);

/* rq lock held */
static inline void update_rq_clock(struct rq *rq)
{
	rq->clock = ktime_get();
}
/* Charges the running task for the time since its last update. Returns that time in ns. */
static inline u64 update_curr_runtime(struct rq *rq)
{
	struct sched_entity *se = &rq->curr->se;
	u64 delta = rq->clock - se->exec_start;

	se->exec_start = rq->clock;
	se->sum_exec_runtime += delta;
	return delta;
}

static inline u64 turn_used(const struct sched_entity *se)	/* ns */
{
	return se->sum_exec_runtime - se->turn_start;
}

static inline void start_turn(struct sched_entity *se)
{
	se->turn_start = se->sum_exec_runtime;
}
/* In and out of p's policy; activate and deactivate: in and out of the runnable tasks, too. */
void enqueue_task(struct rq *rq, struct task_struct *p, int flags);
void dequeue_task(struct rq *rq, struct task_struct *p, int flags);
void activate_task(struct rq *rq, struct task_struct *p, int flags);
void deactivate_task(struct rq *rq, struct task_struct *p, int flags);
void check_preempt_curr(struct rq *rq, struct task_struct *p);
/* p, runnable but not queued, will be queued on cpu with ENQUEUE_MIGRATED. from locked. */
void leave_cpu(struct rq *from, struct task_struct *p, int cpu);
/* Moves a queued, not running task to another queue. Both locks held. */
void move_queued_task(struct rq *from, struct rq *to, struct task_struct *p);

/* May p, which is queued on rq, go to cpu? Not while it runs, or its stack is still in use. rq
 * lock held. */
static inline bool may_move(const struct rq *rq, const struct task_struct *p, int cpu)
{
	return p != rq->curr && !p->on_cpu && p->cpus_mask & 1UL << cpu;
}
void choose_normal_class(void);	/* class.c */
/*
 * class.c. Around every change of what p's place in its queue depends on (priority, weight, group);
 * p's rq lock held. Takes p out of its queue, and puts it back, perhaps with another class.
 */
void sched_change_begin(struct rq *rq, struct task_struct *p);
void sched_change_end(struct rq *rq, struct task_struct *p);
void set_load_weight(struct task_struct *p);	/* from policy and nice value */

/*
 * group.c. What p weighs on its queue: its own weight, times the share of its group among the
 * group's siblings, divided by what runs in the group, and so on up to the root.
 */
u64 __task_weight(const struct task_struct *p);
/* p joins (or leaves) the runnable tasks of its groups. */
void __group_account(struct task_struct *p, bool joins);
static inline bool in_group(const struct task_struct *p)
{
	return unlikely(p->sched_task_group != &root_task_group);
}

bool rt_throttled(struct rq *rq);	/* rt.c: others' turn, for the rest of the period */

/* balance.c */
int select_task_rq(struct task_struct *p);	/* where a woken or new task should run; no lock
						 * needed, a good guess */
/* This CPU would go idle: pulls a task from elsewhere. Drops and retakes rq->lock. */
void newidle_balance(struct rq *rq);
void periodic_balance(struct rq *rq);		/* from the tick, rq lock not held, interrupts
						 * off */
/* calls.c: pid 0 is the caller; a reference, or NULL. May current change p's scheduling? */
struct task_struct *sched_find_task(pid_t pid);
bool sched_may_change(struct task_struct *p);
bool sched_nice_allowed(const struct task_struct *p, int nice);	/* policy.c */
static inline int clamp_nice(int nice)
{
	return nice < -20 ? -20 : nice > 19 ? 19 : nice;
}
void calc_global_load(u64 now);	/* stats.c; from the tick */
