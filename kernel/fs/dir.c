/*
 * Making and removing names.
 *
 * Locks: the directory's i_mutex; then the victim's, so that a directory is still empty when its
 * name goes. Two directories (rename.c) are locked ancestor first, else by address; under
 * rename_mutex, so that which is whose ancestor stays true meanwhile.
 */
#include "kernel/fs/internal.h"

/* --- making --- */

/* What path_create() makes, the directory's i_mutex held. */
static struct dentry *new_name(struct nameidata *nd, unsigned int lookup)
{
	struct dentry *dir = nd->path.dentry;
	struct dentry *d = lookup_one(dir, nd->last, nd->last_len, true);
	int err;

	if (d != ERR_PTR(-ENOENT)) {
		if (IS_ERR(d))
			return d;
		dput(d);
		return ERR_PTR(-EEXIST);
	}
	if (nd->slash && !(lookup & LOOKUP_DIRECTORY))
		return ERR_PTR(-ENOENT);
	err = may_create(&nd->path);
	if (err)
		return ERR_PTR(err);
	d = d_alloc(dir, dir->d_sb, nd->last, nd->last_len);
	return d ? d : ERR_PTR(-ENOMEM);
}

/*
 * The parent directory of name, its i_mutex held, and the dentry of the last component (negative:
 * to be made). flags: LOOKUP_DIRECTORY: what is made will be a directory, so a slash may follow.
 * -EEXIST when the name is there. Pairs with done_path_create().
 */
static struct dentry *path_create(int dfd, const char *name, unsigned int lookup,
				  struct path *parent)
{
	struct nameidata nd __cleanup(nd_end);
	int err = path_parent(&nd, dfd, name, -EEXIST);
	struct dentry *d;

	if (err)
		return ERR_PTR(err);
	mutex_lock(&nd.path.dentry->d_inode->i_mutex);
	d = new_name(&nd, lookup);
	if (IS_ERR(d)) {
		mutex_unlock(&nd.path.dentry->d_inode->i_mutex);
	} else {
		*parent = nd.path;
		nd.path.dentry = NULL;
	}
	return d;
}

static void done_path_create(struct path *parent, struct dentry *d)
{
	mutex_unlock(&parent->dentry->d_inode->i_mutex);
	dput(d);
	path_put(parent);
}

int vfs_mknod(const struct path *parent, struct dentry *d, mode_t mode, dev_t dev)
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
	char *name __free(kfree) = getname(uname);

	if (IS_ERR(name))
		return PTR_ERR(name);
	mode = (mode & S_IFMT) | (mode & 07777 & ~current->fs->umask);
	return do_mknod(dfd, name, mode, dev);
}

SYSCALL_DEFINE(mkdirat, int dfd, const char __user *name, mode_t mode)
{
	return user_mknod(dfd, name, S_IFDIR | (mode & 01777), 0);
}

SYSCALL_OLD(mkdir, (const char __user *name, mode_t mode), mkdirat(AT_FDCWD, name, mode))

SYSCALL_DEFINE(mknodat, int dfd, const char __user *name, mode_t mode, unsigned int dev)
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
	default:
		return S_ISDIR(mode) ? -EPERM : -EINVAL;
	}
}

SYSCALL_OLD(mknod, (const char __user *name, mode_t mode, unsigned int dev),
	    mknodat(AT_FDCWD, name, mode, dev))

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

SYSCALL_DEFINE(symlinkat, const char __user *utarget, int dfd, const char __user *uname)
{
	char *target __free(kfree) = getname(utarget), *name __free(kfree) = getname(uname);

	if (IS_ERR(target) || IS_ERR(name))
		return PTR_ERR(IS_ERR(target) ? target : name);
	return do_symlink(target, dfd, name);
}

SYSCALL_OLD(symlink, (const char __user *target, const char __user *name),
	    symlinkat(target, AT_FDCWD, name))

static int link_in(struct dentry *old, struct dentry *dir, struct dentry *d)
{
	struct inode *inode = old->d_inode;

	if (!dir->d_inode->i_op->link || S_ISDIR(inode->i_mode))
		return -EPERM;
	guard(mutex)(&inode->i_mutex);
	return inode->i_nlink ? dir->d_inode->i_op->link(old, dir->d_inode, d) : -ENOENT;
}

int do_link(int olddfd, const char *oldname, int newdfd, const char *newname, unsigned int lookup)
{
	struct path old __cleanup(path_put) = { NULL, NULL }, parent;
	struct dentry *d;
	int err = path_at(olddfd, oldname, lookup, &old);

	if (err)
		return err;
	d = path_create(newdfd, newname, 0, &parent);
	if (IS_ERR(d))
		return PTR_ERR(d);
	err = old.mnt == parent.mnt ? link_in(old.dentry, parent.dentry, d) : -EXDEV;
	done_path_create(&parent, d);
	return err;
}

SYSCALL_DEFINE(linkat, int olddfd, const char __user *uold, int newdfd, const char __user *unew,
	       int flags)
{
	char *old __free(kfree) = getname(uold), *new __free(kfree) = getname(unew);
	unsigned int lookup = flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if ((flags & AT_EMPTY_PATH) && !capable())
		return -ENOENT;
	if (IS_ERR(old) || IS_ERR(new))
		return PTR_ERR(IS_ERR(old) ? old : new);
	return do_link(olddfd, old, newdfd, new,
		       lookup | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
}

SYSCALL_OLD(link, (const char __user *old, const char __user *new),
	    linkat(AT_FDCWD, old, AT_FDCWD, new, 0))

/* --- removing --- */

int may_delete(struct inode *dir, struct dentry *victim, bool want_dir)
{
	struct inode *inode = victim->d_inode;
	int err = inode_permission(dir, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if ((dir->i_mode & S_ISVTX) && current->cred->fsuid != inode->i_uid &&
	    !inode_owner_or_capable(dir))
		return -EPERM;
	if (want_dir != S_ISDIR(inode->i_mode))
		return want_dir ? -ENOTDIR : -EISDIR;
	return victim->d_mounted ? -EBUSY : 0;
}

/* dir's i_mutex held. */
static int remove_name(const struct path *dir, struct dentry *d, bool want_dir)
{
	struct inode *inode = dir->dentry->d_inode;
	int (*op)(struct inode *, struct dentry *) =
		want_dir ? inode->i_op->rmdir : inode->i_op->unlink;
	int err = mnt_want_write(dir) ? : may_delete(inode, d, want_dir) ? : op ? 0 : -EPERM;

	if (err)
		return err;
	guard(mutex)(&d->d_inode->i_mutex);
	err = op(inode, d);
	if (!err)
		d_drop(d);
	return err;
}

int do_remove(int dfd, const char *name, bool want_dir)
{
	struct nameidata nd __cleanup(nd_end);
	struct dentry *d __free(dput) = NULL;
	int err = path_parent(&nd, dfd, name, 1);

	if (err > 0 && !want_dir)
		return -EISDIR;
	if (err > 0)
		return nd.last_type == LAST_DOT	     ? -EINVAL
		       : nd.last_type == LAST_DOTDOT ? -ENOTEMPTY
						     : -EBUSY;
	if (err)
		return err;
	guard(mutex)(&nd.path.dentry->d_inode->i_mutex);
	d = lookup_one(nd.path.dentry, nd.last, nd.last_len, true);
	if (IS_ERR(d))
		return PTR_ERR(d);
	if (nd.slash && !want_dir)
		return S_ISDIR(d->d_inode->i_mode) ? -EISDIR : -ENOTDIR;
	return remove_name(&nd.path, d, want_dir);
}

SYSCALL_DEFINE(unlinkat, int dfd, const char __user *uname, int flags)
{
	char *name __free(kfree) = getname(uname);

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return IS_ERR(name) ? PTR_ERR(name) : do_remove(dfd, name, flags & AT_REMOVEDIR);
}

SYSCALL_OLD(unlink, (const char __user *name), unlinkat(AT_FDCWD, name, 0))
SYSCALL_OLD(rmdir, (const char __user *name), unlinkat(AT_FDCWD, name, AT_REMOVEDIR))
