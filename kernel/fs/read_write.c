/*
 * read, write and their relatives: from a system call to the file's own read and write operation.
 *
 * Locks: f_pos_lock, when the position may be shared with another task (POSIX: two reads of a
 * shared file never return the same bytes). The short way, for one buffer and a table that is not
 * shared, is all inline: a one-byte pipe read should cost the pipe, not this file.
 */
#include "kernel/fs/internal.h"

/* --- the position --- */

static noinline struct fd lock_pos(struct fd f)
{
	if ((f.flags & FDPUT) || atomic_long_read(&f.file->f_count) > 1) {
		mutex_lock(&f.file->f_pos_lock);
		f.flags |= FDPOS;
	}
	return f;
}

static inline struct fd fdget_pos(unsigned int fd)
{
	struct fd f = fdget(fd);

	return f.file && f.file->f_mode & FMODE_ATOMIC_POS ? lock_pos(f) : f;
}

static noinline void __fdput_pos(struct fd f)
{
	if (f.flags & FDPOS)
		mutex_unlock(&f.file->f_pos_lock);
	fdput(f);
}

static inline void fdput_pos(struct fd f)
{
	if (unlikely(f.flags))
		__fdput_pos(f);
}

static inline loff_t *file_pos(struct file *f)
{
	return f->f_mode & FMODE_STREAM ? NULL : &f->f_pos;
}

/* --- one buffer --- */

static __always_inline ssize_t rw_check(const struct file *f, bool write)
{
	if (unlikely(!(f->f_mode & (write ? FMODE_WRITE : FMODE_READ))))
		return -EBADF;
	if (unlikely(write ? !f->f_op->write : !f->f_op->read))
		return f->f_op->iterate ? -EISDIR : -EINVAL;
	return 0;
}

static __always_inline ssize_t rw_one(struct file *f, void *buf, size_t n, loff_t *pos, bool write,
				      bool kernel)
{
	struct iov_iter it;
	ssize_t err = rw_check(f, write);

	if (unlikely(err))
		return err;
	if (unlikely(!kernel && !access_ok(buf, n)))
		return -EFAULT;
	if (unlikely(pos && *pos < 0))
		return -EINVAL;
	iov_iter_init_buf(&it, buf, min_t(size_t, n, MAX_RW_COUNT), kernel);
	return write ? f->f_op->write(f, &it, pos) : f->f_op->read(f, &it, pos);
}

ssize_t kernel_read(struct file *f, void *buf, size_t n, loff_t *pos)
{
	return rw_one(f, buf, n, pos, false, true);
}

ssize_t kernel_write(struct file *f, const void *buf, size_t n, loff_t *pos)
{
	return rw_one(f, (void *)buf, n, pos, true, true);
}

/* A task other than the position's may wait in read or write: then nobody seeks meanwhile. */
ssize_t vfs_rw(struct file *f, void __user *buf, size_t n, loff_t off, bool write)
{
	loff_t *pos = f->f_mode & FMODE_STREAM ? NULL : off == -1 ? &f->f_pos : &off;
	bool lock = pos == &f->f_pos && f->f_mode & FMODE_ATOMIC_POS;
	ssize_t done;

	if (lock)
		mutex_lock(&f->f_pos_lock);
	done = rw_one(f, buf, n, pos, write, false);
	if (lock)
		mutex_unlock(&f->f_pos_lock);
	return done;
}

SYSCALL_DEFINE(read, unsigned int fd, char __user *buf, size_t n)
{
	struct fd f = fdget_pos(fd);
	ssize_t done;

	if (unlikely(!f.file))
		return -EBADF;
	done = rw_one(f.file, buf, n, file_pos(f.file), false, false);
	fdput_pos(f);
	return done;
}

SYSCALL_DEFINE(write, unsigned int fd, const char __user *buf, size_t n)
{
	struct fd f = fdget_pos(fd);
	ssize_t done;

	if (unlikely(!f.file))
		return -EBADF;
	done = rw_one(f.file, (void *)buf, n, file_pos(f.file), true, false);
	fdput_pos(f);
	return done;
}

static long rw_at(unsigned int fd, void *buf, size_t n, loff_t pos, bool write)
{
	struct fd f;
	ssize_t done;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	done = f.file->f_mode & FMODE_LSEEK ? rw_one(f.file, buf, n, &pos, write, false) : -ESPIPE;
	fdput(f);
	return done;
}

SYSCALL_DEFINE(pread64, unsigned int fd, char __user *buf, size_t n, loff_t pos)
{
	return rw_at(fd, buf, n, pos, false);
}

SYSCALL_DEFINE(pwrite64, unsigned int fd, const char __user *buf, size_t n, loff_t pos)
{
	return rw_at(fd, (void *)buf, n, pos, true);
}

/* --- several buffers --- */

static size_t copy_segment(struct iov_iter *it, void *buf, size_t n, bool to_iter)
{
	size_t left = 0;

	if (!it->kernel && buf)
		left = to_iter ? __copy_user(it->base, buf, n) : __copy_user(buf, it->base, n);
	else if (!it->kernel && to_iter)
		left = __clear_user(it->base, n);
	else if (buf)
		memcpy(to_iter ? it->base : buf, to_iter ? buf : it->base, n);
	else if (to_iter)
		memset(it->base, 0, n);
	return n - left;
}

size_t iov_iter_copy(struct iov_iter *it, void *buf, size_t n, bool to_iter)
{
	size_t done = 0, want, got;

	n = min(n, it->count);
	while (done < n) {
		while (!it->len) {
			it->base = it->iov->iov_base;
			it->len = it->iov->iov_len;
			it->iov++;
		}
		want = min(n - done, it->len);
		got = copy_segment(it, buf ? (char *)buf + done : NULL, want, to_iter);
		it->base += got;
		it->len -= got;
		it->count -= got;
		done += got;
		if (got < want)
			break;
	}
	return done;
}


/* Copies and checks the array; *vec is fast or allocated. Total length or -errno. */
ssize_t import_iovec(const struct iovec __user *uvec, unsigned long n, struct iovec *fast,
		     struct iovec **vec)
{
	struct iovec *v = fast;
	size_t total = 0;

	if (n > UIO_MAXIOV)
		return -EINVAL;
	if (n > IOV_FAST)
		v = kmalloc(n * sizeof(*v), GFP_KERNEL);
	*vec = v;
	if (!v)
		return -ENOMEM;
	if (copy_from_user(v, uvec, n * sizeof(*v)))
		return -EFAULT;
	for (unsigned long i = 0; i < n; i++) {
		if ((ssize_t)v[i].iov_len < 0)
			return -EINVAL;
		if (!access_ok(v[i].iov_base, v[i].iov_len))
			return -EFAULT;
		v[i].iov_len = min(v[i].iov_len, MAX_RW_COUNT - total);
		total += v[i].iov_len;
	}
	return total;
}

static ssize_t rw_vec(struct file *f, const struct iovec __user *uvec, unsigned long n, loff_t *pos,
		      bool write)
{
	struct iovec fast[IOV_FAST], *vec = fast;
	struct iov_iter it;
	ssize_t ret = rw_check(f, write);

	if (ret)
		return ret;
	ret = import_iovec(uvec, n, fast, &vec);
	if (ret >= 0 && n > 0) {
		it = (struct iov_iter){ .base = vec[0].iov_base,
					.len = vec[0].iov_len, .count = ret, .iov = vec + 1 };
		ret = write ? f->f_op->write(f, &it, pos) : f->f_op->read(f, &it, pos);
	}
	if (vec != fast)
		kfree(vec);
	return ret;
}

/* at: at pos, which leaves the file's own alone. */
static long rw_vec_fd(unsigned int fd, const struct iovec __user *vec, unsigned long n, bool write,
		      bool at, loff_t pos)
{
	struct fd f;
	ssize_t done = -ESPIPE;

	if (at && pos < 0)
		return -EINVAL;
	f = at ? fdget(fd) : fdget_pos(fd);
	if (!f.file)
		return -EBADF;
	if (!at)
		done = rw_vec(f.file, vec, n, file_pos(f.file), write);
	else if (f.file->f_mode & FMODE_LSEEK)
		done = rw_vec(f.file, vec, n, &pos, write);
	fdput_pos(f);
	return done;
}

SYSCALL_DEFINE(readv, unsigned int fd, const struct iovec __user *vec, unsigned long n)
{
	return rw_vec_fd(fd, vec, n, false, false, 0);
}

SYSCALL_DEFINE(writev, unsigned int fd, const struct iovec __user *vec, unsigned long n)
{
	return rw_vec_fd(fd, vec, n, true, false, 0);
}

SYSCALL_DEFINE(preadv, unsigned int fd, const struct iovec __user *vec, unsigned long n, loff_t pos)
{
	return rw_vec_fd(fd, vec, n, false, true, pos);
}

SYSCALL_DEFINE(pwritev, unsigned int fd, const struct iovec __user *vec, unsigned long n,
	       loff_t pos)
{
	return rw_vec_fd(fd, vec, n, true, true, pos);
}

/* --- seeking --- */

loff_t generic_file_llseek(struct file *f, loff_t off, int whence)
{
	loff_t size = READ_ONCE(f->f_inode->i_size);

	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		off += f->f_pos;
		break;
	case SEEK_END:
		off += size;
		break;
	case SEEK_DATA:		/* all is data, but for a hole at the end */
	case SEEK_HOLE:
		if (off < 0 || off >= size)
			return -ENXIO;
		off = whence == SEEK_DATA ? off : size;
		break;
	default:
		return -EINVAL;
	}
	if (off < 0)
		return -EINVAL;
	f->f_pos = off;
	return off;
}

/* A stream whose place is always 0, and which does not mind being told otherwise. */
loff_t noop_llseek(struct file *f, loff_t off, int whence)
{
	return 0;
}

SYSCALL_DEFINE(lseek, unsigned int fd, loff_t off, int whence)
{
	struct fd f = fdget_pos(fd);
	loff_t ret = -ESPIPE;

	if (!f.file)
		return -EBADF;
	if (whence < 0 || whence > SEEK_HOLE)
		ret = -EINVAL;
	else if (f.file->f_op->llseek)
		ret = f.file->f_op->llseek(f.file, off, whence);
	fdput_pos(f);
	return ret;
}
