/*
 * epoll: a set of files that is polled without asking each of them. Every watched file (an epitem) stands, by a callback, on the wait queues of
 * that file; a wake-up puts the epitem on the set's ready list. epoll_wait asks only the files on that list, and leaves those on it that are
 * level-triggered and still ready.
 *
 * Why no event is lost: an epitem leaves the ready list before its file is asked. A wake-up before that finds it on the list and need do nothing
 * (the file is yet to be asked); one after it puts it back.
 *
 * An epitem holds no reference to its file: the last fput() calls eventpoll_release() first, which takes the file out of all sets. While ep->mtx
 * is held, the files of the set's epitems therefore exist.
 *
 * Locks: epmutex (all changes of who watches what: epoll_ctl, both releases) > ep->mtx (sleeping: the set, and asking) > a watched queue's lock >
 * ep->lock (spinning, interrupts off: the ready list). A set may be watched by another: then the outer mtx is held while the inner is taken; no
 * cycle, since epoll_ctl refuses those.
 */
#include "asm/processor.h"
#include "kernel/fs/special.h"
#include "kernel/syscalls.h"

#define EP_MAX_NESTS 4
#define EP_MAX_EVENTS ((int)(0x7fffffff / sizeof(struct epoll_event)))
#define EP_PRIVATE_BITS ((u32)EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define EP_EXCLUSIVE_OK ((u32)EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

/* (e) epmutex, (m) ep->mtx, (l) ep->lock */
struct eventpoll {
	struct mutex mtx;
	spinlock_t lock;
	struct wait_queue_head wait;		/* tasks in epoll_wait */
	struct wait_queue_head poll_wait;	/* those who poll the set itself */
	struct list_head ready;			/* (l) epitem.ready_link */
	struct rb_root items;			/* (e, m) by file and descriptor */
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
	struct rb_node node;			/* (e, m) */
	struct list_head ready_link;		/* (l) empty: not on the ready list */
	struct hlist_node file_link;		/* (e) in the file's f_ep */
	struct eventpoll *ep;			/* (c) */
	struct file *file;			/* (c) */
	int fd;					/* (c) */
	struct ep_wait *waits;			/* (c) after insertion */
	struct epoll_event event;		/* (m, l) */
	int error;				/* -ENOMEM while joining queues */
	struct poll_table pt;			/* (m) */
};

static DEFINE_MUTEX(epmutex);
static struct kmem_cache *epitem_cache;
static const struct file_operations epoll_fops;

static bool is_epoll(const struct file *f)
{
	return f->f_op == &epoll_fops;
}

/* --- being woken --- */

static void wake_set(struct eventpoll *ep)
{
	if (waitqueue_active(&ep->wait))
		wake_up(&ep->wait);
	if (waitqueue_active(&ep->poll_wait))
		__wake_up(&ep->poll_wait, TASK_NORMAL, 0, POLLIN | POLLRDNORM);
}

/* Puts the item on the ready list. Any context. */
static void make_ready(struct epitem *item)
{
	struct eventpoll *ep = item->ep;
	unsigned long flags;

	spin_lock_irqsave(&ep->lock, flags);
	if (list_empty(&item->ready_link))
		list_add_tail(&item->ready_link, &ep->ready);
	spin_unlock_irqrestore(&ep->lock, flags);
	wake_set(ep);
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
	w->item = item;
	w->wq = wq;
	w->entry = (struct wait_queue_entry){ .func = ep_poll_callback };
	INIT_LIST_HEAD(&w->entry.entry);
	w->next = item->waits;
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
	unsigned long flags;
	bool ready;

	spin_lock_irqsave(&ep->lock, flags);
	ready = !list_empty(&ep->ready);
	spin_unlock_irqrestore(&ep->lock, flags);
	return ready;
}

/* The next of the items that were ready when the scan began, off its list; NULL: none is left. */
static struct epitem *next_ready(struct eventpoll *ep, struct list_head *batch)
{
	struct epitem *item;
	unsigned long flags;

	spin_lock_irqsave(&ep->lock, flags);
	item = list_first_entry_or_null(batch, struct epitem, ready_link);
	if (item)
		list_del_init(&item->ready_link);
	spin_unlock_irqrestore(&ep->lock, flags);
	return item;
}

/* Moves all of from, a list of items, to the end (or front) of to. */
static void move_items(struct eventpoll *ep, struct list_head *from, struct list_head *to)
{
	unsigned long flags;

	spin_lock_irqsave(&ep->lock, flags);
	list_splice_init(from, to);
	spin_unlock_irqrestore(&ep->lock, flags);
}

static void requeue(struct epitem *item)
{
	unsigned long flags;

	spin_lock_irqsave(&item->ep->lock, flags);
	if (list_empty(&item->ready_link))
		list_add_tail(&item->ready_link, &item->ep->ready);
	spin_unlock_irqrestore(&item->ep->lock, flags);
}

/* One event to the user. 1, or -EFAULT: the event stays ready. */
static int send_event(struct epitem *item, unsigned int events, struct epoll_event __user *to)
{
	struct epoll_event e = { .events = events, .data = item->event.data };

	if (copy_to_user(to, &e, sizeof(e))) {
		requeue(item);
		return -EFAULT;
	}
	if (item->event.events & EPOLLONESHOT)
		WRITE_ONCE(item->event.events, item->event.events & EP_PRIVATE_BITS);
	else if (!(item->event.events & (u32)EPOLLET))
		requeue(item);		/* level-triggered: to be asked again */
	return 1;
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
	mutex_lock(&ep->mtx);
	move_items(ep, &ep->ready, &batch);
	while (!mask && (item = next_ready(ep, &batch))) {
		if (!item_poll(item, false))
			continue;
		mask = POLLIN | POLLRDNORM;
		requeue(item);
	}
	move_items(ep, &batch, &ep->ready);
	mutex_unlock(&ep->mtx);
	return mask;
}

/* --- the set --- */

static long item_order(const struct epitem *item, const struct file *f, int fd)
{
	return item->file != f ? (item->file < f ? -1 : 1) : item->fd - fd;
}

static struct epitem *find_item(struct eventpoll *ep, const struct file *f, int fd)
{
	struct rb_node *n = ep->items.rb_node;

	while (n) {
		struct epitem *item = rb_entry(n, struct epitem, node);
		long order = item_order(item, f, fd);

		if (!order)
			return item;
		n = order > 0 ? n->rb_left : n->rb_right;
	}
	return NULL;
}

static void insert_item(struct eventpoll *ep, struct epitem *item)
{
	struct rb_node **link = &ep->items.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item_order(rb_entry(parent, struct epitem, node), item->file, item->fd) > 0 ?
		       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&item->node, parent, link);
	rb_insert_color(&item->node, &ep->items);
}

/* Off all queues first, so that no callback comes any more; then off the lists. epmutex held, mtx not. */
static void remove_item(struct epitem *item)
{
	struct eventpoll *ep = item->ep;
	unsigned long flags;

	mutex_lock(&ep->mtx);
	while (item->waits) {
		struct ep_wait *w = item->waits;

		remove_wait_queue(w->wq, &w->entry);
		item->waits = w->next;
		kfree(w);
	}
	spin_lock_irqsave(&ep->lock, flags);
	list_del_init(&item->ready_link);
	spin_unlock_irqrestore(&ep->lock, flags);
	rb_erase(&item->node, &ep->items);
	mutex_unlock(&ep->mtx);
	hlist_del(&item->file_link);
	if (hlist_empty(item->file->f_ep)) {
		kfree(item->file->f_ep);
		item->file->f_ep = NULL;
	}
	kmem_cache_free(epitem_cache, item);
}

/* Would watching f, from a set that is itself nested depth deep, make a cycle through ep or go too deep? epmutex held. */
static bool too_deep(const struct eventpoll *ep, struct file *f, int depth)
{
	struct eventpoll *inner = f->private_data;
	struct rb_node *n;

	if (!is_epoll(f))
		return false;
	if (inner == ep || depth > EP_MAX_NESTS)
		return true;
	for (n = rb_first(&inner->items); n; n = rb_next(n))
		if (too_deep(ep, rb_entry(n, struct epitem, node)->file, depth + 1))
			return true;
	return false;
}

/* How many sets watch ep, one above the other. Cycles there are none. epmutex held. */
static int watchers_above(const struct eventpoll *ep)
{
	struct hlist_head *head = ep->file->f_ep;
	struct epitem *item;
	int most = 0;

	if (head)
		hlist_for_each_entry(item, head, file_link)
			most = max(most, 1 + watchers_above(item->ep));
	return most;
}

/* Links the item to its file. */
static int attach_to_file(struct epitem *item)
{
	struct hlist_head *head = item->file->f_ep;

	if (!head) {
		head = kzalloc(sizeof(*head), GFP_KERNEL);
		if (!head)
			return -ENOMEM;
		item->file->f_ep = head;
	}
	hlist_add_head(&item->file_link, head);
	return 0;
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
	INIT_LIST_HEAD(&item->ready_link);
	item->ep = ep;
	item->file = f;
	item->fd = fd;
	item->event = *event;
	if (attach_to_file(item)) {
		kmem_cache_free(epitem_cache, item);
		return -ENOMEM;
	}
	mutex_lock(&ep->mtx);
	insert_item(ep, item);
	ready = item_poll(item, true);
	mutex_unlock(&ep->mtx);
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

	if (item->event.events & EPOLLEXCLUSIVE)
		return -EINVAL;
	mutex_lock(&ep->mtx);
	item->event.data = event->data;
	/* Callbacks see the new events before the file is asked: a wake-up that the question misses is not filtered out. */
	__atomic_store_n(&item->event.events, event->events, __ATOMIC_SEQ_CST);
	ready = item_poll(item, false);
	mutex_unlock(&ep->mtx);
	if (ready)
		make_ready(item);
	return 0;
}

/* --- files --- */

void eventpoll_release(struct file *f)
{
	mutex_lock(&epmutex);
	while (f->f_ep)
		remove_item(hlist_entry(((struct hlist_head *)f->f_ep)->first, struct epitem, file_link));
	mutex_unlock(&epmutex);
}

static void epoll_release(struct inode *inode, struct file *f)
{
	struct eventpoll *ep = f->private_data;
	struct rb_node *n;

	mutex_lock(&epmutex);
	while ((n = rb_first(&ep->items)))
		remove_item(rb_entry(n, struct epitem, node));
	mutex_unlock(&epmutex);
	kfree(ep);
}

static const struct file_operations epoll_fops = { .poll = epoll_poll, .release = epoll_release };

long sys_epoll_create1(int flags)
{
	struct eventpoll *ep;
	struct file *f;
	int fd;

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
	f = anon_inode_getfile("[eventpoll]", &epoll_fops, ep, O_RDWR);
	if (IS_ERR(f)) {
		kfree(ep);
		return PTR_ERR(f);
	}
	ep->file = f;
	fd = get_unused_fd_flags(flags);
	if (fd < 0)
		fput(f);
	else
		fd_install(fd, f);
	return fd;
}

long sys_epoll_create(int size)
{
	return size <= 0 ? -EINVAL : sys_epoll_create1(0);
}

static int ep_ctl(struct file *epf, int op, struct file *f, int fd, struct epoll_event *event)
{
	struct eventpoll *ep = epf->private_data;
	struct epitem *item;

	if (!f->f_op->poll)
		return -EPERM;
	if (epf == f || !is_epoll(epf))
		return -EINVAL;
	if (op != EPOLL_CTL_DEL && (event->events & EPOLLEXCLUSIVE) &&
	    (op == EPOLL_CTL_MOD || is_epoll(f) || (event->events & ~EP_EXCLUSIVE_OK)))
		return -EINVAL;
	event->events |= POLLERR | POLLHUP;
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

long sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event __user *uevent)
{
	struct epoll_event event = { 0, 0 };
	struct fd epf, f;
	int ret = -EBADF;

	if (op != EPOLL_CTL_DEL && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	epf = fdget(epfd);
	f = fdget(fd);
	if (epf.file && f.file) {
		mutex_lock(&epmutex);
		ret = ep_ctl(epf.file, op, f.file, fd, &event);
		mutex_unlock(&epmutex);
	}
	fdput(f);
	fdput(epf);
	return ret;
}

static long do_epoll_wait(int epfd, struct epoll_event __user *events, int max, u64 deadline)
{
	struct fd f;
	long ret = -EINVAL;

	if (max <= 0 || max > EP_MAX_EVENTS)
		return -EINVAL;
	if (!access_ok(events, max * sizeof(*events)))
		return -EFAULT;
	f = fdget(epfd);
	if (!f.file)
		ret = -EBADF;
	else if (is_epoll(f.file))
		ret = ep_wait(f.file->private_data, events, max, deadline);
	fdput(f);
	return ret;
}

static u64 ms_deadline(int ms)
{
	return ms < 0 ? UINT64_MAX : ms ? ktime_get() + (u64)ms * NSEC_PER_MSEC : 0;
}

long sys_epoll_wait(int epfd, struct epoll_event __user *events, int maxevents, int timeout_ms)
{
	return do_epoll_wait(epfd, events, maxevents, ms_deadline(timeout_ms));
}

static long epoll_pwait(int epfd, struct epoll_event __user *events, int max, u64 deadline, const sigset_t __user *mask, size_t size)
{
	long ret = set_user_sigmask(mask, size);

	if (ret)
		return ret;
	ret = do_epoll_wait(epfd, events, max, deadline);
	restore_saved_sigmask_unless(ret == -EINTR);
	return ret;
}

long sys_epoll_pwait(int epfd, struct epoll_event __user *events, int maxevents, int timeout_ms, const sigset_t __user *mask, size_t size)
{
	return epoll_pwait(epfd, events, maxevents, ms_deadline(timeout_ms), mask, size);
}

long sys_epoll_pwait2(int epfd, struct epoll_event __user *events, int maxevents, const struct timespec __user *uts,
		      const sigset_t __user *mask, size_t size)
{
	u64 deadline = UINT64_MAX;
	struct timespec ts;

	if (uts) {
		if (copy_from_user(&ts, uts, sizeof(ts)))
			return -EFAULT;
		if (!timespec_valid(&ts))
			return -EINVAL;
		deadline = ktime_get() + timespec_to_ns(&ts);
	}
	return epoll_pwait(epfd, events, maxevents, deadline, mask, size);
}

void epoll_init(void)
{
	epitem_cache = kmem_cache_create("eventpoll_epi", sizeof(struct epitem), 0);
}
