/*
 * Changing what stat shows: truncate, chmod, chown, the times; and access, which asks whether one might.
 *
 * Locks: i_mutex, inside notify_change().
 */
#include "kernel/fs/internal.h"
#include "kernel/time/time.h"

/* --- size --- */

int do_truncate(const struct path *path, loff_t length)
{
	struct iattr attr = { .ia_valid = ATTR_SIZE | ATTR_MTIME | ATTR_TOUCH, .ia_size = length, .ia_mtime = current_time() };
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
	if (length < 0)
		return -EINVAL;
	if ((unsigned long)length <= current->signal->rlim[RLIMIT_FSIZE].rlim_cur)
		return 0;
	send_sig(SIGXFSZ, current, SEND_SIG_PRIV);
	return -EFBIG;
}

long sys_truncate(const char __user *name, loff_t length)
{
	struct path path;
	mode_t mode;
	int err;

	if (length < 0)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	mode = path.dentry->d_inode->i_mode;
	err = S_ISDIR(mode) ? -EISDIR : !S_ISREG(mode) ? -EINVAL : mnt_want_write(&path);
	if (!err)
		err = inode_permission(path.dentry->d_inode, MAY_WRITE);
	if (!err)
		err = check_size_limit(length);
	if (!err)
		err = do_truncate(&path, length);
	path_put(&path);
	return err;
}

long sys_ftruncate(unsigned int fd, loff_t length)
{
	struct fd f;
	int err;

	if (length < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	err = -EINVAL;
	if (S_ISREG(f.file->f_inode->i_mode) && (f.file->f_mode & FMODE_WRITE))
		err = check_size_limit(length);
	if (!err)
		err = do_truncate(&f.file->f_path, length);
	fdput(f);
	return err;
}

long sys_fallocate(int fd, int mode, loff_t off, loff_t length)
{
	struct fd f = fdget(fd);
	long err;

	if (!f.file)
		return -EBADF;
	if (off < 0 || length <= 0)
		err = -EINVAL;
	else if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) || mode == FALLOC_FL_PUNCH_HOLE)
		err = -EOPNOTSUPP;
	else if (!(f.file->f_mode & FMODE_WRITE))
		err = -EBADF;
	else if (!f.file->f_op->fallocate)
		err = S_ISFIFO(f.file->f_inode->i_mode) ? -ESPIPE : S_ISDIR(f.file->f_inode->i_mode) ? -EISDIR : -ENODEV;
	else if (off + length < 0)
		err = -EFBIG;
	else
		err = check_size_limit(off + length);
	if (!err)
		err = f.file->f_op->fallocate(f.file, mode, off, length);
	fdput(f);
	return err;
}

/* --- mode, owner --- */

static long change_path(int dfd, const char __user *name, unsigned int lookup, struct iattr *attr)
{
	struct path path;
	long err = user_path_at(dfd, name, lookup, &path);

	if (err)
		return err;
	err = notify_change(&path, attr);
	path_put(&path);
	return err;
}

static long change_fd(unsigned int fd, struct iattr *attr)
{
	struct fd f = fdget(fd);
	long err;

	if (!f.file)
		return -EBADF;
	err = notify_change(&f.file->f_path, attr);
	fdput(f);
	return err;
}

long sys_fchmodat(int dfd, const char __user *name, mode_t mode)
{
	struct iattr attr = { .ia_valid = ATTR_MODE, .ia_mode = mode & 07777 };

	return change_path(dfd, name, LOOKUP_FOLLOW, &attr);
}

long sys_chmod(const char __user *name, mode_t mode)
{
	return sys_fchmodat(AT_FDCWD, name, mode);
}

long sys_fchmod(unsigned int fd, mode_t mode)
{
	struct iattr attr = { .ia_valid = ATTR_MODE, .ia_mode = mode & 07777 };

	return change_fd(fd, &attr);
}

static struct iattr owner_attr(uid_t uid, gid_t gid)
{
	return (struct iattr){
		.ia_valid = (uid != (uid_t)-1 ? ATTR_UID : 0) | (gid != (gid_t)-1 ? ATTR_GID : 0), .ia_uid = uid, .ia_gid = gid,
	};
}

long sys_fchownat(int dfd, const char __user *name, uid_t uid, gid_t gid, int flags)
{
	struct iattr attr = owner_attr(uid, gid);

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return change_path(dfd, name, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &attr);
}

long sys_chown(const char __user *name, uid_t uid, gid_t gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, 0);
}

long sys_lchown(const char __user *name, uid_t uid, gid_t gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(unsigned int fd, uid_t uid, gid_t gid)
{
	struct iattr attr = owner_attr(uid, gid);

	return change_fd(fd, &attr);
}

/* --- times --- */

/* ts NULL: both are now. */
static int times_attr(const struct timespec *ts, struct iattr *attr)
{
	struct timespec now = current_time();

	*attr = (struct iattr){ .ia_valid = ATTR_ATIME | ATTR_MTIME | ATTR_TOUCH, .ia_atime = now, .ia_mtime = now };
	if (!ts || (ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW))
		return 0;
	attr->ia_valid = 0;
	for (int i = 0; i < 2; i++) {
		if (ts[i].tv_nsec == UTIME_OMIT)
			continue;
		if (ts[i].tv_nsec != UTIME_NOW && (unsigned long)ts[i].tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		attr->ia_valid |= i ? ATTR_MTIME : ATTR_ATIME;
		if (ts[i].tv_nsec != UTIME_NOW)
			*(i ? &attr->ia_mtime : &attr->ia_atime) = ts[i];
	}
	return 0;
}

static long change_times(int dfd, const char __user *name, const struct timespec *ts, int flags)
{
	struct iattr attr;
	int err;

	if (ts && ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
		return 0;
	err = times_attr(ts, &attr);
	if (err || (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) || (!name && dfd != AT_FDCWD && flags))
		return -EINVAL;
	if (!name && dfd != AT_FDCWD)
		return change_fd(dfd, &attr);
	return change_path(dfd, name, (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &attr);
}

long sys_utimensat(int dfd, const char __user *name, const struct timespec __user *uts, int flags)
{
	struct timespec ts[2];

	if (uts && copy_from_user(ts, uts, sizeof(ts)))
		return -EFAULT;
	return change_times(dfd, name, uts ? ts : NULL, flags);
}

long sys_futimesat(int dfd, const char __user *name, const struct timeval __user *utv)
{
	struct timeval tv[2];
	struct timespec ts[2];

	if (!utv)
		return change_times(dfd, name, NULL, 0);
	if (copy_from_user(tv, utv, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if ((unsigned long)tv[i].tv_usec >= 1000000)
			return -EINVAL;
		ts[i] = (struct timespec){ tv[i].tv_sec, tv[i].tv_usec * 1000 };
	}
	return change_times(dfd, name, ts, 0);
}

long sys_utimes(const char __user *name, const struct timeval __user *tv)
{
	return sys_futimesat(AT_FDCWD, name, tv);
}

long sys_utime(const char __user *name, const long __user *utimes)
{
	struct timespec ts[2] = { { 0, 0 }, { 0, 0 } };
	long sec[2];

	if (!utimes)
		return change_times(AT_FDCWD, name, NULL, 0);
	if (copy_from_user(sec, utimes, sizeof(sec)))
		return -EFAULT;
	ts[0].tv_sec = sec[0];
	ts[1].tv_sec = sec[1];
	return change_times(AT_FDCWD, name, ts, 0);
}

/* --- access --- */

/* access() asks for the real user: for its length the task has credentials in which that is who touches files. Returns the old ones. */
static const struct cred *swap_cred(const struct cred *cred)
{
	const struct cred *old = current->cred;

	spin_lock_irq(&current->alloc_lock);
	current->cred = cred;
	spin_unlock_irq(&current->alloc_lock);
	return old;
}

static const struct cred *real_cred(void)
{
	struct cred *cred = prepare_creds();

	if (cred) {
		cred->fsuid = cred->uid;
		cred->fsgid = cred->gid;
	}
	return cred;
}

static int check_access(int dfd, const char __user *name, int mode, int flags)
{
	unsigned int lookup = (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	struct inode *inode;
	struct path path;
	int err = user_path_at(dfd, name, lookup, &path);

	if (err)
		return err;
	inode = path.dentry->d_inode;
	if ((mode & X_OK) && S_ISREG(inode->i_mode) && path.mnt && (path.mnt->mnt_flags & MS_NOEXEC))
		err = -EACCES;
	else
		err = inode_permission(inode, mode);
	if (!err && (mode & W_OK) && (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode)))
		err = mnt_want_write(&path);
	path_put(&path);
	return err;
}

long sys_faccessat2(int dfd, const char __user *name, int mode, int flags)
{
	const struct cred *cred = NULL, *old;
	int err;

	if ((mode & ~(R_OK | W_OK | X_OK)) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	if ((flags & AT_EACCESS) || (current->cred->fsuid == current->cred->uid && current->cred->fsgid == current->cred->gid))
		return check_access(dfd, name, mode, flags);
	cred = real_cred();
	if (!cred)
		return -ENOMEM;
	old = swap_cred(cred);
	err = check_access(dfd, name, mode, flags);
	put_cred(swap_cred(old));
	return err;
}

long sys_faccessat(int dfd, const char __user *name, int mode)
{
	return sys_faccessat2(dfd, name, mode, 0);
}

long sys_access(const char __user *name, int mode)
{
	return sys_faccessat2(AT_FDCWD, name, mode, 0);
}
