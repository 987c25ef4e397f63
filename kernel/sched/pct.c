/*
 * A policy that looks for races: probabilistic concurrency testing. An ordinary policy runs nearly
 * the same schedule every time, so a program with a race works for years. This one runs a program
 * as unluckily as a seed says:
 *
 *  - each thread gets a random priority when it is made, and the strongest that can run does run,
 *    always: so some thread is held up for as long as all others can go on;
 *  - at depth - 1 random points of the program's life whoever runs becomes weaker than all others.
 *
 * A bug needs some steps in a certain order; how many such constraints is its depth (an
 * initialisation that comes too late: 1; a lost wake-up: 2). With n threads that take k steps a
 * schedule finds a bug of depth d with a probability of at least 1 / (n * k^(d-1)), whatever the
 * program does with its time: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler
 * with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010. tools/explore tries the seeds.
 *
 * A step is the entry to a system call: what threads do to each other passes through there, or is
 * one load or store. For the latter half of the points are moments in time instead.
 *
 * Neither falls within a system call, where the kernel has its own races. For those sched.walk=N,
 * in a kernel with DEBUG=1: on each occasion to preempt a thread under test in the kernel, in most
 * cases as it releases a lock, it draws a new priority with a probability of 1 / N. That gives no
 * guarantee, but a window of a few instructions comes by often.
 *
 * Two things the paper need not care about: a thread that yields, or computes for HOG_NS, or makes
 * another wait for twice that, goes behind all others, or programs that poll would never end
 * (it gets less time once the program is far older than its change points); and PID 1, kernel
 * threads and their like come before all, in order, since they are not under test.
 *
 * Locks: called with rq->lock held. sched_step() and the timer take it.
 */
#include "kernel/printk.h"
#include "kernel/sched/rq.h"
#include "kernel/time/time.h"

#define HOG_NS (25 * TICK_NS)
#define OLD_HOG_NS TICK_NS	/* the same later on */
#define OLD_NS NSEC_PER_SEC
#define MAX_DEPTH 16

/* se.vruntime is a task's rank here: the lowest runs. From strong to weak: */
#define RANK_SYSTEM 0UL			/* not under test */
#define RANK_RANDOM (1UL << 40)		/* as drawn */
#define RANK_CHANGED (1UL << 56)	/* by change point i: this - i; the last is strongest */
#define RANK_LAST (1UL << 57)		/* yielded: one more each time */

static u64 seed;
static unsigned long nr_points;		/* constant after init_pct() */
static u64 horizon_ns;			/* the same */
static struct {
	bool timed;
	u64 at;			/* step number, or ns after the first step */
} points[MAX_DEPTH];		/* constant after init_pct(); the timer clears those that passed */
static u64 nr_draws, nr_steps, last_rank;	/* atomic */
static u64 first_step;		/* ktime; written by whoever takes step 1 */
static struct hrtimer timer;	/* the timed points */

static u64 next_number(u64 *counter)
{
	return __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* The next number of the sequence that the seed means: a counter, well stirred (splitmix64). */
static u64 draw(void)
{
	u64 z = seed + next_number(&nr_draws) * 0x9e3779b97f4a7c15UL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebUL;
	return z ^ z >> 31;
}

/* --- the queue: a tree ordered by rank --- */

static bool stronger(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct task_struct, se.run_node)->se.vruntime <
	       rb_entry(b, struct task_struct, se.run_node)->se.vruntime;
}

static void enqueue_task_pct(struct rq *rq, struct task_struct *p, int flags)
{
	p->se.weight = NICE_0_WEIGHT;
	start_turn(&p->se);
	rb_add_cached(&p->se.run_node, &rq->pct_queue, stronger);
}

static void update_curr_pct(struct rq *rq)
{
	update_curr_runtime(rq);
}

static void dequeue_task_pct(struct rq *rq, struct task_struct *p, int flags)
{
	if (flags & DEQUEUE_SLEEP)
		update_curr_pct(rq);
	rb_erase_cached(&p->se.run_node, &rq->pct_queue);
}

static struct task_struct *next_queued_pct(struct rq *rq, struct task_struct *p)
{
	struct rb_node *next = p ? rb_next(&p->se.run_node) : rb_first_cached(&rq->pct_queue);

	return rb_entry_safe(next, struct task_struct, se.run_node);
}

static struct task_struct *pick_next_task_pct(struct rq *rq)
{
	return next_queued_pct(rq, NULL);
}

/* The running task, of this class, goes to another place in the order. */
static void set_rank(struct rq *rq, u64 rank)
{
	struct task_struct *p = rq->curr;

	dequeue_task_pct(rq, p, 0);
	p->se.vruntime = rank;
	enqueue_task_pct(rq, p, 0);
}

static struct task_struct *yield_task_pct(struct rq *rq)
{
	update_curr_pct(rq);
	set_rank(rq, RANK_LAST + next_number(&last_rank));
	return pick_next_task_pct(rq);
}

static void task_tick_pct(struct rq *rq, struct task_struct *p)
{
	bool old = rq->clock > READ_ONCE(first_step) + OLD_NS + horizon_ns;
	u64 limit = old ? OLD_HOG_NS : HOG_NS;
	struct task_struct *next = next_queued_pct(rq, p);

	/* Two that wake each other for ever are no hogs, but the third waits all the same. */
	if (turn_used(&p->se) < limit && !(next && rq->clock - next->se.wait_start > 2 * limit))
		return;
	yield_task_pct(rq);
	resched_curr(rq);
}

static void check_preempt_pct(struct rq *rq, struct task_struct *woken)
{
	if (woken->se.vruntime < rq->curr->se.vruntime)
		resched_curr(rq);
}

/* Under test are the descendants of PID 1. (p may be an older task that comes from another
 * class.) */
static void task_fork_pct(struct task_struct *p)
{
	if (test_tsk_thread_flag(p->state == TASK_NEW ? current : p, TIF_SCHED_STEP) ||
	    (p->state == TASK_NEW && current->pid == 1)) {
		set_tsk_thread_flag(p, TIF_SCHED_STEP);
		p->se.vruntime = RANK_RANDOM + draw() % RANK_RANDOM;
	} else {
		p->se.vruntime = RANK_SYSTEM;
	}
}

/* --- the change points --- */

/* Whoever runs, if it is under test, becomes as weak as rank says. rq->lock held. */
static void change_curr(struct rq *rq, u64 rank)
{
	struct task_struct *p = rq->curr;

	if (p->sched_class != &pct_sched_class || !p->on_rq ||
	    !test_tsk_thread_flag(p, TIF_SCHED_STEP))
		return;
	set_rank(rq, rank);
	resched_curr(rq);
}

/* The same; interrupts are on, no lock held. */
static void change_now(u64 rank)
{
	struct rq *rq;

	local_irq_disable();
	rq = this_rq();
	spin_lock(&rq->lock);
	change_curr(rq, rank);
	spin_unlock_irq(&rq->lock);
}

/* A thread under test enters the kernel. May be preempted before it returns: that is the point. */
void sched_step(void)
{
	u64 step = next_number(&nr_steps);

	if (step == 1) {
		first_step = ktime_get();
		hrtimer_start(&timer, first_step + 1);
	}
	for (unsigned long i = 0; i < nr_points; i++) {
		if (!points[i].timed && points[i].at == step)
			change_now(RANK_CHANGED - i);
	}
}

/* Interrupts are off. Returns when it is to be called again. */
static u64 timed_points(struct hrtimer *t)
{
	struct rq *rq = this_rq();
	u64 next = 0, now = ktime_get();

	spin_lock(&rq->lock);
	for (unsigned long i = 0; i < nr_points; i++) {
		u64 at = first_step + points[i].at;

		if (!points[i].timed)
			continue;
		if (at <= now) {
			points[i].timed = false;
			points[i].at = 0;	/* no step has this number: it is done */
			change_curr(rq, RANK_CHANGED - i);
		} else if (!next || at < next) {
			next = at;
		}
	}
	spin_unlock(&rq->lock);
	return next;
}

/* --- the walk --- */

#ifdef CONFIG_DEBUG
unsigned long sched_walk_odds;	/* constant after init_pct() */
static u64 nr_redrawn;		/* atomic */

/* The preempt count is about to fall. */
void sched_walk(void)
{
	if (preempt_count() != 1 || irqs_disabled() ||
	    !test_tsk_thread_flag(current, TIF_SCHED_STEP) || draw() % sched_walk_odds)
		return;
	next_number(&nr_redrawn);
	change_now(RANK_RANDOM + draw() % RANK_RANDOM);
}
#endif

static void init_walk(void)
{
	long odds = cmdline_number("sched.walk", 0);

#ifdef CONFIG_DEBUG
	sched_walk_odds = odds > 0 ? (unsigned long)odds : 0;
#else
	if (odds)
		pr_warn("pct: sched.walk needs a kernel with DEBUG=1\n");
#endif
}

static void init_pct(void)
{
	long depth = cmdline_number("sched.depth", 3), steps = cmdline_number("sched.steps", 500);
	long us = cmdline_number("sched.time", 100000);
	u64 horizon_steps = steps > 0 ? (u64)steps : 1;

	horizon_ns = us > 0 ? (u64)us * NSEC_PER_USEC : 1;
	seed = (u64)cmdline_number("sched.seed", 1);
	nr_points = depth < 1 ? 0 : depth > MAX_DEPTH ? MAX_DEPTH - 1 : (unsigned long)depth - 1;
	hrtimer_setup(&timer, timed_points);
	for (unsigned long i = 0; i < nr_points; i++) {
		points[i].timed = draw() & 1;
		points[i].at = draw() % (points[i].timed ? horizon_ns : horizon_steps) + 1;
	}
	nr_draws = MAX_DEPTH * 2;	/* the priorities do not depend on the depth */
	init_walk();
}

static void report_pct(void)
{
	u64 us = nr_steps ? (ktime_get() - first_step) / NSEC_PER_USEC : 0;

	pr_info("pct: %lu steps, %lu us\n", (unsigned long)nr_steps, (unsigned long)us);
#ifdef CONFIG_DEBUG
	if (sched_walk_odds)
		pr_info("pct: %lu priorities drawn anew\n", (unsigned long)nr_redrawn);
#endif
}

const struct sched_class pct_sched_class = {
	.name = "pct",
	.enqueue_task = enqueue_task_pct,
	.dequeue_task = dequeue_task_pct,
	.pick_next_task = pick_next_task_pct,
	.yield_task = yield_task_pct,
	.task_tick = task_tick_pct,
	.check_preempt = check_preempt_pct,
	.task_fork = task_fork_pct,
	.update_curr = update_curr_pct,
	.next_queued = next_queued_pct,
	.init = init_pct,
	.report = report_pct,
};
