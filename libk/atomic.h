/*
 * Atomic words and memory ordering: Linux's names on GCC's __atomic builtins.
 *
 * The rule of the names: an operation that returns a value is a full barrier on both sides (a
 * locked instruction on x86); one that returns nothing, and atomic_read/atomic_set, order nothing;
 * _acquire and _release do half. smp_store_release() publishes what was written before it to
 * whoever sees the value by smp_load_acquire().
 */
#pragma once

#include "libk/bits.h"
#include "libk/compiler.h"
#include "libk/types.h"

#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
/* x86 keeps loads in order: only the compiler must be told. */
#define smp_rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_store_mb(var, v)	((void)__atomic_exchange_n(&(var), v, __ATOMIC_SEQ_CST))

#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
/* Stores @n if *@p is @o; returns what *@p was. */
#define cmpxchg(p, o, n) __extension__ ({					\
	__typeof__(*(p)) __o = (o);						\
	__atomic_compare_exchange_n(p, &__o, n, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	__o; })
/* The same, true on success; on failure *@op is what *@p was. */
#define try_cmpxchg(p, op, n) \
	__atomic_compare_exchange_n(p, op, n, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;

#define ATOMIC_INIT(i)		{ (i) }
#define ATOMIC_LONG_INIT(i)	{ (i) }

/* All operations of one width: pfx is the name's beginning, T the integer type. */
#define __ATOMIC_OPS(pfx, atype, T)						\
static inline T pfx##_read(const atype *v) { return READ_ONCE(v->counter); }	\
static inline void pfx##_set(atype *v, T i) { WRITE_ONCE(v->counter, i); }	\
static inline T pfx##_read_acquire(const atype *v) { return smp_load_acquire(&v->counter); } \
static inline T pfx##_fetch_add(T i, atype *v)					\
{ return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); }		\
static inline T pfx##_fetch_and(T i, atype *v)					\
{ return __atomic_fetch_and(&v->counter, i, __ATOMIC_SEQ_CST); }		\
static inline T pfx##_add_return(T i, atype *v) { return pfx##_fetch_add(i, v) + i; } \
static inline T pfx##_inc_return(atype *v) { return pfx##_add_return(1, v); }	\
static inline T pfx##_dec_return(atype *v) { return pfx##_add_return(-1, v); }	\
static inline void pfx##_add(T i, atype *v) { (void)pfx##_fetch_add(i, v); }	\
static inline void pfx##_inc(atype *v) { (void)pfx##_fetch_add(1, v); }		\
static inline void pfx##_dec(atype *v) { (void)pfx##_fetch_add(-1, v); }	\
static inline void pfx##_and(T i, atype *v) { (void)pfx##_fetch_and(i, v); }	\
static inline bool pfx##_dec_and_test(atype *v) { return pfx##_dec_return(v) == 0; } \
static inline T pfx##_cmpxchg(atype *v, T o, T n) { return cmpxchg(&v->counter, o, n); } \
static inline bool pfx##_try_cmpxchg(atype *v, T *o, T n)			\
{ return try_cmpxchg(&v->counter, o, n); }					\
/* Adds @a unless the value is @u; true if it added. */				\
static inline bool pfx##_add_unless(atype *v, T a, T u)				\
{										\
	T c = pfx##_read(v);							\
										\
	do {									\
		if (c == u)							\
			return false;						\
	} while (!try_cmpxchg(&v->counter, &c, c + a));				\
	return true;								\
}										\
static inline bool pfx##_inc_not_zero(atype *v) { return pfx##_add_unless(v, 1, 0); }

__ATOMIC_OPS(atomic, atomic_t, int)
__ATOMIC_OPS(atomic_long, atomic_long_t, long)

/*
 * Reference counts. A count that was 0 has no owner, so taking a reference from it, or dropping
 * one more, is a use after free: it stops at the culprit (ud2) and not at the next victim.
 */
typedef struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n)	{ ATOMIC_INIT(n) }

static inline void refcount_set(refcount_t *r, int n) { atomic_set(&r->refs, n); }
static inline unsigned int refcount_read(const refcount_t *r)
{
	return (unsigned int)atomic_read(&r->refs);
}

static __always_inline void refcount_inc(refcount_t *r)
{
	if (unlikely(atomic_fetch_add(1, &r->refs) <= 0))
		__builtin_trap();
}

/* True for the caller that dropped the last reference, who sees all that the others wrote. */
static __always_inline bool __must_check refcount_dec_and_test(refcount_t *r)
{
	int old = atomic_fetch_add(-1, &r->refs);

	if (unlikely(old <= 0))
		__builtin_trap();
	return old == 1;
}

static inline void refcount_dec(refcount_t *r)
{
	if (unlikely(atomic_fetch_add(-1, &r->refs) <= 1))
		__builtin_trap();
}

/* Atomic bits of a bitmap. */
static inline void set_bit(long nr, unsigned long *map)
{
	__atomic_fetch_or(&map[BIT_WORD(nr)], BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline void clear_bit(long nr, unsigned long *map)
{
	__atomic_fetch_and(&map[BIT_WORD(nr)], ~BIT_MASK(nr), __ATOMIC_RELAXED);
}
