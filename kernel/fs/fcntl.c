/*
 * What can be asked of a descriptor: fcntl, ioctl, and the calls that make data safe (which here it
 * always is).
 *
 * Locks: file_lock for the descriptor's flags. f_flags is one word, written whole.
 */
#include "kernel/fs/internal.h"
#include "libk/abi/termios.h"

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_NOATIME | FASYNC)

static long dup_from(struct file *f, unsigned long start, unsigned int flags)
{
	int fd;

	if (start >= current->signal->rlim[RLIMIT_NOFILE].rlim_cur)
		return -EINVAL;
	fd = get_unused_fd_from(start, flags);
	if (fd >= 0)
		fd_install(fd, get_file(f));
	return fd;
}

/* set < 0: only asks. */
static long cloexec(unsigned int fd, int set)
{
	struct files_struct *files = current->files;
	long old;

	guard(spinlock)(&files->file_lock);
	if (fd >= files->max_fds)
		return 0;
	old = test_bit(fd, files->close_on_exec);
	if (set > 0)
		__set_bit(fd, files->close_on_exec);
	else if (set == 0)
		__clear_bit(fd, files->close_on_exec);
	return old;
}

static long set_flags(struct file *f, unsigned long arg)
{
	if ((arg & O_NOATIME) && !(f->f_flags & O_NOATIME) && !inode_owner_or_capable(f->f_inode))
		return -EPERM;
	if (arg & O_DIRECT)
		return -EINVAL;
	WRITE_ONCE(f->f_flags, (f->f_flags & ~SETFL_MASK) | (arg & SETFL_MASK));
	return 0;
}

static long fcntl_lock(struct file *f, unsigned int cmd, struct flock __user *ufl)
{
	struct flock fl;

	if (copy_from_user(&fl, ufl, sizeof(fl)))
		return -EFAULT;
	if (cmd != F_GETLK)
		return fcntl_setlk(f, cmd, &fl);
	return fcntl_getlk(f, &fl) ? : copy_to_user(ufl, &fl, sizeof(fl)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(fcntl, unsigned int fd, unsigned int cmd, unsigned long arg)
{
	CLASS(fd_raw, f)(fd);

	if (!f.file)
		return -EBADF;
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return dup_from(f.file, arg, cmd == F_DUPFD ? 0 : O_CLOEXEC);
	case F_GETFD:
		return cloexec(fd, -1);
	case F_SETFD:
		cloexec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return f.file->f_flags;
	}
	if (f.file->f_mode & FMODE_PATH)
		return -EBADF;
	switch (cmd) {
	case F_SETFL:
		return set_flags(f.file, arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return fcntl_lock(f.file, cmd, (struct flock __user *)arg);
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE(flock, unsigned int fd, unsigned int op)
{
	CLASS(fd, f)(fd);

	return f.file ? do_flock(f.file, op) : -EBADF;
}

/* --- ioctl --- */

static long set_nonblock(struct file *f, const int __user *arg)
{
	unsigned int flags = f->f_flags & ~(unsigned int)O_NONBLOCK;
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	WRITE_ONCE(f->f_flags, on ? flags | O_NONBLOCK : flags);
	return 0;
}

SYSCALL_DEFINE(ioctl, unsigned int fd, unsigned int cmd, unsigned long arg)
{
	CLASS(fd, f)(fd);
	const struct inode *inode;

	if (!f.file)
		return -EBADF;
	inode = f.file->f_inode;
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		cloexec(fd, cmd == FIOCLEX);
		return 0;
	case FIONBIO:
		return set_nonblock(f.file, (const int __user *)arg);
	case FIONREAD:
		if (S_ISREG(inode->i_mode))
			return put_user((int)(READ_ONCE(inode->i_size) - f.file->f_pos),
					(int __user *)arg);
	}
	return f.file->f_op->ioctl ? f.file->f_op->ioctl(f.file, cmd, arg) : -ENOTTY;
}

/* --- sync: there is nothing below the page cache to write to --- */

SYSCALL_DEFINE(fsync, unsigned int fd)
{
	CLASS(fd, f)(fd);

	if (!f.file)
		return -EBADF;
	return f.file->f_op == &ramfs_file_fops || f.file->f_op == &ramfs_dir_fops ? 0 : -EINVAL;
}

SYSCALL_OLD(fdatasync, (unsigned int fd), fsync(fd))

SYSCALL_DEFINE(sync, void)
{
	return 0;
}

SYSCALL_DEFINE(fadvise64, int fd, loff_t off, loff_t length, int advice)
{
	CLASS(fd, f)(fd);

	if (!f.file)
		return -EBADF;
	if (S_ISFIFO(f.file->f_inode->i_mode))
		return -ESPIPE;
	return length < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE ? -EINVAL
										       : 0;
}
