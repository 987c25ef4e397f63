/*
 * Unmapping without leaving a door open: no CPU may use a page after it was freed. So entries are
 * cleared first, the pages collected, every CPU's TLB flushed, and only then are the pages let go.
 *
 * An address space that is dead (its last user is leaving) needs no flush in between: no task will
 * ever touch its user half again, and a kernel thread that borrows it never does. Only its tables,
 * which a CPU may walk by itself, wait for a flush.
 *
 * Memory that was never touched costs nothing to unmap: vma->has_tables is set by the first fault.
 * The invariant is that every page table overlaps a VMA that has it set. A VMA that goes takes with
 * it the tables that lie between its neighbours; any other table overlaps a neighbour, and so both
 * neighbours get the mark.
 *
 * Locks: mmap_lock (m) held, interrupts on, no spinlocks.
 */
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"

static void tlb_flush(struct mmu_gather *tlb)
{
	if (tlb->stale)
		flush_tlb_range(tlb->mm, tlb->start, tlb->end);
	tlb->stale = false;
	while (tlb->n > 0)
		put_page(tlb->pages[--tlb->n]);
}

void __tlb_finish(struct mmu_gather *tlb)
{
	/* Upper levels are cached too, and any flush of an address or of everything forgets
	 * those on its way. */
	if (!list_empty(&tlb->tables))
		tlb->stale = true;
	tlb_flush(tlb);
	free_tables(&tlb->tables);
}

static inline void tlb_remove_page(struct mmu_gather *tlb, struct page *page)
{
	if (tlb->dead) {
		if (atomic_dec_and_test(&page->refcount))
			free_hot_page(page);
		return;
	}
	tlb->pages[tlb->n++] = page;
	if (tlb->n == GATHER_PAGES)
		tlb_flush(tlb);
}

void zap_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
	       unsigned long end)
{
	struct mm_struct *mm = vma->mm;
	unsigned long stop;
	long anon = 0, cached = 0;
	pte_t *pte;

	if (!vma->has_tables)
		return;
	for (; (pte = next_pte_range(mm->pgd, &start, end, &stop)); start = stop) {
		for (pte_t *last = pte + ((stop - start) >> PAGE_SHIFT); pte < last; pte++) {
			pte_t old = *pte;
			struct page *page;

			if (pte_none(old))
				continue;
			set_pte(pte, 0);
			tlb->stale = true;
			page = pfn_to_page(pte_pfn(old));
			if (page == zero_page)
				continue;
			if (page->flags & PG_ANON)
				anon++;
			else
				cached++;
			tlb_remove_page(tlb, page);
		}
	}
	if (anon | cached) {
		mm->hiwater_rss = mm_hiwater_rss(mm);
		add_rss(vma, true, -anon);
		add_rss(vma, false, -cached);
	}
}

void zap_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct mmu_gather tlb;

	tlb_gather(&tlb, vma->mm, start, end);
	zap_range(&tlb, vma, start, end);
	tlb_finish(&tlb);
}
