/*
 * Open files: their making and their end, and files that have no name in any tree (pipes, anonymous
 * inodes).
 *
 * Locks: none. f_count is atomic; the last fput() is alone with the file.
 */
#include "kernel/fs/internal.h"

DEFINE_KMEM_CACHE(filp_cache, "filp", struct file, 8);
static struct super_block pseudo_sb = { .s_dev = 0xd,
					.s_magic = ANON_INODE_FS_MAGIC,
					.s_next_ino = ATOMIC_LONG_INIT(1000) };
static struct inode *anon_inode;

void files_init(void)
{
	anon_inode = new_inode(&pseudo_sb, 0600);
	BUG_ON(!anon_inode);
}

struct file *alloc_file(const struct path *path, unsigned int flags,
			const struct file_operations *fops)
{
	struct file *f = kmem_cache_alloc(filp_cache, GFP_KERNEL);
	struct inode *inode = path->dentry->d_inode;

	if (!f)
		return ERR_PTR(-ENFILE);
	*f = (struct file){
		.f_op = fops, .f_inode = inode, .f_path = *path,
		.f_flags =
			flags & ~(unsigned int)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC),
		.f_mode = ((flags + 1) & (FMODE_READ | FMODE_WRITE)) |
			  (fops->llseek ? FMODE_LSEEK : 0) |
			  (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode) ? FMODE_ATOMIC_POS : 0),
		.f_count = ATOMIC_LONG_INIT(1),
	};
	mutex_init(&f->f_pos_lock, "f_pos_lock");
	path_get(path);
	return f;
}

/* --- a program that runs is not written to, and the other way round --- */

static int count_access(struct inode *inode, int by)
{
	int n = atomic_read(&inode->i_writecount);

	do {
		if (by > 0 ? n < 0 : n > 0)
			return -ETXTBSY;
	} while (!atomic_try_cmpxchg(&inode->i_writecount, &n, n + by));
	return 0;
}

int get_write_access(struct inode *inode)
{
	return count_access(inode, 1);
}

void put_write_access(struct inode *inode)
{
	atomic_dec(&inode->i_writecount);
}

int deny_write_access(struct inode *inode)
{
	return count_access(inode, -1);
}

static noinline void __fput(struct file *f)
{
	if (f->f_ep)
		eventpoll_release(f);
	if (!list_empty(&f->f_inode->i_flock))
		locks_remove(f, f);
	if (f->f_op->release)
		f->f_op->release(f->f_inode, f);
	if (f->f_mode & FMODE_WRITER)
		put_write_access(f->f_inode);
	if (f->f_mode & FMODE_EXEC)
		atomic_inc(&f->f_inode->i_writecount);
	path_put(&f->f_path);
	kmem_cache_free(filp_cache, f);
}

void fput(struct file *f)
{
	if (atomic_long_dec_and_test(&f->f_count))
		__fput(f);
}

/* --- files without a name --- */

struct inode *new_pseudo_inode(mode_t mode)
{
	return new_inode(&pseudo_sb, mode);
}

struct file *alloc_file_pseudo(struct inode *inode, const char *name, int flags,
			       const struct file_operations *fops)
{
	struct path path = { NULL, d_alloc(NULL, &pseudo_sb, name, strlen(name)) };
	struct file *f;

	if (!path.dentry)
		return ERR_PTR(-ENOMEM);
	path.dentry->d_inode = inode;
	f = alloc_file(&path, flags, fops);
	if (IS_ERR(f))
		path.dentry->d_inode = NULL;	/* stays the caller's */
	else
		stream_open(inode, f);
	dput(path.dentry);
	return f;
}

struct file *alloc_file_clone(struct file *base, int flags, const struct file_operations *fops)
{
	struct file *f = alloc_file(&base->f_path, flags, fops);

	if (!IS_ERR(f))
		f->f_mode |= base->f_mode & FMODE_STREAM;
	return f;
}

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *private,
				int flags)
{
	char full[32];
	struct file *f;

	snprintf(full, sizeof(full), "anon_inode:%s", name);
	f = alloc_file_pseudo(igrab(anon_inode), full, flags, fops);
	if (IS_ERR(f))
		iput(anon_inode);
	else
		f->private_data = private;
	return f;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *private, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *f;

	if (fd < 0)
		return fd;
	f = anon_inode_getfile(name, fops, private, flags);
	if (IS_ERR(f)) {
		put_unused_fd(fd);
		return PTR_ERR(f);
	}
	fd_install(fd, f);
	return fd;
}

int fd_publish(struct file *f, int flags)
{
	int fd = IS_ERR(f) ? PTR_ERR(f) : get_unused_fd_flags(flags);

	if (fd >= 0)
		fd_install(fd, f);
	else if (!IS_ERR(f))
		fput(f);
	return fd;
}
