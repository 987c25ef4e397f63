/*
 * The registers of a stopped task, as a debugger wants them, and single steps. The task is frozen
 * (kernel/trace/ptrace.h): pt_regs lie on its kernel stack, the rest in its thread_struct. A
 * debugger may write what the program could have written itself, so the checks are those of
 * sigreturn; ip and sp need none, since with TIF_RESTORE_ALL the task leaves by IRET, whose fault
 * is the user's.
 *
 * A single step is the TF flag in the user's rflags: a #DB after one instruction. SYSCALL clears it
 * for the kernel (SFMASK), so a step over a system call is reported by the way out of it
 * (TIF_SINGLESTEP). thread.forced_tf tells a TF of the debugger's from one of the program's own.
 *
 * Takes no locks.
 */
#include "asm/cpufeature.h"
#include "asm/desc.h"
#include "asm/processor.h"
#include "kernel/trace/ptrace.h"
#include "libk/string.h"

#define MXCSR_OFFSET 24
#define SW_RESERVED_OFFSET 464		/* debuggers look here for XCR0 */
#define XSAVE_HEADER 512		/* u64 xstate_bv, xcomp_bv, six reserved */
#define XFEATURES_FPSSE 3UL

BUILD_BUG_ON(sizeof(struct pt_regs) != offsetof(struct user_regs_struct, fs_base));

/* --- stepping --- */

void user_enable_single_step(struct task_struct *p)
{
	struct pt_regs *regs = task_pt_regs(p);

	set_tsk_thread_flag(p, TIF_SINGLESTEP);
	if (regs->flags & X86_EFLAGS_TF)
		return;
	regs->flags |= X86_EFLAGS_TF;
	p->thread.forced_tf = true;
	set_tsk_thread_flag(p, TIF_RESTORE_ALL);
}

void user_disable_single_step(struct task_struct *p)
{
	clear_tsk_thread_flag(p, TIF_SINGLESTEP);
	if (p->thread.forced_tf)
		task_pt_regs(p)->flags &= ~X86_EFLAGS_TF;
	p->thread.forced_tf = false;
}

/* --- general registers --- */

static void get_regs(struct task_struct *p, struct user_regs_struct *u)
{
	memset(u, 0, sizeof(*u));
	memcpy(u, task_pt_regs(p), sizeof(struct pt_regs));
	if (p->thread.forced_tf)
		u->eflags &= ~X86_EFLAGS_TF;
	u->fs_base = p->thread.fsbase;
	u->gs_base = p->thread.gsbase;
}

/* The segment registers of 64-bit programs have one value each. */
static int set_regs(struct task_struct *p, const struct user_regs_struct *u)
{
	struct pt_regs *regs = task_pt_regs(p);
	unsigned long flags = u->eflags & USER_EFLAGS;

	if (u->cs != __USER_CS || u->ss != __USER_DS || u->ds || u->es || u->fs || u->gs ||
	    u->fs_base >= TASK_SIZE || u->gs_base >= TASK_SIZE)
		return -EIO;
	if (flags & X86_EFLAGS_TF)
		p->thread.forced_tf = false;
	else if (p->thread.forced_tf)
		flags |= X86_EFLAGS_TF;
	flags |= regs->flags & ~USER_EFLAGS;
	memcpy(regs, u, sizeof(*regs));
	regs->flags = flags;
	p->thread.fsbase = u->fs_base;
	p->thread.gsbase = u->gs_base;
	set_tsk_thread_flag(p, TIF_RESTORE_ALL);
	return 0;
}

/* --- FPU --- */

/* What XRSTOR would fault on is refused. */
static bool image_valid(const u8 *image, bool xstate)
{
	const u64 *header = (const u64 *)(image + XSAVE_HEADER);

	if (!fpu_mxcsr_valid(*(const u32 *)(image + MXCSR_OFFSET)))
		return false;
	if (!xstate)
		return true;
	for (int i = 1; i < 8; i++)
		if (header[i])
			return false;
	return !(header[0] & ~boot_cpu_data.xcr0);
}

static int set_fpu(struct task_struct *p, const void *buf, size_t len, bool xstate)
{
	u8 *image = fpu_stopped_image(p);

	if (len != regset_size(xstate ? NT_X86_XSTATE : NT_FPREGSET))
		return xstate ? -EFAULT : -EINVAL;
	if (!image_valid(buf, xstate))
		return -EINVAL;
	memcpy(image, buf, len);
	if (!xstate && boot_cpu_data.xsave)
		*(u64 *)(image + XSAVE_HEADER) |= XFEATURES_FPSSE;
	return 0;
}

/* --- the sets --- */

size_t regset_size(int type)
{
	switch (type) {
	case NT_PRSTATUS:
		return sizeof(struct user_regs_struct);
	case NT_FPREGSET:
		return USER_FPREGS_SIZE;
	case NT_X86_XSTATE:
		return boot_cpu_data.xsave ? fpu_image_size : 0;
	default:
		return 0;
	}
}

void regset_get(struct task_struct *p, int type, void *buf)
{
	if (type == NT_PRSTATUS) {
		get_regs(p, buf);
		return;
	}
	memcpy(buf, fpu_stopped_image(p), regset_size(type));
	memset((u8 *)buf + SW_RESERVED_OFFSET, 0, XSAVE_HEADER - SW_RESERVED_OFFSET);
	if (type == NT_X86_XSTATE)
		*(u64 *)((u8 *)buf + SW_RESERVED_OFFSET) = boot_cpu_data.xcr0;
}

int regset_set(struct task_struct *p, int type, const void *buf, size_t len)
{
	return type == NT_PRSTATUS ? set_regs(p, buf) : set_fpu(p, buf, len, type == NT_X86_XSTATE);
}

/* --- system calls --- */

void get_syscall_info(struct task_struct *p, struct ptrace_syscall_info *info)
{
	const struct pt_regs *regs = task_pt_regs(p);

	info->arch = AUDIT_ARCH_X86_64;
	info->instruction_pointer = regs->ip;
	info->stack_pointer = regs->sp;
	if (info->op == PTRACE_SYSCALL_INFO_ENTRY) {
		const u64 args[] = { regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9 };

		info->entry.nr = regs->orig_ax;
		memcpy(info->entry.args, args, sizeof(args));
	} else if (info->op == PTRACE_SYSCALL_INFO_EXIT) {
		info->exit.rval = (s64)regs->ax;
		info->exit.is_error = info->exit.rval < 0 && info->exit.rval >= -4095;
	}
}
