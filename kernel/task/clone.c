/*
 * The system calls that make and unmake sharing: fork, vfork, clone, clone3, unshare. They only
 * decode; fork.c does the work. Locks: task->alloc_lock to exchange a pointer.
 */
#include "asm/uaccess.h"
#include "kernel/cgroup/cgroup.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/mm.h"
#include "kernel/syscalls.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "libk/string.h"

SYSCALL_DEFINE(fork, void)
{
	static const struct kernel_clone_args args = { .exit_signal = SIGCHLD };

	return kernel_clone(&args);
}

SYSCALL_DEFINE(vfork, void)
{
	static const struct kernel_clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK,
		.exit_signal = SIGCHLD,
	};

	return kernel_clone(&args);
}

SYSCALL_DEFINE(clone, unsigned long flags, unsigned long stack, int __user *parent_tid,
	       int __user *child_tid, unsigned long tls)
{
	struct kernel_clone_args args = {
		.flags = (u32)flags & ~(u64)CSIGNAL,
		.exit_signal = (int)(flags & CSIGNAL),
		.stack = stack,
		.tls = tls,
		.pidfd = parent_tid,	/* the two share the argument */
		.parent_tid = parent_tid,
		.child_tid = child_tid,
	};

	if (flags & CLONE_DETACHED && !(flags & CLONE_PIDFD))
		args.flags &= ~(u64)CLONE_DETACHED;	/* obsolete: musl still sets it */
	return kernel_clone(&args);
}

#define CLONE3_FLAGS (0xffffffffULL & ~(u64)(CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))

static int check_clone3(const struct clone_args *a)
{
	if (a->flags & ~(CLONE3_FLAGS | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP) ||
	    a->exit_signal & ~(u64)CSIGNAL)
		return -EINVAL;
	if (a->exit_signal > _NSIG)
		return -EINVAL;
	if ((a->flags & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal)
		return -EINVAL;
	if (!a->stack != !a->stack_size)
		return -EINVAL;
	if (a->stack && !access_ok((void __user *)a->stack, a->stack_size))
		return -EINVAL;
	if (a->set_tid_size > MAX_PID_NS_LEVEL + 1 || !a->set_tid != !a->set_tid_size)
		return -EINVAL;
	if (a->flags & CLONE_NEWTIME)
		return -EINVAL;
	return 0;
}

SYSCALL_DEFINE(clone3, struct clone_args __user *uargs, size_t size)
{
	struct kernel_clone_args args = { 0 };
	pid_t set_tid[MAX_PID_NS_LEVEL + 1];
	struct clone_args a;
	long ret;
	int err;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	err = copy_struct_from_user(&a, sizeof(a), uargs, size);
	if (!err)
		err = check_clone3(&a);
	if (err)
		return err;
	if (copy_from_user(set_tid, (void __user *)a.set_tid, a.set_tid_size * sizeof(pid_t)))
		return -EFAULT;
	args.flags = a.flags;
	args.exit_signal = (int)a.exit_signal;
	args.stack = a.stack;
	args.stack_size = a.stack_size;
	args.tls = a.tls;
	args.pidfd = (int __user *)a.pidfd;
	args.child_tid = (int __user *)a.child_tid;
	args.parent_tid = (int __user *)a.parent_tid;
	args.set_tid = set_tid;
	args.set_tid_size = a.set_tid_size;
	if (a.flags & CLONE_INTO_CGROUP && size < sizeof(a))
		return -EINVAL;
	if (a.flags & CLONE_INTO_CGROUP)
		args.cgroup = cgroup_get_from_fd((unsigned int)a.cgroup);
	if (IS_ERR(args.cgroup))
		return PTR_ERR(args.cgroup);
	ret = kernel_clone(&args);
	put_cgroup(args.cgroup);
	return ret;
}

#define UNSHARE_FLAGS									\
	(CLONE_FS | CLONE_FILES | CLONE_VM | CLONE_THREAD | CLONE_SIGHAND |		\
	 CLONE_SYSVSEM | CLONE_NEWUTS | CLONE_NEWPID)

static int unshare_fs(void)
{
	struct fs_struct *copy, *old = current->fs;

	if (refcount_read(&old->users) == 1)
		return 0;
	copy = copy_fs_struct(old);
	if (!copy)
		return -ENOMEM;
	spin_lock_irq(&current->alloc_lock);
	current->fs = copy;
	spin_unlock_irq(&current->alloc_lock);
	put_fs_struct(old);
	return 0;
}

/* Our own descriptor table, if it is shared. 0 or -ENOMEM. */
int unshare_files(void)
{
	struct files_struct *copy, *old = current->files;

	if (refcount_read(&old->count) == 1)
		return 0;
	copy = dup_fd(old);
	if (!copy)
		return -ENOMEM;
	spin_lock_irq(&current->alloc_lock);
	current->files = copy;
	spin_unlock_irq(&current->alloc_lock);
	put_files_struct(old);
	return 0;
}

/* Memory, handlers and the thread group cannot be made private afterwards: asking is fine only
 * if they are not shared. */
SYSCALL_DEFINE(unshare, unsigned long flags)
{
	int err = 0;

	if (flags & ~(unsigned long)UNSHARE_FLAGS)
		return -EINVAL;
	if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) && current->signal->nr_threads > 1)
		return -EINVAL;
	if ((flags & (CLONE_SIGHAND | CLONE_VM)) && refcount_read(&current->sighand->count) > 1)
		return -EINVAL;
	if ((flags & CLONE_VM) && atomic_read(&current->mm->mm_users) > 1)
		return -EINVAL;
	if (flags & (CLONE_NEWUTS | CLONE_NEWPID))
		err = unshare_namespaces(flags);
	if (!err && flags & CLONE_FS)
		err = unshare_fs();
	if (!err && flags & CLONE_FILES)
		err = unshare_files();
	return err;
}
