/*
 * What tasks wait with: spinlock, wait queue, mutex, completion. The comment that proves that no
 * wake-up is lost stands in wait.c.
 *
 * THE LOCK ORDER, outermost first; a lock may be taken only while all locks held stand above it.
 * Locks of the same line are never held together unless the line says how. lockdep.c checks the
 * order as it is observed and reports an inversion with both chains.
 *
 *   sleeping  epmutex > ep->mtx > f_pos_lock, seq_file lock > rename_mutex
 *             > inode i_mutex (parent before child; two directories: see lock_rename)
 *             > mount_mutex > pipe mutex, tty read and write mutex > mmap_lock > page cache lock
 *   spinning  tasklist_lock > sighand->siglock > tty->lock > wq_lock > wait queue > ep->lock
 *             > futex bucket (two: by address) > pi_lock > kthread_worker
 *             > rq->lock (two: by CPU number)
 *   leaves    timer base, zone, slab, kstack, dcache, file_lock, fs->lock, task->alloc_lock, log
 *
 * A spinlock that is ever taken in an interrupt handler is taken with interrupts off everywhere
 * (irqsave).
 */
#pragma once

#include "kernel/sync/preempt.h"
#include "libk/atomic.h"
#include "libk/list.h"

struct task_struct;

/* --- lock classes: all locks initialised at one place share one, for order checking and
 * statistics --- */
struct lock_class {
	const char *name;
	u32 id;			/* 0 until somebody asked for it: lock_stat.h */
};

/* --- spinlock --- */
typedef struct spinlock {
	u32 locked;		/* 0: free; n + 1: CPU n holds it */
#ifdef CONFIG_DEBUG
	u32 last_cpu;		/* that took it (of a mutex: in wait_lock), for lock_stat */
#endif
	struct lock_class *class;
} spinlock_t;

#define SPINLOCK_INIT(lockname) { .class = &(struct lock_class){ .name = lockname } }
#define DEFINE_SPINLOCK(lock) spinlock_t lock = SPINLOCK_INIT(#lock)
#define spin_lock_init(lock, lockname)							\
	do {										\
		static struct lock_class __class = { .name = lockname };		\
		*(lock) = (spinlock_t){ .class = &__class };				\
	} while (0)

/* Out of line: waits for a lock that somebody else holds; panics with the owner's name when that
 * takes seconds. */
void spin_lock_contended(spinlock_t *lock);

/* One lock that a task holds (DEBUG=1). */
#define MAX_HELD_LOCKS 24
struct held_lock {
	const void *lock;
	struct lock_class *class;
	unsigned long at;	/* return address of the acquisition */
	u64 chain;		/* the locks up to this one, as a number: lockdep.c */
	u64 since;		/* ktime, while lock_stat is on; else 0 */
	bool bounced;		/* another CPU took it last */
};

/* lockdep.c; empty unless the kernel is built with DEBUG=1. */
enum lock_how { LOCK_SPIN, LOCK_SLEEP, LOCK_TRY };
#ifdef CONFIG_DEBUG
/* before waiting for it */
void lock_acquire(const void *lock, struct lock_class *class, enum lock_how how);
void lock_acquired(const void *lock);	/* after having waited for it */
void lock_release(const void *lock, const struct lock_class *class);
void lock_pass_on(struct task_struct *prev, struct task_struct *next);
void lockdep_check_user(void);
void show_held_locks(const struct task_struct *p);
#else
static inline void lock_acquire(const void *lock, struct lock_class *class, enum lock_how how)
{
}

static inline void lock_acquired(const void *lock)
{
}

static inline void lock_release(const void *lock, const struct lock_class *class)
{
}

static inline void lock_pass_on(struct task_struct *prev, struct task_struct *next)
{
}

static inline void lockdep_check_user(void)
{
}

static inline void show_held_locks(const struct task_struct *p)
{
}
#endif

/* --- the quick halves; always inline, since a call costs as much as they do --- */

/* Not an exchange: that would put the name of one that waits in the place of the owner's. */
static __always_inline bool __spin_trylock(spinlock_t *lock)
{
	u32 nobody = 0;

	return try_cmpxchg(&lock->locked, &nobody, this_cpu(spin_token));
}

/* The preempt count stays as it is: for who has preemption off already, as schedule(). */
static __always_inline void __spin_lock(spinlock_t *lock)
{
	lock_acquire(lock, lock->class, LOCK_SPIN);
	if (unlikely(!__spin_trylock(lock)))
		spin_lock_contended(lock);
}

static __always_inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	__spin_lock(lock);
}

static __always_inline bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	if (!__spin_trylock(lock)) {
		preempt_enable();
		return false;
	}
	lock_acquire(lock, lock->class, LOCK_TRY);
	return true;
}

static __always_inline void __spin_unlock(spinlock_t *lock)
{
	lock_release(lock, lock->class);
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

static __always_inline void spin_unlock(spinlock_t *lock)
{
	__spin_unlock(lock);
	preempt_enable();
}

/* Interrupts were on. */
static __always_inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

/* Interrupts go on before the count falls: a reschedule that is due happens with them on. */
static __always_inline void spin_unlock_irq(spinlock_t *lock)
{
	__spin_unlock(lock);
	local_irq_enable();
	preempt_enable();
}

#define spin_lock_irqsave(lock, flags)							\
	do {										\
		(flags) = local_irq_save();						\
		spin_lock(lock);							\
	} while (0)

static __always_inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	__spin_unlock(lock);
	if (flags & X86_EFLAGS_IF) {
		local_irq_enable();
		preempt_enable();
	} else {
		preempt_enable_no_resched();	/* whoever turns interrupts on will see
						 * need_resched */
	}
}

static inline bool spin_is_locked(const spinlock_t *lock)
{
	return READ_ONCE(lock->locked);
}

/* --- wait queue --- */
#define WQ_FLAG_EXCLUSIVE 1u	/* a wake-up of N stops after N of these */

struct wait_queue_entry;
/* Called with the queue's lock held. Returns > 0 when it counts as a wake-up. key: what happened
 * (EPOLL bits), 0 = anything. */
typedef int (*wait_queue_func_t)(struct wait_queue_entry *entry, unsigned int mode,
				 unsigned long key);

struct wait_queue_entry {
	unsigned int flags;	/* (q) */
	void *private;		/* the task for autoremove/default functions */
	wait_queue_func_t func;
	struct list_head entry;	/* (q) */
};

/* (q) = the queue's own lock */
struct wait_queue_head {
	spinlock_t lock;
	struct list_head head;	/* (q) exclusive waiters at the tail */
	const char *name;	/* what /proc/PID/wchan and the debugger call it */
};
typedef struct wait_queue_head wait_queue_head_t;

#define init_waitqueue_head(wq, wqname)							\
	do {										\
		spin_lock_init(&(wq)->lock, wqname);					\
		INIT_LIST_HEAD(&(wq)->head);						\
		(wq)->name = wqname;							\
	} while (0)
#define DECLARE_WAIT_QUEUE_HEAD(wq)							\
	struct wait_queue_head wq = { SPINLOCK_INIT(#wq), LIST_HEAD_INIT((wq).head), #wq }

int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode, unsigned long key);
#define DEFINE_WAIT(name)                                                                          \
	struct wait_queue_entry name = { 0, current, autoremove_wake_function,                     \
					 LIST_HEAD_INIT((name).entry) }
void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry);
void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry);
/* Queues the entry and sets the task's state: step one of sleeping. */
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry,
		     unsigned int state);
void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *entry,
			       unsigned int state);
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry);
/* Wakes non-exclusive waiters and up to nr exclusive ones (0 = all) whose state is in mode. Any
 * context. */
void __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr, unsigned long key);
#define wake_up(wq) __wake_up(wq, TASK_NORMAL, 1, 0)
#define wake_up_all(wq) __wake_up(wq, TASK_NORMAL, 0, 0)

static inline bool waitqueue_active(struct wait_queue_head *wq)
{
	return !list_empty(&wq->head);
}

/* Sleeps until condition; the loop of wait.c's proof. state decides what else ends it. 0, or
 * -ERESTARTSYS on a signal. */
#define ___wait_event(wq, condition, state)						\
({											\
	long __ret = 0;									\
	DEFINE_WAIT(__wait);								\
	for (;;) {									\
		prepare_to_wait((wq), &__wait, (state));				\
		if (condition)								\
			break;								\
		if (signal_pending_state((state), current)) {				\
			__ret = -ERESTARTSYS;						\
			break;								\
		}									\
		schedule();								\
		if (condition)		/* the rule: spares queueing again only to leave */	\
			break;								\
	}										\
	finish_wait((wq), &__wait);							\
	__ret;										\
})
#define wait_event(wq, condition)							\
	do {										\
		might_sleep();								\
		if (!(condition))							\
			(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE);	\
	} while (0)
#define wait_event_interruptible(wq, condition)						\
({											\
	might_sleep();									\
	(condition) ? 0L : ___wait_event(wq, condition, TASK_INTERRUPTIBLE);		\
})
#define wait_event_killable(wq, condition)						\
({											\
	might_sleep();									\
	(condition) ? 0L : ___wait_event(wq, condition, TASK_KILLABLE);			\
})

/* --- mutex: sleeps; only its owner unlocks it --- */
struct mutex {
	atomic_long_t owner;	/* task_struct pointer; bit 0: somebody waits */
	spinlock_t wait_lock;
	struct list_head waiters;	/* (wait_lock) first come, first served */
	struct lock_class *class;
};

#define MUTEX_INIT(m, mutexname)							\
	{										\
		.wait_lock = SPINLOCK_INIT("mutex->wait_lock"),				\
		.waiters = LIST_HEAD_INIT((m).waiters),					\
		.class = &(struct lock_class){ .name = mutexname },			\
	}
#define DEFINE_MUTEX(m) struct mutex m = MUTEX_INIT(m, #m)
#define mutex_init(m, mutexname)							\
	do {										\
		static struct lock_class __mutex_class = { .name = mutexname };	\
		atomic_long_set(&(m)->owner, 0);					\
		spin_lock_init(&(m)->wait_lock, "mutex->wait_lock");			\
		INIT_LIST_HEAD(&(m)->waiters);						\
		(m)->class = &__mutex_class;						\
	} while (0)
int __must_check mutex_lock_interruptible(struct mutex *m);	/* 0 or -EINTR */
/* The slow halves: somebody else holds it; somebody waits for it, or it is not ours. */
void __mutex_lock(struct mutex *m);
void __mutex_unlock(struct mutex *m);

static inline bool mutex_trylock(struct mutex *m)
{
	if (unlikely(atomic_long_cmpxchg(&m->owner, 0, (long)current) != 0))
		return false;
	lock_acquire(m, m->class, LOCK_SLEEP);
	return true;
}

static inline void mutex_lock(struct mutex *m)	/* may sleep, as the other two */
{
	might_sleep();
	if (!mutex_trylock(m))
		__mutex_lock(m);
}

static inline void mutex_unlock(struct mutex *m)
{
	lock_release(m, m->class);
	if (unlikely(atomic_long_cmpxchg(&m->owner, (long)current, 0) != (long)current))
		__mutex_unlock(m);
}

struct task_struct *mutex_owner(const struct mutex *m);

/* --- completion: "it has happened", once or n times --- */
struct completion {
	unsigned int done;	/* (wait.lock) UINT_MAX: for all, for ever */
	struct wait_queue_head wait;
};

#define init_completion(c, cname)							\
	do {										\
		(c)->done = 0;								\
		init_waitqueue_head(&(c)->wait, cname);					\
	} while (0)
void complete(struct completion *c);		/* any context */
void complete_all(struct completion *c);
void wait_for_completion(struct completion *c);	/* may sleep, state D */
int __must_check wait_for_completion_killable(struct completion *c);	/* 0 or -ERESTARTSYS */
bool completion_done(struct completion *c);
