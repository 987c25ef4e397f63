/*
 * Page-table entries, behind names that do not tell which bits the CPU uses. kernel/mm walks and
 * fills page tables through these functions only. 4-level paging: SDM vol. 3A 4.5. One leaf size
 * for users (4 KiB); the kernel's direct map uses 2 MiB.
 *
 * An entry of a user page that nobody may touch (PROT_NONE) keeps its frame but is not present:
 * neither none nor present.
 *
 * Locking: the tables of an mm belong to its mmap_lock; those of the kernel's half are made at
 * boot, except the stack area (kernel/mm/kstack.c's lock).
 */
#pragma once

#include "asm/page.h"
#include "libk/compiler.h"
#include "libk/types.h"

typedef u64 pte_t;

#define PTE_P (1UL << 0)	/* present */
#define PTE_W (1UL << 1)	/* writable */
#define PTE_U (1UL << 2)	/* user may access */
#define PTE_PWT (1UL << 3)
#define PTE_PCD (1UL << 4)	/* uncached (device registers) */
#define PTE_A (1UL << 5)	/* accessed, set by the CPU */
#define PTE_D (1UL << 6)	/* dirty, set by the CPU */
#define PTE_PS (1UL << 7)	/* large page, in a page directory */
#define PTE_G (1UL << 8)	/* global: survives a CR3 load */
#define PTE_NX (1UL << 63)	/* no execute */
#define PTE_ADDR 0x000ffffffffff000UL

#define PTRS_PER_TABLE 512
/* Bytes mapped by one entry at level 1 (4 KiB) .. 4 (512 GiB). */
#define LEVEL_SIZE(level) (1UL << (PAGE_SHIFT + 9 * ((level) - 1)))
#define TABLE_INDEX(addr, level) (((addr) >> (PAGE_SHIFT + 9 * ((level) - 1))) & 511)

static inline bool pte_present(pte_t pte) { return pte & PTE_P; }
static inline bool pte_none(pte_t pte) { return pte == 0; }
static inline bool pte_write(pte_t pte) { return pte & PTE_W; }
static inline u64 pte_phys(pte_t pte) { return pte & PTE_ADDR; }
static inline u64 pte_pfn(pte_t pte) { return pte_phys(pte) >> PAGE_SHIFT; }
static inline pte_t pte_wrprotect(pte_t pte) { return pte & ~PTE_W; }

/* A user leaf. Accessed and dirty are set beforehand: we never ask for them and the CPU need not
 * write them. */
static inline pte_t mk_user_pte(u64 pfn, bool write, bool exec)
{
	return pfn << PAGE_SHIFT | PTE_P | PTE_U | PTE_A | (write ? PTE_W | PTE_D : 0) |
	       (exec ? 0 : PTE_NX);
}

/* What is left of a leaf under PROT_NONE: the frame, out of everybody's reach. */
static inline pte_t pte_mknone(pte_t pte) { return pte & ~(PTE_P | PTE_W); }

/* A kernel leaf: data, not executable. */
static inline pte_t mk_kernel_pte(u64 pfn)
{
	return pfn << PAGE_SHIFT | PTE_P | PTE_W | PTE_A | PTE_D | PTE_G | PTE_NX;
}

/* An entry that points at the next lower table. Permissions are decided by the leaves. */
static inline pte_t mk_table(u64 phys, bool user)
{
	return phys | PTE_P | PTE_W | PTE_A | (user ? PTE_U : 0);
}

static inline pte_t *pte_table(pte_t entry) { return phys_to_virt(pte_phys(entry)); }
static inline void set_pte(pte_t *ptep, pte_t pte) { WRITE_ONCE(*ptep, pte); }

/* The kernel's top-level table; its upper half is copied into every mm's. */
extern pte_t *kernel_pgd;

/* --- tables (pgtable.c). A user table that has become empty is all zeroes, so it can be used
 * again without being cleared. --- */

struct list_head;

/* Entry for addr, or NULL; alloc: makes the tables on the way (NULL = no memory, or a large page).
 * The tables' lock held. */
pte_t *walk_pte(pte_t *pgd, unsigned long addr, bool alloc);
/* Where addr is mapped, 0: nowhere. For reports: without the lock, so it may be wrong, but reading
 * there does no harm, except in a device's registers. */
u64 peek_phys(const pte_t *pgd, unsigned long addr);
/*
 * For loops over the entries that exist: the entry of the first address in [*addr, end) that has a
 * table; *addr is moved there, *stop set to the end of that table's range (at most end). NULL:
 * there is none.
 */
pte_t *next_pte_range(pte_t *pgd, unsigned long *addr, unsigned long end, unsigned long *stop);
/*
 * Takes out the tables that map something of [start, end) and nothing outside [floor, ceiling),
 * where no page may be mapped any more, and puts their pages on the list. After the TLBs were
 * flushed free_tables() gives them back.
 */
void detach_tables(pte_t *pgd, unsigned long start, unsigned long end, unsigned long floor,
		   unsigned long ceiling, struct list_head *pages);
void free_tables(struct list_head *pages);
pte_t *pgd_alloc(void);		/* no user tables, the kernel's half; or NULL */
void pgd_free(pte_t *pgd);	/* user half empty */
unsigned long nr_cached_tables(void);	/* pages kept ready on all CPUs */
void drain_tables(void);	/* gives this CPU's back */

/* Page-fault error code, decoded by arch/x86_64/traps.c into these for kernel/mm. */
#define FAULT_FLAG_WRITE 1u
#define FAULT_FLAG_USER 2u	/* the access came from user mode */
#define FAULT_FLAG_EXEC 4u
#define FAULT_FLAG_PRESENT 8u	/* protection violation, the page was there */
