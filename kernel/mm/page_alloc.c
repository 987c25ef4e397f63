/*
 * Page frames: the buddy allocator and, before it, a small stack of ready pages on each CPU.
 *
 * A free block of 2^order pages starts at a multiple of its size; its buddy is the neighbour with
 * which it would make a block of the next order, and they are joined as soon as both are free.
 * Single pages, by far the most frequent, mostly never get here: they come from and go to the CPU's
 * stack, with interrupts off and no lock.
 *
 * Three depths of reserve: user pages fail first, so that the kernel can still work; kernel pages
 * leave the rest to GFP_ATOMIC.
 *
 * Locks: zone.lock (z), interrupts off, a leaf. A CPU's stack: interrupts off on that CPU.
 */
#include "asm/irqflags.h"
#include "asm/percpu.h"
#include "boot/boot_info.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "libk/string.h"

#define PCP_HIGH 64	/* pages a CPU may keep */
#define PCP_BATCH 32	/* pages moved at a time */
/* blocks that are moved whole when it refills: BATCH + 2^ORDER must not exceed HIGH */
#define PCP_ORDER 4
/* the first MiB stays with the firmware and the start of other CPUs */
#define LOW_MEMORY_PFN 256

struct page *mem_map;
unsigned long max_pfn;

static struct {
	spinlock_t lock;
	struct list_head free[MAX_ORDER];	/* (z) */
	unsigned long nr_blocks[MAX_ORDER];	/* (z) */
	unsigned long nr_free;			/* (z) pages in the lists; read without lock as a
						 * hint */
	unsigned long reserve[8];		/* constant: pages that an allocation with this
						 * gfp must leave */
	unsigned long total;			/* (z) pages ever given to the allocator */
} zone = { .lock = SPINLOCK_INIT("zone") };

struct pcp {
	unsigned long count;
	struct page *pages[PCP_HIGH];
};
static struct pcp pcps[NR_CPUS];

#define GFP_RESERVE_MASK (GFP_ATOMIC | GFP_USER)

/* --- the buddy lists; zone.lock held --- */

static void add_block(struct page *page, unsigned int order)
{
	page->order = (u8)order;
	page->flags = PG_BUDDY;
	list_add(&page->list, &zone.free[order]);
	zone.nr_blocks[order]++;
}

static void del_block(struct page *page)
{
	list_del(&page->list);
	page->flags = 0;
	zone.nr_blocks[page->order]--;
}

static struct page *rmqueue(unsigned int order)
{
	unsigned int from = order;
	struct page *page;

	while (from < MAX_ORDER && list_empty(&zone.free[from]))
		from++;
	if (from == MAX_ORDER)
		return NULL;
	page = list_first_entry(&zone.free[from], struct page, list);
	del_block(page);
	while (from > order) {
		from--;
		add_block(page + (1UL << from), from);
	}
	zone.nr_free -= 1UL << order;
	page->order = (u8)order;
	return page;
}

static void free_block(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);

	BUG_ON(page->flags & (PG_BUDDY | PG_RESERVED));
	zone.nr_free += 1UL << order;
	while (order < MAX_ORDER - 1) {
		unsigned long other = pfn ^ (1UL << order);
		struct page *buddy = pfn_to_page(other);

		if (other >= max_pfn || !(buddy->flags & PG_BUDDY) || buddy->order != order)
			break;
		del_block(buddy);
		pfn &= other;
		order++;
	}
	add_block(pfn_to_page(pfn), order);
}

/* --- a CPU's stack of pages; interrupts off --- */

/* False when the reserve would be touched. */
/* The smallest block there is, undivided unless it is larger than a batch: that spares a search
 * and a split for each single page. */
static void take_block(struct pcp *pcp)
{
	unsigned int order = 0;
	struct page *page;

	while (order < PCP_ORDER && list_empty(&zone.free[order]))
		order++;
	page = rmqueue(order);
	for (unsigned long i = 1UL << order; i-- > 0;) {
		page[i].order = 0;
		pcp->pages[pcp->count++] = &page[i];
	}
}

static noinline bool pcp_refill(struct pcp *pcp, unsigned long reserve)
{
	spin_lock(&zone.lock);
	while (pcp->count < PCP_BATCH && zone.nr_free > reserve)
		take_block(pcp);
	spin_unlock(&zone.lock);
	return pcp->count > 0;
}

static noinline void pcp_drain(struct pcp *pcp, unsigned long keep)
{
	spin_lock(&zone.lock);
	while (pcp->count > keep)
		free_block(pcp->pages[--pcp->count], 0);
	spin_unlock(&zone.lock);
}

void drain_local_pages(void)
{
	unsigned long flags = local_irq_save();

	pcp_drain(&pcps[smp_processor_id()], 0);
	local_irq_restore(flags);
}

static struct page *alloc_one(gfp_t gfp)
{
	unsigned long reserve = zone.reserve[gfp & GFP_RESERVE_MASK];
	unsigned long flags = local_irq_save();
	struct pcp *pcp = &pcps[smp_processor_id()];
	struct page *page = NULL;

	if (likely(zone.nr_free + pcp->count > reserve) &&
	    (likely(pcp->count) || pcp_refill(pcp, reserve))) {
		page = pcp->pages[--pcp->count];
		atomic_set(&page->refcount, 1);
	}
	local_irq_restore(flags);
	return page;
}

static struct page *alloc_block(gfp_t gfp, unsigned int order)
{
	struct page *page = NULL;
	unsigned long flags;

	spin_lock_irqsave(&zone.lock, flags);
	if (zone.nr_free >= zone.reserve[gfp & GFP_RESERVE_MASK] + (1UL << order))
		page = rmqueue(order);
	if (page)
		atomic_set(&page->refcount, 1);
	spin_unlock_irqrestore(&zone.lock, flags);
	return page;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = likely(order == 0)	? alloc_one(gfp)
			    : order < MAX_ORDER ? alloc_block(gfp, order)
						: NULL;

	for (unsigned long i = 0; page && gfp & __GFP_ZERO && i < 1UL << order; i++)
		clear_page(page_address(page + i));
	return page;
}

void free_hot_page(struct page *page)
{
	unsigned long flags = local_irq_save();
	struct pcp *pcp = &pcps[smp_processor_id()];

	BUG_ON(page->flags & (PG_BUDDY | PG_RESERVED));
	page->flags = 0;
	if (unlikely(pcp->count == PCP_HIGH))
		pcp_drain(pcp, PCP_HIGH - PCP_BATCH);
	pcp->pages[pcp->count++] = page;
	local_irq_restore(flags);
}

void put_page(struct page *page)
{
	int refs = atomic_dec_return(&page->refcount);

	BUG_ON(refs < 0);
	if (refs == 0)
		free_hot_page(page);
}

void __free_pages(struct page *page, unsigned int order)
{
	unsigned long flags;
	int refs;

	if (order == 0) {
		put_page(page);
		return;
	}
	refs = atomic_dec_return(&page->refcount);
	BUG_ON(refs < 0);
	if (refs > 0)
		return;
	spin_lock_irqsave(&zone.lock, flags);
	page->flags &= (u8)~PG_SLAB;
	free_block(page, order);
	spin_unlock_irqrestore(&zone.lock, flags);
}

void *get_zeroed_page(gfp_t gfp)
{
	struct page *page = alloc_page(gfp | __GFP_ZERO);

	return page ? page_address(page) : NULL;
}

void free_page(void *addr)
{
	put_page(virt_to_page(addr));
}

unsigned long nr_free_pages(void)
{
	unsigned long n = READ_ONCE(zone.nr_free) + nr_cached_tables();

	for_each_cpu(i)
		n += READ_ONCE(pcps[i].count);
	return n;
}

bool user_pages_available(void)
{
	return nr_free_pages() > zone.reserve[GFP_USER] + PCP_BATCH;
}

unsigned long totalram_pages(void)
{
	return zone.total;
}

void show_buddyinfo(struct seq_file *m)
{
	seq_printf(m, "Node 0, zone   Normal ");
	for (int i = 0; i < MAX_ORDER; i++)
		seq_printf(m, "%6lu ", READ_ONCE(zone.nr_blocks[i]));
	seq_printf(m, "\n");
}

/* --- boot --- */

/* How large a block may begin at pfn and end by last: as its alignment allows. */
static unsigned int block_order(unsigned long pfn, unsigned long last)
{
	unsigned int order =
		pfn ? min((unsigned int)__builtin_ctzl(pfn), MAX_ORDER - 1U) : MAX_ORDER - 1U;

	while (pfn + (1UL << order) > last)
		order--;
	return order;
}

/* In blocks as large as they come: page by page this was most of the time a boot took. */
void free_reserved_range(u64 start, u64 end)
{
	unsigned long pfn = max((start + PAGE_SIZE - 1) >> PAGE_SHIFT, (u64)LOW_MEMORY_PFN);
	unsigned long last = min(end >> PAGE_SHIFT, (u64)max_pfn), flags;

	spin_lock_irqsave(&zone.lock, flags);
	while (pfn < last) {
		unsigned int order = block_order(pfn, last);

		for (unsigned long i = 0; i < 1UL << order; i++)
			pfn_to_page(pfn + i)->flags = 0;
		free_block(pfn_to_page(pfn), order);
		zone.total += 1UL << order;
		pfn += 1UL << order;
	}
	spin_unlock_irqrestore(&zone.lock, flags);
}

/* Frees what of [start, end) overlaps none of the reserved ranges from the i-th on. */
static void free_unreserved(u64 start, u64 end, const struct boot_region *reserved, int i, int n)
{
	for (; i < n && start < end; i++) {
		if (reserved[i].end <= start || reserved[i].start >= end)
			continue;
		if (reserved[i].start > start)
			free_unreserved(start, reserved[i].start, reserved, i + 1, n);
		start = reserved[i].end;
	}
	if (start < end)
		free_reserved_range(start, end);
}

static void set_reserves(void)
{
	unsigned long kernel = clamp(zone.total / 512, 16UL, 256UL);
	unsigned long user = kernel + clamp(zone.total / 128, 64UL, 1024UL);

	zone.reserve[GFP_KERNEL] = kernel;
	zone.reserve[GFP_USER] = user;
}

void page_alloc_init(void)
{
	const struct boot_region *reserved;
	int nr_reserved;

	for (int i = 0; i < MAX_ORDER; i++)
		INIT_LIST_HEAD(&zone.free[i]);
	for (int i = 0; i < boot_info.nr_regions; i++)
		if (boot_info.regions[i].usable)
			max_pfn = max_t(unsigned long, max_pfn,
					boot_info.regions[i].end >> PAGE_SHIFT);
	mem_map = early_alloc_pages(DIV_ROUND_UP(max_pfn * sizeof(struct page), PAGE_SIZE));
	for (unsigned long pfn = 0; pfn < max_pfn; pfn++)
		mem_map[pfn].flags = PG_RESERVED;
	reserved = early_reserved(&nr_reserved);
	for (int i = 0; i < boot_info.nr_regions; i++)
		if (boot_info.regions[i].usable)
			free_unreserved(boot_info.regions[i].start, boot_info.regions[i].end,
					reserved, 0, nr_reserved);
	set_reserves();
}
