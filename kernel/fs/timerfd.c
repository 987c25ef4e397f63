/*
 * timerfd: a timer whose expirations are read from a file.
 *
 * The timer fires once; the periods that passed since are counted when somebody reads, and only
 * then it is armed again. So an interval of a nanosecond costs no more than its readers.
 *
 * Locks: ctx->mutex. The timer's handler only sets fired, and wakes: whoever sleeps queues itself
 * before it looks at fired, whoever fires sets it before it looks at the queue (both with a full
 * barrier between).
 */
#include "asm/processor.h"
#include "kernel/fs/special.h"
#include "kernel/syscalls.h"

struct timerfd {
	struct mutex mutex;
	struct hrtimer timer;
	clockid_t clock;	/* (c) */
	u64 expires;		/* (mutex) ktime of the expiry that was or will be; 0: disarmed */
	u64 interval;		/* (mutex) ns, 0: once */
	bool fired;		/* since it was last armed */
	struct wait_queue_head wait;
};

static u64 timerfd_fire(struct hrtimer *timer)
{
	struct timerfd *ctx = container_of(timer, struct timerfd, timer);

	smp_store_mb(ctx->fired, true);
	wake_up_pollers(&ctx->wait, POLLIN | POLLRDNORM);
	return 0;
}

/* The timer is not running, or its handler has set fired. mutex held. */
static void arm(struct timerfd *ctx, u64 expires)
{
	ctx->expires = expires;
	WRITE_ONCE(ctx->fired, false);
	if (expires)
		hrtimer_start(&ctx->timer, expires);
}

/*
 * Counts the expirations since the last time and arms the next one. 0: there were none. mutex held.
 */
static u64 take_ticks(struct timerfd *ctx)
{
	u64 ticks = 1, expires = 0;

	if (!READ_ONCE(ctx->fired))
		return 0;
	if (ctx->interval) {
		ticks += (ktime_get() - ctx->expires) / ctx->interval;
		expires = ctx->expires + ticks * ctx->interval;
	}
	arm(ctx, expires);
	return ticks;
}

static u64 lock_and_take(struct timerfd *ctx)
{
	guard(mutex)(&ctx->mutex);
	return take_ticks(ctx);
}

static ssize_t timerfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct timerfd *ctx = f->private_data;
	u64 ticks;
	long ret = 0;

	if (to->count < sizeof(ticks))
		return -EINVAL;
	while (!(ticks = lock_and_take(ctx)) && !ret)
		ret = wait_event_file(f, &ctx->wait, READ_ONCE(ctx->fired));
	return ticks ? copy_u64_to_iter(ticks, to) : ret;
}

static unsigned int timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *ctx = f->private_data;

	poll_wait(f, &ctx->wait, pt);
	return READ_ONCE(ctx->fired) ? POLLIN | POLLRDNORM : 0;
}

static void timerfd_release(struct inode *inode, struct file *f)
{
	struct timerfd *ctx = f->private_data;

	hrtimer_cancel(&ctx->timer);
	kfree(ctx);
}

static const struct file_operations timerfd_fops = {
	.read = timerfd_read, .poll = timerfd_poll, .llseek = noop_llseek,
	.release = timerfd_release,
};

SYSCALL_DEFINE(timerfd_create, int clock, int flags)
{
	struct timerfd *ctx;
	int fd;

	if (flags & ~(TFD_NONBLOCK | TFD_CLOEXEC))
		return -EINVAL;
	/* nothing here sleeps so deep that an alarm's clock is another one than without */
	if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME &&
	    clock != CLOCK_REALTIME_ALARM && clock != CLOCK_BOOTTIME_ALARM)
		return -EINVAL;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	mutex_init(&ctx->mutex, "timerfd_mutex");
	init_waitqueue_head(&ctx->wait, "timerfd");
	hrtimer_setup(&ctx->timer, timerfd_fire);
	ctx->clock = clock;
	fd = anon_inode_getfd("[timerfd]", &timerfd_fops, ctx, O_RDWR | flags);
	if (fd < 0)
		kfree(ctx);
	return fd;
}

/* What is left until the next expiry, and the interval. mutex held. */
static struct itimerspec remaining(struct timerfd *ctx)
{
	u64 now = ktime_get(), next = ctx->expires, left = 0;

	if (next && next <= now && ctx->interval)
		next += ((now - next) / ctx->interval + 1) * ctx->interval;
	if (next > now)
		left = next - now;
	else if (next && !READ_ONCE(ctx->fired))
		left = 1;	/* armed: 0 would say that it is not */
	return (struct itimerspec){ ns_to_timespec(ctx->interval), ns_to_timespec(left) };
}

/* ktime of the first expiry that value asks for, 0: disarm. */
static u64 first_expiry(const struct timerfd *ctx, const struct timespec *value, bool absolute)
{
	u64 deadline = timespec_to_deadline(value, ctx->clock, absolute);

	return timespec_to_ns(value) ? max_t(u64, deadline, 1) : 0;
}

/* The timerfd of a descriptor, or ERR_PTR. */
static struct timerfd *timerfd_of(struct fd fd)
{
	if (!fd.file)
		return ERR_PTR(-EBADF);
	return fd.file->f_op == &timerfd_fops ? fd.file->private_data : ERR_PTR(-EINVAL);
}

SYSCALL_DEFINE(timerfd_settime, int ufd, int flags, const struct itimerspec __user *unew,
	       struct itimerspec __user *uold)
{
	CLASS(fd, fd)(ufd);
	struct timerfd *ctx = timerfd_of(fd);
	struct itimerspec new, old;

	if (copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
	    !timespec_valid(&new.it_value) || !timespec_valid(&new.it_interval))
		return -EINVAL;
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	scoped_guard(mutex, &ctx->mutex) {
		hrtimer_cancel(&ctx->timer);
		old = remaining(ctx);
		ctx->interval = timespec_to_ns(&new.it_interval);
		arm(ctx, first_expiry(ctx, &new.it_value, flags & TFD_TIMER_ABSTIME));
	}
	return uold && copy_to_user(uold, &old, sizeof(old)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(timerfd_gettime, int ufd, struct itimerspec __user *ucur)
{
	CLASS(fd, fd)(ufd);
	struct timerfd *ctx = timerfd_of(fd);
	struct itimerspec cur;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	scoped_guard(mutex, &ctx->mutex)
		cur = remaining(ctx);
	return copy_to_user(ucur, &cur, sizeof(cur)) ? -EFAULT : 0;
}
