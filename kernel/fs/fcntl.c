/*
 * What can be asked of a descriptor: fcntl, ioctl, and the calls that make data safe (which here it always is).
 *
 * Locks: file_lock for the descriptor's flags. f_flags is one word, written whole.
 */
#include "kernel/fs/internal.h"
#include "libk/abi/termios.h"

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC)

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
	long old = 0;

	spin_lock(&files->file_lock);
	if (fd < files->max_fds) {
		old = test_bit(fd, files->close_on_exec);
		if (set > 0)
			__set_bit(fd, files->close_on_exec);
		else if (set == 0)
			__clear_bit(fd, files->close_on_exec);
	}
	spin_unlock(&files->file_lock);
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
	long err;

	if (copy_from_user(&fl, ufl, sizeof(fl)))
		return -EFAULT;
	if (cmd != F_GETLK)
		return fcntl_setlk(f, cmd, &fl);
	err = fcntl_getlk(f, &fl);
	return !err && copy_to_user(ufl, &fl, sizeof(fl)) ? -EFAULT : err;
}

static long do_fcntl(struct file *f, unsigned int fd, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_DUPFD:
		return dup_from(f, arg, 0);
	case F_DUPFD_CLOEXEC:
		return dup_from(f, arg, O_CLOEXEC);
	case F_GETFD:
		return cloexec(fd, -1);
	case F_SETFD:
		cloexec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return f->f_flags;
	}
	if (f->f_mode & FMODE_PATH)
		return -EBADF;
	switch (cmd) {
	case F_SETFL:
		return set_flags(f, arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return fcntl_lock(f, cmd, (struct flock __user *)arg);
	case F_SETOWN:
		f->f_owner = arg;
		return 0;
	case F_GETOWN:
		return f->f_owner;
	case F_GETPIPE_SZ:
		return f->f_op->pipe_size ? f->f_op->pipe_size(f, -1) : -EBADF;
	case F_SETPIPE_SZ:
		return f->f_op->pipe_size && arg <= 0x7fffffff ? f->f_op->pipe_size(f, arg ? arg : 1) : -EBADF;
	default:
		return -EINVAL;
	}
}

long sys_fcntl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct fd f = fdget_raw(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = do_fcntl(f.file, fd, cmd, arg);
	fdput(f);
	return ret;
}

long sys_flock(unsigned int fd, unsigned int op)
{
	struct fd f = fdget(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = do_flock(f.file, op);
	fdput(f);
	return ret;
}

/* --- ioctl --- */

static long set_nonblock(struct file *f, const int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	WRITE_ONCE(f->f_flags, on ? f->f_flags | O_NONBLOCK : f->f_flags & ~(unsigned int)O_NONBLOCK);
	return 0;
}

long sys_ioctl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct fd f = fdget(fd);
	struct inode *inode;
	long ret = 0;

	if (!f.file)
		return -EBADF;
	inode = f.file->f_inode;
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		cloexec(fd, cmd == FIOCLEX);
		break;
	case FIONBIO:
		ret = set_nonblock(f.file, (const int __user *)arg);
		break;
	case FIONREAD:
		if (S_ISREG(inode->i_mode)) {
			ret = put_user((int)(READ_ONCE(inode->i_size) - f.file->f_pos), (int __user *)arg);
			break;
		}
		fallthrough;
	default:
		ret = f.file->f_op->ioctl ? f.file->f_op->ioctl(f.file, cmd, arg) : -ENOTTY;
		if (ret == -ENOIOCTLCMD)
			ret = -ENOTTY;
	}
	fdput(f);
	return ret;
}

/* --- sync --- */

int vfs_fsync(struct file *f)
{
	return f->f_op->fsync ? f->f_op->fsync(f) : -EINVAL;
}

long sys_fsync(unsigned int fd)
{
	struct fd f = fdget(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = vfs_fsync(f.file);
	fdput(f);
	return ret;
}

long sys_fdatasync(unsigned int fd)
{
	return sys_fsync(fd);
}

long sys_sync(void)
{
	return 0;	/* there is nothing below the page cache to write to */
}

long sys_syncfs(int fd)
{
	struct fd f = fdget(fd);

	fdput(f);
	return f.file ? 0 : -EBADF;
}

long sys_fadvise64(int fd, loff_t off, loff_t length, int advice)
{
	struct fd f = fdget(fd);
	long ret = 0;

	if (!f.file)
		return -EBADF;
	if (S_ISFIFO(f.file->f_inode->i_mode))
		ret = -ESPIPE;
	else if (length < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		ret = -EINVAL;
	fdput(f);
	return ret;
}
