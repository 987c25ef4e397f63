/*
 * What a CPU does when something interrupts it. entry.asm has saved the registers and calls
 * trap_handler() for every vector:
 *
 *   page fault           -> kernel/mm decides; in a user copy that fails, the exception table
 *   other exceptions     -> a signal for the program that caused it, with Linux's numbers
 *   ... of the kernel    -> a fix-up from the exception table, or the end: panic
 *   vectors from 32 on   -> devices and other CPUs
 *
 * All enter with interrupts off. Faults turn them on again if they were on where the fault
 * happened, since to resolve them may sleep; device interrupts run to their end with interrupts
 * off. All return with interrupts off, as the exit path wants it. Takes no locks. SDM vol. 3A
 * chapter 6.
 */
#include "asm/apic.h"
#include "asm/cpufeature.h"
#include "asm/irq.h"
#include "asm/irqflags.h"
#include "asm/msr.h"
#include "asm/pgtable.h"
#include "asm/ptrace.h"
#include "asm/setup.h"
#include "asm/smp.h"
#include "asm/traps.h"
#include "asm/vectors.h"
#include "boot/boot.h"
#include "kernel/entry.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"
#include "kernel/trace/ptrace.h"
#include "kernel/trace/trace.h"
#include "libk/abi/signal.h"

/* entry.asm: the IRET that returns to user mode. */
extern const char iret_user[];

/* Page-fault error code, SDM vol. 3A 4.7. */
enum { PF_PROT = 1, PF_WRITE = 2, PF_USER = 4, PF_RSVD = 8, PF_INSTR = 16 };

/* Exceptions of user programs, as Linux signals them. With SI_KERNEL the address is 0, else it is
 * that of the instruction. */
static const struct {
	const char *name;
	int signo, code;
} exceptions[NR_EXCEPTIONS] = {
	[X86_TRAP_DE] = { "division error", SIGFPE, FPE_INTDIV },
	[X86_TRAP_DB] = { "debug exception", SIGTRAP, TRAP_TRACE },
	[X86_TRAP_NMI] = { "non-maskable interrupt", 0, 0 },
	[X86_TRAP_BP] = { "breakpoint", SIGTRAP, SI_KERNEL },
	[X86_TRAP_OF] = { "overflow", SIGSEGV, SI_KERNEL },
	[X86_TRAP_BR] = { "bound range exceeded", SIGSEGV, SI_KERNEL },
	[X86_TRAP_UD] = { "invalid opcode", SIGILL, ILL_ILLOPN },
	[X86_TRAP_NM] = { "FPU not available", SIGSEGV, SI_KERNEL },
	[X86_TRAP_DF] = { "double fault", 0, 0 },
	[X86_TRAP_TS] = { "invalid TSS", SIGSEGV, SI_KERNEL },
	[X86_TRAP_NP] = { "segment not present", SIGBUS, SI_KERNEL },
	[X86_TRAP_SS] = { "stack segment fault", SIGBUS, SI_KERNEL },
	[X86_TRAP_GP] = { "general protection fault", SIGSEGV, SI_KERNEL },
	[X86_TRAP_MF] = { "x87 floating-point exception", SIGFPE, 0 },
	[X86_TRAP_AC] = { "alignment check", SIGBUS, BUS_ADRALN },
	[X86_TRAP_MC] = { "machine check", 0, 0 },
	[X86_TRAP_XF] = { "SIMD floating-point exception", SIGFPE, 0 },
};

static const char *exception_name(unsigned long vector)
{
	return exceptions[vector].name ?: "reserved exception";
}

/* Is addr in the unmapped page below some kernel stack? */
static bool stack_guard_hit(unsigned long addr)
{
	return kstack_guard_hit(addr) || ist_guard_hit(addr) ||
	       addr - ((unsigned long)init_stack - PAGE_SIZE) < PAGE_SIZE;
}

static void __noreturn stack_overflow(const struct pt_regs *regs)
{
	panic_regs(regs, "kernel stack overflow in %s/%d", current->comm, current->pid);
}

/* --- page faults --- */

/* A fault of kernel code that no fix-up covers, in words. */
static const char *kernel_fault_name(const struct pt_regs *regs, unsigned long addr)
{
	unsigned long error = regs->orig_ax;
	bool text = addr - (unsigned long)_text < (unsigned long)(_etext - _text);
	bool rodata = addr - (unsigned long)_rodata < (unsigned long)(_erodata - _rodata);

	if (error & PF_RSVD)
		return "corrupt page table";
	if (error & PF_INSTR)
		return addr < PAGE_SIZE   ? "null call"
		       : addr < TASK_SIZE ? "execution of user memory by the kernel"
		       : error & PF_PROT  ? "execution of non-executable memory"
					  : "jump to unmapped memory";
	if (addr < PAGE_SIZE)
		return error & PF_WRITE ? "null pointer write" : "null pointer read";
	if (addr < TASK_SIZE)
		return boot_cpu_data.smap && error & PF_PROT ? "user access without STAC (SMAP)"
							     : "user access outside a user copy";
	if (error & PF_WRITE && error & PF_PROT)
		return text	? "write to kernel text"
		       : rodata ? "write to kernel constants"
				: "write to read-only memory";
	return error & PF_WRITE ? "write to unmapped memory" : "read of unmapped memory";
}

static void __noreturn kernel_page_fault(const struct pt_regs *regs, unsigned long addr)
{
	if (stack_guard_hit(addr))
		stack_overflow(regs);
	panic_regs(regs, "%s at %016lx (page-fault error code %#lx)", kernel_fault_name(regs, addr),
		   addr, regs->orig_ax);
}

/* Kernel code may fault only where it copies from or to user memory: the exception table lists
 * those places. Anything else is a bug. */
static noinline void fault_from_kernel(struct pt_regs *regs, unsigned long addr,
				       unsigned int flags)
{
	unsigned long fixup = search_exception_table(regs->ip);

	if (!fixup || addr >= TASK_SIZE + PAGE_SIZE || regs->orig_ax & (PF_INSTR | PF_RSVD))
		kernel_page_fault(regs, addr);
	if (regs->flags & X86_EFLAGS_IF)
		local_irq_enable();
	if (!handle_page_fault(addr, flags, regs))
		regs->ip = fixup;
	local_irq_disable();
}

static unsigned int fault_flags(unsigned long error)
{
	return (error & PF_WRITE ? FAULT_FLAG_WRITE : 0) |
	       (error & PF_INSTR ? FAULT_FLAG_EXEC : 0) |
	       (error & PF_PROT ? FAULT_FLAG_PRESENT : 0);
}

/* The hooks come first: whatever were known before would have to be saved around their call. */
static void page_fault(struct pt_regs *regs)
{
	unsigned long addr = read_cr2();	/* before anything can fault again */
	unsigned long error;

	if (!user_mode(regs)) {
		trace_page_fault_kernel(regs, addr);
		fault_from_kernel(regs, addr, fault_flags(regs->orig_ax));
		return;
	}
	trace_page_fault_user(regs, addr);
	error = regs->orig_ax;
	if (error & PF_RSVD)
		kernel_page_fault(regs, addr);
	current->thread.cr2 = addr;
	current->thread.error_code = error;
	current->thread.trap_nr = X86_TRAP_PF;
	regs->orig_ax = ~0UL;		/* it may sleep: /proc/PID/syscall shows no call */
	local_irq_enable();
	handle_page_fault(addr, fault_flags(error) | FAULT_FLAG_USER, regs);
	local_irq_disable();
}

/* --- other exceptions --- */

/* Which of the floating-point exceptions was it? pending: the unmasked ones of the status word or
 * of MXCSR. */
static int fpe_code(unsigned int pending)
{
	if (pending & 0x01)
		return FPE_FLTINV;
	if (pending & 0x04)
		return FPE_FLTDIV;
	if (pending & 0x08)
		return FPE_FLTOVF;
	if (pending & 0x12)	/* underflow, denormal operand */
		return FPE_FLTUND;
	return pending & 0x20 ? FPE_FLTRES : SI_KERNEL;
}

static int x87_code(void)
{
	u16 control, status;

	__asm__ volatile("fnstcw %0" : "=m"(control));
	__asm__ volatile("fnstsw %0" : "=m"(status));
	return fpe_code(status & ~control);
}

static int simd_code(void)
{
	u32 mxcsr;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	return fpe_code(mxcsr & ~(mxcsr >> 7));
}

static void user_exception(struct pt_regs *regs, unsigned long vector)
{
	/* While interrupts are off the FPU still holds this task's state. */
	int code = vector == X86_TRAP_MF   ? x87_code()
		   : vector == X86_TRAP_XF ? simd_code()
					   : exceptions[vector].code;

	if (vector == X86_TRAP_DB && current->thread.forced_tf && !current->ptrace) {
		user_disable_single_step(current);	/* who wanted the step is gone */
		return;
	}
	current->thread.trap_nr = vector;
	current->thread.error_code = regs->orig_ax;
	local_irq_enable();
	if (!exceptions[vector].signo)
		panic_regs(regs, "%s in user mode", exception_name(vector));
	force_sig_fault(exceptions[vector].signo, code,
			code == SI_KERNEL || vector == X86_TRAP_AC ? 0 : regs->ip);
	local_irq_disable();
}

static void __noreturn double_fault(const struct pt_regs *regs)
{
	/* The push that did not fit faulted first, and CR2 still has its address. */
	if (stack_guard_hit(read_cr2()) || stack_guard_hit(regs->sp))
		stack_overflow(regs);
	panic_regs(regs, "double fault (rsp %016lx, last page fault at %016lx)", regs->sp,
		   read_cr2());
}

/*
 * IRET to user mode found nonsense in the frame (a non-canonical ip from sigreturn, say). We are in
 * the kernel, but GS.base is the user's already: exchange them before anything uses it, a stack
 * canary for instance. There is no user state left to run a handler in, so the process ends.
 */
static void __noreturn bad_iret(void)
{
	__asm__ volatile("swapgs" : : : "memory");
	local_irq_enable();
	do_group_exit(SIGSEGV);
}

static noinline void exception(struct pt_regs *regs, unsigned long vector)
{
	unsigned long fixup;

	switch (vector) {
	case X86_TRAP_NMI:
		if (handle_nmi(regs))
			return;
		break;
	case X86_TRAP_DF:
		double_fault(regs);
	case X86_TRAP_MC:
		break;
	default:
		if (user_mode(regs)) {
			user_exception(regs, vector);
			return;
		}
		fixup = vector == X86_TRAP_GP ? search_exception_table(regs->ip) : 0;
		if (fixup) {
			regs->ip = fixup;
			return;
		}
	}
	panic_regs(regs, "%s (error code %#lx)", exception_name(vector), regs->orig_ax);
}

/* --- interrupts --- */

static void device_interrupt(struct pt_regs *regs, unsigned long vector)
{
	this_cpu(nr_irqs)[vector]++;
	if (vector == SPURIOUS_APIC_VECTOR || vector < IRQ_BASE_VECTOR)
		return;		/* nobody sent it, so nobody waits for its end */
	irq_enter();
	trace_irq_handler_entry((unsigned int)vector);
	switch (vector) {
	case LOCAL_TIMER_VECTOR:
		if (local_timer_due())
			timer_interrupt(user_mode(regs));
		break;
	case RESCHEDULE_VECTOR:
		reschedule_interrupt();
		break;
	case CALL_FUNCTION_VECTOR:
		call_function_interrupt();
		break;
	default:
		irq_dispatch(vector);
	}
	/* After the handler: a level-triggered line must be low by now. Before irq_exit(): that may
	 * switch to another task. */
	apic_eoi();
	trace_irq_handler_exit((unsigned int)vector);
	irq_exit();
}

/* From every stub of entry.asm, interrupts off, on the stack the vector prescribes. Returns with
 * interrupts off. Without a canary of its own, because of bad_iret(). */
__attribute__((no_stack_protector))
void trap_handler(struct pt_regs *regs, unsigned long vector)
{
	if (vector >= NR_EXCEPTIONS)
		device_interrupt(regs, vector);
	else if (vector == X86_TRAP_PF)
		page_fault(regs);
	else if (unlikely(regs->ip == (unsigned long)iret_user) && !user_mode(regs) &&
		 vector != X86_TRAP_NMI)
		bad_iret();
	else
		exception(regs, vector);
	/* Not a system call: there is nothing to restart, whatever ax holds. */
	if (user_mode(regs))
		regs->orig_ax = ~0UL;
}
