/*
 * The core of the scheduler: schedule(), the switch, wake-ups, the tick. Which task runs next is
 * the business of a sched_class (class.c has the list).
 *
 * Locks: rq->lock, interrupts off. It is held across the switch: the task that leaves takes it, the
 * task that comes in releases it (finish_task_switch). So whoever holds it sees every task of that
 * queue either running on its CPU or completely off it, never halfway.
 */
#include "asm/processor.h"
#include "asm/switch_to.h"
#include "asm/uaccess.h"
#include "kernel/entry.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/sched/rq.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include "kernel/trace/sched_switch.h"
#include "kernel/trace/trace.h"
#include "kernel/wq/wq.h"

struct rq runqueues[NR_CPUS];

struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags)
{
	for (;;) {
		int cpu = READ_ONCE(p->cpu);
		struct rq *rq = cpu_rq(cpu);

		spin_lock_irqsave(&rq->lock, *flags);
		if (likely(cpu == p->cpu))	/* p->cpu changes only under the lock of the
						 * queue it leaves */
			return rq;
		spin_unlock_irqrestore(&rq->lock, *flags);
	}
}

void double_rq_lock(struct rq *a, struct rq *b)
{
	if (a->cpu > b->cpu)
		double_rq_lock(b, a);
	else {
		spin_lock(&a->lock);
		if (a != b)
			spin_lock(&b->lock);
	}
}

void double_rq_unlock(struct rq *a, struct rq *b)
{
	rq_unlock(a);
	if (a != b)
		rq_unlock(b);
}

/* rq lock held. The running task is to call schedule() soon: at its next way out of the kernel,
 * or when its preempt count falls to 0. On another CPU it is interrupted for that as soon as the
 * lock is free: by rq_unlock() or task_rq_unlock(). */
void resched_curr(struct rq *rq)
{
	if (test_tsk_thread_flag(rq->curr, TIF_NEED_RESCHED))
		return;
	set_tsk_thread_flag(rq->curr, TIF_NEED_RESCHED);
	if (rq->cpu == smp_processor_id())
		this_cpu(preempt_count) &= ~PREEMPT_NO_RESCHED;
	else
		smp_send_reschedule(rq->cpu);
}

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

void activate_task(struct rq *rq, struct task_struct *p, int flags)
{
	p->on_rq = 1;
	p->se.wait_start = rq->clock;
	if (flags & ENQUEUE_MIGRATED)
		p->se.arrived = rq->clock;
	rq->nr_running++;
	enqueue_task(rq, p, flags);
}

void deactivate_task(struct rq *rq, struct task_struct *p, int flags)
{
	rq->nr_running--;
	dequeue_task(rq, p, flags);
	p->on_rq = 0;
}

void leave_cpu(struct rq *from, struct task_struct *p, int cpu)
{
	if (p->sched_class->migrate_task)
		p->sched_class->migrate_task(from, p);
	trace_sched_migrate_task(p, from->cpu, cpu);
	p->cpu = cpu;
	p->se.nr_migrations++;
}

void check_preempt_curr(struct rq *rq, struct task_struct *p)
{
	if (rq->curr == rq->idle)
		resched_curr(rq);
	else if (p->sched_class != rq->curr->sched_class && p->prio < rq->curr->prio)
		resched_curr(rq);
	/* Who exits wakes those that wait for its end, and leaves the CPU to them soon anyway. */
	else if (p->sched_class == rq->curr->sched_class && !(rq->curr->flags & PF_EXITING))
		p->sched_class->check_preempt(rq, p);
}

void move_queued_task(struct rq *from, struct rq *to, struct task_struct *p)
{
	deactivate_task(from, p, 0);
	leave_cpu(from, p, to->cpu);
	update_rq_clock(to);
	activate_task(to, p, ENQUEUE_MIGRATED);
	check_preempt_curr(to, p);
}

/* --- the switch --- */

/*
 * Gives the new task its address space. A kernel thread has none and runs on whatever is loaded
 * (active_mm): the kernel's half is the same everywhere. The borrowed mm is kept alive by mm_count
 * and dropped once we no longer stand on it, in finish_task_switch().
 */
static noinline void switch_address_space(struct rq *rq, struct task_struct *prev,
					  struct task_struct *next)
{
	struct mm_struct *old = prev->active_mm;

	if (!next->mm) {
		next->active_mm = old;
		if (prev->mm)
			atomic_inc(&old->mm_count);
		else
			prev->active_mm = NULL;	/* the loan goes on to next */
		return;
	}
	if (old != next->mm)
		switch_mm(old, next->mm);
	if (!prev->mm) {
		prev->active_mm = NULL;
		rq->prev_mm = old;
		rq->aftermath = true;
	}
}

/*
 * From prev to next. The call of switch_to() is entered by prev and left, some time later, by prev
 * again; what happens in between on this CPU is other tasks' code behind their own call of it.
 * Local variables are prev's throughout. Only "last", handed over in a register, comes from the
 * other side: the task that ran on this CPU immediately before prev came back.
 */
static void context_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	struct task_struct *last;

	next->on_cpu = 1;
	if (next->mm != prev->mm || !next->mm)	/* not threads of one process */
		switch_address_space(rq, prev, next);
	switch_thread_state(prev, next);
	lock_pass_on(prev, next);
	last = switch_to(prev, next);
	finish_task_switch(last);
}

/* p is runnable, on no queue and on no CPU, and p->cpu, which names the queue, was changed under
 * the lock of the one it left. */
static void place_task(struct task_struct *p)
{
	struct rq *rq = cpu_rq(p->cpu);

	spin_lock_irq(&rq->lock);
	while (!(p->cpus_mask & 1UL << rq->cpu)) {	/* changed again meanwhile */
		p->cpu = select_task_rq(p);
		spin_unlock_irq(&rq->lock);
		rq = cpu_rq(p->cpu);
		spin_lock_irq(&rq->lock);
	}
	update_rq_clock(rq);
	activate_task(rq, p, ENQUEUE_MIGRATED);
	check_preempt_curr(rq, p);
	rq_unlock(rq);
	local_irq_enable();
}

static noinline void finish_aftermath(struct rq *rq, struct task_struct *prev)
{
	struct mm_struct *mm = rq->prev_mm;
	bool dead = prev->state == TASK_DEAD && !prev->on_rq;	/* on_rq: preempted on its way to
								 * its last schedule() */
	bool misplaced = prev->state == TASK_RUNNING && !prev->on_rq && prev != rq->idle;

	rq->aftermath = false;
	rq->prev_mm = NULL;
	if (misplaced)
		leave_cpu(rq, prev, select_task_rq(prev));
	prev->on_cpu = 0;
	__spin_unlock(&rq->lock);
	local_irq_enable();
	if (misplaced)
		place_task(prev);
	if (mm)
		mmdrop(mm);
	if (dead)
		put_task_struct(prev);	/* the reference a running task has on itself; it could
					 * not drop its own stack */
}

void finish_task_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();

	if (unlikely(rq->aftermath)) {
		finish_aftermath(rq, prev);
		return;
	}
	prev->on_cpu = 0;	/* its stack is free to be run elsewhere, or to be freed */
	__spin_unlock(&rq->lock);
	local_irq_enable();
}

void schedule_tail(struct task_struct *prev)
{
	finish_task_switch(prev);
	preempt_enable();
	if (current->set_child_tid)
		(void)put_user(task_pid_vnr(current), current->set_child_tid);
}

/* --- choosing --- */

/* Was a switch asked for? Then this is it. */
static bool clear_resched(struct task_struct *curr)
{
	if (likely(!test_tsk_thread_flag(curr, TIF_NEED_RESCHED)))
		return false;
	clear_tsk_thread_flag(curr, TIF_NEED_RESCHED);
	this_cpu(preempt_count) |= PREEMPT_NO_RESCHED;
	return true;
}

/*
 * One reason to ask is that prev must not run on this CPU any more (set_cpus_allowed): it leaves
 * the queue, and finish_task_switch() moves it. A sleeper that was preempted before it tested its
 * condition stays: should it run on, the tick asks again.
 */
static noinline void expel_misplaced(struct rq *rq, struct task_struct *prev)
{
	if (likely(prev->cpus_mask & 1UL << rq->cpu) || prev->state != TASK_RUNNING)
		return;
	deactivate_task(rq, prev, 0);
	rq->aftermath = true;
}

/* Real time first. */
static noinline struct task_struct *pick_rarely(struct rq *rq, struct task_struct *prev)
{
	struct task_struct *p = NULL;

	if (!rq->nr_running) {
		newidle_balance(rq);
		clear_resched(prev);	/* what came asked for the switch that is under way */
	}
	if (rq->rt.nr_running)
		p = rt_sched_class.pick_next_task(rq);
	if (!p)
		p = normal_sched_class->pick_next_task(rq);
	rq->idle->se.wait_start = rq->clock;	/* it does not wait */
	return p ? p : rq->idle;
}

static struct task_struct *pick_next_task(struct rq *rq, struct task_struct *prev)
{
	if (unlikely(!rq->nr_running || rq->rt.nr_running))
		return pick_rarely(rq, prev);
	return normal_sched_class->pick_next_task(rq);
}

static void count_switch(struct rq *rq, struct task_struct *next)
{
	u64 waited = rq->clock - next->se.wait_start;

	rq->nr_switches++;
	next->se.exec_start = rq->clock;
	next->se.wait_sum += waited;
	rq->wait_ns += waited;
}

/* Does prev go to sleep, or for ever? Not when a signal came that ends this sleep. */
static bool leaves_queue(struct task_struct *prev)
{
	if (likely(!signal_pending_state(prev->state, prev)))
		return true;
	prev->state = TASK_RUNNING;
	return false;
}

/* PREEMPTED: prev did not ask for it. Then its state does not count: it may have been set by a
 * sleeper that has not tested its condition yet. */
enum why { ASKED, YIELDED, PREEMPTED = TRACE_PREEMPTED };

/* With one preempt count, the caller's. Each caller has a copy of its own, for its reason. */
static __always_inline void __schedule(enum why why)
{
	struct task_struct *prev = current, *next;
	bool chosen = why == YIELDED;
	unsigned long *count = &prev->nivcsw;
	struct rq *rq;

	local_irq_disable();
	rq = this_rq();
	if (why == YIELDED && rq->nr_running < 2) {	/* who joins later comes after this call */
		local_irq_enable();
		return;
	}
	__spin_lock(&rq->lock);
	update_rq_clock(rq);
	if (why == ASKED && prev->state != TASK_RUNNING && leaves_queue(prev)) {
		count = &prev->nvcsw;
		rq->aftermath = prev->state == TASK_DEAD;
		deactivate_task(rq, prev, DEQUEUE_SLEEP);
		clear_resched(prev);
	} else {
		prev->se.wait_start = rq->clock;
		if (why == YIELDED) {
			rq->nr_yields++;
			next = prev->sched_class->yield_task(rq);
		} else {
			prev->sched_class->update_curr(rq);
		}
		if (clear_resched(prev)) {
			expel_misplaced(rq, prev);
			chosen = false;
		}
	}
	if (!chosen || unlikely(rq->rt.nr_running))
		next = pick_next_task(rq, prev);
	if (next == prev) {
		__spin_unlock(&rq->lock);
		local_irq_enable();
		return;
	}
	++*count;
	count_switch(rq, next);
	trace_sched_switch(prev, next, why);
	rq->curr = next;
	context_switch(rq, prev, next);	/* releases the lock, on the other side */
}

void __flatten schedule(void)
{
	if (unlikely(preempt_count()))
		panic("scheduling while atomic: %s/%d, preempt_count %d", current->comm,
		      current->pid, preempt_count());
	if (unlikely(current->flags & PF_WQ_WORKER))
		wq_worker_sleeping(current);
	do {
		preempt_disable();
		__schedule(ASKED);
	} while (unlikely(preempt_dec_and_test()));
	if (unlikely(current->flags & PF_WQ_WORKER))
		wq_worker_running(current);
}

__flatten SYSCALL_DEFINE(sched_yield, void)
{
	preempt_disable();
	__schedule(YIELDED);
	preempt_enable();
	return 0;
}

/*
 * Interrupts on or off before, off afterwards, and before the count falls: an interrupt that waits
 * for them to come on would otherwise be taken here, be preempted here, and so on: one deeper with
 * every switch, until the stack is full.
 */
static noinline __flatten void preempt_curr(void)
{
	do {
		preempt_disable();
		__schedule(PREEMPTED);
		local_irq_disable();
	} while (preempt_dec_and_test());
}

/* The preempt count fell to 0 with a reschedule due. With interrupts off it waits for irq_exit(),
 * or for the next time. */
void preempt_schedule(void)
{
	if (preempt_count() || irqs_disabled())
		return;
	preempt_curr();
	local_irq_enable();
}

void cond_resched(void)
{
	if (need_resched() && !preempt_count())
		preempt_schedule();
}

/* --- waking --- */

/* p, woken on from, is to run on cpu: gives up from's lock for the one of the queue where p may
 * run. Off every queue, off every CPU, state RUNNING: nobody else wakes it, it is ours to move. */
static noinline struct rq *migrate_woken(struct rq *from, struct task_struct *p, int cpu)
{
	struct rq *rq = from;

	leave_cpu(from, p, cpu);
	for (;;) {
		spin_unlock(&rq->lock);
		rq = cpu_rq(cpu);
		spin_lock(&rq->lock);
		if (p->cpus_mask & 1UL << cpu)
			return rq;
		p->cpu = cpu = select_task_rq(p);	/* the mask has changed meanwhile */
	}
}

bool __flatten try_to_wake_up(struct task_struct *p, unsigned int mode)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	int cpu, how = ENQUEUE_WAKEUP;

	if (!(p->state & mode)) {
		task_rq_unlock(rq, flags);
		return false;
	}
	WRITE_ONCE(p->state, TASK_RUNNING);
	if (p->on_rq) {		/* it has not left the queue yet and now will not: wait.c has the
				 * argument */
		trace_sched_waking(p, rq->cpu);
		task_rq_unlock(rq, flags);
		return true;
	}
	/* Still on its CPU: schedule() there has let go of the lock to look for work elsewhere, and
	 * will find p. */
	cpu = p->on_cpu ? rq->cpu : select_task_rq(p);
	if (unlikely(cpu != rq->cpu)) {
		rq = migrate_woken(rq, p, cpu);
		how |= ENQUEUE_MIGRATED;
	}
	trace_sched_waking(p, rq->cpu);
	update_rq_clock(rq);
	rq->nr_wakeups++;
	rq->nr_local_wakeups += rq->cpu == smp_processor_id();
	activate_task(rq, p, how);
	check_preempt_curr(rq, p);
	task_rq_unlock(rq, flags);
	return true;
}

bool wake_up_process(struct task_struct *p)
{
	return try_to_wake_up(p, TASK_NORMAL);
}

bool wake_up_state(struct task_struct *p, unsigned int state)
{
	return try_to_wake_up(p, state);
}

void wake_up_new_task(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq;

	p->cpu = select_task_rq(p);
	rq = cpu_rq(p->cpu);
	spin_lock_irqsave(&rq->lock, flags);
	p->state = TASK_RUNNING;
	trace_sched_wakeup_new(p, rq->cpu);
	update_rq_clock(rq);
	activate_task(rq, p, 0);
	check_preempt_curr(rq, p);
	task_rq_unlock(rq, flags);
}

/* A task that runs in user mode on another CPU does not look at its flags by itself. */
void kick_process(struct task_struct *p)
{
	preempt_disable();
	if (p->on_cpu && p->cpu != smp_processor_id())
		smp_send_reschedule(p->cpu);
	preempt_enable();
}

/* --- the tick --- */

void scheduler_tick(bool from_user)
{
	struct rq *rq = this_rq();
	struct task_struct *p;

	spin_lock(&rq->lock);
	p = rq->curr;
	update_rq_clock(rq);
	if (p != rq->idle) {
		if (from_user)
			p->utime_ticks++;
		else
			p->stime_ticks++;
		p->sched_class->update_curr(rq);
		p->sched_class->task_tick(rq, p);
		/* the throttle's period may be over */
		if (p->prio >= MAX_RT_PRIO && rq->rt.nr_running && !rt_throttled(rq))
			resched_curr(rq);
		if (unlikely(!(p->cpus_mask & 1UL << rq->cpu)))	/* see expel_misplaced() */
			resched_curr(rq);
	}
	spin_unlock(&rq->lock);
	periodic_balance(rq);
	calc_global_load(rq->clock);
}

/* Another CPU has set the flag, or only wants us to pass through the kernel's exit. Its way back
 * does the rest. */
void reschedule_interrupt(void)
{
	if (need_resched())
		this_cpu(preempt_count) &= ~PREEMPT_NO_RESCHED;
}

void irq_enter(void)
{
	this_cpu(preempt_count) += HARDIRQ_OFFSET;
}

/* Interrupts are off. If the interrupted kernel code may be preempted, this is where it is. */
void irq_exit(void)
{
	this_cpu(preempt_count) -= HARDIRQ_OFFSET;
	if (!this_cpu(preempt_count))
		preempt_curr();
}
