/*
 * seq_file: a file whose text a function makes. The text goes into a buffer that grows until an element fits; reads of any size are served
 * from it, and the next read goes on where the last one ended, even inside an element.
 *
 * Locks: seq_file->lock.
 */
#include "kernel/fs/internal.h"

#define SEQ_MAX_BUF (1UL << 22)

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

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
	for (; *s; s++) {
		if (*s == '\\' || strchr(esc, *s))
			seq_printf(m, "\\%03o", (unsigned char)*s);
		else
			seq_putc(m, *s);
	}
}

static int make_seq(struct file *f, struct seq_file init)
{
	struct seq_file *m = kmalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	*m = init;
	m->file = f;
	mutex_init(&m->lock, "seq_file");
	f->private_data = m;
	return 0;
}

int seq_open(struct file *f, const struct seq_operations *op, void *private)
{
	return make_seq(f, (struct seq_file){ .op = op, .private = private });
}

int single_open(struct file *f, int (*show)(struct seq_file *m, void *private), void *private)
{
	return make_seq(f, (struct seq_file){ .show = show, .private = private });
}

void seq_release(struct inode *inode, struct file *f)
{
	struct seq_file *m = f->private_data;

	kfree(m->buf);
	kfree(m);
}

/* Shows the elements from m->index on into an empty buffer, as many as fit. Elements shown, or -errno. */
static int seq_show_some(struct seq_file *m)
{
	loff_t pos = m->index;
	int shown = 0, err = 0;
	size_t before;
	void *v;

	if (m->show)
		return pos ? 0 : (err = m->show(m, m->private)) ? err : 1;
	v = m->op->start(m, &pos);
	while (v && !IS_ERR(v)) {
		before = m->count;
		err = m->op->show(m, v);
		if (err)
			break;
		if (m->overflow && shown) {	/* that one next time */
			m->count = before;
			m->overflow = false;
			break;
		}
		shown++;
		if (m->overflow || m->count >= m->size / 2)
			break;
		v = m->op->next(m, v, &pos);
	}
	if (IS_ERR(v))
		err = PTR_ERR(v);
	m->op->stop(m, v);
	return err && !shown ? err : shown;
}

/* Fills the empty buffer, growing it until one element fits. 0 at the end of the file, elements, or -errno. m->index is not moved. */
static int seq_fill(struct seq_file *m)
{
	size_t size = m->size ? m->size : PAGE_SIZE;
	int shown;

	for (;; size *= 2) {
		if (m->size != size) {
			kfree(m->buf);
			m->size = 0;
			m->buf = size <= SEQ_MAX_BUF ? kmalloc(size, GFP_KERNEL) : NULL;
			if (!m->buf)
				return -ENOMEM;
			m->size = size;
		}
		m->count = m->from = 0;
		m->overflow = false;
		shown = seq_show_some(m);
		if (shown < 0)
			m->count = 0;
		if (shown < 0 || !m->overflow)
			return shown;
	}
}

/* Makes the buffer hold unread bytes, past empty elements. > 0, 0 at the end, -errno. */
static int seq_ready(struct seq_file *m)
{
	int shown = 1;

	while (m->from == m->count && shown > 0) {
		shown = seq_fill(m);
		if (shown > 0)
			m->index += shown;
	}
	return shown;
}

/* Starts over and skips to pos: somebody has moved the position. */
static int seq_traverse(struct seq_file *m, loff_t pos)
{
	size_t skip;
	int ret;

	m->index = m->read_pos = 0;
	m->from = m->count = 0;
	while (m->read_pos < pos) {
		ret = seq_ready(m);
		if (ret < 0)
			return ret;
		if (ret == 0) {
			m->read_pos = pos;	/* beyond the end: reads find nothing */
			break;
		}
		skip = min_t(size_t, m->count - m->from, pos - m->read_pos);
		m->from += skip;
		m->read_pos += skip;
	}
	return 0;
}

ssize_t seq_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct seq_file *m = f->private_data;
	ssize_t done = 0, err = 0;
	size_t n, got;

	mutex_lock(&m->lock);
	if (*pos != m->read_pos || *pos == 0)
		err = seq_traverse(m, *pos);
	while (!err && iov_iter_count(to)) {
		err = seq_ready(m);
		if (err <= 0)
			break;
		n = min(m->count - m->from, iov_iter_count(to));
		got = copy_to_iter(m->buf + m->from, n, to);
		m->from += got;
		done += got;
		err = got < n ? -EFAULT : 0;
	}
	*pos += done;
	m->read_pos = *pos;
	mutex_unlock(&m->lock);
	return done ? done : err;
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
