/*
 * Opening files, and the calls that move a task's root, working directory or umask.
 *
 * Locks: the directory's i_mutex while a file is created in it. Everything else through the
 * functions called.
 */
#include "kernel/fs/internal.h"

/* O_PATH, and files whose open failed */
static const struct file_operations path_fops = { .read = NULL };

/* --- open --- */

/* Permissions are not checked here. */
static struct file *dentry_open(const struct path *path, int flags)
{
	struct inode *inode = path->dentry->d_inode;
	struct file *f = alloc_file(path, flags,
				    flags & O_PATH || !inode->i_fop ? &path_fops : inode->i_fop);
	int err = 0;

	if (IS_ERR(f))
		return f;
	if (flags & O_PATH)
		f->f_mode = FMODE_PATH;
	if (f->f_mode & FMODE_WRITE && S_ISREG(inode->i_mode)) {
		err = get_write_access(inode);
		f->f_mode |= err ? 0 : FMODE_WRITER;
	}
	if (!err && f->f_op->open) {
		f->f_flags |= flags & O_NOCTTY;		/* for terminals to see, nobody else */
		err = f->f_op->open(inode, f);
		f->f_flags &= ~(unsigned int)O_NOCTTY;
	}
	if (err) {
		f->f_op = &path_fops;
		fput(f);
		return ERR_PTR(err);
	}
	if (f->f_op->llseek && !(f->f_mode & FMODE_STREAM))
		f->f_mode |= FMODE_LSEEK;
	return f;
}

static int may_open(const struct path *path, int flags)
{
	static const u8 access[4] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
				      MAY_READ | MAY_WRITE };
	int mask = access[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
	struct inode *inode = path->dentry->d_inode;
	mode_t mode = inode->i_mode;

	if (S_ISLNK(mode))
		return -ELOOP;
	if (S_ISDIR(mode) && (mask & MAY_WRITE))
		return -EISDIR;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && path->mnt && (path->mnt->mnt_flags & MS_NODEV))
		return -EACCES;
	if (S_ISREG(mode) && (mask & MAY_WRITE) && mnt_want_write(path))
		return -EROFS;
	if ((flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	return inode_permission(inode, mask);
}

/* The file of that name in dir, made if there is none (*created). ERR_PTR. */
static struct dentry *lookup_or_create(const struct path *dir, const struct nameidata *nd,
				       mode_t mode, bool *created)
{
	struct dentry *d;
	int err;

	guard(mutex)(&dir->dentry->d_inode->i_mutex);
	d = lookup_one(dir->dentry, nd->last, nd->last_len, true);
	if (d != ERR_PTR(-ENOENT))
		return d;
	err = may_create(dir);
	if (err)
		return ERR_PTR(err);
	d = d_alloc(dir->dentry, dir->dentry->d_sb, nd->last, nd->last_len);
	err = d ? vfs_mknod(dir, d, S_IFREG | (mode & 07777 & ~current->fs->umask), 0) : -ENOMEM;
	*created = !err;
	if (!err)
		return d;
	dput(d);
	return ERR_PTR(err);
}

/*
 * The last component of an open with O_CREAT. 0: nd->path is the file (*created tells whether it is
 * new); 1: a symbolic link was followed, walk on; -errno.
 */
static int open_create(struct nameidata *nd, int flags, mode_t mode, bool *created)
{
	struct dentry *d;

	if (nd->last_type != LAST_NORM)
		return flags & O_EXCL ? -EEXIST : -EISDIR;
	if (nd->slash)
		return -EISDIR;
	d = lookup_or_create(&nd->path, nd, mode, created);
	if (IS_ERR(d))
		return PTR_ERR(d);
	if (!*created && (flags & O_EXCL)) {
		dput(d);
		return -EEXIST;
	}
	if (S_ISLNK(d->d_inode->i_mode) && !(flags & O_NOFOLLOW))
		return follow_link(nd, d);
	dput(nd->path.dentry);
	nd->path.dentry = d;
	follow_mount(&nd->path);
	return S_ISDIR(nd->path.dentry->d_inode->i_mode) ? -EISDIR : 0;
}

static int open_path_create(int dfd, const char *name, int flags, mode_t mode, struct path *path,
			    bool *created)
{
	struct nameidata nd __cleanup(nd_end);
	int err = nd_start(&nd, dfd, name, 0);

	if (err)
		return err;
	do {
		err = link_path_walk(&nd);
		if (!err)
			err = open_create(&nd, flags, mode, created);
	} while (err > 0);
	if (!err) {
		*path = nd.path;
		nd.path.dentry = NULL;
	}
	return err;
}

static struct file *do_filp_open(int dfd, const char *name, int flags, mode_t mode)
{
	struct path path __cleanup(path_put) = { NULL, NULL };
	bool created = false;
	int err;

	if (flags & O_PATH)
		flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
	else
		flags |= O_LARGEFILE;
	if (flags & __O_TMPFILE)
		return ERR_PTR(-EOPNOTSUPP);
	if (flags & O_CREAT)
		err = open_path_create(dfd, name, flags, mode, &path, &created);
	else
		err = path_at(dfd, name, flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (!err && (flags & O_DIRECTORY) && !S_ISDIR(path.dentry->d_inode->i_mode))
		err = -ENOTDIR;
	if (!err && !created && !(flags & O_PATH)) {
		err = may_open(&path, flags);
		if (!err && (flags & O_TRUNC) && S_ISREG(path.dentry->d_inode->i_mode))
			err = do_truncate(&path, 0);
	}
	return err ? ERR_PTR(err) : dentry_open(&path, flags);
}

struct file *filp_open(const char *name, int flags, mode_t mode)
{
	return do_filp_open(AT_FDCWD, name, flags, mode);
}

struct file *do_execat_open(int dfd, const char *name, int flags)
{
	struct path path __cleanup(path_put) = { NULL, NULL };
	int err = path_at(dfd, name, at_lookup(flags), &path);
	struct inode *inode;
	struct file *f;

	if (err)
		return ERR_PTR(err);
	inode = path.dentry->d_inode;
	if (S_ISLNK(inode->i_mode))
		return ERR_PTR(-ELOOP);
	if (!S_ISREG(inode->i_mode) || (path.mnt && (path.mnt->mnt_flags & MS_NOEXEC)))
		return ERR_PTR(-EACCES);
	err = inode_permission(inode, MAY_EXEC);
	f = err ? ERR_PTR(err) : dentry_open(&path, O_RDONLY);
	if (IS_ERR(f))
		return f;
	err = deny_write_access(inode);
	if (err) {
		fput(f);
		return ERR_PTR(err);
	}
	f->f_mode |= FMODE_EXEC;
	return f;
}

SYSCALL_DEFINE(openat, int dfd, const char __user *uname, int flags, mode_t mode)
{
	char *name __free(kfree) = getname(uname);
	struct file *f;
	int fd;

	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd_flags(flags);
	if (fd < 0)
		return fd;
	f = do_filp_open(dfd, name, flags, mode);
	if (IS_ERR(f)) {
		put_unused_fd(fd);
		return PTR_ERR(f);
	}
	fd_install(fd, f);
	return fd;
}

SYSCALL_OLD(open, (const char __user *name, int flags, mode_t mode),
	    openat(AT_FDCWD, name, flags, mode))
SYSCALL_OLD(creat, (const char __user *name, mode_t mode),
	    openat(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode))

/* --- root, working directory, umask --- */

static void set_fs_path(struct path *place, const struct path *path)
{
	struct path old;

	path_get(path);
	scoped_guard(spinlock, &current->fs->lock) {
		old = *place;
		*place = *path;
	}
	path_put(&old);
}

static long change_dir(const char __user *name, struct path *place)
{
	struct path path __cleanup(path_put) = { NULL, NULL };
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (!err)
		err = inode_permission(path.dentry->d_inode, MAY_EXEC);
	if (!err && place == &current->fs->root && !capable())
		err = -EPERM;
	if (!err)
		set_fs_path(place, &path);
	return err;
}

SYSCALL_DEFINE(chdir, const char __user *name)
{
	return change_dir(name, &current->fs->pwd);
}

SYSCALL_DEFINE(chroot, const char __user *name)
{
	return change_dir(name, &current->fs->root);
}

SYSCALL_DEFINE(fchdir, unsigned int fd)
{
	CLASS(fd_raw, f)(fd);
	int err;

	if (!f.file)
		return -EBADF;
	if (!S_ISDIR(f.file->f_inode->i_mode))
		return -ENOTDIR;
	err = inode_permission(f.file->f_inode, MAY_EXEC);
	if (!err)
		set_fs_path(&current->fs->pwd, &f.file->f_path);
	return err;
}

SYSCALL_DEFINE(umask, int mask)
{
	return xchg(&current->fs->umask, (mode_t)mask & 0777);
}
