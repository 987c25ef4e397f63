/* The order in which arch/x86_64 comes up, in one place; setup.c is the only caller. Nothing here
 * is for kernel/, except setup_arch()'s results: boot_info, the direct map, early_alloc_pages(),
 * printk and ktime_get(). */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

/* cpu.c: this CPU's control registers and MSRs. Needs GS.base. */
void cpu_detect(void);		/* boot CPU: fills boot_cpu_data */
void cpu_init(void);		/* every CPU */

/* paging.c */
void paging_init(void);		/* the final kernel page tables, loaded */
/* Maps size bytes of device registers at phys, uncached. At most 2 MiB in all; panics beyond. Never
 * unmapped. */
void volatile *ioremap(u64 phys, size_t size);
/* Maps [virt, virt + size) of the kernel's half; prot: PTE_ bits of the leaves. Boot only: tables
 * come from early_alloc_pages(). */
void kernel_map(unsigned long virt, u64 phys, size_t size, u64 prot);

/* gdt.c: needs memory for the stacks of NMI, #DF and #MC. */
/* boot CPU: allocates the IST stacks of this CPU; before gdt_load() */
void gdt_init(int cpu);
void gdt_load(int cpu);		/* on that CPU */
bool ist_guard_hit(unsigned long addr);
bool on_ist_stack(unsigned long addr);
void idt_init(void);
void idt_load(void);

/* clock.c and timer.c */
/* calibrates TSC and LAPIC timer against the HPET or the PIT: about 10 ms */
void clock_init(void);
void timer_init_cpu(void);	/* every CPU, after apic_init_cpu() */
void timer_set_frequency(u64 hz);
u64 tsc_frequency(void);
u64 ktime_to_tsc(u64 ns);
/* the timer's interrupt: has the deadline come? else it is armed again */
bool local_timer_due(void);

/* uaccess.c: makes STAC and CLAC of the NOPs in the code. Before paging_init() makes it
 * read-only. */
void smap_patch(void);
/* Where to go on after a fault at ip, or 0. */
unsigned long search_exception_table(unsigned long ip);
