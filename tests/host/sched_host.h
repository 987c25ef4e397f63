/*
 * A pretended machine for the host tests of kernel/sched: run queues and tasks without locks,
 * stacks and interrupts, a clock that the test moves, and a random program of sleeps, wake-ups,
 * yields and changes of nice value that runs under the policy of normal_sched_class. What the core
 * does with a policy is done here in the same order. The policies are the kernel's own source.
 */
#pragma once

#define ktime_get real_ktime_get	/* here time is what the test says */
#include "asm/processor.h"
#undef ktime_get
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/sync/sync.h"

static u64 ktime_get(void);

#define spin_lock(l) ((void)(l))
#define spin_unlock(l) ((void)(l))
#undef spin_lock_irqsave
#define spin_lock_irqsave(l, f) ((void)(l), (f) = 0)
#define spin_unlock_irqrestore(l, f) ((void)(l), (void)(f))
#undef smp_send_reschedule
#define smp_send_reschedule(cpu) ((void)(cpu))

#include "kernel/sched/rq.h"
#include "kernel/time/time.h"
#include "libk/rbtree.c"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void panic(const char *fmt, ...)
{
	assert(!fmt);
	__builtin_unreachable();
}

void *calloc(size_t n, size_t size);
void free(void *p);

#ifndef NTASKS
#define NTASKS 64
#endif

struct rq runqueues[NR_CPUS];
struct cpu cpus[NR_CPUS];
int nr_cpus = 1;
const struct sched_class *normal_sched_class;
static struct task_struct idles[NR_CPUS], tasks[NTASKS];
static bool resched[NR_CPUS];
static void (*balance)(struct rq *rq);	/* when a CPU would go idle, or NULL */
static u64 now = 1000000000;

/* The same numbers in every run. */
static u32 random_below(u32 n)
{
	static u32 seed = 1;

	seed = seed * 1664525 + 1013904223;
	return (u32)((u64)(seed >> 8) * n >> 24);
}

static u64 ktime_get(void)
{
	return now;
}

void resched_curr(struct rq *rq)
{
	resched[rq->cpu] = true;
}

struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags)
{
	*flags = 0;
	return task_rq(p);
}

void double_rq_lock(struct rq *a, struct rq *b)
{
	assert(a != b);
}

void double_rq_unlock(struct rq *a, struct rq *b)
{
}

#undef task_rq_unlock
#define task_rq_unlock(rq, flags) ((void)(rq), (void)(flags))

void enqueue_task(struct rq *rq, struct task_struct *p, int flags)
{
	p->sched_class->enqueue_task(rq, p, flags);
	rq->load += p->se.weight;
}

void dequeue_task(struct rq *rq, struct task_struct *p, int flags)
{
	rq->load -= p->se.weight;
	p->sched_class->dequeue_task(rq, p, flags);
}

static void activate(struct rq *rq, struct task_struct *p, int flags)
{
	assert(!p->on_rq && p->cpu == rq->cpu && p->cpus_mask & 1UL << rq->cpu);
	p->on_rq = 1;
	if (flags & ENQUEUE_MIGRATED)
		p->se.arrived = rq->clock;
	rq->nr_running++;
	enqueue_task(rq, p, flags);
}

static void deactivate(struct rq *rq, struct task_struct *p, int flags)
{
	assert(p->on_rq && p->cpu == rq->cpu);
	p->on_rq = 0;
	rq->nr_running--;
	dequeue_task(rq, p, flags);
}

static void check_preempt(struct rq *rq, struct task_struct *p)
{
	if (rq->curr == rq->idle || p->prio < rq->curr->prio)
		resched_curr(rq);
	if (p->sched_class == rq->curr->sched_class)
		p->sched_class->check_preempt(rq, p);
}

void move_queued_task(struct rq *from, struct rq *to, struct task_struct *p)
{
	assert(p != from->curr && p->cpus_mask & 1UL << to->cpu);
	deactivate(from, p, 0);
	if (p->sched_class->migrate_task)
		p->sched_class->migrate_task(from, p);
	p->cpu = to->cpu;
	p->se.nr_migrations++;
	to->clock = now;
	activate(to, p, ENQUEUE_MIGRATED);
	check_preempt(to, p);
}

/* --- weights and task groups: the kernel's own --- */
static inline void *host_kzalloc(size_t size)
{
	return calloc(1, size);
}
#define kzalloc(size, gfp) host_kzalloc(size)
#define kfree(p) free(p)
#include "kernel/sched/group.c"

void set_load_weight(struct task_struct *p)
{
	p->se.load = NICE_0_WEIGHT;
	for (int nice = PRIO_TO_NICE(p->static_prio); nice < 0; nice++)
		p->se.load += p->se.load / 4;
	for (int nice = PRIO_TO_NICE(p->static_prio); nice > 0; nice--)
		p->se.load -= p->se.load / 5;
}

void sched_change_begin(struct rq *rq, struct task_struct *p)
{
	rq->clock = now;
	if (p == rq->curr && p->on_rq)
		p->sched_class->update_curr(rq);
	if (p->on_rq)
		dequeue_task(rq, p, 0);
}

void sched_change_end(struct rq *rq, struct task_struct *p)
{
	if (!p->on_rq)
		return;
	enqueue_task(rq, p, 0);
	resched_curr(rq);
}

/* --- the core --- */

static void machine_init(const struct sched_class *class, int n)
{
	normal_sched_class = class;
	nr_cpus = n;
	memset(runqueues, 0, sizeof(runqueues));
	memset(tasks, 0, sizeof(tasks));
	for (int cpu = 0; cpu < n; cpu++) {
		struct rq *rq = cpu_rq(cpu);

		rq->cpu = cpu;
		rq->curr = rq->idle = &idles[cpu];
		rq->clock = now;
		idles[cpu].prio = MAX_PRIO;
		idles[cpu].cpu = cpu;
		INIT_LIST_HEAD(&rq->rr_queue);
		INIT_LIST_HEAD(&rq->cfs.front);
		for (int i = 0; i < MAX_RT_PRIO; i++)
			INIT_LIST_HEAD(&rq->rt.queue[i]);
	}
}

static void task_init_host(struct task_struct *p, int nice)
{
	p->pid = (int)(p - tasks) + 1;
	p->policy = SCHED_NORMAL;
	p->static_prio = p->normal_prio = p->prio = NICE_TO_PRIO(nice);
	p->sched_class = normal_sched_class;
	p->sched_task_group = &root_task_group;
	p->cpus_mask = ~0UL;
	p->state = TASK_INTERRUPTIBLE;
	set_load_weight(p);
}

static inline void wake_on(struct task_struct *p, int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	int flags = ENQUEUE_WAKEUP;

	if (p->cpu != cpu && p->se.placed) {
		if (p->sched_class->migrate_task)
			p->sched_class->migrate_task(task_rq(p), p);
		flags |= ENQUEUE_MIGRATED;
	}
	p->cpu = cpu;
	p->state = TASK_RUNNING;
	rq->clock = now;
	activate(rq, p, flags);
	check_preempt(rq, p);
}

/* schedule(): how 0: preempted, 1: yields, 2: sleeps. */
static void switch_task(struct rq *rq, int how)
{
	struct task_struct *prev = rq->curr, *next = NULL;

	rq->clock = now;
	resched[rq->cpu] = false;
	if (prev != rq->idle) {
		if (how == 1)
			next = prev->sched_class->yield_task(rq);
		else
			prev->sched_class->update_curr(rq);
		if (how == 2) {
			prev->state = TASK_INTERRUPTIBLE;
			deactivate(rq, prev, DEQUEUE_SLEEP);
		}
	}
	if (!rq->nr_running && balance)
		balance(rq);
	if (how == 1 && !rq->rt.nr_running)
		assert(next);
	else if (rq->rt.nr_running)
		next = rt_sched_class.pick_next_task(rq);
	if (!next)
		next = normal_sched_class->pick_next_task(rq);
	assert(!next == !rq->nr_running);	/* somebody runs if anybody can */
	if (!next)
		next = rq->idle;
	next->se.exec_start = rq->clock;
	rq->curr = next;
}

static void tick(struct rq *rq)
{
	rq->clock = now;
	if (rq->curr == rq->idle)
		return;
	rq->curr->sched_class->update_curr(rq);
	rq->curr->sched_class->task_tick(rq, rq->curr);
}

/* Each runnable task stands in its queue once, nobody else does, and the sums are right. */
static void check_queue(struct rq *rq, const struct sched_class *class, unsigned int others)
{
	struct task_struct *p = NULL;
	unsigned int n = 0, runnable = 0;
	u64 load = 0;

	while ((p = class->next_queued(rq, p))) {
		assert(p->on_rq && p->cpu == rq->cpu && n < NTASKS);
		load += p->se.weight;
		n++;
	}
	for (int i = 0; i < NTASKS; i++)
		runnable += tasks[i].on_rq && tasks[i].cpu == rq->cpu &&
			    tasks[i].sched_class == class;
	assert(n == runnable && n + others == rq->nr_running);
	assert(others || load == rq->load);
}

/* One step of the random program on a machine of one CPU: time passes, then something happens. */
static inline void random_step(struct rq *rq, int ntasks)
{
	struct task_struct *p = &tasks[random_below((u32)ntasks)];

	now += 1 + random_below(TICK_NS);
	switch (random_below(8)) {
	case 0:
		if (rq->curr != rq->idle)
			switch_task(rq, 2);
		break;
	case 1:
		if (rq->nr_running > 1)
			switch_task(rq, 1);
		break;
	case 2:
	case 3:
		if (!p->on_rq)
			wake_on(p, rq->cpu);
		break;
	case 4:
		if (random_below(8))
			break;
		sched_change_begin(rq, p);
		p->static_prio = p->prio = NICE_TO_PRIO((int)random_below(40) - 20);
		set_load_weight(p);
		sched_change_end(rq, p);
		break;
	default:
		tick(rq);
	}
	if (resched[rq->cpu])
		switch_task(rq, 0);
}

/* Nobody sleeps: ticks only, for a time. */
static inline void run_for(struct rq *rq, u64 ns)
{
	for (u64 end = now + ns; now < end;) {
		now += TICK_NS;
		tick(rq);
		if (resched[rq->cpu])
			switch_task(rq, 0);
	}
}
