/*
 * timerfd: a timer whose expirations are read from a file.
 *
 * The timer fires once; the periods that passed since are counted when somebody reads, and only then it is armed again. So an interval of a
 * nanosecond costs no more than its readers.
 *
 * Locks: ctx->mutex > ctx->lock (interrupts off: the timer's handler takes it). The timer is started and cancelled with the mutex only.
 */
#include "asm/processor.h"
#include "kernel/fs/special.h"
#include "kernel/syscalls.h"

struct timerfd {
	struct mutex mutex;
	spinlock_t lock;
	struct hrtimer timer;
	clockid_t clock;	/* (c) */
	u64 expires;		/* (mutex) ktime of the expiry that was or will be; 0: disarmed */
	u64 interval;		/* (mutex) ns, 0: once */
	bool fired;		/* (lock) since it was last armed */
	struct wait_queue_head wait;
};

static u64 timerfd_fire(struct hrtimer *timer)
{
	struct timerfd *ctx = container_of(timer, struct timerfd, timer);
	unsigned long flags;

	spin_lock_irqsave(&ctx->lock, flags);
	ctx->fired = true;
	spin_unlock_irqrestore(&ctx->lock, flags);
	if (waitqueue_active(&ctx->wait))
		__wake_up(&ctx->wait, TASK_NORMAL, 0, POLLIN | POLLRDNORM);
	return 0;
}

static bool has_fired(struct timerfd *ctx)
{
	unsigned long flags;
	bool fired;

	spin_lock_irqsave(&ctx->lock, flags);
	fired = ctx->fired;
	spin_unlock_irqrestore(&ctx->lock, flags);
	return fired;
}

static void arm(struct timerfd *ctx, u64 expires)
{
	unsigned long flags;

	ctx->expires = expires;
	spin_lock_irqsave(&ctx->lock, flags);
	ctx->fired = false;
	spin_unlock_irqrestore(&ctx->lock, flags);
	if (expires)
		hrtimer_start(&ctx->timer, expires);
}

/* Counts the expirations since the last time and arms the next one. 0: there were none. mutex held. */
static u64 take_ticks(struct timerfd *ctx)
{
	u64 ticks = 1, expires = 0;

	if (!has_fired(ctx))
		return 0;
	if (ctx->interval) {
		ticks += (ktime_get() - ctx->expires) / ctx->interval;
		expires = ctx->expires + ticks * ctx->interval;
	}
	arm(ctx, expires);
	return ticks;
}

static ssize_t timerfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct timerfd *ctx = f->private_data;
	u64 ticks;
	long ret;

	if (to->count < sizeof(ticks))
		return -EINVAL;
	for (;;) {
		mutex_lock(&ctx->mutex);
		ticks = take_ticks(ctx);
		mutex_unlock(&ctx->mutex);
		if (ticks)
			return copy_u64_to_iter(ticks, to);
		ret = f->f_flags & O_NONBLOCK ? -EAGAIN : wait_event_interruptible(&ctx->wait, has_fired(ctx));
		if (ret)
			return ret;
	}
}

static unsigned int timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *ctx = f->private_data;

	poll_wait(f, &ctx->wait, pt);
	return has_fired(ctx) ? POLLIN | POLLRDNORM : 0;
}

static void timerfd_release(struct inode *inode, struct file *f)
{
	struct timerfd *ctx = f->private_data;

	hrtimer_cancel(&ctx->timer);
	kfree(ctx);
}

static const struct file_operations timerfd_fops = {
	.read = timerfd_read,
	.poll = timerfd_poll,
	.release = timerfd_release,
};

long sys_timerfd_create(int clock, int flags)
{
	struct timerfd *ctx;
	int fd;

	if (flags & ~(TFD_NONBLOCK | TFD_CLOEXEC))
		return -EINVAL;
	if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME && clock != CLOCK_REALTIME_ALARM &&
	    clock != CLOCK_BOOTTIME_ALARM)
		return -EINVAL;
	if ((clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) && !capable())
		return -EPERM;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	mutex_init(&ctx->mutex, "timerfd_mutex");
	spin_lock_init(&ctx->lock, "timerfd");
	init_waitqueue_head(&ctx->wait, "timerfd");
	hrtimer_setup(&ctx->timer, timerfd_fire);
	ctx->clock = clock;
	fd = anon_inode_getfd("timerfd", &timerfd_fops, ctx, O_RDWR | flags);
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
	else if (next && !has_fired(ctx))
		left = 1;	/* armed: 0 would say that it is not */
	return (struct itimerspec){ ns_to_timespec(ctx->interval), ns_to_timespec(left) };
}

/* ktime of the first expiry that value asks for, 0: disarm. */
static u64 first_expiry(const struct timerfd *ctx, const struct timespec *value, bool absolute)
{
	bool realtime = ctx->clock == CLOCK_REALTIME || ctx->clock == CLOCK_REALTIME_ALARM;
	u64 ns = timespec_to_ns(value), offset = realtime ? realtime_offset() : 0;

	if (!ns)
		return 0;
	if (!absolute)
		return ktime_get() + ns;
	return ns > offset ? ns - offset : 1;
}

/* The timerfd of a descriptor, or ERR_PTR; fdput() follows in any case. */
static struct timerfd *timerfd_of(struct fd fd)
{
	if (!fd.file)
		return ERR_PTR(-EBADF);
	return fd.file->f_op == &timerfd_fops ? fd.file->private_data : ERR_PTR(-EINVAL);
}

long sys_timerfd_settime(int ufd, int flags, const struct itimerspec __user *unew, struct itimerspec __user *uold)
{
	struct itimerspec new, old = { .it_value = { 0, 0 } };
	struct timerfd *ctx;
	struct fd fd;

	if (copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) || !timespec_valid(&new.it_value) ||
	    !timespec_valid(&new.it_interval))
		return -EINVAL;
	fd = fdget(ufd);
	ctx = timerfd_of(fd);
	if (!IS_ERR(ctx)) {
		mutex_lock(&ctx->mutex);
		hrtimer_cancel(&ctx->timer);
		old = remaining(ctx);
		ctx->interval = timespec_to_ns(&new.it_interval);
		arm(ctx, first_expiry(ctx, &new.it_value, flags & TFD_TIMER_ABSTIME));
		mutex_unlock(&ctx->mutex);
	}
	fdput(fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	return uold && copy_to_user(uold, &old, sizeof(old)) ? -EFAULT : 0;
}

long sys_timerfd_gettime(int ufd, struct itimerspec __user *ucur)
{
	struct fd fd = fdget(ufd);
	struct timerfd *ctx = timerfd_of(fd);
	struct itimerspec cur = { .it_value = { 0, 0 } };

	if (!IS_ERR(ctx)) {
		mutex_lock(&ctx->mutex);
		cur = remaining(ctx);
		mutex_unlock(&ctx->mutex);
	}
	fdput(fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	return copy_to_user(ucur, &cur, sizeof(cur)) ? -EFAULT : 0;
}
