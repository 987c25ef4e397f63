/*
 * Reading directories, and the name of the working directory.
 *
 * Locks: f_pos_lock of the directory's file while it is read, so that two readers share it without
 * losing entries.
 */
#include "kernel/fs/internal.h"

/* Fills a user buffer with records. */
struct getdents_buf {
	struct dir_context ctx;
	char __user *at;		/* next record */
	unsigned int left;		/* bytes of room */
	s64 __user *last_off;		/* d_off of the record before: where this one is */
	int err;
};

static bool fill_dirent(struct dir_context *ctx, const char *name, int len, loff_t off, u64 ino,
			unsigned int type)
{
	struct getdents_buf *b = container_of(ctx, struct getdents_buf, ctx);
	unsigned int n = ALIGN_UP(offsetof(struct linux_dirent64, d_name) + len + 1, 8);
	union {
		struct linux_dirent64 d;
		char bytes[sizeof(struct linux_dirent64) + NAME_MAX + 8];
	} u;

	b->err = b->last_off ? 0 : -EINVAL;	/* what a buffer too small for the first is told */
	if (n > b->left)
		return false;
	memset(u.bytes + n - 8, 0, 8);
	u.d.d_ino = ino;
	u.d.d_off = 0;
	u.d.d_reclen = n;
	u.d.d_type = type;
	memcpy(u.d.d_name, name, len);
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

SYSCALL_DEFINE(getdents64, unsigned int fd, void __user *buf, unsigned int size)
{
	struct getdents_buf b = { .ctx = { .actor = fill_dirent }, .at = buf, .left = size };
	CLASS(fd, f)(fd);
	int err;

	if (!f.file)
		return -EBADF;
	if (!f.file->f_op->iterate)
		return -ENOTDIR;
	if (d_unhashed(f.file->f_path.dentry))
		return -ENOENT;
	scoped_guard(mutex, &f.file->f_pos_lock) {
		b.ctx.pos = f.file->f_pos;
		err = f.file->f_op->iterate(f.file, &b.ctx);
		f.file->f_pos = b.ctx.pos;
	}
	if (b.left == size)
		return err ? err : b.err;
	file_accessed(f.file);
	return put_user(b.ctx.pos, b.last_off) ? -EFAULT : (long)(size - b.left);
}

/* Length of the path with its NUL. */
SYSCALL_DEFINE(getcwd, char __user *ubuf, unsigned long size)
{
	char *buf __free(kfree) = kmalloc(PATH_MAX, GFP_KERNEL), *p = buf + PATH_MAX - 1;
	struct path root __cleanup(path_put), pwd __cleanup(path_put);
	bool reached;
	long n;

	get_fs_root(&root);
	get_fs_pwd(&pwd);
	if (!buf)
		return -ENOMEM;
	*p = '\0';
	p = prepend_path(&pwd, &root, buf + 13, p, &reached);
	if (d_unhashed(pwd.dentry))
		return -ENOENT;
	if (IS_ERR(p))
		return PTR_ERR(p);
	if (!reached) {
		p -= 13;
		memcpy(p, "(unreachable)", 13);
	}
	n = buf + PATH_MAX - p;
	if ((unsigned long)n > size)
		return -ERANGE;
	return copy_to_user(ubuf, p, n) ? -EFAULT : n;
}
