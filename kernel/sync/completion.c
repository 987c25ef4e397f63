/* Completions: one side says "it has happened", the other waits for that, in whichever order
 * they come. Lock: the wait queue's own. */
#include "kernel/sched/sched.h"
#include "kernel/sync/sync.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"

#define FOR_EVER (~0u)

void complete(struct completion *c)
{
	unsigned long flags;
	struct wait_queue_entry *first;

	/* Counting and waking under one lock: the waiter may free the completion as soon as it
	 * has seen done, for which it takes the lock. */
	spin_lock_irqsave(&c->wait.lock, flags);
	if (c->done != FOR_EVER)
		c->done++;
	first = list_first_entry_or_null(&c->wait.head, struct wait_queue_entry, entry);
	if (first)
		first->func(first, TASK_NORMAL | TASK_WAKEKILL, 0);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

void complete_all(struct completion *c)
{
	struct wait_queue_entry *entry, *next;
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	c->done = FOR_EVER;
	list_for_each_entry_safe(entry, next, &c->wait.head, entry)
		entry->func(entry, TASK_NORMAL | TASK_WAKEKILL, 0);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

/* Takes one count if there is one. The last look at *c: afterwards it may be gone. */
static bool try_take(struct completion *c)
{
	guard(spinlock_irqsave)(&c->wait.lock);
	if (!c->done)
		return false;
	if (c->done != FOR_EVER)
		c->done--;
	return true;
}

/* 0 or -ERESTARTSYS; *left: ns until the deadline, 0 when it has passed. */
static int wait_common(struct completion *c, unsigned int state, u64 deadline, u64 *left)
{
	DEFINE_WAIT(wait);
	int ret = 0;

	might_sleep();
	*left = deadline;
	if (READ_ONCE(c->done) && try_take(c))	/* the quick look spares the lock when there is
						 * nothing yet */
		return 0;
	for (;;) {
		prepare_to_wait(&c->wait, &wait, state);
		if (READ_ONCE(c->done))
			break;
		if (signal_pending_state(state, current)) {
			ret = -ERESTARTSYS;
			break;
		}
		if (deadline == ~0UL)
			schedule();
		else
			*left = schedule_hrtimeout(deadline);
		if (!*left || READ_ONCE(c->done))
			break;
	}
	finish_wait(&c->wait, &wait);
	if (!ret && *left)
		return try_take(c) ? 0 : wait_common(c, state, deadline, left);
	if (ret && try_take(c))
		ret = 0;
	return ret;
}

void wait_for_completion(struct completion *c)
{
	u64 left;

	wait_common(c, TASK_UNINTERRUPTIBLE, ~0UL, &left);
}

int wait_for_completion_killable(struct completion *c)
{
	u64 left;

	return wait_common(c, TASK_KILLABLE, ~0UL, &left);
}

bool completion_done(struct completion *c)
{
	return READ_ONCE(c->done);
}
