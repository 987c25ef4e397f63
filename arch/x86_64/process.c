/*
 * What the CPU means for a task: making its first stack frame, exchanging the state that switch_to
 * does not, entering a new program. Relies on switch.asm and entry.asm for the picture on the
 * stack. Takes no locks; contexts are said at each function.
 */
#include "asm/cpufeature.h"
#include "asm/desc.h"
#include "asm/msr.h"
#include "asm/percpu.h"
#include "asm/processor.h"
#include "asm/switch_to.h"
#include "asm/uaccess.h"
#include "kernel/task/task.h"
#include "libk/abi/arch_prctl.h"
#include "libk/string.h"

#define EFLAGS_USER (X86_EFLAGS_IF | 2)

/* What switch_to pops for a task that never ran: same order as its pushes. */
struct switch_frame {
	unsigned long r15, r14, r13, r12, bx, bp;
	unsigned long ret;
};

/* Without FSGSBASE user code cannot change the bases behind our back, so thread.fsbase and gsbase
 * are the truth and need no reading. Interrupts off. */
static void save_bases(struct thread_struct *t)
{
	if (!boot_cpu_data.fsgsbase)
		return;
	t->fsbase = rdfsbase();
	t->gsbase = rdgsbase_inactive();
}

void copy_thread(struct task_struct *p, const struct kernel_clone_args *args)
{
	struct pt_regs *regs = task_pt_regs(p);
	struct switch_frame *frame = (struct switch_frame *)regs - 1;

	p->thread.sp = (unsigned long)frame;
	*frame = (struct switch_frame){ .ret = (unsigned long)ret_from_fork };
	if (args->fn) {
		memset(regs, 0, sizeof(*regs));
		frame->bx = (unsigned long)args->fn;
		frame->r12 = (unsigned long)args->fn_arg;
		return;
	}
	thread_init_fpu(p);
	fpu_save_current(p->thread.fpu);
	/* the registers are the truth, and only while we are not switched out */
	local_irq_disable();
	save_bases(&current->thread);
	local_irq_enable();
	p->thread.fsbase = args->flags & CLONE_SETTLS ? args->tls : current->thread.fsbase;
	p->thread.gsbase = current->thread.gsbase;
	*regs = *current_pt_regs();
	regs->ax = 0;		/* fork returns 0 in the child */
	if (current->thread.forced_tf)
		regs->flags &= ~X86_EFLAGS_TF;
	if (args->stack)
		regs->sp = args->stack + args->stack_size;
}

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	*regs = (struct pt_regs){
		.ip = ip, .sp = sp, .cs = __USER_CS, .ss = __USER_DS, .flags = EFLAGS_USER,
		.orig_ax = regs->orig_ax,	/* a tracer sees that it was exec */
	};
	local_irq_disable();
	current->thread.fsbase = current->thread.gsbase = 0;
	wrmsrl(MSR_FS_BASE, 0);
	wrmsrl(MSR_KERNEL_GS_BASE, 0);
	thread_init_fpu(current);	/* it may have been a kernel thread */
	fpu_reset(current->thread.fpu);
	fpu_load_current(current->thread.fpu);
	local_irq_enable();
	set_tsk_thread_flag(current, TIF_RESTORE_ALL);
}

long regs_syscall_nr(const struct pt_regs *regs)
{
	return (long)regs->orig_ax;
}

void syscall_get_arguments(const struct pt_regs *regs, unsigned long args[6])
{
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
}

static int set_base(u32 msr, unsigned long *saved, unsigned long base)
{
	if (base >= TASK_SIZE)
		return -EPERM;
	local_irq_disable();
	*saved = base;
	wrmsrl(msr, base);
	local_irq_enable();
	return 0;
}

/* arch_prctl(2) for the running task. The base must be a user address: a non-canonical one would
 * fault in WRMSR. */
long do_arch_prctl(struct task_struct *p, int code, unsigned long arg)
{
	struct thread_struct *t = &p->thread;

	switch (code) {
	case ARCH_SET_FS:
		return set_base(MSR_FS_BASE, &t->fsbase, arg);
	case ARCH_SET_GS:
		return set_base(MSR_KERNEL_GS_BASE, &t->gsbase, arg);
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		local_irq_disable();
		save_bases(t);
		local_irq_enable();
		return put_user(code == ARCH_GET_FS ? t->fsbase : t->gsbase,
				(unsigned long __user *)arg);
	default:
		return -EINVAL;
	}
}
