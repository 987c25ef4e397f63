/*
 * Making tasks: fork, vfork, clone, clone3 and kernel threads are one function, copy_process(). It
 * takes the running task as the model and goes through what a task has, one thing after the other:
 * copy it, or, if the flag says so, share it (one more reference). That choice is all that
 * distinguishes a process from a thread.
 *
 * 	flag		set: share with the parent	not set: copy
 * 	CLONE_VM	address space			page tables, copy-on-write
 * 	CLONE_FILES	descriptor table		a table of the same open files
 * 	CLONE_FS	cwd, root, umask		the same values
 * 	CLONE_SIGHAND	signal handlers			the same handlers
 * 	CLONE_THREAD	pid (tgid), pending signals,	a process of its own
 * 			limits, timers, the parent
 *
 * Locks: tasklist_lock, inside it siglock, for the moment the task becomes visible. Everything
 * before can sleep and can fail.
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/cgroup/cgroup.h"
#include "kernel/fs/fs.h"
#include "kernel/futex/futex.h"
#include "kernel/io_uring/io_uring.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/syscalls.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "kernel/trace/ptrace.h"
#include "kernel/trace/trace.h"
#include "libk/printf.h"
#include "libk/string.h"

int nr_threads, max_threads;
unsigned long total_forks;
static struct kmem_cache *task_cache, *signal_cache, *sighand_cache;

void fork_init(void)
{
	task_cache = kmem_cache_create("task_struct", TASK_FPU_OFFSET + fpu_image_size, 64);
	signal_cache = kmem_cache_create("signal_struct", sizeof(struct signal_struct), 8);
	sighand_cache = kmem_cache_create("sighand_struct", sizeof(struct sighand_struct), 8);
	/* Stacks and structures of all tasks may take most of memory, not all. */
	max_threads = (int)min(totalram_pages() * PAGE_SIZE / (THREAD_SIZE + PAGE_SIZE),
			       PID_MAX_LIMIT - 1UL);
	init_signal.rlim[RLIMIT_NPROC] =
		(struct rlimit){ (rlim_t)max_threads / 2, (rlim_t)max_threads / 2 };
	init_signal.rlim[RLIMIT_SIGPENDING] = init_signal.rlim[RLIMIT_NPROC];
}

/* --- the parts --- */

#define COPIED offsetof(struct task_struct, flags)
#define ZEROED offsetof(struct task_struct, thread)
#define ZEROED_END offsetofend(struct task_struct, restart_block.fn)

/* Of the fields that are given anew the state is sched_fork()'s, the numbers are make_pid()'s, the
 * words of the threads library set_tids()'s, and the family and the links of pids are those of
 * link_family() and link_pids(), which leave alone what only leaders have. */
static struct task_struct *dup_task_struct(struct task_struct *orig)
{
	struct task_struct *p = kmem_cache_alloc(task_cache, GFP_KERNEL);
	void *stack = p ? kstack_alloc() : NULL;

	if (!stack) {
		if (p)
			kmem_cache_free(task_cache, p);
		return NULL;
	}
	memcpy((char *)p + COPIED, (const char *)orig + COPIED, ZEROED - COPIED);
	memset((char *)p + ZEROED, 0, ZEROED_END - ZEROED);
	p->stack = stack;
	p->stack_canary = arch_random() & ~0xffUL;	/* a zero byte stops string functions */
	refcount_set(&p->usage, 2);	/* one for being findable (release_task), one for running
					 * (finish_task_switch) */
	p->thread_flags = 0;
	p->did_exec = false;
	p->start_time = ktime_get();
	p->flags &= ~(PF_IDLE | PF_SUPERPRIV | PF_WQ_WORKER | PF_IO_WORKER | PF_KTHREAD |
		      PF_NO_SETAFFINITY);
	p->flags |= PF_FORKNOEXEC;
	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->ptraced);
	INIT_LIST_HEAD(&p->ptrace_entry);
	INIT_LIST_HEAD(&p->pi_state_list);
	spin_lock_init(&p->alloc_lock, "task->alloc_lock");
	init_sigpending(&p->pending);
	return p;
}

void __put_task_struct(struct task_struct *p)
{
	BUG_ON(p == current || p->on_cpu);
	put_cred(p->cred);
	put_cgroup(p->cgroup);
	put_signal_struct(p->signal);
	kfree(p->kthread);
	kstack_free(p->stack);
	kmem_cache_free(task_cache, p);
}

static int copy_files(u64 flags, struct task_struct *p)
{
	if (!p->files)
		return 0;
	if (flags & CLONE_FILES) {
		refcount_inc(&p->files->count);
		return 0;
	}
	p->files = dup_fd(current->files);
	return p->files ? 0 : -ENOMEM;
}

static int copy_fs(u64 flags, struct task_struct *p)
{
	if (flags & CLONE_FS) {
		refcount_inc(&p->fs->users);
		return 0;
	}
	p->fs = copy_fs_struct(current->fs);
	return p->fs ? 0 : -ENOMEM;
}

/* The same handlers, not shared; NULL: no memory. */
struct sighand_struct *sighand_copy(struct sighand_struct *old)
{
	struct sighand_struct *new = kmem_cache_alloc(sighand_cache, GFP_KERNEL);

	if (!new)
		return NULL;
	sighand_init(new);
	spin_lock_irq(&old->siglock);
	new->set = old->set;
	for (sigset_t left = old->set; left; left &= left - 1) {
		int i = __builtin_ctzl(left);

		new->action[i] = old->action[i];
	}
	spin_unlock_irq(&old->siglock);
	return new;
}

static int copy_sighand(u64 flags, struct task_struct *p)
{
	struct sighand_struct *old = current->sighand;

	if (flags & CLONE_SIGHAND) {
		refcount_inc(&old->count);
		return 0;
	}
	p->sighand = sighand_copy(old);
	if (!p->sighand)
		return -ENOMEM;
	if (flags & CLONE_CLEAR_SIGHAND)
		flush_signal_handlers(p->sighand, false);
	return 0;
}

void put_sighand(struct sighand_struct *sighand)
{
	if (refcount_dec_and_test(&sighand->count))
		kmem_cache_free(sighand_cache, sighand);
}

static int copy_signal(u64 flags, struct task_struct *p)
{
	struct signal_struct *sig, *old = current->signal;

	if (flags & CLONE_THREAD) {
		refcount_inc(&old->sigcnt);
		return 0;
	}
	sig = p->signal = kmem_cache_alloc(signal_cache, GFP_KERNEL);
	if (!sig)
		return -ENOMEM;
	memset((char *)sig + offsetofend(struct signal_struct, rlim), 0,
	       sizeof(*sig) - offsetofend(struct signal_struct, rlim));
	refcount_set(&sig->sigcnt, 1);
	sig->live = 1;
	INIT_LIST_HEAD(&sig->thread_head);
	init_sigpending(&sig->shared_pending);
	init_waitqueue_head(&sig->wait_chldexit, "do_wait");
	memcpy(sig->rlim, old->rlim, sizeof(sig->rlim));
	sig->oom_score_adj = old->oom_score_adj;
	sig->has_child_subreaper = old->has_child_subreaper || old->is_child_subreaper;
	itimers_init(sig);
	return 0;
}

void put_signal_struct(struct signal_struct *sig)
{
	if (!refcount_dec_and_test(&sig->sigcnt))
		return;
	put_io_wq(sig->io_wq);
	kmem_cache_free(signal_cache, sig);
}

static int copy_mm(u64 flags, struct task_struct *p)
{
	p->active_mm = NULL;
	if (!current->mm) {
		p->mm = NULL;
		return 0;
	}
	if (flags & CLONE_VM)
		atomic_inc(&current->mm->mm_users);
	else
		p->mm = dup_mm(current->mm);
	if (IS_ERR(p->mm))
		return (int)PTR_ERR(p->mm);
	p->active_mm = p->mm;
	return 0;
}

/* --- refusals: what Linux refuses, with its errno --- */

#define NO_NAMESPACES (CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUSER | CLONE_NEWCGROUP)
#define RARE_FLAGS									\
	(NO_NAMESPACES | CLONE_NEWPID | CLONE_NEWUTS | CLONE_CLEAR_SIGHAND |		\
	 CLONE_PARENT | CLONE_PIDFD)

static int check_rare_flags(const struct kernel_clone_args *args)
{
	u64 flags = args->flags;

	if (flags & NO_NAMESPACES)
		return -EINVAL;		/* as a Linux without these namespaces */
	if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_PARENT) && (current->signal->flags & SIGNAL_UNKILLABLE))
		return -EINVAL;		/* init's siblings would have no parent */
	if ((flags & CLONE_THREAD) && (flags & CLONE_NEWPID))
		return -EINVAL;
	if ((flags & CLONE_PIDFD) && (flags & (CLONE_DETACHED | CLONE_THREAD)))
		return -EINVAL;
	if ((flags & CLONE_PIDFD) && (flags & CLONE_PARENT_SETTID) &&
	    args->pidfd == args->parent_tid)
		return -EINVAL;		/* one word for two answers */
	return flags & (CLONE_NEWPID | CLONE_NEWUTS) && !capable() ? -EPERM : 0;
}

static int check_flags(const struct kernel_clone_args *args)
{
	u64 flags = args->flags;

	if ((flags & CLONE_THREAD) &&
	    (!(flags & CLONE_SIGHAND) ||
	     current->nsproxy->pid_ns_for_children != task_active_pid_ns(current)))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if (unlikely(flags & RARE_FLAGS)) {
		int err = check_rare_flags(args);

		if (err)
			return err;
	}
	if ((flags & CLONE_SETTLS) && args->tls >= TASK_SIZE)
		return -EPERM;
	return 0;
}

static noinline bool too_many_processes(void)
{
	return user_processes(current->cred->uid) >= current->signal->rlim[RLIMIT_NPROC].rlim_cur;
}

static inline int check_limits(void)
{
	return READ_ONCE(nr_threads) >= max_threads || (!capable() && too_many_processes())
		       ? -EAGAIN : 0;
}

/* --- becoming visible --- */

/* tasklist_lock and current's siglock held. Parents are always group leaders: a child belongs to
 * a process, not to the thread that made it. */
static void link_family(struct task_struct *p, const struct kernel_clone_args *args)
{
	if (args->flags & (CLONE_PARENT | CLONE_THREAD))
		p->real_parent = current->real_parent;
	else
		p->real_parent = current->group_leader;
	p->parent = p->real_parent;
	p->ordinal = ++p->signal->last_ordinal;
	if (!(args->flags & (CLONE_PARENT | CLONE_THREAD)))
		p->maker = current->pid;	/* else copied: it is a sibling */
	if (args->flags & CLONE_THREAD) {
		p->group_leader = current->group_leader;
		p->tgid = current->tgid;
		p->exit_signal = -1;
		current->signal->live++;
		current->signal->nr_threads++;
		current->signal->nr_io_workers += !!(p->flags & PF_IO_WORKER);
		list_add_tail(&p->thread_node, &p->signal->thread_head);
		return;
	}
	p->group_leader = p;
	p->exit_signal =
		args->flags & CLONE_PARENT ? current->group_leader->exit_signal : args->exit_signal;
	p->signal->nr_threads = 1;
	list_add_tail(&p->thread_node, &p->signal->thread_head);
	list_add_tail(&p->sibling, &p->real_parent->children);
	list_add_tail(&p->tasks, &init_task.tasks);
}

static void link_pids(struct task_struct *p, struct pid *pid, const struct kernel_clone_args *args)
{
	attach_pid(p, PIDTYPE_PID, pid);
	if (args->flags & CLONE_THREAD)
		return;
	if (pid->level && pid->numbers[pid->level].nr == 1) {
		pid->numbers[pid->level].ns->child_reaper = p;
		p->signal->flags |= SIGNAL_UNKILLABLE;
	}
	p->signal->tty = current->signal->tty;
	attach_pid(p, PIDTYPE_TGID, pid);
	attach_pid(p, PIDTYPE_PGID, task_pid_type(current->group_leader, PIDTYPE_PGID));
	attach_pid(p, PIDTYPE_SID, task_pid_type(current->group_leader, PIDTYPE_SID));
}

/* The last step that can fail: a signal that came meanwhile means that fork is to be done again
 * (a child must not miss a group's signal), or not at all. */
static int publish(struct task_struct *p, struct pid *pid, const struct kernel_clone_args *args)
{
	const struct pid_namespace *ns = pid->numbers[pid->level].ns;
	int err = 0;

	spin_lock_irq(&tasklist_lock);
	spin_lock(&current->sighand->siglock);
	if (unlikely(signal_pending(current)))
		recalc_sigpending();
	/* a thread would escape the stop */
	if (fatal_signal_pending(current) || (current->jobctl & JOBCTL_STOP_PENDING) ||
	    (!(args->flags & CLONE_THREAD) && signal_pending(current)))
		err = -ERESTARTNOINTR;
	else if (ns->dead || (!ns->child_reaper && pid->numbers[pid->level].nr != 1))
		err = -ENOMEM;	/* its PID 1 is gone, or did not come about: nobody could adopt
				 * its orphans */
	if (!err)
		err = cgroup_fork(p, args->cgroup);
	if (!err) {
		link_family(p, args);
		link_pids(p, pid, args);
		ptrace_init_task(p, args);
		nr_threads++;
		total_forks++;
		trace_task_named(p);
		trace_sched_process_fork(p);
	}
	spin_unlock(&current->sighand->siglock);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

static void set_tids(struct task_struct *p, const struct kernel_clone_args *args)
{
	p->set_child_tid = args->flags & CLONE_CHILD_SETTID ? args->child_tid : NULL;
	p->clear_child_tid = args->flags & CLONE_CHILD_CLEARTID ? args->child_tid : NULL;
	if ((args->flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		p->sas_ss_sp = p->sas_ss_size = 0;	/* the alternate signal stack is its
							 * parent's, in use perhaps */
}

/* The child's number in its namespaces (which are its own by now: CLONE_NEWPID makes it PID 1 of
 * a new one) and, if asked for, the parent's descriptor of it. */
static int make_pid(struct task_struct *p, const struct kernel_clone_args *args, struct pid **pidp,
		    int *pidfd)
{
	struct pid *pid = *pidp = clone_alloc_pid(args, p->nsproxy->pid_ns_for_children);

	if (IS_ERR(pid))
		return (int)PTR_ERR(pid);
	p->pid = p->tgid = pid_nr_ns(pid, &init_pid_ns);
	if (!(args->flags & CLONE_PIDFD))
		return 0;
	*pidfd = pidfd_create(pid, 0);
	return *pidfd < 0 ? *pidfd : put_user(*pidfd, args->pidfd) ? -EFAULT : 0;
}

static void unmake_pid(struct pid *pid, int pidfd)
{
	unsigned long flags;

	if (pidfd >= 0)
		close_fd((unsigned int)pidfd);
	if (IS_ERR(pid))
		return;
	spin_lock_irqsave(&tasklist_lock, flags);
	free_pid(pid);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

struct task_struct *copy_process(const struct kernel_clone_args *args)
{
	u64 flags = args->flags;
	struct task_struct *p;
	struct pid *pid;
	int err, pidfd = -1;

	p = dup_task_struct(current);
	if (!p)
		return ERR_PTR(-ENOMEM);
	p->cred = get_current_cred();
	if (args->fn)
		p->flags |= args->io_thread ? PF_IO_WORKER : PF_KTHREAD;
	if (args->io_thread)
		p->blocked = ~SIG_KERNEL_ONLY_MASK;	/* no signal is ever meant for it */
	if (args->name)
		strscpy(p->comm, args->name, sizeof(p->comm));
	sched_fork(p);
	err = copy_files(flags, p);
	if (err)
		goto bad_cred;
	err = copy_fs(flags, p);
	if (err)
		goto bad_files;
	err = copy_sighand(flags, p);
	if (err)
		goto bad_fs;
	err = copy_signal(flags, p);
	if (err)
		goto bad_sighand;
	err = copy_mm(flags, p);
	if (err)
		goto bad_signal;
	err = copy_namespaces(flags, p);
	if (err)
		goto bad_mm;
	copy_thread(p, args);
	set_tids(p, args);
	err = make_pid(p, args, &pid, &pidfd);
	if (!err)
		err = publish(p, pid, args);
	if (!err)
		return p;

	unmake_pid(pid, pidfd);
	put_nsproxy(p->nsproxy);
bad_mm:
	if (p->mm)
		mmput(p->mm);
bad_signal:
	put_signal_struct(p->signal);
bad_sighand:
	put_sighand(p->sighand);
bad_fs:
	put_fs_struct(p->fs);
bad_files:
	if (p->files)
		put_files_struct(p->files);
bad_cred:
	put_cred(p->cred);
	kstack_free(p->stack);
	kmem_cache_free(task_cache, p);
	return ERR_PTR(err);
}

/* The child lets its vfork parent go: it has left the parent's address space. The lock is
 * against a parent that gives up (killed). */
void mm_release_vfork(struct task_struct *p)
{
	if (!READ_ONCE(p->vfork_done))	/* set before p first ran, and only cleared later */
		return;
	spin_lock_irq(&p->alloc_lock);
	if (p->vfork_done)
		complete(p->vfork_done);
	p->vfork_done = NULL;
	spin_unlock_irq(&p->alloc_lock);
}

/* False: we were killed. */
static bool wait_for_vfork(struct task_struct *child, struct completion *done)
{
	if (!wait_for_completion_killable(done))
		return true;
	spin_lock_irq(&child->alloc_lock);
	child->vfork_done = NULL;	/* done is on our stack */
	spin_unlock_irq(&child->alloc_lock);
	return false;
}

long kernel_clone(const struct kernel_clone_args *args)
{
	struct completion vfork;
	struct task_struct *p;
	int event = ptrace_fork_event(args);
	struct pid *pid = NULL;
	long nr;

	nr = check_flags(args);
	if (!nr)
		nr = check_limits();
	if (nr)
		return nr;
	p = copy_process(args);
	if (IS_ERR(p))
		return PTR_ERR(p);
	nr = task_pid_vnr(p);
	if (args->flags & CLONE_PARENT_SETTID)
		(void)put_user((int)nr, args->parent_tid);	/* too late to fail: Linux
								 * ignores it too */
	if (args->flags & CLONE_VFORK) {
		init_completion(&vfork, "vfork");
		p->vfork_done = &vfork;
		get_task_struct(p);
	}
	if (unlikely(event))
		pid = get_pid(p->thread_pid);
	wake_up_new_task(p);
	if (unlikely(event))
		ptrace_event_pid(event, pid);
	if (args->flags & CLONE_VFORK) {
		if (wait_for_vfork(p, &vfork) && unlikely(event))
			ptrace_event_pid(PTRACE_EVENT_VFORK_DONE, pid);
		put_task_struct(p);
	}
	if (unlikely(event))
		put_pid(pid);
	return nr;
}

long kernel_thread(int (*fn)(void *), void *arg, const char *name, unsigned long flags)
{
	struct kernel_clone_args args = {
		.flags = (flags & ~(u64)CSIGNAL) | CLONE_VM, .exit_signal = (int)(flags & CSIGNAL),
		.fn = fn, .fn_arg = arg, .name = name
	};

	return kernel_clone(&args);
}

struct task_struct *create_io_thread(int (*fn)(void *), void *arg, const char *name)
{
	struct kernel_clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			 CLONE_UNTRACED,
		.fn = fn, .fn_arg = arg, .name = name, .io_thread = true,
	};
	int err = check_flags(&args);

	if (!err)
		err = check_limits();
	return err ? ERR_PTR(err) : copy_process(&args);
}

/* The idle task of another CPU: like a kernel thread, but never on a queue, without a pid of its
 * own, and started by the CPU itself. */
struct task_struct *fork_idle(int cpu)
{
	struct task_struct *p = dup_task_struct(&init_task);

	if (!p)
		panic("no memory for the idle task of CPU %d", cpu);
	refcount_inc(&((struct cred *)p->cred)->usage);
	snprintf(p->comm, sizeof(p->comm), "swapper/%d", cpu);
	p->flags |= PF_IDLE | PF_KTHREAD;
	p->pid = p->tgid = p->exit_signal = 0;
	p->thread_pid = init_task.thread_pid;
	p->real_parent = p->parent = p->group_leader = &init_task;
	p->set_child_tid = p->clear_child_tid = NULL;
	p->mm = NULL;
	p->active_mm = &init_mm;
	atomic_inc(&init_mm.mm_count);
	sched_init_idle(p, cpu);
	return p;
}
