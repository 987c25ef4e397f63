/*
 * Files: the VFS and what hangs on it. Linux's four nouns: a super_block (one mounted file system)
 * has inodes (files), dentries name them in a tree, a file is an open one. A vfsmount hangs a
 * super_block's tree on a place in another.
 *
 * Locking, by letter:
 *   (d) dcache_lock, a spinlock: the dentry tree, its hash, and the tree of mounts
 *   (i) inode->i_mutex, sleeping: contents, size, attributes; of a directory: which names it has
 *   (f) files->file_lock, a spinlock: the descriptor table. A table with one user is read by that
 *       user without it (see fdget)
 *   (p) file->f_pos_lock, sleeping: the file position
 *   (l) fs->lock, a spinlock     (c) constant once visible     (a) atomic
 *
 * Order: f_pos_lock > rename_mutex > i_mutex (parent before child) > mount_mutex > mmap_lock > page
 * cache; spinlocks are leaves. User memory is copied with i_mutex or f_pos_lock held at most, never
 * under a spinlock.
 */
#pragma once

#include "asm/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "kernel/sync/guard.h"
#include "kernel/sync/sync.h"
#include "kernel/task/task.h"
#include "libk/abi/dirent.h"
#include "libk/abi/fcntl.h"
#include "libk/abi/limits.h"
#include "libk/abi/mount.h"
#include "libk/abi/poll.h"
#include "libk/abi/stat.h"
#include "libk/abi/statfs.h"
#include "libk/abi/time.h"
#include "libk/abi/uio.h"
#include "libk/err.h"
#include "libk/list.h"
#include "libk/string.h"

struct dentry;
struct file;
struct inode;
struct iattr;
struct seq_file;
struct super_block;
struct vfsmount;
struct epitem;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

/* --- iov_iter: the buffers of one read or write: the current segment and those after it --- */

struct iov_iter {
	/* where the current segment goes on: a user address unless kernel */
	char *base;
	size_t len;			/* bytes left in it */
	size_t count;			/* bytes left in all segments, this one included */
	const struct iovec *iov;	/* the segments after it (an array in kernel memory) */
	bool kernel;			/* the buffers are the kernel's own */
};

#define MAX_RW_COUNT (0x7fffffffUL & ~(PAGE_SIZE - 1))	/* most bytes one call moves */

static inline size_t iov_iter_count(const struct iov_iter *it)
{
	return it->count;
}

/*
 * The segments of readv and its kin into kernel memory: fast if they fit (IOV_FAST), else *vec is
 * to be kfree'd. Total length or -errno.
 */
#define IOV_FAST 8
ssize_t import_iovec(const struct iovec __user *uvec, unsigned long n, struct iovec *fast,
		     struct iovec **vec);

/*
 * Slow halves: several segments, kernel buffers, faults. to_iter false: from the iter into buf. buf
 * NULL: zeroes (to), skip (from).
 */
size_t iov_iter_copy(struct iov_iter *it, void *buf, size_t n, bool to_iter);

static inline size_t __iov_iter_one(struct iov_iter *it, void *buf, size_t n, bool to_iter)
{
	size_t left;

	if (unlikely(n > it->len || it->kernel))
		return iov_iter_copy(it, buf, n, to_iter);
	left = to_iter ? __copy_user(it->base, buf, n) : __copy_user(buf, it->base, n);
	n -= left;
	it->base += n;
	it->len -= n;
	it->count -= n;
	return n;
}

/*
 * Copy n bytes (at most iov_iter_count) and advance; return how many were copied: fewer = a bad
 * user address. May sleep.
 */
static inline size_t copy_to_iter(const void *from, size_t n, struct iov_iter *to)
{
	return __iov_iter_one(to, (void *)from, n, true);
}

static inline size_t copy_from_iter(void *to, size_t n, struct iov_iter *from)
{
	return __iov_iter_one(from, to, n, false);
}

/* --- directories and polling --- */

struct dir_context {
	/* false: no room, stop */
	bool (*actor)(struct dir_context *ctx, const char *name, int len, loff_t off, u64 ino,
		      unsigned int type);
	loff_t pos;		/* of the entry to emit next; 0 and 1 are "." and ".." */
};

struct poll_table {
	/* NULL: only ask, do not wait */
	void (*queue)(struct file *f, struct wait_queue_head *wq, struct poll_table *pt);
	unsigned int key;	/* events of interest */
};

/*
 * What a poll operation calls for each queue that will be woken when the answer changes. pt may be
 * NULL.
 */
static inline void poll_wait(struct file *f, struct wait_queue_head *wq, struct poll_table *pt)
{
	if (pt && pt->queue) {
		pt->queue(f, wq, pt);
		/* queued before the caller asks: wakers look in the other order */
		smp_mb();
	}
}

/* --- operations --- */

struct file_operations {
	/* Bytes done, or -errno. pos is NULL for streams (FMODE_STREAM). May sleep. */
	ssize_t (*read)(struct file *f, struct iov_iter *to, loff_t *pos);
	ssize_t (*write)(struct file *f, struct iov_iter *from, loff_t *pos);
	/* NULL: -ESPIPE. f_pos_lock held when the file is shared */
	loff_t (*llseek)(struct file *f, loff_t off, int whence);
	int (*iterate)(struct file *f, struct dir_context *ctx);
	/* POLLxxx; NULL: always readable and writable */
	unsigned int (*poll)(struct file *f, struct poll_table *pt);
	/* -ENOTTY: unknown */
	long (*ioctl)(struct file *f, unsigned int cmd, unsigned long arg);
	/* mmap_lock held; NULL: -ENODEV */
	int (*mmap)(struct file *f, struct vm_area_struct *vma);
	int (*open)(struct inode *inode, struct file *f);
	/* the last reference went; not after a failed open */
	void (*release)(struct inode *inode, struct file *f);
};

/*
 * Operations that change a directory run with its i_mutex held; permissions are checked before.
 * NULL: -EPERM.
 */
struct inode_operations {
	/*
	 * Gives d an inode (d_add), or returns -ENOENT. NULL: the dentries in memory are all there
	 * is.
	 */
	int (*lookup)(struct inode *dir, struct dentry *d);
	/* regular files and directories too */
	int (*mknod)(struct inode *dir, struct dentry *d, mode_t mode, dev_t dev);
	int (*symlink)(struct inode *dir, struct dentry *d, const char *target);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *d);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	/*
	 * Checks and accounts only; the VFS moves the dentries. new->d_inode NULL: nothing is
	 * replaced.
	 */
	int (*rename)(struct inode *olddir, struct dentry *old, struct inode *newdir,
		      struct dentry *new);
	/* Target into buf (not NUL-terminated), length or -errno. */
	int (*readlink)(struct dentry *d, char *buf, size_t size);
	/* Magic links (/proc/PID/exe, fd/N): the place itself, with references. */
	int (*get_link_path)(struct dentry *d, struct path *to);
	/* i_mutex held; NULL: simple_setattr */
	int (*setattr)(struct dentry *d, struct iattr *attr);
	/* false: forget it and look up anew (/proc). No locks held */
	bool (*d_revalidate)(struct dentry *d);
};

struct super_operations {
	void (*evict_inode)(struct inode *inode);	/* the last reference went */
	void (*statfs)(struct super_block *sb, struct statfs *st);
	/* ",size=..." for /proc/mounts */
	void (*show_options)(struct seq_file *m, struct super_block *sb);
};

/* --- the nouns --- */

struct inode {
	const struct inode_operations *i_op;	/* (c) */
	const struct file_operations *i_fop;	/* (c) what an open file begins with */
	struct super_block *i_sb;		/* (c) */
	refcount_t i_count;			/* dentries, and whoever called igrab() */
	mode_t i_mode;				/* (i) type (c) and permissions */
	uid_t i_uid;				/* (i) */
	gid_t i_gid;				/* (i) */
	unsigned int i_nlink;			/* (i) */
	ino_t i_ino;				/* (c) */
	dev_t i_rdev;				/* (c) of a device node */
	loff_t i_size;				/* (i) written; read with READ_ONCE */
	/* (i) written; a reader may see an update half done */
	struct timespec i_atime, i_mtime, i_ctime;
	/* (i) tmpfs: pages counted against the size limit */
	unsigned long i_charged;
	struct mutex i_mutex;
	/* the page cache; initialised for regular files only */
	struct address_space i_data;
	/* the file system's: symlink target, proc entry, pipe */
	void *i_private;
	/* file_lock_lock: byte-range and whole-file locks */
	struct list_head i_flock;
	/* who has it open for writing, or, below 0, as a program */
	atomic_t i_writecount;
};

struct dentry {
	refcount_t d_count;		/* 0 only under dcache_lock, just before it is freed */
	unsigned int d_mounted;		/* (d) mounts on top of it */
	/* (d) set once; NULL while it is being created, and after removal it stays */
	struct inode *d_inode;
	struct dentry *d_parent;	/* (d) with a reference; itself: a root */
	struct super_block *d_sb;	/* (c) */
	/* (d) changed by rename; stable for who holds the parent's i_mutex */
	const char *d_name;
	unsigned int d_len;		/* (d) */
	/* (d) the tree is the storage (ramfs): being linked holds a reference */
	bool d_pinned;
	/* (d) by parent and name; unhashed: removed, or not yet there */
	struct hlist_node d_hash;
	struct list_head d_child;	/* (d) in the parent's d_children, ascending d_cookie */
	struct list_head d_children;	/* (d) */
	/* (d) directory position: never reused within its directory */
	u64 d_cookie;
	u64 d_next_cookie;		/* (d) for the next child */
};

struct super_block {
	const struct file_system_type *s_type;	/* (c) */
	const struct super_operations *s_op;	/* (c) */
	struct dentry *s_root;			/* (c) with a reference */
	dev_t s_dev;				/* (c) */
	unsigned long s_magic;			/* (c) */
	refcount_t s_active;			/* mounts */
	atomic_long_t s_next_ino;
	atomic_long_t s_pages;			/* tmpfs: pages in use */
	long s_max_pages;			/* tmpfs: limit, 0 = none */
};

struct file_system_type {
	const char *name;
	bool single;			/* all mounts show the same tree (proc, sysfs, devtmpfs) */
	int (*fill_super)(struct super_block *sb, const char *data);	/* makes s_root */
	struct super_block *sb;		/* mount_mutex: of a single one, once made */
	struct list_head list;		/* mount_mutex */
};

struct vfsmount {
	struct list_head mnt_list;	/* (d) all of them, in order of mounting */
	/* (d) with a reference; itself: the root mount, or detached */
	struct vfsmount *mnt_parent;
	struct dentry *mnt_mountpoint;	/* (d) with a reference */
	struct dentry *mnt_root;	/* (c) with a reference */
	struct super_block *mnt_sb;	/* (c) */
	refcount_t mnt_count;		/* 1 for being mounted, 1 for each path */
	unsigned int mnt_flags;		/* (d) MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC */
	int mnt_id;			/* (c) */
	char *mnt_devname;		/* (c) */
};

#define FMODE_READ 1u
#define FMODE_WRITE 2u
#define FMODE_LSEEK 4u
/* no position: read and write get pos NULL; an open operation may set it (stream_open) */
#define FMODE_STREAM 8u
#define FMODE_PATH 16u		/* O_PATH: a place, not an open file */
#define FMODE_WRITER 64u	/* counted in i_writecount */
#define FMODE_EXEC 128u		/* the same: a program, which nobody may write */
/* regular files and directories: f_pos_lock makes shared positions exact */
#define FMODE_ATOMIC_POS 32u

struct file {
	const struct file_operations *f_op;	/* (c) after open */
	unsigned int f_mode;			/* (c) after open: FMODE_xxx */
	/* O_xxx; O_APPEND, O_NONBLOCK etc. change by F_SETFL: one word, no lock */
	unsigned int f_flags;
	atomic_long_t f_count;
	struct inode *f_inode;			/* (c) */
	void *private_data;			/* the driver's */
	struct path f_path;			/* (c) with references */
	loff_t f_pos;				/* (p), or one user only */
	struct mutex f_pos_lock;
	struct epitem *f_ep;			/* epoll's: what watches this file; NULL: nothing */
};

/* --- descriptors (fdtable.c) --- */

#define NR_OPEN_DEFAULT 64
#define NR_OPEN_MAX (1u << 18)	/* hard limit of RLIMIT_NOFILE that can be used */

struct files_struct {
	refcount_t count;		/* tasks that share it */
	spinlock_t file_lock;
	unsigned int max_fds;		/* (f) slots in fd */
	unsigned int next_fd;		/* (f) no free slot below it */
	struct file **fd;		/* (f) */
	unsigned long *open_fds;	/* (f) bitmap: taken, perhaps not yet installed */
	unsigned long *close_on_exec;	/* (f) bitmap */
	struct file *fd_array[NR_OPEN_DEFAULT];
	unsigned long open_init, cloexec_init;
};

struct fs_struct {
	refcount_t users;
	spinlock_t lock;
	mode_t umask;			/* (l) */
	struct path root, pwd;		/* (l) with references */
};

extern struct files_struct init_files;
extern struct fs_struct init_fs;	/* root and pwd set by vfs_init() */

/*
 * An open file borrowed for one system call. FDPUT: a reference to give back; FDPOS: the position
 * lock too.
 */
struct fd {
	struct file *file;		/* NULL: no such descriptor */
	unsigned int flags;
};
#define FDPUT 1u
#define FDPOS 2u

/* the same with the table shared: lock and reference */
struct fd __fdget_shared(unsigned int fd, unsigned int refuse);
void fput(struct file *f);	/* the last one closes the file. May sleep */
DEFINE_FREE(fput, struct file *, fput(v))

/* Could an end that f holds wake who waits on a pipe's queue? Looks at addresses only: for
 * reports. */
bool pipe_other_end(const struct file *f, const void *queue);

static inline struct file *get_file(struct file *f)
{
	atomic_long_inc(&f->f_count);
	return f;
}

/*
 * Why a table with one user needs no lock and no reference: only its tasks change a table, and that
 * is the caller alone, who cannot close the file while in this system call; the count can rise
 * above 1 only by the caller's own clone, or by a reader in /proc, who only reads.
 */
static inline struct fd __fdget(unsigned int fd, unsigned int refuse)
{
	struct files_struct *files = current->files;
	struct file *f;

	if (unlikely(refcount_read(&files->count) != 1))
		return __fdget_shared(fd, refuse);
	f = likely(fd < files->max_fds) ? files->fd[fd] : NULL;
	if (unlikely(f && (f->f_mode & refuse)))
		f = NULL;
	return (struct fd){ f, 0 };
}

/*
 * The file of a descriptor for the length of a system call; .file NULL: -EBADF. Pairs with fdput().
 */
static inline struct fd fdget(unsigned int fd)
{
	return __fdget(fd, FMODE_PATH);
}

static inline struct fd fdget_raw(unsigned int fd)	/* O_PATH files too */
{
	return __fdget(fd, 0);
}

static inline void fdput(struct fd fd)
{
	if (unlikely(fd.flags & FDPUT))
		fput(fd.file);
}

/* CLASS(fd, f)(nr): fdget() until the end of the block. */
DEFINE_CLASS(fd, struct fd, fdput(v), fdget(nr), unsigned int nr)
DEFINE_CLASS(fd_raw, struct fd, fdput(v), fdget_raw(nr), unsigned int nr)

struct file *fget(unsigned int fd);	/* with a reference, or NULL */
/* A free descriptor >= start, marked as taken; flags: O_CLOEXEC. Or -EMFILE, -ENOMEM. */
int get_unused_fd_from(unsigned int start, unsigned int flags);
static inline int get_unused_fd_flags(unsigned int flags)
{
	return get_unused_fd_from(0, flags);
}
/* gives one back that was never installed */
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *f);	/* takes over the reference */
int close_fd(unsigned int fd);				/* 0 or -EBADF. May sleep */
/* files is current's and not shared. May sleep */
void do_close_on_exec(struct files_struct *files);
struct files_struct *dup_fd(struct files_struct *old);	/* fork: a copy, count 1; NULL: no memory */
void __put_files_struct(struct files_struct *files);
/* The last one closes all. May sleep. NULL does nothing. */
static inline void put_files_struct(struct files_struct *files)
{
	if (files && refcount_dec_and_test(&files->count))
		__put_files_struct(files);
}
/* With a reference, or NULL. */
struct file *files_get_file(struct files_struct *files, unsigned int fd);
struct files_struct *get_task_files(struct task_struct *p);	/* with a reference, or NULL */
/* a copy, one user; NULL: no memory */
struct fs_struct *copy_fs_struct(struct fs_struct *old);
void __put_fs_struct(struct fs_struct *fs);
static inline void put_fs_struct(struct fs_struct *fs)	/* the same */
{
	if (fs && refcount_dec_and_test(&fs->users))
		__put_fs_struct(fs);
}

/* --- open files (file.c, open.c, read_write.c) --- */

/* kernel path from current's root/cwd; ERR_PTR */
struct file *filp_open(const char *path, int flags, mode_t mode);
/*
 * exec: opens for reading a regular file that may be executed; while it is open, opening it for
 * writing is ETXTBSY. flags: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW. name: kernel. ERR_PTR.
 */
struct file *do_execat_open(int dfd, const char *name, int flags);
/* bytes or -errno */
ssize_t kernel_read(struct file *f, void *buf, size_t n, loff_t *pos);
ssize_t kernel_write(struct file *f, const void *buf, size_t n, loff_t *pos);
/* To or from user memory, at off, or at the file's position: -1. Bytes or -errno. */
ssize_t vfs_rw(struct file *f, void __user *buf, size_t n, loff_t off, bool write);

/*
 * Files without a name in the tree. name "[eventfd]" reads as "anon_inode:[eventfd]"; one inode for
 * all; private goes to private_data. flags: O_RDWR, O_NONBLOCK, ...
 */
/* ERR_PTR */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *private,
				int flags);
/* A descriptor for a new file (or ERR_PTR), whose reference it takes over. flags: O_CLOEXEC. */
int fd_publish(struct file *f, int flags);

/* A pipe: [0] to read from, [1] to write to. 0 or -errno. flags: O_NONBLOCK. */
int create_pipe_files(struct file *files[2], int flags);

/* --- inodes (inode.c) --- */
struct iattr {
	unsigned int ia_valid;	/* ATTR_xxx */
	mode_t ia_mode;
	uid_t ia_uid;
	gid_t ia_gid;
	loff_t ia_size;
	struct timespec ia_atime, ia_mtime;
};
#define ATTR_MODE 1u
#define ATTR_UID 2u
#define ATTR_GID 4u
#define ATTR_SIZE 8u
#define ATTR_ATIME 16u
#define ATTR_MTIME 32u
#define ATTR_TOUCH 64u	/* times are "now": whoever may write may do it */

#define MAY_EXEC 1
#define MAY_WRITE 2
#define MAY_READ 4

/* owner current's, times now; NULL: no memory */
struct inode *new_inode(struct super_block *sb, mode_t mode);
void iput(struct inode *inode);		/* NULL is fine. May sleep */
/* MAY_xxx by current's fsuid, fsgid and groups: 0 or -EACCES */
int inode_permission(struct inode *inode, int mask);
int simple_setattr(struct dentry *d, struct iattr *attr);	/* i_mutex held */

/* --- dentries and paths (dcache.c, namei.c) --- */
/* unlinked, one reference; NULL */
struct dentry *d_alloc(struct dentry *parent, struct super_block *sb, const char *name,
		       unsigned int len);
/* takes over the inode; NULL (inode dropped) */
struct dentry *d_make_root(struct super_block *sb, struct inode *inode);
/* linked under its parent, takes over the inode; pinned when the parent is */
void d_add(struct dentry *d, struct inode *inode);
/* with a reference, or NULL */
struct dentry *d_lookup(struct dentry *parent, const char *name, unsigned int len);
void d_drop(struct dentry *d);		/* out of hash and tree: a deleted name, or a stale one */
void d_genocide(struct dentry *root);	/* unpins everything below (umount) */
static inline struct dentry *dget(struct dentry *d)
{
	refcount_inc(&d->d_count);
	return d;
}
void dput(struct dentry *d);		/* NULL is fine. May sleep */
DEFINE_FREE(dput, struct dentry *, dput(v))

/* A copy in kernel memory, to be kfree'd; ERR_PTR(-EFAULT, -ENAMETOOLONG, -ENOMEM). "" is
 * allowed. */
char *getname(const char __user *name);

void register_filesystem(struct file_system_type *type);

/* --- ramfs, tmpfs (ramfs.c): what other in-memory file systems reuse --- */
extern const struct inode_operations ramfs_dir_iops, ramfs_file_iops;
extern const struct file_operations ramfs_file_fops, ramfs_dir_fops;

/* --- seq_file: text made by a function, read in any pieces (seq_file.c) --- */
struct seq_file {
	char *buf;
	size_t size, count;		/* of the buffer; bytes in it */
	int (*show)(struct seq_file *m, void *private);
	void *private;
	struct mutex lock;		/* all of the above: pread needs no position lock */
	/* the buffer is too small: will be shown again in a bigger one */
	bool overflow;
};
int single_open(struct file *f, int (*show)(struct seq_file *m, void *private), void *private);
ssize_t seq_read(struct file *f, struct iov_iter *to, loff_t *pos);
loff_t seq_lseek(struct file *f, loff_t off, int whence);
void seq_release(struct inode *inode, struct file *f);
void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_write(struct seq_file *m, const void *data, size_t n);
static inline void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}
static inline void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}
/* a character, unless it is 0, and the number, fast */
void seq_put_decimal_ull(struct seq_file *m, char before, unsigned long v);
void seq_put_decimal_ll(struct seq_file *m, char before, long v);
/* those characters, and backslash, in octal */
void seq_escape(struct seq_file *m, const char *s, const char *esc);

/* --- /proc and /sys (procfs.c) --- */
/*
 * A file of /proc or of /sys. path "sys/kernel/pid_max": directories on the way are made. Its text
 * is made by show, what is written goes to write, without the last newline (0 or -errno); or it has
 * fops of its own. iops: instead of the usual ones.
 */
#define PROC_LINE 256
struct proc_file {
	const char *path;
	mode_t mode;		/* permissions */
	int (*show)(struct seq_file *m, void *private);
	int (*write)(void *private, char *line);
	void *private;
	const struct file_operations *fops;
	const struct inode_operations *iops;
};
/* In init code; panic when out of memory. */
void proc_add(const struct proc_file *file);
void sysfs_add(const struct proc_file *file);
void *proc_data(const struct inode *inode);	/* private of the file */

/* --- start --- */
/* caches, rootfs, init_fs; after mm_init() and before anything is opened */
void vfs_init(void);
/* unpacks the initrd. 0, or -errno after one line "initramfs: ..." */
int populate_rootfs(void);
/* /dev with devtmpfs, so that /dev/console can be opened. 0 or -errno */
int prepare_namespace(void);

/* --- special files (pipe.c, epoll.c, signalfd.c, pidfd.c, dev/) --- */
struct pid;
struct sighand_struct;
struct signal_struct;
struct tty_struct;
/* devices, terminals, pipes; after vfs_init() and uart_init(), before /init runs */
void special_files_init(void);
/*
 * A process lets its controlling terminal go: the session leader (at its exit, or TIOCNOTTY) for
 * its whole session. May sleep.
 */
void disassociate_ctty(bool on_exit);
/*
 * A file for a process. Descriptor (close-on-exec is set), or -errno. flags: O_NONBLOCK. The file
 * takes its own reference to pid.
 */
int pidfd_create(struct pid *pid, unsigned int flags);
/* with a reference; ERR_PTR(-EBADF) */
struct pid *pidfd_get_pid(unsigned int fd, unsigned int *f_flags);
