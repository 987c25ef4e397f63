/*
 * The kernel's own page tables, made once at boot. Every mm copies entries 256..511 of kernel_pgd
 * when it is made; these never change afterwards, because each 512-GiB slot that will ever be used
 * has its table from the beginning. So no mm is ever out of date.
 *
 *   direct map    all usable RAM, 2-MiB pages, 4-KiB ones at the edges; writable, never executable
 *   image         4-KiB pages: code r-x, constants r--, data rw-; the direct map's
 *                 copy of code and constants is read-only too
 *   ioremap area  uncached device registers
 *   stack areas   their slot exists; kernel/mm/kstack.c and gdt.c fill it
 *
 * Boot CPU only, no locks; memory from early_alloc_pages(). SDM vol. 3A 4.5 (tables), 4.10.4
 * (flushing), 11.12 (PCD and PWT).
 */
#include "asm/msr.h"
#include "asm/page.h"
#include "asm/pgtable.h"
#include "asm/setup.h"
#include "boot/boot.h"
#include "boot/boot_info.h"
#include "kernel/printk.h"

#define LARGE_PAGE LEVEL_SIZE(2)
#define PROT_KERNEL (PTE_P | PTE_A | PTE_D | PTE_G)
#define PROT_DATA (PROT_KERNEL | PTE_W | PTE_NX)
#define PROT_RODATA (PROT_KERNEL | PTE_NX)
#define PROT_TEXT PROT_KERNEL
#define PROT_DEVICE (PROT_DATA | PTE_PCD | PTE_PWT)

pte_t *kernel_pgd;
static unsigned long ioremap_next = IOREMAP_AREA;

/* The entry for virt at the given level, 1 (a 4-KiB page) or 2; makes the tables above it. */
static pte_t *kernel_pte(unsigned long virt, int level)
{
	pte_t *table = kernel_pgd;

	for (int l = 4; l > level; l--) {
		pte_t *entry = &table[TABLE_INDEX(virt, l)];

		if (!pte_present(*entry))
			set_pte(entry, mk_table(virt_to_phys(early_alloc_pages(1)), false));
		BUG_ON(*entry & PTE_PS);
		table = pte_table(*entry);
	}
	return &table[TABLE_INDEX(virt, level)];
}

void kernel_map(unsigned long virt, u64 phys, size_t size, u64 prot)
{
	unsigned long end = virt + size;

	while (virt != end) {
		bool large = IS_ALIGNED(virt | phys, LARGE_PAGE) && end - virt >= LARGE_PAGE;
		unsigned long step = large ? LARGE_PAGE : PAGE_SIZE;
		pte_t *pte = kernel_pte(virt, large ? 2 : 1);

		do {
			/* to the end of this table; at that of a 4-KiB one, large pages may be
			 * possible again */
			set_pte(pte++, phys | prot | (large ? PTE_PS : 0));
			virt += step;
			phys += step;
		} while (end - virt >= step && (unsigned long)pte % PAGE_SIZE);
	}
}

static void map_direct(u64 start, u64 end, u64 prot)
{
	if (start < end)
		kernel_map((unsigned long)phys_to_virt(start), start, end - start, prot);
}

/* All RAM, but without a second, writable way to the kernel's code and constants. */
static void map_ram(void)
{
	u64 ro_start = image_to_phys(_text), ro_end = image_to_phys(_erodata);

	for (int i = 0; i < boot_info.nr_regions; i++) {
		const struct boot_region *r = &boot_info.regions[i];

		if (!r->usable)
			continue;
		map_direct(r->start, min_t(u64, r->end, ro_start), PROT_DATA);
		map_direct(max_t(u64, r->start, ro_start), min_t(u64, r->end, ro_end), PROT_RODATA);
		map_direct(max_t(u64, r->start, ro_end), r->end, PROT_DATA);
	}
}

static void map_image(char *start, char *end, u64 prot)
{
	kernel_map((unsigned long)start, image_to_phys(start), (size_t)(end - start), prot);
}

void paging_init(void)
{
	kernel_pgd = early_alloc_pages(1);
	map_ram();
	map_image(_text, _etext, PROT_TEXT);
	map_image(_rodata, _erodata, PROT_RODATA);
	map_image(_erodata, _end, PROT_DATA);
	*kernel_pte((unsigned long)init_stack - PAGE_SIZE, 1) = 0;	/* the guard page */
	/* the table that ioremap() fills; makes the slot of the stack area too */
	kernel_pte(IOREMAP_AREA, 1);
	write_cr3(virt_to_phys(kernel_pgd));
	early_memory_end = ~0ULL;
}

void volatile *ioremap(u64 phys, size_t size)
{
	u64 first = ALIGN_DOWN(phys, PAGE_SIZE), last = ALIGN_UP(phys + size, PAGE_SIZE);
	unsigned long virt = ioremap_next;

	BUG_ON(virt + (last - first) > IOREMAP_AREA + LARGE_PAGE);
	ioremap_next += last - first;
	for (u64 p = first; p < last; p += PAGE_SIZE)
		set_pte(kernel_pte(virt + (p - first), 1), p | PROT_DEVICE);
	return (void volatile *)(virt + (phys - first));
}
