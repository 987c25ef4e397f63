/*
 * Lock-order checking, in builds with DEBUG=1. A deadlock between locks needs a cycle: somebody
 * takes A then B, somebody else B then A. It strikes only when the two meet; the cycle itself can
 * be seen in any run that takes both paths once. So every time a lock is taken while others are
 * held, "held before taken" is noted as an edge between the two lock classes, and an edge that
 * would close a cycle is reported at once, with both chains, although nothing has hung.
 *
 * The same walk of what a task holds finds a lock that is let go by somebody who does not hold it,
 * and one that is carried back to user mode.
 *
 * Interrupts add one more way: a class that handlers take must never be held with interrupts on, or
 * the handler waits for the very task it interrupted.
 *
 * Locks: none. Classes and edges are only ever added, by atomic operations; a race can at worst
 * report an inversion twice or one acquisition later.
 */
#include "kernel/sync/lock_stat.h"

#ifdef CONFIG_DEBUG

#include "kernel/printk.h"
#include "kernel/task/task.h"
#include "libk/bits.h"
#include "libk/hash.h"
#include "libk/string.h"

/* Classes of which one task may hold several, and what keeps that safe. */
static const char *const nesting[] = {
	"rq->lock",		/* by CPU number: double_rq_lock() */
	"futex bucket",		/* by address */
	"i_mutex",		/* parent before child; two directories: under rename_mutex */
	"epoll_mtx",		/* an epoll watched by another, depth limited, no cycles: checked
				 * by epoll_ctl() */
	"epoll_poll",
	"mmap_lock",		/* fork: the child's, which nobody else knows yet */
};

static struct {
	bool in_irq, irqs_on;
	unsigned long irq_at, on_at;			/* where that was seen first */
	/* classes taken while this one was held, and where: return addresses */
	unsigned long after[MAX_LOCK_CLASSES / BITS_PER_LONG];
	unsigned long at[MAX_LOCK_CLASSES];
} classes[MAX_LOCK_CLASSES];
static bool off;		/* after the first report, so that the report itself is left in
				 * peace */

/*
 * What a task holds, in its order and with the circumstances, makes a number: the chain. Everything
 * that can be found out about taking a lock depends on that alone, so it is found out once for each
 * chain, and this table remembers those that were seen. One that was pushed out by another is
 * simply checked again.
 */
#define CHAIN_BITS 11
static u64 checked[1 << CHAIN_BITS];

static u64 extend_chain(u64 chain, u32 id, unsigned int circumstances)
{
	return (chain + id + (u64)circumstances * MAX_LOCK_CLASSES) * GOLDEN_RATIO_64 | 1;
}

static bool may_nest(u32 id)
{
	for (size_t i = 0; i < ARRAY_SIZE(nesting); i++)
		if (!strcmp(nesting[i], lock_class_name(id)))
			return true;
	return false;
}

static bool edge(u32 from, u32 to)
{
	return test_bit(to, classes[from].after);
}

/* Is there a chain of edges from -> ... -> to? Leaves it in path, its length returned; 0: none.
 * Depth first. */
static int find_path(u32 from, u32 to, u32 *path, int depth, unsigned long *seen)
{
	path[depth] = from;
	if (from == to)
		return depth + 1;
	__set_bit(from, seen);
	for (u32 next = 1; next < MAX_LOCK_CLASSES && depth < 16; next++) {
		if (edge(from, next) && !test_bit(next, seen)) {
			int found = find_path(next, to, path, depth + 1, seen);

			if (found)
				return found;
		}
	}
	return 0;
}

static void show_place(const char *what, const char *first, const char *second, unsigned long at)
{
	char symbol[96];

	sprint_symbol(symbol, sizeof(symbol), at);
	printk(KERN_EMERG "  %s '%s' %s '%s' at %s\n", what, first, second ? "then" : "",
	       second ?: "", symbol);
}

static void report_inversion(u32 held, u32 wanted, const u32 *path, int n, unsigned long at)
{
	WRITE_ONCE(off, true);
	show_place("now:    ", lock_class_name(held), lock_class_name(wanted), at);
	for (int i = 0; i + 1 < n; i++)
		show_place("earlier:", lock_class_name(path[i]), lock_class_name(path[i + 1]),
			   classes[path[i]].at[path[i + 1]]);
	panic("possible deadlock: %s/%d takes '%s' while it holds '%s'; the other order was seen "
	      "too",
	      current->comm, current->pid, lock_class_name(wanted), lock_class_name(held));
}

static void check_edge(u32 held, u32 wanted, unsigned long at)
{
	unsigned long seen[MAX_LOCK_CLASSES / BITS_PER_LONG] = { 0 };
	u32 path[18];
	int n;

	if (held == wanted) {
		if (may_nest(held))
			return;
		WRITE_ONCE(off, true);
		panic("possible deadlock: %s/%d takes a second lock of class '%s'", current->comm,
		      current->pid, lock_class_name(held));
	}
	if (edge(held, wanted))
		return;
	n = find_path(wanted, held, path, 0, seen);
	if (n)
		report_inversion(held, wanted, path, n, at);
	classes[held].at[wanted] = at;
	set_bit(wanted, classes[held].after);
}

static void check_irq(u32 id, bool irqs_on, unsigned long at)
{
	if (in_interrupt() && !classes[id].in_irq) {
		classes[id].irq_at = at;
		WRITE_ONCE(classes[id].in_irq, true);
	}
	if (irqs_on && !classes[id].irqs_on) {
		classes[id].on_at = at;
		WRITE_ONCE(classes[id].irqs_on, true);
	}
	if (classes[id].in_irq && classes[id].irqs_on) {
		WRITE_ONCE(off, true);
		show_place("in an interrupt:    ", lock_class_name(id), NULL, classes[id].irq_at);
		show_place("with interrupts on: ", lock_class_name(id), NULL, classes[id].on_at);
		panic("possible deadlock: '%s' is taken by interrupt handlers, and elsewhere with "
		      "interrupts on",
		      lock_class_name(id));
	}
}

/* The chain is new: all that can be wrong with it. */
static noinline void check_chain(struct lock_class *class, enum lock_how how, bool irqs_on,
				 unsigned long at)
{
	u32 id = lock_class_id(class);

	/* an interrupt that only tries gives up */
	if (how == LOCK_SPIN || (how == LOCK_TRY && !in_interrupt()))
		check_irq(id, irqs_on, at);
	if (how != LOCK_TRY)	/* who only tries does not wait */
		for (int i = 0; i < current->lock_depth; i++)
			check_edge(lock_class_id(current->held_locks[i].class), id, at);
}

static void note_time(struct held_lock *h, spinlock_t *lock)
{
	u32 cpu = (u32)smp_processor_id();

	h->since = ktime_get();
	h->bounced = xchg(&lock->last_cpu, cpu) != cpu;
}

void lock_acquire(const void *lock, struct lock_class *class, enum lock_how how)
{
	unsigned long at = (unsigned long)__builtin_return_address(0), flags = local_irq_save();
	struct task_struct *me = current;
	struct held_lock *h = &me->held_locks[me->lock_depth];
	bool irqs_on = flags & X86_EFLAGS_IF;
	u64 chain = extend_chain(me->lock_depth ? h[-1].chain : 0, lock_class_id(class),
				 how * 4u + irqs_on * 2u + in_interrupt());
	u64 *known = &checked[chain >> (64 - CHAIN_BITS)];

	if (unlikely(READ_ONCE(*known) != chain) && !READ_ONCE(off)) {
		check_chain(class, how, irqs_on, at);
		WRITE_ONCE(*known, chain);
	}
	if (likely(me->lock_depth < MAX_HELD_LOCKS)) {
		*h = (struct held_lock){ lock, class, at, chain, 0, false };
		if (unlikely(READ_ONCE(lock_stat)))
			note_time(h, how == LOCK_SLEEP ? &((struct mutex *)lock)->wait_lock
						       : (spinlock_t *)lock);
		me->lock_depth++;
	}
	local_irq_restore(flags);
}

/* The place of a lock among those the task holds, or NULL. Interrupts off. */
static struct held_lock *find_held(struct task_struct *p, const void *lock)
{
	for (struct held_lock *h = &p->held_locks[p->lock_depth]; h-- > p->held_locks;)
		if (h->lock == lock)
			return h;
	return NULL;
}

void lock_acquired(const void *lock)
{
	unsigned long flags = local_irq_save();
	struct held_lock *h = find_held(current, lock);

	if (h && h->since)
		h->since = ktime_get();
	local_irq_restore(flags);
}

void lock_release(const void *lock, const struct lock_class *class)
{
	unsigned long flags = local_irq_save();
	struct task_struct *me = current;
	struct held_lock *h = find_held(me, lock), *last = &me->held_locks[me->lock_depth - 1];

	if (likely(h)) {
		if (unlikely(h->since))
			lock_stat_held(h->class, h->since, h->bounced);
		/* Not the last one: the chains above have one lock less. */
		for (; h < last; h++) {
			u64 below = h > me->held_locks ? h[-1].chain : 0;

			*h = h[1];
			h->chain = extend_chain(below, lock_class_id(h->class), 0);
		}
		me->lock_depth--;
	} else if (me->lock_depth < MAX_HELD_LOCKS && !READ_ONCE(off)) {
		WRITE_ONCE(off, true);
		panic("%s/%d unlocks '%s', which it does not hold", me->comm, me->pid,
		      class->name);
	}
	local_irq_restore(flags);
}

/* The run-queue lock changes hands at a switch: prev took it, next releases it. */
void lock_pass_on(struct task_struct *prev, struct task_struct *next)
{
	if (prev->lock_depth && next->lock_depth < MAX_HELD_LOCKS)
		next->held_locks[next->lock_depth++] = prev->held_locks[--prev->lock_depth];
}

void show_held_locks(const struct task_struct *p)
{
	for (int i = 0; i < p->lock_depth; i++) {
		char symbol[96];

		sprint_symbol(symbol, sizeof(symbol), p->held_locks[i].at);
		printk(KERN_EMERG "  %.15s/%d holds '%s' (%p), taken at %s\n", p->comm, p->pid,
		       p->held_locks[i].class->name, p->held_locks[i].lock, symbol);
	}
}

/* A task goes back to user mode: it must have let go of everything. */
void lockdep_check_user(void)
{
	if (!current->lock_depth || READ_ONCE(off))
		return;
	WRITE_ONCE(off, true);
	panic("%s/%d returns to user mode and holds '%s'", current->comm, current->pid,
	      current->held_locks[0].class->name);
}

#endif
