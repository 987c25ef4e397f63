/*
 * rename: the one operation on two names. Checks first, then the file system's own word, then the
 * dentries change places.
 *
 * Locks: rename_mutex and both directories' i_mutex (see dir.c); the i_mutex of what is replaced.
 */
#include "kernel/fs/internal.h"

static void lock_rename(struct dentry *a, struct dentry *b)
{
	if (a == b) {
		mutex_lock(&a->d_inode->i_mutex);
		return;
	}
	mutex_lock(&rename_mutex);
	if (!d_ancestor(a, b) && (d_ancestor(b, a) || a > b))
		swap(a, b);
	mutex_lock(&a->d_inode->i_mutex);
	mutex_lock(&b->d_inode->i_mutex);
}

static void unlock_rename(struct dentry *a, struct dentry *b)
{
	mutex_unlock(&a->d_inode->i_mutex);
	if (a == b)
		return;
	mutex_unlock(&b->d_inode->i_mutex);
	mutex_unlock(&rename_mutex);
}

/*
 * May the names of both go and come? A directory that changes its parent is written to itself: its
 * "..".
 */
static int may_rename(const struct path *olddir, struct dentry *old, const struct path *newdir,
		      struct dentry *new)
{
	struct inode *from = olddir->dentry->d_inode;
	bool is_dir = S_ISDIR(old->d_inode->i_mode);
	int err = may_delete(from, old, is_dir) ? : mnt_want_write(olddir);

	if (!err)
		err = new->d_inode ? may_delete(newdir->dentry->d_inode, new, is_dir) :
				     may_create(newdir);
	if (!err && is_dir && olddir->dentry != newdir->dentry)
		err = inode_permission(old->d_inode, MAY_WRITE);
	return err ? err : from->i_op->rename ? 0 : -EPERM;
}

/* Both directories locked. */
static int rename_dentries(const struct path *olddir, struct dentry *old,
			   const struct path *newdir, struct dentry *new)
{
	struct inode *from = olddir->dentry->d_inode, *victim = new->d_inode;
	int err;

	if (old->d_inode == victim)
		return 0;	/* two names of one file: nothing to do, says POSIX */
	err = may_rename(olddir, old, newdir, new);
	if (err)
		return err;
	if (victim)
		mutex_lock(&victim->i_mutex);
	err = from->i_op->rename(from, old, newdir->dentry->d_inode, new);
	if (!err)
		d_move(old, new);
	if (victim)
		mutex_unlock(&victim->i_mutex);
	return err;
}

/* What is there under the new name, or a dentry yet without inode. */
static struct dentry *lookup_target(struct nameidata *nd, bool replace)
{
	struct dentry *dir = nd->path.dentry, *d = lookup_one(dir, nd->last, nd->last_len, true);

	if (!IS_ERR(d) && !replace) {
		dput(d);
		return ERR_PTR(-EEXIST);
	}
	if (d != ERR_PTR(-ENOENT))
		return d;
	d = d_alloc(dir, dir->d_sb, nd->last, nd->last_len);
	return d ? d : ERR_PTR(-ENOMEM);
}

static int rename_locked(struct nameidata *from, struct nameidata *to, bool replace)
{
	struct dentry *old __free(dput) = NULL, *new __free(dput) = NULL;

	old = lookup_one(from->path.dentry, from->last, from->last_len, true);
	if (IS_ERR(old))
		return PTR_ERR(old);
	new = lookup_target(to, replace);
	if (IS_ERR(new))
		return PTR_ERR(new);
	if (!S_ISDIR(old->d_inode->i_mode) && (from->slash || to->slash))
		return -ENOTDIR;
	if (d_ancestor(old, to->path.dentry))
		return -EINVAL;		/* a directory into itself */
	if (new->d_inode && d_ancestor(new, from->path.dentry))
		return -ENOTEMPTY;
	return rename_dentries(&from->path, old, &to->path, new);
}

SYSCALL_DEFINE(renameat2, int olddfd, const char __user *uold, int newdfd, const char __user *unew,
	       unsigned int flags)
{
	char *old __free(kfree) = getname(uold), *new __free(kfree) = getname(unew);
	struct nameidata from __cleanup(nd_end) = { .links = 0 }, to __cleanup(nd_end) = from;
	bool replace = !(flags & RENAME_NOREPLACE);
	int err;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	if (IS_ERR(old) || IS_ERR(new))
		return PTR_ERR(IS_ERR(old) ? old : new);
	err = path_parent(&from, olddfd, old, -EBUSY) ? :
	      path_parent(&to, newdfd, new, replace ? -EBUSY : -EEXIST);
	if (!err && from.path.mnt != to.path.mnt)
		err = -EXDEV;
	if (err)
		return err;
	lock_rename(from.path.dentry, to.path.dentry);
	err = rename_locked(&from, &to, replace);
	unlock_rename(from.path.dentry, to.path.dentry);
	return err;
}

SYSCALL_OLD(rename, (const char __user *old, const char __user *new),
	    renameat2(AT_FDCWD, old, AT_FDCWD, new, 0))
SYSCALL_OLD(renameat, (int od, const char __user *old, int nd, const char __user *new),
	    renameat2(od, old, nd, new, 0))
