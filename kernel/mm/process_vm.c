/*
 * process_vm_readv and process_vm_writev: copying between the memory of two processes, through one
 * page of the kernel's.
 *
 * Locks: none of its own; may sleep. Relies on remote.c, and on kernel/fs for arrays of buffers.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "kernel/trace/ptrace.h"
#include "libk/abi/uio.h"
#include "libk/err.h"

ssize_t access_remote_iter(struct mm_struct *mm, unsigned long addr, size_t len,
			   struct iov_iter *local, bool write, bool force)
{
	char *page __free(kfree) = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t done = 0, n, want;

	if (!page)
		return -ENOMEM;
	while (done < len) {
		n = want = min(len - done, PAGE_SIZE);
		if (write)
			n = copy_from_iter(page, n, local);
		n = access_remote_vm(mm, addr + done, page, n, write, force);
		if (!write)
			n = copy_to_iter(page, n, local);
		done += n;
		if (n < want)
			break;
	}
	return (ssize_t)done;
}

static ssize_t copy_all(struct mm_struct *mm, const struct iovec *remote, unsigned long n,
			struct iov_iter *local, bool write)
{
	ssize_t total = 0;

	for (; n && iov_iter_count(local); n--, remote++) {
		size_t len = min(remote->iov_len, iov_iter_count(local));
		ssize_t done = access_remote_iter(mm, (unsigned long)remote->iov_base, len, local,
						  write, false);

		if (done < 0)
			return total ? total : done;
		total += done;
		if ((size_t)done < len)
			return total ? total : -EFAULT;
	}
	return total;
}

/* The memory of a process that the caller may look into. */
static struct mm_struct *find_mm(pid_t pid)
{
	struct task_struct *p __free(task) = find_get_task_by_vpid(pid);
	struct mm_struct *mm;

	if (!p)
		return ERR_PTR(-ESRCH);
	mm = ptrace_may_access(p) ? get_task_mm(p) : ERR_PTR(-EPERM);
	return mm ? mm : ERR_PTR(-ESRCH);
}

static long process_vm(pid_t pid, const struct iovec __user *ulocal, unsigned long nr_local,
		       const struct iovec __user *uremote, unsigned long nr_remote,
		       unsigned long flags, bool write)
{
	struct iovec fast_local[IOV_FAST], fast_remote[IOV_FAST], *local = fast_local,
								  *remote = fast_remote;
	struct iov_iter iter;
	struct mm_struct *mm;
	ssize_t ret;

	if (flags)
		return -EINVAL;
	ret = import_iovec(ulocal, nr_local, fast_local, &local);
	if (ret <= 0)
		goto out;
	iter = (struct iov_iter){ .count = (size_t)ret, .iov = local };
	ret = import_iovec(uremote, nr_remote, fast_remote, &remote);
	if (ret <= 0)
		goto out;
	mm = find_mm(pid);
	ret = PTR_ERR(mm);
	if (!IS_ERR(mm)) {
		ret = copy_all(mm, remote, nr_remote, &iter, write);
		mmput(mm);
	}
out:
	if (local != fast_local)
		kfree(local);
	if (remote != fast_remote)
		kfree(remote);
	return ret;
}

SYSCALL_DEFINE(process_vm_readv, pid_t pid, const struct iovec __user *local,
	       unsigned long nr_local, const struct iovec __user *remote, unsigned long nr_remote,
	       unsigned long flags)
{
	return process_vm(pid, local, nr_local, remote, nr_remote, flags, false);
}

SYSCALL_DEFINE(process_vm_writev, pid_t pid, const struct iovec __user *local,
	       unsigned long nr_local, const struct iovec __user *remote, unsigned long nr_remote,
	       unsigned long flags)
{
	return process_vm(pid, local, nr_local, remote, nr_remote, flags, true);
}
