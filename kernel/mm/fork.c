/*
 * The life of an mm_struct: made empty for exec, or as a copy for fork; ended when its last user
 * leaves.
 *
 * fork copies no page. It copies the entries that exist and takes the write permission from both
 * sides, so the cost is that of what is mapped, a few instructions a page; fault.c makes the copies
 * when one side writes.
 *
 * Locks: the parent's mmap_lock (m). The child is not visible yet and needs none, but its VMAs join
 * their page caches' lists (i).
 */
#include "asm/processor.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"
#include "libk/err.h"
#include "libk/string.h"

#define MMAP_BASE_DEFAULT 0x7fff00000000UL	/* until setup_stack_vma() knows better */

struct mm_struct init_mm = {
	.mmap_lock = MUTEX_INIT(init_mm.mmap_lock, "mmap_lock"),
	.dead_vmas = LIST_HEAD_INIT(init_mm.dead_vmas),
	.mm_users = ATOMIC_INIT(1),
	.mm_count = ATOMIC_INIT(2),	/* for itself, and for the boot CPU's idle task, which
					 * borrows it */
};
DEFINE_KMEM_CACHE(mm_cache, "mm_struct", struct mm_struct, 64);
static atomic_long_t next_mm_id;

/* What a copy does not inherit. */
static bool mm_setup(struct mm_struct *mm)
{
	mutex_init(&mm->mmap_lock, "mmap_lock");
	INIT_LIST_HEAD(&mm->dead_vmas);
	mm->mm_rb = RB_ROOT;
	mm->mmap_cache = NULL;
	mm->map_count = 0;
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	mm->cpumask = 0;
	mm->def_flags = 0;
	mm->locked_vm = 0;
	mm->hiwater_vm = mm->total_vm;
	mm->rss_anon = mm->rss_file = mm->rss_shmem = mm->hiwater_rss = 0;
	mm->id = (u64)atomic_long_inc_return(&next_mm_id);
	mm->pgd = pgd_alloc();
	return mm->pgd;
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_zalloc(mm_cache, GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->mmap_base = mm->free_hint = MMAP_BASE_DEFAULT;
	mm->dumpable = 1;
	if (mm_setup(mm))
		return mm;
	kmem_cache_free(mm_cache, mm);
	return NULL;
}

void mmdrop(struct mm_struct *mm)
{
	if (!atomic_dec_and_test(&mm->mm_count))
		return;
	BUG_ON(mm == &init_mm);
	pgd_free(mm->pgd);
	kmem_cache_free(mm_cache, mm);
}

/* All mappings go. Nobody uses mm any more; this CPU, and others that run kernel threads, may
 * still have it loaded. */
static void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma = vma_first(mm), *next;
	struct mmu_gather tlb;
	LIST_HEAD(doomed);

	tlb_gather(&tlb, mm, 0, TASK_SIZE);
	tlb.dead = true;
	for (; vma; vma = next) {
		next = vma_next(vma);
		zap_range(&tlb, vma, vma->start, vma->end);
		if (next)
			next->has_tables |= vma->has_tables;
		if (vma->has_tables)
			detach_tables(mm->pgd, vma->start, vma->end, 0,
				      next ? next->start : USER_END, &tlb.tables);
		mapping_remove_vma(vma);
		list_add_tail(&vma->shared, &doomed);
	}
	tlb_finish(&tlb);
	list_for_each_entry_safe(vma, next, &doomed, shared)
		vma_free(vma);
	reap_vmas(&mm->dead_vmas);
}

void mmput(struct mm_struct *mm)
{
	if (!atomic_dec_and_test(&mm->mm_users))
		return;
	exit_mmap(mm);
	if (mm->exe_file)
		fput(mm->exe_file);
	mmdrop(mm);
}

struct mm_struct *get_task_mm(struct task_struct *p)
{
	struct mm_struct *mm;

	guard(spinlock_irq)(&p->alloc_lock);
	mm = p->flags & PF_KTHREAD ? NULL : p->mm;
	return mm && atomic_inc_not_zero(&mm->mm_users) ? mm : NULL;
}

/* --- fork --- */

/* One page table's worth of entries. Returns whether the parent lost a write permission. */
static bool copy_entries(struct vm_area_struct *vma, pte_t *to, pte_t *from, unsigned long n,
			 long *anon, long *cached)
{
	bool cow = is_cow(vma), protected = false;

	for (pte_t *last = from + n; from < last; from++, to++) {
		pte_t pte = *from;
		struct page *page;

		if (pte_none(pte))
			continue;
		if (cow && pte_write(pte)) {
			pte = pte_wrprotect(pte);
			set_pte(from, pte);
			protected = true;
		}
		set_pte(to, pte);
		page = pfn_to_page(pte_pfn(pte));
		if (page == zero_page)
			continue;
		get_page(page);
		if (page->flags & PG_ANON)
			++*anon;
		else
			++*cached;
	}
	return protected;
}

/* Copies the entries of old into those of new. 0 or -ENOMEM. */
static int copy_page_range(struct vm_area_struct *new, struct vm_area_struct *old, bool *protected)
{
	unsigned long addr = old->start, stop;
	long anon = 0, cached = 0;
	int err = 0;
	pte_t *from, *to;

	for (; (from = next_pte_range(old->mm->pgd, &addr, old->end, &stop)); addr = stop) {
		to = walk_pte(new->mm->pgd, addr, true);
		if (!to) {
			err = -ENOMEM;
			break;
		}
		if (copy_entries(new, to, from, (stop - addr) >> PAGE_SHIFT, &anon, &cached))
			*protected = true;
	}
	add_rss(new, true, anon);
	add_rss(new, false, cached);
	return err;
}

static int dup_mmap(struct mm_struct *mm, struct mm_struct *old, bool *protected)
{
	struct vm_area_struct *last = NULL, *copy;
	int err = 0;

	for (struct vm_area_struct *vma = vma_first(old); vma && !err; vma = vma_next(vma)) {
		if (vma->flags & VM_DONTCOPY) {
			vm_account(mm, vma->flags & ~VM_LOCKED, -(long)vma_pages(vma));
			continue;
		}
		copy = vma_dup(vma, mm);
		if (!copy)
			return -ENOMEM;
		copy->flags &= ~VM_LOCKED;
		vma_link_between(copy, last, NULL);
		last = copy;
		copy->has_tables = vma->has_tables && !(vma->flags & VM_WIPEONFORK);
		if (copy->has_tables)
			err = copy_page_range(copy, vma, protected);
	}
	return err;
}

struct mm_struct *dup_mm(struct mm_struct *old)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL);
	bool protected = false;
	int err;

	if (!mm)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&old->mmap_lock);
	*mm = *old;
	if (!mm_setup(mm)) {
		mmap_unlock(old);
		kmem_cache_free(mm_cache, mm);
		return ERR_PTR(-ENOMEM);
	}
	if (mm->exe_file)
		get_file(mm->exe_file);
	err = dup_mmap(mm, old, &protected);
	/* From here on the parent's threads fault when they write, too. */
	if (protected)
		flush_tlb_range(old, 0, TASK_SIZE);
	mmap_unlock(old);
	if (err) {
		mmput(mm);
		return ERR_PTR(err);
	}
	return mm;
}
