/*
 * An event as a line of text, in ftrace's form: its fields as its format says (events.h). The same
 * in Python is tools/tracelib/ring.py. Locks: none; names are looked up under names_lock.
 */
#include "kernel/trace/format.h"

#include "kernel/fs/fs.h"
#include "kernel/printk.h"
#include "kernel/time/time.h"
#include "kernel/trace/control.h"
#include "libk/printf.h"
#include "libk/string.h"

/* The next field, of that many bytes, as C lays it out. */
static u64 take(const struct trace_entry *e, size_t *at, size_t size)
{
	u64 value = 0;

	*at = ALIGN_UP(*at, size) + size;
	if (*at <= e->size)
		memcpy(&value, e->data + *at - size, size);
	return value;
}

static void put_comm(struct seq_file *m, const struct trace_entry *e, s32 pid)
{
	char comm[TASK_COMM_LEN];

	if (pid)
		trace_comm(pid, comm);
	else
		snprintf(comm, sizeof(comm), "swapper/%d", e->cpu);
	seq_puts(m, comm);
}

static void put_symbol(struct seq_file *m, u64 addr)
{
	unsigned long offset, size;
	const char *name = kallsyms_lookup(addr, &offset, &size);

	if (name)
		seq_puts(m, name);
	else
		seq_printf(m, "0x%llx", addr);
}

/* Outermost first. A return address may be the next function's first byte: look one back. */
static void put_stacks(struct seq_file *m, const struct trace_entry *e)
{
	size_t at = 0, nr_kernel = take(e, &at, 2), nr_user = take(e, &at, 2);

	seq_puts(m, "user=");
	for (size_t i = nr_user; i-- > 0;) {
		at = 8 * (1 + nr_kernel + i);
		seq_printf(m, "0x%llx%s", take(e, &at, 8), i ? ";" : "");
	}
	seq_puts(m, " kernel=");
	for (size_t i = nr_kernel; i-- > 0;) {
		at = 8 * (1 + i);
		put_symbol(m, take(e, &at, 8) - !!i);
		seq_puts(m, i ? ";" : "");
	}
}

static void put_text(struct seq_file *m, const struct trace_entry *e, size_t *at)
{
	size_t n = strnlen((const char *)e->data + *at, e->size - *at);

	seq_write(m, e->data + *at, n);
	*at += n + 1;
}

static void put_state(struct seq_file *m, u32 state_and_why)
{
	if (state_and_why >> 16 == TRACE_PREEMPTED)
		seq_puts(m, "R+");
	else
		seq_putc(m, state_char(state_and_why & 0xffff));
}

/* Those that are numbers. */
static const struct {
	const char *text;
	size_t size;
} numbers[128] = {
	['d'] = { "%lld", 4 },
	['c'] = { "%03lld", 4 },
	['i'] = { "%lld", 8 },
	['x'] = { "%llx", 8 },
};

static void put_field(struct seq_file *m, const struct trace_entry *e, char spec, size_t *at)
{
	size_t next = *at, size = numbers[(int)spec].size;
	s64 value;

	if (size) {
		value = (s64)take(e, at, size);
		seq_printf(m, numbers[(int)spec].text, size == 4 ? (s32)value : value);
	} else if (spec == 'N') {
		put_comm(m, e, (s32)take(e, &next, 4));
	} else if (spec == 'n') {
		put_comm(m, e, e->head.pid);
	} else if (spec == 'p') {
		seq_printf(m, "%d", e->head.pid);
	} else if (spec == 't') {
		seq_printf(m, "%llu", cycles_to_ktime(e->head.time));
	} else if (spec == 'S') {
		put_state(m, (u32)take(e, at, 4));
	} else if (spec == 's') {
		seq_puts(m, (const char *)take(e, at, 8));
	} else if (spec == 'F') {
		put_symbol(m, take(e, at, 8));
	} else if (spec == 'T') {
		put_text(m, e, at);
	} else if (spec == 'K') {
		put_stacks(m, e);
	}
}

void trace_print(struct seq_file *m, const struct trace_entry *e)
{
	const struct trace_event_type *type = &trace_event_types[e->head.event];
	const struct trace_record *r = &e->head;
	u64 us = cycles_to_ktime(r->time) / NSEC_PER_USEC;
	char comm[TASK_COMM_LEN] = "<idle>", tgid_text[12] = "-------";
	s32 tgid = r->pid ? trace_comm(r->pid, comm) : 0;
	size_t at = 0;

	if (tgid >= 0)
		snprintf(tgid_text, sizeof(tgid_text), "%7d", tgid);
	seq_printf(m, "%16s-%-7d (%s) [%03d] %c%c%c%c %5llu.%06llu: %s: ", comm, r->pid, tgid_text,
		   e->cpu, r->flags & TRACE_FLAG_IRQS_ON ? '.' : 'd',
		   r->flags & TRACE_FLAG_NEED_RESCHED ? 'N' : '.', r->irq_depth ? 'h' : '.',
		   ".123456789abcdef"[r->preempt_count & 15], us / 1000000, us % 1000000,
		   type->name);
	for (const char *f = type->format; *f; f++) {
		if (*f == '%')
			put_field(m, e, *++f, &at);
		else
			seq_putc(m, *f);
	}
	seq_putc(m, '\n');
}
