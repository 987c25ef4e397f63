/*
 * Bits of one word and of bitmaps (arrays of unsigned long). Nothing here is atomic: the owner of
 * the bitmap's lock calls it. The atomic forms (set_bit, clear_bit) are in libk/atomic.h.
 */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

#define BITS_PER_LONG		64
#define BITS_TO_LONGS(n)	(((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define BIT_WORD(nr)		((unsigned long)(nr) / BITS_PER_LONG)
#define BIT_MASK(nr)		(1UL << ((unsigned long)(nr) % BITS_PER_LONG))

/* Number of set bits, by halves: neighbours are added in ever wider fields. */
static inline unsigned int hweight64(u64 w)
{
	w -= (w >> 1) & 0x5555555555555555ULL;
	w = (w & 0x3333333333333333ULL) + ((w >> 2) & 0x3333333333333333ULL);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (unsigned int)((w * 0x0101010101010101ULL) >> 56);
}

/* Base-2 logarithm, rounded down; @n must not be 0. A constant for a constant. */
#define ilog2(n)	(63 - __builtin_clzl((unsigned long)(n)))

/* The logarithm rounded up: the order of the smallest power of two that holds @n. */
static inline int order_base_2(unsigned long n)
{
	return n > 1 ? ilog2(n - 1) + 1 : 0;
}

static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return 1UL << order_base_2(n);
}

static inline bool test_bit(long nr, const unsigned long *map)
{
	return READ_ONCE(map[BIT_WORD(nr)]) & BIT_MASK(nr);
}

static inline void __set_bit(long nr, unsigned long *map)
{
	map[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void __clear_bit(long nr, unsigned long *map)
{
	map[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

/* First bit from @start on that differs from @flip's bits; @size when there is none. */
static inline unsigned long __find_next(const unsigned long *map, unsigned long size,
					unsigned long start, unsigned long flip)
{
	while (start < size) {
		unsigned long w = (READ_ONCE(map[BIT_WORD(start)]) ^ flip) &
				  (~0UL << (start % BITS_PER_LONG));

		start = ALIGN_DOWN(start, BITS_PER_LONG);
		if (w)
			return min_t(unsigned long, start + (unsigned int)__builtin_ctzl(w), size);
		start += BITS_PER_LONG;
	}
	return size;
}

#define find_next_bit(map, size, start)		__find_next(map, size, start, 0)
#define find_next_zero_bit(map, size, start)	__find_next(map, size, start, ~0UL)
#define find_first_bit(map, size)		__find_next(map, size, 0, 0)
#define find_first_zero_bit(map, size)		__find_next(map, size, 0, ~0UL)

#define for_each_set_bit(bit, map, size)					\
	for ((bit) = find_first_bit(map, size); (bit) < (size);			\
	     (bit) = find_next_bit(map, size, (bit) + 1))

static inline void bitmap_zero(unsigned long *dst, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		dst[i] = 0;
}

static inline void bitmap_copy(unsigned long *dst, const unsigned long *src, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		dst[i] = src[i];
}
