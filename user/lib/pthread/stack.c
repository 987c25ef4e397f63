/*
 * Where threads live. One mapping holds everything a thread has in user space:
 *
 *	map                                                            map + map_size
 *	 | guard, no access | stack, grows down <--- | TLS | struct pthread |
 *
 * The kernel gives the pages when they are touched, so 8 MiB of stack cost what is used of it. A
 * thread that overflows its stack meets the guard and gets SIGSEGV, not somebody else's memory.
 *
 * Who frees the stack of a thread that is dying? Not the thread: it stands on it until its last
 * system call. So the mapping goes to a cache while the thread may still run, and the cache gives
 * it away only when tid is 0: the kernel writes that (CLONE_CHILD_CLEARTID) after the thread has
 * left user mode for good. The cache also makes creating a thread one system call, not three.
 */
#include <string.h>
#include <sys/mman.h>

#include "user/lib/pthread/internal.h"

#define PAGE		4096UL
#define CACHE_MAX	(40UL << 20)	/* bytes of address space */

int __stacks_lock;
int __nthreads = 1;
static struct pthread *cache;		/* (s) linked by next */
static size_t cached;			/* (s) bytes */

static void *tcb_memory(void *end)
{
	return (void *)(((uintptr_t)end - __tls_size()) & ~63UL);
}

/* Takes a stack of that size out of the cache. The lock is held. */
static struct pthread *reuse(size_t size, size_t guard)
{
	for (struct pthread **p = &cache; *p; p = &(*p)->next) {
		struct pthread *t = *p;

		if (t->map_size == size && t->guard == guard && !READ_ONCE(t->tid)) {
			*p = t->next;
			cached -= size;
			return t;
		}
	}
	return NULL;
}

static void *map_stack(size_t size, size_t guard)
{
	char *map = mmap(NULL, size, guard ? PROT_NONE : PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	if (guard && mprotect(map + guard, size - guard, PROT_READ | PROT_WRITE)) {
		munmap(map, size);
		return NULL;
	}
	return map;
}

/* The new thread's control block, TLS and stack; NULL if there is no memory. */
static struct pthread *build(const pthread_attr_t *attr)
{
	size_t guard = ALIGN_UP(attr->guard, PAGE), size = ALIGN_UP(attr->stack_size, PAGE) + guard;
	struct pthread *t;
	char *map;

	__lock(&__stacks_lock);
	t = reuse(size, guard);
	__unlock(&__stacks_lock);
	map = t ? t->map : map_stack(size, guard);
	if (!map)
		return NULL;
	t = __tls_build(tcb_memory(map + size));
	t->map = map;
	t->map_size = size;
	t->guard = guard;
	t->stack = map + guard;
	return t;
}

struct pthread *__stack_get(const pthread_attr_t *attr)
{
	struct pthread *self = __pthread_self(), *t;

	if (attr->stack) {
		t = __tls_build(tcb_memory((char *)attr->stack + attr->stack_size));
		t->stack = attr->stack;
	} else {
		t = build(attr);
	}
	if (!t)
		return NULL;
	t->stack_size = attr->stack_size;
	t->canary = self->canary;
	__lock(&__stacks_lock);
	t->next = self->next;
	t->prev = self;
	self->next = t->next->prev = t;
	__unlock(&__stacks_lock);
	return t;
}

/* Unmaps cached stacks while there are too many; those of threads not quite dead stay. */
static void trim(void)
{
	for (struct pthread **p = &cache; *p && cached > CACHE_MAX;) {
		struct pthread *t = *p;

		if (READ_ONCE(t->tid)) {
			p = &t->next;
			continue;
		}
		*p = t->next;
		cached -= t->map_size;
		munmap(t->map, t->map_size);
	}
}

/* @t, joined or a detached thread at its end, needs its stack no more once its tid is 0. */
void __stack_put(struct pthread *t)
{
	__lock(&__stacks_lock);
	t->prev->next = t->next;
	t->next->prev = t->prev;
	if (t->map) {
		trim();
		t->next = cache;
		cache = t;
		cached += t->map_size;
	}
	__unlock(&__stacks_lock);
}

/* In the child of fork() only the caller exists: the others' stacks are free. The lock is held. */
void __stack_fork_child(struct pthread *self)
{
	struct pthread *t = self->next, *next;

	for (; t != self; t = next) {
		next = t->next;
		t->tid = 0;
		if (t->map) {
			t->next = cache;
			cache = t;
			cached += t->map_size;
		}
	}
	self->prev = self->next = self;
	__nthreads = 1;
}
