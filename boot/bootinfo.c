/*
 * Reads what the boot loader left in memory, be it GRUB (multiboot2) or QEMU's -kernel (PVH), into
 * one struct boot_info. Runs once, on the boot page tables, which map the first 4 GiB at
 * PAGE_OFFSET; both loaders put their tables there. No locks.
 *
 * Sources: Multiboot2 Specification 2.0 section 3.6; Xen include/public/arch-x86/hvm/start_info.h.
 */
#include "asm/page.h"
#include "boot/boot.h"
#include "boot/boot_info.h"
#include "kernel/printk.h"
#include "libk/string.h"

struct boot_info boot_info;

enum { MEMORY_RAM = 1 };	/* the same number in e820, multiboot2 and PVH */

/* Inserts [start, end) into the regions, which stay sorted by address. What does not fit into the
 * table is lost RAM, no harm. */
static void add_region(u64 start, u64 len, bool usable)
{
	struct boot_region *r = boot_info.regions;
	int i = boot_info.nr_regions;

	if (!len || start + len < start || i == BOOT_MAX_REGIONS)
		return;
	for (; i > 0 && r[i - 1].start > start; i--)
		r[i] = r[i - 1];
	r[i] = (struct boot_region){ start, start + len, usable };
	boot_info.nr_regions++;
}

/* Usable means: whole pages that no other region claims. Firmware maps with overlaps exist. */
static void clip_regions(void)
{
	struct boot_region *r = boot_info.regions;

	for (int i = 0; i < boot_info.nr_regions; i++) {
		if (!r[i].usable)
			continue;
		for (int j = 0; j < boot_info.nr_regions; j++) {
			if (j == i || (r[j].usable && j > i) || r[j].end <= r[i].start ||
			    r[j].start >= r[i].end)
				continue;
			if (r[j].start <= r[i].start)
				r[i].start = min(r[j].end, r[i].end);
			else
				r[i].end = r[j].start;
		}
		r[i].start = ALIGN_UP(r[i].start, PAGE_SIZE);
		r[i].end = max(ALIGN_DOWN(r[i].end, PAGE_SIZE), r[i].start);
	}
}

/* --- multiboot2 --- */

struct mb2_tag {
	u32 type;
	u32 size;		/* with this header, without the padding to 8 bytes */
};

enum {
	MB2_END, MB2_CMDLINE, MB2_LOADER_NAME, MB2_MODULE, MB2_MMAP = 6, MB2_ACPI_OLD = 14,
	MB2_ACPI_NEW = 15,
};

struct mb2_module {
	struct mb2_tag tag;
	u32 start, end;
};

struct mb2_mmap {
	struct mb2_tag tag;
	u32 entry_size, entry_version;
	struct {
		u64 base, len;
		u32 type, reserved;
	} entries[];
};

static void mb2_read_mmap(const struct mb2_mmap *map)
{
	const char *end = (const char *)map + map->tag.size;

	if (map->entry_size < sizeof(map->entries[0]))
		return;
	for (const char *p = (const char *)map->entries; p + map->entry_size <= end;
	     p += map->entry_size) {
		const __typeof__(map->entries[0]) *e = (const void *)p;

		add_region(e->base, e->len, e->type == MEMORY_RAM);
	}
}

static void mb2_read_tag(const struct mb2_tag *tag)
{
	const struct mb2_module *module = (const void *)tag;

	switch (tag->type) {
	case MB2_CMDLINE:
		strlcpy(boot_info.cmdline, (const char *)(tag + 1), sizeof(boot_info.cmdline));
		break;
	case MB2_MODULE:	/* the first module is the initrd */
		if (boot_info.initrd_end)
			break;
		boot_info.initrd_start = module->start;
		boot_info.initrd_end = module->end;
		break;
	case MB2_MMAP:
		mb2_read_mmap((const void *)tag);
		break;
	case MB2_ACPI_OLD:
		if (boot_info.rsdp)
			break;
		fallthrough;
	case MB2_ACPI_NEW:	/* the tag holds a copy of the RSDP */
		boot_info.rsdp = virt_to_phys(tag + 1);
		break;
	}
}

static void mb2_read(u64 info)
{
	const u32 *total = phys_to_virt(info);
	const char *end = (const char *)total + *total;
	const char *p = (const char *)(total + 2);

	boot_info.loader = "multiboot2";
	while (p + sizeof(struct mb2_tag) <= end) {
		const struct mb2_tag *tag = (const void *)p;

		if (tag->type == MB2_END || tag->size < sizeof(*tag))
			break;
		mb2_read_tag(tag);
		p += ALIGN_UP(tag->size, 8U);
	}
}

/* --- PVH --- */

struct hvm_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modlist, cmdline, rsdp;	/* physical addresses */
	u64 memmap;			/* version 1 and later */
	u32 memmap_entries, reserved;
};

struct hvm_modlist_entry {
	u64 paddr, size, cmdline, reserved;
};

struct hvm_memmap_entry {
	u64 addr, size;
	u32 type, reserved;
};

static void pvh_read(u64 info)
{
	const struct hvm_start_info *si = phys_to_virt(info);
	const struct hvm_modlist_entry *module = phys_to_virt(si->modlist);
	const struct hvm_memmap_entry *map = phys_to_virt(si->memmap);

	boot_info.loader = "pvh";
	boot_info.rsdp = si->rsdp;
	if (si->cmdline)
		strlcpy(boot_info.cmdline, phys_to_virt(si->cmdline), sizeof(boot_info.cmdline));
	if (si->nr_modules) {
		boot_info.initrd_start = module->paddr;
		boot_info.initrd_end = module->paddr + module->size;
	}
	for (u32 i = 0; si->version >= 1 && i < si->memmap_entries; i++)
		add_region(map[i].addr, map[i].size, map[i].type == MEMORY_RAM);
}

/* Fills boot_info. magic: from the entry code; info: physical address of the loader's information.
 * Boot CPU, before anything else. */
void boot_info_init(u32 magic, u64 info)
{
	if (magic == MULTIBOOT2_BOOT_MAGIC)
		mb2_read(info);
	else
		pvh_read(info);
	clip_regions();
}

/* Reserves what lies in RAM already, and refuses to go on with less memory than a shell needs. The
 * console must work. */
void boot_memory_init(void)
{
	u64 ram = 0;

	for (int i = 0; i < boot_info.nr_regions; i++)
		if (boot_info.regions[i].usable)
			ram += boot_info.regions[i].end - boot_info.regions[i].start;
	if (ram < BOOT_MIN_RAM)
		panic("%llu KiB of RAM: Bobbin needs 16 MiB", ram >> 10);
	/* the real-mode interrupt table; and no page has address 0 */
	early_reserve(0, PAGE_SIZE);
	early_reserve(image_to_phys(_image_start), image_to_phys(_end));
	early_reserve(boot_info.initrd_start, boot_info.initrd_end);
}
