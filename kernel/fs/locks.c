/*
 * Advisory locks: POSIX byte ranges (fcntl; they belong to a process, that is to its descriptor
 * table) and flock (belonging to an open file). Both stand in one list per inode, told apart by
 * their owner's kind; they do not see each other, as on Linux.
 *
 * A waiter sleeps on one queue for all files and tries again whenever any lock was given up:
 * simple, and waiting for file locks is rare. A cycle of waiters is not detected (Linux: EDEADLK);
 * a signal ends it.
 *
 * Locks: file_lock_lock, a spinlock, for all lists. Memory is taken before it.
 */
#include "kernel/fs/internal.h"

struct file_lock {
	struct list_head list;		/* file_lock_lock: in inode->i_flock */
	struct list_head all;		/* file_lock_lock: in all_locks */
	struct inode *inode;		/* alive: its open file keeps it, and its lock goes first */
	void *owner;			/* files_struct, or file for flock */
	bool flock, write, unlock;	/* unlock: only asks */
	loff_t start, end;		/* inclusive */
	pid_t pid;
};

#define OFFSET_MAX ((loff_t)(~0UL / 2))

static DEFINE_SPINLOCK(file_lock_lock);
static DECLARE_WAIT_QUEUE_HEAD(file_lock_wait);
static LIST_HEAD(all_locks);	/* (file_lock_lock) oldest first */

static bool overlap(const struct file_lock *a, const struct file_lock *b)
{
	return a->flock == b->flock && a->start <= b->end && b->start <= a->end;
}

/* The lock that keeps want from being had, or NULL. file_lock_lock held. */
static struct file_lock *find_conflict(struct inode *inode, const struct file_lock *want)
{
	struct file_lock *l;

	list_for_each_entry(l, &inode->i_flock, list)
		if (l->owner != want->owner && overlap(l, want) && (l->write || want->write))
			return l;
	return NULL;
}

/*
 * Cuts want's range out of its owner's locks. One lock may fall in two: *spare is used up for the
 * second half. file_lock_lock held.
 */
static void cut_range(struct inode *inode, const struct file_lock *want, struct file_lock **spare)
{
	struct file_lock *l, *n;

	list_for_each_entry_safe(l, n, &inode->i_flock, list) {
		if (l->owner != want->owner || !overlap(l, want))
			continue;
		if (l->start < want->start && l->end > want->end) {
			**spare = *l;
			(*spare)->start = want->end + 1;
			list_add(&(*spare)->list, &l->list);
			list_add(&(*spare)->all, &l->all);
			l->end = want->start - 1;
			*spare = NULL;
		} else if (l->start < want->start) {
			l->end = want->start - 1;
		} else if (l->end > want->end) {
			l->start = want->end + 1;
		} else {
			list_del(&l->list);
			list_del(&l->all);
			kfree(l);
		}
	}
}

/* *new and *spare are used up where needed. 0 or -EAGAIN. */
static int try_lock(struct inode *inode, const struct file_lock *want, struct file_lock **new,
		    struct file_lock **spare)
{
	guard(spinlock)(&file_lock_lock);
	if (!want->unlock && find_conflict(inode, want))
		return -EAGAIN;
	cut_range(inode, want, spare);
	if (!want->unlock) {
		**new = *want;
		(*new)->inode = inode;
		list_add_tail(&(*new)->list, &inode->i_flock);
		list_add_tail(&(*new)->all, &all_locks);
		*new = NULL;
	}
	return 0;
}

static long set_lock(struct inode *inode, const struct file_lock *want, bool wait)
{
	struct file_lock *new __free(kfree) = kmalloc(sizeof(*new), GFP_KERNEL);
	struct file_lock *spare __free(kfree) = kmalloc(sizeof(*spare), GFP_KERNEL);
	long err, woken = 0;

	if (!new || !spare)
		return -ENOLCK;
	err = try_lock(inode, want, &new, &spare);
	if (err && wait)
		woken = wait_event_interruptible(&file_lock_wait,
						 !(err = try_lock(inode, want, &new, &spare)));
	if (!err)
		wake_up_all(&file_lock_wait);	/* unlocked, or turned from writing to reading */
	return err && woken ? woken : err;
}

/* --- flock --- */

long do_flock(struct file *f, int op)
{
	int what = op & ~LOCK_NB;
	struct file_lock want = { .owner = f, .pid = current->tgid, .flock = true,
				  .write = what == LOCK_EX, .unlock = what == LOCK_UN,
				  .end = OFFSET_MAX };

	if (what != LOCK_SH && what != LOCK_EX && what != LOCK_UN)
		return -EINVAL;
	return set_lock(f->f_inode, &want, !(op & LOCK_NB));
}

/* --- fcntl --- */

static int range_from_user(struct file *f, const struct flock *fl, struct file_lock *lock)
{
	loff_t start = fl->l_start;

	if (fl->l_whence == SEEK_CUR)
		start += f->f_pos;
	else if (fl->l_whence == SEEK_END)
		start += READ_ONCE(f->f_inode->i_size);
	else if (fl->l_whence != SEEK_SET)
		return -EINVAL;
	*lock = (struct file_lock){
		.owner = current->files, .pid = current->tgid, .write = fl->l_type == F_WRLCK,
		.unlock = fl->l_type == F_UNLCK, .start = start, .end = OFFSET_MAX,
	};
	if (fl->l_len > 0) {
		if (start > OFFSET_MAX - fl->l_len + 1)
			return -EOVERFLOW;
		lock->end = start + fl->l_len - 1;
	} else if (fl->l_len < 0) {
		lock->end = start - 1;
		lock->start = start + fl->l_len;
	}
	return lock->start < 0 ? -EINVAL : 0;
}

long fcntl_getlk(struct file *f, struct flock *fl)
{
	struct file_lock want, *l;
	long err = -EINVAL;

	if (fl->l_type == F_RDLCK || fl->l_type == F_WRLCK)
		err = range_from_user(f, fl, &want);
	if (err)
		return err;
	fl->l_type = F_UNLCK;
	guard(spinlock)(&file_lock_lock);
	l = find_conflict(f->f_inode, &want);
	if (l)
		*fl = (struct flock){
			.l_type = l->write ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET,
			.l_start = l->start, .l_pid = l->pid,
			.l_len = l->end == OFFSET_MAX ? 0 : l->end - l->start + 1,
		};
	return 0;
}

long fcntl_setlk(struct file *f, int cmd, struct flock *fl)
{
	struct file_lock want;
	long err = range_from_user(f, fl, &want);

	if (err)
		return err;
	if (fl->l_type != F_UNLCK && fl->l_type != F_RDLCK && fl->l_type != F_WRLCK)
		return -EINVAL;
	if (!want.unlock && !(f->f_mode & (want.write ? FMODE_WRITE : FMODE_READ)))
		return -EBADF;
	return set_lock(f->f_inode, &want, cmd == F_SETLKW);
}

/* --- the end --- */

void locks_remove(struct file *f, void *owner)
{
	struct file_lock all = { .owner = owner, .flock = owner == f, .end = OFFSET_MAX };

	scoped_guard(spinlock, &file_lock_lock)
		cut_range(f->f_inode, &all, NULL);
	wake_up_all(&file_lock_wait);
}

void show_file_locks(struct seq_file *m)
{
	struct file_lock *l;
	int nr = 0;

	guard(spinlock)(&file_lock_lock);
	list_for_each_entry(l, &all_locks, all) {
		dev_t dev = l->inode->i_sb->s_dev;

		seq_printf(m, "%d: %s  ADVISORY  %s %d %02x:%02x:%lu %lu ", ++nr,
			   l->flock ? "FLOCK" : "POSIX", l->write ? "WRITE" : "READ", l->pid,
			   major(dev), minor(dev), l->inode->i_ino, l->start);
		if (l->end == OFFSET_MAX)
			seq_puts(m, "EOF\n");
		else
			seq_printf(m, "%lu\n", l->end);
	}
}
