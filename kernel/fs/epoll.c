/*
 * epoll: a set of files that is polled without asking each of them. Every watched file (an epitem)
 * stands, by a callback, on the wait queues of that file; a wake-up puts the epitem on the set's
 * ready list. epoll_wait asks only the files on that list, and leaves those on it that are
 * level-triggered and still ready.
 *
 * Why no event is lost: an epitem leaves the ready list before its file is asked. A wake-up before
 * that finds it on the list and need do nothing (the file is yet to be asked); one after it puts it
 * back.
 *
 * An epitem stands on two lists: that of its set, and that of its file (f_ep), which finds it by
 * descriptor and set. It holds no reference to its file: the last fput() calls eventpoll_release()
 * first, which takes the file out of all sets. While ep->mtx is held, the files of the set's
 * epitems therefore exist.
 *
 * Locks: epmutex (all changes of who watches what: epoll_ctl, both releases) > ep->mtx (sleeping:
 * the set, and asking) > a watched queue's lock > ep->lock (spinning, interrupts off: the ready
 * list). A set may be watched by another: then the outer mtx is held while the inner is taken; no
 * cycle, since epoll_ctl refuses those.
 */
#include "asm/processor.h"
#include "kernel/fs/special.h"
#include "kernel/syscalls.h"
#include "libk/abi/epoll.h"

#define EP_MAX_NESTS 4
#define EP_MAX_EVENTS ((int)(0x7fffffff / sizeof(struct epoll_event)))
#define EP_PRIVATE_BITS ((u32)EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

/* (e) epmutex, (m) ep->mtx, (l) ep->lock */
struct eventpoll {
	struct mutex mtx;
	spinlock_t lock;
	struct wait_queue_head wait;		/* tasks in epoll_wait */
	struct wait_queue_head poll_wait;	/* those who poll the set itself */
	struct list_head ready;			/* (l) epitem.ready_link */
	struct list_head items;			/* (e) epitem.set_link */
	struct file *file;			/* (c) without a reference: its release frees us */
};

/* One place on a queue: most files have one, a terminal two. */
struct ep_wait {
	struct ep_wait *next;
	struct epitem *item;
	struct wait_queue_head *wq;
	struct wait_queue_entry entry;
};

struct epitem {
	struct list_head set_link;		/* (e) */
	struct list_head ready_link;		/* (l) empty: not on the ready list */
	struct epitem *file_next;		/* (e) in the list that begins in the file's f_ep */
	struct eventpoll *ep;			/* (c) */
	struct file *file;			/* (c) */
	int fd;					/* (c) */
	struct ep_wait *waits;			/* (c) after insertion */
	struct epoll_event event;		/* (m, l) */
	int error;				/* -ENOMEM while joining queues */
	struct poll_table pt;			/* (m) */
};

static DEFINE_MUTEX(epmutex);
DEFINE_KMEM_CACHE(epitem_cache, "eventpoll_epi", struct epitem, 0);
static const struct file_operations epoll_fops;

static bool is_epoll(const struct file *f)
{
	return f->f_op == &epoll_fops;
}

/* --- being woken --- */

static void requeue(struct epitem *item)
{
	guard(spinlock_irqsave)(&item->ep->lock);
	if (list_empty(&item->ready_link))
		list_add_tail(&item->ready_link, &item->ep->ready);
}

/* Puts the item on the ready list. Any context. */
static void make_ready(struct epitem *item)
{
	requeue(item);
	if (waitqueue_active(&item->ep->wait))
		wake_up(&item->ep->wait);
	wake_up_pollers(&item->ep->poll_wait, POLLIN | POLLRDNORM);
}

static int ep_poll_callback(struct wait_queue_entry *entry, unsigned int mode, unsigned long key)
{
	struct epitem *item = container_of(entry, struct ep_wait, entry)->item;
	u32 events = READ_ONCE(item->event.events);

	/* A oneshot that fired has only private bits left: it sleeps until EPOLL_CTL_MOD. */
	if (!(events & ~EP_PRIVATE_BITS) || (key && !(key & events)))
		return 0;
	make_ready(item);
	return 1;
}

static void ep_queue(struct file *f, struct wait_queue_head *wq, struct poll_table *pt)
{
	struct epitem *item = container_of(pt, struct epitem, pt);
	struct ep_wait *w = kmalloc(sizeof(*w), GFP_KERNEL);

	if (!w) {
		item->error = -ENOMEM;
		return;
	}
	*w = (struct ep_wait){ .item = item, .wq = wq, .next = item->waits,
			       .entry.func = ep_poll_callback };
	INIT_LIST_HEAD(&w->entry.entry);
	item->waits = w;
	add_wait_queue(wq, &w->entry);
}

/* What of the wanted events is there now. mtx held. */
static unsigned int item_poll(struct epitem *item, bool join)
{
	item->pt.queue = join ? ep_queue : NULL;
	item->pt.key = item->event.events;
	return item->file->f_op->poll(item->file, &item->pt) & item->event.events;
}

/* --- waiting --- */

static bool has_ready(struct eventpoll *ep)
{
	guard(spinlock_irqsave)(&ep->lock);
	return !list_empty(&ep->ready);
}

/* The next of the items that were ready when the scan began, off its list; NULL: none is left. */
static struct epitem *next_ready(struct eventpoll *ep, struct list_head *batch)
{
	struct epitem *item;

	guard(spinlock_irqsave)(&ep->lock);
	item = list_first_entry_or_null(batch, struct epitem, ready_link);
	if (item)
		list_del_init(&item->ready_link);
	return item;
}

/* Who was only asked stays the first, unless a wake-up has put it on the ready list meanwhile. */
static void put_back(struct epitem *item, struct list_head *batch)
{
	guard(spinlock_irqsave)(&item->ep->lock);
	if (list_empty(&item->ready_link))
		list_add(&item->ready_link, batch);
}

/* Moves all of from, a list of items, to the front of to. */
static void move_items(struct eventpoll *ep, struct list_head *from, struct list_head *to)
{
	guard(spinlock_irqsave)(&ep->lock);
	list_splice_init(from, to);
}

/* One event to the user. 1, or -EFAULT: the event stays ready. */
static int send_event(struct epitem *item, unsigned int events, struct epoll_event __user *to)
{
	struct epoll_event e = { .events = events, .data = item->event.data };
	bool failed = copy_to_user(to, &e, sizeof(e));

	if (!failed && (item->event.events & EPOLLONESHOT))
		WRITE_ONCE(item->event.events, item->event.events & EP_PRIVATE_BITS);
	else if (failed || !(item->event.events & (u32)EPOLLET))
		requeue(item);		/* level-triggered: to be asked again */
	return failed ? -EFAULT : 1;
}

/* Number of events, 0: whatever was ready is not any more, or -EFAULT. */
static int send_events(struct eventpoll *ep, struct epoll_event __user *events, int max)
{
	LIST_HEAD(batch);
	struct epitem *item;
	int n = 0, ret = 0;

	mutex_lock(&ep->mtx);
	move_items(ep, &ep->ready, &batch);
	while (n < max && ret >= 0 && (item = next_ready(ep, &batch))) {
		unsigned int got = item_poll(item, false);

		if (!got)
			continue;
		ret = send_event(item, got, events + n);
		n += ret > 0;
	}
	move_items(ep, &batch, &ep->ready);
	mutex_unlock(&ep->mtx);
	/* Wake-ups are for one task each: what this one leaves is another's. */
	if (n && has_ready(ep) && waitqueue_active(&ep->wait))
		wake_up(&ep->wait);
	return n ? n : ret;
}

static int ep_wait(struct eventpoll *ep, struct epoll_event __user *events, int max, u64 deadline)
{
	DEFINE_WAIT(wait);
	int n;

	for (;;) {
		n = has_ready(ep) ? send_events(ep, events, max) : 0;
		if (n || deadline <= ktime_get())
			return n;
		if (signal_pending(current))
			return -EINTR;
		prepare_to_wait_exclusive(&ep->wait, &wait, TASK_INTERRUPTIBLE);
		if (!has_ready(ep) && !signal_pending(current))
			schedule_hrtimeout(deadline);
		finish_wait(&ep->wait, &wait);
	}
}

static unsigned int epoll_poll(struct file *f, struct poll_table *pt)
{
	struct eventpoll *ep = f->private_data;
	LIST_HEAD(batch);
	struct epitem *item;
	unsigned int mask = 0;

	poll_wait(f, &ep->poll_wait, pt);
	if (!has_ready(ep))
		return 0;
	guard(mutex)(&ep->mtx);
	move_items(ep, &ep->ready, &batch);
	while (!mask && (item = next_ready(ep, &batch))) {
		if (!item_poll(item, false))
			continue;
		mask = POLLIN | POLLRDNORM;
		put_back(item, &batch);
	}
	move_items(ep, &batch, &ep->ready);
	return mask;
}

/* --- the set --- */

/* epmutex held. */
static struct epitem *find_item(const struct eventpoll *ep, const struct file *f, int fd)
{
	struct epitem *item = f->f_ep;

	while (item && (item->ep != ep || item->fd != fd))
		item = item->file_next;
	return item;
}

/*
 * Off all queues first, so that no callback comes any more; then off the lists. epmutex held, mtx
 * not.
 */
static void remove_item(struct epitem *item)
{
	struct eventpoll *ep = item->ep;
	struct epitem **at = &item->file->f_ep;
	struct ep_wait *w;

	scoped_guard(mutex, &ep->mtx) {
		while ((w = item->waits)) {
			remove_wait_queue(w->wq, &w->entry);
			item->waits = w->next;
			kfree(w);
		}
		guard(spinlock_irqsave)(&ep->lock);
		list_del_init(&item->ready_link);
	}
	list_del(&item->set_link);
	while (*at != item)
		at = &(*at)->file_next;
	*at = item->file_next;
	kmem_cache_free(epitem_cache, item);
}

/* Would watching f, from a set nested depth deep, make a cycle through ep or go too deep? */
static bool too_deep(const struct eventpoll *ep, struct file *f, int depth)
{
	struct eventpoll *inner = f->private_data;
	struct epitem *item;

	if (!is_epoll(f))
		return false;
	if (inner == ep || depth > EP_MAX_NESTS)
		return true;
	list_for_each_entry(item, &inner->items, set_link)
		if (too_deep(ep, item->file, depth + 1))
			return true;
	return false;
}

/* How many sets watch ep, one above the other. Cycles there are none. epmutex held. */
static int watchers_above(const struct eventpoll *ep)
{
	int most = 0;

	for (struct epitem *item = ep->file->f_ep; item; item = item->file_next)
		most = max(most, 1 + watchers_above(item->ep));
	return most;
}

static int ep_insert(struct eventpoll *ep, const struct epoll_event *event, struct file *f, int fd)
{
	struct epitem *item;
	unsigned int ready;

	if (is_epoll(f) && too_deep(ep, f, watchers_above(ep) + 1))
		return -ELOOP;
	item = kmem_cache_zalloc(epitem_cache, GFP_KERNEL);
	if (!item)
		return -ENOMEM;
	*item = (struct epitem){ .ep = ep, .file = f, .fd = fd, .event = *event,
				 .file_next = f->f_ep };
	INIT_LIST_HEAD(&item->ready_link);
	f->f_ep = item;
	list_add(&item->set_link, &ep->items);
	scoped_guard(mutex, &ep->mtx)
		ready = item_poll(item, true);
	if (item->error) {
		remove_item(item);
		return -ENOMEM;
	}
	if (ready)
		make_ready(item);
	return 0;
}

static int ep_modify(struct eventpoll *ep, struct epitem *item, const struct epoll_event *event)
{
	unsigned int ready;

	scoped_guard(mutex, &ep->mtx) {
		item->event.data = event->data;
		/*
		 * Callbacks see the new events before the file is asked: a wake-up that the
		 * question misses is not filtered out.
		 */
		smp_store_mb(item->event.events, event->events);
		ready = item_poll(item, false);
	}
	if (ready)
		make_ready(item);
	return 0;
}

/* --- files --- */

void eventpoll_release(struct file *f)
{
	guard(mutex)(&epmutex);
	while (f->f_ep)
		remove_item(f->f_ep);
}

static void epoll_release(struct inode *inode, struct file *f)
{
	struct eventpoll *ep = f->private_data;

	scoped_guard(mutex, &epmutex)
		while (!list_empty(&ep->items))
			remove_item(list_first_entry(&ep->items, struct epitem, set_link));
	kfree(ep);
}

static const struct file_operations epoll_fops = {
	.poll = epoll_poll, .llseek = noop_llseek, .release = epoll_release,
};

SYSCALL_DEFINE(epoll_create1, int flags)
{
	struct eventpoll *ep;
	struct file *f;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	ep = kzalloc(sizeof(*ep), GFP_KERNEL);
	if (!ep)
		return -ENOMEM;
	mutex_init(&ep->mtx, "epoll_mtx");
	spin_lock_init(&ep->lock, "epoll_ready");
	init_waitqueue_head(&ep->wait, "ep_poll");
	init_waitqueue_head(&ep->poll_wait, "epoll_poll");
	INIT_LIST_HEAD(&ep->ready);
	INIT_LIST_HEAD(&ep->items);
	f = anon_inode_getfile("[eventpoll]", &epoll_fops, ep, O_RDWR);
	if (IS_ERR(f))
		kfree(ep);
	else
		ep->file = f;
	return fd_publish(f, flags);
}

SYSCALL_OLD(epoll_create, (int size), epoll_create1(size > 0 ? 0 : -1))

static int ep_ctl(struct file *epf, int op, struct file *f, int fd, struct epoll_event *event)
{
	struct eventpoll *ep = epf->private_data;
	struct epitem *item;

	if (!f->f_op->poll)
		return -EPERM;
	if (epf == f || !is_epoll(epf) || (event->events & EPOLLEXCLUSIVE))
		return -EINVAL;
	event->events |= POLLERR | POLLHUP;
	guard(mutex)(&epmutex);
	item = find_item(ep, f, fd);
	switch (op) {
	case EPOLL_CTL_ADD:
		return item ? -EEXIST : ep_insert(ep, event, f, fd);
	case EPOLL_CTL_MOD:
		return item ? ep_modify(ep, item, event) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (item)
			remove_item(item);
		return item ? 0 : -ENOENT;
	}
	return -EINVAL;
}

SYSCALL_DEFINE(epoll_ctl, int epfd, int op, int fd, struct epoll_event __user *uevent)
{
	struct epoll_event event = { 0, 0 };
	CLASS(fd, epf)(epfd);
	CLASS(fd, f)(fd);

	if (op != EPOLL_CTL_DEL && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	return epf.file && f.file ? ep_ctl(epf.file, op, f.file, fd, &event) : -EBADF;
}

SYSCALL_DEFINE(epoll_wait, int epfd, struct epoll_event __user *events, int max, int timeout_ms)
{
	CLASS(fd, f)(epfd);

	if (max <= 0 || max > EP_MAX_EVENTS)
		return -EINVAL;
	if (!access_ok(events, max * sizeof(*events)))
		return -EFAULT;
	if (!f.file || !is_epoll(f.file))
		return f.file ? -EINVAL : -EBADF;
	return ep_wait(f.file->private_data, events, max, ms_deadline(timeout_ms));
}

SYSCALL_DEFINE(epoll_pwait, int epfd, struct epoll_event __user *events, int max, int timeout_ms,
	       const sigset_t __user *mask, size_t size)
{
	long ret = set_user_sigmask(mask, size);

	if (ret)
		return ret;
	ret = sys_epoll_wait(epfd, events, max, timeout_ms);
	restore_saved_sigmask_unless(ret == -EINTR);
	return ret;
}
