/*
 * Multiplicative hashing: the golden ratio spreads neighbouring keys over the whole word and the
 * top bits, which depend on every bit of the key, are the hash.
 */
#pragma once

#include "libk/types.h"

#define GOLDEN_RATIO_64	0x61C8864680B583EBUL

static inline u32 hash_long(unsigned long val, unsigned int bits)
{
	return (u32)((val * GOLDEN_RATIO_64) >> (64 - bits));
}

/* Mixes @len bytes into 64 bits (FNV-1a): for file names. */
static inline unsigned long hash_bytes(const void *data, size_t len)
{
	const u8 *p = data;
	unsigned long h = 0xcbf29ce484222325UL;

	while (len--)
		h = (h ^ *p++) * 0x100000001b3UL;
	return h;
}
