/*
 * Page size and the layout of the kernel's half of the address space.
 * Sources: SDM vol. 3A chapter 4 (4-level paging); Linux Documentation/arch/x86/x86_64/mm.rst.
 *
 *   0000000000000000 - 00007fffffffefff  user (the last page is never mapped: see TASK_SIZE)
 *   ffff888000000000 - ...               direct map of all RAM, never executable (64 TiB window)
 *   ffffc90000000000 - ffffc91fffffffff  kernel stacks with guard pages (128 GiB window)
 *   ffffc92000000000 - ffffc92fffffffff  device registers (ioremap), uncached
 *   ffffffff80000000 - ffffffffffffffff  the kernel's own image
 */
#pragma once

#include "libk/types.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define KERNEL_BASE 0xffffffff80000000UL
#define PAGE_OFFSET 0xffff888000000000UL
#define KSTACK_AREA 0xffffc90000000000UL
#define KSTACK_AREA_END 0xffffc92000000000UL
#define IOREMAP_AREA 0xffffc92000000000UL
#define IOREMAP_AREA_END 0xffffc93000000000UL

/* First address that is not the user's. One page short of the canonical half, as on Linux: a
 * SYSCALL instruction in the last page would make SYSRET return to a non-canonical address. */
#define TASK_SIZE 0x00007ffffffff000UL

/* Kernel stacks: 16 KiB, plus one unmapped guard page below each. */
#define THREAD_SIZE_ORDER 2
#define THREAD_SIZE (PAGE_SIZE << THREAD_SIZE_ORDER)

static inline void *phys_to_virt(u64 phys) { return (void *)(phys + PAGE_OFFSET); }

/* Only for addresses in the direct map. */
static inline u64 virt_to_phys(const void *virt) { return (u64)virt - PAGE_OFFSET; }

/* Only for addresses in the kernel's image (which boot loads where the link address says). */
static inline u64 image_to_phys(const void *virt) { return (u64)virt - KERNEL_BASE; }
