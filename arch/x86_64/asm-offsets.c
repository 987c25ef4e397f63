/*
 * Offsets that assembly needs, taken from the C structures so that they can never disagree.
 * Compiled to assembly, never linked: the build turns each "->NAME value" line into "NAME equ
 * value" in build/asm-offsets.inc.
 */
#include "asm/desc.h"
#include "asm/percpu.h"
#include "asm/processor.h"
#include "kernel/task/task.h"
#include "libk/abi/errno.h"

#define DEFINE(name, value) __asm__ volatile("\n->" #name " %c0" : : "i"(value))
#define OFFSET(name, type, member) DEFINE(name, __builtin_offsetof(type, member))

/* The compiler's canary lies where the -mstack-protector-guard-offset flag says. */
_Static_assert(__builtin_offsetof(struct cpu, canary) == 40, "canary offset");

void asm_offsets(void);
void asm_offsets(void)
{
	OFFSET(CPU_CURRENT, struct cpu, curr_task);
	OFFSET(CPU_USER_RSP, struct cpu, user_rsp);
	OFFSET(CPU_TSS_SP0, struct cpu, tss.sp0);
	OFFSET(CPU_CANARY, struct cpu, canary);

	OFFSET(TASK_FLAGS, struct task_struct, thread_flags);
	OFFSET(TASK_STACK_CANARY, struct task_struct, stack_canary);
	OFFSET(TASK_SP, struct task_struct, thread.sp);

	OFFSET(REGS_BX, struct pt_regs, bx);
	OFFSET(REGS_R10, struct pt_regs, r10);
	OFFSET(REGS_R9, struct pt_regs, r9);
	OFFSET(REGS_R8, struct pt_regs, r8);
	OFFSET(REGS_AX, struct pt_regs, ax);
	OFFSET(REGS_DX, struct pt_regs, dx);
	OFFSET(REGS_SI, struct pt_regs, si);
	OFFSET(REGS_DI, struct pt_regs, di);
	OFFSET(REGS_IP, struct pt_regs, ip);
	OFFSET(REGS_CS, struct pt_regs, cs);
	OFFSET(REGS_FLAGS, struct pt_regs, flags);
	OFFSET(REGS_SP, struct pt_regs, sp);

	DEFINE(EXIT_WORK, _TIF_EXIT_WORK);
	DEFINE(ENTRY_WORK, _TIF_ENTRY_WORK);
	DEFINE(IST_SIZE, IST_STACK_SIZE);
	DEFINE(MINUS_ENOSYS, -ENOSYS);
}
