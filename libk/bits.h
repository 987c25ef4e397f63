/*
 * Bits of one word and of bitmaps (arrays of unsigned long). Nothing here is atomic: the owner of
 * the bitmap's lock calls it. The atomic forms (set_bit, test_and_set_bit) are in libk/atomic.h.
 */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

#define BITS_PER_LONG		64
#define BITS_TO_LONGS(n)	(((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, n)	unsigned long name[BITS_TO_LONGS(n)]
#define BIT_WORD(nr)		((unsigned long)(nr) / BITS_PER_LONG)
#define BIT_MASK(nr)		(1UL << ((unsigned long)(nr) % BITS_PER_LONG))

/* Index of the lowest set bit; @word must not be 0. */
static inline unsigned int __ffs(unsigned long word)
{
	return (unsigned int)__builtin_ctzl(word);
}

/* Index of the lowest clear bit; @word must not be ~0. */
static inline unsigned int ffz(unsigned long word)
{
	return __ffs(~word);
}

/* Index of the highest set bit; @word must not be 0. */
static inline unsigned int __fls(unsigned long word)
{
	return 63 - (unsigned int)__builtin_clzl(word);
}

/* As above, but counted from 1, and 0 for "none". */
static inline int fls64(u64 x)
{
	return x ? (int)__fls(x) + 1 : 0;
}

static inline int fls(unsigned int x)
{
	return fls64(x);
}

#ifdef __KERNEL__
static inline int ffs(int x)
{
	return __builtin_ffs(x);
}
#endif

/* Number of set bits, by halves: neighbours are added in ever wider fields. */
static inline unsigned int hweight64(u64 w)
{
	w -= (w >> 1) & 0x5555555555555555ULL;
	w = (w & 0x3333333333333333ULL) + ((w >> 2) & 0x3333333333333333ULL);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (unsigned int)((w * 0x0101010101010101ULL) >> 56);
}


static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
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
			return min_t(unsigned long, start + __ffs(w), size);
		start += BITS_PER_LONG;
	}
	return size;
}

static inline unsigned long find_next_bit(const unsigned long *map, unsigned long size,
					  unsigned long start)
{
	return __find_next(map, size, start, 0);
}

static inline unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size,
					       unsigned long start)
{
	return __find_next(map, size, start, ~0UL);
}

static inline unsigned long find_first_bit(const unsigned long *map, unsigned long size)
{
	return __find_next(map, size, 0, 0);
}

static inline unsigned long find_first_zero_bit(const unsigned long *map, unsigned long size)
{
	return __find_next(map, size, 0, ~0UL);
}

#define for_each_set_bit(bit, map, size)					\
	for ((bit) = find_first_bit(map, size); (bit) < (size);			\
	     (bit) = find_next_bit(map, size, (bit) + 1))

static inline void bitmap_zero(unsigned long *dst, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		dst[i] = 0;
}

/* Sets the bits below @n; those above it, in the last word, stay 0. */
static inline void bitmap_fill(unsigned long *dst, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		dst[i] = ~0UL;
	if (n % BITS_PER_LONG)
		dst[n / BITS_PER_LONG] = BIT_MASK(n) - 1;
}

static inline void bitmap_copy(unsigned long *dst, const unsigned long *src, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		dst[i] = src[i];
}

static inline bool bitmap_and(unsigned long *dst, const unsigned long *a,
			      const unsigned long *b, unsigned int n)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		any |= dst[i] = a[i] & b[i];
	return any != 0;
}

static inline void bitmap_or(unsigned long *dst, const unsigned long *a,
			     const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		dst[i] = a[i] | b[i];
}

static inline bool bitmap_empty(const unsigned long *map, unsigned int n)
{
	return find_first_bit(map, n) >= n;
}

static inline unsigned int bitmap_weight(const unsigned long *map, unsigned int n)
{
	unsigned int w = 0;
	unsigned long bit;

	for_each_set_bit(bit, map, n)
		w++;
	return w;
}
