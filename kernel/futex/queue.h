/*
 * Inside kernel/futex: keys, hash buckets and the queue of waiters. The order of a queue and the
 * hash are pure functions, tested on the host (tests/host/test_futex_queue.c).
 *
 * Locking, by letter:
 *   (b) the lock of the bucket that q->bucket names, a spinlock never taken in interrupts; of two
 *       the lower address first
 *   (p) pi.c's pi_lock, inside of (b)
 *   (c) constant while the waiter is queued
 */
#pragma once

#include "asm/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/sync.h"
#include "kernel/task/task.h"
#include "libk/abi/futex.h"
#include "libk/hash.h"

/*
 * What makes two words of memory the same futex. Bits 0 and 1 of a word's address are 0, which
 * leaves room to say what the rest means:
 *   private			space = mm->id			word = address
 *   shared, private memory	space = mm->id			word = address | 1
 *   shared, shared memory	space = address_space->id	word = offset in the file | 2
 * A PRIVATE wake does not find a waiter that did not say PRIVATE, be the memory private or not: as
 * on Linux.
 * The ids are never reused, so a key that outlives its memory matches nothing any more.
 */
struct futex_key {
	u64 space, word;
};
#define FUTEX_KEY_MM 1UL
#define FUTEX_KEY_FILE 2UL

struct futex_bucket {
	spinlock_t lock;
	atomic_t waiters;	/* queued or on their way: raised before the lock is taken */
	struct list_head queue;	/* (b) struct futex_q by prio, equals in the order they came */
} __aligned(64);

struct futex_pi_state;

/* A waiter, on its own stack. */
struct futex_q {
	struct list_head list;	/* (b) in bucket->queue */
	struct futex_bucket *bucket;	/* (b) NULL: woken; nobody touches this any more */
	struct task_struct *task;	/* (c) */
	struct futex_key key;	/* (b) changed by requeue */
	u32 __user *uaddr;	/* (b) for reports */
	u32 val, bitset;	/* (c) */
	int prio;		/* (b) smaller is stronger; all but real time equal */
	bool granted;		/* (p) its PI futex is its to take: the owner died */
	struct futex_pi_state *pi;	/* (c) NULL: a plain waiter */
};

/* The bucket number of a key among 1 << bits. */
static inline u32 futex_hash_key(const struct futex_key *key, unsigned int bits)
{
	return hash_long(key->word + key->space * GOLDEN_RATIO_64, bits);
}

static inline bool futex_match(const struct futex_key *a, const struct futex_key *b)
{
	return a->word == b->word && a->space == b->space;
}

/*
 * Behind all that are as strong. From the back: where nobody is real time, which is the rule, the
 * place is found at once.
 */
static inline void futex_queue_insert(struct list_head *queue, struct futex_q *q)
{
	struct futex_q *other;

	list_for_each_entry_reverse(other, queue, list) {
		if (other->prio <= q->prio)
			break;
	}
	list_add(&q->list, &other->list);	/* without a break other is the head */
}

/*
 * --- wake list: tasks to wake once the spinlocks are dropped, in order; it holds a reference to
 * each (futex.c). Mostly it is one task, which needs no list. ---
 */
struct wake_q {
	struct task_struct *first;	/* NULL: nobody */
	struct task_struct *rest;	/* linked by wake_next */
	struct task_struct **lastp;
};
#define WAKE_Q_END ((struct task_struct *)1UL)
#define DEFINE_WAKE_Q(name) struct wake_q name = { NULL, WAKE_Q_END, &(name).rest }

void wake_q_add(struct wake_q *wq, struct task_struct *p);	/* takes over a reference */
void __wake_up_q(struct wake_q *wq);
static inline void wake_up_q(struct wake_q *wq)
{
	if (wq->first)
		__wake_up_q(wq);
}

/* --- futex.c --- */
struct futex_key futex_shared_key(u32 __user *uaddr);
struct futex_bucket *futex_hash(const struct futex_key *key);
/* to queue q: q->key's bucket, counted, locked */
struct futex_bucket *futex_q_lock(struct futex_q *q);
void futex_q_unlock(struct futex_bucket *b);		/* the same undone: q was not queued */
void futex_enqueue(struct futex_q *q, struct futex_bucket *b);
void futex_dequeue(struct futex_q *q);
struct futex_bucket *futex_q_relock(struct futex_q *q);	/* where q is, locked; NULL: woken */
bool futex_unqueue(struct futex_q *q);			/* it still was queued; false: woken */
struct futex_q *futex_top_waiter(struct futex_bucket *b, const struct futex_key *key);
void futex_wake_mark(struct wake_q *wq, struct futex_q *q);
int futex_wake_matching(struct futex_bucket *b, const struct futex_key *key, int nr, u32 bitset,
			struct wake_q *wq);
int futex_check_value(u32 __user *uaddr, u32 val);
int futex_wait_setup(struct futex_q *q, bool shared);
bool futex_sleep(struct futex_q *qs, unsigned int n, u64 deadline);
long futex_wait(u32 __user *uaddr, bool shared, u32 val, u64 deadline, u32 bitset);

/* Which futex a word is that was looked at already. May sleep when shared. */
static inline struct futex_key futex_make_key(u32 __user *uaddr, bool shared)
{
	if (shared)
		return futex_shared_key(uaddr);
	return (struct futex_key){ current->mm->id, (unsigned long)uaddr };
}

/*
 * May a futex be there? 0, -EINVAL (misaligned), -EFAULT. Nothing else looks at uaddr's range: the
 * __xxx_user() accessors may be used on it afterwards.
 */
static inline int futex_check_address(u32 __user *uaddr)
{
	if (unlikely((unsigned long)uaddr % sizeof(u32)))
		return -EINVAL;
	return likely(access_ok(uaddr, sizeof(u32))) ? 0 : -EFAULT;
}

/* The same, and which futex it is. May sleep when shared. */
static inline int futex_get_key(u32 __user *uaddr, bool shared, struct futex_key *key)
{
	int err = futex_check_address(uaddr);
	u32 unused;

	if (err)
		return err;
	if (shared && __get_user_4(&unused, uaddr))
		return -EFAULT;
	*key = futex_make_key(uaddr, shared);
	return 0;
}

/* --- requeue.c, pi.c, robust.c --- */
long futex_requeue(u32 __user *uaddr1, u32 __user *uaddr2, bool shared, int nr_wake, int nr_requeue,
		   const u32 *cmpval);
long futex_wake_op(u32 __user *uaddr1, u32 __user *uaddr2, bool shared, int nr_wake, int nr_wake2,
		   u32 encoded);
long futex_lock_pi(u32 __user *uaddr, bool shared, u64 deadline, bool trylock);
long futex_unlock_pi(u32 __user *uaddr, bool shared);
void futex_exit_pi(struct task_struct *p);
