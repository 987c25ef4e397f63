/*
 * Opening files, and the calls that change one attribute of a path or move a task's root, working directory or umask.
 *
 * Locks: the directory's i_mutex while a file is created in it. Everything else through the functions called.
 */
#include "kernel/fs/internal.h"

static const struct file_operations path_fops = { .read = NULL };	/* O_PATH, and files whose open failed */

/* --- open --- */

struct file *dentry_open(const struct path *path, int flags)
{
	struct inode *inode = path->dentry->d_inode;
	struct file *f = alloc_file(path, flags, flags & O_PATH || !inode->i_fop ? &path_fops : inode->i_fop);
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

static int open_mask(int flags)
{
	static const u8 mask[4] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE };

	return mask[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

static int may_open(const struct path *path, int flags)
{
	struct inode *inode = path->dentry->d_inode;
	int mask = open_mask(flags), err;

	if (S_ISLNK(inode->i_mode))
		return -ELOOP;
	if (S_ISDIR(inode->i_mode) && (mask & MAY_WRITE))
		return -EISDIR;
	if ((S_ISCHR(inode->i_mode) || S_ISBLK(inode->i_mode)) && path->mnt && (path->mnt->mnt_flags & MS_NODEV))
		return -EACCES;
	if (S_ISREG(inode->i_mode) && (mask & MAY_WRITE) && mnt_want_write(path))
		return -EROFS;
	err = inode_permission(inode, mask);
	if (!err && (flags & O_NOATIME) && !inode_owner_or_capable(inode))
		err = -EPERM;
	return err;
}

/*
 * The last component of an open with O_CREAT. 0: nd->path is the file (*created tells whether it is new); 1: a symbolic link was followed,
 * walk on; -errno.
 */
static int open_create(struct nameidata *nd, int flags, mode_t mode, bool *created)
{
	struct path dir = nd->path;
	struct inode *inode = dir.dentry->d_inode;
	struct dentry *d;
	int err = 0;

	if (nd->last_type != LAST_NORM)
		return flags & O_EXCL ? -EEXIST : -EISDIR;
	if (nd->slash)
		return -EISDIR;
	mutex_lock(&inode->i_mutex);
	d = lookup_one(dir.dentry, nd->last, nd->last_len, true);
	if (d == ERR_PTR(-ENOENT)) {
		err = may_create(&dir);
		d = err ? ERR_PTR(err) : d_alloc(dir.dentry, dir.dentry->d_sb, nd->last, nd->last_len);
		if (!IS_ERR_OR_NULL(d)) {
			err = vfs_mknod(&dir, d, S_IFREG | (mode & 07777 & ~current->fs->umask), 0);
			*created = !err;
		}
	}
	mutex_unlock(&inode->i_mutex);
	if (IS_ERR_OR_NULL(d))
		return d ? PTR_ERR(d) : -ENOMEM;
	if (!err && !*created && (flags & O_EXCL))
		err = -EEXIST;
	if (err) {
		dput(d);
		return err;
	}
	if (S_ISLNK(d->d_inode->i_mode) && !(flags & O_NOFOLLOW))
		return follow_link(nd, d);
	dput(nd->path.dentry);
	nd->path.dentry = d;
	follow_mount(&nd->path);
	return S_ISDIR(nd->path.dentry->d_inode->i_mode) ? -EISDIR : 0;
}

static int open_path_create(int dfd, const char *name, int flags, mode_t mode, struct path *path, bool *created)
{
	struct nameidata nd;
	int err = nd_start(&nd, dfd, name, 0);

	if (!err) {
		do {
			err = link_path_walk(&nd);
			if (!err)
				err = open_create(&nd, flags, mode, created);
		} while (err > 0);
	}
	if (!err) {
		*path = nd.path;
		nd.path.dentry = NULL;
	}
	nd_end(&nd);
	return err;
}

struct file *do_filp_open(int dfd, const char *name, int flags, mode_t mode)
{
	bool created = false;
	struct path path;
	struct file *f;
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
	if (err)
		return ERR_PTR(err);
	if ((flags & O_DIRECTORY) && !S_ISDIR(path.dentry->d_inode->i_mode))
		err = -ENOTDIR;
	if (!err && !created && !(flags & O_PATH)) {
		err = may_open(&path, flags);
		if (!err && (flags & O_TRUNC) && S_ISREG(path.dentry->d_inode->i_mode))
			err = do_truncate(&path, 0);
	}
	f = err ? ERR_PTR(err) : dentry_open(&path, flags);
	path_put(&path);
	return f;
}

struct file *filp_open(const char *name, int flags, mode_t mode)
{
	return do_filp_open(AT_FDCWD, name, flags, mode);
}

struct file *do_execat_open(int dfd, const char *name, int flags)
{
	unsigned int lookup = (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	struct inode *inode;
	struct path path;
	struct file *f;
	int err = path_at(dfd, name, lookup, &path);

	if (err)
		return ERR_PTR(err);
	inode = path.dentry->d_inode;
	if (S_ISLNK(inode->i_mode))
		err = -ELOOP;
	else if (!S_ISREG(inode->i_mode) || (path.mnt && (path.mnt->mnt_flags & MS_NOEXEC)))
		err = -EACCES;
	else
		err = inode_permission(inode, MAY_EXEC);
	f = err ? ERR_PTR(err) : dentry_open(&path, O_RDONLY);
	path_put(&path);
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

static long do_sys_open(int dfd, const char __user *uname, int flags, mode_t mode)
{
	char *name = getname(uname);
	struct file *f;
	int fd;

	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd_flags(flags);
	if (fd < 0)
		goto out;
	f = do_filp_open(dfd, name, flags, mode);
	if (IS_ERR(f)) {
		put_unused_fd(fd);
		fd = PTR_ERR(f);
	} else {
		fd_install(fd, f);
	}
out:
	putname(name);
	return fd;
}

long sys_open(const char __user *name, int flags, mode_t mode)
{
	return do_sys_open(AT_FDCWD, name, flags, mode);
}

long sys_openat(int dfd, const char __user *name, int flags, mode_t mode)
{
	return do_sys_open(dfd, name, flags, mode);
}

long sys_creat(const char __user *name, mode_t mode)
{
	return do_sys_open(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* Unlike openat: unknown flags, and a mode without O_CREAT, are errors. No RESOLVE_xxx restriction is supported. */
long sys_openat2(int dfd, const char __user *name, const struct open_how __user *uhow, size_t size)
{
	static const u64 known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC | FASYNC |
		O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_SYNC | O_PATH | O_TMPFILE;
	struct open_how how;

	if (size < sizeof(how))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (copy_from_user(&how, uhow, sizeof(how)))
		return -EFAULT;
	for (size_t i = sizeof(how); i < size; i++) {
		u8 rest;

		if (get_user(rest, (const u8 __user *)uhow + i))
			return -EFAULT;
		if (rest)
			return -E2BIG;
	}
	if ((how.flags & ~known) || how.resolve || (how.mode & ~07777UL) || (how.mode && !(how.flags & (O_CREAT | __O_TMPFILE))))
		return -EINVAL;
	return do_sys_open(dfd, name, how.flags, how.mode);
}

/* --- root, working directory, umask --- */

/* Takes over the references. */
static void set_fs_path(struct path *place, const struct path *path)
{
	struct path old;

	spin_lock(&current->fs->lock);
	old = *place;
	*place = *path;
	spin_unlock(&current->fs->lock);
	if (old.dentry)
		path_put(&old);
}

static long change_dir(const char __user *name, struct path *place)
{
	struct path path;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(path.dentry->d_inode, MAY_EXEC);
	if (!err && place == &current->fs->root && !capable())
		err = -EPERM;
	if (err)
		path_put(&path);
	else
		set_fs_path(place, &path);
	return err;
}

long sys_chdir(const char __user *name)
{
	return change_dir(name, &current->fs->pwd);
}

long sys_chroot(const char __user *name)
{
	return change_dir(name, &current->fs->root);
}

long sys_fchdir(unsigned int fd)
{
	struct fd f = fdget_raw(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = S_ISDIR(f.file->f_inode->i_mode) ? inode_permission(f.file->f_inode, MAY_EXEC) : -ENOTDIR;
	if (!err) {
		path_get(&f.file->f_path);
		set_fs_path(&current->fs->pwd, &f.file->f_path);
	}
	fdput(f);
	return err;
}

long sys_umask(int mask)
{
	return xchg(&current->fs->umask, (mode_t)mask & 0777);
}
