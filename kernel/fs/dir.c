/*
 * Making, removing and renaming names; reading directories.
 *
 * Locks: the directory's i_mutex; then the victim's, so that a directory is still empty when its name goes. Two directories are locked
 * ancestor first, else by address; under rename_mutex, so that which is whose ancestor stays true meanwhile.
 */
#include "kernel/fs/internal.h"

/* --- making --- */

struct dentry *path_create(int dfd, const char *name, unsigned int lookup, struct path *parent)
{
	struct nameidata nd;
	struct dentry *d, *there;
	int err = path_parent(&nd, dfd, name, -EEXIST);

	if (err) {
		nd_end(&nd);
		return ERR_PTR(err);
	}
	mutex_lock(&nd.path.dentry->d_inode->i_mutex);
	there = lookup_one(nd.path.dentry, nd.last, nd.last_len, true);
	if (!IS_ERR(there)) {
		dput(there);
		err = -EEXIST;
	} else if (there != ERR_PTR(-ENOENT)) {
		err = PTR_ERR(there);
	} else if (nd.slash && !(lookup & LOOKUP_DIRECTORY)) {
		err = -ENOENT;
	} else {
		err = may_create(&nd.path);
	}
	d = err ? ERR_PTR(err) : d_alloc(nd.path.dentry, nd.path.dentry->d_sb, nd.last, nd.last_len);
	if (IS_ERR_OR_NULL(d)) {
		mutex_unlock(&nd.path.dentry->d_inode->i_mutex);
		d = d ? d : ERR_PTR(-ENOMEM);
	} else {
		*parent = nd.path;
		nd.path.dentry = NULL;
	}
	nd_end(&nd);
	return d;
}

void done_path_create(struct path *parent, struct dentry *d)
{
	mutex_unlock(&parent->dentry->d_inode->i_mutex);
	dput(d);
	path_put(parent);
}

int vfs_mknod(struct path *parent, struct dentry *d, mode_t mode, dev_t dev)
{
	struct inode *dir = parent->dentry->d_inode;

	return dir->i_op->mknod ? dir->i_op->mknod(dir, d, mode, dev) : -EACCES;
}

int do_mknod(int dfd, const char *name, mode_t mode, dev_t dev)
{
	struct path parent;
	struct dentry *d = path_create(dfd, name, S_ISDIR(mode) ? LOOKUP_DIRECTORY : 0, &parent);
	int err;

	if (IS_ERR(d))
		return PTR_ERR(d);
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !capable())
		err = -EPERM;
	else
		err = vfs_mknod(&parent, d, mode, dev);
	done_path_create(&parent, d);
	return err;
}

static long user_mknod(int dfd, const char __user *uname, mode_t mode, dev_t dev)
{
	char *name = getname(uname);
	long err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	err = do_mknod(dfd, name, (mode & S_IFMT) | (mode & 07777 & ~current->fs->umask), dev);
	putname(name);
	return err;
}

long sys_mkdirat(int dfd, const char __user *name, mode_t mode)
{
	return user_mknod(dfd, name, S_IFDIR | (mode & 01777), 0);
}

long sys_mkdir(const char __user *name, mode_t mode)
{
	return sys_mkdirat(AT_FDCWD, name, mode);
}

long sys_mknodat(int dfd, const char __user *name, mode_t mode, unsigned int dev)
{
	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		fallthrough;
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return user_mknod(dfd, name, mode, dev);
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

long sys_mknod(const char __user *name, mode_t mode, unsigned int dev)
{
	return sys_mknodat(AT_FDCWD, name, mode, dev);
}

int do_symlink(const char *target, int dfd, const char *name)
{
	struct path parent;
	struct dentry *d;
	struct inode *dir;
	int err;

	if (!*target)
		return -ENOENT;
	d = path_create(dfd, name, 0, &parent);
	if (IS_ERR(d))
		return PTR_ERR(d);
	dir = parent.dentry->d_inode;
	err = dir->i_op->symlink ? dir->i_op->symlink(dir, d, target) : -EPERM;
	done_path_create(&parent, d);
	return err;
}

int do_link(int olddfd, const char *oldname, int newdfd, const char *newname, unsigned int lookup)
{
	struct path old, parent;
	struct inode *inode, *dir;
	struct dentry *d;
	int err = path_at(olddfd, oldname, lookup, &old);

	if (err)
		return err;
	d = path_create(newdfd, newname, 0, &parent);
	err = PTR_ERR(d);
	if (IS_ERR(d))
		goto out;
	inode = old.dentry->d_inode;
	dir = parent.dentry->d_inode;
	err = -EXDEV;
	if (old.mnt != parent.mnt)
		goto done;
	err = -EPERM;
	if (!dir->i_op->link || S_ISDIR(inode->i_mode))
		goto done;
	mutex_lock(&inode->i_mutex);
	err = inode->i_nlink ? dir->i_op->link(old.dentry, dir, d) : -ENOENT;
	mutex_unlock(&inode->i_mutex);
done:
	done_path_create(&parent, d);
out:
	path_put(&old);
	return err;
}

int get_two_names(const char __user *ua, const char __user *ub, char **a, char **b)
{
	*a = getname(ua);
	*b = IS_ERR(*a) ? NULL : getname(ub);
	if (IS_ERR(*a))
		return PTR_ERR(*a);
	if (!IS_ERR(*b))
		return 0;
	putname(*a);
	return PTR_ERR(*b);
}

long sys_symlinkat(const char __user *utarget, int dfd, const char __user *uname)
{
	char *target, *name;
	int err = get_two_names(utarget, uname, &target, &name);

	if (err)
		return err;
	err = do_symlink(target, dfd, name);
	putname(target);
	putname(name);
	return err;
}

long sys_symlink(const char __user *target, const char __user *name)
{
	return sys_symlinkat(target, AT_FDCWD, name);
}

long sys_linkat(int olddfd, const char __user *uold, int newdfd, const char __user *unew, int flags)
{
	char *old, *new;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if ((flags & AT_EMPTY_PATH) && !capable())
		return -ENOENT;
	err = get_two_names(uold, unew, &old, &new);
	if (err)
		return err;
	err = do_link(olddfd, old, newdfd, new,
		      (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
	putname(old);
	putname(new);
	return err;
}

long sys_link(const char __user *old, const char __user *new)
{
	return sys_linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

/* --- removing --- */

int may_delete(struct inode *dir, struct dentry *victim, bool want_dir)
{
	struct inode *inode = victim->d_inode;
	int err = inode_permission(dir, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if ((dir->i_mode & S_ISVTX) && current->cred->fsuid != inode->i_uid && !inode_owner_or_capable(dir))
		return -EPERM;
	if (want_dir != S_ISDIR(inode->i_mode))
		return want_dir ? -ENOTDIR : -EISDIR;
	return victim->d_mounted ? -EBUSY : 0;
}

/* dir's i_mutex held. */
static int remove_name(const struct path *dir, struct dentry *d, bool want_dir)
{
	struct inode *inode = dir->dentry->d_inode;
	int (*op)(struct inode *, struct dentry *) = want_dir ? inode->i_op->rmdir : inode->i_op->unlink;
	int err = mnt_want_write(dir);

	if (!err)
		err = may_delete(inode, d, want_dir);
	if (!err && !op)
		err = -EPERM;
	if (err)
		return err;
	mutex_lock(&d->d_inode->i_mutex);
	err = op(inode, d);
	if (!err)
		d_drop(d);
	mutex_unlock(&d->d_inode->i_mutex);
	return err;
}

/* The -errno of removing a path that does not end in a plain name. */
static int remove_odd(enum last_type type, bool want_dir)
{
	if (!want_dir)
		return -EISDIR;
	return type == LAST_DOT ? -EINVAL : type == LAST_DOTDOT ? -ENOTEMPTY : -EBUSY;
}

int do_remove(int dfd, const char *name, bool want_dir)
{
	struct nameidata nd;
	struct inode *dir;
	struct dentry *d;
	int err = path_parent(&nd, dfd, name, 1);

	if (err > 0)
		err = remove_odd(nd.last_type, want_dir);
	if (err)
		goto out;
	dir = nd.path.dentry->d_inode;
	mutex_lock(&dir->i_mutex);
	d = lookup_one(nd.path.dentry, nd.last, nd.last_len, true);
	if (IS_ERR(d))
		err = PTR_ERR(d);
	else if (nd.slash && !want_dir)
		err = S_ISDIR(d->d_inode->i_mode) ? -EISDIR : -ENOTDIR;
	else
		err = remove_name(&nd.path, d, want_dir);
	mutex_unlock(&dir->i_mutex);
	if (!IS_ERR(d))
		dput(d);
out:
	nd_end(&nd);
	return err;
}

long sys_unlinkat(int dfd, const char __user *uname, int flags)
{
	char *name;
	int err;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	name = getname(uname);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = do_remove(dfd, name, flags & AT_REMOVEDIR);
	putname(name);
	return err;
}

long sys_unlink(const char __user *name)
{
	return sys_unlinkat(AT_FDCWD, name, 0);
}

long sys_rmdir(const char __user *name)
{
	return sys_unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}
