/*
 * Timers with nanosecond resolution: one red-black tree per CPU, ordered by expiry, and the CPU's
 * one-shot hardware timer armed for its leftmost entry.
 *
 * A timer lives on the base of the CPU that started it last, so its handler runs where its user
 * ran. t->cpu names that base; whoever wants to change a timer locks the base and looks again
 * whether the timer is still there (lock_base()).
 *
 * The handler runs with the base lock dropped, while t->running is true. Two rules follow:
 * - t->running falls under the base lock, and the interrupt does not touch t after it dropped that
 *   lock. So once hrtimer_cancel() has seen, under the lock, a timer neither queued nor running,
 *   the timer may be freed: it may live on a sleeper's stack.
 * - A timer that is started while its handler runs stays on its base and is queued there; the
 *   interrupt finds it queued when the handler returns, forgets the value that was returned, and
 *   arms the hardware for it when it ends.
 *
 * The hardware is never set back when a timer is cancelled: it may fire once for nothing, which is
 * cheaper than arming it twice for every sleep that ends early. base->armed is what it is set to;
 * it is at or before the leftmost expiry except inside hrtimer_interrupt().
 *
 * Locks: the base's, interrupts off; nothing is taken under it. Relies on timer_arm() of the
 * architecture.
 */
#include "asm/processor.h"
#include "kernel/time/time.h"
#include "kernel/trace/trace.h"

struct timer_base {
	spinlock_t lock;
	struct rb_root_cached tree;	/* (b) queued timers, the next one first */
	u64 armed;			/* (b) the hardware fires then; U64_MAX = never */
	bool in_interrupt;		/* (b) hrtimer_interrupt() will arm the hardware */
};

static struct timer_base bases[NR_CPUS];

void hrtimers_init(void)
{
	for (int cpu = 0; cpu < NR_CPUS; cpu++) {
		spin_lock_init(&bases[cpu].lock, "timer base");
		bases[cpu].tree = RB_ROOT_CACHED;
		bases[cpu].armed = UINT64_MAX;
	}
}

/* Locks the base that t is on, interrupts off. */
static struct timer_base *lock_base(struct hrtimer *t, unsigned long *flags)
{
	for (;;) {
		int cpu = READ_ONCE(t->cpu);

		if (cpu >= 0) {
			struct timer_base *base = &bases[cpu];

			spin_lock_irqsave(&base->lock, *flags);
			if (likely(t->cpu == cpu))
				return base;
			spin_unlock_irqrestore(&base->lock, *flags);
		}
		cpu_relax();
	}
}

static bool expires_before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct hrtimer, node)->expires <
	       rb_entry(b, struct hrtimer, node)->expires;
}

static void enqueue(struct timer_base *base, struct hrtimer *t, u64 expires)
{
	t->expires = expires;
	t->queued = true;
	rb_add_cached(&t->node, &base->tree, expires_before);
}

static void dequeue(struct timer_base *base, struct hrtimer *t)
{
	rb_erase_cached(&t->node, &base->tree);
	t->queued = false;
}

static struct hrtimer *first_timer(struct timer_base *base)
{
	return rb_entry_safe(rb_first_cached(&base->tree), struct hrtimer, node);
}

void hrtimer_setup(struct hrtimer *t, u64 (*function)(struct hrtimer *))
{
	t->function = function;
	t->expires = 0;			/* until it is started for the first time */
	t->cpu = smp_processor_id();	/* any CPU will do: it is not queued */
	t->queued = t->running = t->background = false;
}

/*
 * Takes t, which is not queued and not running, from base to this CPU's. Interrupts are off, so
 * "this CPU" holds.
 */
static struct timer_base *move_here(struct timer_base *base, struct hrtimer *t)
{
	struct timer_base *here = &bases[smp_processor_id()];

	if (base == here)
		return base;
	WRITE_ONCE(t->cpu, -1);		/* nobody finds it; we never hold two base locks */
	spin_unlock(&base->lock);
	spin_lock(&here->lock);
	WRITE_ONCE(t->cpu, smp_processor_id());
	return here;
}

void hrtimer_start(struct hrtimer *t, u64 expires)
{
	unsigned long flags;
	struct timer_base *base = lock_base(t, &flags);

	if (t->queued)
		dequeue(base, t);
	if (!t->running)
		base = move_here(base, t);
	enqueue(base, t, expires);
	/* On another CPU's base only when the handler runs there: then in_interrupt is set. */
	if (!base->in_interrupt && expires < base->armed) {
		base->armed = expires;
		timer_arm(expires);
	}
	spin_unlock_irqrestore(&base->lock, flags);
}

int hrtimer_try_to_cancel(struct hrtimer *t)
{
	unsigned long flags;
	struct timer_base *base = lock_base(t, &flags);
	int ret = t->running ? -1 : t->queued;

	if (ret == 1)
		dequeue(base, t);
	spin_unlock_irqrestore(&base->lock, flags);
	return ret;
}

bool hrtimer_cancel(struct hrtimer *t)
{
	int ret;

	while ((ret = hrtimer_try_to_cancel(t)) < 0)
		cpu_relax();
	return ret;
}

/*
 * Calls t's handler without the lock and queues t again if it says so. A time that has passed means
 * the next interrupt, at once: between the two, a CPU that waits in hrtimer_cancel() finds t not
 * running, and a period that is too short cannot keep us here for ever.
 */
static void run_timer(struct timer_base *base, struct hrtimer *t, u64 now)
{
	u64 next;

	dequeue(base, t);
	t->running = true;
	spin_unlock(&base->lock);
	trace_hrtimer_expire_entry(t);
	next = t->function(t);
	spin_lock(&base->lock);
	t->running = false;
	if (next && !t->queued)
		enqueue(base, t, max(next, now + 1));
}

/* The timer interrupt, interrupts off. What is due is decided once, by the time at entry. */
void hrtimer_interrupt(void)
{
	struct timer_base *base = &bases[smp_processor_id()];
	u64 now = ktime_get();
	struct hrtimer *t;

	spin_lock(&base->lock);
	base->in_interrupt = true;
	while ((t = first_timer(base)) && t->expires <= now)
		run_timer(base, t, now);
	base->in_interrupt = false;
	base->armed = t ? t->expires : UINT64_MAX;
	spin_unlock(&base->lock);
	/* From here on only this CPU queues timers here, and its interrupts are off. Not under the
	 * lock: under QEMU's icount arming ends this CPU's turn, and one that waits for the lock
	 * would only ever look while it is taken. */
	timer_arm(base->armed);
}

bool hrtimers_pending(void)
{
	bool found = false;

	for (int cpu = 0; cpu < NR_CPUS; cpu++) {
		unsigned long flags;

		spin_lock_irqsave(&bases[cpu].lock, flags);
		for (struct rb_node *n = rb_first_cached(&bases[cpu].tree); n && !found;
		     n = rb_next(n))
			found = !rb_entry(n, struct hrtimer, node)->background;
		spin_unlock_irqrestore(&bases[cpu].lock, flags);
	}
	return found;
}
