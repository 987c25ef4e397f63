/*
 * Locks and references that end with the block they were taken in, under the names of Linux's
 * <linux/cleanup.h>:
 *
 * 	guard(mutex)(&m);			held until the closing brace, however it is left
 * 	scoped_guard(spinlock, &l) { ... }	held in these braces; `break` leaves them
 * 	CLASS(fd, f)(nr);			a variable f, given back when its block ends
 * 	char *name __free(kfree) = ...;		the same for a pointer; NULL and ERR_PTR are fine
 *
 * What was begun last ends first. Built on a compiler attribute: nothing is left of it at run time.
 */
#pragma once

#include "kernel/sync/sync.h"
#include "libk/err.h"

#define __cleanup(fn) __attribute__((cleanup(fn), unused))
#define __unique_2(a, b) a##b
#define __unique_1(a, b) __unique_2(a, b)

#define CLASS(name, var) class_##name##_t var __cleanup(class_##name##_end) = class_##name##_start
#define guard(name) CLASS(name, __unique_1(__guard, __COUNTER__))
#define scoped_guard(name, lock) \
	for (CLASS(name, __held)(lock), *__once = &__held; __once; __once = NULL)
#define __free(name) __cleanup(__free_##name)

/* A class: its type, what begins and what ends it. The variable is called v in end. */
#define DEFINE_CLASS(name, type, end, init, args...)			\
	typedef type class_##name##_t;					\
	static inline void class_##name##_end(type *p)			\
	{								\
		type v = *p;						\
		end;							\
	}								\
	static __always_inline type class_##name##_start(args)		\
	{								\
		return init;						\
	}

#define DEFINE_FREE(name, type, end)					\
	static inline void __free_##name(void *p)			\
	{								\
		type v = *(type *)p;					\
		if (!IS_ERR_OR_NULL(v))					\
			end;						\
	}

struct irq_guard {
	spinlock_t *lock;
	unsigned long flags;
};

static inline struct irq_guard irq_guard_start(spinlock_t *lock)
{
	struct irq_guard g = { .lock = lock };

	spin_lock_irqsave(lock, g.flags);
	return g;
}

DEFINE_CLASS(mutex, struct mutex *, mutex_unlock(v), (mutex_lock(m), m), struct mutex *m)
DEFINE_CLASS(spinlock, spinlock_t *, spin_unlock(v), (spin_lock(l), l), spinlock_t *l)
DEFINE_CLASS(spinlock_irq, spinlock_t *, spin_unlock_irq(v), (spin_lock_irq(l), l), spinlock_t *l)
DEFINE_CLASS(spinlock_irqsave, struct irq_guard, spin_unlock_irqrestore(v.lock, v.flags),
	     irq_guard_start(l), spinlock_t *l)
