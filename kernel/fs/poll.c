/*
 * poll, ppoll, select, pselect6: waiting for the first of many files. select is made of poll: its
 * three bit sets become one array of pollfd, so that there is one loop that waits.
 *
 * The first pass over the files queues the caller on every queue whose wake-up may change an answer
 * (f_op->poll calls poll_wait), later passes only ask. A wake-up sets triggered before it makes the
 * task runnable, and the task, having set its state, sleeps only if triggered is still false: the
 * order of kernel/sync/wait.c, with triggered as the condition. An entry holds a reference to its
 * file, so the queue lives.
 *
 * No locks of its own.
 */
#include "asm/processor.h"
#include "kernel/fs/special.h"
#include "kernel/syscalls.h"

#define INLINE_FDS 8		/* need no memory beyond the stack */
#define QUEUES_PER_FILE 2	/* most that one poll operation waits on */

struct poll_entry {
	struct file *file;		/* with a reference */
	struct wait_queue_head *wq;
	struct poll_wqueues *pwq;
	unsigned int key;		/* wake-ups for other events are not for us */
	struct wait_queue_entry wait;
};

struct poll_wqueues {
	struct poll_table pt;
	struct task_struct *task;
	bool triggered;			/* set by wakers, with the queue's lock held */
	unsigned int used;
	struct poll_entry *entries;	/* QUEUES_PER_FILE for each file */
	struct poll_entry inline_entries[QUEUES_PER_FILE * INLINE_FDS];
};

static int pollwake(struct wait_queue_entry *wait, unsigned int mode, unsigned long key)
{
	struct poll_entry *e = container_of(wait, struct poll_entry, wait);

	if (key && !(key & e->key))
		return 0;
	WRITE_ONCE(e->pwq->triggered, true);
	return wake_up_state(e->pwq->task, mode);
}

static void pollqueue(struct file *f, struct wait_queue_head *wq, struct poll_table *pt)
{
	struct poll_wqueues *pwq = container_of(pt, struct poll_wqueues, pt);
	struct poll_entry *e = &pwq->entries[pwq->used++];

	*e = (struct poll_entry){ .file = get_file(f), .wq = wq, .pwq = pwq, .key = pt->key,
				  .wait.func = pollwake };
	INIT_LIST_HEAD(&e->wait.entry);
	add_wait_queue(wq, &e->wait);
}

/* 0 or -ENOMEM. deadline 0: it will not wait. */
static int join_init(struct poll_wqueues *pwq, unsigned int n, u64 deadline)
{
	pwq->pt.queue = deadline ? pollqueue : NULL;
	pwq->task = current;
	pwq->triggered = false;
	pwq->used = 0;
	pwq->entries = pwq->inline_entries;
	if (deadline && n > INLINE_FDS)
		pwq->entries = kmalloc(QUEUES_PER_FILE * n * sizeof(struct poll_entry), GFP_KERNEL);
	return pwq->entries ? 0 : -ENOMEM;
}

static void leave_queues(struct poll_wqueues *pwq)
{
	for (struct poll_entry *e = pwq->entries; e < pwq->entries + pwq->used; e++) {
		remove_wait_queue(e->wq, &e->wait);
		fput(e->file);
	}
	if (pwq->entries != pwq->inline_entries)
		kfree(pwq->entries);
}

/* The answer for one file. always: events reported without being asked for. */
static short poll_one(struct pollfd *pfd, struct poll_table *pt, unsigned int always)
{
	unsigned int wanted = (u16)pfd->events | always;
	unsigned int mask = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

	if (pfd->fd < 0)
		return 0;
	CLASS(fd, f)(pfd->fd);
	if (!f.file)
		return POLLNVAL;
	if (f.file->f_op->poll) {
		pt->key = wanted;
		mask = f.file->f_op->poll(f.file, pt);
	}
	return (short)(mask & wanted);
}

static int poll_pass(struct poll_wqueues *pwq, struct pollfd *fds, unsigned int n,
		     unsigned int always)
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

/*
 * Waits until one of fds has an answer. Number of those, 0 after the deadline (ktime ns),
 * -ERESTARTNOHAND for a signal, -ENOMEM. May sleep.
 */
static int do_poll(struct pollfd *fds, unsigned int n, unsigned int always, u64 deadline)
{
	struct poll_wqueues pwq;	/* not initialised as a whole: the entries are many */
	int count = join_init(&pwq, n, deadline);

	if (count)
		return count;
	for (;;) {
		count = poll_pass(&pwq, fds, n, always);
		if (!count && signal_pending(current))
			count = -ERESTARTNOHAND;
		if (count || deadline <= ktime_get())
			break;
		set_current_state(TASK_INTERRUPTIBLE);
		if (!READ_ONCE(pwq.triggered))
			schedule_hrtimeout(deadline);
		__set_current_state(TASK_RUNNING);
		/*
		 * A full barrier: a wake-up that comes from here on is seen by the next sleep, one
		 * before by the pass that follows.
		 */
		smp_store_mb(pwq.triggered, false);
	}
	leave_queues(&pwq);
	return count;
}

/* --- poll --- */

static struct pollfd *alloc_fds(unsigned int n, struct pollfd *on_stack)
{
	return n > INLINE_FDS ? kmalloc(n * sizeof(*on_stack), GFP_KERNEL) : on_stack;
}

static long poll_user(struct pollfd __user *ufds, unsigned int n, u64 deadline)
{
	struct pollfd on_stack[INLINE_FDS], *fds;
	long ret = -EFAULT;

	if (n > current->signal->rlim[RLIMIT_NOFILE].rlim_cur)
		return -EINVAL;
	fds = alloc_fds(n, on_stack);
	if (!fds)
		return -ENOMEM;
	if (!copy_from_user(fds, ufds, n * sizeof(*fds)))
		ret = do_poll(fds, n, POLLERR | POLLHUP, deadline);
	for (unsigned int i = 0; i < n && ret >= 0; i++)
		if (copy_to_user(&ufds[i].revents, &fds[i].revents, sizeof(fds[i].revents)))
			ret = -EFAULT;
	if (fds != on_stack)
		kfree(fds);
	return ret;
}

/* poll, and poll after a signal without a handler: on with what is left of its time. */
static long poll_restartable(struct restart_block *rb)
{
	long ret = poll_user(rb->poll.fds, rb->poll.nfds, rb->poll.deadline);

	if (ret != -ERESTARTNOHAND)
		return ret;
	rb->fn = poll_restartable;
	return -ERESTART_RESTARTBLOCK;
}

u64 ms_deadline(int ms)
{
	return ms < 0 ? UINT64_MAX : ms ? ktime_get() + (u64)ms * NSEC_PER_MSEC : 0;
}

SYSCALL_DEFINE(poll, struct pollfd __user *ufds, unsigned int nfds, int timeout_ms)
{
	struct restart_block *rb = &current->restart_block;

	rb->poll.fds = ufds;
	rb->poll.nfds = nfds;
	rb->poll.deadline = ms_deadline(timeout_ms);
	return poll_restartable(rb);
}

/* --- time limits that are written back --- */

/* ktime deadline of a relative time; U64_MAX for none. -EFAULT, -EINVAL. timeval: microseconds. */
static int read_timeout(const void __user *uts, bool is_timeval, u64 *deadline)
{
	struct timespec ts;

	*deadline = UINT64_MAX;
	if (!uts)
		return 0;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (is_timeval) {
		ts.tv_sec += ts.tv_nsec / 1000000;
		ts.tv_nsec = ts.tv_nsec % 1000000 * 1000;
	}
	if (!timespec_valid(&ts))
		return -EINVAL;
	*deadline = ts.tv_sec || ts.tv_nsec ? ktime_get() + timespec_to_ns(&ts) : 0;
	return 0;
}

/*
 * The end of ppoll, select and pselect6: what is left of the time goes back to the caller, the old
 * signal mask comes back (after the handler, if one is about to run). A time that cannot be written
 * back is no error, but then the call cannot be started again with it.
 */
static long finish_poll(long ret, void __user *uts, bool is_timeval, u64 deadline)
{
	u64 now = ktime_get();
	struct timespec left = ns_to_timespec(deadline > now ? deadline - now : 0);

	restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	if (!uts || !deadline)
		return ret;
	if (is_timeval)
		left.tv_nsec /= 1000;
	return copy_to_user(uts, &left, sizeof(left)) && ret == -ERESTARTNOHAND ? -EINTR : ret;
}

SYSCALL_DEFINE(ppoll, struct pollfd __user *ufds, unsigned int nfds, struct timespec __user *ts,
	       const sigset_t __user *mask, size_t size)
{
	u64 deadline;
	int ret = read_timeout(ts, false, &deadline) ? : set_user_sigmask(mask, size);

	return ret ? ret : finish_poll(poll_user(ufds, nfds, deadline), ts, false, deadline);
}

/* --- select: sets[0] is for reading, [1] for writing, [2] for urgent data --- */

static const unsigned int select_events[3] = {
	POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
	POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
	POLLPRI,
};

/* The pollfd array that asks for what the sets ask; fds NULL: only counts. */
static unsigned int sets_to_fds(unsigned long *sets[3], unsigned int n, struct pollfd *fds)
{
	unsigned int count = 0;

	for (unsigned int fd = 0; fd < n; fd++) {
		unsigned int events = 0;

		for (int i = 0; i < 3; i++)
			events |= test_bit(fd, sets[i]) ? select_events[i] : 0;
		if (events && fds)
			fds[count] = (struct pollfd){ .fd = (int)fd, .events = (short)events };
		count += events != 0;
	}
	return count;
}

/* Leaves only the bits that are answered. Their number, or -EBADF. */
static int fds_to_sets(unsigned long *sets[3], const struct pollfd *fds, unsigned int count)
{
	int ready = 0;

	for (const struct pollfd *p = fds; p < fds + count; p++) {
		if (p->revents & POLLNVAL)
			return -EBADF;
		for (int i = 0; i < 3; i++) {
			if (!test_bit(p->fd, sets[i]))
				continue;
			if (p->revents & select_events[i])
				ready++;
			else
				__clear_bit(p->fd, sets[i]);
		}
	}
	return ready;
}

static int select_sets(unsigned long *sets[3], unsigned int n, u64 deadline)
{
	unsigned int count = sets_to_fds(sets, n, NULL);
	struct pollfd on_stack[INLINE_FDS], *fds = alloc_fds(count, on_stack);
	int ret;

	if (!fds)
		return -ENOMEM;
	sets_to_fds(sets, n, fds);
	ret = do_poll(fds, count, 0, deadline);
	if (ret >= 0)
		ret = fds_to_sets(sets, fds, count);
	if (fds != on_stack)
		kfree(fds);
	return ret;
}

static long select_user(int n, fd_set __user *user[3], u64 deadline)
{
	unsigned long *bits __free(kfree) = NULL, *sets[3];
	size_t longs;
	long ret = 0;

	if (n < 0)
		return -EINVAL;
	n = min_t(int, n, (int)READ_ONCE(current->files->max_fds));
	longs = BITS_TO_LONGS((unsigned long)n);
	bits = kzalloc(3 * longs * sizeof(long) + 1, GFP_KERNEL);
	if (!bits)
		return -ENOMEM;
	for (int i = 0; i < 3; i++) {
		sets[i] = bits + i * longs;
		if (user[i] && copy_from_user(sets[i], user[i], longs * sizeof(long)))
			return -EFAULT;
	}
	ret = select_sets(sets, (unsigned int)n, deadline);
	for (int i = 0; i < 3 && ret >= 0; i++)
		if (user[i] && copy_to_user(user[i], sets[i], longs * sizeof(long)))
			ret = -EFAULT;
	return ret;
}

SYSCALL_DEFINE(select, int n, fd_set __user *in, fd_set __user *out, fd_set __user *ex,
	       struct timeval __user *tv)
{
	fd_set __user *user[3] = { in, out, ex };
	u64 deadline;
	int ret = read_timeout(tv, true, &deadline);

	return ret ? ret : finish_poll(select_user(n, user, deadline), tv, true, deadline);
}

SYSCALL_DEFINE(pselect6, int n, fd_set __user *in, fd_set __user *out, fd_set __user *ex,
	       struct timespec __user *ts, void __user *sig)
{
	struct { const sigset_t __user *mask; size_t size; } arg = { NULL, 0 };
	fd_set __user *user[3] = { in, out, ex };
	u64 deadline;
	int ret;

	if (sig && copy_from_user(&arg, sig, sizeof(arg)))
		return -EFAULT;
	ret = read_timeout(ts, false, &deadline) ? : set_user_sigmask(arg.mask, arg.size);
	return ret ? ret : finish_poll(select_user(n, user, deadline), ts, false, deadline);
}
