/*
 * The sleeping lock. owner holds the task, or 0; bit 0 says that somebody waits, so that the quick
 * unlock (one compare-and-swap from "me, nobody waits" to 0) fails exactly when there is somebody
 * to wake.
 *
 * Hand-over: the unlocker makes the first waiter the owner before it wakes it. Nobody can slip in
 * between, so waiters are served in order and none starves; the price is that the lock stays taken
 * until the heir runs.
 *
 * The quick halves of locking and unlocking are inline in sync.h; here is what happens when they
 * fail.
 *
 * Locks: wait_lock, a leaf but for the rq lock. The list and bit 0 change only under it.
 */
#include "kernel/printk.h"
#include "kernel/sched/sched.h"
#include "kernel/sync/lock_stat.h"
#include "kernel/task/task.h"
#include "kernel/trace/trace.h"

#define WAITERS 1L

struct mutex_waiter {
	struct list_head list;
	struct task_struct *task;
};

struct task_struct *mutex_owner(const struct mutex *m)
{
	return (struct task_struct *)(atomic_long_read(&m->owner) & ~WAITERS);
}

/* wait_lock held: takes a free lock, or says that somebody waits. */
static bool take_or_mark(struct mutex *m)
{
	for (;;) {
		long owner = atomic_long_read(&m->owner);
		long want = owner & ~WAITERS
				    ? owner | WAITERS
				    : (long)current | (list_empty(&m->waiters) ? 0 : WAITERS);

		if (atomic_long_cmpxchg(&m->owner, owner, want) == owner)
			return !(owner & ~WAITERS);
	}
}

static int mutex_slow_lock(struct mutex *m, unsigned int state)
{
	struct mutex_waiter waiter = { .task = current };
	u64 begin = unlikely(READ_ONCE(lock_stat)) ? ktime_get() : 0;
	bool bounced;
	int ret = 0;

	if (mutex_owner(m) == current)
		panic("mutex '%s': %s/%d locks it twice", m->class->name, current->comm,
		      current->pid);
	lock_acquire(m, m->class, LOCK_SLEEP);
	spin_lock(&m->wait_lock);
	if (take_or_mark(m))
		goto out;
	list_add_tail(&waiter.list, &m->waiters);
	bounced = mutex_owner(m)->cpu != smp_processor_id();
	trace_contention_begin(m, m->class, mutex_owner(m));
	current->wchan = m->class->name;
	current->wait_obj = m;
	for (;;) {
		set_current_state(state);
		if (mutex_owner(m) == current)	/* handed over; the unlocker took us off the list */
			break;
		if (signal_pending_state(state, current)) {
			list_del(&waiter.list);
			if (list_empty(&m->waiters))
				atomic_long_and(~WAITERS, &m->owner);
			ret = -EINTR;
			break;
		}
		spin_unlock(&m->wait_lock);
		schedule();
		spin_lock(&m->wait_lock);
	}
	__set_current_state(TASK_RUNNING);
	trace_contention_end(m, ret);
	if (unlikely(begin))
		lock_stat_waited(m->class, begin, bounced);
	lock_acquired(m);
	current->wchan = NULL;
	current->wait_obj = NULL;
out:
	spin_unlock(&m->wait_lock);
	if (ret)
		lock_release(m, m->class);
	return ret;
}

void __mutex_lock(struct mutex *m)
{
	mutex_slow_lock(m, TASK_UNINTERRUPTIBLE);
}

int mutex_lock_interruptible(struct mutex *m)
{
	might_sleep();
	return mutex_trylock(m) ? 0 : mutex_slow_lock(m, TASK_INTERRUPTIBLE);
}

void __mutex_unlock(struct mutex *m)
{
	struct mutex_waiter *first;

	if (mutex_owner(m) != current)
		panic("mutex '%s': %s/%d unlocks what %s holds", m->class->name, current->comm,
		      current->pid, mutex_owner(m) ? mutex_owner(m)->comm : "nobody");
	spin_lock(&m->wait_lock);
	first = list_first_entry_or_null(&m->waiters, struct mutex_waiter, list);
	if (!first) {
		atomic_long_set(&m->owner, 0);	/* the waiter gave up between our two looks */
	} else {
		struct task_struct *heir = first->task;

		list_del(&first->list);	/* the waiter's stack: not touched after the owner is set */
		get_task_struct(heir);
		atomic_long_set(&m->owner, (long)heir | (list_empty(&m->waiters) ? 0 : WAITERS));
		wake_up_process(heir);
		put_task_struct(heir);
	}
	spin_unlock(&m->wait_lock);
}
