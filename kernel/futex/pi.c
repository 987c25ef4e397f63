/*
 * Futexes with priority inheritance. The word holds the owner's thread id, so the kernel knows whom
 * a waiter waits for and lends the owner the waiter's priority, and on through the chain when the
 * owner waits for a PI futex itself.
 *
 * The word, with FUTEX_WAITERS set, sends the owner into the kernel to unlock. There the lock is
 * handed over at once: the unlocker writes the strongest waiter's id into the word, so that nobody
 * can come in between, and the waiter owns the lock before it runs.
 *
 * A futex_pi_state exists while a word has waiters. It is found through any of them in the bucket,
 * belongs to its owner's pi_state_list, and is freed with the last waiter.
 *
 * An owner that dies does not know where the word lies in the others' memory. futex_exit_pi() makes
 * the state ownerless and grants it to its strongest waiter, which stays queued, wakes up, and
 * writes its own id, with FUTEX_OWNER_DIED, into the word. Invariant: a state without an owner has
 * exactly one granted waiter. A locker that comes meanwhile finds a waiter queued and joins,
 * whatever the word says.
 *
 * Only real-time priorities are inherited; among all others, waiting is first come first served, as
 * on Linux.
 *
 * Locks: pi_lock (p), one for all PI state: chains cross many futexes, and this is the path of
 * those that must wait anyway. Order: bucket > pi_lock > rq lock. User words are changed under
 * both, by accesses that do not fault (see futex.c).
 */
#include "kernel/futex/futex.h"
#include "kernel/futex/queue.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "kernel/time/time.h"
#include "kernel/trace/trace.h"
#include "libk/err.h"

#define PI_CHAIN_MAX 1024	/* longer ones are called deadlocks */

struct futex_pi_state {
	struct list_head entry;		/* (p) in owner->pi_state_list */
	/* (p) struct pi_waiter by prio; never empty once unlocked */
	struct list_head waiters;
	struct task_struct *owner;	/* (p) NULL: died; a waiter is granted */
	u32 owner_tid;			/* (p) as the word shows it */
};

/* On the waiter's stack; q.pi names its state. */
struct pi_waiter {
	struct futex_q q;
	struct list_head entry;		/* (p) in q.pi->waiters */
	int prio;			/* (p) */
	u32 tid;			/* (c) what it writes into the word */
};

static DEFINE_SPINLOCK(pi_lock);

/* --- priorities. pi_lock held --- */

static struct pi_waiter *pi_top_waiter(struct futex_pi_state *s)
{
	return list_first_entry(&s->waiters, struct pi_waiter, entry);
}

static void pi_insert(struct futex_pi_state *s, struct pi_waiter *w)
{
	struct pi_waiter *other;

	w->prio = min(w->q.task->prio, MAX_RT_PRIO);
	list_for_each_entry_reverse(other, &s->waiters, entry) {
		if (other->prio <= w->prio)
			break;
	}
	list_add(&w->entry, &other->entry);
}

/* p, which waits, may have another priority now: it takes its new place. */
static void pi_resort(struct task_struct *p)
{
	struct futex_pi_state *s = p->pi_blocked_on;
	struct pi_waiter *w;

	list_for_each_entry(w, &s->waiters, entry) {
		if (w->q.task != p)
			continue;
		if (w->prio == min(p->prio, MAX_RT_PRIO))	/* not behind its equals */
			return;
		list_del(&w->entry);
		pi_insert(s, w);
		return;
	}
}

/*
 * Gives p the best of its own priority and those of its waiters. Returns whether anything changed.
 */
static bool pi_update_prio(struct task_struct *p)
{
	int prio = MAX_PRIO, old = p->prio;
	struct futex_pi_state *s;

	list_for_each_entry(s, &p->pi_state_list, entry)
		prio = min(prio, pi_top_waiter(s)->prio);
	if (prio >= MAX_RT_PRIO || prio >= p->normal_prio)
		prio = MAX_PRIO;
	if ((prio == MAX_PRIO ? p->normal_prio : prio) == old)
		return false;
	sched_setprio_pi(p, prio);
	return true;
}

/* The waiters of a state of p have changed: along the chain, as far as it makes a difference. */
static void pi_propagate(struct task_struct *p)
{
	for (int i = 0; p && i < PI_CHAIN_MAX && pi_update_prio(p) && p->pi_blocked_on; i++) {
		pi_resort(p);
		p = p->pi_blocked_on->owner;
	}
}

void futex_pi_adjust(struct task_struct *p)
{
	spin_lock(&pi_lock);
	pi_update_prio(p);
	if (p->pi_blocked_on) {
		pi_resort(p);
		pi_propagate(p->pi_blocked_on->owner);
	}
	spin_unlock(&pi_lock);
}

/* Would current, waiting for owner, wait for itself? */
static int pi_check_deadlock(struct task_struct *owner)
{
	for (int i = 0; i < PI_CHAIN_MAX; i++) {
		if (!owner)
			return 0;
		if (owner == current)
			return -EDEADLK;
		if (!owner->pi_blocked_on)
			return 0;
		owner = owner->pi_blocked_on->owner;
	}
	return -EDEADLK;
}

/* --- changes of hands. pi_lock held, the state not in anybody's list --- */

/* w leaves the waiters and owns the state, which goes when it was the last. */
static void pi_hand_over(struct futex_pi_state *s, struct pi_waiter *w)
{
	struct task_struct *p = w->q.task;

	list_del(&w->entry);
	p->pi_blocked_on = NULL;
	if (list_empty(&s->waiters)) {
		kfree(s);
		return;
	}
	s->owner = p;
	s->owner_tid = w->tid;
	list_add(&s->entry, &p->pi_state_list);
	pi_propagate(p);
}

/* The owner is gone and cannot write the word: the strongest waiter is to do that itself. */
static void pi_grant(struct futex_pi_state *s, struct wake_q *wq)
{
	struct pi_waiter *w = pi_top_waiter(s);

	s->owner = NULL;
	w->q.granted = true;
	wake_q_add(wq, get_task_struct(w->q.task));
}

/* w gives up, granted or not. */
static void pi_remove(struct pi_waiter *w, struct wake_q *wq)
{
	struct futex_pi_state *s = w->q.pi;
	struct task_struct *owner = s->owner;

	list_del(&w->entry);
	current->pi_blocked_on = NULL;
	if (list_empty(&s->waiters)) {
		if (owner)
			list_del(&s->entry);
		kfree(s);
	} else if (w->q.granted) {
		pi_grant(s, wq);
	}
	pi_propagate(owner);
}

/* --- locking --- */

/*
 * The task whose id the word holds, with a reference. NULL: the id is 0, or its task is dead and
 * has cleaned up. -EPERM: a kernel thread.
 */
static struct task_struct *pi_find_owner(u32 uval)
{
	u32 tid = uval & FUTEX_TID_MASK;
	struct task_struct *p = tid ? find_get_task_by_vpid((int)tid) : NULL;
	struct task_struct *none = NULL;

	if (!p || (READ_ONCE(p->mm) && !(p->flags & PF_KTHREAD)))
		return p;
	if (p->flags & PF_KTHREAD)
		none = ERR_PTR(-EPERM);
	put_task_struct(p);
	return none;
}

/*
 * Does the word agree with what the kernel knows of its owner? An ownerless one says what the dead
 * owner left there.
 */
static bool pi_state_fits(const struct futex_pi_state *s, u32 uval)
{
	u32 tid = uval & FUTEX_TID_MASK;

	return !s->owner || tid == s->owner_tid || (!tid && (uval & FUTEX_OWNER_DIED));
}

/* w waits for s. */
static void pi_enqueue(struct pi_waiter *w, struct futex_pi_state *s, struct futex_bucket *b)
{
	w->q.pi = s;
	futex_enqueue(&w->q, b);
	pi_insert(s, w);
	current->pi_blocked_on = s;
	pi_propagate(s->owner);
}

#define PI_RETRY 2	/* the word changed, or its page is away */
#define PI_QUEUED 1

/*
 * One attempt, with both locks held. uval is the word as it was when owner was looked up; the
 * exchange proves that it still is, so an owner that could not be found then has died without
 * leaving the word to anybody. 0: current has the lock.
 */
static int pi_try_lock(struct pi_waiter *w, struct futex_bucket *b, u32 uval,
		       struct task_struct *owner, struct futex_pi_state **fresh, bool trylock)
{
	struct futex_q *top = futex_top_waiter(b, &w->q.key);
	struct futex_pi_state *s = top ? top->pi : NULL;
	u32 seen, new = uval | FUTEX_WAITERS;
	int err;

	if ((uval & FUTEX_TID_MASK) == w->tid)
		return -EDEADLK;
	if (top && (!s || !pi_state_fits(s, uval))) {
		/* uval is from before the locks: was the lock handed over since? If not, this is
		 * no PI futex, or the word was written over. */
		if (__xadd_user_4(&seen, w->q.uaddr, 0) || seen != uval)
			return PI_RETRY;
		return -EINVAL;
	}
	if (!s && !(uval & FUTEX_TID_MASK))
		new = w->tid | (uval & FUTEX_OWNER_DIED);
	if (__cmpxchg_user_4(&seen, w->q.uaddr, uval, new) || seen != uval)
		return PI_RETRY;
	if (!(new & FUTEX_WAITERS))
		return 0;
	if (s)
		owner = s->owner;
	else if (IS_ERR_OR_NULL(owner))
		return owner ? (int)PTR_ERR(owner) : -ESRCH;
	else if (owner->flags & PF_EXITING)
		return -EBUSY;
	err = trylock ? -EAGAIN : pi_check_deadlock(owner);
	if (err)
		return err;
	if (!s) {
		s = *fresh;
		*fresh = NULL;
		*s = (struct futex_pi_state){ .owner = owner, .owner_tid = uval & FUTEX_TID_MASK };
		INIT_LIST_HEAD(&s->waiters);
		list_add(&s->entry, &owner->pi_state_list);
	}
	pi_enqueue(w, s, b);
	return PI_QUEUED;
}

/* Takes the lock or queues for it: 0, PI_QUEUED or -errno. May sleep. */
static int pi_lock_or_queue(struct pi_waiter *w, struct futex_pi_state **fresh, bool trylock)
{
	for (;;) {
		struct task_struct *owner;
		struct futex_bucket *b;
		u32 uval;
		int ret;

		/* reads it, and brings the page in, writable */
		if (__xadd_user_4(&uval, w->q.uaddr, 0))
			return -EFAULT;
		owner = pi_find_owner(uval);
		b = futex_q_lock(&w->q);
		spin_lock(&pi_lock);
		ret = pi_try_lock(w, b, uval, owner, fresh, trylock);
		spin_unlock(&pi_lock);
		if (ret == PI_QUEUED)
			spin_unlock(&b->lock);
		else
			futex_q_unlock(b);
		if (!IS_ERR_OR_NULL(owner))
			put_task_struct(owner);
		if (ret != PI_RETRY && ret != -EBUSY)
			return ret;
		if (signal_pending(current))
			return -ERESTARTNOINTR;
		/* until the owner's exit has cleaned up the word, or is over */
		if (ret == -EBUSY) {
			set_current_state(TASK_INTERRUPTIBLE);
			schedule_hrtimeout(ktime_get() + 100 * NSEC_PER_USEC);
		}
	}
}

/* A granted waiter writes itself into the word. 0; -EFAULT: the page is away. */
static int pi_claim_word(struct pi_waiter *w)
{
	u32 uval, seen, new = w->tid | FUTEX_WAITERS | FUTEX_OWNER_DIED;

	do {
		if (__get_user_4(&uval, w->q.uaddr) ||
		    __cmpxchg_user_4(&seen, w->q.uaddr, uval, new))
			return -EFAULT;
	} while (seen != uval);
	return 0;
}

/*
 * After the sleep: 0 when the lock is ours, else ret, why the sleep ended, and w is off all queues.
 * Handed over: the unlocker did all. Granted: we do the rest, and if our memory is gone the next
 * waiter is granted.
 */
static int pi_finish(struct pi_waiter *w, int ret)
{
	struct futex_bucket *b;
	bool page_gone = false;
	DEFINE_WAKE_Q(wq);
	u32 unused;

	while ((b = futex_q_relock(&w->q))) {
		int err = 0;

		spin_lock(&pi_lock);
		if (w->q.granted && !page_gone) {
			ret = err = pi_claim_word(w);
			if (!err)
				pi_hand_over(w->q.pi, w);
		} else {
			pi_remove(w, &wq);
		}
		if (!err)
			futex_dequeue(&w->q);
		spin_unlock(&pi_lock);
		spin_unlock(&b->lock);
		if (!err) {
			wake_up_q(&wq);
			return ret;
		}
		page_gone = __xadd_user_4(&unused, w->q.uaddr, 0);
	}
	return 0;
}

/*
 * FUTEX_LOCK_PI, FUTEX_TRYLOCK_PI. 0: current owns it. -EDEADLK: has it already, or a cycle;
 * -ESRCH: the owner is gone; -EPERM: it is a kernel thread; -EINVAL: not a PI futex; -EAGAIN:
 * trylock found it taken; -ETIMEDOUT. A signal restarts it always. May sleep.
 */
long futex_lock_pi(u32 __user *uaddr, bool shared, u64 deadline, bool trylock)
{
	struct pi_waiter w = {
		.q = { .task = current, .uaddr = uaddr, .bitset = FUTEX_BITSET_MATCH_ANY },
		.tid = (u32)task_pid_vnr(current),
	};
	struct futex_pi_state *fresh;
	long ret = futex_get_key(uaddr, shared, &w.q.key);

	if (ret)
		return ret;
	fresh = kmalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	ret = pi_lock_or_queue(&w, &fresh, trylock);
	if (ret == PI_QUEUED)
		ret = pi_finish(&w, futex_sleep(&w.q, 1, deadline) ? -ETIMEDOUT : -ERESTARTNOINTR);
	kfree(fresh);
	return ret;
}

/* --- unlocking --- */

/* Both locks held. 0, -EINVAL, or PI_RETRY. */
static int pi_try_unlock(struct futex_bucket *b, const struct futex_key *key, u32 __user *uaddr,
			 u32 uval, struct wake_q *wq)
{
	struct futex_q *top = futex_top_waiter(b, key);
	struct pi_waiter *w = NULL;
	u32 seen, new = 0;

	if (top) {
		if (!top->pi || top->pi->owner != current)
			return -EINVAL;
		w = pi_top_waiter(top->pi);
		new = w->tid | FUTEX_WAITERS;
	}
	if (__cmpxchg_user_4(&seen, uaddr, uval, new) || seen != uval)
		return PI_RETRY;
	if (w) {
		list_del(&w->q.pi->entry);
		pi_hand_over(w->q.pi, w);
		futex_wake_mark(wq, &w->q);
		pi_propagate(current);	/* what was lent goes back */
	}
	return 0;
}

/*
 * FUTEX_UNLOCK_PI. 0; -EPERM: the word does not hold current's id; -EINVAL: not a PI futex, or the
 * word lies. May sleep.
 */
long futex_unlock_pi(u32 __user *uaddr, bool shared)
{
	u32 uval, tid = (u32)task_pid_vnr(current);
	struct futex_bucket *b;
	struct futex_key key;
	int ret;
	DEFINE_WAKE_Q(wq);

	do {
		if (get_user(uval, uaddr))
			return -EFAULT;
		if ((uval & FUTEX_TID_MASK) != tid)
			return -EPERM;
		ret = futex_get_key(uaddr, shared, &key);
		if (ret)
			return ret;
		if (__xadd_user_4(&uval, uaddr, 0))
			return -EFAULT;
		b = futex_hash(&key);
		/*
		 * Between giving back the priority and waking the waiter nobody in the middle may
		 * take the CPU.
		 */
		preempt_disable();
		spin_lock(&b->lock);
		spin_lock(&pi_lock);
		ret = pi_try_unlock(b, &key, uaddr, uval, &wq);
		spin_unlock(&pi_lock);
		spin_unlock(&b->lock);
		trace_futex_wake(uaddr, wq.first != NULL);
		wake_up_q(&wq);
		preempt_enable();
	} while (ret == PI_RETRY);
	return ret;
}

/* What p owns and others wait for goes to them. */
static noinline void pi_leave_all(struct task_struct *p)
{
	struct futex_pi_state *s, *next;
	DEFINE_WAKE_Q(wq);

	spin_lock(&pi_lock);
	list_for_each_entry_safe(s, next, &p->pi_state_list, entry) {
		list_del_init(&s->entry);
		pi_grant(s, &wq);
	}
	if (unlikely(wq.first))
		pi_update_prio(p);
	spin_unlock(&pi_lock);
	wake_up_q(&wq);
}

/*
 * p, current, is about to lose its memory. On exit PF_EXITING is set; pi_try_lock() looks at it
 * under pi_lock, so whoever made a state for p before we got the lock is served here, and whoever
 * comes later sees the flag.
 *
 * Most threads own nothing, and need not fight for the one lock to find that out. Whoever takes it
 * after we saw it free sees the flag, because of the barrier; what whoever had it before has put on
 * the list, we see, because the lock is read first.
 */
void futex_exit_pi(struct task_struct *p)
{
	smp_mb();
	if (smp_load_acquire(&pi_lock.locked) || !list_empty(&p->pi_state_list))
		pi_leave_all(p);
}
