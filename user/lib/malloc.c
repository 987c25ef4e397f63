/*
 * The heap: free lists by power-of-two size, filled from 64 KiB pieces of the program break; big
 * blocks are mappings of their own and go back to the system at once. One lock.
 *
 *	struct head | the caller's bytes ...		both 16-byte aligned
 *
 * Freed small blocks are never merged: simple, and a program that frees what it took finds it
 * again in the same list.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/lib/libc.h"

#define MIN_ORDER	5		/* 32 bytes, half of them the head */
#define MAX_ORDER	17		/* from 128 KiB on: mmap */
#define PIECE		(64UL << 10)
#define MAPPED		0		/* order of a block with a mapping of its own */

struct head {
	u32 order;	/* the block is 1 << order bytes with its head; or MAPPED, or ALIGNED */
	u32 pad;
	union {
		struct head *next;	/* while free */
		size_t size;		/* MAPPED: bytes of the mapping */
		struct head *real;	/* ALIGNED: the head of the block this one lies in */
	};
};

#define ALIGNED		0xffffffffU

static struct head *free_lists[MAX_ORDER + 1];
static char *piece, *piece_end;
int __malloc_lock;

/* Cuts a new block off the current piece of the break. */
static struct head *carve(unsigned int order)
{
	size_t size = 1UL << order;
	struct head *h;

	if ((size_t)(piece_end - piece) < size) {
		size_t more = max_t(size_t, PIECE, size);
		char *p = sbrk((intptr_t)more + 16);

		if (p == (char *)-1)
			return NULL;
		piece = (char *)ALIGN_UP((uintptr_t)p, 16);
		piece_end = piece + more;
	}
	h = (struct head *)piece;
	piece += size;
	return h;
}

static void *map_block(size_t size)
{
	struct head *h;

	size = ALIGN_UP(size + sizeof(*h), 4096UL);
	h = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h == MAP_FAILED)
		return NULL;
	h->order = MAPPED;
	h->size = size;
	return h + 1;
}

void *malloc(size_t size)
{
	unsigned int order;
	struct head *h;

	if (size > (size_t)1 << 46) {
		errno = ENOMEM;
		return NULL;
	}
	order = max_t(unsigned int, MIN_ORDER, order_base_2(size + sizeof(*h)));
	if (order >= MAX_ORDER)
		return map_block(size);
	__lock(&__malloc_lock);
	h = free_lists[order];
	if (h)
		free_lists[order] = h->next;
	else
		h = carve(order);
	__unlock(&__malloc_lock);
	if (!h)
		return NULL;
	h->order = order;
	return h + 1;
}

void free(void *p)
{
	struct head *h = (struct head *)p - 1;

	if (!p)
		return;
	if (h->order == ALIGNED)
		h = h->real;
	if (h->order == MAPPED) {
		munmap(h, h->size);
		return;
	}
	if (h->order < MIN_ORDER || h->order > MAX_ORDER)
		abort();	/* not ours, or something wrote over the head */
	__lock(&__malloc_lock);
	h->next = free_lists[h->order];
	free_lists[h->order] = h;
	__unlock(&__malloc_lock);
}

/* Bytes the caller may use from @p on. */
static size_t usable(void *p)
{
	struct head *h = (struct head *)p - 1;
	char *end;

	if (h->order == ALIGNED)
		h = h->real;
	end = (char *)h + (h->order == MAPPED ? h->size : 1UL << h->order);
	return (size_t)(end - (char *)p);
}

void *calloc(size_t n, size_t size)
{
	size_t total;
	void *p;

	if (__builtin_mul_overflow(n, size, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	p = malloc(total);
	if (p)
		memset(p, 0, total);
	return p;
}

void *realloc(void *old, size_t size)
{
	void *p;

	if (!old)
		return malloc(size);
	if (size <= usable(old))
		return old;
	p = malloc(size);
	if (p) {
		memcpy(p, old, usable(old));
		free(old);
	}
	return p;
}

void *aligned_alloc(size_t align, size_t size)
{
	char *p = malloc(size + align + sizeof(struct head));
	struct head *real = (struct head *)p - 1, *h;

	if (!p || IS_ALIGNED((uintptr_t)p, align))
		return p;
	h = (struct head *)ALIGN_UP((uintptr_t)p + sizeof(*h), align) - 1;
	h->order = ALIGNED;
	h->real = real;
	return h + 1;
}

int posix_memalign(void **out, size_t align, size_t size)
{
	void *p = aligned_alloc(align, size);

	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}
