/*
 * Page tables of address spaces, the switch between them, and keeping the CPUs' translation caches
 * (TLB) honest. SDM vol. 3A 4.5 (tables), 4.10 (caching, and when it must be flushed).
 *
 * Locks: none of its own. Tables belong to their mm's mmap_lock (the stack area's to kstack.c); the
 * caches of ready tables to their CPU, with preemption off.
 *
 * Who must be told of a change: mm->cpumask names every CPU whose CR3 may hold mm. switch_mm() sets
 * the bit before it loads CR3, both with full barriers; flush_tlb_range() comes after the change of
 * the entry and reads the mask after a full barrier. So a CPU whose bit is not seen loads CR3, and
 * thereby forgets everything, after the change.
 */
#include "asm/msr.h"
#include "asm/processor.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/sync/preempt.h"

/* of the top table; the upper half is the kernel's */
#define USER_ENTRIES (PTRS_PER_TABLE / 2)
#define TABLE_CACHE 16
#define FLUSH_ALL_PAGES 32	/* from here on forgetting everything is cheaper */

/* Empty tables and top tables, ready for use: fork and exec need ten of them, each 513 instructions
 * to clear. */
struct table_cache {
	int n;
	pte_t *table[TABLE_CACHE];
};
static struct table_cache table_caches[NR_CPUS], pgd_caches[NR_CPUS];

static pte_t *cache_get(struct table_cache caches[])
{
	struct table_cache *c;
	pte_t *table = NULL;

	preempt_disable();
	c = &caches[smp_processor_id()];
	if (c->n)
		table = c->table[--c->n];
	preempt_enable();
	return table;
}

static void cache_put(struct table_cache caches[], pte_t *table)
{
	struct table_cache *c;

	preempt_disable();
	c = &caches[smp_processor_id()];
	if (c->n < TABLE_CACHE) {
		c->table[c->n++] = table;
		table = NULL;
	}
	preempt_enable();
	if (table)
		free_page(table);
}

unsigned long nr_cached_tables(void)
{
	unsigned long n = 0;

	for_each_cpu(i)
		n += (unsigned long)(READ_ONCE(table_caches[i].n) + READ_ONCE(pgd_caches[i].n));
	return n;
}

void drain_tables(void)
{
	pte_t *table;

	while ((table = cache_get(table_caches)) || (table = cache_get(pgd_caches)))
		free_page(table);
}

static pte_t *table_alloc(void)
{
	pte_t *table = cache_get(table_caches);

	return table ? table : get_zeroed_page(GFP_KERNEL);
}

pte_t *pgd_alloc(void)
{
	pte_t *pgd = cache_get(pgd_caches);

	if (pgd)
		return pgd;
	pgd = get_zeroed_page(GFP_KERNEL);
	/* The kernel's half never changes after boot: paging.c says why. */
	for (int i = USER_ENTRIES; pgd && i < PTRS_PER_TABLE; i++)
		pgd[i] = kernel_pgd[i];
	return pgd;
}

void pgd_free(pte_t *pgd)
{
	cache_put(pgd_caches, pgd);
}

/* position of the top table's index in an address; each level down it is 9 less */
#define TOP_SHIFT (PAGE_SHIFT + 27)

static inline pte_t *table_entry(pte_t *table, unsigned long addr, unsigned int shift)
{
	return &table[addr >> shift & (PTRS_PER_TABLE - 1)];
}

pte_t *walk_pte(pte_t *pgd, unsigned long addr, bool alloc)
{
	pte_t *table = pgd;

	for (unsigned int shift = TOP_SHIFT; shift > PAGE_SHIFT; shift -= 9) {
		pte_t *entry = table_entry(table, addr, shift);

		if (unlikely(!pte_present(*entry))) {
			table = alloc ? table_alloc() : NULL;
			if (!table)
				return NULL;
			set_pte(entry, mk_table(virt_to_phys(table), addr < TASK_SIZE));
		}
		if (unlikely(*entry & PTE_PS))
			return NULL;
		table = pte_table(*entry);
	}
	return table_entry(table, addr, PAGE_SHIFT);
}

/* A table, or a page, that tables may name which are being changed meanwhile: is it RAM in use? */
static bool plausible(pte_t entry)
{
	return pte_pfn(entry) < max_pfn && !(pfn_to_page(pte_pfn(entry))->flags & PG_RESERVED);
}

u64 peek_phys(const pte_t *pgd, unsigned long addr)
{
	const pte_t *table = pgd;

	for (unsigned int shift = TOP_SHIFT;; shift -= 9) {
		pte_t entry = READ_ONCE(table[addr >> shift & (PTRS_PER_TABLE - 1)]);
		unsigned long offset = (1UL << shift) - 1;

		if (!pte_present(entry) || (addr < TASK_SIZE && !plausible(entry)))
			return 0;
		if (shift == PAGE_SHIFT || entry & PTE_PS)
			return (pte_phys(entry) & ~offset) | (addr & offset);
		table = pte_table(entry);
	}
}

pte_t *next_pte_range(pte_t *pgd, unsigned long *addr, unsigned long end, unsigned long *stop)
{
	unsigned long a = *addr;

	while (a < end) {
		unsigned int shift = TOP_SHIFT;
		pte_t *table = pgd, entry;

		while (shift > PAGE_SHIFT && pte_present(entry = *table_entry(table, a, shift))) {
			table = pte_table(entry);
			shift -= 9;
		}
		if (shift == PAGE_SHIFT) {
			*addr = a;
			*stop = min(end, (a | (LEVEL_SIZE(2) - 1)) + 1);
			return table_entry(table, a, PAGE_SHIFT);
		}
		a = (a | ((1UL << shift) - 1)) + 1;
	}
	return NULL;
}

/*
 * Goes down at each address to where the tables end, then up again as long as what is left behind
 * is complete: a table goes when its whole range lies between floor and ceiling and nothing of
 * [start, end) that comes later needs it.
 */
void detach_tables(pte_t *pgd, unsigned long start, unsigned long end, unsigned long floor,
		   unsigned long ceiling, struct list_head *pages)
{
	unsigned long next;

	for (unsigned long a = start; a < end; a = next) {
		pte_t *entry[4], *table = pgd;
		unsigned int shift = TOP_SHIFT;
		int depth = 0;

		while (shift > PAGE_SHIFT &&
		       pte_present(*(entry[depth] = table_entry(table, a, shift)))) {
			table = pte_table(*entry[depth++]);
			shift -= 9;
		}
		next = (a | ((1UL << max(shift, PAGE_SHIFT + 9u)) - 1)) + 1;
		while (depth-- > 0) {
			unsigned long last;

			shift += 9;
			last = a | ((1UL << shift) - 1);
			if (last - ((1UL << shift) - 1) < floor || last >= ceiling ||
			    (next <= last && next < end))
				break;
			list_add(&virt_to_page(pte_table(*entry[depth]))->list, pages);
			set_pte(entry[depth], 0);
		}
	}
}

void free_tables(struct list_head *pages)
{
	while (!list_empty(pages)) {
		struct page *page = list_first_entry(pages, struct page, list);

		list_del(&page->list);
		cache_put(table_caches, page_address(page));
	}
}

/* --- the switch --- */

void switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	struct mm_struct *loaded = this_cpu(loaded_mm);

	if (loaded == next)
		return;
	set_bit(smp_processor_id(), &next->cpumask);
	this_cpu(loaded_mm) = next;
	write_cr3(virt_to_phys(next->pgd));
	if (loaded)
		clear_bit(smp_processor_id(), &loaded->cpumask);
}

/* --- translation caches --- */

struct flush_range {
	struct mm_struct *mm;
	unsigned long start, end;
};

static void flush_page(unsigned long addr)
{
	__asm__ volatile("invlpg (%0)" : : "r"(addr) : "memory");
}

/* On each CPU that may hold the mm, in the IPI's handler or with preemption off. */
static void flush_range_here(void *arg)
{
	const struct flush_range *f = arg;

	if (this_cpu(loaded_mm) != f->mm)
		return;
	if (f->end - f->start > FLUSH_ALL_PAGES * PAGE_SIZE) {
		write_cr3(read_cr3());
		return;
	}
	for (unsigned long a = f->start; a < f->end; a += PAGE_SIZE)
		flush_page(a);
}

void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct flush_range f = { mm, start, end };
	unsigned long others;

	/* We must not move to another CPU between serving this one and telling the others. */
	preempt_disable();
	smp_mb();
	flush_range_here(&f);
	others = READ_ONCE(mm->cpumask) & ~BIT(smp_processor_id());
	if (others)
		smp_call_function_many(others, flush_range_here, &f);
	preempt_enable();
}

/* Global entries survive a load of CR3, but not a change of CR4.PGE. */
static void flush_kernel_here(void *arg)
{
	unsigned long cr4 = read_cr4();

	write_cr4(cr4 & ~X86_CR4_PGE);
	write_cr4(cr4);
}

void flush_tlb_kernel_all(void)
{
	unsigned long flags;

	preempt_disable();
	flags = local_irq_save();
	flush_kernel_here(NULL);
	local_irq_restore(flags);
	if (nr_cpus > 1)
		smp_call_function_many(~BIT(smp_processor_id()), flush_kernel_here, NULL);
	preempt_enable();
}

/* --- whole pages --- */

void clear_page(void *addr)
{
	unsigned long n = PAGE_SIZE / 8;

	__asm__ volatile("rep stosq" : "+D"(addr), "+c"(n) : "a"(0UL) : "memory");
}

void copy_page(void *to, const void *from)
{
	unsigned long n = PAGE_SIZE / 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}
