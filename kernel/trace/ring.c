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
 * Measured with --icount=0: sched_switch costs 27 instructions, an event of one record by
 * trace_write() about 40.
 */
#include "kernel/trace/ring.h"

#include "asm/cycles.h"
#include "kernel/task/task.h"
#include "libk/atomic.h"
#include "libk/string.h"

u32 trace_events;
struct trace_ring trace_rings[NR_CPUS];

/* IRQs off. The slot for a record at head, its first half filled in. */
static __always_inline struct trace_record *begin(const struct trace_ring *ring, u64 head,
						  enum trace_event event, bool irqs_off)
{
	struct trace_record *r = trace_slot(ring, head);

	r->event = event;
	r->flags = (current->thread_flags & TRACE_FLAG_NEED_RESCHED) |
		   (irqs_off ? TRACE_FLAG_IRQS_OFF : 0);
	r->preempt_count = (u8)preempt_count();
	r->irq_depth = (u8)this_cpu(irq_depth);
	r->pid = current->pid;
	r->time = get_cycles();
	return r;
}

static __always_inline void end(struct trace_ring *ring, u64 head)
{
	smp_store_release(&ring->head, head + TRACE_RECORD_SIZE);
}

void trace_write2(enum trace_event event, u64 a, u64 b)
{
	unsigned long flags = local_irq_save();
	struct trace_ring *ring = this_cpu(trace);
	u64 head = ring->head;
	struct trace_record *r = begin(ring, head, event, !(flags & X86_EFLAGS_IF));

	r->word[0] = a;
	r->word[1] = b;
	end(ring, head);
	local_irq_restore(flags);
}

void trace_write(enum trace_event event, const void *data, size_t size)
{
	unsigned long flags = local_irq_save();
	struct trace_ring *ring = this_cpu(trace);
	u64 head = ring->head;
	struct trace_record *r = begin(ring, head, event, !(flags & X86_EFLAGS_IF));
	size_t n = min(size, sizeof(r->data));

	memcpy(r->data, data, n);
	while ((size -= n)) {
		data = (const char *)data + n;
		n = min(size, sizeof(r->more));
		head += TRACE_RECORD_SIZE;
		r = trace_slot(ring, head);
		r->event = TRACE_CONTINUED;
		memcpy(r->more, data, n);
	}
	end(ring, head);
	local_irq_restore(flags);
}

/* The one whose length everybody measures: by hand, 27 instructions. IRQs off, rq lock held. */
void __trace_sched_switch(bool preempted, const struct task_struct *prev,
			  const struct task_struct *next)
{
	struct trace_ring *ring = this_cpu(trace);
	u64 head = ring->head;
	struct trace_record *r = trace_slot(ring, head);
	struct trace_switch *data = (struct trace_switch *)r->data;

	*(u32 *)r = TRACE_sched_switch | TRACE_FLAG_IRQS_OFF << 8 | 2 << 16;
	r->pid = prev->pid;
	r->time = get_cycles();
	data->prev_prio = (u8)prev->prio;
	data->preempted = preempted;
	data->prev_state = (u16)prev->state;
	data->next_pid = next->pid;
	data->next_prio = (u8)next->prio;
	end(ring, head);
}
