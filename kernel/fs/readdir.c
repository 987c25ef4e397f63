/*
 * Reading directories, and the name of the working directory.
 *
 * Locks: f_pos_lock of the directory's file while it is read, so that two readers share it without losing entries.
 */
#include "kernel/fs/internal.h"

/* Fills a user buffer with records as getdents64 (or, old, getdents) defines them. */
struct getdents_buf {
	struct dir_context ctx;
	char __user *at;		/* next record */
	unsigned int left;		/* bytes of room */
	s64 __user *last_off;		/* d_off of the record before: where this one is */
	bool old;
	int err;
};

static bool fill_dirent(struct dir_context *ctx, const char *name, int len, loff_t off, u64 ino, unsigned int type)
{
	struct getdents_buf *b = container_of(ctx, struct getdents_buf, ctx);
	union {
		struct linux_dirent64 d;
		char bytes[sizeof(struct linux_dirent64) + NAME_MAX + 10];
	} u;
	char *d_name = b->old ? u.bytes + 18 : u.d.d_name;	/* the old record has its type behind the name */
	unsigned int n = ALIGN_UP((size_t)(d_name - u.bytes) + len + (b->old ? 2 : 1), 8);

	b->err = b->last_off ? 0 : -EINVAL;	/* what a buffer too small for the first record is told */
	if (n > b->left)
		return false;
	memset(u.bytes + n - 8, 0, 8);
	u.d.d_ino = ino;
	u.d.d_off = 0;
	u.d.d_reclen = n;
	if (b->old)
		u.bytes[n - 1] = type;
	else
		u.d.d_type = type;
	memcpy(d_name, name, len);
	d_name[len] = '\0';
	b->err = -EFAULT;
	if ((b->last_off && put_user(off, b->last_off)) || copy_to_user(b->at, u.bytes, n))
		return false;
	b->last_off = (s64 __user *)(b->at + offsetof(struct linux_dirent64, d_off));
	b->at += n;
	b->left -= n;
	b->err = 0;
	return true;
}

bool dir_emit_dots(struct file *f, struct dir_context *ctx)
{
	struct dentry *d = f->f_path.dentry;
	u64 parent;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, d->d_inode->i_ino, DT_DIR))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		spin_lock(&dcache_lock);
		parent = d->d_parent->d_inode->i_ino;
		spin_unlock(&dcache_lock);
		if (!dir_emit(ctx, "..", 2, parent, DT_DIR))
			return false;
		ctx->pos = 2;
	}
	return true;
}

ssize_t generic_read_dir(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return -EISDIR;
}

static long do_getdents(struct file *f, struct getdents_buf *b)
{
	unsigned int size = b->left;
	int err;

	if (d_unhashed(f->f_path.dentry))
		return -ENOENT;
	mutex_lock(&f->f_pos_lock);
	b->ctx.pos = f->f_pos;
	err = f->f_op->iterate(f, &b->ctx);
	f->f_pos = b->ctx.pos;
	mutex_unlock(&f->f_pos_lock);
	if (b->left == size)
		return err ? err : b->err;
	file_accessed(f);
	return put_user(b->ctx.pos, b->last_off) ? -EFAULT : (long)(size - b->left);
}

static long getdents(unsigned int fd, void __user *buf, unsigned int size, bool old)
{
	struct getdents_buf b = { .ctx = { .actor = fill_dirent }, .at = buf, .left = size, .old = old };
	struct fd f = fdget(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = f.file->f_op->iterate ? do_getdents(f.file, &b) : -ENOTDIR;
	fdput(f);
	return ret;
}

long sys_getdents64(unsigned int fd, void __user *buf, unsigned int size)
{
	return getdents(fd, buf, size, false);
}

long sys_getdents(unsigned int fd, void __user *buf, unsigned int size)
{
	return getdents(fd, buf, size, true);
}

/* Length of the path with its NUL. */
long sys_getcwd(char __user *ubuf, unsigned long size)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *p;
	struct path root, pwd;
	bool reached;
	long n = -ENOENT;

	if (!buf)
		return -ENOMEM;
	get_fs_root(&root);
	get_fs_pwd(&pwd);
	p = buf + PATH_MAX - 1;
	*p = '\0';
	p = prepend_path(&pwd, &root, buf + 13, p, &reached);
	if (!IS_ERR(p) && !reached) {
		p -= 13;
		memcpy(p, "(unreachable)", 13);
	}
	if (d_unhashed(pwd.dentry))
		goto out;
	n = PTR_ERR(p);
	if (IS_ERR(p))
		goto out;
	n = buf + PATH_MAX - p;
	if ((unsigned long)n > size)
		n = -ERANGE;
	else if (copy_to_user(ubuf, p, n))
		n = -EFAULT;
out:
	path_put(&root);
	path_put(&pwd);
	kfree(buf);
	return n;
}
