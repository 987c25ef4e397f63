/*
 * Reads the rings of all CPUs in the order of time, while they go on: an event is copied, and kept
 * if nothing of it can have been written over meanwhile (ring.c). Locks: the callers hold
 * trace_control_mutex, so that no ring is exchanged.
 */
#include "kernel/trace/format.h"

#include "libk/string.h"

/* Moves *at to the next event, past what is gone, and copies its first record; false: none. */
static bool peek(const struct trace_ring *ring, u64 *at, u64 *lost, struct trace_record *r)
{
	for (;;) {
		u64 head = smp_load_acquire(&ring->head);
		u64 oldest = trace_oldest(head, ring->mask + 1, ring->start);

		*at = max(*at, ring->start);
		if (*at < oldest) {
			*lost += (oldest - *at) / TRACE_RECORD_SIZE;
			*at = oldest;
		}
		if (*at >= head)
			return false;
		*r = *trace_slot(ring, *at);
		smp_rmb();
		if (*at < trace_oldest(READ_ONCE(ring->head), ring->mask + 1, ring->start))
			continue;
		if (r->event != TRACE_CONTINUED)
			return true;
		*at += TRACE_RECORD_SIZE;	/* its beginning has been dropped */
	}
}

/* The whole event at *at, of which e->head is known; false: it was written over meanwhile. */
static bool copy_event(const struct trace_ring *ring, u64 *at, struct trace_entry *e)
{
	u64 first = *at, head = smp_load_acquire(&ring->head);
	const struct trace_record *r;

	memcpy(e->data, e->head.data, sizeof(e->head.data));
	e->size = sizeof(e->head.data);
	for (*at += TRACE_RECORD_SIZE; *at < head; *at += TRACE_RECORD_SIZE) {
		r = trace_slot(ring, *at);
		if (r->event != TRACE_CONTINUED || e->size > TRACE_MAX_DATA - sizeof(r->more))
			break;
		memcpy(e->data + e->size, r->more, sizeof(r->more));
		e->size += sizeof(r->more);
	}
	smp_rmb();
	return first >= trace_oldest(READ_ONCE(ring->head), ring->mask + 1, ring->start);
}

bool trace_next_event(u64 *at[NR_CPUS], const u64 *end, struct trace_entry *e)
{
	struct trace_record r;

	do {
		e->cpu = -1;
		for_each_cpu(i) {
			if (!trace_rings[i].base ||
			    !peek(&trace_rings[i], at[i], &e->lost[i], &r) || *at[i] >= end[i] ||
			    (e->cpu >= 0 && r.time >= e->head.time))
				continue;
			e->cpu = i;
			e->head = r;
		}
		if (e->cpu < 0)
			return false;
	} while (!copy_event(&trace_rings[e->cpu], at[e->cpu], e));
	return true;
}
