/*
 * Terminals as files: reading with ICANON or VMIN and VTIME, writing, polling, the termios ioctls,
 * and the way of a byte from the line to a sleeping reader. What bytes mean is n_tty.c's, who may
 * do what is tty_jobctl.c's.
 *
 * Why waitqueue_active() without a barrier loses nobody here: a sleeper queues itself and then
 * takes tty->lock to look for input. If it got the lock before us it was queued before we got it,
 * and we see it; if after us, it sees the input. Locks: see tty.h. User memory is copied with
 * read_mutex or write_mutex held, never with the lock.
 */
#include "kernel/fs/dev/tty.h"
#include "kernel/printk.h"
#include "kernel/syscalls.h"
#include "libk/printf.h"

#define CHUNK 128u		/* bytes between two looks at signals, and with interrupts off */

void tty_struct_init(struct tty_struct *tty, const struct tty_operations *ops, dev_t dev, int index)
{
	spin_lock_init(&tty->lock, "tty");
	tty->ops = ops;
	tty->dev = dev;
	tty->index = index;
	tty->throttled = false;
	tty->winsize = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	init_waitqueue_head(&tty->read_wait, "tty_read");
	init_waitqueue_head(&tty->write_wait, "tty_write");
	mutex_init(&tty->read_mutex, "tty_read_mutex");
	mutex_init(&tty->write_mutex, "tty_write_mutex");
	n_tty_init(&tty->ldisc);
}

/* --- the line's side --- */

/* Hands the line as much of the output as it takes. Lock held. */
static void tty_push(struct tty_struct *tty)
{
	const u8 *bytes;
	size_t n, taken;

	while (!tty->ldisc.stopped && (n = n_tty_out_peek(&tty->ldisc, &bytes)) > 0) {
		taken = tty->ops->write(tty, bytes, n);
		n_tty_out_done(&tty->ldisc, taken);
		if (taken < n)
			break;
	}
}

/*
 * Stops the sender while less than a quarter of the buffer is free, where lines are not being
 * edited. Lock held.
 */
static void tty_check_throttle(struct tty_struct *tty)
{
	const struct n_tty *n = &tty->ldisc;
	bool full = n->head - n->tail > N_TTY_BUF_SIZE / 4 * 3 && n_tty_readable(n, 1);

	if (full != tty->throttled) {
		tty->throttled = full;
		tty->ops->throttle(tty, full);
	}
}

static void wake_readers(struct tty_struct *tty)
{
	wake_up_pollers(&tty->read_wait, POLLIN | POLLRDNORM);
}

static void wake_writers(struct tty_struct *tty)
{
	wake_up_pollers(&tty->write_wait, POLLOUT | POLLWRNORM);
}

void tty_receive(struct tty_struct *tty, const u8 *bytes, size_t n)
{
	while (n) {
		bool readable, was_stopped, stopped;
		int sig = 0;

		scoped_guard(spinlock_irqsave, &tty->lock) {
			was_stopped = tty->ldisc.stopped;
			for (; n && !sig; n--)
				sig = n_tty_receive(&tty->ldisc, *bytes++);
			stopped = tty->ldisc.stopped;
			readable = n_tty_readable(&tty->ldisc, 1);
			tty_push(tty);
			tty_check_throttle(tty);
		}
		if (sig)
			tty_signal_pgrp(tty, sig);
		if (readable)
			wake_readers(tty);
		if (was_stopped && !stopped)
			wake_writers(tty);
	}
}

void tty_output_ready(struct tty_struct *tty)
{
	bool writable;

	scoped_guard(spinlock_irqsave, &tty->lock) {
		tty_push(tty);
		writable = n_tty_writable(&tty->ldisc);
	}
	if (writable)
		wake_writers(tty);
}

/* --- reading --- */

/* Would a read do something other than wait? wanted: bytes, where there are no lines. */
static bool input_ready(struct tty_struct *tty, unsigned int wanted)
{
	guard(spinlock_irqsave)(&tty->lock);
	return n_tty_readable(&tty->ldisc, wanted);
}

/* 0, -ERESTARTSYS, or -ETIME when the deadline passed first. */
static int wait_for_input(struct tty_struct *tty, u64 deadline)
{
	DEFINE_WAIT(wait);
	int ret = 0;

	for (;;) {
		prepare_to_wait(&tty->read_wait, &wait, TASK_INTERRUPTIBLE);
		if (input_ready(tty, 1))
			break;
		ret = signal_pending(current) ? -ERESTARTSYS : deadline <= ktime_get() ? -ETIME : 0;
		if (ret)
			break;
		schedule_hrtimeout(deadline);
	}
	finish_wait(&tty->read_wait, &wait);
	return ret;
}

/* How long a read waits and for how many bytes: the four cases of VMIN and VTIME. */
struct read_rule {
	size_t minimum;		/* enough: return what is there */
	u64 deadline;		/* 0: do not wait, U64_MAX: for ever */
	u64 between;		/* ns allowed after each byte, 0: no limit */
};

static struct read_rule read_rule(const struct n_tty *n)
{
	struct read_rule r = { .minimum = 1, .deadline = UINT64_MAX };
	u64 time = n->termios.c_cc[VTIME] * (NSEC_PER_SEC / 10);

	if (n->termios.c_lflag & ICANON)
		return r;
	if (n->termios.c_cc[VMIN]) {
		r.minimum = n->termios.c_cc[VMIN];
		r.between = time;
	} else {
		r.deadline = time ? ktime_get() + time : 0;
	}
	return r;
}

/* Up to CHUNK bytes into buf. */
static size_t take_input(struct tty_struct *tty, u8 *buf, size_t n, bool *ended)
{
	size_t got;

	guard(spinlock_irqsave)(&tty->lock);
	got = n_tty_read(&tty->ldisc, buf, n, ended);
	tty_check_throttle(tty);
	return got;
}

static ssize_t read_input(struct tty_struct *tty, struct iov_iter *to, bool nonblock)
{
	struct read_rule rule = read_rule(&tty->ldisc);
	u8 buf[CHUNK];
	size_t done = 0;
	int ret = 0;

	while (to->count) {
		bool ended = false, line = input_ready(tty, 1);
		size_t n = line ? take_input(tty, buf, min_t(size_t, to->count, CHUNK), &ended) : 0;

		if (n && copy_to_iter(buf, n, to) != n) {
			ret = -EFAULT;
			break;
		}
		done += n;
		if (ended)
			break;
		if (n) {
			if (rule.between)
				rule.deadline = ktime_get() + rule.between;
			continue;
		}
		if (done >= rule.minimum || !rule.deadline)
			break;
		ret = nonblock ? -EAGAIN : wait_for_input(tty, rule.deadline);
		if (ret)
			break;
	}
	return done || ret == -ETIME ? (ssize_t)done : ret;
}

/* /dev/console is open to all: job control is for those who opened the terminal by its own name. */
static bool is_console(const struct file *f)
{
	return f->f_inode->i_rdev == makedev(TTYAUX_MAJOR, 1);
}

static int lock_side(struct mutex *m, bool nonblock)
{
	if (nonblock)
		return mutex_trylock(m) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(m) ? -ERESTARTSYS : 0;
}

static ssize_t tty_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct tty_struct *tty = f->private_data;
	bool nonblock = f->f_flags & O_NONBLOCK;
	ssize_t ret = is_console(f) ? 0 : tty_check_change(tty, SIGTTIN);

	if (!ret)
		ret = lock_side(&tty->read_mutex, nonblock);
	if (ret)
		return ret;
	ret = read_input(tty, to, nonblock);
	mutex_unlock(&tty->read_mutex);
	return ret;
}

/* --- writing --- */

/* Bytes taken; 0: no room now. */
static size_t put_output(struct tty_struct *tty, const u8 *buf, size_t n)
{
	size_t taken;

	guard(spinlock_irqsave)(&tty->lock);
	taken = n_tty_write(&tty->ldisc, buf, n);
	tty_push(tty);
	return taken;
}

static bool output_ready(struct tty_struct *tty)
{
	guard(spinlock_irqsave)(&tty->lock);
	return n_tty_writable(&tty->ldisc);
}

static ssize_t write_output(struct tty_struct *tty, struct iov_iter *from, bool nonblock)
{
	u8 buf[CHUNK];
	size_t done = 0, n = 0, sent = 0;
	ssize_t ret = 0;

	while (sent < n || from->count) {
		if (sent == n) {
			n = copy_from_iter(buf, min_t(size_t, from->count, CHUNK), from);
			sent = 0;
			if (!n)
				ret = -EFAULT;
		}
		if (!ret)
			ret = put_output(tty, buf + sent, n - sent);
		if (!ret)
			ret = nonblock ? -EAGAIN
				       : wait_event_interruptible(&tty->write_wait,
								  output_ready(tty));
		if (ret < 0)
			break;
		sent += ret;
		done += ret;
		ret = 0;
	}
	return done ? (ssize_t)done : ret;
}

static ssize_t tty_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct tty_struct *tty = f->private_data;
	bool nonblock = f->f_flags & O_NONBLOCK;
	ssize_t ret = 0;

	if ((tty->ldisc.termios.c_lflag & TOSTOP) && !is_console(f))
		ret = tty_check_change(tty, SIGTTOU);
	if (!ret)
		ret = lock_side(&tty->write_mutex, nonblock);
	if (ret)
		return ret;
	ret = write_output(tty, from, nonblock);
	mutex_unlock(&tty->write_mutex);
	return ret;
}

static unsigned int tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty_struct *tty = f->private_data;
	const cc_t *cc = tty->ldisc.termios.c_cc;
	unsigned int mask = 0;

	poll_wait(f, &tty->read_wait, pt);
	poll_wait(f, &tty->write_wait, pt);
	if (input_ready(tty, cc[VTIME] || !cc[VMIN] ? 1 : cc[VMIN]))
		mask |= POLLIN | POLLRDNORM;
	if (output_ready(tty))
		mask |= POLLOUT | POLLWRNORM;
	return mask;
}

/* --- ioctl --- */

static long drain_output(struct tty_struct *tty)
{
	return wait_event_interruptible(&tty->write_wait, READ_ONCE(tty->ldisc.out_head) ==
							  READ_ONCE(tty->ldisc.out_tail));
}

/* TCSETS and its kin. */
static long set_termios(struct tty_struct *tty, const void __user *from, bool drain, bool flush)
{
	struct termios2 t = tty->ldisc.termios;
	long ret = tty_check_change(tty, SIGTTOU);

	if (ret)
		return ret;
	if (copy_from_user(&t, from, sizeof(struct termios)))
		return -EFAULT;
	ret = drain ? drain_output(tty) : 0;
	if (ret)
		return ret;
	scoped_guard(spinlock_irqsave, &tty->lock) {
		if (flush)
			n_tty_flush_input(&tty->ldisc);
		n_tty_set_termios(&tty->ldisc, &t);
		tty_push(tty);
		tty_check_throttle(tty);
	}
	wake_readers(tty);
	wake_writers(tty);
	return 0;
}

/* TCFLSH, TCXONC, TCSBRK: what is on its way in either direction. */
static long flow_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg)
{
	long ret = tty_check_change(tty, SIGTTOU);

	if (ret)
		return ret;
	if (cmd == TCSBRK || cmd == TCSBRKP)
		return drain_output(tty);
	if (arg > (cmd == TCFLSH ? TCIOFLUSH : TCION))
		return -EINVAL;
	scoped_guard(spinlock_irqsave, &tty->lock) {
		if (cmd == TCXONC && (arg == TCOOFF || arg == TCOON))
			tty->ldisc.stopped = arg == TCOOFF;
		else if (cmd == TCXONC)
			tty->ops->write(
				tty, &tty->ldisc.termios.c_cc[arg == TCIOFF ? VSTOP : VSTART], 1);
		if (cmd == TCFLSH && arg != TCOFLUSH)
			n_tty_flush_input(&tty->ldisc);
		if (cmd == TCFLSH && arg != TCIFLUSH)
			n_tty_flush_output(&tty->ldisc);
		tty_push(tty);
		tty_check_throttle(tty);
	}
	wake_writers(tty);
	return 0;
}

static long set_winsize(struct tty_struct *tty, const void __user *from)
{
	struct winsize ws;

	if (copy_from_user(&ws, from, sizeof(ws)))
		return -EFAULT;
	scoped_guard(spinlock_irqsave, &tty->lock) {
		if (!memcmp(&tty->winsize, &ws, sizeof(ws)))
			return 0;
		tty->winsize = ws;
	}
	tty_signal_pgrp(tty, SIGWINCH);
	return 0;
}

static long tty_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct tty_struct *tty = f->private_data;
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case TCGETS:
		return copy_to_user(p, &tty->ldisc.termios, sizeof(struct termios)) ? -EFAULT : 0;
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(tty, p, cmd != TCSETS, cmd == TCSETSF);
	case TCFLSH:
	case TCXONC:
	case TCSBRK:
	case TCSBRKP:
		return flow_ioctl(tty, cmd, arg);
	case TIOCGWINSZ:
		return copy_to_user(p, &tty->winsize, sizeof(tty->winsize)) ? -EFAULT : 0;
	case TIOCSWINSZ:
		return set_winsize(tty, p);
	case FIONREAD:
		return put_user((int)n_tty_available(&tty->ldisc), (int __user *)p);
	case TIOCOUTQ:
		return put_user((int)(tty->ldisc.out_head - tty->ldisc.out_tail), (int __user *)p);
	}
	return tty_jobctl_ioctl(tty, cmd, arg);
}

/* --- opening --- */

int tty_attach(struct file *f, struct tty_struct *tty, const struct file_operations *fops)
{
	stream_open(f->f_inode, f);
	f->private_data = tty;
	f->f_op = fops;
	scoped_guard(spinlock_irqsave, &tty->lock)
		if (tty->count++ == 0 && tty->ops->open)
			tty->ops->open(tty);
	if (fops == &tty_fops && !(f->f_flags & O_NOCTTY) && !is_console(f))
		tty_open_ctty(tty, f);
	return 0;
}

/*
 * The line /dev/console stands for: where people are. That is COM1 when tools/run says that
 * somebody sits there (the log then goes elsewhere), else the line of console=.
 */
static struct tty_struct *console_tty(void)
{
	char line[16];
	int port = 0;

	if (!cmdline_option("run.stdin", line, sizeof(line)) &&
	    !cmdline_option("run.stdout", line, sizeof(line)) &&
	    cmdline_option("console", line, sizeof(line)) && !strncmp(line, "ttyS", 4))
		port = line[4] - '0';
	return serial_tty(port);
}

static int tty_open(struct inode *inode, struct file *f)
{
	struct tty_struct *tty = NULL;
	unsigned int nr = minor(inode->i_rdev);

	if (major(inode->i_rdev) == TTY_MAJOR)
		tty = serial_tty((int)nr - 64);
	else if (nr < 2)
		tty = nr == 0 ? get_current_tty() : console_tty();
	return tty ? tty_attach(f, tty, &tty_fops) : -ENXIO;
}

static void tty_release(struct inode *inode, struct file *f)
{
	struct tty_struct *tty = f->private_data;

	guard(spinlock_irqsave)(&tty->lock);
	if (--tty->count == 0 && tty->ops->close)
		tty->ops->close(tty);
}

const struct file_operations tty_fops = {
	.read = tty_read, .write = tty_write, .poll = tty_poll, .ioctl = tty_ioctl,
	.open = tty_open, .release = tty_release,
};

const struct file_operations plain_tty_fops = {
	.read = tty_read, .write = tty_write, .poll = tty_poll, .release = tty_release,
};

void tty_init(void)
{
	char name[8];

	register_chrdev(TTY_MAJOR, &tty_fops);
	register_chrdev(TTYAUX_MAJOR, &tty_fops);
	devtmpfs_create("tty", S_IFCHR | 0666, makedev(TTYAUX_MAJOR, 0));
	devtmpfs_create("console", S_IFCHR | 0600, makedev(TTYAUX_MAJOR, 1));
	for (int i = 0; serial_tty(i); i++) {
		snprintf(name, sizeof(name), "ttyS%d", i);
		devtmpfs_create(name, S_IFCHR | 0660, makedev(TTY_MAJOR, 64 + i));
	}
}
