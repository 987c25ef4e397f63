/*
 * What a file is: stat, statx, statfs, readlink.
 *
 * Locks: none of its own; the attributes are a snapshot without i_mutex, as on Linux.
 */
#include "kernel/fs/internal.h"

static int vfs_stat(int dfd, const char __user *name, int flags, struct kstat *stat)
{
	struct path path __cleanup(path_put) = { NULL, NULL };

	return user_path_at(dfd, name, at_lookup(flags), &path) ? : vfs_getattr(&path, stat);
}

static long put_stat(const struct kstat *k, struct stat __user *ust)
{
	struct stat st = {
		.st_dev = k->dev, .st_ino = k->ino, .st_nlink = k->nlink, .st_mode = k->mode,
		.st_uid = k->uid, .st_gid = k->gid, .st_rdev = k->rdev, .st_size = k->size,
		.st_blksize = k->blksize, .st_blocks = k->blocks,
		.st_atime = k->atime.tv_sec, .st_atime_nsec = k->atime.tv_nsec,
		.st_mtime = k->mtime.tv_sec, .st_mtime_nsec = k->mtime.tv_nsec,
		.st_ctime = k->ctime.tv_sec, .st_ctime_nsec = k->ctime.tv_nsec,
	};

	return copy_to_user(ust, &st, sizeof(st)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(newfstatat, int dfd, const char __user *name, struct stat __user *st, int flags)
{
	struct kstat k;

	if (flags & ~(AT_LOOKUP_FLAGS | AT_NO_AUTOMOUNT))
		return -EINVAL;
	return vfs_stat(dfd, name, flags, &k) ? : put_stat(&k, st);
}

SYSCALL_OLD(stat, (const char __user *name, struct stat __user *st),
	    newfstatat(AT_FDCWD, name, st, 0))
SYSCALL_OLD(lstat, (const char __user *name, struct stat __user *st),
	    newfstatat(AT_FDCWD, name, st, AT_SYMLINK_NOFOLLOW))

SYSCALL_DEFINE(fstat, unsigned int fd, struct stat __user *st)
{
	CLASS(fd_raw, f)(fd);
	struct kstat k;

	if (!f.file)
		return -EBADF;
	return vfs_getattr(&f.file->f_path, &k) ? : put_stat(&k, st);
}

static struct statx_timestamp statx_time(struct timespec t)
{
	return (struct statx_timestamp){ .tv_sec = t.tv_sec, .tv_nsec = t.tv_nsec };
}

SYSCALL_DEFINE(statx, int dfd, const char __user *name, int flags, unsigned int mask,
	       struct statx __user *ustx)
{
	struct kstat k;
	struct statx stx;
	int err;

	if ((mask & STATX__RESERVED) || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    (flags & ~(AT_LOOKUP_FLAGS | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE)))
		return -EINVAL;
	err = vfs_stat(dfd, name, flags, &k);
	if (err)
		return err;
	stx = (struct statx){
		.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID, .stx_blksize = k.blksize,
		.stx_nlink = k.nlink, .stx_uid = k.uid, .stx_gid = k.gid, .stx_mode = k.mode,
		.stx_ino = k.ino, .stx_size = k.size, .stx_blocks = k.blocks,
		.stx_attributes = k.mount_root ? STATX_ATTR_MOUNT_ROOT : 0,
		.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT, .stx_mnt_id = k.mnt_id,
		.stx_atime = statx_time(k.atime), .stx_mtime = statx_time(k.mtime),
		.stx_ctime = statx_time(k.ctime),
		.stx_rdev_major = major(k.rdev), .stx_rdev_minor = minor(k.rdev),
		.stx_dev_major = major(k.dev), .stx_dev_minor = minor(k.dev),
	};
	return copy_to_user(ustx, &stx, sizeof(stx)) ? -EFAULT : 0;
}

/* --- file systems --- */

static long put_statfs(const struct path *path, struct statfs __user *ust)
{
	struct super_block *sb = path->dentry->d_inode->i_sb;
	struct statfs st = { .f_type = sb->s_magic, .f_bsize = PAGE_SIZE, .f_frsize = PAGE_SIZE,
			     .f_namelen = NAME_MAX, .f_fsid.val[0] = sb->s_dev };

	/* ST_VALID, and the mount's flags, whose lowest four bits are the same */
	st.f_flags = 0x20 | (path->mnt ? path->mnt->mnt_flags & 15 : 0);
	if (sb->s_op && sb->s_op->statfs)
		sb->s_op->statfs(sb, &st);
	return copy_to_user(ust, &st, sizeof(st)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(statfs, const char __user *name, struct statfs __user *st)
{
	struct path path __cleanup(path_put) = { NULL, NULL };

	return user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path) ? : put_statfs(&path, st);
}

SYSCALL_DEFINE(fstatfs, unsigned int fd, struct statfs __user *st)
{
	CLASS(fd_raw, f)(fd);

	return f.file ? put_statfs(&f.file->f_path, st) : -EBADF;
}

/* --- links --- */

/* Its target into buf, not NUL-terminated: length or -errno. */
static int vfs_readlink(struct dentry *d, char *buf, int size)
{
	const struct inode_operations *op = d->d_inode->i_op;
	struct path to __cleanup(path_put) = { NULL, NULL };
	char *p;
	int n;

	if (op->readlink)
		return op->readlink(d, buf, size);
	n = op->get_link_path(d, &to);
	if (n)
		return n;
	p = d_path(&to, buf, size);
	if (IS_ERR(p))
		return PTR_ERR(p);
	n = strlen(p);
	memmove(buf, p, n);
	return n;
}

SYSCALL_DEFINE(readlinkat, int dfd, const char __user *name, char __user *ubuf, int size)
{
	struct path path __cleanup(path_put) = { NULL, NULL };
	char *buf __free(kfree) = NULL;
	int n = size <= 0 ? -EINVAL : user_path_at(dfd, name, LOOKUP_EMPTY, &path);

	if (n)
		return n;
	if (!S_ISLNK(path.dentry->d_inode->i_mode))
		return -EINVAL;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	n = min(buf ? vfs_readlink(path.dentry, buf, PATH_MAX) : -ENOMEM, size);
	return n > 0 && copy_to_user(ubuf, buf, n) ? -EFAULT : n;
}

SYSCALL_OLD(readlink, (const char __user *name, char __user *buf, int size),
	    readlinkat(AT_FDCWD, name, buf, size))
