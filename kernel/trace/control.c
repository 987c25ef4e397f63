/*
 * Which events are on, the memory of the rings, and the names of tasks.
 *
 * A record knows its tasks by pid. The names are kept apart, in a table by pid that is written when
 * a task appears or renames itself, and that outlives it: the latest name of a number is shown, as
 * Linux does with its saved_cmdlines. Two numbers TRACE_NAMES apart share a place, so after that
 * many forks the oldest dead are <...>.
 *
 * A ring is exchanged for another by its own CPU, in an interrupt: trace_write(), which has them
 * off, sees the old one or the new one. A hook that had looked at trace_events before an event was
 * switched off may still write afterwards; so rings, once there, are always there.
 *
 * Locks: trace_control_mutex for all that is set here; inside it tasklist_lock, to go through all
 * tasks, and names_lock, a leaf with interrupts off, for the table.
 */
#include "kernel/trace/control.h"

#include "asm/processor.h"
#include "kernel/mm/mm.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sync/guard.h"
#include "libk/bits.h"
#include "libk/string.h"

#define MIN_SIZE PAGE_SIZE
#define MAX_SIZE (PAGE_SIZE << (MAX_ORDER - 1))

struct trace_control trace_control = {
	.types = trace_event_types, .rings = trace_rings,
	.nr_types = NR_TRACE_EVENTS, .nr_rings = NR_CPUS, .nr_names = TRACE_NAMES,
	.tracing_on = true, .buffer_size = 1UL << 20,
};
DEFINE_MUTEX(trace_control_mutex);
static DEFINE_SPINLOCK(names_lock);

/* --- names --- */

void trace_task_named(struct task_struct *p)
{
	struct trace_name *name = READ_ONCE(trace_control.names);
	unsigned long flags;

	if (likely(!name))
		return;
	name += p->pid % TRACE_NAMES;
	spin_lock_irqsave(&names_lock, flags);
	*name = (struct trace_name){ .pid = p->pid, .tgid = p->tgid };
	memcpy(name->comm, p->comm, sizeof(name->comm));
	spin_unlock_irqrestore(&names_lock, flags);
	if (trace_events & TRACE_SYSCALLS)
		set_tsk_thread_flag(p, TIF_SYSCALL_TRACEPOINT);
}

void trace_comm(s32 pid, char comm[TASK_COMM_LEN], s32 *tgid)
{
	const struct trace_name *name = &trace_control.names[pid % TRACE_NAMES];
	bool locked = !panicking();	/* else who holds it may have been stopped */
	unsigned long flags = local_irq_save();

	if (locked)
		spin_lock(&names_lock);
	strscpy(comm, name->pid == pid ? name->comm : "<...>", TASK_COMM_LEN);
	for (char *c = comm; *c; c++)
		if (*c == ' ')
			*c = '_';
	if (tgid)
		*tgid = name->pid == pid ? name->tgid : -1;
	if (locked)
		spin_unlock(&names_lock);
	local_irq_restore(flags);
}

/* Every task there is: its name, and whether its system calls are wanted. */
static void tell_tasks(void)
{
	struct task_struct *p, *t;

	guard(spinlock_irq)(&tasklist_lock);
	for_each_process(p) {
		for_each_thread(p, t) {
			clear_tsk_thread_flag(t, TIF_SYSCALL_TRACEPOINT);
			trace_task_named(t);
		}
	}
}

/* --- rings --- */

/* In an interrupt, or with them off. */
static void swap_ring(void *new)
{
	struct trace_ring *ring = (struct trace_ring *)new + smp_processor_id();

	swap(trace_rings[smp_processor_id()], *ring);
	this_cpu(trace) = &trace_rings[smp_processor_id()];
}

void trace_on_each_cpu(void (*fn)(void *), void *arg)
{
	preempt_disable();
	smp_call_function_many(cpu_mask_all(), fn, arg);
	local_irq_disable();
	fn(arg);
	local_irq_enable();
	preempt_enable();
}

/* The mutex held. Empty ones of trace_control.buffer_size. 0 or -ENOMEM. */
static int make_rings(void)
{
	struct trace_ring *new = kcalloc(NR_CPUS, sizeof(*new), GFP_KERNEL);
	size_t size = trace_control.buffer_size;
	int err = new ? 0 : -ENOMEM;

	for (int i = 0; !err && i < nr_cpus; i++) {
		new[i] = (struct trace_ring){ .base = kmalloc(size, GFP_KERNEL), .mask = size - 1 };
		if (!new[i].base)
			err = -ENOMEM;
	}
	if (!err)
		trace_on_each_cpu(swap_ring, new);
	for (int i = 0; new && i < nr_cpus; i++)
		kfree(new[i].base);
	kfree(new);
	return err;
}

/* The mutex held. */
static int start_locked(void)
{
	if (!trace_control.names)
		trace_control.names = kcalloc(TRACE_NAMES, sizeof(struct trace_name), GFP_KERNEL);
	if (!trace_control.names)
		return -ENOMEM;
	tell_tasks();
	return trace_rings[0].base ? 0 : make_rings();
}

int trace_start(void)
{
	guard(mutex)(&trace_control_mutex);
	return trace_rings[0].base ? 0 : start_locked();
}

int trace_set_size(u64 bytes)
{
	u64 old = trace_control.buffer_size;
	int err;

	if (!bytes || bytes > MAX_SIZE)
		return -EINVAL;
	guard(mutex)(&trace_control_mutex);
	trace_control.buffer_size = max(roundup_pow_of_two(bytes), MIN_SIZE);
	err = trace_rings[0].base ? make_rings() : 0;
	if (err)
		trace_control.buffer_size = old;
	return err;
}

void trace_clear(void)
{
	guard(mutex)(&trace_control_mutex);
	for_each_cpu(i)
		trace_rings[i].start = READ_ONCE(trace_rings[i].head);
}

/* --- events --- */

/* The mutex held. */
static void update(u32 enabled, bool tracing_on)
{
	u32 before = trace_events;

	trace_control.enabled = enabled;
	trace_control.tracing_on = tracing_on;
	trace_events = tracing_on ? enabled : 0;
	if ((before ^ trace_events) & TRACE_SYSCALLS)
		tell_tasks();
}

int trace_set_events(u32 on, u32 off)
{
	int err;

	guard(mutex)(&trace_control_mutex);
	err = on ? start_locked() : 0;
	if (!err)
		update((trace_control.enabled & ~off) | on, trace_control.tracing_on);
	return err;
}

void trace_set_on(bool on)
{
	guard(mutex)(&trace_control_mutex);
	update(trace_control.enabled, on);
}

static bool same(const char *s, const char *word, size_t len)
{
	return strlen(s) == len && !memcmp(s, word, len);
}

static bool matches(const struct trace_event_type *type, const char *word, size_t len)
{
	const char *colon = memchr(word, ':', len);
	size_t group = colon ? (size_t)(colon - word) : len;
	bool in_group = same(type->group, word, group) ||
			(same("syscalls", word, group) && same(type->group, "raw_syscalls", 12));

	if (!colon)
		return in_group || same("all", word, len) || same(type->name, word, len);
	colon++;
	len -= group + 1;
	return in_group && (!len || same("*", colon, len) || same(type->name, colon, len));
}

u32 trace_find_events(const char *word, size_t len)
{
	u32 found = 0;

	for (u32 i = 0; i < TRACE_FIRST_FIXED; i++)
		if (trace_event_types[i].name && matches(&trace_event_types[i], word, len))
			found |= BIT(i);
	return found;
}

void trace_init(void)
{
	unsigned int hz = (unsigned int)cmdline_number("profile", 0);
	char buf[256] = "";
	u32 events = 0;
	size_t len;

	tracefs_init();
	if (trace_set_size((u64)cmdline_number("trace_buf_size_kb", 1024) * 1024))
		pr_err("trace_buf_size_kb: 4 to 4096\n");
	cmdline_option("trace", buf, sizeof(buf));
	for (const char *word = buf; *word; word += len + (word[len] == ',')) {
		u32 found;

		len = strcspn(word, ",");
		found = trace_find_events(word, len);
		if (!found)
			pr_err("trace=%.*s: there is no such event\n", (int)len, word);
		events |= found;
	}
	if (trace_set_events(events, 0) || trace_set_profile(hz))
		pr_err("trace: no memory for the rings\n");
}
