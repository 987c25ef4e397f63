/*
 * The task: what Linux calls a thread of execution, be it a thread, a process or a kernel thread. A
 * process is a task that does not share its mm; a thread is one that does; a kernel thread has
 * none.
 *
 * Locking, by letter:
 *   (r) lock of the run queue that p->cpu names     (s) p->sighand->siglock
 *   (t) tasklist_lock                               (a) p->alloc_lock
 *   (o) only the task itself writes; others may read a snapshot
 *   (c) written before the task is visible, constant afterwards
 *   (*) see the field
 */
#pragma once

#include "asm/processor.h"
#include "kernel/sched/sched.h"
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"
#include "kernel/sync/sync.h"
#include "libk/abi/errno.h"
#include "libk/abi/sched.h"
#include "libk/err.h"
#include "libk/list.h"

#define TASK_COMM_LEN 16

struct mm_struct;
struct files_struct;
struct fs_struct;
struct file;

/* --- pid: a number that names a task, a thread group, a process group and a session, in one or
 * several namespaces --- */
enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };
#define MAX_PID_NS_LEVEL 4

struct upid {
	int nr;				/* (c) */
	struct pid_namespace *ns;	/* (c) */
	struct hlist_node chain;	/* (t) in the hash by (nr, ns) */
};

struct pid {
	refcount_t count;
	int level;			/* (c) depth of the innermost namespace; 0 = the initial
					 * one */
	struct hlist_head tasks[PIDTYPE_MAX];	/* (t) */
	struct wait_queue_head wait_pidfd;	/* pollers of pidfds */
	struct upid numbers[];		/* (c) level + 1 of them */
};

/* --- credentials: immutable once published; replaced whole, shared by reference --- */
struct cred {
	refcount_t usage;
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	int ngroups;
	gid_t groups[32];
};

struct uts_namespace;
struct nsproxy {
	refcount_t count;
	struct uts_namespace *uts_ns;
	struct pid_namespace *pid_ns_for_children;
};

/* System call that a handler-less signal interrupted and that goes on with remaining time
 * (restart_syscall). */
struct restart_block {
	long (*fn)(struct restart_block *);
	union {
		struct {
			u32 __user *uaddr;
			u32 val, bitset, flags;
			u64 deadline;
		} futex;
		struct {
			clockid_t clock;
			struct timespec __user *rem;
			u64 deadline;
		} nanosleep;
		struct {
			void __user *fds;
			unsigned int nfds;
			u64 deadline;
		} poll;
	};
};

/*
 * In three parts: what every new task is given anew, field by field; what it takes over from the
 * one that makes it; what begins with zeroes. dup_task_struct() copies the second, clears the third
 * and says who sets the first.
 */
struct task_struct {
	/* asm-offsets.c exports the first fields to entry.asm */
	unsigned long thread_flags;	/* TIF_xxx, atomic bits; any CPU sets, the task itself
					 * clears */
	/* The next three lie as trace/sched_switch.h wants them. */
	pid_t pid;			/* number in the initial namespace (changed once, by exec
					 * of a non-leader) (t) */
	int prio;			/* effective (r) */
	unsigned int state;		/* TASK_xxx: set to sleeping by the task, to running by
					 * wakers (r) */
	refcount_t usage;
	void *stack;			/* (c) lowest address of the kernel stack */
	unsigned long stack_canary;	/* (c) */
	u64 start_time;			/* ktime (c) */

	/* identity */
	pid_t tgid;			/* as pid (t) */
	struct pid *thread_pid;		/* (t) */
	struct hlist_node pid_links[PIDTYPE_MAX];	/* (t) all but the first: of leaders only */

	/* family (t) */
	struct task_struct *real_parent;	/* who forked it (or adopted it) */
	struct task_struct *parent;		/* who is told: the tracer, else real_parent */
	struct task_struct *group_leader;
	struct list_head thread_node;	/* in signal->thread_head, ascending ordinals */
	unsigned int ordinal;		/* counts a process's threads, from 1; never comes again */
	int exit_signal;		/* told to the parent; -1: a thread, nobody is told */
	struct list_head tasks;		/* all group leaders */
	struct list_head children, sibling;	/* of leaders only, too */
	struct list_head ptraced, ptrace_entry;	/* its tracees; its place among its tracer's */
	struct list_head dead_list;	/* release_list(): on its way out */

	/* threads library */
	int __user *set_child_tid, *clear_child_tid;	/* (o) */
	struct list_head pi_state_list;	/* futexes it owns with waiters; futex/pi.c's lock */

	struct sigpending pending;	/* (s) */
	spinlock_t alloc_lock;		/* interrupts off: also taken under tasklist_lock */

	/* --- copied --- */
	unsigned int flags;		/* PF_xxx (o); the first of them: see dup_task_struct() */
	char comm[TASK_COMM_LEN];	/* (a) */
	pid_t maker;			/* pid of the thread that made it (c) */
	bool no_new_privs;
	bool did_exec;			/* but false in a new task (t) */

	/* scheduling */
	bool sched_reset_on_fork;
	int static_prio;		/* from nice (r) */
	int normal_prio;		/* without priority inheritance (r) */
	unsigned int rt_priority;	/* 1..99, 0 = none (r) */
	unsigned int policy;		/* SCHED_xxx (r) */
	int cpu;			/* whose run queue (r) */
	const struct sched_class *sched_class;	/* (r) */
	struct task_group *sched_task_group;	/* (r) */
	struct cgroup *cgroup;		/* (t) with a reference */
	cpumask_t cpus_mask;		/* where it may run (r) */

	/* memory, files, namespaces, credentials; pointers: (a), changed by the task itself, the
	 * objects have their own counts */
	struct mm_struct *mm;		/* NULL: kernel thread */
	struct mm_struct *active_mm;	/* whose page tables it runs on; borrowed when mm is NULL
					 * (o) */
	struct files_struct *files;
	struct fs_struct *fs;
	struct nsproxy *nsproxy;
	const struct cred *cred;	/* (o) readers elsewhere use get_task_cred() */

	/* signals */
	struct signal_struct *signal;	/* (c) */
	struct sighand_struct *sighand;	/* (t)+(s) NULL once released */
	sigset_t blocked, real_blocked, saved_sigmask;	/* (s) written by the task itself */
	unsigned long sas_ss_sp, sas_ss_size;	/* sigaltstack (o) */
	unsigned int sas_ss_flags;

	/* --- 0 in a new task --- */
	struct thread_struct thread;	/* the first of them: see dup_task_struct() */

	/* scheduling */
	struct sched_entity se;		/* (r) */
	int on_rq;			/* 1: queued or running there (r) */
	int on_cpu;			/* 1: some CPU runs on its stack; falls in
					 * finish_task_switch (r) */
	u64 utime_ticks, stime_ticks;	/* ticks that found it in user mode, in the kernel: the
					 * exact run time is shared out by them (o) */
	unsigned long nvcsw, nivcsw;	/* (o) */
	unsigned long min_flt, maj_flt;	/* (o) */
	const char *wchan;		/* (o) name of the wait queue or lock it sleeps on, NULL
					 * = none */
	void *wait_obj;			/* (o) the object itself, for reports */

	unsigned long jobctl;		/* (s) JOBCTL_xxx */

	/* family (t) */
	unsigned int ptrace;		/* PT_xxx, 0: nobody traces it. (t+s), see trace/ptrace.h */
	int exit_state;			/* EXIT_xxx */
	unsigned long ptrace_message;	/* with the event it is stopped for (*) trace/ptrace.h */
	siginfo_t *last_siginfo;	/* what it is stopped for, on its stack (*) the same */
	int exit_code;			/* wait status; of a stopped tracee what it stopped for,
					 * then what the tracer wants (*) trace/ptrace.h */
	int pdeath_signal;

	/* threads library */
	void __user *robust_list;	/* (o) */
	struct completion *vfork_done;	/* (a) */
	struct futex_pi_state *pi_blocked_on;	/* futex/pi.c's lock */
	struct task_struct *wake_next;	/* atomic: its successor on a futex wake list, NULL = on
					 * none; see futex/queue.h */

	/* kernel threads */
	struct kthread *kthread;	/* (c) */
#ifdef CONFIG_DEBUG
	int lock_depth;			/* (o) entries in held_locks */
	struct held_lock held_locks[MAX_HELD_LOCKS];	/* (o) outermost first: for lockdep.c and
							 * reports */
#endif
	/* The last of them is fn: nothing else in it is read while that is NULL. */
	struct restart_block restart_block;	/* (o) */
};

/* Where an allocated task's FPU image begins: one object, since nearly every task has one. */
#define TASK_FPU_OFFSET ALIGN_UP(sizeof(struct task_struct), 64)

/* need_resched() */
BUILD_BUG_ON(__builtin_offsetof(struct task_struct, thread_flags) != 0 || TIF_NEED_RESCHED != 0);

/* p->flags, Linux's values */
#define PF_IDLE 0x00000002u
#define PF_EXITING 0x00000004u
#define PF_IO_WORKER 0x00000010u
#define PF_WQ_WORKER 0x00000020u
#define PF_FORKNOEXEC 0x00000040u
#define PF_SUPERPRIV 0x00000100u
#define PF_DUMPCORE 0x00000200u
#define PF_SIGNALED 0x00000400u
#define PF_KTHREAD 0x00200000u
#define PF_NO_SETAFFINITY 0x04000000u	/* bound to its CPU for ever: no sched_setaffinity */

/* p->jobctl */
#define JOBCTL_STOP_PENDING 1u		/* is to stop for a group stop */
#define JOBCTL_STOP_SIGMASK 0xff00u	/* the signal it stops for, shifted by 8 */
#define JOBCTL_STOPPED 2u		/* has stopped */
/* took a stop signal and is about to act on it; SIGCONT clears it */
#define JOBCTL_STOP_DEQUEUED 4u
/* of a tracee; kernel/trace/ptrace.h */
#define JOBCTL_TRAP_STOP 8u		/* is to stop with PTRACE_EVENT_STOP or for a group stop */
#define JOBCTL_TRAP_NOTIFY 16u		/* the same, for news of a group stop */
#define JOBCTL_TRAPPING 32u		/* its new tracer waits until it is stopped as a tracee */
#define JOBCTL_LISTENING 64u		/* stopped, and not to be looked at (PTRACE_LISTEN) */
#define JOBCTL_TRACED 128u		/* stopped: in TASK_TRACED or on its way */
#define JOBCTL_PTRACE_FROZEN 0x10000u	/* the tracer is at it: not even SIGKILL wakes it */
#define JOBCTL_TRAP_MASK (JOBCTL_TRAP_STOP | JOBCTL_TRAP_NOTIFY)
#define JOBCTL_PENDING_MASK (JOBCTL_STOP_PENDING | JOBCTL_TRAP_MASK)

extern spinlock_t tasklist_lock;
extern struct task_struct init_task;	/* PID 0: the boot CPU's idle task, ancestor of all */
extern struct task_struct *init_process;	/* PID 1, reaper of orphans */

/* --- flags and small questions --- */
static inline void set_tsk_thread_flag(struct task_struct *p, int flag)
{
	__atomic_fetch_or(&p->thread_flags, _TIF(flag), __ATOMIC_SEQ_CST);
}

static inline void clear_tsk_thread_flag(struct task_struct *p, int flag)
{
	__atomic_fetch_and(&p->thread_flags, ~_TIF(flag), __ATOMIC_SEQ_CST);
}

static inline bool test_tsk_thread_flag(const struct task_struct *p, int flag)
{
	return READ_ONCE(p->thread_flags) & _TIF(flag);
}

static inline bool signal_pending(const struct task_struct *p)
{
	return test_tsk_thread_flag(p, TIF_SIGPENDING);
}

static inline bool fatal_signal_pending(const struct task_struct *p)
{
	return signal_pending(p) && (p->pending.signal & sigmask(SIGKILL));
}

/* Would a sleep in this state end at once because of a signal? */
static inline bool signal_pending_state(unsigned int state, const struct task_struct *p)
{
	if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) || !signal_pending(p))
		return false;
	return (state & TASK_INTERRUPTIBLE) || fatal_signal_pending(p);
}

static inline bool thread_group_leader(const struct task_struct *p)
{
	return p->exit_signal >= 0;
}

static inline bool same_thread_group(const struct task_struct *a, const struct task_struct *b)
{
	return a->signal == b->signal;
}

/* tasklist_lock held. */
#define for_each_process(p) list_for_each_entry((p), &init_task.tasks, tasks)
#define for_each_thread(group, t)							\
	list_for_each_entry((t), &(group)->signal->thread_head, thread_node)

/* All threads of p's group except p are told to die. siglock held. Returns how many there are
 * that have not begun to. */
static inline int zap_other_threads(struct task_struct *p)
{
	p->signal->group_stop_count = 0;
	return p->signal->nr_threads > 1 ? __zap_other_threads(p) : 0;
}

/* --- references --- */
static inline struct task_struct *get_task_struct(struct task_struct *p)
{
	refcount_inc(&p->usage);
	return p;
}
void __put_task_struct(struct task_struct *p);	/* frees stack and structure */
static inline void put_task_struct(struct task_struct *p)	/* any context */
{
	if (refcount_dec_and_test(&p->usage))
		__put_task_struct(p);
}
DEFINE_FREE(task, struct task_struct *, put_task_struct(v))

/* --- pids --- */
#define PID_MAX_DEFAULT 32768
#define PID_MAX_LIMIT 131072		/* numbers are below this */
extern int pid_max;			/* /proc/sys/kernel/pid_max */
extern int randomize_tids;		/* /proc/sys/kernel/randomize_tids */
void pid_init(void);
struct pid *find_vpid(int nr);		/* tasklist_lock held; no reference */
void free_pid(struct pid *pid);				/* out of the hash; tasklist_lock held */
struct pid *get_pid(struct pid *pid);
void put_pid(struct pid *pid);
DEFINE_FREE(pid, struct pid *, put_pid(v))
/* tasklist_lock held */
void detach_pid(struct task_struct *p, enum pid_type type);
/* tasklist_lock held, or current */
static inline struct pid *task_pid_type(struct task_struct *p, enum pid_type type)
{
	return type == PIDTYPE_PID ? p->thread_pid : p->signal->pids[type];
}

/* A thread is in its PID's list; a thread group's leader stands in the lists of TGID, PGID and
 * SID for all of it. tasklist_lock held. */
static inline void attach_pid(struct task_struct *p, enum pid_type type, struct pid *pid)
{
	if (type == PIDTYPE_PID)
		p->thread_pid = pid;
	else
		p->signal->pids[type] = pid;
	hlist_add_head(&p->pid_links[type], &pid->tasks[type]);
}
/* first one; tasklist_lock held */
struct task_struct *pid_task(struct pid *pid, enum pid_type type);
/* Number seen from current's namespace -> struct pid with a reference, or NULL. */
struct pid *find_get_pid(int nr);
/* Task with a reference, or NULL. */
struct task_struct *find_get_task_by_vpid(int nr);
struct task_struct *get_pid_task(struct pid *pid, enum pid_type type);
/* Tasks of a pid: for (t in process group) do_each_pid_task(...). tasklist_lock held. */
#define do_each_pid_task(pid, type, p)							\
	hlist_for_each_entry((p), &(pid)->tasks[type], pid_links[type])

/* --- making tasks --- */
struct kernel_clone_args {
	u64 flags;			/* CLONE_xxx without the signal */
	int exit_signal;
	unsigned long stack, stack_size;	/* user stack of the child: top = stack +
						 * stack_size; 0: the parent's */
	unsigned long tls;
	int __user *pidfd, *child_tid, *parent_tid;
	int (*fn)(void *);		/* kernel thread: runs fn(fn_arg) */
	void *fn_arg;
	pid_t *set_tid;
	size_t set_tid_size;
	const char *name;		/* kernel thread */
	struct cgroup *cgroup;		/* CLONE_INTO_CGROUP, else NULL: the parent's */
	bool io_thread, idle;
};
/* pid of the new task (in current's namespace), or -errno. May sleep; with CLONE_VFORK returns
 * when the child has let go of the mm. */
long kernel_clone(const struct kernel_clone_args *args);
/* The new task, not yet woken, or ERR_PTR. */
struct task_struct *copy_process(const struct kernel_clone_args *args);
long kernel_thread(int (*fn)(void *), void *arg, const char *name, unsigned long flags);
/* A thread of current's process that runs fn in the kernel, PF_IO_WORKER; not yet woken. ERR_PTR.
 * fn asks io_worker_signals() and ends with do_exit(). */
struct task_struct *create_io_thread(int (*fn)(void *), void *arg, const char *name);
struct task_struct *fork_idle(int cpu);
void fork_init(void);
/* The child of vfork lets its parent go. */
void mm_release_vfork(struct task_struct *p);

/* --- exec --- */
/* Replaces current's program. Kernel pointers; argv and envp end with NULL. 0 (regs are set) or
 * -errno; past the point of no return the task is killed. */
int kernel_execve(const char *path, const char *const *argv, const char *const *envp);
void set_task_comm(struct task_struct *p, const char *name);

/* --- exit and wait --- */
void __noreturn do_exit(long code);		/* code: wait status of this thread */
void __noreturn do_group_exit(int status);	/* wait status for the whole process */
void release_task(struct task_struct *p);	/* a dead task disappears from everywhere;
						 * tasklist_lock not held */
void put_sighand(struct sighand_struct *sighand);	/* the last one frees it */
bool is_current_pgrp_orphaned(void);
bool will_become_orphaned_pgrp(struct pid *pgrp, struct task_struct *ignored);

/* --- credentials, namespaces --- */
const struct cred *get_task_cred(struct task_struct *p);
void put_cred(const struct cred *cred);
DEFINE_FREE(cred, const struct cred *, put_cred(v))
struct cred *prepare_creds(void);	/* a copy of current's, for put_cred() or commit_creds();
					 * NULL: no memory */
uid_t task_uid(struct task_struct *p);	/* real uid of any task */
static inline bool capable(void)	/* one capability for all: being uid 0 */
{
	return current->cred->euid == 0;
}
#define HOST_NAME_MAX 64
struct uts_namespace {
	refcount_t count;
	char hostname[HOST_NAME_MAX + 1], domainname[HOST_NAME_MAX + 1];	/* uts_lock */
};
/* current's host or domain name: into HOST_NAME_MAX + 1 bytes; or to another. 0, -EPERM, -EINVAL */
void utsname_get(bool domain, char *name);
int utsname_set(bool domain, const char *name);
/* What uname says: the interface programs will find here is Linux's, of that version. */
#define UTS_SYSNAME "Linux"
#define UTS_RELEASE "6.1.0-bobbin"
#define UTS_VERSION "#1 SMP PREEMPT Bobbin"
struct pid_namespace {
	refcount_t count;
	int level;
	int last_pid;				/* (t) */
	struct pid_namespace *parent;
	struct task_struct *child_reaper;	/* (t) its PID 1 */
	unsigned long *map;			/* (t) bitmap of numbers in use */
	int nr_pids;				/* (t) */
	bool dead;				/* (t) its PID 1 is gone: nobody is made in it
						 * any more */
};
extern struct pid_namespace init_pid_ns;

/* --- what number a pid has where --- */
/* 0: not visible there */
static inline int pid_nr_ns(const struct pid *pid, const struct pid_namespace *ns)
{
	if (!pid || ns->level > pid->level || pid->numbers[ns->level].ns != ns)
		return 0;
	return pid->numbers[ns->level].nr;
}

/* Its number in the namespace it was made in: for current's own pids, what current knows them
 * by. */
static inline int pid_own_nr(const struct pid *pid)
{
	return pid->numbers[pid->level].nr;
}

/* The namespace a task lives in is that of its own pid; it never changes. A dead one has none:
 * then the initial. */
static inline struct pid_namespace *task_active_pid_ns(struct task_struct *p)
{
	struct pid *pid = p->thread_pid;

	return pid ? pid->numbers[pid->level].ns : &init_pid_ns;
}

static inline int pid_vnr(const struct pid *pid)	/* in current's namespace */
{
	return pid_nr_ns(pid, task_active_pid_ns(current));
}

static inline int task_pid_vnr(struct task_struct *p)
{
	return pid_vnr(p->thread_pid);
}

static inline int task_tgid_vnr(struct task_struct *p)
{
	return pid_vnr(p->signal->pids[PIDTYPE_TGID]);
}

extern struct nsproxy init_nsproxy;
int __copy_namespaces(u64 flags, struct task_struct *p);
/* p's nsproxy pointer is still its parent's; afterwards p has a reference of its own, or a new
 * one. 0 or -errno. */
static inline int copy_namespaces(u64 flags, struct task_struct *p)
{
	if (unlikely(flags & (CLONE_NEWUTS | CLONE_NEWPID)))
		return __copy_namespaces(flags, p);
	refcount_inc(&p->nsproxy->count);
	return 0;
}
void __put_nsproxy(struct nsproxy *ns);
static inline void put_nsproxy(struct nsproxy *ns)
{
	if (refcount_dec_and_test(&ns->count))
		__put_nsproxy(ns);
}

/* --- kernel threads (kthread.c) --- */
void kthreadd_init(void);
/* A stopped kernel thread, made by kthreadd; wake_up_process() starts it. ERR_PTR on failure.
 * May sleep. Whoever means to stop it sees to it that its task is still there: fn returns only
 * when asked to, or a reference was taken before it began. */
struct task_struct *kthread_create(int (*fn)(void *), void *data, const char *fmt, ...)
	__printf(3, 4);
#define kthread_run(fn, data, fmt, ...)							\
({											\
	struct task_struct *__k = kthread_create(fn, data, fmt, ##__VA_ARGS__);		\
	if (!IS_ERR(__k))								\
		wake_up_process(__k);							\
	__k;										\
})
void kthread_bind(struct task_struct *k, int cpu);	/* for ever; before it was first woken */
void *kthread_data(struct task_struct *k);	/* what it was created with */
/* Asks it to end and waits: its fn's result, -EINTR if that never began. May sleep. */
int kthread_stop(struct task_struct *k);
bool kthread_should_stop(void);
/* Asks it to sleep until unparked and waits until it does: 0, or -ENOSYS, it has ended. May
 * sleep. */
int kthread_park(struct task_struct *k);
void kthread_unpark(struct task_struct *k);
bool kthread_should_park(void);		/* then it calls, with nothing held: */
void kthread_parkme(void);

/* A kernel thread that does one piece of work after the other, in the order they were queued. For
 * a subsystem that wants a thread of its own; else kernel/wq/wq.h is cheaper. */
struct kthread_worker {
	spinlock_t lock;
	struct list_head work_list;	/* (lock) */
	struct task_struct *task;	/* (c) */
	int signal;			/* (c) a message that it takes, and */
	void (*signaled)(void);		/* (c) what it does then; 0: none */
};
struct kthread_work {
	struct list_head node;		/* (worker->lock) empty: not queued; it may run */
	void (*func)(struct kthread_work *work);	/* may free it */
};
static inline void kthread_init_work(struct kthread_work *work,
				     void (*func)(struct kthread_work *work))
{
	INIT_LIST_HEAD(&work->node);
	work->func = func;
}
/* worker is zeroed, but for signal. 0 or -errno. May sleep. */
int kthread_run_worker(struct kthread_worker *worker, const char *name);
/* False: it is in the queue already. Any context. */
bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work);

/* Waits for a child of this kernel thread, which does not ignore SIGCHLD: 0 or -errno. */
int kernel_wait(pid_t pid, int *status);
/* current is about to die of info's signal: see coredump.c. */
void do_coredump(const siginfo_t *info);

/* How many tasks there are; limit. */
extern int nr_threads, max_threads;
extern unsigned long total_forks;	/* (t) tasks ever made */

/* Boot: the caches and PID 0. */
void task_init(void);
