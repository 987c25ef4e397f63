/*
 * The scheduler as the rest of the kernel sees it: states, entities, wake-ups, and sched_class, the
 * seam behind which the policies live. Run-queue internals are in rq.h.
 *
 * Locking: (r) = the lock of the run queue that p->cpu names. A task's scheduling fields and its
 * state's way from sleeping to running belong to that lock; the task itself may set its state to a
 * sleeping one without it (see kernel/sync/wait.c).
 */
#pragma once

#include "asm/percpu.h"
#include "kernel/sync/sync.h"
#include "libk/abi/sched.h"
#include "libk/rbtree.h"
#include "libk/types.h"

/* p->state: Linux's bits */
#define TASK_RUNNING 0x0000u
#define TASK_INTERRUPTIBLE 0x0001u	/* S: a signal ends the sleep */
#define TASK_UNINTERRUPTIBLE 0x0002u	/* D: only the event does */
#define __TASK_STOPPED 0x0004u		/* T: SIGSTOP and relatives */
#define __TASK_TRACED 0x0008u		/* t: ptrace */
#define EXIT_DEAD 0x0010u		/* exit_state: being released */
#define EXIT_ZOMBIE 0x0020u		/* exit_state: exited, nobody waited yet */
#define TASK_PARKED 0x0040u		/* P: a kernel thread that was asked to wait */
#define TASK_DEAD 0x0080u		/* left schedule() for the last time */
#define TASK_WAKEKILL 0x0100u		/* a fatal signal ends the sleep */
#define TASK_NEW 0x0800u		/* made, not yet woken */
#define TASK_FROZEN_IDLE 0x1000u	/* I: an idle kernel thread, not counted as load */

#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_STOPPED (TASK_WAKEKILL | __TASK_STOPPED)
#define TASK_TRACED __TASK_TRACED	/* SIGKILL too, but not during a request: trace/ptrace.h */
#define TASK_IDLE (TASK_UNINTERRUPTIBLE | TASK_FROZEN_IDLE)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

/* thread flags: what to do before this task next runs user code. Atomic bits in p->thread_flags. */
#define TIF_NEED_RESCHED 0
#define TIF_SIGPENDING 1
#define TIF_NOTIFY_RESUME 2	/* restore the signal mask of sigsuspend and friends */
#define TIF_SYSCALL_TRACE 3	/* system call entry and exit stop for the tracer */
#define TIF_SINGLESTEP 4	/* the tracer wants a stop after each instruction */
#define TIF_SCHED_STEP 6	/* policy pct counts this task's system calls */
/* the system call rewrote the whole register frame (exec): leave by IRET */
#define TIF_RESTORE_ALL 5
#define TIF_SYSCALL_TRACEPOINT 7	/* the trace ring wants system call entry and exit */
#define _TIF(flag) (1UL << (flag))
#define _TIF_SYSCALL_WORK (_TIF(TIF_SYSCALL_TRACE) | _TIF(TIF_SYSCALL_TRACEPOINT))
#define _TIF_ENTRY_WORK (_TIF_SYSCALL_WORK | _TIF(TIF_SCHED_STEP))
/* on the way out of a system call only, before all else */
#define _TIF_SYSCALL_EXIT_WORK (_TIF_SYSCALL_WORK | _TIF(TIF_SINGLESTEP))
#define _TIF_EXIT_WORK									\
	(_TIF(TIF_NEED_RESCHED) | _TIF(TIF_SIGPENDING) | _TIF(TIF_NOTIFY_RESUME) |	\
	 _TIF_SYSCALL_EXIT_WORK | _TIF(TIF_RESTORE_ALL))

/* Priorities: 0..99 real time (lower is stronger), 100..139 nice -20..19, 120 the middle;
 * MAX_PRIO idle. */
#define MAX_RT_PRIO 100
#define DEFAULT_PRIO 120
#define MAX_PRIO 140
#define NICE_TO_PRIO(nice) ((nice) + DEFAULT_PRIO)
#define PRIO_TO_NICE(prio) ((prio) - DEFAULT_PRIO)

#define HZ 250
#define TICK_NS (1000000000UL / HZ)

struct rq;
struct task_struct;

/* CPU sets: one word serves up to 64 CPUs. */
typedef unsigned long cpumask_t;
#define cpu_mask_all() (nr_cpus >= 64 ? ~0UL : (1UL << nr_cpus) - 1)

/* A weight is a share of the CPU relative to the others': this is nice 0's, with 10 bits of
 * fraction, so that the small parts of big task groups keep their precision. */
#define NICE_0_WEIGHT (1024UL << 10)

/* What a policy needs to know about a task. All (r). */
struct sched_entity {
	struct list_head run_list;	/* rr, rt, fair: place in the queue */
	struct rb_node run_node;	/* fair, eevdf: place in the tree */
	u64 load;			/* weight by nice value and policy */
	u64 weight;			/* what of it its task groups leave: counts in rq->load */
	u64 vruntime;			/* fair, eevdf: run time divided by weight */
	u64 deadline;			/* eevdf: virtual deadline */
	u64 least_vruntime;		/* eevdf: of the subtree below run_node */
	s64 lag;			/* eevdf: kept while it is not queued; ns of real time */
	u64 slice;			/* length of a turn, ns; 0 = no end */
	u64 request;			/* eevdf: the slice it asked for; 0 = the usual one */
	u64 turn_start;			/* sum_exec_runtime when the turn began */
	u64 exec_start;			/* rq clock at the last update */
	u64 sum_exec_runtime;		/* ns on a CPU, ever */
	u64 wait_start, wait_sum;	/* runnable but not running */
	u64 arrived;			/* rq clock when it came from another CPU */
	u64 nr_migrations;
	bool placed;			/* was queued by this class before: vruntime is its own */
};

/*
 * The seam: a policy is one of these. All functions are called with the rq lock held and interrupts
 * off. The running task belongs to its policy's queue while it runs, and leaves it when it sleeps.
 * Who needs no task_fork or migrate_task leaves them out.
 */
struct sched_class {
	const char *name;		/* what sched= calls it */
	void (*enqueue_task)(struct rq *rq, struct task_struct *p, int flags);
	void (*dequeue_task)(struct rq *rq, struct task_struct *p, int flags);
	struct task_struct *(*pick_next_task)(struct rq *rq);	/* NULL: this class has nobody */
	/* update_curr(), the turn is given up, and then as pick_next_task(). Not idle's. */
	struct task_struct *(*yield_task)(struct rq *rq);
	void (*task_tick)(struct rq *rq, struct task_struct *p);
	/* woken, of the same class as the running task, was queued: resched_curr() if it should
	 * run now */
	void (*check_preempt)(struct rq *rq, struct task_struct *woken);
	/* p begins in this class, as a new task (no lock held) or coming from another */
	void (*task_fork)(struct task_struct *p);
	/* p, not queued, leaves from for another CPU; it will be queued there with
	 * ENQUEUE_MIGRATED */
	void (*migrate_task)(struct rq *from, struct task_struct *p);
	void (*update_curr)(struct rq *rq);	/* charge the running task up to now */
	/* the queued tasks one after the other, of those that wait who runs next first; p == NULL:
	 * the first. NULL: no more */
	struct task_struct *(*next_queued)(struct rq *rq, struct task_struct *p);
	void (*init)(void);		/* optional: this class was chosen by sched= */
	void (*report)(void);		/* optional: last words for the log, no lock held */
};
#define ENQUEUE_WAKEUP 1
#define ENQUEUE_MIGRATED 2
#define DEQUEUE_SLEEP 1			/* the running task sleeps: update_curr(), too */

/*
 * Task groups: tasks that share the weight of one. Policies fair and eevdf obey them, rr does not.
 * p->sched_task_group (r) is inherited at fork; who keeps groups in a hierarchy of its own
 * (cgroups) moves tasks and destroys a group when nobody is in it.
 */
struct task_group;
extern struct task_group root_task_group;
struct task_group *sched_create_group(struct task_group *parent);	/* ERR_PTR(-ENOMEM); may
									 * sleep */
void sched_destroy_group(struct task_group *tg);	/* no tasks or groups in it any more */
void sched_move_task(struct task_struct *p, struct task_group *tg);	/* any task, any context;
									 * takes its rq lock */
/* 1..10000, like cpu.weight of cgroups; 100 is the default, and what one task of nice 0 has */
void sched_group_set_weight(struct task_group *tg, unsigned long weight);

/* --- switching and waking --- */

/* Gives up the CPU; returns when the task runs again. May be called with p->state set to a
 * sleeping state. */
void schedule(void);
/* Sleeps in the state set before, at most until deadline (ktime ns). Returns the ns that were
 * left, 0 = timed out. */
u64 schedule_hrtimeout(u64 deadline);
/* The task that comes in calls this first, on its own stack, with the rq lock of schedule()
 * still held. */
void finish_task_switch(struct task_struct *prev);
/* C half of ret_from_fork: finish_task_switch() for a task that never called schedule(). */
void schedule_tail(struct task_struct *prev);
/* Makes p runnable if its state is in mode. True when this call woke it. Any context. */
bool try_to_wake_up(struct task_struct *p, unsigned int mode);
bool wake_up_process(struct task_struct *p);		/* TASK_NORMAL */
bool wake_up_state(struct task_struct *p, unsigned int state);
void wake_up_new_task(struct task_struct *p);		/* first time, after copy_process */
/* A task with a signal: makes it run through the kernel exit soon, wherever it is. */
void kick_process(struct task_struct *p);
void resched_curr(struct rq *rq);
void scheduler_tick(bool from_user);	/* from the timer interrupt */
void cond_resched(void);
void sched_step(void);		/* pct.c: a task with TIF_SCHED_STEP enters the kernel */
void sched_report(void);	/* the machine is about to go down: the policy's last words */

/* Stores the state with a full barrier, so that the test of the condition that follows cannot
 * move before it. */
#define set_current_state(s) ((void)__atomic_exchange_n(&current->state, (s), __ATOMIC_SEQ_CST))
/* Only where no condition is tested afterwards. */
#define __set_current_state(s) WRITE_ONCE(current->state, (s))

/* --- life of a task --- */
void sched_init(void);				/* run queues; which policy (sched=) */
void sched_init_idle(struct task_struct *p, int cpu);	/* p is cpu's idle task and running there */
void sched_fork(struct task_struct *p);		/* scheduling fields of a new task; may be called
						 * with nothing held */
struct task_struct *cpu_curr(int cpu);		/* a snapshot: may be wrong by the time it is
						 * read */
int set_cpus_allowed(struct task_struct *p, cpumask_t mask);	/* -EINVAL when no CPU is left */
void set_user_nice(struct task_struct *p, int nice);
/* Priority inheritance: runs p at prio (MAX_PRIO: back to its own). */
void sched_setprio_pi(struct task_struct *p, int prio);
char task_state_char(const struct task_struct *p);
char state_char(unsigned int state);	/* of p->state alone */
/* utime/stime in ns, exact up to now. */
void task_cputime(struct task_struct *p, u64 *utime, u64 *stime);
u64 task_sched_runtime(struct task_struct *p);
/* fn(p, arg) with p's rq lock held: while it runs p neither begins nor ceases to run, and
 * p->on_cpu says which. fn's result. */
int task_call_func(struct task_struct *p, int (*fn)(struct task_struct *p, void *arg), void *arg);
unsigned int nr_running(void);
void show_runqueues(void);		/* a line for each CPU into the log; any context */
unsigned long nr_context_switches(void);
void get_avenrun(unsigned long loads[3]);	/* fixed point, 11 bits, as Linux's */
u64 cpu_idle_time(int cpu);		/* ns */
/* debug.c: for /proc */
struct seq_file;
int schedstat_show(struct seq_file *m, void *unused);
int sched_debug_show(struct seq_file *m, void *unused);
int proc_pid_schedstat_show(struct seq_file *m, struct task_struct *p);
int proc_pid_sched_show(struct seq_file *m, struct task_struct *p);
extern int sysctl_sched_rt_period, sysctl_sched_rt_runtime;	/* rt.c */
