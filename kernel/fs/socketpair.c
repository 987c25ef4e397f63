/*
 * socketpair(AF_UNIX): two ends, and between them the rings of two pipes, one for each direction. Streams are bytes as in a pipe; datagrams and
 * SOCK_SEQPACKET keep the bounds of messages. There are no other sockets: socket() has no address family to offer.
 *
 * Locks: those of the pipes. The pair lives until both ends are closed.
 */
#include "kernel/fs/internal.h"
#include "kernel/fs/special.h"
#include "libk/abi/socket.h"

struct socket {
	struct pipe *in, *out;
	struct socket_pair *pair;
};

struct socket_pair {
	refcount_t count;	/* open ends */
	int type;		/* (c) SOCK_xxx */
	struct pipe *rings[2];	/* (c) */
	struct socket ends[2];	/* (c) */
};

static const struct file_operations socket_fops;

static void free_pair(struct socket_pair *pair)
{
	for (int i = 0; i < 2; i++)
		if (pair->rings[i])
			free_pipe(pair->rings[i]);
	kfree(pair);
}

/* MSG_xxx of a call as flags of the rings. */
static unsigned int ring_flags(const struct socket *s, const struct file *f, unsigned int msg)
{
	return (f->f_flags & O_NONBLOCK || msg & MSG_DONTWAIT ? PIPE_NONBLOCK : 0) | (msg & MSG_PEEK ? PIPE_PEEK : 0) |
	       (msg & MSG_NOSIGNAL ? PIPE_NOSIGNAL : 0) | (s->pair->type == SOCK_STREAM ? 0 : PIPE_PACKET);
}

static ssize_t socket_send(struct file *f, struct iov_iter *from, unsigned int msg)
{
	struct socket *s = f->private_data;
	unsigned int flags = ring_flags(s, f, msg);

	if (msg & ~(unsigned int)(MSG_DONTWAIT | MSG_NOSIGNAL))
		return -EOPNOTSUPP;
	if (flags & PIPE_PACKET)
		flags |= PIPE_NOSIGNAL;		/* SIGPIPE is for streams */
	return from->count || flags & PIPE_PACKET ? pipe_send(s->out, from, flags) : 0;
}

/* *truncated: the packet was longer than the buffer. */
static ssize_t socket_recv(struct file *f, struct iov_iter *to, unsigned int msg, bool *truncated)
{
	struct socket *s = f->private_data;
	unsigned int flags = ring_flags(s, f, msg);
	size_t full = 0;
	ssize_t done = 0, ret;

	*truncated = false;
	if (msg & ~(unsigned int)(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_PEEK | MSG_TRUNC | MSG_WAITALL | MSG_CMSG_CLOEXEC))
		return -EOPNOTSUPP;
	if (flags & PIPE_PACKET) {
		ret = pipe_recv(s->in, to, flags, &full);
		*truncated = ret >= 0 && full > (size_t)ret;
		return ret >= 0 && msg & MSG_TRUNC ? (ssize_t)full : ret;
	}
	do {
		ret = to->count ? pipe_recv(s->in, to, flags, &full) : 0;
		done += ret > 0 ? ret : 0;
	} while (ret > 0 && to->count && msg & MSG_WAITALL && !(flags & PIPE_PEEK));
	return done ? done : ret;
}

static ssize_t socket_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	bool truncated;

	return socket_recv(f, to, 0, &truncated);
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

	return mask | (in_shut ? POLLRDHUP | POLLIN | POLLRDNORM : 0) | (in_shut && out_shut ? POLLHUP : 0);
}

static void socket_release(struct inode *inode, struct file *f)
{
	struct socket *s = f->private_data;

	pipe_shut(s->in, true, true);
	pipe_shut(s->out, true, true);
	if (refcount_dec_and_test(&s->pair->count))
		free_pair(s->pair);
}

static const struct file_operations socket_fops = {
	.read = socket_read,
	.write = socket_write,
	.poll = socket_poll,
	.release = socket_release,
};

static struct file *socket_file(struct socket *s, int flags)
{
	struct inode *inode = new_pseudo_inode(S_IFSOCK | 0777);
	struct file *f = inode ? alloc_file_pseudo(inode, "socket", O_RDWR | flags, &socket_fops) : ERR_PTR(-ENFILE);

	if (IS_ERR(f))
		iput(inode);
	else
		f->private_data = s;
	return f;
}

static struct socket_pair *new_pair(int type)
{
	struct socket_pair *pair = kzalloc(sizeof(*pair), GFP_KERNEL);

	if (!pair)
		return NULL;
	refcount_set(&pair->count, 2);
	pair->type = type;
	for (int i = 0; i < 2; i++)
		pair->rings[i] = alloc_pipe(false);
	for (int i = 0; i < 2; i++)
		pair->ends[i] = (struct socket){ .in = pair->rings[i], .out = pair->rings[!i], .pair = pair };
	if (pair->rings[0] && pair->rings[1])
		return pair;
	free_pair(pair);
	return NULL;
}

long sys_socket(int family, int type, int protocol)
{
	return -EAFNOSUPPORT;
}

long sys_socketpair(int family, int type, int protocol, int __user *usv)
{
	int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct socket_pair *pair;
	struct file *files[2];

	type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	pair = new_pair(type);
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

/* The socket of a descriptor: 0, -EBADF or -ENOTSOCK. fdput() follows in any case. */
static int get_socket(int ufd, struct fd *fd)
{
	*fd = fdget(ufd);
	if (!fd->file)
		return -EBADF;
	return fd->file->f_op == &socket_fops ? 0 : -ENOTSOCK;
}

long sys_sendto(int ufd, const void __user *buf, size_t n, unsigned int flags, const struct sockaddr __user *addr, int addrlen)
{
	struct iov_iter it;
	struct fd fd;
	ssize_t ret = import_user_buf(&it, buf, n);

	if (ret)
		return ret;
	ret = get_socket(ufd, &fd);
	if (!ret)
		ret = addr && addrlen ? -EISCONN : socket_send(fd.file, &it, flags);
	fdput(fd);
	return ret;
}

long sys_recvfrom(int ufd, void __user *buf, size_t n, unsigned int flags, struct sockaddr __user *addr, int __user *addrlen)
{
	struct iov_iter it;
	struct fd fd;
	bool truncated;
	ssize_t ret = import_user_buf(&it, buf, n);

	if (ret)
		return ret;
	ret = get_socket(ufd, &fd);
	if (!ret)
		ret = socket_recv(fd.file, &it, flags, &truncated);
	fdput(fd);
	if (ret >= 0 && addr && addrlen && put_user(0, addrlen))	/* the other end has no name */
		ret = -EFAULT;
	return ret;
}

/* sendmsg and recvmsg: the buffers of m. Control data (descriptors, credentials) is not carried. */
static ssize_t do_message(int ufd, struct msghdr *m, unsigned int flags, bool send)
{
	struct iovec fast[IOV_FAST], *vec = fast;
	struct iov_iter it;
	struct fd fd;
	bool truncated = false;
	ssize_t ret = get_socket(ufd, &fd);

	if (!ret && send && m->msg_controllen)
		ret = -EOPNOTSUPP;
	if (!ret)
		ret = m->msg_iovlen > UIO_MAXIOV ? -EMSGSIZE : import_iovec(m->msg_iov, m->msg_iovlen, fast, &vec);
	if (ret >= 0) {
		it = (struct iov_iter){ .count = ret, .iov = vec, .nr_segs = m->msg_iovlen };
		ret = send ? socket_send(fd.file, &it, flags) : socket_recv(fd.file, &it, flags, &truncated);
	}
	if (vec != fast)
		kfree(vec);
	fdput(fd);
	m->msg_flags = truncated ? MSG_TRUNC : 0;
	m->msg_namelen = 0;
	m->msg_controllen = 0;
	return ret;
}

long sys_sendmsg(int ufd, const struct msghdr __user *umsg, unsigned int flags)
{
	struct msghdr m;

	return copy_from_user(&m, umsg, sizeof(m)) ? -EFAULT : do_message(ufd, &m, flags, true);
}

long sys_recvmsg(int ufd, struct msghdr __user *umsg, unsigned int flags)
{
	struct msghdr m;
	ssize_t ret;

	if (copy_from_user(&m, umsg, sizeof(m)))
		return -EFAULT;
	ret = do_message(ufd, &m, flags, false);
	return ret >= 0 && copy_to_user(umsg, &m, sizeof(m)) ? -EFAULT : ret;
}

long sys_shutdown(int ufd, int how)
{
	struct fd fd;
	int ret = get_socket(ufd, &fd);

	if (!ret && (how < SHUT_RD || how > SHUT_RDWR))
		ret = -EINVAL;
	if (!ret) {
		struct socket *s = fd.file->private_data;

		if (how != SHUT_WR)
			pipe_shut(s->in, true, false);
		if (how != SHUT_RD)
			pipe_shut(s->out, false, true);
	}
	fdput(fd);
	return ret;
}

long sys_getsockopt(int ufd, int level, int name, void __user *value, int __user *ulen)
{
	struct fd fd;
	int len, number, ret = get_socket(ufd, &fd);

	if (!ret && (level != SOL_SOCKET || (name != SO_TYPE && name != SO_ERROR)))
		ret = level == SOL_SOCKET ? -ENOPROTOOPT : -EOPNOTSUPP;
	if (!ret) {
		number = name == SO_TYPE ? ((struct socket *)fd.file->private_data)->pair->type : 0;
		ret = get_user(len, ulen);
	}
	fdput(fd);
	if (ret)
		return ret;
	if (len < 0)
		return -EINVAL;
	len = min_t(int, len, sizeof(number));
	return copy_to_user(value, &number, len) || put_user(len, ulen) ? -EFAULT : 0;
}
