/*
 * rename: the one operation on two names. Checks first, then the file system's own word, then the dentries change places.
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

/* May the names of both go and come? A directory that changes its parent is written to itself: its "..". */
static int may_rename(const struct path *olddir, struct dentry *old, const struct path *newdir, struct dentry *new, unsigned int flags)
{
	bool is_dir = S_ISDIR(old->d_inode->i_mode);
	int err = may_delete(olddir->dentry->d_inode, old, is_dir);

	if (!err)
		err = mnt_want_write(olddir);
	if (!err && !new->d_inode)
		err = may_create(newdir);
	else if (!err)
		err = may_delete(newdir->dentry->d_inode, new, flags & RENAME_EXCHANGE ? S_ISDIR(new->d_inode->i_mode) : is_dir);
	if (!err && is_dir && olddir->dentry != newdir->dentry)
		err = inode_permission(old->d_inode, MAY_WRITE);
	if (!err && !olddir->dentry->d_inode->i_op->rename)
		err = -EPERM;
	return err;
}

/* Both directories locked. */
static int rename_dentries(const struct path *olddir, struct dentry *old, const struct path *newdir, struct dentry *new,
			   unsigned int flags)
{
	struct inode *from = olddir->dentry->d_inode, *to = newdir->dentry->d_inode, *victim = new->d_inode;
	int err;

	if (old->d_inode == victim)
		return 0;	/* two names of one file: nothing to do, says POSIX */
	err = may_rename(olddir, old, newdir, new, flags);
	if (err)
		return err;
	if (victim)
		mutex_lock(&victim->i_mutex);
	err = from->i_op->rename(from, old, to, new, flags);
	if (!err && (flags & RENAME_EXCHANGE))
		d_exchange(old, new);
	else if (!err)
		d_move(old, new);
	if (victim)
		mutex_unlock(&victim->i_mutex);
	return err;
}

/* What is there under the new name, or a dentry yet without inode. */
static struct dentry *lookup_target(struct nameidata *nd, unsigned int flags)
{
	struct dentry *d = lookup_one(nd->path.dentry, nd->last, nd->last_len, true);

	if (!IS_ERR(d) && (flags & RENAME_NOREPLACE)) {
		dput(d);
		return ERR_PTR(-EEXIST);
	}
	if (d != ERR_PTR(-ENOENT) || (flags & RENAME_EXCHANGE))
		return d;
	d = d_alloc(nd->path.dentry, nd->path.dentry->d_sb, nd->last, nd->last_len);
	return d ? d : ERR_PTR(-ENOMEM);
}

static int rename_locked(struct nameidata *from, struct nameidata *to, unsigned int flags)
{
	struct dentry *old = lookup_one(from->path.dentry, from->last, from->last_len, true), *new;
	int err;

	if (IS_ERR(old))
		return PTR_ERR(old);
	new = lookup_target(to, flags);
	if (IS_ERR(new)) {
		dput(old);
		return PTR_ERR(new);
	}
	if (!S_ISDIR(old->d_inode->i_mode) && (from->slash || (to->slash && !(flags & RENAME_EXCHANGE))))
		err = -ENOTDIR;
	else if (d_ancestor(old, to->path.dentry))
		err = -EINVAL;		/* a directory into itself */
	else if (new->d_inode && d_ancestor(new, from->path.dentry))
		err = flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	else
		err = rename_dentries(&from->path, old, &to->path, new, flags);
	dput(old);
	dput(new);
	return err;
}

static int do_rename(int olddfd, const char *old, int newdfd, const char *new, unsigned int flags)
{
	struct nameidata from, to = { .links = 0 };
	int err = path_parent(&from, olddfd, old, -EBUSY);

	if (!err)
		err = path_parent(&to, newdfd, new, flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY);
	if (!err && from.path.mnt != to.path.mnt)
		err = -EXDEV;
	if (!err) {
		lock_rename(from.path.dentry, to.path.dentry);
		err = rename_locked(&from, &to, flags);
		unlock_rename(from.path.dentry, to.path.dentry);
	}
	nd_end(&from);
	nd_end(&to);
	return err;
}

long sys_renameat2(int olddfd, const char __user *uold, int newdfd, const char __user *unew, unsigned int flags)
{
	char *old, *new;
	int err;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) || flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	err = get_two_names(uold, unew, &old, &new);
	if (err)
		return err;
	err = do_rename(olddfd, old, newdfd, new, flags);
	putname(old);
	putname(new);
	return err;
}

long sys_renameat(int olddfd, const char __user *old, int newdfd, const char __user *new)
{
	return sys_renameat2(olddfd, old, newdfd, new, 0);
}

long sys_rename(const char __user *old, const char __user *new)
{
	return sys_renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}
