/*
 * Lock-order checking, in builds with DEBUG=1. A deadlock between locks needs a cycle: somebody
 * takes A then B, somebody else B then A. It strikes only when the two meet; the cycle itself can
 * be seen in any run that takes both paths once. So every time a lock is taken while others are
 * held, "held before taken" is noted as an edge between the two lock classes, and an edge that
 * would close a cycle is reported at once, with both chains, although nothing has hung.
 *
 * Interrupts add one more way: a class that handlers take must never be held with interrupts on, or
 * the handler waits for the very task it interrupted.
 *
 * Locks: none. Classes and edges are only ever added, by atomic operations; a race can at worst
 * report an inversion twice or one acquisition later.
 */
#include "kernel/sync/sync.h"

#ifdef CONFIG_DEBUG

#include "kernel/printk.h"
#include "kernel/task/task.h"
#include "libk/bits.h"
#include "libk/string.h"

#define MAX_CLASSES 128

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
	const char *name;
	bool nests, in_irq, irqs_on;
	unsigned long irq_at, on_at;			/* where that was seen first */
	unsigned long after[MAX_CLASSES / BITS_PER_LONG];	/* classes taken while this one
								 * was held */
	unsigned long at[MAX_CLASSES];			/* where: return address */
} classes[MAX_CLASSES];
static int nr_classes = 1;	/* number 0 is nobody's */
static u32 add_lock;
static bool off;		/* after the first report, so that the report itself is left in
				 * peace */

/* Classes of one name are one class: a lock may be initialised in several places. */
static u32 class_id(struct lock_class *class)
{
	u32 id = READ_ONCE(class->id);

	if (likely(id))
		return id;
	while (__atomic_exchange_n(&add_lock, 1, __ATOMIC_ACQUIRE))
		cpu_relax();	/* bounded: the other adds one entry, interrupts off */
	for (id = 1; id < (u32)nr_classes && strcmp(classes[id].name, class->name); id++)
		;
	if (id == (u32)nr_classes && nr_classes < MAX_CLASSES) {
		classes[id].name = class->name;
		for (size_t i = 0; i < ARRAY_SIZE(nesting); i++)
			classes[id].nests |= !strcmp(nesting[i], class->name);
		nr_classes++;
	}
	__atomic_store_n(&add_lock, 0, __ATOMIC_RELEASE);
	WRITE_ONCE(class->id, id);
	return id;
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
	for (u32 next = 1; next < (u32)nr_classes && depth < 16; next++) {
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
	show_place("now:    ", classes[held].name, classes[wanted].name, at);
	for (int i = 0; i + 1 < n; i++)
		show_place("earlier:", classes[path[i]].name, classes[path[i + 1]].name,
			   classes[path[i]].at[path[i + 1]]);
	panic("possible deadlock: %s/%d takes '%s' while it holds '%s'; the other order was seen "
	      "too",
	      current->comm, current->pid, classes[wanted].name, classes[held].name);
}

static void check_edge(u32 held, u32 wanted, unsigned long at)
{
	unsigned long seen[MAX_CLASSES / BITS_PER_LONG] = { 0 };
	u32 path[18];
	int n;

	if (held == wanted) {
		if (classes[held].nests)
			return;
		WRITE_ONCE(off, true);
		panic("possible deadlock: %s/%d takes a second lock of class '%s'", current->comm,
		      current->pid, classes[held].name);
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
		show_place("in an interrupt:    ", classes[id].name, NULL, classes[id].irq_at);
		show_place("with interrupts on: ", classes[id].name, NULL, classes[id].on_at);
		panic("possible deadlock: '%s' is taken by interrupt handlers, and elsewhere with "
		      "interrupts on",
		      classes[id].name);
	}
}

void lock_acquire(const void *lock, struct lock_class *class, enum lock_how how)
{
	unsigned long at = (unsigned long)__builtin_return_address(0), flags;
	struct task_struct *me = current;
	u32 id;

	if (READ_ONCE(off))
		return;
	flags = local_irq_save();
	id = class_id(class);
	/* an interrupt that only tries gives up */
	if (how == LOCK_SPIN || (how == LOCK_TRY && !in_interrupt()))
		check_irq(id, flags & X86_EFLAGS_IF, at);
	if (how != LOCK_TRY)	/* who only tries does not wait */
		for (int i = 0; i < me->lock_depth; i++)
			check_edge(me->held_locks[i].class->id, id, at);
	if (me->lock_depth < MAX_HELD_LOCKS)
		me->held_locks[me->lock_depth++] = (struct held_lock){ lock, class, at };
	local_irq_restore(flags);
}

void lock_release(const void *lock)
{
	unsigned long flags = local_irq_save();
	struct task_struct *me = current;

	for (int i = me->lock_depth - 1; i >= 0; i--) {
		if (me->held_locks[i].lock != lock)
			continue;
		memmove(&me->held_locks[i], &me->held_locks[i + 1],
			(size_t)(me->lock_depth - 1 - i) * sizeof(me->held_locks[0]));
		me->lock_depth--;
		break;
	}
	local_irq_restore(flags);
}

/* The run-queue lock changes hands at a switch: prev took it, next releases it. */
void lock_pass_on(struct task_struct *prev, struct task_struct *next)
{
	if (prev->lock_depth && next->lock_depth < MAX_HELD_LOCKS)
		next->held_locks[next->lock_depth++] = prev->held_locks[--prev->lock_depth];
}

void lockdep_init_task(struct task_struct *p)
{
	p->lock_depth = 0;
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
