/* What the files of pipes, sockets, polling and devices share among themselves. */
#pragma once

#include "kernel/fs/internal.h"

/*
 * Gives two new files two descriptors and stores these at ufds. 0 or -errno (then the files are
 * closed). flags: O_CLOEXEC.
 */
long install_fd_pair(struct file *files[2], int flags, int __user *ufds);

/*
 * The ring of bytes inside a pipe, which a socket pair uses too, one for each direction. A ring
 * whose readers or writers are all gone gives end of file and EPIPE.
 */
struct pipe;
#define PIPE_NONBLOCK ((unsigned int)O_NONBLOCK)
#define PIPE_PEEK 1u		/* leave the bytes where they are */
#define PIPE_NOSIGNAL 2u	/* EPIPE without SIGPIPE */
#define PIPE_SOCKET 4u		/* who polls for room hears of every read, not only when full */
/* with one reader and one writer, unless it is a FIFO's; NULL: no memory */
struct pipe *alloc_pipe(bool named);
void free_pipe(struct pipe *p);
/* Bytes or -errno. May sleep. */
ssize_t pipe_recv(struct pipe *p, struct iov_iter *to, unsigned int flags);
ssize_t pipe_send(struct pipe *p, struct iov_iter *from, unsigned int flags);
void pipe_shut(struct pipe *p, bool read, bool write);	/* no readers, writers any more */
bool pipe_is_open(const struct pipe *p, bool read);	/* are there any? */
/* FIONREAD, or -ENOTTY. */
long pipe_ring_ioctl(struct pipe *p, unsigned int cmd, unsigned long arg);
unsigned int pipe_poll_in(struct pipe *p, struct file *f, struct poll_table *pt);
unsigned int pipe_poll_out(struct pipe *p, struct file *f, struct poll_table *pt);

/* Waits for condition as a read or write of f does: 0, -EAGAIN (O_NONBLOCK) or -ERESTARTSYS. */
#define wait_event_file(f, wq, condition)						\
	((condition) ? 0L : (f)->f_flags & O_NONBLOCK ? -EAGAIN :			\
	 wait_event_interruptible(wq, condition))

/*
 * Wakes those who wait for these events, if any. Who calls it has made them true, and says in a
 * comment why no sleeper is missed that is just joining the queue.
 */
static inline void wake_up_pollers(struct wait_queue_head *wq, unsigned int events)
{
	if (waitqueue_active(wq))
		__wake_up(wq, TASK_NORMAL, 0, events);
}

/* Reads an 8-byte counter (eventfd, timerfd) to user space. */
static inline ssize_t copy_u64_to_iter(u64 value, struct iov_iter *to)
{
	return copy_to_iter(&value, sizeof(value), to) == sizeof(value) ? (ssize_t)sizeof(value)
									: -EFAULT;
}

/* Called once by special_files_init(). */
void pipe_init(void);
void mem_devices_init(void);
void serial_init(void);
void tty_init(void);

u64 ms_deadline(int ms);	/* ktime deadline of poll's and epoll_wait's milliseconds */
