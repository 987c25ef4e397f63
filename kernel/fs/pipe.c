/*
 * Pipes and FIFOs: bytes from writers to readers through a ring of pages that are allocated when
 * bytes come to lie in them.
 *
 * Locks: pipe->mutex (sleeping; user memory is copied under it) guards the ring and the counts;
 * inode->i_mutex guards which pipe a FIFO's inode has and how many files hold it, and is the outer
 * one. Wait queues are inner.
 *
 * Why no wake-up is lost although nobody calls wake_up() on a queue that looks empty: a sleeper
 * queues itself and then tests the ring, with a full barrier between the two (prepare_to_wait).
 * Whoever changes the ring unlocks the mutex (a locked instruction, so a full barrier) and then
 * looks at the queue. One of the two sees what the other did.
 */
#include "kernel/fs/special.h"
#include "kernel/syscalls.h"
#include "libk/abi/termios.h"

#define PIPE_PAGES 16u
#define PIPE_SIZE (PIPE_PAGES * (unsigned int)PAGE_SIZE)

/* (m) = mutex, (i) = inode->i_mutex */
struct pipe {
	struct mutex mutex;
	struct wait_queue_head rd_wait, wr_wait;
	/* (m) next byte to write, to read; run freely. Both 0 whenever the pipe gets empty */
	unsigned int head, tail;
	unsigned int allocated;		/* (m) pages that are there; pages[0] is the first */
	unsigned int readers, writers;	/* (m) open files of each kind */
	/* (m) how many there ever were: a FIFO's open waits for a change */
	unsigned int r_counter, w_counter;
	unsigned int files;		/* (i) */
	bool named;			/* (c) a FIFO */
	/* (m) byte p lies in pages[p / PAGE_SIZE % PIPE_PAGES]; NULL: not allocated yet */
	char *pages[PIPE_PAGES];
};

static struct kmem_cache *pipe_cache;

struct pipe *alloc_pipe(bool named)
{
	struct pipe *p = kmem_cache_zalloc(pipe_cache, GFP_KERNEL);

	if (!p)
		return NULL;
	mutex_init(&p->mutex, "pipe");
	init_waitqueue_head(&p->rd_wait, "pipe_read");
	init_waitqueue_head(&p->wr_wait, "pipe_write");
	p->named = named;
	p->readers = p->writers = p->r_counter = p->w_counter = !named;
	return p;
}

/* Frees the pages from number first on. */
static void drop_pages(struct pipe *p, unsigned int first)
{
	for (unsigned int i = first; i < PIPE_PAGES; i++) {
		if (p->pages[i]) {
			free_page(p->pages[i]);
			p->pages[i] = NULL;
			p->allocated--;
		}
	}
}

void free_pipe(struct pipe *p)
{
	drop_pages(p, 0);
	kmem_cache_free(pipe_cache, p);
}

static inline unsigned int pipe_used(const struct pipe *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail);
}

static inline char **pipe_slot(struct pipe *p, unsigned int pos)
{
	return &p->pages[(pos & (PIPE_SIZE - 1)) >> PAGE_SHIFT];
}

/* The page for byte pos, which is not there yet. NULL: no memory. */
static noinline char *pipe_new_page(struct pipe *p, unsigned int pos)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return NULL;
	p->allocated++;
	return *pipe_slot(p, pos) = page_address(page);
}

/* Copies n bytes, for which there is room, into the ring, as far as a page goes. 0, -EFAULT or
 * -ENOMEM; from says how far it came. */
static int pipe_fill(struct pipe *p, struct iov_iter *from, size_t n)
{
	unsigned int head = p->head, off = head & (PAGE_SIZE - 1);
	size_t run = min_t(size_t, n, PAGE_SIZE - off), got;
	char *page = *pipe_slot(p, head);

	if (unlikely(!page)) {
		page = pipe_new_page(p, head);
		if (!page)
			return -ENOMEM;
	}
	got = copy_from_iter(page + off, run, from);
	WRITE_ONCE(p->head, head + got);
	return likely(got == run) ? 0 : -EFAULT;
}

/* Copies n bytes that are there out of the ring, where they stay. Bytes copied. */
static size_t pipe_copy(struct pipe *p, struct iov_iter *to, size_t n)
{
	unsigned int pos = p->tail;

	for (;;) {
		unsigned int off = pos & (PAGE_SIZE - 1);
		size_t run = min_t(size_t, n, PAGE_SIZE - off);
		size_t got = copy_to_iter(*pipe_slot(p, pos) + off, run, to);

		pos += got;
		n -= got;
		if (likely(!n) || got < run)
			return pos - p->tail;
	}
}

static inline void pipe_consume(struct pipe *p, size_t n)
{
	WRITE_ONCE(p->tail, p->tail + n);
	if (p->tail == p->head) {
		/*
		 * head first: a look without the mutex sees an empty pipe as not empty at most, and
		 * looks again with it
		 */
		WRITE_ONCE(p->head, 0);
		WRITE_ONCE(p->tail, 0);
		if (unlikely(p->allocated > 1))
			drop_pages(p, 1);
	}
}

/* Waits until there are bytes: 1; 0: there will be none; or -errno. mutex held, dropped in
 * between. Apart, so that whoever need not wait saves few registers. */
static noinline __flatten int pipe_empty(struct pipe *p, unsigned int flags)
{
	int ret;

	while (p->head == p->tail) {
		if (!p->writers || !p->readers)
			return 0;
		if (flags & PIPE_NONBLOCK)
			return -EAGAIN;
		mutex_unlock(&p->mutex);
		ret = wait_event_interruptible(&p->rd_wait, pipe_used(p) ||
								    !READ_ONCE(p->writers) ||
								    !READ_ONCE(p->readers));
		mutex_lock(&p->mutex);
		if (ret)
			return ret;
	}
	return 1;
}

ssize_t __flatten pipe_recv(struct pipe *p, struct iov_iter *to, unsigned int flags)
{
	ssize_t ret = 1;
	bool room = false;	/* as pipe_poll_out() sees it: then no writer waits */

	mutex_lock(&p->mutex);
	if (p->head == p->tail)
		ret = pipe_empty(p, flags);
	if (likely(ret > 0)) {
		room = PIPE_SIZE - pipe_used(p) >= PIPE_BUF && !(flags & PIPE_SOCKET);
		ret = pipe_copy(p, to, min_t(size_t, to->count, pipe_used(p)));
		if (likely(!(flags & PIPE_PEEK)))
			pipe_consume(p, ret);
		if (unlikely(!ret && to->count))
			ret = -EFAULT;
	}
	mutex_unlock(&p->mutex);
	if (unlikely(ret > 0 && !room))
		wake_up_pollers(&p->wr_wait, POLLOUT | POLLWRNORM);
	return ret;
}

/*
 * Lets the mutex go until there is room for n bytes. 0 or -ERESTARTSYS; the mutex is held again in
 * any case.
 */
static int wait_for_room(struct pipe *p, size_t n)
{
	int ret;

	mutex_unlock(&p->mutex);
	wake_up_pollers(&p->rd_wait, POLLIN | POLLRDNORM);
	ret = wait_event_interruptible(&p->wr_wait, PIPE_SIZE - pipe_used(p) >= n ||
							    !READ_ONCE(p->readers) ||
							    !READ_ONCE(p->writers));
	mutex_lock(&p->mutex);
	return ret;
}

/* mutex held, dropped in between: 0 when there may be room for bytes of from, or -errno. */
static noinline int pipe_full(struct pipe *p, const struct iov_iter *from, unsigned int flags)
{
	return flags & PIPE_NONBLOCK ? -EAGAIN
				     : wait_for_room(p, min_t(size_t, from->count, PIPE_BUF));
}

static noinline int pipe_broken(unsigned int flags)
{
	if (!(flags & PIPE_NOSIGNAL))
		send_sig(SIGPIPE, current, SEND_SIG_NOINFO);
	return -EPIPE;
}

ssize_t __flatten pipe_send(struct pipe *p, struct iov_iter *from, unsigned int flags)
{
	size_t total = from->count, left, room;
	int err;

	mutex_lock(&p->mutex);
	do {
		left = from->count;
		room = PIPE_SIZE - pipe_used(p);
		if (unlikely(!p->readers || !p->writers))
			err = pipe_broken(flags);
		/* up to PIPE_BUF bytes go in one piece or not at all */
		else if (likely(room >= left) || (room && total > PIPE_BUF))
			err = pipe_fill(p, from, min(left, room));
		else
			err = pipe_full(p, from, flags);
	} while (!err && from->count);
	mutex_unlock(&p->mutex);
	wake_up_pollers(&p->rd_wait, POLLIN | POLLRDNORM);
	total -= from->count;
	return total ? (ssize_t)total : err;
}

static ssize_t pipe_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return likely(to->count) ? pipe_recv(f->private_data, to, f->f_flags & O_NONBLOCK) : 0;
}

static ssize_t pipe_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	return likely(from->count) ? pipe_send(f->private_data, from, f->f_flags & O_NONBLOCK) : 0;
}

unsigned int pipe_poll_in(struct pipe *p, struct file *f, struct poll_table *pt)
{
	poll_wait(f, &p->rd_wait, pt);
	return pipe_used(p) ? POLLIN | POLLRDNORM : 0;
}

unsigned int pipe_poll_out(struct pipe *p, struct file *f, struct poll_table *pt)
{
	poll_wait(f, &p->wr_wait, pt);
	return (PIPE_SIZE - pipe_used(p) >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0);
}

bool pipe_is_open(const struct pipe *p, bool read)
{
	return READ_ONCE(*(read ? &p->readers : &p->writers));
}

bool pipe_other_end(const struct file *f, const void *queue)
{
	const struct pipe *p = f->private_data;

	return f->f_op->read == pipe_read &&
	       ((f->f_mode & FMODE_WRITE && queue == &p->rd_wait) ||
		(f->f_mode & FMODE_READ && queue == &p->wr_wait));
}

static unsigned int pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->private_data;
	unsigned int mask = 0;

	if (f->f_mode & FMODE_READ) {
		mask |= pipe_poll_in(p, f, pt);
		/*
		 * A FIFO opened without a writer is not hung up before the first writer came (f_pos
		 * is ours: there is no position).
		 */
		if (!READ_ONCE(p->writers) && f->f_pos != READ_ONCE(p->w_counter))
			mask |= POLLHUP;
	}
	if (f->f_mode & FMODE_WRITE)
		mask |= pipe_poll_out(p, f, pt) | (READ_ONCE(p->readers) ? 0 : POLLERR);
	return mask;
}

long pipe_ring_ioctl(struct pipe *p, unsigned int cmd, unsigned long arg)
{
	return cmd == FIONREAD ? put_user((int)pipe_used(p), (int __user *)arg) : -ENOTTY;
}

static long pipe_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	return pipe_ring_ioctl(f->private_data, cmd, arg);
}

/* --- opening and closing --- */

static void put_pipe(struct inode *inode, struct pipe *p)
{
	scoped_guard(mutex, &inode->i_mutex) {
		if (--p->files)
			return;
		inode->i_private = NULL;
	}
	free_pipe(p);
}

static struct pipe *get_pipe(struct inode *inode)
{
	struct pipe *p;

	guard(mutex)(&inode->i_mutex);
	p = inode->i_private;
	if (!p)
		p = inode->i_private = alloc_pipe(true);
	if (p)
		p->files++;
	return p;
}

/* One end more or less, as f's mode says. mutex held. */
static void count_ends(struct pipe *p, struct file *f, int n)
{
	if (f->f_mode & FMODE_READ) {
		WRITE_ONCE(p->readers, p->readers + n);
		p->r_counter += n > 0;
	}
	if (f->f_mode & FMODE_WRITE) {
		WRITE_ONCE(p->writers, p->writers + n);
		WRITE_ONCE(p->w_counter, p->w_counter + (n > 0));
	}
}

static void wake_all_ends(struct pipe *p)
{
	wake_up_all(&p->rd_wait);
	wake_up_all(&p->wr_wait);
}

void pipe_shut(struct pipe *p, bool read, bool write)
{
	mutex_lock(&p->mutex);
	if (read)
		WRITE_ONCE(p->readers, 0);
	if (write)
		WRITE_ONCE(p->writers, 0);
	mutex_unlock(&p->mutex);
	wake_all_ends(p);
}

static void pipe_release(struct inode *inode, struct file *f)
{
	struct pipe *p = f->private_data;

	mutex_lock(&p->mutex);
	count_ends(p, f, -1);
	mutex_unlock(&p->mutex);
	wake_all_ends(p);
	put_pipe(inode, p);
}

static int fifo_open(struct inode *inode, struct file *f)
{
	struct pipe *p = get_pipe(inode);
	unsigned int rd, seen_r, seen_w;
	int ret = 0;

	if (!p)
		return -ENOMEM;
	stream_open(inode, f);
	f->private_data = p;
	f->f_pos = 0;
	mutex_lock(&p->mutex);
	rd = f->f_mode & (FMODE_READ | FMODE_WRITE);
	if (rd == FMODE_WRITE && p->named && (f->f_flags & O_NONBLOCK) && !p->readers) {
		mutex_unlock(&p->mutex);
		put_pipe(inode, p);
		return -ENXIO;
	}
	count_ends(p, f, 1);
	/* with a partner already there nothing is waited for */
	seen_r = p->readers ? p->r_counter - 1 : p->r_counter;
	seen_w = p->writers ? p->w_counter - 1 : p->w_counter;
	if (rd == FMODE_READ && !p->writers && (f->f_flags & O_NONBLOCK))
		f->f_pos = seen_w;
	mutex_unlock(&p->mutex);
	wake_all_ends(p);
	if (!p->named || (f->f_flags & O_NONBLOCK))
		return 0;
	if (rd == FMODE_READ)
		ret = wait_event_interruptible(&p->rd_wait, READ_ONCE(p->w_counter) != seen_w);
	else if (rd == FMODE_WRITE)
		ret = wait_event_interruptible(&p->wr_wait, READ_ONCE(p->r_counter) != seen_r);
	if (ret)
		pipe_release(inode, f);
	return ret;
}

const struct file_operations fifo_fops = {
	.read = pipe_read, .write = pipe_write, .poll = pipe_poll, .ioctl = pipe_ioctl,
	.open = fifo_open, .release = pipe_release,
};

/* A new pipe's two files, reader first. 0 or -errno. */
int create_pipe_files(struct file *files[2], int flags)
{
	struct pipe *p = alloc_pipe(false);
	struct inode *inode = p ? new_pseudo_inode(S_IFIFO | 0600) : NULL;

	if (!inode) {
		if (p)
			free_pipe(p);
		return -ENFILE;
	}
	inode->i_fop = &fifo_fops;
	inode->i_private = p;
	p->files = 2;
	files[0] = alloc_file_pseudo(inode, "pipe", O_RDONLY | flags, &fifo_fops);
	if (IS_ERR(files[0])) {
		iput(inode);
		free_pipe(p);
		return PTR_ERR(files[0]);
	}
	files[0]->private_data = p;
	files[1] = alloc_file_clone(files[0], O_WRONLY | flags, &fifo_fops);
	if (IS_ERR(files[1])) {
		p->files = 1;
		fput(files[0]);
		return PTR_ERR(files[1]);
	}
	files[1]->private_data = p;
	return 0;
}

long install_fd_pair(struct file *files[2], int flags, int __user *ufds)
{
	int fds[2] = { -1, -1 }, ret;

	ret = fds[0] = get_unused_fd_flags(flags);
	if (ret >= 0)
		ret = fds[1] = get_unused_fd_flags(flags);
	if (ret >= 0)
		ret = copy_to_user(ufds, fds, sizeof(fds)) ? -EFAULT : 0;
	for (int i = 0; i < 2; i++) {
		if (!ret) {
			fd_install(fds[i], files[i]);
			continue;
		}
		if (fds[i] >= 0)
			put_unused_fd(fds[i]);
		fput(files[i]);
	}
	return ret;
}

SYSCALL_DEFINE(pipe2, int __user *fds, int flags)
{
	struct file *files[2];
	int ret;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	ret = create_pipe_files(files, flags & O_NONBLOCK);
	return ret ? ret : install_fd_pair(files, flags, fds);
}

SYSCALL_OLD(pipe, (int __user *fds), pipe2(fds, 0))

void pipe_init(void)
{
	pipe_cache = kmem_cache_create("pipe", sizeof(struct pipe), 0);
}
