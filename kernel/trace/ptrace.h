/*
 * ptrace: one thread, the tracer, watches and changes another, the tracee.
 *
 * A tracee is touched only while it stands still. It stops by itself, at its own way out of the
 * kernel or at a named place inside (ptrace_stop()), tells the tracer through wait4, and sleeps in
 * state TASK_TRACED until a request resumes it. So nothing of the tracee needs a lock against the
 * tracer: it is either running, and the tracer keeps its hands off (ESRCH), or stopped.
 *
 * WHO MAY END THE STOP. The flag JOBCTL_TRACED (s) says that it lasts. Cleared by the tracer's
 * request, by the tracer's death, by SIGKILL, and, after PTRACE_LISTEN, by news of a group stop.
 * SIGKILL must work on a stopped tracee, but not in the middle of a request: so a request begins
 * with ptrace_freeze(), which sets JOBCTL_PTRACE_FROZEN (s). Then
 *   - signal_wake_up() leaves the tracee asleep, and unfreezing it looks for the SIGKILL instead;
 *   - state TASK_TRACED has no WAKEKILL bit, so schedule() does not turn back either;
 *   - the tracer itself is busy with the request, and only it makes requests (p->parent).
 * Last, the tracee may have announced its stop and still be on its way into schedule(). It goes
 * there with interrupts off from before the lock is free under which ptrace_freeze() sees it, so
 * the tracer waits for p->on_cpu to fall for the length of a context switch, and then finds
 * registers, FPU image and bases where a sleeping task has them.
 *
 * Locks, by field of the tracee: ptrace, jobctl (t+s): linking and unlinking take both, the options
 * in ptrace change while it is frozen; parent, ptrace_entry, and the tracer's ptraced (t);
 * ptrace_message, last_siginfo, exit_code: written by the tracee before it stops, by the tracer
 * (s) while it is stopped.
 */
#pragma once

#include "kernel/task/task.h"
#include "libk/abi/ptrace.h"

/* p->ptrace */
#define PT_PTRACED 1u
#define PT_SEIZED 0x10000u
#define PT_OPT_SHIFT 3		/* above it: PTRACE_O_xxx */
#define PT_OPT(option) ((unsigned int)(option) << PT_OPT_SHIFT)

/* A child traced by somebody who is not its parent. tasklist_lock held. */
static inline bool ptrace_reparented(const struct task_struct *p)
{
	return !same_thread_group(p->real_parent, p->parent);
}

static inline bool ptrace_event_enabled(const struct task_struct *p, int event)
{
	return unlikely(p->ptrace) && (p->ptrace & PT_OPT(1u << event));
}

/* --- the tracee's side (ptrace_stop.c): p is current --- */

/* Stops, says code to the tracer, waits for it. info: what GETSIGINFO shows, or NULL. The signal
 * it resumed us with, or 0; -1: there was no stop, for want of a tracer or because we are killed.
 * siglock held, dropped in between. why: CLD_TRAPPED, or CLD_STOPPED for a group stop. */
int ptrace_stop(int code, int why, unsigned long message, siginfo_t *info);
/* A stop for the sake of the tracer. May sleep. The same values. */
int ptrace_notify(int code, unsigned long message);
/* A stop if the tracer asked for this PTRACE_EVENT_xxx, with a task's number as it sees it. */
void ptrace_event_pid(int event, const struct pid *pid);
/* A pid's number as current's tracer sees it; 0: there is none. */
int ptrace_pid_for_tracer(const struct pid *pid);
/* do_exit() begins. */
void __ptrace_exit_event(long code);
static inline void ptrace_exit_event(long code)
{
	if (unlikely(current->ptrace))
		__ptrace_exit_event(code);
}
/* exec is done; old: the thread's pid, as the tracer saw it before. */
void ptrace_exec_event(int old);
/* At the door of a system call, PTRACE_EVENTMSG_SYSCALL_ENTRY or EXIT. True: we are to die, do not
 * enter. */
bool ptrace_report_syscall(unsigned long message);
/* sig was taken and is about to be acted upon: the tracer decides. The signal it wants, 0: none.
 * siglock held, dropped in between. */
int ptrace_signal(int sig, siginfo_t *info);
/* The stop of JOBCTL_TRAP_STOP or TRAP_NOTIFY. siglock held, dropped in between. */
void ptrace_trap(void);

/* --- being traced (ptrace_link.c). tasklist_lock held --- */

/* A new task, not yet visible: inherits its maker's tracer if that wants it. */
void __ptrace_init_task(struct task_struct *p, const struct kernel_clone_args *args);
static inline void ptrace_init_task(struct task_struct *p, const struct kernel_clone_args *args)
{
	if (unlikely(current->ptrace))
		__ptrace_init_task(p, args);
}
/* The PTRACE_EVENT_xxx that making such a task is, 0: nobody wants to know. */
int __ptrace_fork_event(const struct kernel_clone_args *args);
static inline int ptrace_fork_event(const struct kernel_clone_args *args)
{
	return unlikely(current->ptrace) ? __ptrace_fork_event(args) : 0;
}
/* p has no tracer any more and goes on: into a group stop if there is one. */
void ptrace_unlink(struct task_struct *p);
/* The same, and true if p was a zombie that only its tracer had kept (EXIT_DEAD now). */
bool ptrace_detach(struct task_struct *p);
/* current dies: its tracees are detached, or killed (EXITKILL). Zombies go on dead. */
void __exit_ptrace(struct list_head *dead);
static inline void exit_ptrace(struct list_head *dead)
{
	if (unlikely(!list_empty(&current->ptraced)))
		__exit_ptrace(dead);
}
/* p is to look at a change of its group stop. siglock held. */
void ptrace_trap_notify(struct task_struct *p);
/* p's tracer has asked that it goes on, or is gone. siglock held. */
void ptrace_signal_wake_up(struct task_struct *p, bool resume);
/* May current look into p? The same user, or uid 0. tasklist_lock not needed; may sleep. */
bool ptrace_may_access(struct task_struct *p);

/* The requests with which it begins, tasklist_lock not held. 0, -EPERM, -EIO. */
long ptrace_traceme(void);
long ptrace_attach(struct task_struct *p, bool seize, unsigned long addr, unsigned long options);

/* --- arch/x86_64/ptrace.c: of a tracee that is frozen --- */

size_t regset_size(int type);	/* bytes of the set NT_xxx, 0: there is none */
void regset_get(struct task_struct *p, int type, void *buf);
/* len: how much of buf, which is whole, is the user's. 0, -EIO, -EINVAL, -EFAULT. */
int regset_set(struct task_struct *p, int type, const void *buf, size_t len);
/* The tracee traps after one instruction of user mode, or does not. */
void user_enable_single_step(struct task_struct *p);
void user_disable_single_step(struct task_struct *p);	/* or of current */
/* All but op, which says what is wanted. */
void get_syscall_info(struct task_struct *p, struct ptrace_syscall_info *info);
