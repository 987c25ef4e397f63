/*
 * What a program says about its memory (madvise, mlock) and asks about it (mincore, msync). There
 * is no disk: nothing is ever paged out, so most advice is heard and needs nothing done; locking
 * means that the pages come now instead of later.
 *
 * Locks: mmap_lock (m) of current's mm.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "libk/abi/mman.h"

/* Gives the part of *vmap in [start, end) other flags; *vmap becomes the VMA that holds it then.
 * 0 or -ENOMEM. */
static int change_flags(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
			unsigned long flags)
{
	struct vm_area_struct *vma = *vmap;
	int err;

	if (flags == vma->flags)
		return 0;
	err = vma_isolate(vma, max(start, vma->start), min(end, vma->end));
	if (err)
		return err;
	vm_account(vma->mm, vma->flags, -(long)vma_pages(vma));
	vma->flags = flags;
	vm_account(vma->mm, flags, (long)vma_pages(vma));
	*vmap = vma_merge(vma);
	return 0;
}

/* --- madvise --- */

/* One VMA's share of [start, end). */
static int advise_vma(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
		      int advice)
{
	struct vm_area_struct *vma = *vmap;

	switch (advice) {
	case MADV_FREE:
		if (vma->mapping)
			return -EINVAL;
		/* Giving the pages back at once is the simplest way to be allowed to give them
		 * back at any time. */
		fallthrough;
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		if (vma->flags & VM_LOCKED && advice != MADV_DONTNEED_LOCKED)
			return -EINVAL;
		zap_vma(vma, max(start, vma->start), min(end, vma->end));
		return 0;
	case MADV_DONTFORK:
		return change_flags(vmap, start, end, vma->flags | VM_DONTCOPY);
	case MADV_DOFORK:
		return change_flags(vmap, start, end, vma->flags & ~VM_DONTCOPY);
	case MADV_WIPEONFORK:
		return vma->mapping ? -EINVAL
				    : change_flags(vmap, start, end, vma->flags | VM_WIPEONFORK);
	case MADV_KEEPONFORK:
		return change_flags(vmap, start, end, vma->flags & ~VM_WIPEONFORK);
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return populate_range(vma->mm, max(start, vma->start), min(end, vma->end),
				      advice == MADV_POPULATE_WRITE);
	default:
		return 0;
	}
}

static bool known_advice(int advice)
{
	return (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) || advice == MADV_FREE ||
	       (advice >= MADV_DONTFORK && advice <= MADV_DONTNEED_LOCKED);
}

SYSCALL_DEFINE(madvise, unsigned long start, size_t len, int behavior)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + ALIGN_UP(len, PAGE_SIZE), at = start;
	struct vm_area_struct *vma;
	int unmapped = 0;

	if (!known_advice(behavior) || !IS_ALIGNED(start, PAGE_SIZE) || (len && end - start == 0) ||
	    end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	guard(mmap)(mm);
	/* A hole is reported, but does not keep the rest from being treated. */
	for (vma = find_vma(mm, start); at < end; at = vma->end, vma = vma_next(vma)) {
		int err;

		if (!vma || vma->start > at)
			unmapped = -ENOMEM;
		if (!vma || vma->start >= end)
			break;
		err = advise_vma(&vma, start, end, behavior);
		if (err)
			return err;
	}
	return unmapped;
}

/* --- msync, mincore --- */

/* What is written to a shared mapping is in the page cache at once, and there is nothing behind
 * that. */
SYSCALL_DEFINE(msync, unsigned long start, size_t len, int flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + ALIGN_UP(len, PAGE_SIZE), at = start;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || !IS_ALIGNED(start, PAGE_SIZE) ||
	    (flags & MS_ASYNC && flags & MS_SYNC))
		return -EINVAL;
	if (end < start)
		return -ENOMEM;
	guard(mmap)(mm);
	for (struct vm_area_struct *vma = find_vma(mm, start); at < end;
	     at = vma->end, vma = vma_next(vma)) {
		if (!vma || vma->start > at)
			return -ENOMEM;
		if (flags & MS_INVALIDATE && vma->flags & VM_LOCKED)
			return -EBUSY;
	}
	return 0;
}

/* Is the page there, or would the page cache have it? mmap_lock held. */
static unsigned char in_core(struct vm_area_struct *vma, unsigned long addr)
{
	pte_t *pte = walk_pte(vma->mm->pgd, addr, false);
	struct page *page;

	if (pte && !pte_none(*pte))
		return 1;
	if (!vma->mapping)
		return 0;
	page = mapping_get_page(vma->mapping, vma->pgoff + ((addr - vma->start) >> PAGE_SHIFT),
				false);
	if (!page)
		return 0;
	put_page(page);
	return 1;
}

SYSCALL_DEFINE(mincore, unsigned long start, size_t len, unsigned char __user *vec)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + ALIGN_UP(len, PAGE_SIZE), n;
	unsigned char buf[64];
	long err = 0;

	if (!IS_ALIGNED(start, PAGE_SIZE))
		return -EINVAL;
	if (!access_ok((void __user *)start, len))
		return -ENOMEM;
	if (!access_ok(vec, (end - start) >> PAGE_SHIFT))
		return -EFAULT;
	for (; start < end && !err; start += n << PAGE_SHIFT, vec += n) {
		mutex_lock(&mm->mmap_lock);
		for (n = 0; n < sizeof(buf) && start + (n << PAGE_SHIFT) < end; n++) {
			unsigned long addr = start + (n << PAGE_SHIFT);
			struct vm_area_struct *vma = find_vma_intersection(mm, addr, addr + 1);

			if (!vma) {
				err = -ENOMEM;
				break;
			}
			buf[n] = in_core(vma, addr);
		}
		mmap_unlock(mm);
		if (n && copy_to_user(vec, buf, n))
			err = -EFAULT;
	}
	return err;
}

/* --- mlock --- */

/* Sets or clears VM_LOCKED in [start, end); locked pages are made present. 0 or -errno.
 * mmap_lock held. */
static int lock_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool lock,
		      bool populate)
{
	unsigned long at = start;
	struct vm_area_struct *vma;
	int err = 0;

	for (vma = find_vma(mm, start); !err && at < end; at = vma->end, vma = vma_next(vma)) {
		if (!vma || vma->start > at)
			return -ENOMEM;
		err = change_flags(&vma, start, end,
				   lock ? vma->flags | VM_LOCKED : vma->flags & ~VM_LOCKED);
		if (!err && populate && vma->flags & (VM_READ | VM_WRITE | VM_EXEC))
			err = populate_range(mm, max(at, vma->start), min(end, vma->end),
					     is_cow(vma) && vma->flags & VM_WRITE);
	}
	return err == -EFAULT ? -ENOMEM : err;
}

static bool may_lock(struct mm_struct *mm, unsigned long pages)
{
	return capable() || mm->locked_vm + pages <=
				    current->signal->rlim[RLIMIT_MEMLOCK].rlim_cur >> PAGE_SHIFT;
}

static long do_mlock(unsigned long start, size_t len, bool lock, bool populate)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = ALIGN_UP(start + len, PAGE_SIZE);

	start = ALIGN_DOWN(start, PAGE_SIZE);
	if (end < start)
		return lock ? -ENOMEM : -EINVAL;
	if (lock && !capable() && !current->signal->rlim[RLIMIT_MEMLOCK].rlim_cur)
		return -EPERM;
	guard(mmap)(mm);
	return lock && !may_lock(mm, (end - start) >> PAGE_SHIFT)
		       ? -ENOMEM
		       : lock_range(mm, start, end, lock, populate);
}

SYSCALL_DEFINE(mlock, unsigned long start, size_t len)
{
	return do_mlock(start, len, true, true);
}

SYSCALL_DEFINE(mlock2, unsigned long start, size_t len, int flags)
{
	return flags & ~MLOCK_ONFAULT ? -EINVAL
				      : do_mlock(start, len, true, !(flags & MLOCK_ONFAULT));
}

SYSCALL_DEFINE(munlock, unsigned long start, size_t len)
{
	return do_mlock(start, len, false, false);
}

static void lock_all(struct mm_struct *mm, bool lock, bool populate)
{
	struct vm_area_struct *vma = vma_first(mm);

	for (; vma; vma = vma_next(vma)) {
		unsigned long start = vma->start, end = vma->end;

		if (change_flags(&vma, start, end,
				 lock ? vma->flags | VM_LOCKED : vma->flags & ~VM_LOCKED))
			break;
		if (populate && vma->flags & (VM_READ | VM_WRITE | VM_EXEC))
			populate_range(mm, start, end, is_cow(vma) && vma->flags & VM_WRITE);
	}
}

SYSCALL_DEFINE(mlockall, int flags)
{
	struct mm_struct *mm = current->mm;

	if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!capable() && !current->signal->rlim[RLIMIT_MEMLOCK].rlim_cur)
		return -EPERM;
	guard(mmap)(mm);
	if (flags & MCL_CURRENT && !may_lock(mm, mm->total_vm))
		return -ENOMEM;
	mm->def_flags = flags & MCL_FUTURE ? VM_LOCKED : 0;
	if (flags & MCL_CURRENT)
		lock_all(mm, true, !(flags & MCL_ONFAULT));
	return 0;
}

SYSCALL_DEFINE(munlockall, void)
{
	struct mm_struct *mm = current->mm;

	guard(mmap)(mm);
	mm->def_flags = 0;
	lock_all(mm, false, false);
	return 0;
}
