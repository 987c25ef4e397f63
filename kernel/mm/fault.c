/*
 * Page faults: where memory really comes from. A fault finds the VMA of its address, checks what
 * the VMA allows, and gives the address a page: a zeroed one, a page of the page cache, or a copy
 * of its own where a private page is written first.
 *
 * Copy-on-write needs no record of who shares a page: a private page (PG_ANON) with one reference
 * is referred to by this very entry, so it can be written in place. Nobody can add a reference
 * meanwhile: that takes an entry, and this one is under our mmap_lock.
 *
 * Locks: mmap_lock (m), then the page cache's (i). May sleep.
 */
#include "kernel/entry.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"

struct page *zero_page;

/* A leaf for page as vma's protection says; write: may be written without another fault. */
static pte_t user_pte(const struct vm_area_struct *vma, struct page *page, bool write)
{
	pte_t pte = mk_user_pte(page_to_pfn(page), write && vma->flags & VM_WRITE,
				vma->flags & VM_EXEC);

	return likely(vma->flags & (VM_READ | VM_WRITE | VM_EXEC)) ? pte : pte_mknone(pte);
}

static int fault_anonymous(struct vm_area_struct *vma, pte_t *pte, unsigned int flags)
{
	struct page *page = zero_page;

	if (flags & FAULT_FLAG_WRITE) {
		page = alloc_page(GFP_USER | __GFP_ZERO);
		if (!page)
			return FAULT_OOM;
		page->flags = PG_ANON;
		add_rss(vma, true, 1);
	}
	set_pte(pte, user_pte(vma, page, page != zero_page));
	return FAULT_OK;
}

/* A private page with what is in from. NULL: no memory. */
static struct page *copy_of(struct page *from)
{
	struct page *page = alloc_page(from == zero_page ? GFP_USER | __GFP_ZERO : GFP_USER);

	if (!page)
		return NULL;
	page->flags = PG_ANON;
	if (from != zero_page)
		copy_page(page_address(page), page_address(from));
	return page;
}

/* No page there yet, and the VMA shows a file or shared memory. */
static int fault_mapping(struct vm_area_struct *vma, unsigned long addr, pte_t *pte,
			 unsigned int flags)
{
	unsigned long index = vma->pgoff + ((addr - vma->start) >> PAGE_SHIFT);
	bool private_copy = is_cow(vma) && flags & FAULT_FLAG_WRITE;
	struct page *page, *copy;

	if (index >= mapping_limit(vma->mapping))
		return FAULT_SIGBUS;
	page = mapping_get_page(vma->mapping, index, true);
	if (!page)
		return FAULT_OOM;
	if (private_copy) {
		copy = copy_of(page);
		put_page(page);
		if (!copy)
			return FAULT_OOM;
		page = copy;
	}
	set_pte(pte, user_pte(vma, page, private_copy || !is_cow(vma)));
	add_rss(vma, private_copy, 1);
	return FAULT_OK;
}

/* A write to a page that is mapped read-only. */
static int fault_write_protected(struct vm_area_struct *vma, unsigned long addr, pte_t *pte)
{
	struct page *page = pfn_to_page(pte_pfn(*pte)), *copy;

	if (!is_cow(vma) || (page->flags & PG_ANON && atomic_read(&page->refcount) == 1)) {
		/* A CPU that still has the read-only translation faults once more, and finds
		 * nothing to do. */
		set_pte(pte, user_pte(vma, page, true));
		return FAULT_OK;
	}
	copy = copy_of(page);
	if (!copy)
		return FAULT_OOM;
	set_pte(pte, user_pte(vma, copy, true));
	flush_tlb_range(vma->mm, addr, addr + PAGE_SIZE);	/* before the old page can belong
								 * to anybody else */
	if (page == zero_page) {
		add_rss(vma, true, 1);
		return FAULT_OK;
	}
	if (!(page->flags & PG_ANON)) {
		add_rss(vma, true, 1);
		add_rss(vma, false, -1);
	}
	put_page(page);
	return FAULT_OK;
}

/* Grows a stack down to addr: within RLIMIT_STACK, and never near what lies below. */
static bool expand_stack(struct vm_area_struct *vma, unsigned long addr)
{
	const struct rlimit *rlim = current->signal->rlim;
	struct vm_area_struct *prev = vma_prev(vma);
	unsigned long pages = (vma->start - addr) >> PAGE_SHIFT;

	if (!(vma->flags & VM_GROWSDOWN) || vma->end - addr > rlim[RLIMIT_STACK].rlim_cur)
		return false;
	if (addr < STACK_GUARD_GAP ||
	    (prev && !(prev->flags & VM_GROWSDOWN) && prev->end > addr - STACK_GUARD_GAP))
		return false;
	if (!may_expand_vm(vma->mm, vma->flags, pages))
		return false;
	vm_account(vma->mm, vma->flags, (long)pages);
	vma_set_range(vma, addr, vma->end);
	return true;
}

static bool access_allowed(const struct vm_area_struct *vma, unsigned int flags)
{
	unsigned long may = vma->flags;

	if (flags & FAULT_FLAG_FORCE)	/* a debugger may write a private mapping, and read any */
		return !(flags & FAULT_FLAG_WRITE) || may & VM_WRITE ||
		       (is_cow(vma) && may & VM_MAYWRITE);
	if (flags & FAULT_FLAG_WRITE)
		return may & VM_WRITE;
	if (flags & FAULT_FLAG_EXEC)
		return may & VM_EXEC;
	return may & (VM_READ | VM_WRITE | VM_EXEC);
}

int handle_mm_fault(struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	pte_t *pte;

	addr &= PAGE_MASK;
	if (unlikely(!vma || (vma->start > addr && !expand_stack(vma, addr))))
		return FAULT_SIGSEGV_MAPERR;
	if (unlikely(!access_allowed(vma, flags)))
		return FAULT_SIGSEGV_ACCERR;
	vma->has_tables = true;
	pte = walk_pte(mm->pgd, addr, true);
	if (unlikely(!pte))
		return FAULT_OOM;
	if (pte_none(*pte))
		return vma->mapping ? fault_mapping(vma, addr, pte, flags)
				    : fault_anonymous(vma, pte, flags);
	if (flags & FAULT_FLAG_WRITE && !pte_write(*pte))
		return fault_write_protected(vma, addr, pte);
	return FAULT_OK;	/* another thread was faster, or this CPU remembered less than
				 * the entry allows */
}

/* Out of memory: somebody was told to die. If it is us, a system call ends with an error, and
 * user mode is never entered again. */
static bool fault_out_of_memory(unsigned int flags)
{
	if (!fatal_signal_pending(current))
		out_of_memory();
	return flags & FAULT_FLAG_USER || !fatal_signal_pending(current);
}

static bool bad_access(int fault, unsigned long addr, unsigned int flags)
{
	if (!(flags & FAULT_FLAG_USER))
		return false;
	if (fault == FAULT_SIGBUS)
		force_sig_fault(SIGBUS, BUS_ADRERR, addr);
	else
		force_sig_fault(SIGSEGV, fault == FAULT_SIGSEGV_ACCERR ? SEGV_ACCERR : SEGV_MAPERR,
				addr);
	return false;
}

/*
 * From the trap. A fault of the kernel, that is, of a copy to or from user memory, may sleep only
 * where a system call may.
 */
bool handle_page_fault(unsigned long addr, unsigned int flags, struct pt_regs *regs)
{
	struct mm_struct *mm = current->mm;
	int fault;

	if (unlikely(!mm || addr >= TASK_SIZE))
		return bad_access(FAULT_SIGSEGV_MAPERR, addr, flags);
	if (unlikely(in_atomic()))
		return false;
	if (unlikely(!mutex_trylock(&mm->mmap_lock))) {
		BUG_ON(mutex_owner(&mm->mmap_lock) == current);
		mutex_lock(&mm->mmap_lock);
	}
	fault = handle_mm_fault(mm, addr, flags);
	mmap_unlock(mm);
	current->min_flt++;
	if (likely(fault == FAULT_OK))
		return true;
	return fault == FAULT_OOM ? fault_out_of_memory(flags) : bad_access(fault, addr, flags);
}
