/*
 * eventfd: a 64-bit counter as a file. write adds, read takes (all of it, or 1 with EFD_SEMAPHORE).
 *
 * Locks: ctx->lock, a spinlock: the counter. Sleepers test it with the lock held, so a waker that
 * looks at the queue after it had the lock sees them (the argument at the top of dev/tty.c).
 */
#include "kernel/fs/special.h"
#include "kernel/syscalls.h"
#include "libk/abi/eventfd.h"

struct eventfd {
	spinlock_t lock;
	u64 count;			/* (lock) never UINT64_MAX: that is no value but an error */
	struct wait_queue_head wait;
	bool semaphore;			/* (c) */
};

/* Takes from the counter: what read returns; 0: it is zero. */
static u64 take_count(struct eventfd *ctx)
{
	u64 n;

	guard(spinlock)(&ctx->lock);
	n = ctx->semaphore && ctx->count ? 1 : ctx->count;
	ctx->count -= n;
	return n;
}

static bool add_count(struct eventfd *ctx, u64 n)
{
	guard(spinlock)(&ctx->lock);
	if (UINT64_MAX - ctx->count <= n)
		return false;
	ctx->count += n;
	return true;
}

static ssize_t eventfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct eventfd *ctx = f->private_data;
	u64 n;
	long ret;

	if (to->count < sizeof(n))
		return -EINVAL;
	ret = wait_event_file(f, &ctx->wait, (n = take_count(ctx)) != 0);
	if (ret)
		return ret;
	wake_up_pollers(&ctx->wait, POLLOUT | POLLWRNORM);
	return copy_u64_to_iter(n, to);
}

static ssize_t eventfd_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct eventfd *ctx = f->private_data;
	u64 n;
	long ret;

	if (from->count < sizeof(n))
		return -EINVAL;
	if (copy_from_iter(&n, sizeof(n), from) != sizeof(n))
		return -EFAULT;
	if (n == UINT64_MAX)
		return -EINVAL;
	ret = wait_event_file(f, &ctx->wait, add_count(ctx, n));
	if (ret)
		return ret;
	wake_up_pollers(&ctx->wait, POLLIN | POLLRDNORM);
	return sizeof(n);
}

static unsigned int eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *ctx = f->private_data;

	poll_wait(f, &ctx->wait, pt);
	guard(spinlock)(&ctx->lock);
	return (ctx->count ? POLLIN | POLLRDNORM : 0) |
	       (ctx->count < UINT64_MAX - 1 ? POLLOUT | POLLWRNORM : 0);
}

static void eventfd_release(struct inode *inode, struct file *f)
{
	kfree(f->private_data);
}

static const struct file_operations eventfd_fops = {
	.read = eventfd_read, .write = eventfd_write, .poll = eventfd_poll,
	.llseek = noop_llseek, .release = eventfd_release,
};

SYSCALL_DEFINE(eventfd2, unsigned int count, int flags)
{
	struct eventfd *ctx;
	int fd;

	if (flags & ~(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC))
		return -EINVAL;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	spin_lock_init(&ctx->lock, "eventfd");
	init_waitqueue_head(&ctx->wait, "eventfd");
	ctx->count = count;
	ctx->semaphore = flags & EFD_SEMAPHORE;
	fd = anon_inode_getfd("[eventfd]", &eventfd_fops, ctx,
			      O_RDWR | (flags & (O_NONBLOCK | O_CLOEXEC)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

SYSCALL_OLD(eventfd, (unsigned int count), eventfd2(count, 0))
