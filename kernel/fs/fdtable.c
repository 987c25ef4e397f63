/*
 * Descriptor tables (files_struct) and what else of the file system a task has: root, working
 * directory, umask (fs_struct). Threads share both by reference; fork copies them.
 *
 * Locks: file_lock for every change of a table, and for reading one that is shared; fs->lock;
 * alloc_lock of a task to reach its tables from outside. Nothing sleeps under them: what a closed
 * descriptor lets go of is let go of afterwards.
 */
#include "kernel/fs/internal.h"

struct files_struct init_files = {
	.count = { ATOMIC_INIT(1) }, .file_lock = SPINLOCK_INIT("file_lock"),
	.max_fds = NR_OPEN_DEFAULT, .fd = init_files.fd_array, .open_fds = &init_files.open_init,
	.close_on_exec = &init_files.cloexec_init,
};
struct fs_struct init_fs = { .users = { ATOMIC_INIT(1) },
			     .lock = SPINLOCK_INIT("fs_lock"),
			     .umask = 022 };

DEFINE_KMEM_CACHE(files_cache, "files_struct", struct files_struct, 8);
DEFINE_KMEM_CACHE(fs_cache, "fs_struct", struct fs_struct, 8);

/* --- lookup --- */

struct file *files_get_file(struct files_struct *files, unsigned int fd)
{
	guard(spinlock)(&files->file_lock);
	return fd < files->max_fds && files->fd[fd] ? get_file(files->fd[fd]) : NULL;
}

struct fd __fdget_shared(unsigned int fd, unsigned int refuse)
{
	struct file *f = files_get_file(current->files, fd);

	if (f && (f->f_mode & refuse)) {
		fput(f);
		f = NULL;
	}
	return (struct fd){ f, f ? FDPUT : 0 };
}

struct file *fget(unsigned int fd)
{
	struct fd f = fdget(fd);

	if (f.file && !(f.flags & FDPUT))
		get_file(f.file);
	return f.file;
}

/* --- growing and changing --- */

/* One block for all three arrays, pointers first. */
static struct file **alloc_fd_arrays(unsigned int n)
{
	return kzalloc(n * sizeof(struct file *) + n / 4, GFP_KERNEL);
}

static void free_fd_arrays(struct files_struct *files, struct file **fd)
{
	if (fd != files->fd_array)
		kfree(fd);
}

/*
 * Moves the table's contents into arrays of n slots. file_lock held, or the table not visible yet.
 */
static void set_fd_arrays(struct files_struct *files, struct file **fd, unsigned int n)
{
	unsigned long *maps = (unsigned long *)(fd + n);
	unsigned int old = files->max_fds;

	memcpy(fd, files->fd, old * sizeof(*fd));
	memcpy(maps, files->open_fds, old / 8);
	memcpy(maps + BITS_TO_LONGS(n), files->close_on_exec, old / 8);
	files->fd = fd;
	files->open_fds = maps;
	files->close_on_exec = maps + BITS_TO_LONGS(n);
	files->max_fds = n;
}

/*
 * Makes room for descriptor fd. file_lock held, dropped and taken again: the table may have
 * changed. 0, -EMFILE, -ENOMEM.
 */
static int expand_files(struct files_struct *files, unsigned int fd)
{
	unsigned int n = roundup_pow_of_two(max_t(unsigned int, fd + 1, NR_OPEN_DEFAULT * 2));
	struct file **new, **old;

	if (fd >= NR_OPEN_MAX)
		return -EMFILE;
	spin_unlock(&files->file_lock);
	new = alloc_fd_arrays(n);
	spin_lock(&files->file_lock);
	if (!new)
		return -ENOMEM;
	old = new;
	if (files->max_fds < n) {
		old = files->fd;
		set_fd_arrays(files, new, n);
	}
	spin_unlock(&files->file_lock);
	free_fd_arrays(files, old);
	spin_lock(&files->file_lock);
	return 0;
}

static void set_fd_bits(struct files_struct *files, unsigned int fd, unsigned int flags)
{
	__set_bit(fd, files->open_fds);
	if (flags & O_CLOEXEC)
		__set_bit(fd, files->close_on_exec);
	else
		__clear_bit(fd, files->close_on_exec);
}

static unsigned long fd_limit(void)
{
	return min_t(unsigned long, current->signal->rlim[RLIMIT_NOFILE].rlim_cur, NR_OPEN_MAX);
}

int get_unused_fd_from(unsigned int start, unsigned int flags)
{
	struct files_struct *files = current->files;
	unsigned long fd;
	int err;

	spin_lock(&files->file_lock);
	for (;;) {
		fd = max(start, files->next_fd);
		if (fd < files->max_fds)
			fd = find_next_zero_bit(files->open_fds, files->max_fds, fd);
		err = -EMFILE;
		if (fd >= fd_limit())
			goto out;
		if (fd < files->max_fds)
			break;
		err = expand_files(files, fd);
		if (err)
			goto out;
	}
	set_fd_bits(files, fd, flags);
	if (start <= files->next_fd)
		files->next_fd = fd + 1;
	err = fd;
out:
	spin_unlock(&files->file_lock);
	return err;
}

/* file_lock held. */
static void __put_unused_fd(struct files_struct *files, unsigned int fd)
{
	__clear_bit(fd, files->open_fds);
	files->next_fd = min(files->next_fd, fd);
}

void put_unused_fd(unsigned int fd)
{
	guard(spinlock)(&current->files->file_lock);
	__put_unused_fd(current->files, fd);
}

void fd_install(unsigned int fd, struct file *f)
{
	guard(spinlock)(&current->files->file_lock);
	current->files->fd[fd] = f;
}

/* --- closing --- */

/* What close(2) does with the file once its descriptor is gone. */
static void filp_close(struct file *f, struct files_struct *owner)
{
	if (unlikely(!list_empty(&f->f_inode->i_flock)))
		locks_remove(f, owner);
	fput(f);
}

/*
 * Takes the file out of its slot; file_lock held. A slot that is only reserved is left to who
 * reserved it.
 */
static struct file *take_fd(struct files_struct *files, unsigned int fd)
{
	struct file *f = fd < files->max_fds ? files->fd[fd] : NULL;

	if (f) {
		files->fd[fd] = NULL;
		__put_unused_fd(files, fd);
	}
	return f;
}

static int close_in(struct files_struct *files, unsigned int fd)
{
	struct file *f;

	scoped_guard(spinlock, &files->file_lock)
		f = take_fd(files, fd);
	if (!f)
		return -EBADF;
	filp_close(f, files);
	return 0;
}

int close_fd(unsigned int fd)
{
	return close_in(current->files, fd);
}

void do_close_on_exec(struct files_struct *files)
{
	unsigned long fd;

	for_each_set_bit(fd, files->close_on_exec, files->max_fds)
		if (test_bit(fd, files->open_fds))
			close_in(files, fd);
}

SYSCALL_DEFINE(close, unsigned int fd)
{
	return close_fd(fd);
}

/* A table of its own for current, which shared one. */
static int unshare_files(void)
{
	struct files_struct *old = current->files, *new;

	if (refcount_read(&old->count) == 1)
		return 0;
	new = dup_fd(old);
	if (!new)
		return -ENOMEM;
	scoped_guard(spinlock_irq, &current->alloc_lock)
		current->files = new;
	put_files_struct(old);
	return 0;
}

SYSCALL_DEFINE(close_range, unsigned int first, unsigned int last, unsigned int flags)
{
	struct files_struct *files;
	int err;

	if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) || first > last)
		return -EINVAL;
	err = flags & CLOSE_RANGE_UNSHARE ? unshare_files() : 0;
	if (err)
		return err;
	files = current->files;
	last = min_t(unsigned int, last, READ_ONCE(files->max_fds) - 1);
	for (unsigned int fd = first; fd <= last; fd++) {
		if (!(flags & CLOSE_RANGE_CLOEXEC)) {
			close_in(files, fd);
			continue;
		}
		guard(spinlock)(&files->file_lock);
		__set_bit(fd, files->close_on_exec);
	}
	return 0;
}

/* --- the table as a whole --- */

/* Slots worth copying, a multiple of 64. file_lock held. */
static unsigned int used_slots(const struct files_struct *files)
{
	unsigned int words = files->max_fds / BITS_PER_LONG;

	while (words > 1 && !files->open_fds[words - 1])
		words--;
	return words * BITS_PER_LONG;
}

/* The open files of one word of the bitmap. old's file_lock held. */
static void copy_fd_word(struct files_struct *files, struct files_struct *old, unsigned int word)
{
	struct file **to = files->fd + word * BITS_PER_LONG,
		    **from = old->fd + word * BITS_PER_LONG;
	unsigned long copied = 0;

	for (unsigned long left = old->open_fds[word]; left; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctzl(left);

		if (from[i]) {		/* else another thread is just opening it */
			to[i] = get_file(from[i]);
			copied |= left & -left;
		}
	}
	files->open_fds[word] = copied;
}

struct files_struct *dup_fd(struct files_struct *old)
{
	struct files_struct *files = kmem_cache_alloc(files_cache, GFP_KERNEL);
	struct file **big = NULL;
	unsigned int n, have = NR_OPEN_DEFAULT;

	if (!files)
		return NULL;
	memset(files->fd_array, 0, sizeof(files->fd_array));
	refcount_set(&files->count, 1);
	spin_lock_init(&files->file_lock, "file_lock");
	files->max_fds = NR_OPEN_DEFAULT;
	files->fd = files->fd_array;
	files->open_fds = &files->open_init;
	files->close_on_exec = &files->cloexec_init;
	spin_lock(&old->file_lock);
	while ((n = used_slots(old)) > have) {
		spin_unlock(&old->file_lock);
		kfree(big);
		have = roundup_pow_of_two(n);
		big = alloc_fd_arrays(have);
		if (!big) {
			kmem_cache_free(files_cache, files);
			return NULL;
		}
		spin_lock(&old->file_lock);
	}
	if (big)
		set_fd_arrays(files, big, have);
	bitmap_copy(files->close_on_exec, old->close_on_exec, n);
	for (unsigned int i = 0; i < n / BITS_PER_LONG; i++)
		copy_fd_word(files, old, i);
	files->next_fd = find_first_zero_bit(files->open_fds, files->max_fds);
	spin_unlock(&old->file_lock);
	return files;
}

void __put_files_struct(struct files_struct *files)
{
	for (unsigned int base = 0; base < files->max_fds; base += BITS_PER_LONG)
		for (unsigned long left = files->open_fds[base / BITS_PER_LONG]; left;
		     left &= left - 1) {
			struct file *f = files->fd[base + (unsigned int)__builtin_ctzl(left)];

			if (f)
				filp_close(f, files);
		}
	free_fd_arrays(files, files->fd);
	kmem_cache_free(files_cache, files);
}

struct files_struct *get_task_files(struct task_struct *p)
{
	guard(spinlock_irq)(&p->alloc_lock);
	if (p->files)
		refcount_inc(&p->files->count);
	return p->files;
}

/* --- dup --- */

SYSCALL_DEFINE(dup, unsigned int fd)
{
	CLASS(fd_raw, f)(fd);
	int new;

	if (!f.file)
		return -EBADF;
	new = get_unused_fd_flags(0);
	if (new >= 0)
		fd_install(new, get_file(f.file));
	return new;
}

/* Puts f, whose reference it takes over, into slot fd, and closes what was there. */
static int replace_fd(unsigned int fd, struct file *f, unsigned int flags)
{
	struct files_struct *files = current->files;
	struct file *old = NULL;
	int err;

	scoped_guard(spinlock, &files->file_lock) {
		err = fd < files->max_fds ? 0 : expand_files(files, fd);
		if (!err && !files->fd[fd] && test_bit(fd, files->open_fds))
			err = -EBUSY;	/* another thread's open is about to use the slot */
		if (!err) {
			old = files->fd[fd];
			files->fd[fd] = f;
			set_fd_bits(files, fd, flags);
		}
	}
	if (err)
		fput(f);
	else if (old)
		filp_close(old, files);
	return err ? err : (int)fd;
}

SYSCALL_DEFINE(dup3, unsigned int fd, unsigned int to, int flags)
{
	CLASS(fd_raw, f)(fd);

	if ((flags & ~O_CLOEXEC) || fd == to)
		return -EINVAL;
	if (to >= fd_limit() || !f.file)
		return -EBADF;
	return replace_fd(to, get_file(f.file), flags);
}

SYSCALL_DEFINE(dup2, unsigned int fd, unsigned int to)
{
	CLASS(fd_raw, f)(fd);

	if (fd != to)
		return sys_dup3(fd, to, 0);
	return f.file ? (long)fd : -EBADF;
}

/* --- fs_struct --- */

static void get_fs_path(struct fs_struct *fs, const struct path *from, struct path *to)
{
	guard(spinlock)(&fs->lock);
	*to = *from;
	path_get(to);
}

void get_fs_root(struct path *path)
{
	get_fs_path(current->fs, &current->fs->root, path);
}

void get_fs_pwd(struct path *path)
{
	get_fs_path(current->fs, &current->fs->pwd, path);
}

struct fs_struct *copy_fs_struct(struct fs_struct *old)
{
	struct fs_struct *fs = kmem_cache_alloc(fs_cache, GFP_KERNEL);

	if (!fs)
		return NULL;
	refcount_set(&fs->users, 1);
	spin_lock_init(&fs->lock, "fs_lock");
	guard(spinlock)(&old->lock);
	fs->umask = old->umask;
	fs->root = old->root;
	fs->pwd = old->pwd;
	path_get(&fs->root);
	path_get(&fs->pwd);
	return fs;
}

void __put_fs_struct(struct fs_struct *fs)
{
	path_put(&fs->root);
	path_put(&fs->pwd);
	kmem_cache_free(fs_cache, fs);
}

bool get_task_fs_path(struct task_struct *p, bool root, struct path *path)
{
	guard(spinlock_irq)(&p->alloc_lock);
	if (p->fs)
		get_fs_path(p->fs, root ? &p->fs->root : &p->fs->pwd, path);
	return p->fs;
}
