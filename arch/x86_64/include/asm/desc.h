/*
 * Segments, task-state segment, interrupt gates: what the CPU reads from memory to know its tables.
 * SDM vol. 3A chapters 3, 6 and 7. The selectors are Linux's: programs see them in signal frames
 * (cs = 0x33, ss = 0x2b).
 *
 *   GDT (one per CPU)      0x08 kernel code 32   0x10 kernel code 64   0x18 kernel data
 *                          0x20 user code 32     0x28 user data        0x30 user code 64
 *                          0x40 TSS (16 bytes)
 *
 * The order of the user's three is the SYSRET instruction's: it takes CS and SS from STAR[63:48] +
 * 16 and + 8.
 */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

#define __KERNEL_CS 0x10
#define __KERNEL_DS 0x18
#define __USER32_CS 0x23
#define __USER_DS 0x2b
#define __USER_CS 0x33
#define GDT_TSS 0x40
#define GDT_ENTRIES 10

/* In long mode the TSS holds no task, only stacks: sp0 for a change from ring 3 to 0, ist[] for
 * vectors that must not trust rsp. */
struct tss {
	u32 reserved0;
	/* written by switch_thread_state(): top of current's kernel stack */
	u64 sp0;
	u64 sp1, sp2;
	u64 reserved1;
	u64 ist[7];		/* ist[n - 1] is IST n */
	u64 reserved2;
	u16 reserved3;
	u16 io_bitmap_base;	/* beyond the limit: no port is the user's */
} __packed;

/* Each IST stack is aligned to its size, and its last word holds the address of its CPU's struct
 * cpu: entry.asm's paranoid entry finds it by rounding rsp. TSS.ist[n] = start + IST_STACK_SIZE -
 * 16. */
#define IST_STACK_SIZE 8192

enum { IST_DF = 1, IST_NMI, IST_MC, NR_IST = 3 };

/* Operand of LGDT and LIDT. */
struct desc_ptr {
	u16 limit;
	u64 base;
} __packed;
