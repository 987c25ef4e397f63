/* Between smp.c, traps.c and the trampoline. asm/processor.h has what kernel/ may use. */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

/* Physical address of the page below 1 MiB for the trampoline, 0: there is none. Set in setup.c. */
extern u64 trampoline_page;
extern char trampoline_start[], trampoline_end[];

/* Makes struct cpu number nr this CPU's: GS.base. The first thing any C code does on a CPU. */
void percpu_load(int nr);
void call_function_interrupt(void);
/* An NMI: another CPU asks where we are, or wants us to stop; then this does not return. False: it
 * was none of the two. */
struct pt_regs;
bool handle_nmi(const struct pt_regs *regs);
