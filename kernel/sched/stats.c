/*
 * Birth of run queues and tasks as far as the scheduler is concerned, and the numbers it keeps: run
 * times, load, idle time.
 *
 * Locks: rq->lock where a consistent value matters; snapshots elsewhere, said at each function.
 */
#include "asm/processor.h"
#include "kernel/printk.h"
#include "kernel/sched/rq.h"
#include "kernel/time/time.h"
#include "libk/string.h"

static void sched_init_cpu(int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	spin_lock_init(&rq->lock, "rq->lock");
	rq->cpu = cpu;
	cpus[cpu].rq = rq;
	INIT_LIST_HEAD(&rq->rr_queue);
	INIT_LIST_HEAD(&rq->cfs.front);
	for (int i = 0; i < MAX_RT_PRIO; i++)
		INIT_LIST_HEAD(&rq->rt.queue[i]);
}

void sched_init(void)
{
	for (int cpu = 0; cpu < NR_CPUS; cpu++)
		sched_init_cpu(cpu);
	choose_normal_class();
}

/* Makes p the idle task of cpu: it runs there already (boot CPU) or as soon as the CPU starts. */
void sched_init_idle(struct task_struct *p, int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	p->sched_class = &idle_sched_class;
	p->prio = p->normal_prio = p->static_prio = MAX_PRIO;
	p->cpu = cpu;
	p->cpus_mask = 1UL << cpu;
	p->on_cpu = 1;
	p->state = TASK_RUNNING;
	rq->curr = rq->idle = p;
}

/* The child of the idle task, PID 1 or 2, starts as an ordinary task. With SCHED_RESET_ON_FORK a
 * child inherits nothing that is better than ordinary. */
void sched_fork(struct task_struct *p)
{
	bool first = current->sched_class == &idle_sched_class;

	INIT_LIST_HEAD(&p->se.run_list);
	p->state = TASK_NEW;
	p->cpu = smp_processor_id();
	if (p->sched_reset_on_fork || first) {
		if (first || rt_policy((int)p->policy)) {
			p->policy = SCHED_NORMAL;
			p->static_prio = DEFAULT_PRIO;
		}
		p->rt_priority = 0;
		p->static_prio = max(p->static_prio, DEFAULT_PRIO);
		p->sched_reset_on_fork = false;
	}
	if (first)
		p->cpus_mask = ~0UL;
	p->prio = p->normal_prio = normal_prio(p);	/* without a borrowed priority */
	set_load_weight(p);
	p->sched_class = class_of_prio(p->prio);
	if (p->sched_class->task_fork)
		p->sched_class->task_fork(p);
}

struct task_struct *cpu_curr(int cpu)
{
	return READ_ONCE(cpu_rq(cpu)->curr);
}

/* Exact to now, also for a task that runs on another CPU. */
u64 task_sched_runtime(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq;
	u64 ns;

	/* Off its CPU it gathers no time, and finish_task_switch() lowers on_cpu after the last
	 * of it was counted: no lock. */
	if (!smp_load_acquire(&p->on_cpu))
		return READ_ONCE(p->se.sum_exec_runtime);
	rq = task_rq_lock(p, &flags);
	ns = p->se.sum_exec_runtime;
	if (rq->curr == p && p->on_rq) {	/* since then nobody has charged it */
		update_rq_clock(rq);
		ns += rq->clock - p->se.exec_start;
	}
	task_rq_unlock(rq, flags);
	return ns;
}

int task_call_func(struct task_struct *p, int (*fn)(struct task_struct *p, void *arg), void *arg)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	int ret = fn(p, arg);

	task_rq_unlock(rq, flags);
	return ret;
}

/* The sum is exact; how it divides into user and system is what the ticks saw, as Linux does it
 * without full accounting. */
void task_cputime(struct task_struct *p, u64 *utime, u64 *stime)
{
	u64 total = task_sched_runtime(p);
	u64 ut = p->utime_ticks, st = p->stime_ticks;

	*utime = ut + st ? total / (ut + st) * ut + total % (ut + st) * ut / (ut + st) : 0;
	*stime = total - *utime;
}

unsigned int nr_running(void)
{
	unsigned int n = 0;

	for_each_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_running);
	return n;
}

void show_runqueues(void)
{
	for_each_cpu(cpu) {
		const struct rq *rq = cpu_rq(cpu);
		const struct task_struct *p = READ_ONCE(rq->curr);

		if (p)	/* none yet: a panic before sched_init() */
			printk(KERN_EMERG "CPU %d runs %.15s/%d, %u runnable, %llu switches\n", cpu,
			       p->comm, p->pid, rq->nr_running, rq->nr_switches);
	}
}

unsigned long nr_context_switches(void)
{
	unsigned long n = 0;

	for_each_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_switches);
	return n;
}

u64 cpu_idle_time(int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	guard(spinlock_irqsave)(&rq->lock);
	return rq->idle_ns +
	       (rq->curr == rq->idle ? ktime_get() - rq->idle->se.exec_start : 0);
}

/* --- load average: exponentially damped over 1, 5 and 15 minutes, a sample every 5 s, 11 bits
 * of fraction --- */

#define LOAD_PERIOD_NS (5 * NSEC_PER_SEC)
#define FIXED_1 2048UL
static const unsigned long decay[3] = { 1884, 2014, 2037 };	/* 2048 / e^(5 s / period) */
static unsigned long avenrun[3];
static u64 next_sample;
static DEFINE_SPINLOCK(load_lock);

/* From the tick. A system at rest has no tick, so several periods may have passed: they saw
 * nothing running. */
void calc_global_load(u64 now)
{
	if (now < READ_ONCE(next_sample) || !spin_trylock(&load_lock))
		return;
	for (int missed = 0; next_sample <= now && missed < 1000;
	     missed++, next_sample += LOAD_PERIOD_NS) {
		unsigned long active =
			next_sample + LOAD_PERIOD_NS > now ? nr_running() * FIXED_1 : 0;

		for (int i = 0; i < 3; i++)
			avenrun[i] =
				(avenrun[i] * decay[i] + active * (FIXED_1 - decay[i])) / FIXED_1;
	}
	next_sample = max(next_sample, now);
	spin_unlock(&load_lock);
}

void get_avenrun(unsigned long loads[3])
{
	calc_global_load(ktime_get());
	for (int i = 0; i < 3; i++)
		loads[i] = avenrun[i];
}

/* The letter of /proc/PID/stat and ps. A snapshot. */
char task_state_char(const struct task_struct *p)
{
	unsigned int state = READ_ONCE(p->state);
	int exit_state = READ_ONCE(p->exit_state);

	if (exit_state & EXIT_DEAD)
		return 'X';
	return exit_state & EXIT_ZOMBIE ? 'Z' : state_char(state);
}

char state_char(unsigned int state)
{
	if (state & TASK_DEAD)
		return 'X';
	if (state & __TASK_STOPPED)
		return 'T';
	if (state & __TASK_TRACED)
		return 't';
	if (state & TASK_PARKED)
		return 'P';
	if (state & TASK_FROZEN_IDLE)
		return 'I';
	if (state & TASK_UNINTERRUPTIBLE)
		return 'D';
	return state & TASK_INTERRUPTIBLE ? 'S' : 'R';
}
