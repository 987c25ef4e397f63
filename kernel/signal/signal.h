/*
 * Signals. A signal is recorded in a pending set (the thread's own, or the process's shared one)
 * and delivered by the receiving thread itself when it returns to user mode: do_signal(), called
 * from exit_to_user_mode() and from nowhere else.
 *
 *   send.c      from "somebody wants to send" to "recorded, and a thread that can take it is awake"
 *   sigqueue.c  the pending sets
 *   jobctl.c    stop and continue         notify.c  what a parent is told (SIGCHLD)
 *   deliver.c   from "pending" to "handler entered" or "default action done"
 *   calls.c     handlers, masks, waiting      kill.c  the system calls that send
 *
 * Locking: (s) = sighand->siglock, taken with interrupts off (timers send signals from interrupts).
 *          (t) = tasklist_lock, outside the siglock, taken with interrupts off for the same reason.
 * p->sighand is NULL once p was released. It stays what it is while tasklist_lock is held, and for
 * current until it has become a zombie: lock_task_sighand() may be called in these two cases only.
 */
#pragma once

#include "kernel/sync/sync.h"
#include "kernel/time/time.h"
#include "libk/abi/errno.h"
#include "libk/abi/resource.h"
#include "libk/abi/signal.h"
#include "libk/list.h"

struct task_struct;
struct pid;
struct tty_struct;
struct pt_regs;
struct k_itimer;

static inline sigset_t sigmask(int sig)		/* 1 <= sig <= 64 */
{
	return 1UL << (sig - 1);
}

static inline bool valid_signal(unsigned long sig)	/* 0 counts: "is anybody there?" */
{
	return sig <= _NSIG;
}

/* What a signal does when nobody handles it: one of these sets, else it terminates the process. */
/* cannot be caught, blocked or ignored */
#define SIG_KERNEL_ONLY_MASK (sigmask(SIGKILL) | sigmask(SIGSTOP))
#define SIG_KERNEL_STOP_MASK								\
	(sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
#define SIG_KERNEL_IGNORE_MASK								\
	(sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) | sigmask(SIGURG))
/* the process dies with a core dump, or what takes its place */
#define SIG_KERNEL_COREDUMP_MASK							\
	(sigmask(SIGQUIT) | sigmask(SIGILL) | sigmask(SIGTRAP) | sigmask(SIGABRT) |	\
	 sigmask(SIGFPE) | sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGSYS) |	\
	 sigmask(SIGXCPU) | sigmask(SIGXFSZ))
/* Caused by the very instruction the thread is at: delivered before all others. */
#define SYNCHRONOUS_MASK								\
	(sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | sigmask(SIGTRAP) |	\
	 sigmask(SIGFPE) | sigmask(SIGSYS))

struct sigpending {
	sigset_t signal;	/* (s) which */
	struct list_head list;	/* (s) struct sigqueue: their siginfo, oldest first */
};

/* One queued occurrence of a signal. A signal may be pending without one (SIGKILL, or memory was
 * short): then nothing is known of it. */
struct sigqueue {
	struct list_head list;		/* (s) in sigpending.list; empty: not queued (timers) */
	siginfo_t info;			/* (s) only its first SIGINFO_USED bytes mean anything */
	struct signal_struct *owner;	/* (c) whose RLIMIT_SIGPENDING it counts against */
	struct k_itimer *timer;		/* (c) part of a POSIX timer, which frees it; else NULL */
};

/* The bytes of a siginfo that any signal uses; the rest is padding, and zero where users see it. */
#define SIGINFO_USED (offsetof(siginfo_t, _sifields) + sizeof_field(siginfo_t, _sifields))

/* Handlers: shared by CLONE_SIGHAND. */
struct sighand_struct {
	spinlock_t siglock;
	refcount_t count;
	struct wait_queue_head signalfd_wqh;	/* readers and pollers of signalfds */
	sigset_t set;			/* (s) the signals whose action[] means something; all
					 * others have the default */
	struct sigaction action[_NSIG];	/* (s) action[sig - 1] */
};

/* Without the lock: a moment's truth, as any answer to this question is. */
static inline __sighandler_t sighand_handler(const struct sighand_struct *sighand, int sig)
{
	return sighand->set & sigmask(sig) ? sighand->action[sig - 1].sa_handler : SIG_DFL;
}

static inline bool sighand_flag(const struct sighand_struct *sighand, int sig, unsigned long flag)
{
	return sighand->set & sigmask(sig) && sighand->action[sig - 1].sa_flags & flag;
}

/* The whole of it, to be changed: from now on every fork copies it. siglock held. */
static inline struct sigaction *sighand_action(struct sighand_struct *sighand, int sig)
{
	struct sigaction *sa = &sighand->action[sig - 1];

	if (!(sighand->set & sigmask(sig))) {
		*sa = (struct sigaction){ .sa_handler = SIG_DFL };
		sighand->set |= sigmask(sig);
	}
	return sa;
}

/* What the threads of a process have in common: shared by CLONE_THREAD. (t+s): changed with both
 * locks held, read with either. */
struct signal_struct {
	/* --- given anew to each process: copy_signal(), link_family(), link_pids() --- */
	refcount_t sigcnt;		/* tasks that point here, dead ones included until
					 * released */
	int live;			/* (s) threads that have not begun to exit */
	int nr_threads;			/* (t+s) in thread_head */
	int oom_score_adj;
	struct list_head thread_head;	/* (t+s) task->thread_node */
	struct sigpending shared_pending;	/* (s) */
	struct wait_queue_head wait_chldexit;	/* parents sleep here in wait4 */
	struct pid *pids[4];		/* (t) by PIDTYPE: tgid, pgrp, session of the process */
	struct tty_struct *tty;		/* (s) controlling terminal, NULL: none */
	struct rlimit rlim[16];		/* (s) copied */

	/* --- 0 in a new process --- */
	int nr_io_workers;		/* (s) of live ones, threads that never leave the kernel */
	unsigned int last_ordinal;	/* (t+s) threads ever: task->ordinal of the latest */
	struct io_wq *io_wq;		/* set once: their work (kernel/io_uring) */
	atomic_t nr_sigqueue;		/* sigqueues that count against RLIMIT_SIGPENDING */
	int group_exit_code;		/* (s) wait status when flags has GROUP_EXIT; the stop
					 * signal when it has STOP_STOPPED (0: some wait4 has
					 * had it) */
	struct task_struct *group_exec_task;	/* (s) the thread that does exec and waits for
						 * the others */
	unsigned int flags;		/* (s) SIGNAL_xxx */
	int group_stop_count;		/* (s) threads that have still to stop: those with
					 * JOBCTL_STOP_PENDING */
	bool leader;			/* (t) session leader */
	bool is_child_subreaper, has_child_subreaper;
	u64 utime, stime, cutime, cstime;	/* (s) dead threads; waited-for children */
	u64 nvcsw, nivcsw, cnvcsw, cnivcsw;	/* (s) */
	u64 min_flt, maj_flt, cmin_flt, cmaj_flt;	/* (s) */
	u64 maxrss, cmaxrss;		/* (s) pages */
	u64 sum_sched_runtime;		/* (s) dead threads */
	struct hrtimer real_timer;	/* ITIMER_REAL */
	u64 it_real_incr;		/* (s) */
	u64 it_value[2], it_incr[2];	/* (s) ITIMER_VIRTUAL, ITIMER_PROF: expiry in process
					 * time; 0 = off */
	struct list_head posix_timers;	/* (s) */
	int next_posix_timer_id;	/* (s) */
	int nr_cpu_timers;		/* (s) POSIX timers on CPU-time clocks */
};
#define SIGNAL_STOP_STOPPED 1u	/* the whole group is stopped */
/* SIGCONT since WCONTINUED was last asked: wait4 clears it */
#define SIGNAL_STOP_CONTINUED 2u
#define SIGNAL_GROUP_EXIT 4u	/* all threads are to die with group_exit_code */
#define SIGNAL_CLD_STOPPED 8u	/* the parent is to be told of a stop */
#define SIGNAL_CLD_CONTINUED 16u	/* ... of a continue */
#define SIGNAL_COREDUMP 64u	/* dies, but waits for the core_pattern helper: SIGKILL counts */
#define SIGNAL_UNKILLABLE 32u	/* init: only signals with handlers */

#define SEND_SIG_NOINFO ((siginfo_t *)0)	/* from the current task, SI_USER */
#define SEND_SIG_PRIV ((siginfo_t *)1)		/* from the kernel, SI_KERNEL */

/* At boot, after mm_init(): the caches of kernel/signal. */

/* Interrupts off and p's siglock held, true; or p was released, false. tasklist_lock held, or p
 * is current (see above). */
bool __must_check lock_task_sighand(struct task_struct *p, unsigned long *flags);
void unlock_task_sighand(struct task_struct *p, unsigned long *flags);

/* --- sending (send.c). 0 or -errno. Any context, interrupts included. Take tasklist_lock unless
 * p is current --- */
int send_sig(int sig, struct task_struct *p, const siginfo_t *info);		/* to that thread */
int group_send_sig_info(int sig, const siginfo_t *info, struct task_struct *p);	/* to p's process */
int kill_pgrp(struct pid *pgrp, int sig, const siginfo_t *info);
int kill_pid(struct pid *pid, int sig, const siginfo_t *info);	/* to the process of the thread
								 * with that pid; checks
								 * permission */
/* The same for callers that hold tasklist_lock. No permission check, except in __kill_pgrp_info
 * when info is from a user. */
int do_send_sig_info(int sig, const siginfo_t *info, struct task_struct *p, bool group);
int __kill_pgrp_info(int sig, const siginfo_t *info, struct pid *pgrp);
/* The heart of all of them. siglock of t held. 0 (also when ignored), -EAGAIN: a real-time
 * signal that could not be queued. */
int send_signal_locked(int sig, const siginfo_t *info, struct task_struct *t, bool group);
/* Will t never notice sig? force: it comes from the kernel, or from outside init's pid
 * namespace. siglock of t held. */
bool sig_ignored(struct task_struct *t, int sig, bool force);
/* May current send sig to t? sig 0 asks just that. 0, -EINVAL, -EPERM. tasklist_lock held, or t
 * is current. */
int check_kill_permission(int sig, const siginfo_t *info, struct task_struct *t);
/* A POSIX timer's own sigqueue: 0 queued (or it was already), 1 the signal is ignored. siglock
 * of t held. */
int send_sigqueue_locked(struct sigqueue *q, struct task_struct *t, bool group);

/* A signal for current that cannot be blocked or ignored (a fault). Interrupts on or off. */
void force_sig(int sig);
void force_fatal_sig(int sig);		/* default action, whatever the handler */

/* Makes t look at its signals soon; fatal: also out of a killable sleep or a stop. siglock held. */
void signal_wake_up(struct task_struct *t, bool fatal);
int __zap_other_threads(struct task_struct *p);
/* From now on this kernel thread, which otherwise ignores everything, gets sig as a reason to
 * wake up. */
void allow_signal(int sig);
/* The next of those that have come, with nobody to deliver them: its number, 0 = none. */
int kernel_dequeue_signal(void);
/* What an io worker (PF_IO_WORKER) does in place of delivery: stops with its process. True: it is
 * to end. May sleep. */
bool io_worker_signals(void);

/* --- a parent's news (notify.c). tasklist_lock held --- */
/* How p, a zombie, ended: a process that died as a whole says so for the thread that went
 * before. */
int task_wait_status(const struct task_struct *p);
/* SIGCHLD or p's other exit signal; wakes wait4 and pidfds. True when the parent ignores it
 * (autoreap). */
int do_notify_parent(struct task_struct *p, int sig);
/* p's process stopped or continued: why is CLD_STOPPED or CLD_CONTINUED, sig the signal that did
 * it, taken under the siglock: a wait4 in between clears it. for_tracer: it is told of that thread,
 * CLD_TRAPPED or CLD_STOPPED. */
void do_notify_parent_cldstop(struct task_struct *p, bool for_tracer, int why, int sig);
/* The same for p's real parent; takes tasklist_lock. */
void notify_stop(struct task_struct *p, int why, int sig);

/* --- stop and continue (jobctl.c). siglock held --- */
/* A SIGCONT was sent to p's process: takes back stops, starts whoever is stopped. */
void continue_group(struct task_struct *p);
/* current is to stop, for signr or (0) because another thread began it. True: it did, and the
 * siglock is no longer held. */
bool do_signal_stop(int signr);
/* p will not take part in a stop that was going on. True when that completed the stop: its
 * parent is to be told. */
bool leave_group_stop(struct task_struct *p);

/* --- receiving (deliver.c, sigqueue.c, calls.c) --- */
/* Sets p's TIF_SIGPENDING if something is there for it; the second also clears current's if not.
 * siglock held. */
void recalc_sigpending_tsk(struct task_struct *p);
void recalc_sigpending(void);
/* Delivers to user mode what is pending; regs are rewritten to enter a handler, or the task dies
 * or stops here. Interrupts on. Called while TIF_SIGPENDING or TIF_NOTIFY_RESUME is set. */
void do_signal(struct pt_regs *regs);
/* One signal that is not in blocked out of p's sets, for sigtimedwait and signalfd: number or 0.
 * p is current. siglock held. */
int dequeue_signal(struct task_struct *p, sigset_t blocked, siginfo_t *info);
void set_current_blocked(sigset_t set);
/* For ppoll, pselect, sigsuspend, epoll_pwait: block set until the call is over; if the call
 * ends with EINTR the old mask is restored only after the handler has run. NULL set: nothing
 * changes. 0, -EINVAL, -EFAULT. */
int set_user_sigmask(const sigset_t __user *set, size_t size);
void restore_saved_sigmask_unless(bool interrupted);
/* 128 bytes, padding zero. 0 or -EFAULT. May sleep. */
int copy_siginfo_to_user(siginfo_t __user *to, const siginfo_t *from);
/* A siginfo that a program made, all of it: 0, or -E2BIG when its code is none we know the layout
 * of and it says something beyond SIGINFO_USED. */
int check_siginfo(const siginfo_t *info);
static inline void copy_siginfo(siginfo_t *to, const siginfo_t *from)
{
	__builtin_memcpy(to, from, SIGINFO_USED);
}
static inline void clear_siginfo(siginfo_t *info)
{
	__builtin_memset(info, 0, SIGINFO_USED);
}
/* Is sp within current's alternate stack? (SS_AUTODISARM: never, it is not in use while a
 * handler runs.) */
bool on_sig_stack(unsigned long sp);
int sas_ss_flags(unsigned long sp);
void restore_altstack(const stack_t *ss);	/* for sigreturn: errors in it are ignored, as on
						 * Linux */

/* --- pending sets (sigqueue.c). siglock held --- */
/* NULL: no memory, or too many */
struct sigqueue *sigqueue_alloc(struct signal_struct *owner, bool override_rlimit);
void init_sigpending(struct sigpending *sp);
void flush_sigqueue(struct sigpending *sp);
void flush_sigqueue_mask(struct sigpending *sp, sigset_t mask);
/* The signal to deliver next, 0: all that is pending is blocked. */
int next_signal(const struct sigpending *sp, sigset_t blocked);
/* Takes out one occurrence of sig. Returns its sigqueue if it is a POSIX timer's (to be
 * re-armed), else NULL. */
struct sigqueue *collect_signal(int sig, struct sigpending *sp, siginfo_t *info);
/* A synchronous signal that the kernel (not kill) sent to this thread: number or 0. */
int dequeue_synchronous_signal(struct sigpending *sp, sigset_t blocked, siginfo_t *info);

/* --- life of a process --- */
void sighand_init(struct sighand_struct *sighand);	/* lock, queue, count 1; all signals have
							 * their defaults */
/* exec: caught -> default (forced: ignored too) */
void flush_signal_handlers(struct sighand_struct *sighand, bool force_default);
/* current sets PF_EXITING and hands process-wide signals to other threads. siglock held. True: a
 * group stop waited for it alone and is complete now. */
bool exit_signals(struct task_struct *p);

/* --- timers that send signals (kernel/time/itimer.c, posix_timers.c) --- */
void itimers_init(struct signal_struct *sig);	/* of a new process: none */
void itimer_rearm(struct signal_struct *sig);	/* SIGALRM was taken: the next period of
						 * ITIMER_REAL. siglock held */
/* its signal was taken; info gets the overrun. siglock held */
void posix_timer_delivered(struct k_itimer *timer, siginfo_t *info);
void posix_timer_put(struct k_itimer *timer);

/* --- arch/x86_64/signal.c --- */
/* Builds the frame for sig on the user's stack and points regs at the handler. 0 or -EFAULT
 * (then SIGSEGV). May sleep. */
int setup_rt_frame(int sig, const siginfo_t *info, const struct sigaction *sa, sigset_t oldmask,
		   struct pt_regs *regs);
/* ERESTARTxxx when regs are those of a system call that ended with it, else 0. */
int syscall_restart_error(const struct pt_regs *regs);
/* Makes user mode execute the call's instruction again, with the number it had or with
 * restart_syscall's. */
void syscall_restart(struct pt_regs *regs, bool by_restart_block);
/* The log line of a fault nobody handles. */
void show_fault(int sig, unsigned long addr);
