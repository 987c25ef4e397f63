/*
 * socketpair(AF_UNIX, SOCK_STREAM): two ends, and between them the rings of two pipes, one for each
 * direction. There are no other sockets: socket() has no address family to offer.
 *
 * Locks: those of the pipes. The pair lives until both ends are closed.
 */
#include "kernel/fs/internal.h"
#include "kernel/fs/special.h"
#include "libk/abi/socket.h"

struct socket {
	struct pipe *in, *out;
	struct socket_pair *pair;
	int err;		/* atomic; ECONNRESET, told once: the other end left data unread */
};

struct socket_pair {
	refcount_t count;	/* open ends */
	struct pipe *rings[2];	/* (c) */
	struct socket ends[2];	/* (c) */
};

static void free_pair(struct socket_pair *pair)
{
	for (int i = 0; i < 2; i++)
		if (pair->rings[i])
			free_pipe(pair->rings[i]);
	kfree(pair);
}

/* MSG_xxx of a call as flags of the rings. */
static unsigned int ring_flags(const struct file *f, unsigned int msg)
{
	return PIPE_SOCKET | (f->f_flags & O_NONBLOCK || msg & MSG_DONTWAIT ? PIPE_NONBLOCK : 0) |
	       (msg & MSG_PEEK ? PIPE_PEEK : 0) | (msg & MSG_NOSIGNAL ? PIPE_NOSIGNAL : 0);
}

static ssize_t socket_send(struct file *f, struct iov_iter *from, unsigned int msg)
{
	struct socket *s = f->private_data;

	if (msg & ~(unsigned int)(MSG_DONTWAIT | MSG_NOSIGNAL))
		return -EOPNOTSUPP;
	if (!from->count && pipe_is_open(s->out, true) && pipe_is_open(s->out, false))
		return 0;
	return pipe_send(s->out, from, ring_flags(f, msg));
}

static ssize_t socket_recv(struct file *f, struct iov_iter *to, unsigned int msg)
{
	struct socket *s = f->private_data;
	ssize_t done = 0, ret;

	if (msg & ~(unsigned int)(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_PEEK | MSG_WAITALL))
		return -EOPNOTSUPP;
	do {
		ret = pipe_recv(s->in, to, ring_flags(f, msg));
		done += ret > 0 ? ret : 0;
	} while (ret > 0 && to->count && (msg & MSG_WAITALL) && !(msg & MSG_PEEK));
	if (!done && !ret && !pipe_poll_in(s->in, f, NULL))
		return -xchg(&s->err, 0);
	return done ? done : ret;
}

static ssize_t socket_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return to->count ? socket_recv(f, to, 0) : 0;	/* recv() of 0 bytes waits for some */
}

static ssize_t socket_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	return socket_send(f, from, 0);
}

static unsigned int socket_poll(struct file *f, struct poll_table *pt)
{
	struct socket *s = f->private_data;
	unsigned int mask = pipe_poll_in(s->in, f, pt) | pipe_poll_out(s->out, f, pt);
	bool in_shut = !pipe_is_open(s->in, false) || !pipe_is_open(s->in, true);
	bool out_shut = !pipe_is_open(s->out, false) || !pipe_is_open(s->out, true);

	return mask | (READ_ONCE(s->err) ? POLLERR : 0) |
	       (in_shut ? POLLRDHUP | POLLIN | POLLRDNORM : 0) |
	       (in_shut && out_shut ? POLLHUP : 0);
}

static long socket_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct socket *s = f->private_data;

	return pipe_ring_ioctl(s->in, cmd, arg);
}

static void socket_release(struct inode *inode, struct file *f)
{
	struct socket *s = f->private_data, *other = &s->pair->ends[s == s->pair->ends];

	if (pipe_poll_in(s->in, f, NULL))
		WRITE_ONCE(other->err, ECONNRESET);
	pipe_shut(s->in, true, true);
	pipe_shut(s->out, true, true);
	if (refcount_dec_and_test(&s->pair->count))
		free_pair(s->pair);
}

static const struct file_operations socket_fops = {
	.read = socket_read, .write = socket_write, .poll = socket_poll, .ioctl = socket_ioctl,
	.release = socket_release,
};

static struct file *socket_file(struct socket *s, int flags)
{
	struct inode *inode = new_pseudo_inode(S_IFSOCK | 0777);
	struct file *f = ERR_PTR(-ENFILE);

	if (inode)
		f = alloc_file_pseudo(inode, "socket", O_RDWR | flags, &socket_fops);
	if (IS_ERR(f))
		iput(inode);
	else
		f->private_data = s;
	return f;
}

static struct socket_pair *new_pair(void)
{
	struct socket_pair *pair = kzalloc(sizeof(*pair), GFP_KERNEL);

	if (!pair)
		return NULL;
	refcount_set(&pair->count, 2);
	for (int i = 0; i < 2; i++)
		pair->rings[i] = alloc_pipe(false);
	for (int i = 0; i < 2; i++)
		pair->ends[i] = (struct socket){ .in = pair->rings[i],
						 .out = pair->rings[!i],
						 .pair = pair };
	if (pair->rings[0] && pair->rings[1])
		return pair;
	free_pair(pair);
	return NULL;
}

SYSCALL_DEFINE(socket, int family, int type, int protocol)
{
	return -EAFNOSUPPORT;
}

SYSCALL_DEFINE(socketpair, int family, int type, int protocol, int __user *usv)
{
	int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct socket_pair *pair;
	struct file *files[2];

	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if ((type & ~flags) != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	pair = new_pair();
	if (!pair)
		return -ENOMEM;
	files[0] = socket_file(&pair->ends[0], flags & O_NONBLOCK);
	if (IS_ERR(files[0])) {
		free_pair(pair);
		return PTR_ERR(files[0]);
	}
	files[1] = socket_file(&pair->ends[1], flags & O_NONBLOCK);
	if (IS_ERR(files[1])) {
		refcount_set(&pair->count, 1);
		fput(files[0]);
		return PTR_ERR(files[1]);
	}
	return install_fd_pair(files, flags, usv);
}

/* --- calls on a socket --- */

static int check_socket(struct fd fd)
{
	return !fd.file ? -EBADF : fd.file->f_op == &socket_fops ? 0 : -ENOTSOCK;
}

SYSCALL_DEFINE(sendto, int ufd, const void __user *buf, size_t n, unsigned int flags,
	       const struct sockaddr __user *addr, int addrlen)
{
	CLASS(fd, fd)(ufd);
	struct iov_iter it;
	ssize_t ret = import_user_buf(&it, buf, n) ? : check_socket(fd);

	if (ret)
		return ret;
	return addr && addrlen ? -EISCONN : socket_send(fd.file, &it, flags);
}

SYSCALL_DEFINE(recvfrom, int ufd, void __user *buf, size_t n, unsigned int flags,
	       struct sockaddr __user *addr, int __user *addrlen)
{
	CLASS(fd, fd)(ufd);
	struct iov_iter it;
	ssize_t ret = import_user_buf(&it, buf, n) ? : check_socket(fd);

	if (!ret)
		ret = socket_recv(fd.file, &it, flags);
	/* The other end has no name. */
	return ret >= 0 && addr && addrlen && put_user(0, addrlen) ? -EFAULT : ret;
}

SYSCALL_DEFINE(shutdown, int ufd, int how)
{
	CLASS(fd, fd)(ufd);
	struct socket *s;
	int ret = check_socket(fd);

	if (ret || how < SHUT_RD || how > SHUT_RDWR)
		return ret ? ret : -EINVAL;
	s = fd.file->private_data;
	if (how != SHUT_WR)
		pipe_shut(s->in, true, false);
	if (how != SHUT_RD)
		pipe_shut(s->out, false, true);
	return 0;
}
