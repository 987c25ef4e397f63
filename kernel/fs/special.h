/* What the files of pipes, sockets, polling and devices share among themselves. */
#pragma once

#include "kernel/fs/fs.h"

/* Gives two new files two descriptors and stores these at ufds. 0 or -errno (then the files are closed). flags: O_CLOEXEC. */
long install_fd_pair(struct file *files[2], int flags, int __user *ufds);

/*
 * The ring of bytes inside a pipe, which a socket pair uses too, one for each direction. full: the whole length of the packet received.
 * A ring whose readers or writers are all gone gives end of file and EPIPE.
 */
struct pipe;
#define PIPE_NONBLOCK ((unsigned int)O_NONBLOCK)
#define PIPE_PEEK 1u		/* leave the bytes where they are */
#define PIPE_PACKET 2u		/* one call is one message */
#define PIPE_NOSIGNAL 4u	/* EPIPE without SIGPIPE */
struct pipe *alloc_pipe(bool named);	/* with one reader and one writer, unless it is a FIFO's; NULL: no memory */
void free_pipe(struct pipe *p);
ssize_t pipe_recv(struct pipe *p, struct iov_iter *to, unsigned int flags, size_t *full);	/* bytes or -errno. May sleep */
ssize_t pipe_send(struct pipe *p, struct iov_iter *from, unsigned int flags);
void pipe_shut(struct pipe *p, bool read, bool write);	/* no readers, writers any more */
bool pipe_is_open(const struct pipe *p, bool read);	/* are there any? */
unsigned int pipe_poll_in(struct pipe *p, struct file *f, struct poll_table *pt);
unsigned int pipe_poll_out(struct pipe *p, struct file *f, struct poll_table *pt);

/* Reads an 8-byte counter (eventfd, timerfd) to user space. */
static inline ssize_t copy_u64_to_iter(u64 value, struct iov_iter *to)
{
	return copy_to_iter(&value, sizeof(value), to) == sizeof(value) ? (ssize_t)sizeof(value) : -EFAULT;
}

/* Called once by special_files_init(). */
void pipe_init(void);
void epoll_init(void);
void mem_devices_init(void);
void serial_init(void);
void tty_init(void);
