/*
 * seq_file: a file whose text a function makes. A read at the start makes the text, into a buffer
 * that grows until all of it fits; the reads after it, of any size, are served from there.
 *
 * Locks: seq_file->lock.
 */
#include "kernel/fs/internal.h"

#define SEQ_MAX_BUF (1UL << 22)
#define DECIMAL_MAX 24	/* bytes that a number takes, at most */

void seq_write(struct seq_file *m, const void *data, size_t n)
{
	if (n > m->size - m->count) {
		m->overflow = true;
		return;
	}
	memcpy(m->buf + m->count, data, n);
	m->count += n;
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	size_t room = m->size - m->count, n;
	va_list ap;

	va_start(ap, fmt);
	n = vsnprintf(m->buf + m->count, room, fmt, ap);
	va_end(ap);
	if (n >= room)
		m->overflow = true;
	else
		m->count += n;
}

void seq_put_decimal_ull(struct seq_file *m, char before, unsigned long v)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	char text[2 * DECIMAL_MAX], *end = text + DECIMAL_MAX, *p = end;

	for (; v > 9; v /= 100) {
		p -= 2;
		memcpy(p, pairs + 2 * (v % 100), 2);
	}
	if (v || p == end)
		*--p = (char)('0' + v);
	if (before)
		*--p = before;
	if (m->size - m->count < DECIMAL_MAX) {
		seq_write(m, p, (size_t)(end - p));
	} else {	/* a constant length is a few moves; what is too much will be overwritten */
		memcpy(m->buf + m->count, p, DECIMAL_MAX);
		m->count += (size_t)(end - p);
	}
}

void seq_put_decimal_ll(struct seq_file *m, char before, long v)
{
	if (v >= 0) {
		seq_put_decimal_ull(m, before, (unsigned long)v);
		return;
	}
	seq_putc(m, before);
	seq_put_decimal_ull(m, '-', 0UL - (unsigned long)v);
}

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
	for (; *s; s++) {
		if (*s == '\\' || strchr(esc, *s))
			seq_printf(m, "\\%03o", (unsigned char)*s);
		else
			seq_putc(m, *s);
	}
}

int single_open(struct file *f, int (*show)(struct seq_file *m, void *private), void *private)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	m->show = show;
	m->private = private;
	mutex_init(&m->lock, "seq_file");
	f->private_data = m;
	return 0;
}

void seq_release(struct inode *inode, struct file *f)
{
	struct seq_file *m = f->private_data;

	kfree(m->buf);
	kfree(m);
}

/* Makes the text. 0 or -errno. */
static int seq_fill(struct seq_file *m)
{
	int err;

	do {
		if (m->overflow || !m->buf) {
			kfree(m->buf);
			m->size = m->size ? 2 * m->size : PAGE_SIZE;
			m->buf = m->size <= SEQ_MAX_BUF ? kmalloc(m->size, GFP_KERNEL) : NULL;
		}
		m->count = 0;
		if (!m->buf) {
			m->size = 0;
			return -ENOMEM;
		}
		m->overflow = false;
		err = m->show(m, m->private);
	} while (!err && m->overflow);
	if (err)
		m->count = 0;
	return err;
}

ssize_t seq_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct seq_file *m = f->private_data;
	size_t n, got;
	int err;

	guard(mutex)(&m->lock);
	err = *pos == 0 || !m->buf ? seq_fill(m) : 0;
	if (err)
		return err;
	n = *pos < (loff_t)m->count ? min(m->count - (size_t)*pos, to->count) : 0;
	got = copy_to_iter(m->buf + *pos, n, to);
	*pos += got;
	return got || !n ? (ssize_t)got : -EFAULT;
}

loff_t seq_lseek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->f_pos = off;
	return off;
}
