/* Brings kernel/mm up: from what the boot loader and early memory left, to pages, objects,
 * stacks and address spaces. */
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"

void mm_init(void)
{
	page_alloc_init();
	slab_init();
	kstack_init();
	init_mm.pgd = kernel_pgd;
	zero_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	BUG_ON(!zero_page);
	pr_info("Memory: %luK free of %luK\n", nr_free_pages() * (PAGE_SIZE / 1024),
		max_pfn * (PAGE_SIZE / 1024));
}
