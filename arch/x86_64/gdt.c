/*
 * GDT and TSS of each CPU, and the stacks of the three exceptions that may strike while rsp is
 * worthless.
 *
 *   GDTR --> gdt[cpu]                       tss[cpu]
 *            0x10 kernel code               sp0    --> top of the running task's kernel stack
 *            0x18 kernel data               ist[0] --> #DF stack    rsp has run into a guard page
 *            0x28 user data                 ist[1] --> NMI stack    SYSCALL has no stack yet
 *            0x30 user code                 ist[2] --> #MC stack    the same
 *   TR   --> 0x40 TSS descriptor ---------> tss[cpu]
 *
 * An IST stack is always entered at its top: a second exception of the same kind would overwrite
 * the first's frame. The entry code therefore does not enable what could bring a second one.
 *
 * The IST stacks lie in an area of their own, each above unmapped pages and aligned to its size:
 *   | guard 8 K | stack 8 K | guard ...
 * The topmost word of each holds the address of its CPU's struct cpu, for the entry code (see
 * asm/desc.h). Each CPU writes only its own tables, before anybody else reads them: no locks.
 */
#include "asm/desc.h"
#include "asm/page.h"
#include "asm/percpu.h"
#include "asm/pgtable.h"
#include "asm/setup.h"
#include "boot/boot_info.h"
#include "libk/string.h"

#define IST_AREA IOREMAP_AREA_END	/* behind the device registers, in the same 512-GiB slot */
#define IST_SLOT (2 * IST_STACK_SIZE)	/* as much again is unmapped below it */
#define IST_AREA_END (IST_AREA + NR_CPUS * NR_IST * IST_SLOT)

static u64 cpu_gdt[NR_CPUS][GDT_ENTRIES] __aligned(64);

static const u64 gdt_template[GDT_ENTRIES] = {
	[__KERNEL_CS / 8 - 1] = 0x00cf9b000000ffff,	/* 32-bit code: for starting APs only */
	[__KERNEL_CS / 8] = 0x00af9b000000ffff,
	[__KERNEL_DS / 8] = 0x00cf93000000ffff,
	[__USER32_CS / 8] = 0x00cffb000000ffff,
	[__USER_DS / 8] = 0x00cff3000000ffff,
	[__USER_CS / 8] = 0x00affb000000ffff,
};

/* A TSS descriptor: base in four pieces, type 9 = available 64-bit TSS, present. */
static void set_tss_desc(u64 *gdt, const struct tss *tss)
{
	u64 base = (u64)tss, limit = sizeof(*tss) - 1;

	gdt[GDT_TSS / 8] =
		limit | (base & 0xffffff) << 16 | 0x89ULL << 40 | (base >> 24 & 0xff) << 56;
	gdt[GDT_TSS / 8 + 1] = base >> 32;
}

void gdt_init(int cpu)
{
	struct tss *tss = &cpus[cpu].tss;

	memcpy(cpu_gdt[cpu], gdt_template, sizeof(gdt_template));
	set_tss_desc(cpu_gdt[cpu], tss);
	tss->io_bitmap_base = sizeof(*tss);
	for (int i = 0; i < NR_IST; i++) {
		unsigned long stack =
			IST_AREA + (unsigned long)(cpu * NR_IST + i) * IST_SLOT + IST_STACK_SIZE;
		char *memory = early_alloc_pages(IST_STACK_SIZE / PAGE_SIZE);

		kernel_map(stack, virt_to_phys(memory), IST_STACK_SIZE, mk_kernel_pte(0));
		*(struct cpu **)(memory + IST_STACK_SIZE - 8) = &cpus[cpu];
		tss->ist[i] = stack + IST_STACK_SIZE - 16;
	}
}

void gdt_load(int cpu)
{
	struct desc_ptr gdtr = { sizeof(cpu_gdt[cpu]) - 1, (u64)cpu_gdt[cpu] };

	__asm__ volatile("lgdt %0" : : "m"(gdtr));
	__asm__ volatile("ltr %w0" : : "r"(GDT_TSS));
}

bool ist_guard_hit(unsigned long addr)
{
	return addr - IST_AREA < IST_AREA_END - IST_AREA && addr % IST_SLOT < IST_STACK_SIZE;
}

bool on_ist_stack(unsigned long addr)
{
	return addr - IST_AREA < IST_AREA_END - IST_AREA && addr % IST_SLOT >= IST_STACK_SIZE;
}
