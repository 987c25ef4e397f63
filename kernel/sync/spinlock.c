/*
 * The slow half of spinlocks (the quick half is inline in sync.h), and the checks that know locks.
 * A holder runs with preemption off and never sleeps, so a wait is short; one that is not short is
 * a deadlock and ends in a report.
 */
#include "asm/processor.h"
#include "kernel/printk.h"
#include "kernel/sync/lock_stat.h"
#include "kernel/task/task.h"
#include "kernel/trace/trace.h"

#define LOCKUP_NS (20 * NSEC_PER_SEC)
#define SPINS_PER_LOOK 100000

/* Waits until the lock was ours to take. Reads before it writes, so that waiters do not fight
 * over the cache line. */
void spin_lock_contended(spinlock_t *lock)
{
	u64 begin = ktime_get(), deadline = begin + LOCKUP_NS;

	trace_contention_begin(lock, lock->class, NULL);
	for (u64 spins = 1;; spins++) {
		u32 owner = READ_ONCE(lock->locked);

		if (!owner && __spin_trylock(lock)) {
			trace_contention_end(lock, 0);
			if (unlikely(READ_ONCE(lock_stat)))
				lock_stat_waited(lock->class, begin, true);
			lock_acquired(lock);
			return;
		}
		cpu_relax();
		if (owner && spins % SPINS_PER_LOOK == 0 && ktime_get() > deadline) {
			struct task_struct *holder = cpu_curr((int)owner - 1);

			panic("spinlock lockup: %s/%d on CPU %d waits for '%s', held by CPU %u "
			      "(%s/%d)",
			      current->comm, current->pid, smp_processor_id(), lock->class->name,
			      owner - 1, holder->comm, holder->pid);
		}
	}
}

void might_sleep_at(const char *file, int line)
{
	if (unlikely(in_atomic()))
		panic("sleeping while atomic: %s/%d at %s:%d (preempt_count %d, interrupts %s%s)",
		      current->comm, current->pid, file, line, preempt_count(),
		      irqs_disabled() ? "off" : "on", in_interrupt() ? ", in an interrupt" : "");
}
