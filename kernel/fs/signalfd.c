/*
 * signalfd: signals taken by read instead of by a handler. Whoever reads takes signals of its own,
 * whoever made the file.
 *
 * Readers and pollers sleep on sighand->signalfd_wqh, woken by whoever sends a signal. Such a queue
 * goes away with the handlers of the last thread that shares them, while an epoll that another
 * process has inherited may still stand in it: so the file keeps a reference to every sighand it
 * was ever polled for (usually one).
 *
 * Locks: siglock (spinning) for mask and pending signals; signalfd_mutex for the list of sighands.
 */
#include "kernel/fs/special.h"
#include "kernel/syscalls.h"
#include "libk/abi/eventfd.h"

struct polled_sighand {
	struct list_head list;
	struct sighand_struct *sighand;		/* with a reference */
};

struct signalfd {
	sigset_t mask;			/* signals to take; a word, read and written whole */
	struct list_head polled;	/* signalfd_mutex */
};

static DEFINE_MUTEX(signalfd_mutex);

/* One signal of current's: its number or 0. */
static int take_signal(struct signalfd *ctx, siginfo_t *info)
{
	unsigned long flags;
	int sig;

	if (!lock_task_sighand(current, &flags))
		return 0;
	sig = dequeue_signal(current, ~READ_ONCE(ctx->mask), info);
	unlock_task_sighand(current, &flags);
	return sig;
}

/* What a siginfo says, in signalfd's words. */
static struct signalfd_siginfo translate(const siginfo_t *info)
{
	int sig = info->si_signo;
	struct signalfd_siginfo s = { .ssi_signo = (u32)sig, .ssi_errno = info->si_errno,
				      .ssi_code = info->si_code };

	if (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE || sig == SIGTRAP) {
		s.ssi_addr = (u64)info->si_addr;
	} else if (info->si_code == SI_TIMER) {
		s.ssi_tid = (u32)info->si_timerid;
		s.ssi_overrun = (u32)info->si_overrun;
		s.ssi_int = info->_sifields._timer._sigval.sival_int;
		s.ssi_ptr = (u64)info->_sifields._timer._sigval.sival_ptr;
	} else {
		s.ssi_pid = (u32)info->si_pid;
		s.ssi_uid = info->si_uid;
		if (sig == SIGCHLD && info->si_code > 0) {
			s.ssi_status = info->si_status;
			s.ssi_utime = (u64)info->si_utime;
			s.ssi_stime = (u64)info->si_stime;
		} else if (info->si_code < 0) {
			s.ssi_int = info->si_int;
			s.ssi_ptr = (u64)info->si_ptr;
		}
	}
	return s;
}

static ssize_t signalfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct signalfd *ctx = f->private_data;
	struct signalfd_siginfo out;
	ssize_t done = 0, ret = 0;
	siginfo_t info;
	int sig;

	if (to->count < sizeof(out))
		return -EINVAL;
	while (to->count >= sizeof(out)) {
		clear_siginfo(&info);
		sig = take_signal(ctx, &info);
		if (!sig && !done)	/* the first is waited for, the others are taken along */
			ret = wait_event_file(f, &current->sighand->signalfd_wqh,
					      (sig = take_signal(ctx, &info)) != 0);
		if (!sig || ret)
			break;
		info.si_signo = sig;
		out = translate(&info);
		if (copy_to_iter(&out, sizeof(out), to) != sizeof(out)) {
			ret = -EFAULT;
			break;
		}
		done += sizeof(out);
	}
	return done ? done : ret;
}

/* Makes sure that current's sighand lives as long as the file. false: no memory for that. */
static bool keep_sighand(struct signalfd *ctx)
{
	struct sighand_struct *sighand = current->sighand;
	struct polled_sighand *p;

	guard(mutex)(&signalfd_mutex);
	list_for_each_entry(p, &ctx->polled, list)
		if (p->sighand == sighand)
			return true;
	p = kmalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return false;
	refcount_inc(&sighand->count);
	p->sighand = sighand;
	list_add_tail(&p->list, &ctx->polled);
	return true;
}

static unsigned int signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct signalfd *ctx = f->private_data;
	struct signal_struct *sig = current->signal;
	unsigned long flags;
	sigset_t pending;

	if (pt && pt->queue && keep_sighand(ctx))
		poll_wait(f, &current->sighand->signalfd_wqh, pt);
	if (!lock_task_sighand(current, &flags))
		return 0;
	pending = current->pending.signal | sig->shared_pending.signal;
	unlock_task_sighand(current, &flags);
	return pending & READ_ONCE(ctx->mask) ? POLLIN | POLLRDNORM : 0;
}

static void signalfd_release(struct inode *inode, struct file *f)
{
	struct signalfd *ctx = f->private_data;
	struct polled_sighand *p, *n;

	list_for_each_entry_safe(p, n, &ctx->polled, list) {
		put_sighand(p->sighand);
		kfree(p);
	}
	kfree(ctx);
}

static const struct file_operations signalfd_fops = {
	.read = signalfd_read, .poll = signalfd_poll, .llseek = noop_llseek,
	.release = signalfd_release,
};

static int new_signalfd(sigset_t mask, int flags)
{
	struct signalfd *ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	int fd;

	if (!ctx)
		return -ENOMEM;
	ctx->mask = mask;
	INIT_LIST_HEAD(&ctx->polled);
	fd = anon_inode_getfd("[signalfd]", &signalfd_fops, ctx, O_RDWR | flags);
	if (fd < 0)
		kfree(ctx);
	return fd;
}

SYSCALL_DEFINE(signalfd4, int ufd, const sigset_t __user *umask, size_t size, int flags)
{
	CLASS(fd, fd)(ufd);
	sigset_t mask;

	if (size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	mask &= ~SIG_KERNEL_ONLY_MASK;
	if (ufd == -1)
		return new_signalfd(mask, flags);
	if (!fd.file)
		return -EBADF;
	if (fd.file->f_op != &signalfd_fops)
		return -EINVAL;
	WRITE_ONCE(((struct signalfd *)fd.file->private_data)->mask, mask);
	wake_up_all(&current->sighand->signalfd_wqh);
	return ufd;
}

SYSCALL_OLD(signalfd, (int fd, const sigset_t __user *mask, size_t size),
	    signalfd4(fd, mask, size, 0))
