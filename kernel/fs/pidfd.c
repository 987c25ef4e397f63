/*
 * pidfd: a process as a file. It names the process, not its number, so a signal sent through it
 * never hits a successor; it polls as readable once the process has exited. The file holds a
 * reference to struct pid, and with it to the queue its pollers sleep on.
 */
#include "kernel/fs/special.h"
#include "kernel/syscalls.h"

/* Has the last thread of the process exited? */
static bool process_exited(struct pid *pid)
{
	struct task_struct *p;

	guard(spinlock_irqsave)(&tasklist_lock);
	p = pid_task(pid, PIDTYPE_TGID);
	return !p || (p->exit_state && p->signal->nr_threads <= 1);
}

static unsigned int pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct pid *pid = f->private_data;

	poll_wait(f, &pid->wait_pidfd, pt);
	return process_exited(pid) ? POLLIN | POLLRDNORM : 0;
}

static void pidfd_release(struct inode *inode, struct file *f)
{
	put_pid(f->private_data);
}

static const struct file_operations pidfd_fops = { .poll = pidfd_poll, .release = pidfd_release };

int pidfd_create(struct pid *pid, unsigned int flags)
{
	int fd = anon_inode_getfd("[pidfd]", &pidfd_fops, get_pid(pid),
				  O_RDWR | O_CLOEXEC | (flags & O_NONBLOCK));

	if (fd < 0)
		put_pid(pid);
	return fd;
}

struct pid *pidfd_get_pid(unsigned int ufd, unsigned int *f_flags)
{
	CLASS(fd, fd)(ufd);

	if (!fd.file || fd.file->f_op != &pidfd_fops)
		return ERR_PTR(-EBADF);
	*f_flags = fd.file->f_flags;
	return get_pid(fd.file->private_data);
}

static bool is_process(struct pid *pid)
{
	guard(spinlock_irqsave)(&tasklist_lock);
	return pid_task(pid, PIDTYPE_TGID);
}

SYSCALL_DEFINE(pidfd_open, pid_t nr, unsigned int flags)
{
	struct pid *pid __free(pid) = NULL;

	if ((flags & ~(unsigned int)O_NONBLOCK) || nr <= 0)
		return -EINVAL;
	pid = find_get_pid(nr);
	if (!pid)
		return -ESRCH;
	return is_process(pid) ? pidfd_create(pid, flags) : -EINVAL;	/* not a mere thread */
}

/*
 * The siginfo a user gave: it must say what is sent, and may claim to come from the kernel only if
 * it goes to the sender itself.
 */
static int read_siginfo(siginfo_t *info, int sig, const siginfo_t __user *uinfo, bool to_self)
{
	int ret;

	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	ret = check_siginfo(info);
	if (ret)
		return ret;
	if (info->si_signo != sig)
		return -EINVAL;
	return !to_self && (info->si_code >= 0 || info->si_code == SI_TKILL) ? -EPERM : 0;
}

SYSCALL_DEFINE(pidfd_send_signal, int pidfd, int sig, const siginfo_t __user *uinfo,
	       unsigned int flags)
{
	siginfo_t info;
	unsigned int f_flags;
	struct pid *pid __free(pid) = NULL;
	int ret = 0;

	if (flags)
		return -EINVAL;
	pid = pidfd_get_pid(pidfd, &f_flags);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	if (uinfo)
		ret = read_siginfo(&info, sig, uinfo, pid == task_pid_type(current, PIDTYPE_TGID));
	return ret ? ret : kill_pid(pid, sig, uinfo ? &info : SEND_SIG_NOINFO);
}
