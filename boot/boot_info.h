/* What the boot loader told us, the same for GRUB (multiboot2) and QEMU (PVH). Filled by boot/,
 * read-only afterwards. */
#pragma once

#include "libk/types.h"

#define BOOT_MAX_REGIONS 64

struct boot_region {
	u64 start, end;		/* physical, end exclusive */
	/* RAM we may use (the kernel, initrd and boot tables still lie in it) */
	bool usable;
};

struct boot_info {
	struct boot_region regions[BOOT_MAX_REGIONS];
	int nr_regions;
	u64 initrd_start, initrd_end;	/* physical; equal: no initrd */
	u64 rsdp;			/* physical address of the ACPI RSDP, 0: search for it */
	char cmdline[4096];
	const char *loader;
};

extern struct boot_info boot_info;

/*
 * Early memory, before the buddy allocator: page-aligned physical memory, zeroed, never given back.
 * Panics when there is none. early_reserved() tells kernel/mm which ranges are taken (image,
 * initrd, early allocations).
 */
void *early_alloc_pages(size_t pages);
struct boot_region *early_reserved(int *n);
