/*
 * Futex operations on two words: REQUEUE and CMP_REQUEUE move waiters from one to the other without
 * waking them (a condition variable's broadcast hands them to the mutex), WAKE_OP changes the
 * second word and wakes on both. Each holds both buckets' locks at once, so that nobody sees half
 * of it.
 *
 * Relies on futex.c. Locks: two buckets, the lower address first; once when both words share one.
 */
#include "kernel/futex/queue.h"
#include "kernel/futex/futex.h"
#include "kernel/trace/trace.h"

static void lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_lock(a <= b ? &a->lock : &b->lock);
	if (a != b)
		spin_lock(a < b ? &b->lock : &a->lock);
}

static void unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

static int get_two_keys(u32 __user *uaddr1, u32 __user *uaddr2, bool shared,
			struct futex_key keys[2])
{
	int err = futex_get_key(uaddr1, shared, &keys[0]);

	return err ? err : futex_get_key(uaddr2, shared, &keys[1]);
}

/*
 * Both buckets locked. Within one bucket the waiter keeps its place: it is the same queue, and a
 * requeue onto the same word must not meet it a second time.
 */
static void requeue_waiter(struct futex_q *q, struct futex_bucket *to, const struct futex_key *key,
			   u32 __user *uaddr)
{
	if (q->bucket != to) {
		futex_dequeue(q);
		atomic_inc(&to->waiters);
		q->bucket = to;
		futex_queue_insert(&to->queue, q);
	}
	q->key = *key;
	q->uaddr = uaddr;
}

/*
 * Wakes the first nr_wake waiters on keys[0] and moves the next nr_requeue. Both locked. How many
 * in all, or -EINVAL: a PI futex.
 */
static int requeue_matching(struct futex_bucket *b1, struct futex_bucket *b2,
			    const struct futex_key keys[2], u32 __user *uaddr2, int nr_wake,
			    int nr_requeue, struct wake_q *wq)
{
	struct futex_q *q, *next;
	int done = 0;

	list_for_each_entry_safe(q, next, &b1->queue, list) {
		if (done - nr_wake >= nr_requeue)
			break;
		if (!futex_match(&q->key, &keys[0]))
			continue;
		if (q->pi)
			return -EINVAL;
		if (done++ < nr_wake)
			futex_wake_mark(wq, q);
		else
			requeue_waiter(q, b2, &keys[1], uaddr2);
	}
	return done;
}

/*
 * cmpval: only if the first word has that value, else -EAGAIN. The count of the second bucket is
 * raised before the word is read, as a waiter's would be (A1 and A3 of futex.c's proof): a
 * FUTEX_WAKE on the second word that finds nobody without looking at the queue then happened before
 * the value was read, and the value tells.
 */
long futex_requeue(u32 __user *uaddr1, u32 __user *uaddr2, bool shared, int nr_wake, int nr_requeue,
		   const u32 *cmpval)
{
	struct futex_bucket *b1, *b2;
	struct futex_key keys[2];
	u32 uval = 0;
	int fault = 0;
	long ret;
	DEFINE_WAKE_Q(wq);

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
	ret = get_two_keys(uaddr1, uaddr2, shared, keys);
	if (ret)
		return ret;
	b1 = futex_hash(&keys[0]);
	b2 = futex_hash(&keys[1]);
	do {
		if (cmpval && __get_user_4(&uval, uaddr1))
			return -EFAULT;
		atomic_inc(&b2->waiters);
		lock_two(b1, b2);
		if (cmpval)
			fault = __get_user_4(&uval, uaddr1);
		if (cmpval && (fault || uval != *cmpval))
			ret = -EAGAIN;
		else
			ret = requeue_matching(b1, b2, keys, uaddr2, nr_wake, nr_requeue, &wq);
		unlock_two(b1, b2);
		atomic_dec(&b2->waiters);
	} while (fault);
	trace_futex_requeue(uaddr1, uaddr2, nr_wake, ret);
	wake_up_q(&wq);
	return ret;
}

/* --- WAKE_OP --- */

static int sign_extend_12(u32 bits)
{
	return (int)(bits << 20) >> 20;
}

static u32 futex_op_new(u32 op, u32 old, u32 arg)
{
	switch (op) {
	case FUTEX_OP_SET:
		return arg;
	case FUTEX_OP_ADD:
		return old + arg;
	case FUTEX_OP_OR:
		return old | arg;
	case FUTEX_OP_ANDN:
		return old & ~arg;
	default:
		return old ^ arg;
	}
}

static int futex_op_compare(u32 cmp, int old, int arg)
{
	switch (cmp) {
	case FUTEX_OP_CMP_EQ:
		return old == arg;
	case FUTEX_OP_CMP_NE:
		return old != arg;
	case FUTEX_OP_CMP_LT:
		return old < arg;
	case FUTEX_OP_CMP_LE:
		return old <= arg;
	case FUTEX_OP_CMP_GT:
		return old > arg;
	case FUTEX_OP_CMP_GE:
		return old >= arg;
	default:
		return -ENOSYS;
	}
}

/*
 * *uaddr = old OP arg, atomically; then 1 or 0 for "old CMP cmparg". -EFAULT (which under a
 * spinlock means: bring it in), -ENOSYS.
 */
static int futex_op_user(u32 __user *uaddr, u32 encoded)
{
	u32 op = encoded >> 28 & 7, arg = (u32)sign_extend_12(encoded >> 12);
	u32 old, seen;
	int err;

	if (op > FUTEX_OP_XOR)
		return -ENOSYS;
	if (encoded >> 28 & FUTEX_OP_OPARG_SHIFT)
		arg = 1U << (arg & 31);
	do {
		err = __get_user_4(&old, uaddr);
		if (!err)
			err = __cmpxchg_user_4(&seen, uaddr, old, futex_op_new(op, old, arg));
		if (err)
			return err;
	} while (seen != old);
	return futex_op_compare(encoded >> 24 & 15, (int)old, sign_extend_12(encoded));
}

/*
 * Changes the second word, wakes up to nr_wake on the first, and up to nr_wake2 on the second if
 * its old value compared. How many.
 */
long futex_wake_op(u32 __user *uaddr1, u32 __user *uaddr2, bool shared, int nr_wake, int nr_wake2,
		   u32 encoded)
{
	struct futex_bucket *b1, *b2;
	struct futex_key keys[2];
	u32 unused;
	int cond, more;
	long ret = get_two_keys(uaddr1, uaddr2, shared, keys);
	DEFINE_WAKE_Q(wq);

	if (ret)
		return ret;
	if (shared && __xadd_user_4(&unused, uaddr2, 0))	/* for any operation */
		return -EFAULT;
	b1 = futex_hash(&keys[0]);
	b2 = futex_hash(&keys[1]);
	for (;;) {
		lock_two(b1, b2);
		cond = futex_op_user(uaddr2, encoded);
		if (cond != -EFAULT)
			break;
		unlock_two(b1, b2);
		if (__xadd_user_4(&unused, uaddr2, 0))	/* brings the page in, writable */
			return -EFAULT;
	}
	ret = cond;
	if (cond >= 0)
		ret = futex_wake_matching(b1, &keys[0], nr_wake, FUTEX_BITSET_MATCH_ANY, &wq);
	if (cond > 0 && ret >= 0) {
		more = futex_wake_matching(b2, &keys[1], nr_wake2, FUTEX_BITSET_MATCH_ANY, &wq);
		ret = more < 0 ? more : ret + more;
	}
	unlock_two(b1, b2);
	trace_futex_wake(uaddr1, ret);
	wake_up_q(&wq);
	return ret;
}
