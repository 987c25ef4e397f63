/* What the files of kernel/fs share among themselves. */
#pragma once

#include "kernel/fs/fs.h"
#include "kernel/printk.h"
#include "kernel/syscalls.h"
#include "libk/printf.h"

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
