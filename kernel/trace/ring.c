/*
 * The trace ring: one per CPU, written by that CPU alone, without a lock. A full ring drops its
 * oldest records, and head says how many there ever were.
 *
 * WHY NO LOCK IS NEEDED.  Only the CPU itself writes, and it does so with interrupts off from the
 * moment it reads head until it has stored the new one. So nothing can come between on this CPU but
 * an NMI, and NMIs here only stop a CPU for good (stop_if_asked()); they call no hook. head moves
 * last, after all of the record is in place, and x86 lets other CPUs see stores in their order: who
 * reads head sees complete records up to it, at any instruction, also when the machine stopped in
 * the middle of one. That holds for tools/run too, which reads the rings in the memory of a machine
 * that is no more.
 *
 * WHO READS while the CPU goes on writing copies a record and then looks at head again. What lies
 * TRACE_SPARE or more behind the far end of the ring cannot have been touched, since no event is
 * longer than that; the rest is thrown away and counted as lost. (trace_oldest())
 *
 * Measured with --icount=0: sched_switch costs 28 instructions, others of one record about 40.
 */
#include "kernel/trace/ring.h"

#include "libk/string.h"

u32 trace_events;
struct trace_ring trace_rings[NR_CPUS];

void trace_write(enum trace_event event, const void *data, size_t size)
{
	trace_record(event, data, size);
}

/* The one whose length everybody measures, by hand. In __schedule(): IRQs off, one preempt count. */
void __trace_sched_switch(const struct task_struct *prev, const struct task_struct *next, u32 why)
{
	struct trace_ring *ring = this_cpu(trace);
	u64 head = ring->head;
	struct trace_record *r = trace_slot(ring, head);
	u32 *fields = (u32 *)r->data;

	*(u32 *)r = TRACE_sched_switch | 1 << 16;
	r->pid = prev->pid;
	fields[0] = (u32)prev->prio;
	fields[1] = prev->state | why << 16;
	fields[2] = (u32)next->pid;
	fields[3] = (u32)next->prio;
	store_cycles(&r->time);
	trace_end(ring, head);
}
