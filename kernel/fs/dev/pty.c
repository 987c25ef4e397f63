/*
 * Pseudo-terminals: a terminal (the slave, /dev/pts/N) whose line ends in a file (the master, from /dev/ptmx) instead of a cable. What is written to
 * the master is typed on the slave; what the slave prints is read from the master. Shells under test, script, and terminal programs use them.
 *
 * The slave's output waits in its line discipline until the master reads it: there is no buffer of our own. Slots are used again when both
 * sides are closed, their memory never goes away (see tty.h).
 *
 * Locks: pty_mutex: which slots are in use; the slave's tty->lock as everywhere. The master sleeps on the slave's queues' counterparts below.
 */
#include "kernel/fs/dev/tty.h"
#include "libk/printf.h"

#define NR_PTYS 64
#define TIOCGPTN _IOR('T', 0x30, unsigned int)
#define TIOCSPTLCK _IOW('T', 0x31, int)

struct pty {
	struct tty_struct slave;
	bool master_open, in_use;		/* pty_mutex */
	bool locked;				/* until unlockpt() */
	bool was_open;				/* the slave was opened once: then its last close is a hang-up for the master */
	struct wait_queue_head master_wait;
};

static struct pty *ptys[NR_PTYS];		/* pty_mutex; entries stay */
static DEFINE_MUTEX(pty_mutex);

static struct pty *pty_of(struct tty_struct *tty)
{
	return container_of(tty, struct pty, slave);
}

/* Takes nothing: the bytes stay in the line discipline, and the master is told. Its readers take tty->lock to look, which we hold. */
static size_t pty_output(struct tty_struct *tty, const u8 *buf, size_t n)
{
	if (waitqueue_active(&pty_of(tty)->master_wait))
		wake_up_all(&pty_of(tty)->master_wait);
	return 0;
}

static void pty_close(struct tty_struct *tty)
{
	struct pty *pty = pty_of(tty);

	mutex_lock(&pty_mutex);
	pty->in_use = pty->master_open || READ_ONCE(tty->count);
	mutex_unlock(&pty_mutex);
	wake_up_all(&pty->master_wait);
}

static void pty_throttle(struct tty_struct *tty, bool on)
{
	if (!on)
		wake_up_all(&pty_of(tty)->master_wait);
}

static const struct tty_operations pty_slave_ops = { .write = pty_output, .throttle = pty_throttle, .close = pty_close };

struct tty_struct *pty_slave(unsigned int index)
{
	struct pty *pty = NULL;

	mutex_lock(&pty_mutex);
	if (index < NR_PTYS && ptys[index] && ptys[index]->master_open && !ptys[index]->locked) {
		pty = ptys[index];
		pty->was_open = true;
	}
	mutex_unlock(&pty_mutex);
	return pty ? &pty->slave : NULL;
}

/* --- the master --- */

static bool slave_closed(struct pty *pty)
{
	return pty->was_open && !READ_ONCE(pty->slave.count);
}

/* Takes at most n bytes of the slave's output. */
static size_t take_output(struct pty *pty, u8 *to, size_t n)
{
	struct tty_struct *tty = &pty->slave;
	unsigned long flags;
	const u8 *bytes = to;

	spin_lock_irqsave(&tty->lock, flags);
	n = tty->ldisc.stopped ? 0 : min(n, n_tty_out_peek(&tty->ldisc, &bytes));
	memcpy(to, bytes, n);
	n_tty_out_done(&tty->ldisc, n);
	spin_unlock_irqrestore(&tty->lock, flags);
	return n;
}

static bool output_waits(struct pty *pty)
{
	struct tty_struct *tty = &pty->slave;
	unsigned long flags;
	bool waits;

	spin_lock_irqsave(&tty->lock, flags);
	waits = !tty->ldisc.stopped && tty->ldisc.out_head != tty->ldisc.out_tail;
	spin_unlock_irqrestore(&tty->lock, flags);
	return waits;
}

static ssize_t ptmx_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct pty *pty = f->private_data;
	u8 buf[256];
	size_t n;
	int ret;

	if (!to->count)
		return 0;
	for (;;) {
		n = take_output(pty, buf, min_t(size_t, to->count, sizeof(buf)));
		if (n) {
			tty_output_ready(&pty->slave);
			return copy_to_iter(buf, n, to) == n ? (ssize_t)n : -EFAULT;
		}
		if (slave_closed(pty))
			return -EIO;
		ret = f->f_flags & O_NONBLOCK ? -EAGAIN :
		      wait_event_interruptible(&pty->master_wait, output_waits(pty) || slave_closed(pty));
		if (ret)
			return ret;
	}
}

static ssize_t ptmx_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct pty *pty = f->private_data;
	size_t done = 0;

	while (from->count) {
		u8 buf[256];
		int ret = !READ_ONCE(pty->slave.throttled) ? 0 : f->f_flags & O_NONBLOCK ? -EAGAIN :
			  wait_event_interruptible(&pty->master_wait, !READ_ONCE(pty->slave.throttled) || slave_closed(pty));
		size_t n = ret ? 0 : copy_from_iter(buf, min_t(size_t, from->count, sizeof(buf)), from);

		if (!n)
			return done ? (ssize_t)done : ret ? ret : -EFAULT;
		tty_receive(&pty->slave, buf, n);
		done += n;
	}
	return done;
}

static unsigned int ptmx_poll(struct file *f, struct poll_table *pt)
{
	struct pty *pty = f->private_data;

	poll_wait(f, &pty->master_wait, pt);
	return (output_waits(pty) ? POLLIN | POLLRDNORM : 0) | (READ_ONCE(pty->slave.throttled) ? 0 : POLLOUT | POLLWRNORM) |
	       (slave_closed(pty) ? POLLHUP : 0);
}

static long ptmx_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pty *pty = f->private_data;
	int lock;

	switch (cmd) {
	case TIOCGPTN:
		return put_user((unsigned int)pty->slave.index, (unsigned int __user *)arg);
	case TIOCSPTLCK:
		if (get_user(lock, (int __user *)arg))
			return -EFAULT;
		WRITE_ONCE(pty->locked, lock != 0);
		return 0;
	case FIONREAD:
		return put_user((int)(pty->slave.ldisc.out_head - pty->slave.ldisc.out_tail), (int __user *)arg);
	}
	return tty_do_ioctl(&pty->slave, f, cmd, arg);
}

static void ptmx_release(struct inode *inode, struct file *f)
{
	struct pty *pty = f->private_data;

	tty_hangup(&pty->slave);
	mutex_lock(&pty_mutex);
	pty->master_open = false;
	pty->in_use = READ_ONCE(pty->slave.count);
	mutex_unlock(&pty_mutex);
}

static const struct file_operations ptmx_fops = {
	.read = ptmx_read,
	.write = ptmx_write,
	.poll = ptmx_poll,
	.ioctl = ptmx_ioctl,
	.release = ptmx_release,
};

/* A free slot, made if need be. pty_mutex held. */
static struct pty *find_slot(int *index)
{
	char name[16];
	int i = 0;

	while (i < NR_PTYS && ptys[i] && ptys[i]->in_use)
		i++;
	*index = i;
	if (i == NR_PTYS)
		return ERR_PTR(-ENOSPC);
	if (!ptys[i]) {
		ptys[i] = kzalloc(sizeof(struct pty), GFP_KERNEL);
		if (!ptys[i])
			return ERR_PTR(-ENOMEM);
		init_waitqueue_head(&ptys[i]->master_wait, "ptmx");
		snprintf(name, sizeof(name), "pts/%d", i);
		devtmpfs_create(name, S_IFCHR | 0620, makedev(PTY_SLAVE_MAJOR, i));
	}
	return ptys[i];
}

int ptmx_open(struct inode *inode, struct file *f)
{
	struct pty *pty;
	int index;

	mutex_lock(&pty_mutex);
	pty = find_slot(&index);
	if (!IS_ERR(pty)) {
		tty_struct_init(&pty->slave, &pty_slave_ops, makedev(PTY_SLAVE_MAJOR, index), index);
		pty->slave.winsize = (struct winsize){ 0 };
		pty->was_open = false;
		pty->in_use = pty->master_open = pty->locked = true;
	}
	mutex_unlock(&pty_mutex);
	if (IS_ERR(pty))
		return PTR_ERR(pty);
	stream_open(inode, f);
	f->private_data = pty;
	f->f_op = &ptmx_fops;
	return 0;
}
