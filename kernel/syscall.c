/*
 * The system call table, and the work on the way back to user mode. entry.asm calls both.
 */
#include "asm/processor.h"
#include "kernel/entry.h"
#include "kernel/printk.h"
#include "kernel/sched/sched.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "kernel/trace/ptrace.h"
#include "kernel/trace/trace.h"

#define NR_SYSCALLS 512

typedef long (*syscall_fn)(void);

long sys_ni_syscall(void);
u64 syscall_trace_enter(struct pt_regs *regs);

/* A call that no file defines is sys_ni_syscall(); where it is defined, that is what the linker
 * takes. */
#define ABSENT(name, nr) __weak __alias(sys_ni_syscall) long sys_##name(void);
SYSCALLS(ABSENT)

/* Each function takes what it declares out of the six argument registers. */
#define ENTRY(name, nr) [nr] = sys_##name,
extern const syscall_fn sys_call_table[NR_SYSCALLS];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const syscall_fn sys_call_table[NR_SYSCALLS] = {
	[0 ... NR_SYSCALLS - 1] = sys_ni_syscall, SYSCALLS(ENTRY)
};
#pragma GCC diagnostic pop
extern const u64 nr_syscalls;
const u64 nr_syscalls = NR_SYSCALLS;

/* How often each absent call was asked for; the first time is logged. For the debugger: print
 * absent_syscalls. Counted without a lock: a lost count in a race matters to nobody. */
unsigned int absent_syscalls[NR_SYSCALLS];

/* A call that Bobbin does not have. docs/syscalls.md lists all of them. */
long sys_ni_syscall(void)
{
	long nr = regs_syscall_nr(current_pt_regs());

	if (nr >= 0 && nr < NR_SYSCALLS && !absent_syscalls[nr]++)
		pr_debug("%s/%d: system call %ld is absent\n", current->comm, current->pid, nr);
	return -ENOSYS;
}

/* Before the call, interrupts on: the number to run, or -1: none, ax is the answer. */
u64 syscall_trace_enter(struct pt_regs *regs)
{
	if (test_tsk_thread_flag(current, TIF_SCHED_STEP))
		sched_step();
	if (test_tsk_thread_flag(current, TIF_SYSCALL_TRACE) &&
	    ptrace_report_syscall(PTRACE_EVENTMSG_SYSCALL_ENTRY))
		return ~0UL;
	if (test_tsk_thread_flag(current, TIF_SYSCALL_TRACEPOINT))
		trace_sys_enter(regs);
	return (u64)regs_syscall_nr(regs);
}

/* After it, interrupts on. A step over a call ends here. */
static void syscall_trace_exit(struct pt_regs *regs)
{
	if (test_tsk_thread_flag(current, TIF_SYSCALL_TRACEPOINT))
		trace_sys_exit(regs);
	if (test_tsk_thread_flag(current, TIF_SINGLESTEP) && !current->ptrace)
		user_disable_single_step(current);	/* who wanted the step is gone */
	else if (test_tsk_thread_flag(current, TIF_SINGLESTEP))
		force_sig_fault(SIGTRAP, TRAP_BRKPT, instruction_pointer(regs));
	else if (test_tsk_thread_flag(current, TIF_SYSCALL_TRACE))
		ptrace_report_syscall(PTRACE_EVENTMSG_SYSCALL_EXIT);
}

void syscall_exit_to_user_mode(struct pt_regs *regs)
{
	if (READ_ONCE(current->thread_flags) & _TIF_SYSCALL_EXIT_WORK) {
		local_irq_enable();
		syscall_trace_exit(regs);
		local_irq_disable();
	}
	exit_to_user_mode(regs);
}

/*
 * The last stop before user mode, with interrupts off, so that nothing that is found done here can
 * become undone before the task is out. The one place where a task that computes in user mode is
 * preempted, and the one place where signals are delivered.
 */
void exit_to_user_mode(struct pt_regs *regs)
{
	for (;;) {
		unsigned long work = READ_ONCE(current->thread_flags) & _TIF_EXIT_WORK &
				     ~_TIF_SYSCALL_EXIT_WORK;

		if (work & _TIF(TIF_RESTORE_ALL)) {	/* entry.asm does, from here */
			clear_tsk_thread_flag(current, TIF_RESTORE_ALL);
			work &= ~_TIF(TIF_RESTORE_ALL);
		}
		if (!work) {
			lockdep_check_user();
			return;
		}
		local_irq_enable();
		if (work & _TIF(TIF_NEED_RESCHED))
			schedule();
		if (work & (_TIF(TIF_SIGPENDING) | _TIF(TIF_NOTIFY_RESUME)))
			do_signal(regs);
		local_irq_disable();
	}
}
