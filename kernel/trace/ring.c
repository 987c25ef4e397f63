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
 * Measured with --icount=0: sched_switch costs 19 instructions, others of one record about 40.
 */
#include "kernel/trace/ring.h"

#include "libk/string.h"

u32 trace_events;
struct trace_ring trace_rings[NR_CPUS];

void trace_write(enum trace_event event, const void *data, size_t size)
{
	trace_record(event, data, size);
}
