/*
 * What each event records, and how it reads. A function packs the fields; the table at the end says
 * how they are printed, in Linux's words. format.c and tools/tracering.py both follow it.
 *
 * In a format each of these takes the next field, laid out as C would, from the record's data:
 *	%b u8	%c u8 in three digits	%d s32	%u u64	%x u64 in hexadecimal	%i s64
 *	%N the name of the task whose pid comes next; takes nothing (so "comm=%N pid=%d")
 *	%S u8 why __schedule() was called and u16 task state	%s u64, a constant string	%F u64, a function
 *	%T text up to its NUL	%K stacks (profile.c)
 *	%n %p %t name and pid of the record's own task, its time in ns: take nothing
 *
 * Locks: none; what the callers hold is said in trace.h.
 */
#include "asm/irq.h"
#include "asm/processor.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include "kernel/trace/ring.h"
#include "libk/string.h"

#define RECORD(event, ...)                                                                         \
	trace_record(TRACE_##event, &(struct event##_data){ __VA_ARGS__ }, sizeof(struct event##_data))

/* --- sched --- */

struct sched_waking_data {
	s32 pid;
	u8 prio, cpu;
};

void __trace_sched_waking(const struct task_struct *p, int cpu)
{
	RECORD(sched_waking, p->pid, (u8)p->prio, (u8)cpu);
}

void __trace_sched_wakeup_new(const struct task_struct *p, int cpu)
{
	struct sched_waking_data data = { p->pid, (u8)p->prio, (u8)cpu };

	trace_record(TRACE_sched_wakeup_new, &data, sizeof(data));
}

struct sched_migrate_task_data {
	s32 pid;
	u8 prio, from, to;
};

void __trace_sched_migrate_task(const struct task_struct *p, int from, int to)
{
	RECORD(sched_migrate_task, p->pid, (u8)p->prio, (u8)from, (u8)to);
}

struct sched_process_fork_data {
	s32 pid;
};

void __trace_sched_process_fork(const struct task_struct *child)
{
	RECORD(sched_process_fork, child->pid);
}

void __trace_sched_process_exec(const char *filename, int old_pid)
{
	char data[124 + sizeof(s32)];
	size_t len = min(strlen(filename) + 1, sizeof(data) - sizeof(s32));

	strscpy(data, filename, len);
	len = ALIGN_UP(len, sizeof(s32));
	memcpy(data + len, &old_pid, sizeof(s32));
	trace_write(TRACE_sched_process_exec, data, len + sizeof(s32));
}

struct sched_process_exit_data {
	u8 prio;
};

void __trace_sched_process_exit(void)
{
	RECORD(sched_process_exit, (u8)current->prio);
}

/* --- signal --- */

struct signal_generate_data {
	u8 sig;
	s32 code, pid;
	u8 group, res;
};

void __trace_signal_generate(int sig, int code, const struct task_struct *p, bool group, int res)
{
	RECORD(signal_generate, (u8)sig, code, p->pid, group, (u8)res);
}

struct signal_deliver_data {
	u8 sig;
	s32 code;
	u64 handler, flags;
};

void __trace_signal_deliver(int sig, const siginfo_t *info, const struct sigaction *sa)
{
	RECORD(signal_deliver, (u8)sig, info ? info->si_code : SI_USER, (u64)sa->sa_handler,
	       sa->sa_flags);
}

/* --- raw_syscalls --- */

struct sys_enter_data {
	s64 nr;
	u64 args[6];
};

void __trace_sys_enter(const struct pt_regs *regs)
{
	struct sys_enter_data data = { .nr = regs_syscall_nr(regs) };

	regs_syscall_args(regs, data.args);
	trace_record(TRACE_sys_enter, &data, sizeof(data));
}

struct sys_exit_data {
	s64 nr, ret;
};

void __trace_sys_exit(const struct pt_regs *regs)
{
	RECORD(sys_exit, regs_syscall_nr(regs), regs_return_value(regs));
}

/* --- futex --- */

struct futex_wait_data {
	u64 uaddr;
	s32 val, n;
};

void __trace_futex_wait(const void *uaddr, u32 val, int n)
{
	RECORD(futex_wait, (u64)uaddr, (s32)val, n);
}

struct futex_wake_data {
	u64 uaddr;
	s32 woken;
};

void __trace_futex_wake(const void *uaddr, int woken)
{
	RECORD(futex_wake, (u64)uaddr, woken);
}

struct futex_requeue_data {
	u64 uaddr, uaddr2;
	s32 nr_wake, affected;
};

void __trace_futex_requeue(const void *uaddr, const void *uaddr2, int nr_wake, int affected)
{
	RECORD(futex_requeue, (u64)uaddr, (u64)uaddr2, nr_wake, affected);
}

/* --- lock --- */

struct contention_begin_data {
	u64 lock, kind;
	s32 owner;
	u64 name;
};

void __trace_contention_begin(const void *lock, const struct lock_class *class,
			      const struct task_struct *owner)
{
	RECORD(contention_begin, (u64)lock, (u64)(owner ? "MUTEX" : "SPIN"), owner ? owner->pid : 0,
	       (u64)class->name);
}

struct contention_end_data {
	u64 lock;
	s32 ret;
};

void __trace_contention_end(const void *lock, int ret)
{
	RECORD(contention_end, (u64)lock, ret);
}

/* --- exceptions, irq, timer --- */

struct page_fault_data {
	u64 addr, ip, error;
};

void __trace_page_fault(const struct pt_regs *regs, unsigned long addr)
{
	struct page_fault_data data = { addr, instruction_pointer(regs), regs_error_code(regs) };
	enum trace_event event = user_mode(regs) ? TRACE_page_fault_user : TRACE_page_fault_kernel;

	if (trace_on((u32)BIT(event)))
		trace_record(event, &data, sizeof(data));
}

struct irq_handler_entry_data {
	s32 irq;
	u64 name;
};

void __trace_irq_handler_entry(int irq)
{
	RECORD(irq_handler_entry, irq, (u64)(vector_name((unsigned int)irq) ?: "unknown"));
}

struct irq_handler_exit_data {
	s32 irq;
};

void __trace_irq_handler_exit(int irq)
{
	RECORD(irq_handler_exit, irq);
}

struct hrtimer_expire_entry_data {
	u64 timer, function;
};

void __trace_hrtimer_expire_entry(const struct hrtimer *timer)
{
	RECORD(hrtimer_expire_entry, (u64)timer, (u64)timer->function);
}

/* --- how they read --- */

#define EVENT(event, eventgroup, text)                                                             \
	[TRACE_##event] = { .group = eventgroup, .name = #event, .format = text }

const struct trace_event_type trace_event_types[NR_TRACE_EVENTS] = {
	EVENT(sched_switch, "sched",
	      "prev_comm=%n prev_pid=%p prev_prio=%b prev_state=%S ==> next_comm=%N next_pid=%d "
	      "next_prio=%b"),
	EVENT(sched_waking, "sched", "comm=%N pid=%d prio=%b target_cpu=%c"),
	EVENT(sched_wakeup_new, "sched", "comm=%N pid=%d prio=%b target_cpu=%c"),
	EVENT(sched_migrate_task, "sched", "comm=%N pid=%d prio=%b orig_cpu=%b dest_cpu=%b"),
	EVENT(sched_process_fork, "sched", "comm=%n pid=%p child_comm=%N child_pid=%d"),
	EVENT(sched_process_exec, "sched", "filename=%T pid=%p old_pid=%d"),
	EVENT(sched_process_exit, "sched", "comm=%n pid=%p prio=%b"),
	EVENT(signal_generate, "signal",
	      "sig=%b errno=0 code=%d comm=%N pid=%d grp=%b res=%b"),
	EVENT(signal_deliver, "signal", "sig=%b errno=0 code=%d sa_handler=%x sa_flags=%x"),
	EVENT(sys_enter, "raw_syscalls", "NR %i (%x, %x, %x, %x, %x, %x)"),
	EVENT(sys_exit, "raw_syscalls", "NR %i = %i"),
	EVENT(futex_wait, "futex", "uaddr=0x%x val=%d nr=%d"),
	EVENT(futex_wake, "futex", "uaddr=0x%x woken=%d"),
	EVENT(futex_requeue, "futex", "uaddr=0x%x uaddr2=0x%x nr_wake=%d affected=%d"),
	EVENT(contention_begin, "lock", "0x%x (flags=%s) owner=%d name=%s"),
	EVENT(contention_end, "lock", "0x%x (ret=%d)"),
	EVENT(page_fault_user, "exceptions", "address=0x%x ip=0x%x error_code=0x%x"),
	EVENT(page_fault_kernel, "exceptions", "address=0x%x ip=0x%x error_code=0x%x"),
	EVENT(irq_handler_entry, "irq", "irq=%d name=%s"),
	EVENT(irq_handler_exit, "irq", "irq=%d ret=handled"),
	EVENT(hrtimer_expire_entry, "timer", "hrtimer=0x%x function=%F now=%t"),
	EVENT(tracing_mark_write, "ftrace", "%T"),
	EVENT(profile, "profile", "%K"),
};
