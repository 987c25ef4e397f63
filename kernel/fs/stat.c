/*
 * What a file is: stat, statx, statfs, readlink.
 *
 * Locks: none of its own; the attributes are a snapshot without i_mutex, as on Linux.
 */
#include "kernel/fs/internal.h"

static u64 blocks(const struct inode *inode)	/* of 512 bytes */
{
	return S_ISREG(inode->i_mode) ? inode->i_data.nrpages * (PAGE_SIZE / 512) : 0;
}

static long put_stat(const struct path *path, struct stat __user *ust)
{
	const struct inode *inode = path->dentry->d_inode;
	struct stat st = {
		.st_dev = inode->i_sb->s_dev, .st_ino = inode->i_ino, .st_nlink = inode->i_nlink,
		.st_mode = inode->i_mode, .st_uid = inode->i_uid, .st_gid = inode->i_gid,
		.st_rdev = inode->i_rdev, .st_size = READ_ONCE(inode->i_size),
		.st_blksize = PAGE_SIZE, .st_blocks = blocks(inode),
		.st_atime = inode->i_atime.tv_sec, .st_atime_nsec = inode->i_atime.tv_nsec,
		.st_mtime = inode->i_mtime.tv_sec, .st_mtime_nsec = inode->i_mtime.tv_nsec,
		.st_ctime = inode->i_ctime.tv_sec, .st_ctime_nsec = inode->i_ctime.tv_nsec,
	};

	return copy_to_user(ust, &st, sizeof(st)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(newfstatat, int dfd, const char __user *name, struct stat __user *st, int flags)
{
	struct path path __cleanup(path_put) = { NULL, NULL };

	if (flags & ~(AT_LOOKUP_FLAGS | AT_NO_AUTOMOUNT))
		return -EINVAL;
	return user_path_at(dfd, name, at_lookup(flags), &path) ? : put_stat(&path, st);
}

SYSCALL_OLD(stat, (const char __user *name, struct stat __user *st),
	    newfstatat(AT_FDCWD, name, st, 0))
SYSCALL_OLD(lstat, (const char __user *name, struct stat __user *st),
	    newfstatat(AT_FDCWD, name, st, AT_SYMLINK_NOFOLLOW))

SYSCALL_DEFINE(fstat, unsigned int fd, struct stat __user *st)
{
	CLASS(fd_raw, f)(fd);

	return f.file ? put_stat(&f.file->f_path, st) : -EBADF;
}

static struct statx_timestamp statx_time(struct timespec t)
{
	return (struct statx_timestamp){ .tv_sec = t.tv_sec, .tv_nsec = t.tv_nsec };
}

static long put_statx(const struct path *path, struct statx __user *ustx)
{
	const struct inode *inode = path->dentry->d_inode;
	bool mount_root = path->mnt && path->mnt->mnt_root == path->dentry;
	struct statx stx = {
		.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID, .stx_blksize = PAGE_SIZE,
		.stx_nlink = inode->i_nlink, .stx_uid = inode->i_uid, .stx_gid = inode->i_gid,
		.stx_mode = inode->i_mode, .stx_ino = inode->i_ino,
		.stx_size = READ_ONCE(inode->i_size), .stx_blocks = blocks(inode),
		.stx_attributes = mount_root ? STATX_ATTR_MOUNT_ROOT : 0,
		.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT,
		.stx_mnt_id = path->mnt ? path->mnt->mnt_id : 0,
		.stx_atime = statx_time(inode->i_atime), .stx_mtime = statx_time(inode->i_mtime),
		.stx_ctime = statx_time(inode->i_ctime),
		.stx_rdev_major = major(inode->i_rdev), .stx_rdev_minor = minor(inode->i_rdev),
		.stx_dev_major = major(inode->i_sb->s_dev),
		.stx_dev_minor = minor(inode->i_sb->s_dev),
	};

	return copy_to_user(ustx, &stx, sizeof(stx)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(statx, int dfd, const char __user *name, int flags, unsigned int mask,
	       struct statx __user *ustx)
{
	struct path path __cleanup(path_put) = { NULL, NULL };

	if ((mask & STATX__RESERVED) || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    (flags & ~(AT_LOOKUP_FLAGS | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE)))
		return -EINVAL;
	return user_path_at(dfd, name, at_lookup(flags), &path) ? : put_statx(&path, ustx);
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
