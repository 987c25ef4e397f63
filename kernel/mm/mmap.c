/*
 * mmap, munmap and brk: making and removing mappings. Nothing is populated here unless asked for:
 * pages come in fault.c.
 *
 * Overcommit is Linux's heuristic: only a request that could never be met is refused.
 *
 * Locks: mmap_lock (m) of current's mm.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "libk/abi/mman.h"
#include "libk/err.h"

#define VM_ANON_DEFAULT (VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#define LOW_LIMIT 0x80000000UL	/* MAP_32BIT */
#define MMAP_FLAGS									\
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN |		\
	 MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE |	\
	 MAP_NONBLOCK | MAP_STACK | MAP_FIXED_NOREPLACE)

unsigned long prot_to_flags(unsigned long prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* --- munmap --- */

/* Takes [start, end), which touches at most one border from inside, out of vma; a VMA of which
 * nothing is left goes. */
static void trim_vma(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
		     unsigned long end)
{
	zap_range(tlb, vma, start, end);
	vm_account(vma->mm, vma->flags, -(long)((end - start) >> PAGE_SHIFT));
	if (vma->start < start) {
		vma->end = start;
	} else if (end < vma->end) {
		vma_set_range(vma, end, vma->end);
	} else {
		vma_unlink(vma);
		vma_free(vma);
	}
}

int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *prev, *vma = find_vma_prev(mm, start, &prev), *next;
	struct mmu_gather tlb;
	bool tables = false;

	if (!vma || vma->start >= end)
		return 0;
	if (vma->start < start) {
		if (end < vma->end && vma_split(vma, end))
			return -ENOMEM;
		prev = vma;
	}
	tlb_gather(&tlb, mm, start, end);
	for (; vma && vma->start < end; vma = next) {
		unsigned long from = max(vma->start, start), to = min(vma->end, end);

		next = to < vma->end ? vma : vma_next(vma);
		tables |= vma->has_tables;
		trim_vma(&tlb, vma, from, to);
		if (next == vma)
			break;
	}
	if (tables) {
		detach_tables(mm->pgd, start, end, prev ? prev->end : 0,
			      vma ? vma->start : USER_END, &tlb.tables);
		if (prev)
			prev->has_tables = true;
		if (vma)
			vma->has_tables = true;
	}
	note_hole(mm, prev, vma);
	tlb_finish(&tlb);
	return 0;
}

static bool bad_range(unsigned long addr, unsigned long len)
{
	return !IS_ALIGNED(addr, PAGE_SIZE) || len > TASK_SIZE || addr > TASK_SIZE - len ||
	       len == 0;
}

int vm_munmap(unsigned long addr, unsigned long len)
{
	struct mm_struct *mm = current->mm;

	if (bad_range(addr, len))
		return -EINVAL;
	guard(mmap)(mm);
	return do_munmap(mm, addr, addr + ALIGN_UP(len, PAGE_SIZE));
}

SYSCALL_DEFINE(munmap, unsigned long addr, size_t len)
{
	return vm_munmap(addr, len);
}

/* --- mmap --- */

static int map_anonymous(struct mm_struct *mm, unsigned long start, unsigned long end,
			 unsigned long flags)
{
	struct vm_area_struct *vma, *prev, *next = find_vma_prev(mm, start, &prev);

	if (!vma_extend(prev, next, start, end, flags)) {
		vma = mm->map_count < MAX_MAP_COUNT ? vma_alloc(mm, start, end, flags) : NULL;
		if (!vma)
			return -ENOMEM;
		vma_link_between(vma, prev, next);
	}
	vm_account(mm, flags, (long)((end - start) >> PAGE_SHIFT));
	return 0;
}

/* Shows a file, or a new piece of shared memory, in a free range. */
static int map_object(struct mm_struct *mm, struct file *file, unsigned long start,
		      unsigned long end, unsigned long flags, unsigned long pgoff)
{
	struct vm_area_struct *vma =
		mm->map_count < MAX_MAP_COUNT ? vma_alloc(mm, start, end, flags) : NULL;
	int err = 0;

	if (!vma)
		return -ENOMEM;
	if (file) {
		vma->pgoff = pgoff;
		vma->file = get_file(file);
		err = file->f_op->mmap(file, vma);
		if (!err && !vma->mapping) {	/* /dev/zero: anonymous memory by another name */
			vma->file = NULL;
			atomic_long_dec(&file->f_count);	/* the caller has a reference */
		}
	}
	if (!err && !vma->file && flags & VM_SHARED) {
		vma->pgoff = 0;
		vma->mapping = shmem_mapping_alloc();
		if (vma->mapping)
			vma->mapping->max_pages = vma_pages(vma);
		else
			err = -ENOMEM;
	}
	if (err) {
		vma_free(vma);
		return err;
	}
	vma_link(vma);
	vm_account(mm, vma->flags, (long)vma_pages(vma));
	vma_merge(vma);
	return 0;
}

/* Flags of the VMA that mmap's prot and flags ask for, or -errno. */
static long mmap_vm_flags(struct mm_struct *mm, struct file *file, unsigned long prot,
			  unsigned long flags)
{
	unsigned long vm =
		prot_to_flags(prot) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | mm->def_flags;
	unsigned long type = flags & MAP_TYPE;

	if (type == MAP_SHARED_VALIDATE && file && flags & ~(unsigned long)MMAP_FLAGS)
		return -EOPNOTSUPP;
	if (type != MAP_PRIVATE && type != MAP_SHARED && !(type == MAP_SHARED_VALIDATE && file))
		return -EINVAL;
	if (type != MAP_PRIVATE)
		vm |= VM_SHARED;
	if (flags & MAP_GROWSDOWN)
		vm |= VM_GROWSDOWN;
	if (flags & MAP_LOCKED)
		vm |= VM_LOCKED;
	if (!file)
		return vm & VM_GROWSDOWN && vm & VM_SHARED ? -EINVAL : (long)vm;
	if (vm & VM_SHARED && !(file->f_mode & FMODE_WRITE)) {
		if (vm & VM_WRITE)
			return -EACCES;
		vm &= ~VM_MAYWRITE;
	}
	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	if (!file->f_op->mmap)
		return -ENODEV;
	return vm & VM_GROWSDOWN ? -EINVAL : (long)vm;
}

/* Where the mapping goes: as the caller says, near the hint, or where there is room. */
static unsigned long mmap_address(struct mm_struct *mm, unsigned long addr, unsigned long len,
				  unsigned long flags)
{
	if (len > TASK_SIZE)
		return (unsigned long)-ENOMEM;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr > TASK_SIZE - len)
			return (unsigned long)-ENOMEM;
		if (!IS_ALIGNED(addr, PAGE_SIZE))
			return (unsigned long)-EINVAL;
		if (flags & MAP_FIXED_NOREPLACE && find_vma_intersection(mm, addr, addr + len))
			return (unsigned long)-EEXIST;
		return addr;
	}
	addr = addr ? max(ALIGN_UP(addr, PAGE_SIZE), MMAP_MIN_ADDR) : 0;
	if (addr && addr <= TASK_SIZE - len && !find_vma_intersection(mm, addr, addr + len))
		return addr;
	return unmapped_area(mm, len, flags & MAP_32BIT ? LOW_LIMIT : 0);
}

static unsigned long overlap_pages(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	unsigned long n = 0;

	for (struct vm_area_struct *vma = find_vma(mm, start); vma && vma->start < end;
	     vma = vma_next(vma))
		n += (min(vma->end, end) - max(vma->start, start)) >> PAGE_SHIFT;
	return n;
}

static bool too_large(struct mm_struct *mm, unsigned long addr, unsigned long len,
		      unsigned long vm_flags, unsigned long flags)
{
	unsigned long pages = len >> PAGE_SHIFT;

	if ((vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE && !(flags & MAP_NORESERVE) &&
	    pages > totalram_pages())
		return true;
	if (may_expand_vm(mm, vm_flags, pages))
		return false;
	return !(flags & MAP_FIXED) ||
	       !may_expand_vm(mm, vm_flags, pages - overlap_pages(mm, addr, addr + len));
}

/* len page-aligned, not 0. mmap_lock held. */
static unsigned long do_mmap(struct mm_struct *mm, struct file *file, unsigned long addr,
			     unsigned long len, unsigned long prot, unsigned long flags,
			     unsigned long pgoff)
{
	long vm_flags, err;

	if (pgoff + (len >> PAGE_SHIFT) < pgoff)
		return (unsigned long)-EOVERFLOW;
	addr = mmap_address(mm, addr, len, flags);
	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return addr;
	vm_flags = mmap_vm_flags(mm, file, prot, flags);
	if (vm_flags < 0)
		return (unsigned long)vm_flags;
	if (too_large(mm, addr, len, (unsigned long)vm_flags, flags))
		return (unsigned long)-ENOMEM;
	err = flags & MAP_FIXED ? do_munmap(mm, addr, addr + len) : 0;
	if (err)
		return (unsigned long)err;
	if (file || vm_flags & VM_SHARED)
		err = map_object(mm, file, addr, addr + len, (unsigned long)vm_flags, pgoff);
	else
		err = map_anonymous(mm, addr, addr + len, (unsigned long)vm_flags);
	if (!err && (flags & MAP_POPULATE || vm_flags & VM_LOCKED))
		populate_range(mm, addr, addr + len, vm_flags & VM_WRITE);
	return err ? (unsigned long)err : addr;
}

unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, int prot, int flags,
		      unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;

	if (!len)
		return (unsigned long)-EINVAL;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!len)
		return (unsigned long)-ENOMEM;
	guard(mmap)(mm);
	return do_mmap(mm, file, addr, len, (unsigned long)prot, (unsigned long)flags, pgoff);
}

SYSCALL_DEFINE(mmap, unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
	       unsigned long fd, unsigned long off)
{
	struct file *file __free(fput) = NULL;

	if (!IS_ALIGNED(off, PAGE_SIZE))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget((unsigned int)fd);
		if (!file)
			return -EBADF;
	} else if (flags & MAP_HUGETLB) {
		return -ENOMEM;		/* there are no huge pages in the pool */
	}
	return (long)vm_mmap(file, addr, len, (int)prot, (int)flags, off >> PAGE_SHIFT);
}

int populate_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool write)
{
	int fault = FAULT_OK;

	for (unsigned long addr = start; addr < end && !fault; addr += PAGE_SIZE) {
		if (fatal_signal_pending(current))
			return -EINTR;
		fault = handle_mm_fault(mm, addr, write ? FAULT_FLAG_WRITE : 0);
	}
	return fault == FAULT_OK ? 0 : fault == FAULT_OOM ? -ENOMEM : -EFAULT;
}

/* --- brk and the stack --- */

/* Extends the heap over [old, new), page-aligned. */
static bool grow_brk(struct mm_struct *mm, unsigned long old, unsigned long new)
{
	unsigned long flags = VM_ANON_DEFAULT | VM_HEAP | mm->def_flags;
	struct vm_area_struct *next = find_vma(mm, old);

	if (new > TASK_SIZE ||
	    (next &&
	     next->start < new + PAGE_SIZE + (next->flags & VM_GROWSDOWN ? STACK_GUARD_GAP : 0)))
		return false;
	if ((new - old) >> PAGE_SHIFT > totalram_pages() ||
	    !may_expand_vm(mm, flags, (new - old) >> PAGE_SHIFT))
		return false;
	if (map_anonymous(mm, old, new, flags))
		return false;
	if (flags & VM_LOCKED)
		populate_range(mm, old, new, true);
	return true;
}

/* Returns the end of the heap as it is afterwards: the C library sees from that whether it was
 * granted. */
SYSCALL_DEFINE(brk, unsigned long brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long limit = current->signal->rlim[RLIMIT_DATA].rlim_cur, old, new;

	guard(mmap)(mm);
	old = ALIGN_UP(mm->brk, PAGE_SIZE);
	new = ALIGN_UP(brk, PAGE_SIZE);
	if (brk >= mm->start_brk && brk <= TASK_SIZE &&
	    brk - mm->start_brk + (mm->end_data - mm->start_data) <= limit &&
	    (new < old ? do_munmap(mm, new, old) == 0 : new == old || grow_brk(mm, old, new)))
		mm->brk = brk;
	return (long)mm->brk;
}

#define STACK_FIRST (128UL << 10)	/* mapped from the beginning; the rest grows by faults */
#define STACK_GAP_MIN (128UL << 20)

int setup_stack_vma(struct mm_struct *mm, unsigned long top)
{
	unsigned long reserve = current->signal->rlim[RLIMIT_STACK].rlim_cur,
		      flags = VM_ANON_DEFAULT | VM_GROWSDOWN | VM_STACK;

	reserve = clamp(reserve, STACK_GAP_MIN, TASK_SIZE / 6 * 5) + STACK_GUARD_GAP;
	guard(mmap)(mm);
	mm->mmap_base = ALIGN_DOWN(top - reserve, PAGE_SIZE);
	mm->free_hint = mm->mmap_base;
	mm->hole_size = 0;
	return map_anonymous(mm, top - STACK_FIRST, top, flags);
}
