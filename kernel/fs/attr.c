/*
 * Changing what stat shows: truncate, chmod, chown, the times; and access, which asks whether one
 * might.
 *
 * Locks: i_mutex, inside notify_change().
 */
#include "kernel/fs/internal.h"
#include "kernel/time/time.h"

static long change_path(int dfd, const char __user *name, int flags, struct iattr *attr)
{
	struct path path __cleanup(path_put) = { NULL, NULL };

	return user_path_at(dfd, name, at_lookup(flags), &path) ? : notify_change(&path, attr);
}

static long change_fd(unsigned int fd, struct iattr *attr)
{
	CLASS(fd, f)(fd);

	return f.file ? notify_change(&f.file->f_path, attr) : -EBADF;
}

/* --- size --- */

int do_truncate(const struct path *path, loff_t length)
{
	struct iattr attr = { .ia_valid = ATTR_SIZE | ATTR_MTIME | ATTR_TOUCH,
			      .ia_size = length, .ia_mtime = current_time() };
	struct inode *inode = path->dentry->d_inode;
	int err = get_write_access(inode);

	if (!err) {
		err = notify_change(path, &attr);
		put_write_access(inode);
	}
	return err;
}

static int check_size_limit(loff_t length)
{
	if ((unsigned long)length <= current->signal->rlim[RLIMIT_FSIZE].rlim_cur)
		return 0;
	send_sig(SIGXFSZ, current, SEND_SIG_PRIV);
	return -EFBIG;
}

SYSCALL_DEFINE(truncate, const char __user *name, loff_t length)
{
	struct path path __cleanup(path_put) = { NULL, NULL };
	struct inode *inode;
	int err = -EINVAL;

	if (length >= 0)
		err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	inode = path.dentry->d_inode;
	if (!S_ISREG(inode->i_mode))
		return S_ISDIR(inode->i_mode) ? -EISDIR : -EINVAL;
	return mnt_want_write(&path) ? : inode_permission(inode, MAY_WRITE) ? :
	       check_size_limit(length) ? : do_truncate(&path, length);
}

SYSCALL_DEFINE(ftruncate, unsigned int fd, loff_t length)
{
	CLASS(fd, f)(fd);

	if (length < 0)
		return -EINVAL;
	if (!f.file)
		return -EBADF;
	if (!S_ISREG(f.file->f_inode->i_mode) || !(f.file->f_mode & FMODE_WRITE))
		return -EINVAL;
	return check_size_limit(length) ? : do_truncate(&f.file->f_path, length);
}

/* C libraries write zeros instead. */
SYSCALL_DEFINE(fallocate, int fd, int mode, loff_t off, loff_t length)
{
	CLASS(fd, f)(fd);

	return !f.file ? -EBADF : off < 0 || length <= 0 ? -EINVAL : -EOPNOTSUPP;
}

/* --- mode, owner --- */

SYSCALL_DEFINE(fchmodat, int dfd, const char __user *name, mode_t mode)
{
	struct iattr attr = { .ia_valid = ATTR_MODE, .ia_mode = mode & 07777 };

	return change_path(dfd, name, 0, &attr);
}

SYSCALL_OLD(chmod, (const char __user *name, mode_t mode), fchmodat(AT_FDCWD, name, mode))

SYSCALL_DEFINE(fchmod, unsigned int fd, mode_t mode)
{
	struct iattr attr = { .ia_valid = ATTR_MODE, .ia_mode = mode & 07777 };

	return change_fd(fd, &attr);
}

static struct iattr owner_attr(uid_t uid, gid_t gid)
{
	return (struct iattr){
		.ia_valid = (uid != (uid_t)-1 ? ATTR_UID : 0) | (gid != (gid_t)-1 ? ATTR_GID : 0),
		.ia_uid = uid, .ia_gid = gid,
	};
}

SYSCALL_DEFINE(fchownat, int dfd, const char __user *name, uid_t uid, gid_t gid, int flags)
{
	struct iattr attr = owner_attr(uid, gid);

	return flags & ~AT_LOOKUP_FLAGS ? -EINVAL : change_path(dfd, name, flags, &attr);
}

SYSCALL_OLD(chown, (const char __user *name, uid_t uid, gid_t gid),
	    fchownat(AT_FDCWD, name, uid, gid, 0))
SYSCALL_OLD(lchown, (const char __user *name, uid_t uid, gid_t gid),
	    fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW))

SYSCALL_DEFINE(fchown, unsigned int fd, uid_t uid, gid_t gid)
{
	struct iattr attr = owner_attr(uid, gid);

	return change_fd(fd, &attr);
}

/* --- times --- */

/* ts NULL: both are now. */
static int times_attr(const struct timespec *ts, struct iattr *attr)
{
	struct timespec now = current_time();

	*attr = (struct iattr){ .ia_valid = ATTR_ATIME | ATTR_MTIME | ATTR_TOUCH,
				.ia_atime = now, .ia_mtime = now };
	if (!ts || (ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW))
		return 0;
	attr->ia_valid = 0;
	for (int i = 0; i < 2; i++) {
		if (ts[i].tv_nsec == UTIME_OMIT)
			continue;
		attr->ia_valid |= i ? ATTR_MTIME : ATTR_ATIME;
		if (ts[i].tv_nsec == UTIME_NOW)
			continue;
		if ((unsigned long)ts[i].tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		*(i ? &attr->ia_mtime : &attr->ia_atime) = ts[i];
	}
	return 0;
}

SYSCALL_DEFINE(utimensat, int dfd, const char __user *name, const struct timespec __user *uts,
	       int flags)
{
	struct timespec ts[2];
	struct iattr attr;

	if (uts && copy_from_user(ts, uts, sizeof(ts)))
		return -EFAULT;
	if (uts && ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
		return 0;
	if (times_attr(uts ? ts : NULL, &attr) || (flags & ~AT_LOOKUP_FLAGS))
		return -EINVAL;
	if (name || dfd == AT_FDCWD)
		return change_path(dfd, name, flags, &attr);
	return flags ? -EINVAL : change_fd(dfd, &attr);
}

/* --- access --- */

static const struct cred *swap_cred(const struct cred *cred)
{
	guard(spinlock_irq)(&current->alloc_lock);
	swap(current->cred, cred);
	return cred;
}

static int check_access(int dfd, const char __user *name, int mode, int flags)
{
	struct path path __cleanup(path_put) = { NULL, NULL };
	struct inode *inode;
	int err = user_path_at(dfd, name, at_lookup(flags), &path);

	if (err)
		return err;
	inode = path.dentry->d_inode;
	if ((mode & X_OK) && S_ISREG(inode->i_mode) && path.mnt &&
	    (path.mnt->mnt_flags & MS_NOEXEC))
		return -EACCES;
	err = inode_permission(inode, mode);
	if (!err && (mode & W_OK) && (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode)))
		err = mnt_want_write(&path);
	return err;
}

/*
 * access() asks for the real user: for its length the task has credentials in which that is who
 * touches files.
 */
SYSCALL_DEFINE(faccessat2, int dfd, const char __user *name, int mode, int flags)
{
	const struct cred *cred = current->cred, *old;
	struct cred *real;
	int err;

	if ((mode & ~(R_OK | W_OK | X_OK)) || (flags & ~(AT_EACCESS | AT_LOOKUP_FLAGS)))
		return -EINVAL;
	if ((flags & AT_EACCESS) || (cred->fsuid == cred->uid && cred->fsgid == cred->gid))
		return check_access(dfd, name, mode, flags);
	real = prepare_creds();
	if (!real)
		return -ENOMEM;
	real->fsuid = cred->uid;
	real->fsgid = cred->gid;
	old = swap_cred(real);
	err = check_access(dfd, name, mode, flags);
	put_cred(swap_cred(old));
	return err;
}

SYSCALL_OLD(access, (const char __user *name, int mode), faccessat2(AT_FDCWD, name, mode, 0))
SYSCALL_OLD(faccessat, (int dfd, const char __user *name, int mode), faccessat2(dfd, name, mode, 0))
