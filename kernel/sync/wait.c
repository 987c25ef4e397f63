/*
 * Wait queues, and the argument that no wake-up is lost.
 *
 * A sleeper does three things in this order:		A waker does three things in this order:
 * 	S1  put itself on the queue			W1  make the condition true
 * 	    and set its state to sleeping		W2  look at the queue (under its lock)
 * 	S2  test the condition				W3  for each task there: try_to_wake_up()
 * 	S3  if it is false: schedule()
 *
 * S1 ends with a full barrier (set_current_state), and taking the queue's lock in W2 orders it
 * after W1. So either the sleeper's test S2 sees what W1 wrote, and it does not sleep; or S2 came
 * before W1, hence S1 before W2, and the waker finds the sleeper on the queue. Then W3 sets its
 * state back to TASK_RUNNING under its run-queue lock. Three cases for when that happens:
 * 	- before S3: schedule() finds state TASK_RUNNING and does not take the task off the run
 * 	  queue; the loop tests again;
 * 	- while schedule() is leaving: the run-queue lock is held from before it reads the state
 * 	  until the next task stands on its own stack (finish_task_switch), so W3 waits for that
 * 	  lock and then finds a task that has left completely: it can be enqueued anywhere, and no
 * 	  CPU runs on its stack;
 * 	- after: the plain case.
 * The mistake that loses wake-ups is to test first and set the state second: then W1..W3 fit in
 * between, find a running task, do nothing, and the sleeper sleeps for ever.
 *
 * Locks: the queue's own, with interrupts off: wake-ups come from interrupt handlers. Nests outside
 * of the rq lock.
 */
#include "kernel/sched/sched.h"
#include "kernel/sync/guard.h"
#include "kernel/sync/sync.h"
#include "kernel/task/task.h"

void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	guard(spinlock_irqsave)(&wq->lock);
	list_add(&entry->entry, &wq->head);
}

void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	guard(spinlock_irqsave)(&wq->lock);
	list_del_init(&entry->entry);
}

static void __prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry,
			      unsigned int state)
{
	current->wchan = wq->name;
	current->wait_obj = wq;
	guard(spinlock_irqsave)(&wq->lock);
	if (list_empty(&entry->entry)) {
		if (entry->flags & WQ_FLAG_EXCLUSIVE)
			list_add_tail(&entry->entry, &wq->head);
		else
			list_add(&entry->entry, &wq->head);
	}
	set_current_state(state);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry, unsigned int state)
{
	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	__prepare_to_wait(wq, entry, state);
}

void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *entry,
			       unsigned int state)
{
	entry->flags |= WQ_FLAG_EXCLUSIVE;
	__prepare_to_wait(wq, entry, state);
}

/*
 * The lock is needed only while the entry may still be queued. autoremove_wake_function() unlinks
 * it as its last touch, so a sleeper that sees an empty entry knows that no waker will look at it
 * again and may return from the function whose stack holds it.
 */
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	__set_current_state(TASK_RUNNING);
	current->wchan = NULL;
	current->wait_obj = NULL;
	if (!list_empty_careful(&entry->entry))
		remove_wait_queue(wq, entry);
}

int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode, unsigned long key)
{
	int woken = try_to_wake_up(entry->private, mode);

	if (woken)
		list_del_init_careful(&entry->entry);
	return woken;
}

void __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr, unsigned long key)
{
	struct wait_queue_entry *entry, *next;
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	list_for_each_entry_safe(entry, next, &wq->head, entry) {
		bool exclusive = entry->flags & WQ_FLAG_EXCLUSIVE;

		if (entry->func(entry, mode, key) > 0 && exclusive && --nr == 0)
			break;
	}
	spin_unlock_irqrestore(&wq->lock, flags);
}
