/*
 * Advisory locks: POSIX byte ranges (fcntl; they belong to a process, that is to its descriptor table) and flock (belonging to an open
 * file). Both stand in one list per inode, told apart by their owner's kind; they do not see each other, as on Linux.
 *
 * A waiter sleeps on one queue for all files and tries again whenever any lock was given up: simple, and waiting for file locks is rare.
 * A cycle of waiters is not detected (Linux: EDEADLK); a signal ends it.
 *
 * Locks: file_lock_lock, a spinlock, for all lists. Memory is taken before it.
 */
#include "kernel/fs/internal.h"

struct file_lock {
	struct list_head list;		/* file_lock_lock: in inode->i_flock */
	void *owner;			/* files_struct, or file for flock */
	bool flock, write;
	loff_t start, end;		/* inclusive */
	pid_t pid;
};

#define OFFSET_MAX ((loff_t)(~0UL / 2))

static DEFINE_SPINLOCK(file_lock_lock);
static DECLARE_WAIT_QUEUE_HEAD(file_lock_wait);

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
 * Cuts want's range out of its owner's locks. One lock may fall in two: spare is used for the second half and NULL returned for it.
 * file_lock_lock held.
 */
static struct file_lock *cut_range(struct inode *inode, const struct file_lock *want, struct file_lock *spare)
{
	struct file_lock *l, *n;

	list_for_each_entry_safe(l, n, &inode->i_flock, list) {
		if (l->owner != want->owner || !overlap(l, want))
			continue;
		if (l->start < want->start && l->end > want->end && spare) {
			*spare = *l;
			spare->start = want->end + 1;
			list_add(&spare->list, &l->list);
			l->end = want->start - 1;
			spare = NULL;
		} else if (l->start < want->start) {
			l->end = want->start - 1;
		} else if (l->end > want->end) {
			l->start = want->end + 1;
		} else {
			list_del(&l->list);
			kfree(l);
		}
	}
	return spare;
}

/* Sets or (unlock) clears; *new and *spare are used up where needed. 0 or -EAGAIN. */
static int try_lock(struct inode *inode, struct file_lock *want, bool unlock, struct file_lock **new, struct file_lock **spare)
{
	int err = 0;

	spin_lock(&file_lock_lock);
	if (!unlock && find_conflict(inode, want)) {
		err = -EAGAIN;
	} else {
		*spare = cut_range(inode, want, *spare);
		if (!unlock) {
			**new = *want;
			list_add_tail(&(*new)->list, &inode->i_flock);
			*new = NULL;
		}
	}
	spin_unlock(&file_lock_lock);
	return err;
}

static long set_lock(struct inode *inode, struct file_lock *want, bool unlock, bool wait)
{
	struct file_lock *new = kmalloc(sizeof(*new), GFP_KERNEL), *spare = kmalloc(sizeof(*spare), GFP_KERNEL);
	long err = -ENOLCK, woken;

	if (!new || !spare)
		goto out;
	err = try_lock(inode, want, unlock, &new, &spare);
	if (err == -EAGAIN && wait) {
		woken = wait_event_interruptible(&file_lock_wait, (err = try_lock(inode, want, unlock, &new, &spare)) != -EAGAIN);
		err = woken ? woken : err;
	}
	if (!err)
		wake_up_all(&file_lock_wait);	/* unlocked, or turned from writing to reading */
out:
	kfree(new);
	kfree(spare);
	return err;
}

/* --- flock --- */

long do_flock(struct file *f, int op)
{
	struct file_lock want = { .owner = f, .flock = true, .write = (op & ~LOCK_NB) == LOCK_EX, .end = OFFSET_MAX };

	switch (op & ~LOCK_NB) {
	case LOCK_SH:
	case LOCK_EX:
	case LOCK_UN:
		return set_lock(f->f_inode, &want, op & LOCK_UN, !(op & LOCK_NB));
	default:
		return -EINVAL;
	}
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
	*lock = (struct file_lock){ .owner = current->files, .write = fl->l_type == F_WRLCK, .start = start, .end = OFFSET_MAX,
				    .pid = current->tgid };
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
	long err = fl->l_type == F_RDLCK || fl->l_type == F_WRLCK ? range_from_user(f, fl, &want) : -EINVAL;

	if (err)
		return err;
	fl->l_type = F_UNLCK;
	spin_lock(&file_lock_lock);
	l = find_conflict(f->f_inode, &want);
	if (l)
		*fl = (struct flock){ .l_type = l->write ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET, .l_start = l->start,
				      .l_len = l->end == OFFSET_MAX ? 0 : l->end - l->start + 1, .l_pid = l->pid };
	spin_unlock(&file_lock_lock);
	return 0;
}

long fcntl_setlk(struct file *f, int cmd, struct flock *fl)
{
	struct file_lock want;
	long err = range_from_user(f, fl, &want);

	if (err)
		return err;
	switch (fl->l_type) {
	case F_RDLCK:
		err = f->f_mode & FMODE_READ ? 0 : -EBADF;
		break;
	case F_WRLCK:
		err = f->f_mode & FMODE_WRITE ? 0 : -EBADF;
		break;
	case F_UNLCK:
		break;
	default:
		err = -EINVAL;
	}
	return err ? err : set_lock(f->f_inode, &want, fl->l_type == F_UNLCK, cmd == F_SETLKW);
}

/* --- the end --- */

static void remove_owned(struct inode *inode, void *owner, bool flock)
{
	struct file_lock all = { .owner = owner, .flock = flock, .end = OFFSET_MAX };

	spin_lock(&file_lock_lock);
	cut_range(inode, &all, NULL);
	spin_unlock(&file_lock_lock);
	wake_up_all(&file_lock_wait);
}

void locks_remove_posix(struct file *f, struct files_struct *owner)
{
	remove_owned(f->f_inode, owner, false);
}

void locks_remove_flock(struct file *f)
{
	remove_owned(f->f_inode, f, true);
}
