/*
 * Waiting on a word of user memory, and waking who waits there.
 *
 * WHY NO WAKE-UP IS LOST.  A waiter believes that the word has the value val. A waker first changes
 * the word (in user mode), then calls FUTEX_WAKE. The waiter must not sleep through that.
 *
 * 	waiter					waker
 * 	A1  bucket->waiters++  (full barrier)	B1  *uaddr = new value
 * 	A2  lock the bucket			B2  full barrier
 * 	A3  read *uaddr; not val: leave		B3  bucket->waiters == 0: return, nobody to wake
 * 	A4  queue itself; unlock		B4  lock; take matching waiters off; unlock
 * 	A5  set state; still queued? schedule	B5  wake them
 *
 * - B3 may skip the lock: either the waker sees the count that A1 raised, or B3 came before A1 in
 *   the order of the two full barriers, and then A3, after A1, reads what B1 wrote, before B3; the
 *   waiter leaves.
 * - With the lock: if A's critical section comes first, B4 finds the waiter queued. If B's comes
 *   first, A3 reads the new value, because B1 precedes the unlock in B4, and the lock in A2 follows
 *   it.
 * - Between A4 and schedule(): B4 sets q->bucket to NULL before B5 looks at the state, the waiter
 *   sets its state before it tests q->bucket (futex_sleep). That is the proof of kernel/sync/wait.c
 *   with q->bucket as the condition.
 * The classic mistake is A3 before A2. We do read the word before A2 as well, but only to leave
 * early (then the value was different at a moment within the call, which is all that EAGAIN says)
 * and to bring its page in; whoever goes to sleep has read it again under the lock.
 *
 * WHY THE WORD MAY BE READ UNDER A SPINLOCK.  With preemption off a page fault is not resolved:
 * handle_page_fault() refuses and the access returns -EFAULT. Then everything is unlocked, the page
 * is brought in by an access that may sleep, and all begins again.
 *
 * WHY A WAITER'S struct futex_q MAY LIVE ON ITS STACK.  Somebody else finds it only through the
 * bucket's queue, under the bucket's lock. The waiter returns only after futex_unqueue(), which
 * either took it off the queue under that lock, or has seen q->bucket == NULL. That store is the
 * last thing a waker does with it (futex_wake_mark()); by then the waker holds a reference to the
 * task and goes on with that. A waiter that a signal or a timeout wakes goes the same way, so
 * nothing stale stays queued. A requeuer changes q->bucket, with both buckets locked:
 * futex_q_relock() looks again after it has the lock.
 *
 * Order of wake-ups: by priority, equals first come first served. Locks: see queue.h; rq locks (by
 * wake-ups) after all of them are dropped.
 */
#include "kernel/futex/futex.h"

#include "kernel/futex/queue.h"
#include "kernel/printk.h"
#include "kernel/time/time.h"
#include "kernel/trace/trace.h"

static struct futex_bucket *buckets;
static unsigned int hash_shift;	/* 64 - the number of bits that number the buckets */

/* 256 buckets a CPU, and no more than 1/1000 of memory. */
void futex_init(void)
{
	unsigned long n = roundup_pow_of_two(256 * (unsigned long)nr_cpus);

	while (n > 16 && n * sizeof(struct futex_bucket) > totalram_pages() * (PAGE_SIZE / 1024))
		n /= 2;
	hash_shift = 64 - (unsigned int)ilog2(n);
	buckets = kzalloc(n * sizeof(struct futex_bucket), GFP_KERNEL);
	if (!buckets)
		panic("futex: no memory for %lu hash buckets", n);
	for (unsigned long i = 0; i < n; i++) {
		spin_lock_init(&buckets[i].lock, "futex bucket");
		INIT_LIST_HEAD(&buckets[i].queue);
	}
}

/* The slow half of futex_make_key(): the word may be reached from other address spaces. */
struct futex_key futex_shared_key(u32 __user *uaddr)
{
	struct mm_struct *mm = current->mm;
	unsigned long addr = (unsigned long)uaddr;
	struct futex_key key = { mm->id, addr | FUTEX_KEY_MM };
	struct vm_area_struct *vma;

	mutex_lock(&mm->mmap_lock);
	vma = find_vma(mm, addr);
	if (vma && addr >= vma->start && vma->flags & VM_SHARED && vma->mapping) {
		key.space = vma->mapping->id;
		key.word = ((vma->pgoff << PAGE_SHIFT) + addr - vma->start) | FUTEX_KEY_FILE;
	}
	mutex_unlock(&mm->mmap_lock);	/* nothing was removed: mmap_unlock() would have nothing
					 * to do */
	return key;
}

struct futex_bucket *futex_hash(const struct futex_key *key)
{
	return &buckets[futex_hash_key(key, 64 - hash_shift)];
}

/* --- the wake list --- */

/*
 * The first needs no link. Of the others, one task can be on one list at a time: p->wake_next is
 * claimed by the exchange. If another waker has p on its list already, p needs no second wake-up:
 * that waker has not yet reset wake_next, so its wake-up comes after what our caller did (both are
 * full barriers).
 */
void wake_q_add(struct wake_q *wq, struct task_struct *p)
{
	if (likely(!wq->first)) {
		wq->first = p;
		return;
	}
	if (cmpxchg(&p->wake_next, NULL, WAKE_Q_END)) {
		put_task_struct(p);
		return;
	}
	*wq->lastp = p;
	wq->lastp = &p->wake_next;
}

void __wake_up_q(struct wake_q *wq)
{
	struct task_struct *p = wq->first, *next = wq->rest;

	for (;;) {
		wake_up_process(p);
		put_task_struct(p);
		p = next;
		if (likely(p == WAKE_Q_END))
			break;
		next = xchg(&p->wake_next, NULL);
	}
}

/* --- the queue --- */

struct futex_bucket *futex_q_lock(struct futex_q *q)
{
	struct futex_bucket *b = futex_hash(&q->key);

	atomic_inc(&b->waiters);	/* A1 */
	spin_lock(&b->lock);
	return b;
}

void futex_q_unlock(struct futex_bucket *b)
{
	spin_unlock(&b->lock);
	atomic_dec(&b->waiters);
}

/* b locked and counted. */
void futex_enqueue(struct futex_q *q, struct futex_bucket *b)
{
	q->prio = min(current->normal_prio, MAX_RT_PRIO);	/* what is lent does not count */
	q->bucket = b;
	futex_queue_insert(&b->queue, q);
}

/* q's bucket locked. */
void futex_dequeue(struct futex_q *q)
{
	list_del(&q->list);
	atomic_dec(&q->bucket->waiters);
}

struct futex_bucket *futex_q_relock(struct futex_q *q)
{
	struct futex_bucket *b;

	while ((b = smp_load_acquire(&q->bucket))) {
		spin_lock(&b->lock);
		if (likely(b == q->bucket))
			break;
		spin_unlock(&b->lock);
	}
	return b;
}

bool futex_unqueue(struct futex_q *q)
{
	struct futex_bucket *b = futex_q_relock(q);

	if (!b)
		return false;
	futex_dequeue(q);
	spin_unlock(&b->lock);
	return true;
}

struct futex_q *futex_top_waiter(struct futex_bucket *b, const struct futex_key *key)
{
	struct futex_q *q;

	list_for_each_entry(q, &b->queue, list) {
		if (futex_match(&q->key, key))
			return q;
	}
	return NULL;
}

/* --- waking --- */

/* Takes q off its queue, its task onto the wake list. q's bucket locked. */
void futex_wake_mark(struct wake_q *wq, struct futex_q *q)
{
	struct task_struct *p = get_task_struct(q->task);

	futex_dequeue(q);
	smp_store_release(&q->bucket, NULL);	/* q may be gone from here on */
	wake_q_add(wq, p);
}

/*
 * Marks up to nr waiters on key (at least one, as Linux does). b locked. Returns how many; -EINVAL:
 * it is a PI futex.
 */
int futex_wake_matching(struct futex_bucket *b, const struct futex_key *key, int nr, u32 bitset,
			struct wake_q *wq)
{
	struct futex_q *q, *next;
	int woken = 0;

	list_for_each_entry_safe(q, next, &b->queue, list) {
		if (!futex_match(&q->key, key))
			continue;
		if (q->pi)
			return -EINVAL;
		if (!(q->bitset & bitset))
			continue;
		futex_wake_mark(wq, q);
		if (++woken >= nr)
			break;
	}
	return woken;
}

/* Apart, as the next but one, so that whoever finds nobody to wake saves no registers. */
static noinline __flatten long futex_wake_bucket(struct futex_bucket *b, struct futex_key key,
						 u32 __user *uaddr, int nr, u32 bitset)
{
	DEFINE_WAKE_Q(wq);
	long ret;

	spin_lock(&b->lock);
	ret = futex_wake_matching(b, &key, nr, bitset, &wq);
	spin_unlock(&b->lock);
	trace_futex_wake(uaddr, ret);
	wake_up_q(&wq);
	return ret;
}

static __always_inline long futex_wake_key(struct futex_key key, u32 __user *uaddr, int nr,
					   u32 bitset)
{
	struct futex_bucket *b = futex_hash(&key);

	smp_mb();			/* B2 */
	if (!atomic_read(&b->waiters))	/* B3 */
		return 0;
	return futex_wake_bucket(b, key, uaddr, nr, bitset);
}

static noinline __flatten long futex_wake_shared(u32 __user *uaddr, int nr, u32 bitset)
{
	u32 unused;

	if (__get_user_4(&unused, uaddr))
		return -EFAULT;
	return futex_wake_key(futex_shared_key(uaddr), uaddr, nr, bitset);
}

long __flatten futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset)
{
	int err = bitset ? futex_check_address(uaddr) : -EINVAL;

	if (err)
		return err;
	if (shared)
		return futex_wake_shared(uaddr, nr, bitset);
	return futex_wake_key(futex_make_key(uaddr, false), uaddr, nr, bitset);
}

/* --- waiting --- */

/*
 * May one go to sleep on val? Brings the word's page in. 0, -EAGAIN, -EFAULT, -EINVAL. May sleep.
 */
int futex_check_value(u32 __user *uaddr, u32 val)
{
	int err = futex_check_address(uaddr);
	u32 uval;

	if (err)
		return err;
	if (unlikely(__get_user_4(&uval, uaddr)))
		return -EFAULT;
	return uval == val ? 0 : -EAGAIN;
}

/*
 * Queues q if the word q->uaddr still has the value q->val, after futex_check_value() had no
 * objection. 0 or its errors. May sleep.
 */
int futex_wait_setup(struct futex_q *q, bool shared)
{
	struct futex_bucket *b;
	int fault, ret = 0;
	u32 uval;

	q->key = futex_make_key(q->uaddr, shared);
	while (!ret) {
		b = futex_q_lock(q);
		fault = __get_user_4(&uval, q->uaddr);	/* A3 */
		if (likely(!fault && uval == q->val)) {
			futex_enqueue(q, b);
			spin_unlock(&b->lock);
			break;
		}
		futex_q_unlock(b);
		ret = fault ? futex_check_value(q->uaddr, q->val) : -EAGAIN;
	}
	return ret;
}

/* Is one of them woken, or granted its lock? */
static bool futex_any_woken(struct futex_q *qs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!READ_ONCE(qs[i].bucket) || READ_ONCE(qs[i].granted))
			return true;
	}
	return false;
}

/*
 * Sleeps until one of the queued qs is woken, a signal comes or the deadline passes. True in the
 * last case. A5.
 */
bool futex_sleep(struct futex_q *qs, unsigned int n, u64 deadline)
{
	u64 left = 1;

	trace_futex_wait(qs->uaddr, qs->val, n);
	current->wchan = "futex_wait";
	current->wait_obj = qs->uaddr;
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (futex_any_woken(qs, n) || signal_pending(current) || !left)
			break;
		if (deadline == UINT64_MAX)	/* what schedule_hrtimeout() would do, without
						 * the detour */
			schedule();
		else
			left = schedule_hrtimeout(deadline);
		if (likely(futex_any_woken(qs, n)))	/* the rule: no need to go to sleep first */
			break;
	}
	__set_current_state(TASK_RUNNING);
	current->wchan = NULL;
	current->wait_obj = NULL;
	return !left;
}

static long futex_wait_restart(struct restart_block *rb)
{
	return futex_wait(rb->futex.uaddr, rb->futex.flags, rb->futex.val, rb->futex.deadline,
			  rb->futex.bitset);
}

/*
 * FUTEX_WAIT: 0 when woken; -EAGAIN, -ETIMEDOUT, -EINVAL, -EFAULT. A signal: restarted from the
 * start when there is no time limit and the handler allows it, else EINTR once a handler has run
 * (no handler: goes on to the same deadline).
 */
long __flatten futex_wait(u32 __user *uaddr, bool shared, u32 val, u64 deadline, u32 bitset)
{
	struct restart_block *rb = &current->restart_block;
	struct futex_q q;
	bool timed_out;
	int ret = bitset ? futex_check_value(uaddr, val) : -EINVAL;

	if (ret)
		return ret;
	/* one by one: what futex_enqueue() sets needs no clearing first */
	q.task = current;
	q.uaddr = uaddr;
	q.val = val;
	q.bitset = bitset;
	q.granted = false;
	q.pi = NULL;
	ret = futex_wait_setup(&q, shared);
	if (ret)
		return ret;
	timed_out = futex_sleep(&q, 1, deadline);
	if (!futex_unqueue(&q))
		/* a wake-up that was counted is never given back as something else */
		return 0;
	if (timed_out)
		return -ETIMEDOUT;
	if (deadline == UINT64_MAX)
		return -ERESTARTSYS;
	rb->futex.uaddr = uaddr;
	rb->futex.val = val;
	rb->futex.bitset = bitset;
	rb->futex.flags = shared;
	rb->futex.deadline = deadline;
	rb->fn = futex_wait_restart;
	return -ERESTART_RESTARTBLOCK;
}
