/* What the files of kernel/fs share among themselves. */
#pragma once

#include "kernel/fs/fs.h"
#include "kernel/printk.h"
#include "kernel/syscalls.h"
#include "libk/printf.h"

/* --- iov_iter (read_write.c) and directories (readdir.c) --- */
/* One buffer. A user range must have passed access_ok(). */
static inline void iov_iter_init_buf(struct iov_iter *it, void *buf, size_t n, bool kernel)
{
	*it = (struct iov_iter){ .base = buf, .len = n, .count = n, .kernel = kernel };
}
static inline size_t iov_iter_zero(size_t n, struct iov_iter *to)
{
	return iov_iter_copy(to, NULL, n, true);
}
static inline void iov_iter_advance(struct iov_iter *it, size_t n)
{
	iov_iter_copy(it, NULL, n, false);
}
/* One entry at ctx->pos; false: the buffer is full, stop there. type: DT_xxx. May sleep. */
static inline bool dir_emit(struct dir_context *ctx, const char *name, int len, u64 ino,
			    unsigned int type)
{
	return ctx->actor(ctx, name, len, ctx->pos, ino, type);
}
/* "." and "..", moving ctx->pos to 2; false: full */
bool dir_emit_dots(struct file *f, struct dir_context *ctx);

/* --- open files (fdtable.c, file.c, read_write.c, epoll.c) --- */
/* with references; false: it has none any more */
bool get_task_fs_path(struct task_struct *p, bool root, struct path *path);
/* takes its own references; ERR_PTR */
struct file *alloc_file(const struct path *path, unsigned int flags,
			const struct file_operations *fops);
loff_t generic_file_llseek(struct file *f, loff_t off, int whence);
loff_t noop_llseek(struct file *f, loff_t off, int whence);
/* an open operation for files without a position */
static inline int stream_open(struct inode *inode, struct file *f)
{
	f->f_mode = (f->f_mode & ~(FMODE_LSEEK | FMODE_ATOMIC_POS)) | FMODE_STREAM;
	return 0;
}
void eventpoll_release(struct file *f);	/* epoll's; called by the last fput() when f->f_ep is set */
/* O_CLOEXEC too; fd or -errno */
int anon_inode_getfd(const char *name, const struct file_operations *fops, void *private,
		     int flags);
/* A new inode of its own (pipes: S_IFIFO, sockets: S_IFSOCK) whose files read as "name:[ino]". */
struct inode *new_pseudo_inode(mode_t mode);		/* NULL: no memory */
/* ERR_PTR; takes over the inode reference on success */
struct file *alloc_file_pseudo(struct inode *inode, const char *name, int flags,
			       const struct file_operations *fops);
/* another file of the same inode (the pipe's other end) */
struct file *alloc_file_clone(struct file *base, int flags, const struct file_operations *fops);

/* --- devices (devtmpfs.c) --- */
/* at boot; all minors; fops->open may replace f->f_op */
void register_chrdev(unsigned int major, const struct file_operations *fops);
/* a node in every devtmpfs. After vfs_init() */
int devtmpfs_create(const char *name, mode_t mode, dev_t dev);
extern const struct file_operations fifo_fops;	/* pipe.c: open of a named pipe */

/* --- inodes (inode.c, attr.c) --- */
static inline struct inode *igrab(struct inode *inode)
{
	refcount_inc(&inode->i_count);
	return inode;
}
/* by i_mode: device, FIFO or socket */
void init_special_inode(struct inode *inode, dev_t rdev);
struct timespec current_time(void);	/* CLOCK_REALTIME */
bool inode_owner_or_capable(const struct inode *inode);
/* checks permissions, takes i_mutex */
int notify_change(const struct path *path, struct iattr *attr);

/* --- dentries and paths (dcache.c, namei.c) --- */
extern spinlock_t dcache_lock;
extern struct mutex rename_mutex;	/* renames that move a directory happen one at a time */
/* d gets target's place and name; target is dropped */
void d_move(struct dentry *d, struct dentry *target);
bool d_ancestor(struct dentry *above, struct dentry *d);	/* rename_mutex held */
/*
 * The n-th use of readdir: the child at or after *cookie with a reference, after prev (whose
 * reference it drops) if that is still there.
 */
struct dentry *d_next_child(struct dentry *dir, struct dentry *prev, u64 cookie);
static inline bool d_unhashed(const struct dentry *d)
{
	return hlist_unhashed(&d->d_hash) && d->d_parent != d;
}
/*
 * The path as a process with current's root sees it, at the end of buf; " (deleted)" and
 * "(unreachable)" as Linux. ERR_PTR(-ENAMETOOLONG).
 */
char *d_path(const struct path *path, char *buf, int size);

#define LOOKUP_FOLLOW 1u	/* a symbolic link at the end is followed */
#define LOOKUP_DIRECTORY 2u	/* must be a directory */
#define LOOKUP_EMPTY 4u		/* "" means dfd itself */
/* With references in *path. 0 or -errno. May sleep. */
int user_path_at(int dfd, const char __user *name, unsigned int lookup, struct path *path);
int kern_path(const char *name, unsigned int lookup, struct path *path);
int path_at(int dfd, const char *name, unsigned int lookup, struct path *path);	/* kernel name */
/* mode without umask applied already */
int vfs_mknod(const struct path *parent, struct dentry *d, mode_t mode, dev_t dev);
/* kernel name; umask not applied */
int do_mknod(int dfd, const char *name, mode_t mode, dev_t dev);
int do_symlink(const char *target, int dfd, const char *name);
int do_link(int olddfd, const char *old, int newdfd, const char *new, unsigned int lookup);

/* --- mounts (mount.c) --- */
static inline void path_get(const struct path *path)
{
	if (path->mnt)
		refcount_inc(&path->mnt->mnt_count);
	dget(path->dentry);
}
void path_put(const struct path *path);	/* NULLs are fine. May sleep */
void __mntput(struct vfsmount *mnt);
static inline void mntput(struct vfsmount *mnt)
{
	if (mnt && refcount_dec_and_test(&mnt->mnt_count))
		__mntput(mnt);
}

/* not in the tree; panics when out of memory */
struct vfsmount *kern_mount(struct file_system_type *type);
/* to the top mount on this place. References change hands */
void follow_mount(struct path *path);
/* from a mount's root to where it is mounted; false: it is the topmost */
bool follow_up(struct path *path);
static inline bool mnt_readonly(const struct vfsmount *mnt)
{
	return READ_ONCE(mnt->mnt_flags) & MS_RDONLY;
}
void show_mounts(struct seq_file *m);
void show_filesystems(struct seq_file *m);

/* --- locks on files (locks.c) --- */
long do_flock(struct file *f, int op);
long fcntl_getlk(struct file *f, struct flock *fl);
long fcntl_setlk(struct file *f, int cmd, struct flock *fl);
/* Drops what owner has there: its files_struct at a close, f itself at the last. */
void locks_remove(struct file *f, void *owner);
void show_file_locks(struct seq_file *m);	/* /proc/locks */

/* --- of others --- */
int ramfs_fill_super(struct super_block *sb, const char *data);
void proc_init(void);		/* by vfs_init() */
/* current's controlling terminal, or NULL; ttys are never freed */
struct tty_struct *get_current_tty(void);

/* --- start: by vfs_init() and special_files_init() --- */
void files_init(void);
void ramfs_init(void);
void devtmpfs_init(void);
void proc_root_init(void);	/* the files directly in /proc */
void proc_sys_init(void);	/* those below /proc/sys */
void proc_pid_init(void);	/* /proc/PID */

/* The path of current's root, of its working directory, with references. */
void get_fs_root(struct path *path);
void get_fs_pwd(struct path *path);

/*
 * The path from root to path, written so that it ends at p (downwards to buf). *reached: root was
 * met; else it is the path from the top of whatever tree it is in. ERR_PTR(-ENAMETOOLONG).
 */
char *prepend_path(const struct path *path, const struct path *root, char *buf, char *p,
		   bool *reached);

/* --- path walk (namei.c) --- */
enum last_type { LAST_NORM, LAST_DOT, LAST_DOTDOT, LAST_NONE };

struct nameidata {
	struct path path;	/* where the walk is, with references */
	/* what "/" and ".." stop at, with references; dentry NULL: not needed yet */
	struct path root;
	const char *name;	/* what is left of the path */
	/* the memory that name points into, once a symbolic link was put in place of its name */
	char *buf;
	const char *last;	/* the component found last */
	unsigned int last_len;
	enum last_type last_type;	/* LAST_NONE: the path has no (more) components */
	bool slash;		/* a slash follows it */
	unsigned int lookup;	/* LOOKUP_xxx */
	int links;		/* symbolic links followed */
};

int nd_start(struct nameidata *nd, int dfd, const char *name, unsigned int lookup);
void nd_end(struct nameidata *nd);
/* Walks to the directory of the last component. */
int link_path_walk(struct nameidata *nd);
/*
 * Puts what the symbolic link d says in place of its name. 1: nd->name is to be walked again; 0: it
 * jumped. Drops d.
 */
int follow_link(struct nameidata *nd, struct dentry *d);
/* The directory of the last component, which must be a plain name (else -errno is otherwise). */
int path_parent(struct nameidata *nd, int dfd, const char *name, int otherwise);
/*
 * One component looked up in parent; locked: the caller holds its i_mutex. A dentry with an inode,
 * or ERR_PTR.
 */
struct dentry *lookup_one(struct dentry *parent, const char *name, unsigned int len, bool locked);
/* May current make a name in dir? dir's i_mutex held. */
int may_create(const struct path *dir);
/*
 * May current take victim's name out of dir? want_dir: it must be a directory, else it must not be
 * one. dir's i_mutex held.
 */
int may_delete(struct inode *dir, struct dentry *victim, bool want_dir);
int do_remove(int dfd, const char *name, bool want_dir);	/* unlink, rmdir: kernel name */

#define AT_LOOKUP_FLAGS (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)

/* What AT_xxx flags mean for a path walk. */
static inline unsigned int at_lookup(int flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
	       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

/* -EROFS on a read-only mount. */
static inline int mnt_want_write(const struct path *path)
{
	return path->mnt && mnt_readonly(path->mnt) ? -EROFS : 0;
}

void file_accessed(struct file *f);	/* sets the access time as "relatime" does */
/* permissions checked by the caller; -ETXTBSY */
int do_truncate(const struct path *path, loff_t length);
/*
 * Writers of a regular file, and programs that are it: one kind excludes the other. 0 or -ETXTBSY.
 */
int get_write_access(struct inode *inode);
void put_write_access(struct inode *inode);
int deny_write_access(struct inode *inode);
extern const struct file_operations def_chr_fops;

/* Starts an iter over the buffers of a system call. */
static inline int import_user_buf(struct iov_iter *it, const void __user *buf, size_t n)
{
	if (!access_ok(buf, n))
		return -EFAULT;
	iov_iter_init_buf(it, (void *)buf, min_t(size_t, n, MAX_RW_COUNT), false);
	return 0;
}
