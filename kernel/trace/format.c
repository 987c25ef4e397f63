/*
 * An event as a line of text, in ftrace's form: its fields as its format says (events.c). The same
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

	if (!pid) {
		seq_printf(m, "swapper/%d", e->cpu);
		return;
	}
	trace_comm(pid, comm, NULL);
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

static void put_field(struct seq_file *m, const struct trace_entry *e, char spec, size_t *at)
{
	size_t next = ALIGN_UP(*at, sizeof(s32));
	u16 state;
	u8 why;

	switch (spec) {
	case 'b':
		seq_printf(m, "%llu", take(e, at, 1));
		break;
	case 'c':
		seq_printf(m, "%03llu", take(e, at, 1));
		break;
	case 'd':
		seq_printf(m, "%d", (s32)take(e, at, 4));
		break;
	case 'i':
		seq_printf(m, "%lld", (s64)take(e, at, 8));
		break;
	case 'x':
		seq_printf(m, "%llx", take(e, at, 8));
		break;
	case 'N':
		put_comm(m, e, (s32)take(e, &next, 4));
		break;
	case 'n':
		put_comm(m, e, e->head.pid);
		break;
	case 'p':
		seq_printf(m, "%d", e->head.pid);
		break;
	case 't':
		seq_printf(m, "%llu", cycles_to_ktime(e->head.time));
		break;
	case 'S':
		why = (u8)take(e, at, 1);
		state = (u16)take(e, at, 2);
		seq_printf(m, "%c%s", state_char(why == TRACE_PREEMPTED ? 0 : state),
			   why == TRACE_PREEMPTED ? "+" : "");
		break;
	case 's':
		seq_puts(m, (const char *)take(e, at, 8));
		break;
	case 'F':
		put_symbol(m, take(e, at, 8));
		break;
	case 'K':
		put_stacks(m, e);
		break;
	case 'T':
		put_text(m, e, at);
		break;
	}
}

void trace_print(struct seq_file *m, const struct trace_entry *e)
{
	const struct trace_record *r = &e->head;
	u64 now = cycles_to_ktime(r->time);
	char comm[TASK_COMM_LEN] = "<idle>", preempt[4] = ".", tgid_text[12] = "-------";
	s32 tgid = 0;
	size_t at = 0;

	if (r->pid)
		trace_comm(r->pid, comm, &tgid);
	if (tgid >= 0)
		snprintf(tgid_text, sizeof(tgid_text), "%7d", tgid);
	if (r->preempt_count)
		snprintf(preempt, sizeof(preempt), "%x", r->preempt_count);
	seq_printf(m, "%16s-%-7d (%s) [%03d] %c%c%c%s %5llu.%06llu: %s: ", comm, r->pid, tgid_text,
		   e->cpu, r->flags & TRACE_FLAG_IRQS_ON ? '.' : 'd',
		   r->flags & TRACE_FLAG_NEED_RESCHED ? 'N' : '.', r->irq_depth ? 'h' : '.', preempt,
		   now / NSEC_PER_SEC, now / NSEC_PER_USEC % 1000000,
		   trace_event_types[r->event].name);
	for (const char *f = trace_event_types[r->event].format; *f; f++) {
		if (*f == '%')
			put_field(m, e, *++f, &at);
		else
			seq_putc(m, *f);
	}
	seq_putc(m, '\n');
}
