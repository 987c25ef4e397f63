/*
 * The events, a row for each: included several times, each time with other meanings of the macros.
 *
 *	TRACE_EVENT(name, group, the hook's parameters, as arguments, format, type, fields...)
 *	TRACE_SPECIAL(name, group, parameters, arguments, format)	packed by hand, in events.c
 *	TRACE_INLINE(name, group, format)	the same, inline, in a header of that name
 *	TRACE_TEXT(name, group, format)		without a hook
 *
 * Fields are what is recorded, each of the type (u32, or u64, which may hold two u32, the first one
 * below); 16 bytes fit into one record. In a format each of these takes the next field:
 *	%d s32	%c a CPU, s32 in three digits	%i s64	%x u64 in hexadecimal
 *	%N the name of the task whose pid, s32, comes next: takes nothing (so "comm=%N pid=%d")
 *	%S u16 task state, u16 why __schedule() was called	%s u64, a constant string
 *	%F u64, a function	%T text up to its NUL, to the next u32	%K stacks (profile.c)
 *	%n %p %t the record's own task by name and by pid, its time in ns: take nothing
 * kernel/trace/format.c and tools/tracelib/ring.py print them.
 *
 * Names and fields are Linux's; the futex group is our own.
 */

TRACE_INLINE(sched_switch, "sched",
	     "prev_comm=%n prev_pid=%p prev_prio=%d prev_state=%S ==> "
	     "next_comm=%N next_pid=%d next_prio=%d")
TRACE_EVENT(sched_waking, "sched", (const struct task_struct *p, int cpu), (p, cpu),
	    "comm=%N pid=%d prio=%d target_cpu=%c", u32, p->pid, p->prio, cpu)
TRACE_EVENT(sched_wakeup_new, "sched", (const struct task_struct *p, int cpu), (p, cpu),
	    "comm=%N pid=%d prio=%d target_cpu=%c", u32, p->pid, p->prio, cpu)
TRACE_EVENT(sched_migrate_task, "sched", (const struct task_struct *p, int from, int to),
	    (p, from, to), "comm=%N pid=%d prio=%d orig_cpu=%d dest_cpu=%d", u32, p->pid, p->prio,
	    from, to)
TRACE_EVENT(sched_process_fork, "sched", (const struct task_struct *child), (child),
	    "comm=%n pid=%p child_comm=%N child_pid=%d", u32, child->pid)
TRACE_SPECIAL(sched_process_exec, "sched", (const char *filename, int old_pid), (filename, old_pid),
	      "filename=%T pid=%p old_pid=%d")
TRACE_EVENT(sched_process_exit, "sched", (void), (), "comm=%n pid=%p prio=%d", u32, current->prio)

/* siglock held. res: TRACE_SIGNAL_xxx; info NULL: as SEND_SIG_NOINFO */
TRACE_EVENT(signal_generate, "signal",
	    (int sig, int code, const struct task_struct *p, bool group, int res),
	    (sig, code, p, group, res), "sig=%d errno=0 code=%d comm=%N pid=%d grp=%d res=%d", u32,
	    sig, code, p->pid, group, res)
TRACE_EVENT(signal_deliver, "signal", (int sig, const siginfo_t *info, const struct sigaction *sa),
	    (sig, info, sa), "sig=%d errno=0 code=%d sa_handler=%x sa_flags=%x", u64,
	    (u32)sig | (u64)(info ? info->si_code : SI_USER) << 32, (u64)sa->sa_handler,
	    sa->sa_flags)

/* called only with TIF_SYSCALL_TRACEPOINT set */
TRACE_SPECIAL(sys_enter, "raw_syscalls", (const struct pt_regs *regs), (regs),
	      "NR %i (%x, %x, %x, %x, %x, %x)")
TRACE_EVENT(sys_exit, "raw_syscalls", (const struct pt_regs *regs), (regs), "NR %i = %i", u64,
	    regs_syscall_nr(regs), regs_return_value(regs))

/* current has queued itself on n words and is about to sleep; somebody woke, or moved, sleepers */
TRACE_EVENT(futex_wait, "futex", (const void *uaddr, u32 val, u32 n), (uaddr, val, n),
	    "uaddr=0x%x val=%d nr=%d", u64, (u64)uaddr, val | (u64)n << 32)
TRACE_EVENT(futex_wake, "futex", (const void *uaddr, long woken), (uaddr, woken),
	    "uaddr=0x%x woken=%i", u64, (u64)uaddr, woken)
TRACE_EVENT(futex_requeue, "futex",
	    (const void *uaddr, const void *uaddr2, int nr_wake, long affected),
	    (uaddr, uaddr2, nr_wake, affected),
	    "uaddr=0x%x uaddr2=0x%x nr_wake=%i affected=%i", u64, (u64)uaddr, (u64)uaddr2, nr_wake,
	    affected)

/* A kernel lock that another holds; owner: of a mutex, which cannot let go without our knowing;
 * NULL: a spinlock. end: got it (0) or gave up (errno) */
TRACE_EVENT(contention_begin, "lock",
	    (const void *lock, const struct lock_class *class, const struct task_struct *owner),
	    (lock, class, owner), "0x%x (flags=%s) owner=%i name=%s", u64, (u64)lock,
	    (u64)(owner ? "MUTEX" : "SPIN"), owner ? owner->pid : 0, (u64)class->name)
TRACE_EVENT(contention_end, "lock", (const void *lock, int ret), (lock, ret), "0x%x (ret=%i)", u64,
	    (u64)lock, ret)

/* regs as the CPU left them */
TRACE_EVENT(page_fault_user, "exceptions", (const struct pt_regs *regs, u64 addr), (regs, addr),
	    "address=0x%x ip=0x%x error_code=0x%x", u64, addr, instruction_pointer(regs),
	    regs_error_code(regs))
TRACE_EVENT(page_fault_kernel, "exceptions", (const struct pt_regs *regs, u64 addr), (regs, addr),
	    "address=0x%x ip=0x%x error_code=0x%x", u64, addr, instruction_pointer(regs),
	    regs_error_code(regs))

/* irq: the vector */
TRACE_EVENT(irq_handler_entry, "irq", (unsigned int irq), (irq), "irq=%i name=%s", u64, irq,
	    (u64)(vector_name(irq) ?: "unknown"))
TRACE_EVENT(irq_handler_exit, "irq", (unsigned int irq), (irq), "irq=%d ret=handled", u32, irq)
TRACE_EVENT(hrtimer_expire_entry, "timer", (const struct hrtimer *timer), (timer),
	    "hrtimer=0x%x function=%F now=%t", u64, (u64)timer, (u64)timer->function)

/* from here on not for set_event (TRACE_FIRST_FIXED) */
TRACE_TEXT(tracing_mark_write, "ftrace", "%T")
TRACE_TEXT(profile, "profile", "%K")

#undef TRACE_EVENT
#undef TRACE_SPECIAL
#undef TRACE_INLINE
#undef TRACE_TEXT
