/*
 * What the compiler offers, under the names Linux gave it. Relies on GNU C11.
 */
#pragma once

#include <stddef.h>

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

/* Keeps the compiler, not the CPU, from moving memory accesses across it. */
#define barrier()	__asm__ __volatile__("" : : : "memory")

#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define __noreturn	__attribute__((noreturn))
#define __packed	__attribute__((packed))
#define __aligned(x)	__attribute__((aligned(x)))
#define __must_check	__attribute__((warn_unused_result))
#define __maybe_unused	__attribute__((unused))
#define __weak		__attribute__((weak))
#define __alias(name)	__attribute__((alias(#name)))
#define noinline	__attribute__((noinline))
/* All it calls within its file becomes part of it: for the few hottest paths, whose many small
 * functions would else each save and restore registers. */
#define __flatten	__attribute__((flatten))
#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#define fallthrough	__attribute__((fallthrough))

/* Marks a pointer into user space, for the reader: only the copy functions may follow it. */
#define __user

/* One access, neither torn, repeated nor cached: for words another CPU may change meanwhile. */
#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define BUILD_BUG_ON(cond) _Static_assert(!(cond), #cond)

#undef offsetof
#define offsetof(type, member)	__builtin_offsetof(type, member)
#define offsetofend(type, member)	(offsetof(type, member) + sizeof(((type *)0)->member))
#define container_of(ptr, type, member) __extension__ ({			\
	const __typeof__(((type *)0)->member) *__mptr = (ptr);			\
	(type *)((char *)__mptr - offsetof(type, member)); })

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define sizeof_field(t, f)	sizeof(((t *)0)->f)

/* Both sides must have one type: comparing signed with unsigned is a bug, not a warning. */
#define __cmp(a, b, op) __extension__ ({					\
	__typeof__(a) __x = (a); __typeof__(b) __y = (b);			\
	(void)(&__x == &__y); __x op __y ? __x : __y; })
#undef min
#undef max
#define min(a, b)		__cmp(a, b, <)
#define max(a, b)		__cmp(a, b, >)
#define min_t(t, a, b)		__extension__ ({ t __a = (a); t __b = (b); __a < __b ? __a : __b; })
#define max_t(t, a, b)		__extension__ ({ t __a = (a); t __b = (b); __a > __b ? __a : __b; })
#define clamp(v, lo, hi)	__extension__ ({ __typeof__(v) __v = (v);		\
	__v < (lo) ? (lo) : __v > (hi) ? (hi) : __v; })
#define swap(a, b) do { __typeof__(a) __t = (a); (a) = (b); (b) = __t; } while (0)

#define BIT(n)			(1UL << (n))

/* @a must be a power of two. */
#define ALIGN_UP(x, a)		(((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))

#define __stringify_1(x)	#x
#define __stringify(x)		__stringify_1(x)
