/*
 * The ring and its records, for kernel/trace alone. tools/tracelib/ring.py reads the same
 * structures in the memory of a machine that has ended, so it must follow a change here.
 */
#pragma once

#include "asm/cycles.h"
#include "kernel/task/task.h"
#include "kernel/trace/trace.h"
#include "libk/atomic.h"

/* One cache line holds two. An event with more than 16 bytes of fields goes on in records of
 * TRACE_CONTINUED, which have 24 bytes more of them each. */
struct trace_record {
	u8 event;
	u8 flags;		/* TRACE_FLAG_xxx */
	u8 preempt_count;
	u8 irq_depth;
	s32 pid;		/* current's, in the initial namespace */
	union {
		struct {
			u64 time;	/* asm/cycles.h */
			u8 data[16];
		};
		u8 more[24];
	};
};

#define TRACE_FLAG_NEED_RESCHED 1	/* of thread_flags */
#define TRACE_FLAG_IRQS_ON 2		/* the second byte of rflags; its other bits mean nothing */

#define TRACE_RECORD_SIZE 32UL
BUILD_BUG_ON(sizeof(struct trace_record) != TRACE_RECORD_SIZE);
/* The longest event, in records: what is being written over is never more than this. */
#define TRACE_MAX_RECORDS 32UL
#define TRACE_MAX_DATA (16 + 24 * (TRACE_MAX_RECORDS - 1))
#define TRACE_SPARE (TRACE_MAX_RECORDS * TRACE_RECORD_SIZE)

/* One CPU's. Counted in bytes since the ring was made; (n & mask) is the place. */
struct trace_ring {
	u64 head;		/* end of the newest record; its own CPU writes, IRQs off */
	u64 mask;		/* size - 1 */
	struct trace_record *base;
	u64 start;		/* older ones were cleared (trace_control_mutex) */
	u64 read;		/* trace_pipe has given out those before (trace_control_mutex) */
} __aligned(64);

extern struct trace_ring trace_rings[];

static inline struct trace_record *trace_slot(const struct trace_ring *ring, u64 at)
{
	return (struct trace_record *)((char *)ring->base + (at & ring->mask));
}

/* The oldest record of which, with the head there, nothing can be written over. */
static inline u64 trace_oldest(u64 head, u64 size, u64 start)
{
	u64 kept = size - TRACE_SPARE;

	return head > kept && head - kept > start ? head - kept : start;
}

/* IRQs off, rflags as they were before. The record at head, but for its data and its time, which
 * comes last: RDTSC takes two registers that hold arguments. */
static __always_inline struct trace_record *trace_begin(const struct trace_ring *ring, u64 head,
							enum trace_event event,
							unsigned long rflags)
{
	struct trace_record *r = trace_slot(ring, head);

	r->event = event;
	r->flags = (u8)(rflags >> 8 | (current->thread_flags & TRACE_FLAG_NEED_RESCHED));
	r->preempt_count = (u8)preempt_count();
	r->irq_depth = (u8)irq_depth();
	r->pid = current->pid;
	return r;
}

static __always_inline void trace_end(struct trace_ring *ring, u64 head)
{
	smp_store_release(&ring->head, head + TRACE_RECORD_SIZE);
}

/* One event more, in any context but NMI. data: its fields. Inline, so that a constant size leaves
 * a few moves; one that is not is trace_write()'s. */
static __always_inline void trace_record(enum trace_event event, const void *data, size_t size)
{
	unsigned long flags = local_irq_save();
	struct trace_ring *ring = this_cpu(trace);
	u64 head = ring->head;
	struct trace_record *r = trace_begin(ring, head, event, flags);
	const char *from = data;
	size_t n = size < 16 ? size : 16;

	__builtin_memcpy(r->data, from, n);
	store_cycles(&r->time);
	while (size > n) {
		from += n;
		size -= n;
		n = size < 24 ? size : 24;
		head += TRACE_RECORD_SIZE;
		r = trace_slot(ring, head);
		r->event = TRACE_CONTINUED;
		__builtin_memcpy(r->more, from, n);
	}
	trace_end(ring, head);
	local_irq_restore(flags);
}

/* The same, out of line; size at most TRACE_MAX_DATA. */
void trace_write(enum trace_event event, const void *data, size_t size);

struct trace_event_type {
	const char *group, *name, *format;	/* NULL: no event */
};
extern const struct trace_event_type trace_event_types[NR_TRACE_EVENTS];
