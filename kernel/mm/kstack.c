/*
 * Kernel stacks: THREAD_SIZE bytes in a window of their own, with as much unmapped below, so that
 * an overflow faults at once.
 *
 * Each stack has a slot of 2 * THREAD_SIZE; the lower half is the guard. A CPU keeps a few ready
 * stacks, so that a thread that ends leaves its stack to the next one that begins. Any further
 * stack is unmapped and its pages are freed at once, but its slot is stale: some CPU may still
 * remember where the pages were. When enough slots are stale kreaper makes them all clean with one
 * flush; if it does not get to run, whoever needs a stack does, before the first of them is used
 * again. 64 slots share one page table: one word of the bitmaps.
 *
 * Instead of clearing a new stack we plant a mark every 512 bytes; the lowest mark that has gone
 * shows how deep the stack ever was.
 *
 * Locks: kstack_lock, interrupts off, a leaf above the zone lock only. A CPU's ready stacks:
 * interrupts off on that CPU.
 */
#include "asm/irqflags.h"
#include "asm/percpu.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "libk/bits.h"

#define SLOT_SIZE (2 * THREAD_SIZE)
#define NR_SLOTS (1UL << 17)
#define STACK_PAGES (THREAD_SIZE / PAGE_SIZE)
#define SLOTS_PER_TABLE (LEVEL_SIZE(2) / SLOT_SIZE)
#define STALE_BATCH 256
#define READY_STACKS 8
#define MARK_STEP 512

static DEFINE_SPINLOCK(kstack_lock);
static DEFINE_MUTEX(clean_mutex);			/* one cleaning at a time; taken with no
							 * other lock of ours held */
static unsigned long used[BITS_TO_LONGS(NR_SLOTS)];	/* (kstack_lock) stale ones too */
static unsigned long stale[BITS_TO_LONGS(NR_SLOTS)];	/* (kstack_lock) unmapped, not yet
							 * flushed */
static unsigned long nr_stale;				/* (kstack_lock) */
static unsigned long first_free;			/* (kstack_lock) no free slot below it */

struct ready {
	int n;
	void *stack[READY_STACKS];
};
static struct ready ready[NR_CPUS];

BUILD_BUG_ON(SLOTS_PER_TABLE != BITS_PER_LONG);
BUILD_BUG_ON(KSTACK_AREA + NR_SLOTS * SLOT_SIZE > KSTACK_AREA_END);

static void *slot_stack(unsigned long slot)
{
	return (void *)(KSTACK_AREA + slot * SLOT_SIZE + THREAD_SIZE);
}

static unsigned long stack_slot(const void *stack)
{
	return ((unsigned long)stack - KSTACK_AREA) / SLOT_SIZE;
}

static unsigned long mark(const char *p)
{
	return 0x6b737461636b0000UL ^ (unsigned long)p;
}

/* Takes the page tables that serve no slot but stale ones out of the window. kstack_lock held. */
static void detach_empty_tables(struct list_head *tables)
{
	for (unsigned long i = 0; i < ARRAY_SIZE(stale); i++) {
		unsigned long start = KSTACK_AREA + i * LEVEL_SIZE(2);

		if (stale[i] && used[i] == stale[i])
			detach_tables(kernel_pgd, start, start + LEVEL_SIZE(2), start,
				      start + LEVEL_SIZE(2), tables);
	}
}

/*
 * Makes stale slots usable again. What was stale before the flush began is clean after it: the copy
 * of the bitmap keeps apart what other CPUs free meanwhile. One at a time, hence the mutex.
 */
void clean_stale_slots(void)
{
	static unsigned long cleaning[BITS_TO_LONGS(NR_SLOTS)];
	unsigned long flags;
	LIST_HEAD(tables);

	mutex_lock(&clean_mutex);
	spin_lock_irqsave(&kstack_lock, flags);
	detach_empty_tables(&tables);
	bitmap_copy(cleaning, stale, NR_SLOTS);
	bitmap_zero(stale, NR_SLOTS);
	nr_stale = 0;
	spin_unlock_irqrestore(&kstack_lock, flags);

	flush_tlb_kernel_all();

	spin_lock_irqsave(&kstack_lock, flags);
	for (unsigned long i = 0; i < ARRAY_SIZE(used); i++)
		used[i] &= ~cleaning[i];
	first_free = 0;
	spin_unlock_irqrestore(&kstack_lock, flags);
	free_tables(&tables);
	mutex_unlock(&clean_mutex);
}

/* Page-table entries of a slot's stack; made if need be. kstack_lock held. */
static pte_t *get_slot(unsigned long *slot)
{
	pte_t *pte = NULL;

	*slot = find_next_zero_bit(used, NR_SLOTS, first_free);
	if (*slot < NR_SLOTS)
		pte = walk_pte(kernel_pgd, (unsigned long)slot_stack(*slot), true);
	if (pte) {
		__set_bit((long)*slot, used);
		first_free = *slot + 1;
	}
	return pte;
}

/* The pages of a stack that is unmapped here; the slot is stale from now on. Any context. */
static void unmap_stack(void *stack)
{
	unsigned long slot = stack_slot(stack), flags;
	pte_t *pte = walk_pte(kernel_pgd, (unsigned long)stack, false);
	bool enough;

	BUG_ON(!pte || !pte_present(*pte));
	for (unsigned long i = 0; i < STACK_PAGES; i++) {
		struct page *page = pfn_to_page(pte_pfn(pte[i]));

		set_pte(&pte[i], 0);
		put_page(page);
	}
	spin_lock_irqsave(&kstack_lock, flags);
	__set_bit((long)slot, stale);
	enough = ++nr_stale == STALE_BATCH / 2;
	spin_unlock_irqrestore(&kstack_lock, flags);
	if (enough)
		kreaper_wake();
}

static void *new_stack(void)
{
	struct page *pages[STACK_PAGES];
	unsigned long slot, flags, n;
	pte_t *pte = NULL;
	char *stack;

	if (READ_ONCE(nr_stale) >= STALE_BATCH)
		clean_stale_slots();
	for (n = 0; n < STACK_PAGES && (pages[n] = alloc_page(GFP_KERNEL)); n++)
		;
	if (n == STACK_PAGES) {
		spin_lock_irqsave(&kstack_lock, flags);
		pte = get_slot(&slot);
		spin_unlock_irqrestore(&kstack_lock, flags);
	}
	if (!pte) {
		while (n > 0)
			put_page(pages[--n]);
		return NULL;
	}
	for (n = 0; n < STACK_PAGES; n++)
		set_pte(&pte[n], mk_kernel_pte(page_to_pfn(pages[n])));
	stack = slot_stack(slot);
	for (char *p = stack; p < stack + THREAD_SIZE; p += MARK_STEP)
		*(unsigned long *)p = mark(p);
	return stack;
}

void *kstack_alloc(void)
{
	unsigned long flags = local_irq_save();
	struct ready *r = &ready[smp_processor_id()];
	void *stack = r->n ? r->stack[--r->n] : NULL;

	local_irq_restore(flags);
	return stack ? stack : new_stack();
}

void kstack_free(void *stack)
{
	unsigned long flags = local_irq_save();
	struct ready *r = &ready[smp_processor_id()];

	if (r->n < READY_STACKS) {
		r->stack[r->n++] = stack;
		stack = NULL;
	}
	local_irq_restore(flags);
	if (stack)
		unmap_stack(stack);
}

void drain_kstacks(void)
{
	unsigned long flags = local_irq_save();
	struct ready *r = &ready[smp_processor_id()];

	while (r->n)
		unmap_stack(r->stack[--r->n]);
	local_irq_restore(flags);
}

bool kstack_guard_hit(unsigned long addr)
{
	return addr >= KSTACK_AREA && addr < KSTACK_AREA + NR_SLOTS * SLOT_SIZE &&
	       addr % SLOT_SIZE < THREAD_SIZE;
}

unsigned long kstack_high_water(const void *stack)
{
	const char *p = stack, *end = p + THREAD_SIZE;

	while (p < end && READ_ONCE(*(const unsigned long *)p) == mark(p))
		p += MARK_STEP;
	return (unsigned long)(end - p);
}

/* The top table's entry must be there before the first mm copies it: paging.c made it; here we
 * see to it. */
void kstack_init(void)
{
	BUG_ON(!pte_present(kernel_pgd[TABLE_INDEX(KSTACK_AREA, 4)]));
}
