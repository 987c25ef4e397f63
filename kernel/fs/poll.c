/*
 * poll, ppoll, select, pselect6: waiting for the first of many files. select is made of poll: its three bit sets become one array
 * of pollfd, so that there is one loop that waits.
 *
 * The first pass over the files queues the caller on every queue whose wake-up may change an answer (f_op->poll calls poll_wait), later passes
 * only ask. A wake-up sets pwq->triggered before it makes the task runnable, and the task, having set its state, sleeps only if triggered is
 * still false: the order of kernel/sync/wait.c, with triggered as the condition. An entry holds a reference to its file, so the queue lives.
 *
 * No locks of its own.
 */
#include "asm/processor.h"
#include "kernel/fs/special.h"
#include "kernel/syscalls.h"

#define INLINE_ENTRIES 8	/* queues that need no memory beyond the stack */
#define INLINE_FDS 32

struct poll_entry {
	struct file *file;		/* with a reference */
	struct wait_queue_head *wq;
	struct poll_wqueues *pwq;
	unsigned int key;		/* wake-ups for other events are not for us */
	struct wait_queue_entry wait;
};

struct poll_page {
	struct poll_page *next;
	unsigned int used;
	struct poll_entry entries[(PAGE_SIZE - 16) / sizeof(struct poll_entry)];
};

struct poll_wqueues {
	struct poll_table pt;
	struct task_struct *task;
	bool triggered;			/* set by wakers, with the queue's lock held */
	int error;			/* -ENOMEM: not all queues could be joined */
	unsigned int inline_used;
	struct poll_page *pages;
	struct poll_entry inline_entries[INLINE_ENTRIES];
};

static int pollwake(struct wait_queue_entry *wait, unsigned int mode, unsigned long key)
{
	struct poll_entry *e = container_of(wait, struct poll_entry, wait);

	if (key && !(key & e->key))
		return 0;
	WRITE_ONCE(e->pwq->triggered, true);
	return wake_up_state(e->pwq->task, mode);
}

static struct poll_entry *new_entry(struct poll_wqueues *pwq)
{
	struct poll_page *page = pwq->pages;

	if (pwq->inline_used < INLINE_ENTRIES)
		return &pwq->inline_entries[pwq->inline_used++];
	if (!page || page->used == ARRAY_SIZE(page->entries)) {
		page = kmalloc(sizeof(*page), GFP_KERNEL);
		if (!page)
			return NULL;
		page->used = 0;
		page->next = pwq->pages;
		pwq->pages = page;
	}
	return &page->entries[page->used++];
}

static void pollqueue(struct file *f, struct wait_queue_head *wq, struct poll_table *pt)
{
	struct poll_wqueues *pwq = container_of(pt, struct poll_wqueues, pt);
	struct poll_entry *e = new_entry(pwq);

	if (!e) {
		pwq->error = -ENOMEM;
		return;
	}
	e->file = get_file(f);
	e->wq = wq;
	e->pwq = pwq;
	e->key = pt->key;
	e->wait = (struct wait_queue_entry){ .func = pollwake };
	INIT_LIST_HEAD(&e->wait.entry);
	add_wait_queue(wq, &e->wait);
}

static void leave_queue(struct poll_entry *e)
{
	remove_wait_queue(e->wq, &e->wait);
	fput(e->file);
}

static void leave_queues(struct poll_wqueues *pwq)
{
	for (unsigned int i = 0; i < pwq->inline_used; i++)
		leave_queue(&pwq->inline_entries[i]);
	while (pwq->pages) {
		struct poll_page *page = pwq->pages;

		for (unsigned int i = 0; i < page->used; i++)
			leave_queue(&page->entries[i]);
		pwq->pages = page->next;
		kfree(page);
	}
}

/* The answer for one file. always: events reported without being asked for. */
static short poll_one(struct pollfd *pfd, struct poll_table *pt, unsigned int always)
{
	struct fd fd;
	unsigned int mask = POLLNVAL, wanted = (u16)pfd->events | always;

	if (pfd->fd < 0)
		return 0;
	fd = fdget(pfd->fd);
	if (fd.file) {
		mask = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
		if (fd.file->f_op->poll) {
			pt->key = wanted;
			mask = fd.file->f_op->poll(fd.file, pt);
		}
		mask &= wanted;
		fdput(fd);
	}
	return (short)mask;
}

static int poll_pass(struct poll_wqueues *pwq, struct pollfd *fds, unsigned int n, unsigned int always)
{
	int count = 0;

	for (unsigned int i = 0; i < n; i++) {
		fds[i].revents = poll_one(&fds[i], &pwq->pt, always);
		if (fds[i].revents) {
			count++;
			pwq->pt.queue = NULL;	/* we shall not sleep */
		}
	}
	pwq->pt.queue = NULL;
	return count;
}

/* Waits until one of fds has an answer. Number of those, 0 after the deadline (ktime ns), -ERESTARTNOHAND for a signal, -ENOMEM. May sleep. */
static int do_poll(struct pollfd *fds, unsigned int n, unsigned int always, u64 deadline)
{
	struct poll_wqueues pwq;	/* not initialised as a whole: the entries are many */
	int count;

	pwq.pt.queue = deadline > ktime_get() ? pollqueue : NULL;
	pwq.task = current;
	pwq.triggered = false;
	pwq.error = 0;
	pwq.inline_used = 0;
	pwq.pages = NULL;
	for (;;) {
		count = poll_pass(&pwq, fds, n, always);
		if (!count)
			count = pwq.error;
		if (!count && signal_pending(current))
			count = -ERESTARTNOHAND;
		if (count || deadline <= ktime_get())
			break;
		set_current_state(TASK_INTERRUPTIBLE);
		if (!READ_ONCE(pwq.triggered))
			schedule_hrtimeout(deadline);
		__set_current_state(TASK_RUNNING);
		/* A full barrier: a wake-up that comes from here on is seen by the next sleep, one before by the pass that follows. */
		smp_store_mb(pwq.triggered, false);
	}
	leave_queues(&pwq);
	return count;
}

/* --- poll --- */

static long poll_user(struct pollfd __user *ufds, unsigned int n, u64 deadline)
{
	struct pollfd on_stack[INLINE_FDS], *fds = on_stack;
	long ret;

	if (n > current->signal->rlim[RLIMIT_NOFILE].rlim_cur)
		return -EINVAL;
	if (n > INLINE_FDS) {
		fds = kmalloc(n * sizeof(*fds), GFP_KERNEL);
		if (!fds)
			return -ENOMEM;
	}
	ret = -EFAULT;
	if (copy_from_user(fds, ufds, n * sizeof(*fds)))
		goto out;
	ret = do_poll(fds, n, POLLERR | POLLHUP, deadline);
	for (unsigned int i = 0; i < n && ret >= 0; i++)
		if (copy_to_user(&ufds[i].revents, &fds[i].revents, sizeof(fds[i].revents)))
			ret = -EFAULT;
out:
	if (fds != on_stack)
		kfree(fds);
	return ret;
}

/* poll after a signal without a handler: on with what is left of its time. */
static long poll_restart(struct restart_block *rb)
{
	long ret = poll_user(rb->poll.fds, rb->poll.nfds, rb->poll.deadline);

	if (ret == -ERESTARTNOHAND) {
		rb->fn = poll_restart;
		ret = -ERESTART_RESTARTBLOCK;
	}
	return ret;
}

long sys_poll(struct pollfd __user *ufds, unsigned int nfds, int timeout_ms)
{
	u64 deadline = timeout_ms < 0 ? UINT64_MAX : timeout_ms ? ktime_get() + (u64)timeout_ms * NSEC_PER_MSEC : 0;
	long ret = poll_user(ufds, nfds, deadline);

	if (ret == -ERESTARTNOHAND) {
		struct restart_block *rb = &current->restart_block;

		rb->fn = poll_restart;
		rb->poll.fds = ufds;
		rb->poll.nfds = nfds;
		rb->poll.deadline = deadline;
		ret = -ERESTART_RESTARTBLOCK;
	}
	return ret;
}

/* --- time limits that are written back --- */

/* ktime deadline of a relative time; U64_MAX for none. -EFAULT, -EINVAL. tv instead of ts: microseconds. */
static int read_timeout(const void __user *uts, bool is_timeval, u64 *deadline)
{
	struct timespec ts;
	struct timeval tv;

	*deadline = UINT64_MAX;
	if (!uts)
		return 0;
	if (is_timeval) {
		if (copy_from_user(&tv, uts, sizeof(tv)))
			return -EFAULT;
		ts = (struct timespec){ tv.tv_sec + tv.tv_usec / 1000000, tv.tv_usec % 1000000 * 1000 };
	} else if (copy_from_user(&ts, uts, sizeof(ts))) {
		return -EFAULT;
	}
	if (!timespec_valid(&ts))
		return -EINVAL;
	*deadline = ts.tv_sec || ts.tv_nsec ? ktime_get() + timespec_to_ns(&ts) : 0;
	return 0;
}

/*
 * The end of ppoll, select and pselect6: what is left of the time goes back to the caller, the old signal mask comes back (after the handler,
 * if one is about to run). A time that cannot be written back is no error, but then the call cannot be started again with it.
 */
static long finish_poll(long ret, void __user *uts, bool is_timeval, u64 deadline)
{
	u64 now = ktime_get();
	struct timespec left = ns_to_timespec(deadline > now ? deadline - now : 0);
	struct timeval tv = { left.tv_sec, left.tv_nsec / 1000 };

	restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	if (!uts || !deadline)
		return ret;
	if (copy_to_user(uts, is_timeval ? (void *)&tv : (void *)&left, sizeof(left)) && ret == -ERESTARTNOHAND)
		ret = -EINTR;
	return ret;
}

long sys_ppoll(struct pollfd __user *ufds, unsigned int nfds, struct timespec __user *ts, const sigset_t __user *mask, size_t size)
{
	u64 deadline;
	int ret = read_timeout(ts, false, &deadline);

	if (!ret)
		ret = set_user_sigmask(mask, size);
	return ret ? ret : finish_poll(poll_user(ufds, nfds, deadline), ts, false, deadline);
}

/* --- select --- */

#define SELECT_IN (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define SELECT_OUT (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define SELECT_EX POLLPRI

static const unsigned int select_events[3] = { SELECT_IN, SELECT_OUT, SELECT_EX };

/* What one call asks for, by select_events; an absent set is empty. The answer replaces it. */
struct select_sets {
	unsigned long *bits[3];
};

/* The pollfd array that asks for what the sets ask; fds NULL: only counts. */
static unsigned int sets_to_pollfds(const struct select_sets *s, unsigned int n, struct pollfd *fds)
{
	unsigned int count = 0;

	for (unsigned int fd = 0; fd < n; fd++) {
		unsigned int events = 0;

		for (int i = 0; i < 3; i++)
			events |= test_bit(fd, s->bits[i]) ? select_events[i] : 0;
		if (events && fds)
			fds[count] = (struct pollfd){ .fd = (int)fd, .events = (short)events };
		count += events != 0;
	}
	return count;
}

/* Leaves only the bits that are answered. Their number, or -EBADF. */
static int pollfds_to_sets(struct select_sets *s, const struct pollfd *fds, unsigned int count)
{
	int ready = 0;

	for (unsigned int k = 0; k < count; k++) {
		if (fds[k].revents & POLLNVAL)
			return -EBADF;
		for (int i = 0; i < 3; i++) {
			if (!test_bit(fds[k].fd, s->bits[i]))
				continue;
			if (fds[k].revents & select_events[i])
				ready++;
			else
				__clear_bit(fds[k].fd, s->bits[i]);
		}
	}
	return ready;
}

static int select_sets(struct select_sets *s, unsigned int n, u64 deadline)
{
	struct pollfd on_stack[INLINE_FDS], *fds = on_stack;
	unsigned int count = sets_to_pollfds(s, n, NULL);
	int ret;

	if (count > INLINE_FDS) {
		fds = kmalloc(count * sizeof(*fds), GFP_KERNEL);
		if (!fds)
			return -ENOMEM;
	}
	sets_to_pollfds(s, n, fds);
	ret = do_poll(fds, count, 0, deadline);
	if (ret >= 0)
		ret = pollfds_to_sets(s, fds, count);
	if (fds != on_stack)
		kfree(fds);
	return ret;
}

static long select_user(int n, fd_set __user *user[3], u64 deadline)
{
	unsigned long stack[3 * FD_SETSIZE / 64], *bits = stack;
	struct select_sets s;
	size_t bytes;
	long ret;

	if (n < 0)
		return -EINVAL;
	n = min_t(int, n, (int)READ_ONCE(current->files->max_fds));
	bytes = BITS_TO_LONGS((unsigned long)n) * sizeof(long);
	if (n > FD_SETSIZE) {
		bits = kmalloc(3 * bytes, GFP_KERNEL);
		if (!bits)
			return -ENOMEM;
	}
	for (int i = 0; i < 3; i++) {
		s.bits[i] = bits + i * (bytes / sizeof(long));
		memset(s.bits[i], 0, bytes);
		ret = user[i] && copy_from_user(s.bits[i], user[i], bytes) ? -EFAULT : 0;
		if (ret)
			goto out;
	}
	ret = select_sets(&s, (unsigned int)n, deadline);
	for (int i = 0; i < 3 && ret >= 0; i++)
		if (user[i] && copy_to_user(user[i], s.bits[i], bytes))
			ret = -EFAULT;
out:
	if (bits != stack)
		kfree(bits);
	return ret;
}

long sys_select(int n, fd_set __user *in, fd_set __user *out, fd_set __user *ex, struct timeval __user *tv)
{
	fd_set __user *user[3] = { in, out, ex };
	u64 deadline;
	int ret = read_timeout(tv, true, &deadline);

	return ret ? ret : finish_poll(select_user(n, user, deadline), tv, true, deadline);
}

long sys_pselect6(int n, fd_set __user *in, fd_set __user *out, fd_set __user *ex, struct timespec __user *ts, void __user *sig)
{
	struct { const sigset_t __user *mask; size_t size; } arg = { NULL, 0 };
	fd_set __user *user[3] = { in, out, ex };
	u64 deadline;
	int ret;

	if (sig && copy_from_user(&arg, sig, sizeof(arg)))
		return -EFAULT;
	ret = read_timeout(ts, false, &deadline);
	if (!ret)
		ret = set_user_sigmask(arg.mask, arg.size);
	return ret ? ret : finish_poll(select_user(n, user, deadline), ts, false, deadline);
}
