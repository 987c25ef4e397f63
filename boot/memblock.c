/*
 * Memory before there is an allocator: a list of what is taken. Everything else in the loader's map
 * is free. Given from low to high addresses, above 1 MiB, page by page; never given back. kernel/mm
 * takes over what is left. Boot CPU only, before kernel/mm starts: no locks.
 */
#include "asm/page.h"
#include "boot/boot.h"
#include "boot/boot_info.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"

#define LOW_MEMORY_END 0x100000UL

/* page-aligned; no order; usable is not used */
static struct boot_region reserved[BOOT_MAX_REGIONS];
static int nr_reserved;
u64 early_memory_end = 1ULL << 32;

void early_reserve(u64 start, u64 end)
{
	if (start >= end)
		return;
	start = ALIGN_DOWN(start, PAGE_SIZE);
	end = ALIGN_UP(end, PAGE_SIZE);
	/* Allocations follow each other: most of them lengthen the entry of the one before. */
	for (int i = 0; i < nr_reserved; i++) {
		if (reserved[i].end == start) {
			reserved[i].end = end;
			return;
		}
	}
	BUG_ON(nr_reserved == BOOT_MAX_REGIONS);
	reserved[nr_reserved++] = (struct boot_region){ .start = start, .end = end };
}

/* What is taken of RAM: *n ranges, page-aligned. */
struct boot_region *early_reserved(int *n)
{
	*n = nr_reserved;
	return reserved;
}

/* End of a reserved range that overlaps [start, end), 0 when there is none. */
static u64 overlap_end(u64 start, u64 end)
{
	for (int i = 0; i < nr_reserved; i++)
		if (reserved[i].start < end && start < reserved[i].end)
			return reserved[i].end;
	return 0;
}

/* First fit in usable RAM between low and high; reserves it. Physical address, or 0. */
static u64 early_find(u64 size, u64 low, u64 high)
{
	for (int i = 0; i < boot_info.nr_regions; i++) {
		const struct boot_region *r = &boot_info.regions[i];
		u64 start = max_t(u64, r->start, low), end = min_t(u64, r->end, high), next;

		if (!r->usable)
			continue;
		while (start + size <= end && (next = overlap_end(start, start + size)))
			start = next;
		if (start + size <= end) {
			early_reserve(start, start + size);
			return start;
		}
	}
	return 0;
}

void *early_alloc_pages(size_t pages)
{
	u64 phys = early_find(pages << PAGE_SHIFT, LOW_MEMORY_END, early_memory_end);

	if (!phys)
		panic("out of memory at boot: no %zu pages in a row", pages);
	for (u64 p = phys; p < phys + (pages << PAGE_SHIFT); p += PAGE_SIZE)
		clear_page(phys_to_virt(p));
	return phys_to_virt(phys);
}

u64 early_alloc_low_page(void)
{
	return early_find(PAGE_SIZE, PAGE_SIZE, LOW_MEMORY_END);
}
