/* What the files of kernel/mm share among themselves. Locks as in mm.h. */
#pragma once

#include "kernel/mm/mm.h"

/* --- boot, in this order --- */
void page_alloc_init(void);
void slab_init(void);
void kstack_init(void);

/* --- pages --- */
void drain_slabs(void);		/* this CPU's ready objects back to their slabs. Any context */
void drain_kstacks(void);	/* this CPU's ready stacks: unmapped, their slots stale. Any
				 * context */
void clean_stale_slots(void);	/* may sleep */
void kreaper_wake(void);	/* enough of them for a cleaning. Any context */
void free_hot_page(struct page *page);	/* an order-0 page without references, to this CPU's
					 * list. Any context */

/* Is there a little more than what user pages have to leave? */
bool user_pages_available(void);

/* Mapped, read-only, wherever a private page was read before it was ever written. Has no
 * references and no rss. */
extern struct page *zero_page;

/* --- unmapping: entries first, then every TLB, then the pages (tlb.c) --- */
#define GATHER_PAGES 64

struct mmu_gather {
	struct mm_struct *mm;
	unsigned long start, end;	/* what a flush must cover */
	bool dead;			/* nobody will ever use mm again: no flush between entry
					 * and page */
	bool stale;			/* entries were removed since the last flush */
	int n;
	struct page *pages[GATHER_PAGES];	/* to be put after the flush */
	struct list_head tables;		/* to be freed after the flush */
};
static inline void tlb_gather(struct mmu_gather *tlb, struct mm_struct *mm, unsigned long start,
			      unsigned long end)
{
	tlb->mm = mm;
	tlb->start = start;
	tlb->end = end;
	tlb->dead = false;
	tlb->stale = false;
	tlb->n = 0;
	INIT_LIST_HEAD(&tlb->tables);
}

void __tlb_finish(struct mmu_gather *tlb);

static inline void tlb_finish(struct mmu_gather *tlb)
{
	if (tlb->stale || !list_empty(&tlb->tables))
		__tlb_finish(tlb);
}

/* Unmaps [start, end) of vma: entries, rss, pages. mmap_lock held, or mm is dead. */
void zap_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
	       unsigned long end);
/* zap_range() with its own gather, for a part of a vma that stays. */
void zap_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end);

/* --- VMAs (vma.c); mmap_lock held --- */
#define STACK_GUARD_GAP (256 * PAGE_SIZE)
#define MAX_MAP_COUNT 65530
/* below it nothing is placed unless asked for: a null pointer with an offset faults */
#define MMAP_MIN_ADDR 0x10000UL

struct vm_area_struct *vma_alloc(struct mm_struct *mm, unsigned long start, unsigned long end,
				 unsigned long flags);
void vma_free(struct vm_area_struct *vma);	/* drops what it refers to; not in a tree */
void reap_vmas(struct list_head *dead);	/* closes the files of freed VMAs. May sleep, no locks */
void __mmap_unlock(struct mm_struct *mm);

/* Releases mmap_lock, then closes the files of freed VMAs. */
static inline void mmap_unlock(struct mm_struct *mm)
{
	if (likely(list_empty(&mm->dead_vmas)))
		mutex_unlock(&mm->mmap_lock);
	else
		__mmap_unlock(mm);
}
DEFINE_CLASS(mmap, struct mm_struct *, mmap_unlock(v), (mutex_lock(&mm->mmap_lock), mm),
	     struct mm_struct *mm)

/* with references; not in a tree */
struct vm_area_struct *vma_dup(const struct vm_area_struct *vma, struct mm_struct *mm);
void vma_link(struct vm_area_struct *vma);
/* The same between two neighbours in the tree (NULL: none), without a search. */
void vma_link_between(struct vm_area_struct *vma, struct vm_area_struct *prev,
		      struct vm_area_struct *next);
void vma_unlink(struct vm_area_struct *vma);
struct vm_area_struct *vma_prev(struct vm_area_struct *vma);
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **prev);
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start,
					     unsigned long end);
/* vma keeps [start, addr), the rest gets one of its own. 0 or -ENOMEM. */
int vma_split(struct vm_area_struct *vma, unsigned long addr);
/* Splits so that [start, end) of vma is one by itself. 0 or -ENOMEM. */
int vma_isolate(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* Joins vma with its neighbours where they say the same; returns what it became. */
struct vm_area_struct *vma_merge(struct vm_area_struct *vma);
/* A neighbour grows over the free range [start, end) between them, if it is plain anonymous
 * memory with these flags; else false. */
bool vma_extend(struct vm_area_struct *prev, struct vm_area_struct *next, unsigned long start,
		unsigned long end, unsigned long flags);
/* Highest free range of len bytes below the limit (0: mmap_base), or -ENOMEM. */
unsigned long unmapped_area(struct mm_struct *mm, unsigned long len, unsigned long limit);
/* What lies between two neighbours (NULL: none) has become free. */
void note_hole(struct mm_struct *mm, const struct vm_area_struct *prev,
	       const struct vm_area_struct *next);
/* Adds pages to (or, negative, takes them from) what mm has reserved. */
void vm_account(struct mm_struct *mm, unsigned long flags, long pages);
/* May mm reserve that many pages more? RLIMIT_AS, RLIMIT_DATA. */
bool may_expand_vm(struct mm_struct *mm, unsigned long flags, unsigned long pages);
/* A shrinking or growing VMA's new borders; keeps pgoff true. */
void vma_set_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);

/* --- mmap.c --- */
/* page-aligned. mmap_lock held */
int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long end);
/* Makes the pages of [start, end) present, as far as the mappings allow. 0 or -errno. mmap_lock
 * held */
int populate_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool write);
unsigned long prot_to_flags(unsigned long prot);
#define USER_END (TASK_SIZE + PAGE_SIZE)	/* where the user's half of the tables ends */

/* --- page cache (filemap.c) --- */
void __mapping_add_vma(struct vm_area_struct *vma);
void __mapping_remove_vma(struct vm_area_struct *vma);

static inline void mapping_add_vma(struct vm_area_struct *vma)
{
	if (vma->mapping)
		__mapping_add_vma(vma);
}

static inline void mapping_remove_vma(struct vm_area_struct *vma)
{
	if (vma->mapping)
		__mapping_remove_vma(vma);
}

unsigned long mapping_limit(struct address_space *m);	/* pages beyond which an access is SIGBUS */

/* Changes the mm's counter of pages of this kind. */
static inline void add_rss(struct vm_area_struct *vma, bool anon, long n)
{
	struct mm_struct *mm = vma->mm;

	if (anon)
		mm->rss_anon += (unsigned long)n;
	else if (vma->mapping && vma->mapping->host)
		mm->rss_file += (unsigned long)n;
	else
		mm->rss_shmem += (unsigned long)n;
}

/* A private mapping: writing makes a copy. */
static inline bool is_cow(const struct vm_area_struct *vma)
{
	return !(vma->flags & VM_SHARED);
}

static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->end - vma->start) >> PAGE_SHIFT;
}
