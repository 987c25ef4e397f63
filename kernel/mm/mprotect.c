/*
 * mprotect: what a range may be used for. Entries that exist are rewritten; those that gain write
 * permission gain it in VMA only, and the next write fault decides about copy-on-write as always.
 *
 * Locks: mmap_lock (m) of current's mm.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "libk/abi/mman.h"

#define VM_ACCESS (VM_READ | VM_WRITE | VM_EXEC)

/* Brings the entries of vma in line with its new flags. */
static void change_protection(struct vm_area_struct *vma)
{
	unsigned long addr = vma->start, stop;
	bool changed = false;
	pte_t *pte;

	for (; (pte = next_pte_range(vma->mm->pgd, &addr, vma->end, &stop)); addr = stop) {
		for (pte_t *last = pte + ((stop - addr) >> PAGE_SHIFT); pte < last; pte++) {
			pte_t old = *pte, new;

			if (pte_none(old))
				continue;
			new = mk_user_pte(pte_pfn(old), pte_write(old) && vma->flags & VM_WRITE,
					  vma->flags & VM_EXEC);
			set_pte(pte, vma->flags & VM_ACCESS ? new : pte_mknone(old));
			changed = true;
		}
	}
	if (changed)
		flush_tlb_range(vma->mm, vma->start, vma->end);
}

/* The part of *vmap in [start, end) gets new access flags; *vmap becomes the VMA that holds it
 * then. */
static int protect_vma(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
		       unsigned long access)
{
	struct vm_area_struct *vma = *vmap;
	unsigned long flags = (vma->flags & ~VM_ACCESS) | access;
	int err;

	/* Each VM_MAYxxx is its VM_xxx shifted by four. */
	if (flags & ~(flags >> 4) & VM_ACCESS)
		return -EACCES;
	if (flags == vma->flags)
		return 0;
	start = max(start, vma->start);
	end = min(end, vma->end);
	if (flags & ~vma->flags & VM_WRITE && is_cow(vma) &&
	    !may_expand_vm(vma->mm, flags, (end - start) >> PAGE_SHIFT))
		return -ENOMEM;
	err = vma_isolate(vma, start, end);
	if (err)
		return err;
	vm_account(vma->mm, vma->flags, -(long)vma_pages(vma));
	vma->flags = flags;
	vm_account(vma->mm, vma->flags, (long)vma_pages(vma));
	change_protection(vma);
	*vmap = vma_merge(vma);
	return 0;
}

SYSCALL_DEFINE(mprotect, unsigned long start, size_t len, unsigned long prot)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + ALIGN_UP(len, PAGE_SIZE), at;
	bool grows = prot & PROT_GROWSDOWN;
	struct vm_area_struct *vma;

	prot &= ~(unsigned long)PROT_GROWSDOWN;
	if (prot & PROT_GROWSUP || !IS_ALIGNED(start, PAGE_SIZE))
		return -EINVAL;
	if (!len)
		return 0;
	if (end <= start)
		return -ENOMEM;
	if (prot & ~(unsigned long)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	guard(mmap)(mm);
	vma = find_vma_intersection(mm, start, grows ? end : start + 1);
	if (vma && grows) {
		if (!(vma->flags & VM_GROWSDOWN))
			return -EINVAL;
		start = vma->start;
	}
	for (at = start; at < end; at = vma->end, vma = vma_next(vma)) {
		int err = !vma || vma->start > at
				  ? -ENOMEM
				  : protect_vma(&vma, start, end, prot_to_flags(prot));

		if (err)
			return err;
	}
	return 0;
}
