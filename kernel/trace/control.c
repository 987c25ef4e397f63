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
#include "kernel/printk.h"
#include "libk/bits.h"
#include "libk/string.h"

#define MAX_KB 4096U		/* what the page allocator gives in one piece */

struct trace_control trace_control = {
	.types = trace_event_types, .rings = trace_rings,
	.nr_types = NR_TRACE_EVENTS, .nr_rings = NR_CPUS, .nr_names = TRACE_NAMES,
	.tracing_on = 1, .buffer_size_kb = 1024,
};
DEFINE_MUTEX(trace_control_mutex);
static DEFINE_SPINLOCK(names_lock);

/* --- names --- */

void trace_task_named(struct task_struct *p)
{
	struct trace_name *name = READ_ONCE(trace_control.names);

	if (likely(!name))
		return;
	guard(spinlock_irqsave)(&names_lock);
	name += p->pid % TRACE_NAMES;
	*name = (struct trace_name){ .pid = p->pid, .tgid = p->tgid };
	memcpy(name->comm, p->comm, sizeof(name->comm));
	if (trace_events & TRACE_SYSCALLS)
		set_tsk_thread_flag(p, TIF_SYSCALL_TRACEPOINT);
}

s32 trace_comm(s32 pid, char comm[TASK_COMM_LEN])
{
	const struct trace_name *name = &trace_control.names[pid % TRACE_NAMES];

	guard(spinlock_irqsave)(&names_lock);
	strscpy(comm, name->pid == pid ? name->comm : "<...>", TASK_COMM_LEN);
	for (char *c = comm; (c = strchr(c, ' '));)
		*c = '_';
	return name->pid == pid ? name->tgid : -1;
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

static struct trace_ring spare[NR_CPUS];	/* (trace_control_mutex) */

void trace_on_each_cpu(void (*fn)(void *unused))
{
	preempt_disable();
	smp_call_function_many(cpu_mask_all(), fn, NULL);
	local_irq_disable();
	fn(NULL);
	local_irq_enable();
	preempt_enable();
}

static void swap_ring(void *unused)
{
	int cpu = smp_processor_id();

	swap(trace_rings[cpu], spare[cpu]);
	this_cpu(trace) = &trace_rings[cpu];
}

static int make_rings(unsigned int kb)
{
	int err = 0;

	for_each_cpu(i) {
		spare[i] = (struct trace_ring){ .base = kmalloc(kb * 1024, GFP_KERNEL),
						.mask = kb * 1024 - 1 };
		if (!spare[i].base)
			err = -ENOMEM;
	}
	if (!err) {
		trace_on_each_cpu(swap_ring);
		trace_control.buffer_size_kb = kb;
	}
	for_each_cpu(i)
		kfree(spare[i].base);
	return err;
}

int trace_start(void)
{
	if (trace_rings[0].base)
		return 0;
	if (!trace_control.names)
		trace_control.names = kcalloc(TRACE_NAMES, sizeof(struct trace_name), GFP_KERNEL);
	if (!trace_control.names)
		return -ENOMEM;
	tell_tasks();
	return make_rings(trace_control.buffer_size_kb);
}

int trace_set_size(unsigned int kb)
{
	if (!kb || kb > MAX_KB)
		return -EINVAL;
	return trace_start() ?: make_rings((unsigned int)roundup_pow_of_two(max(kb, 4U)));
}

/* --- events --- */

static void update(void)
{
	u32 before = trace_events;

	trace_events = trace_control.tracing_on ? trace_control.enabled : 0;
	if ((before ^ trace_events) & TRACE_SYSCALLS)
		tell_tasks();
}

int trace_set_events(u32 events)
{
	int err = events ? trace_start() : 0;

	if (!err) {
		trace_control.enabled = events;
		update();
	}
	return err;
}

int trace_set_on(unsigned int on)
{
	trace_control.tracing_on = !!on;
	update();
	return 0;
}

static bool same(const char *s, const char *word, size_t len)
{
	return strlen(s) == len && !memcmp(s, word, len);
}

static bool matches(const struct trace_event_type *type, const char *word, size_t len)
{
	size_t group = strcspn(word, ":");

	if (group >= len)
		return same("all", word, len) || same(type->name, word, len) ||
		       same(type->group, word, len) ||
		       (same("syscalls", word, len) && same(type->group, "raw_syscalls", 12));
	return same(type->group, word, group) &&
	       (same("*", word + group + 1, len - group - 1) ||
		same(type->name, word + group + 1, len - group - 1));
}

u32 trace_find_events(const char *word, size_t len)
{
	u32 found = 0;

	for (u32 i = TRACE_CONTINUED + 1; i < TRACE_FIRST_FIXED; i++)
		if (matches(&trace_event_types[i], word, len))
			found |= BIT(i);
	return found;
}

void trace_init(void)
{
	unsigned int kb = (unsigned int)cmdline_number("trace_buf_size_kb", 0);
	char buf[256] = "";
	u32 events = 0, found;
	size_t len;

	tracefs_init();
	cmdline_option("trace", buf, sizeof(buf));
	for (const char *word = buf; *word; word += len + (word[len] == ',')) {
		len = strcspn(word, ",");
		found = trace_find_events(word, len);
		if (!found)
			pr_err("trace=%.*s: there is no such event\n", (int)len, word);
		events |= found;
	}
	guard(mutex)(&trace_control_mutex);
	if ((kb && trace_set_size(kb)) || trace_set_events(events) ||
	    trace_set_profile((unsigned int)cmdline_number("profile", 0)))
		pr_err("trace: no memory, or a number that is out of bounds\n");
}
