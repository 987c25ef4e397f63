/*
 * Memory of an address space that is not the one we run in: for debuggers, /proc/PID/mem and exec,
 * which fills the new program's stack. And what a futex in shared memory is called: its place in
 * the page cache, the same from every process.
 *
 * Locks: mmap_lock (m) of the mm in question; may sleep.
 */
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/task/task.h"
#include "libk/err.h"
#include "libk/string.h"

/* The page behind addr, with a reference, faulted in first; or ERR_PTR(-EFAULT, -ENOMEM). */
static struct page *remote_page(struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	struct page *page;
	int fault;

	if (addr >= TASK_SIZE)
		return ERR_PTR(-EFAULT);
	mutex_lock(&mm->mmap_lock);
	fault = handle_mm_fault(mm, addr, flags);
	if (fault == FAULT_OK) {
		page = pfn_to_page(pte_pfn(*walk_pte(mm->pgd, addr, false)));
		get_page(page);
	} else {
		page = ERR_PTR(fault == FAULT_OOM ? -ENOMEM : -EFAULT);
	}
	mmap_unlock(mm);
	return page;
}

size_t access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write,
			bool force)
{
	unsigned int flags = (write ? FAULT_FLAG_WRITE : 0) | (force ? FAULT_FLAG_FORCE : 0);
	size_t done = 0;

	while (done < len) {
		size_t n = min(len - done, PAGE_SIZE - (addr + done) % PAGE_SIZE);
		struct page *page = remote_page(mm, addr + done, flags);
		char *place;

		if (IS_ERR(page))
			break;
		place = (char *)page_address(page) + (addr + done) % PAGE_SIZE;
		if (write)
			memcpy(place, (char *)buf + done, n);
		else
			memcpy((char *)buf + done, place, n);
		put_page(page);
		done += n;
	}
	return done;
}

/* --- for reports --- */

bool peek_kernel(const void *p, u64 *value)
{
	unsigned long addr = (unsigned long)p;

	if (addr < PAGE_OFFSET || addr & 7 || !peek_phys(kernel_pgd, addr))
		return false;
	*value = *(const volatile u64 *)p;
	return true;
}

bool peek_user(const struct mm_struct *mm, unsigned long addr, u32 *value)
{
	u64 pgd, phys = 0;

	if (addr < TASK_SIZE && !(addr & 3) && peek_kernel(&mm->pgd, &pgd))
		phys = peek_phys((const pte_t *)pgd, addr);

	if (phys)
		*value = *(const volatile u32 *)phys_to_virt(phys);
	return phys;
}
