/*
 * Inodes: files as such, whatever names they have. An inode lives as long as a dentry (or an
 * igrab()) refers to it; there is no table of them. Permissions are decided here.
 *
 * Locks: i_mutex for attributes. Reading mode and owner for a permission check takes none: each is
 * one word.
 */
#include "kernel/fs/internal.h"
#include "kernel/time/time.h"

DEFINE_KMEM_CACHE(inode_cache, "inode", struct inode, 8);

struct timespec current_time(void)
{
	return ns_to_timespec(ktime_get_real());
}

struct inode *new_inode(struct super_block *sb, mode_t mode)
{
	struct inode *inode = kmem_cache_zalloc(inode_cache, GFP_KERNEL);

	if (!inode)
		return NULL;
	inode->i_sb = sb;
	inode->i_mode = mode;
	inode->i_uid = current->cred->fsuid;
	inode->i_gid = current->cred->fsgid;
	inode->i_nlink = 1;
	inode->i_ino = atomic_long_inc_return(&sb->s_next_ino);
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time();
	refcount_set(&inode->i_count, 1);
	mutex_init(&inode->i_mutex, "i_mutex");
	INIT_LIST_HEAD(&inode->i_flock);
	if (S_ISREG(mode))
		mapping_init(&inode->i_data, inode);
	return inode;
}

void iput(struct inode *inode)
{
	if (!inode || !refcount_dec_and_test(&inode->i_count))
		return;
	if (inode->i_sb->s_op && inode->i_sb->s_op->evict_inode)
		inode->i_sb->s_op->evict_inode(inode);
	if (S_ISREG(inode->i_mode))
		mapping_destroy(&inode->i_data);
	kmem_cache_free(inode_cache, inode);
}

static int no_open(struct inode *inode, struct file *f)
{
	return -ENXIO;
}

static const struct file_operations no_fops = { .open = no_open };	/* sockets, block devices */

void init_special_inode(struct inode *inode, dev_t rdev)
{
	inode->i_rdev = rdev;
	inode->i_fop = S_ISCHR(inode->i_mode)	 ? &def_chr_fops
		       : S_ISFIFO(inode->i_mode) ? &fifo_fops
						 : &no_fops;
}

/* Is current, as far as files go, in that group? */
static bool in_group(gid_t gid)
{
	const struct cred *cred = current->cred;

	for (int i = 0; i < cred->ngroups; i++)
		if (cred->groups[i] == gid)
			return true;
	return cred->fsgid == gid;
}

int inode_permission(struct inode *inode, int mask)
{
	mode_t mode = inode->i_mode;
	uid_t fsuid = current->cred->fsuid;

	if (fsuid == 0)		/* may all, but execute only what somebody may execute */
		return !(mask & MAY_EXEC) || S_ISDIR(mode) || (mode & 0111) ? 0 : -EACCES;
	if (fsuid == inode->i_uid)
		mode >>= 6;
	else if (in_group(inode->i_gid))
		mode >>= 3;
	return mask & ~mode & 7 ? -EACCES : 0;
}

bool inode_owner_or_capable(const struct inode *inode)
{
	return current->cred->fsuid == inode->i_uid || current->cred->fsuid == 0;
}

int simple_setattr(struct dentry *d, struct iattr *attr)
{
	struct inode *inode = d->d_inode;

	if (attr->ia_valid & ATTR_MODE)
		inode->i_mode = (inode->i_mode & S_IFMT) | (attr->ia_mode & ~S_IFMT);
	if (attr->ia_valid & ATTR_UID)
		inode->i_uid = attr->ia_uid;
	if (attr->ia_valid & ATTR_GID)
		inode->i_gid = attr->ia_gid;
	if (attr->ia_valid & ATTR_ATIME)
		inode->i_atime = attr->ia_atime;
	if (attr->ia_valid & ATTR_MTIME)
		inode->i_mtime = attr->ia_mtime;
	inode->i_ctime = current_time();
	return 0;
}

/* May current change these attributes? i_mutex held. */
static int setattr_permission(struct inode *inode, const struct iattr *attr)
{
	bool root = current->cred->fsuid == 0, owner = inode_owner_or_capable(inode);

	if ((attr->ia_valid & ATTR_UID) && !root && !(owner && attr->ia_uid == inode->i_uid))
		return -EPERM;
	if ((attr->ia_valid & ATTR_GID) && !root &&
	    !(owner && (attr->ia_gid == inode->i_gid || in_group(attr->ia_gid))))
		return -EPERM;
	if ((attr->ia_valid & ATTR_MODE) && !owner)
		return -EPERM;
	if (!(attr->ia_valid & (ATTR_ATIME | ATTR_MTIME)) || owner || (attr->ia_valid & ATTR_SIZE))
		return 0;
	return attr->ia_valid & ATTR_TOUCH ? inode_permission(inode, MAY_WRITE) : -EPERM;
}

int notify_change(const struct path *path, struct iattr *attr)
{
	struct inode *inode = path->dentry->d_inode;
	int err = mnt_want_write(path);

	if (err)
		return err;
	guard(mutex)(&inode->i_mutex);
	err = setattr_permission(inode, attr);
	if (err)
		return err;
	if (attr->ia_valid & ATTR_MODE) {
		if (current->cred->fsuid != 0 && !in_group(inode->i_gid))
			attr->ia_mode &= ~S_ISGID;
	} else if ((attr->ia_valid & (ATTR_UID | ATTR_GID)) && !S_ISDIR(inode->i_mode)) {
		attr->ia_valid |= ATTR_MODE;	/* what ran with another's rights no longer does */
		attr->ia_mode =
			inode->i_mode & ~(S_ISUID | (inode->i_mode & S_IXGRP ? S_ISGID : 0));
	}
	if (inode->i_op && inode->i_op->setattr)
		return inode->i_op->setattr(path->dentry, attr);
	return simple_setattr(path->dentry, attr);
}

void file_accessed(struct file *f)
{
	struct inode *inode = f->f_inode;
	struct timespec *a = &inode->i_atime, *m = &inode->i_mtime;

	if (a->tv_sec < m->tv_sec || (a->tv_sec == m->tv_sec && a->tv_nsec <= m->tv_nsec))
		inode->i_atime = current_time();
}
