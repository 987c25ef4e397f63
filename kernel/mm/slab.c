/*
 * Objects: caches of equal-sized pieces, cut from blocks of pages (slabs), and kmalloc() on top of
 * them.
 *
 * Each CPU keeps a stack of free objects per cache; taking or giving one is a few instructions with
 * interrupts off. Only when a stack runs empty or full are objects moved, half a stack at a time,
 * from or to the slabs. A slab whose objects are all free goes back to the page allocator. A slab's
 * free objects are linked through their first word; its page structure counts those in use.
 *
 * With CONFIG_DEBUG each object ends in a word that says whether it is free, and its bytes are
 * poisoned while it is: a double free, or a write to an object after it was freed, stops the
 * kernel.
 *
 * Locks: cache->lock (slab lock), interrupts off, a leaf above the zone lock only. A CPU's stack:
 * interrupts off on that CPU.
 */
#include "asm/irqflags.h"
#include "asm/percpu.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "libk/string.h"

#define MAX_CACHES 96
#define STACK_MAX 31		/* small objects that a CPU keeps: with their number 256 bytes */
#define STACK_BYTES 16384	/* bytes a CPU keeps, of large ones */
#define MAX_SLAB_ORDER 3

struct cpu_stack {
	unsigned int n;
	void *objects[STACK_MAX];
};

struct kmem_cache {
	const char *name;		/* (c) constant, all of these */
	unsigned int size;		/* (c) with padding */
	unsigned int object_size;	/* (c) what was asked for */
	unsigned int order;		/* (c) of a slab */
	unsigned int per_slab;		/* (c) objects */
	unsigned int limit;		/* (c) of a CPU's stack */
	u8 id;				/* (c) index in caches[] */
	spinlock_t lock;
	struct list_head partial;	/* (lock) slabs with free objects; full ones are in no
					 * list */
	unsigned long nr_slabs;		/* (lock) */
	unsigned long nr_taken;		/* (lock) objects out of their slabs, be it in use or on
					 * a CPU's stack */
	struct cpu_stack cpu[NR_CPUS];
};

static struct kmem_cache caches[MAX_CACHES];
static int nr_caches;

/* --- debugging --- */

#ifdef CONFIG_DEBUG
#define DEBUG_WORD 8
#define POISON 0x6b
#define MARK_FREE 0x6b6b6b6b46524545UL
#define MARK_USED 0x6b6b6b6b55534544UL

static unsigned long *mark_of(const struct kmem_cache *c, void *obj)
{
	return (unsigned long *)((char *)obj + c->size - DEBUG_WORD);
}

/* From the second word on: the first links free objects. */
static void debug_free(const struct kmem_cache *c, void *obj)
{
	if (*mark_of(c, obj) == MARK_FREE)
		panic("slab %s: double free of %p", c->name, obj);
	if (*mark_of(c, obj) != MARK_USED)
		panic("slab %s: written beyond the end of %p", c->name, obj);
	memset((char *)obj + 8, POISON, c->size - 8 - DEBUG_WORD);
	*mark_of(c, obj) = MARK_FREE;
}

static void debug_alloc(const struct kmem_cache *c, void *obj)
{
	const u64 *p = obj;

	if (*mark_of(c, obj) != MARK_FREE)
		panic("slab %s: %p is not free", c->name, obj);
	for (unsigned int i = 1; i < (c->size - DEBUG_WORD) / 8; i++)
		if (p[i] != POISON * 0x0101010101010101UL)
			panic("slab %s: %p was written after it was freed (word %u is %#llx)",
			      c->name, obj, i, p[i]);
	*mark_of(c, obj) = MARK_USED;
}

static void debug_new(const struct kmem_cache *c, void *obj)
{
	*mark_of(c, obj) = MARK_USED;
	debug_free(c, obj);
}
#else
#define DEBUG_WORD 0
static void debug_free(const struct kmem_cache *c, void *obj) { }
static void debug_alloc(const struct kmem_cache *c, void *obj) { }
static void debug_new(const struct kmem_cache *c, void *obj) { }
#endif

/* --- slabs; the cache's lock held --- */

static struct page *new_slab(struct kmem_cache *c, gfp_t gfp)
{
	struct page *slab = alloc_pages(gfp & GFP_ATOMIC, c->order);
	char *base;

	if (!slab)
		return NULL;
	/* kfree() looks at the page of the object, which need not be the slab's first. */
	for (unsigned int i = 0; i < 1u << c->order; i++) {
		slab[i].flags |= PG_SLAB;
		slab[i].objects = 0;
		slab[i].cache = c->id;
	}
	base = page_address(slab);
	slab->freelist = NULL;
	for (unsigned int i = c->per_slab; i-- > 0;) {
		void **obj = (void **)(base + (size_t)i * c->size);

		debug_new(c, obj);
		*obj = slab->freelist;
		slab->freelist = obj;
	}
	list_add(&slab->list, &c->partial);
	c->nr_slabs++;
	return slab;
}

/* The first page of the slab that holds obj: slabs lie at multiples of their size. */
static struct page *slab_of(const struct kmem_cache *c, const void *obj)
{
	return virt_to_page((void *)ALIGN_DOWN((unsigned long)obj, PAGE_SIZE << c->order));
}

static void free_slab(struct kmem_cache *c, struct page *slab)
{
	list_del(&slab->list);
	for (unsigned int i = 0; i < 1u << c->order; i++)
		slab[i].flags &= (u8)~PG_SLAB;
	c->nr_slabs--;
	__free_pages(slab, c->order);
}

static void *take_object(struct kmem_cache *c, gfp_t gfp)
{
	struct page *slab = list_first_entry_or_null(&c->partial, struct page, list);
	void **obj;

	if (!slab)
		slab = new_slab(c, gfp);
	if (!slab)
		return NULL;
	obj = slab->freelist;
	slab->freelist = *obj;
	slab->objects++;
	c->nr_taken++;
	if (!slab->freelist)
		list_del_init(&slab->list);
	return obj;
}

static void give_object(struct kmem_cache *c, void **obj)
{
	struct page *slab = slab_of(c, obj);

	if (!(slab->flags & PG_SLAB) || slab->cache != c->id || slab->objects == 0)
		panic("slab %s: %p is not one of its objects, or free already", c->name, obj);
	if (!slab->freelist)
		list_add(&slab->list, &c->partial);
	*obj = slab->freelist;
	slab->freelist = obj;
	c->nr_taken--;
	if (--slab->objects == 0)
		free_slab(c, slab);
}

/* --- a CPU's stack; interrupts off --- */

/* The empty asm makes the compiler keep the address instead of computing it anew for each
 * access. */
static inline struct cpu_stack *this_stack(struct kmem_cache *c)
{
	struct cpu_stack *s = &c->cpu[smp_processor_id()];

	__asm__("" : "+r"(s));
	return s;
}

static bool stack_refill(struct kmem_cache *c, struct cpu_stack *s, gfp_t gfp)
{
	void *obj;

	spin_lock(&c->lock);
	while (s->n < (c->limit + 1) / 2 && (obj = take_object(c, gfp)))
		s->objects[s->n++] = obj;
	spin_unlock(&c->lock);
	return s->n > 0;
}

static void stack_drain(struct kmem_cache *c, struct cpu_stack *s)
{
	spin_lock(&c->lock);
	while (s->n > c->limit / 2)
		give_object(c, s->objects[--s->n]);
	spin_unlock(&c->lock);
}

/* This CPU's stack is empty: fills half of it and takes one. Interrupts are off, and go back to
 * flags. Apart, so that the usual way is short. */
static noinline void *alloc_slow(struct kmem_cache *c, gfp_t gfp, unsigned long flags)
{
	struct cpu_stack *s = this_stack(c);
	void *obj = NULL;

	if (stack_refill(c, s, gfp)) {
		obj = s->objects[--s->n];
		debug_alloc(c, obj);
	}
	local_irq_restore(flags);
	return obj;
}

void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	unsigned long flags = local_irq_save();
	struct cpu_stack *s = this_stack(c);
	void *obj;

	if (unlikely(!s->n))
		return alloc_slow(c, gfp, flags);
	obj = s->objects[--s->n];
	debug_alloc(c, obj);
	local_irq_restore(flags);
	return obj;
}

void *kmem_cache_zalloc(struct kmem_cache *c, gfp_t gfp)
{
	void *obj = kmem_cache_alloc(c, gfp);

	return obj ? memset(obj, 0, c->object_size) : NULL;
}

/* This CPU's stack is full: empties half of it first. */
static noinline void free_slow(struct kmem_cache *c, void *obj, unsigned long flags)
{
	struct cpu_stack *s = this_stack(c);

	stack_drain(c, s);
	s->objects[s->n++] = obj;
	local_irq_restore(flags);
}

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	unsigned long flags = local_irq_save();
	struct cpu_stack *s = this_stack(c);

	debug_free(c, obj);
	if (unlikely(s->n == c->limit)) {
		free_slow(c, obj, flags);
		return;
	}
	s->objects[s->n++] = obj;
	local_irq_restore(flags);
}

void drain_slabs(void)
{
	unsigned long flags;

	for (struct kmem_cache *c = caches; c < caches + nr_caches; c++) {
		struct cpu_stack *s;

		spin_lock_irqsave(&c->lock, flags);
		s = this_stack(c);
		while (s->n)
			give_object(c, s->objects[--s->n]);
		spin_unlock_irqrestore(&c->lock, flags);
	}
}

/* The order whose slabs waste least; a larger one must save at least an eighth of a page. */
static unsigned int best_order(unsigned int size)
{
	unsigned int best = 0;
	unsigned long waste = ~0UL;

	for (unsigned int order = 0; order <= MAX_SLAB_ORDER; order++) {
		unsigned long bytes = PAGE_SIZE << order, w = bytes % size * 64 / bytes;

		if (bytes >= size && w + 4 < waste) {
			best = order;
			waste = w;
		}
	}
	return best;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align)
{
	struct kmem_cache *c = &caches[nr_caches];

	BUG_ON(nr_caches == MAX_CACHES || size > PAGE_SIZE << MAX_SLAB_ORDER);
	align = max(align, sizeof(void *));
	c->name = name;
	c->object_size = (unsigned int)size;
	c->size = (unsigned int)ALIGN_UP(size + DEBUG_WORD, align);
	c->order = best_order(c->size);
	c->per_slab = (unsigned int)((PAGE_SIZE << c->order) / c->size);
	c->limit = clamp(STACK_BYTES / c->size, 2u, (unsigned int)STACK_MAX);
	c->id = (u8)nr_caches++;
	spin_lock_init(&c->lock, "slab");
	INIT_LIST_HEAD(&c->partial);
	return c;
}

/* --- kmalloc: powers of two and, in between, half as much again --- */

static const struct {
	const char *name;
	unsigned int size;
} kmalloc_sizes[] = {
	{ "kmalloc-16", 16 },	{ "kmalloc-32", 32 },	{ "kmalloc-64", 64 },
	{ "kmalloc-96", 96 },	{ "kmalloc-128", 128 }, { "kmalloc-192", 192 },
	{ "kmalloc-256", 256 }, { "kmalloc-512", 512 }, { "kmalloc-1k", 1024 },
	{ "kmalloc-2k", 2048 },
};
#define KMALLOC_MAX 2048
#define SMALL_MAX 256
static struct kmem_cache *small_cache[SMALL_MAX / 16 + 1];	/* by size in units of 16 bytes,
								 * rounded up */
static struct kmem_cache *large_cache[3];			/* 512, 1024, 2048 */

extern const struct kmem_cache_spec __start_kmem_caches[] __weak, __stop_kmem_caches[] __weak;

void slab_init(void)
{
	for (const struct kmem_cache_spec *s = __start_kmem_caches; s < __stop_kmem_caches; s++)
		*s->cache = kmem_cache_create(s->name, s->size, s->align);
	for (size_t i = 0, small = 0; i < ARRAY_SIZE(kmalloc_sizes); i++) {
		unsigned int size = kmalloc_sizes[i].size;
		struct kmem_cache *c = kmem_cache_create(kmalloc_sizes[i].name, size, 16);

		for (; small <= SMALL_MAX / 16 && small * 16 <= size; small++)
			small_cache[small] = c;
		if (size > SMALL_MAX)
			large_cache[ilog2(size) - 9] = c;
	}
}

static struct kmem_cache *kmalloc_cache(size_t size)
{
	return size <= SMALL_MAX ? small_cache[(size + 15) / 16]
				 : large_cache[order_base_2(size) - 9];
}

void *kmalloc(size_t size, gfp_t gfp)
{
	unsigned int order;
	struct page *page;

	if (likely(size <= KMALLOC_MAX))
		return gfp & __GFP_ZERO ? kmem_cache_zalloc(kmalloc_cache(size), gfp)
					: kmem_cache_alloc(kmalloc_cache(size), gfp);
	if (size > PAGE_SIZE << (MAX_ORDER - 1))
		return NULL;
	order = (unsigned int)order_base_2(DIV_ROUND_UP(size, PAGE_SIZE));
	page = alloc_pages(gfp, order);
	if (!page)
		return NULL;
	page->order = (u8)order;	/* a single page from a CPU's stack may still carry
					 * another number */
	return page_address(page);
}

void kfree(const void *p)
{
	struct page *page;

	if (!p)
		return;
	page = virt_to_page(p);
	if (page->flags & PG_SLAB)
		kmem_cache_free(&caches[page->cache], (void *)p);
	else
		__free_pages(page, page->order);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kzalloc(bytes, gfp);
}

static size_t usable_size(const void *p)
{
	const struct page *page = virt_to_page(p);

	return page->flags & PG_SLAB ? caches[page->cache].object_size : PAGE_SIZE << page->order;
}

void *krealloc(void *p, size_t size, gfp_t gfp)
{
	size_t old = p ? usable_size(p) : 0;
	void *q;

	if (p && size <= old)
		return p;
	q = kmalloc(size, gfp);
	if (q && p) {
		memcpy(q, p, old);
		kfree(p);
	}
	return q;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	size_t n = strlen(s) + 1;
	char *copy = kmalloc(n, gfp);

	return copy ? memcpy(copy, s, n) : NULL;
}

unsigned long nr_slab_pages(void)
{
	unsigned long sum = 0;

	for (struct kmem_cache *c = caches; c < caches + nr_caches; c++)
		sum += READ_ONCE(c->nr_slabs) << c->order;
	return sum;
}

void show_slabinfo(struct seq_file *m)
{
	seq_printf(m, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> "
		      "<objsize> <objperslab> <pagesperslab>"
		      " : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> "
		      "<num_slabs> <sharedavail>\n");
	for (struct kmem_cache *c = caches; c < caches + nr_caches; c++) {
		unsigned long active = READ_ONCE(c->nr_taken), slabs = READ_ONCE(c->nr_slabs);

		for_each_cpu(i)
			active -= READ_ONCE(c->cpu[i].n);
		seq_printf(
			m,
			"%-17s %6lu %6lu %6u %4u %4u : tunables %4u %4u 0 : slabdata %6lu %6lu 0\n",
			c->name, active, slabs * c->per_slab, c->size, c->per_slab, 1u << c->order,
			c->limit, c->limit / 2, slabs, slabs);
	}
}
