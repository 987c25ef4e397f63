/*
 * mremap: a mapping that grows, shrinks or moves. Pages move with it: their entries are carried
 * over, not their contents.
 *
 * Locks: mmap_lock (m) of current's mm.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "libk/abi/mman.h"

/* Page tables at to, wherever there are some at [start, end): afterwards moving cannot fail. 0
 * or -ENOMEM. */
static int make_tables(struct mm_struct *mm, unsigned long start, unsigned long end,
		       unsigned long to)
{
	unsigned long addr = start, stop;

	for (; next_pte_range(mm->pgd, &addr, end, &stop); addr = stop)
		if (!walk_pte(mm->pgd, to + (addr - start), true) ||
		    !walk_pte(mm->pgd, to + (stop - PAGE_SIZE - start), true))
			return -ENOMEM;
	return 0;
}

static void move_entries(struct mm_struct *mm, unsigned long start, unsigned long end,
			 unsigned long to)
{
	unsigned long addr = start, stop;
	bool moved = false;
	pte_t *pte;

	for (; (pte = next_pte_range(mm->pgd, &addr, end, &stop)); addr = stop) {
		for (; addr < stop; addr += PAGE_SIZE, pte++) {
			if (pte_none(*pte))
				continue;
			set_pte(walk_pte(mm->pgd, to + (addr - start), false), *pte);
			set_pte(pte, 0);
			moved = true;
		}
	}
	if (moved)
		flush_tlb_range(mm, start, end);
}

/* The mapping of [addr, addr + old_len), part of vma, also gets [to, to + new_len); its pages go
 * there. 0 or -ENOMEM. */
static int move_mapping(struct vm_area_struct *vma, unsigned long addr, unsigned long old_len,
			unsigned long to, unsigned long new_len)
{
	struct mm_struct *mm = vma->mm;
	unsigned long pages = min(old_len, new_len);
	struct vm_area_struct *copy;

	copy = mm->map_count < MAX_MAP_COUNT ? vma_dup(vma, mm) : NULL;
	if (!copy)
		return -ENOMEM;
	copy->pgoff = vma->pgoff + ((addr - vma->start) >> PAGE_SHIFT);
	copy->start = to;
	copy->end = to + new_len;
	copy->has_tables = true;
	vma_link(copy);
	vm_account(mm, copy->flags, (long)vma_pages(copy));
	if (make_tables(mm, addr, addr + pages, to)) {
		do_munmap(mm, to, to + new_len);
		return -ENOMEM;
	}
	move_entries(mm, addr, addr + pages, to);
	vma_merge(copy);
	return 0;
}

static bool grow_in_place(struct vm_area_struct *vma, unsigned long end)
{
	struct vm_area_struct *next = vma_next(vma);

	if (end < vma->end || end > TASK_SIZE ||
	    (next && next->start - (next->flags & VM_GROWSDOWN ? STACK_GUARD_GAP : 0) < end))
		return false;
	vm_account(vma->mm, vma->flags, (long)((end - vma->end) >> PAGE_SHIFT));
	vma->end = end;
	vma_merge(vma);
	return true;
}

/* May [addr, addr + old_len) of vma become new_len long? 0 or -errno. */
static int check_resize(struct vm_area_struct *vma, unsigned long addr, unsigned long old_len,
			unsigned long new_len)
{
	if (!vma || vma->start > addr)
		return -EFAULT;
	if (!old_len && is_cow(vma))
		return -EINVAL;
	if (old_len > vma->end - addr)
		return -EFAULT;
	if (new_len > old_len &&
	    !may_expand_vm(vma->mm, vma->flags, (new_len - old_len) >> PAGE_SHIFT))
		return -ENOMEM;
	return 0;
}

static long do_mremap(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
		      unsigned long new_len, unsigned long flags, unsigned long new_addr)
{
	struct vm_area_struct *vma;
	unsigned long to = new_addr;
	bool fixed = flags & MREMAP_FIXED;
	long err = 0;

	if (fixed)
		err = do_munmap(mm, new_addr, new_addr + new_len);
	if (!err && old_len > new_len) {
		err = do_munmap(mm, addr + new_len, addr + old_len);
		old_len = new_len;
		if (!fixed)
			return err ? err : (long)addr;
	}
	vma = find_vma(mm, addr);
	if (!err)
		err = check_resize(vma, addr, old_len, new_len);
	if (err)
		return err;
	if (!fixed && !(flags & MREMAP_DONTUNMAP)) {
		if (old_len == new_len)
			return (long)addr;
		if (old_len && addr + old_len == vma->end && grow_in_place(vma, addr + new_len))
			goto populate;
		if (!(flags & MREMAP_MAYMOVE))
			return -ENOMEM;
	}
	if (!fixed)
		to = unmapped_area(mm, new_len, 0);
	if (!IS_ALIGNED(to, PAGE_SIZE))
		return (long)to;
	err = move_mapping(vma, addr, old_len, to, new_len);
	if (err)
		return err;
	if (old_len && !(flags & MREMAP_DONTUNMAP))
		do_munmap(mm, addr, addr + old_len);
	addr = to;
populate:
	vma = find_vma(mm, addr);
	if (vma->flags & VM_LOCKED)
		populate_range(mm, addr, addr + new_len, vma->flags & VM_WRITE);
	return (long)addr;
}

SYSCALL_DEFINE(mremap, unsigned long addr, unsigned long old_len, unsigned long new_len,
	       unsigned long flags, unsigned long new_addr)
{
	struct mm_struct *mm = current->mm;

	if (flags & ~(unsigned long)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) ||
	    (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) && !(flags & MREMAP_MAYMOVE)) ||
	    (flags & MREMAP_DONTUNMAP && old_len != new_len) || !IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	old_len = ALIGN_UP(old_len, PAGE_SIZE);
	new_len = ALIGN_UP(new_len, PAGE_SIZE);
	if (!new_len || addr > TASK_SIZE || old_len > TASK_SIZE - addr)
		return -EINVAL;
	if (flags & MREMAP_FIXED && (!IS_ALIGNED(new_addr, PAGE_SIZE) || new_len > TASK_SIZE ||
				     new_addr > TASK_SIZE - new_len ||
				     (addr < new_addr + new_len && new_addr < addr + old_len)))
		return -EINVAL;
	if (new_len > TASK_SIZE)
		return -ENOMEM;
	guard(mmap)(mm);
	return do_mremap(mm, addr, old_len, new_len, flags, new_addr);
}
