/* What procfs.c (the machine), proc/root.c (system files) and proc/pid.c (tasks) share. */
#pragma once

#include "kernel/fs/internal.h"

/*
 * A permanent entry of /proc or /sys. Entries are only ever added, at boot: readers of the lists
 * need no lock.
 */
struct proc_dir_entry {
	struct proc_dir_entry *next;		/* sibling */
	struct proc_dir_entry *children;	/* directories */
	struct proc_dir_entry *parent;
	const char *name;
	unsigned int len;
	mode_t mode;
	ino_t ino;
	const struct inode_operations *iops;
	const struct file_operations *fops;
	int (*show)(struct seq_file *m, void *private);
	int (*write)(void *private, char *line);
	const char *target;			/* symbolic link */
	void *private;
};

/* An entry of every task's directory. Exactly one of show, link, iops + fops; write beside show. */
struct pid_entry {
	const char *name;
	unsigned int len;
	mode_t mode;
	int (*show)(struct seq_file *m, struct task_struct *p);
	/* the text of one write, of at most PROC_WRITE_MAX bytes. 0 or -errno */
	int (*write)(struct task_struct *p, const char *text);
	int (*link)(struct task_struct *p, struct path *to);	/* the place, with references */
	const struct inode_operations *iops;
	const struct file_operations *fops;
};

#define PROC_WRITE_MAX 63

/* inode->i_private of everything in /proc and /sys. */
struct proc_inode {
	struct proc_dir_entry *pde;	/* NULL: belongs to a task */
	struct pid *pid;		/* the task's, with a reference */
	const struct pid_entry *entry;
	int fd;				/* /proc/PID/fd/N */
};

static inline struct proc_inode *PROC_I(const struct inode *inode)
{
	return inode->i_private;
}

DEFINE_FREE(mm, struct mm_struct *, mmput(v))

/* The task of an inode with a reference, or NULL: it is gone. */
static inline struct task_struct *proc_task(const struct inode *inode)
{
	return get_pid_task(PROC_I(inode)->pid, PIDTYPE_PID);
}

/* iops NULL: the target is a fixed one. */
void proc_symlink(const char *path, const char *target, const struct inode_operations *iops);
extern struct proc_dir_entry proc_root, sysfs_root;
extern const struct inode_operations proc_pid_link_iops, proc_dir_iops;
extern const struct file_operations proc_dir_fops;

/* Gives d a new inode of its own. info->pid gains a reference. 0 or -ENOMEM. */
int proc_instantiate(struct dentry *d, mode_t mode, const struct inode_operations *iops,
		     const struct file_operations *fops, const struct proc_inode *info);
int proc_lookup_pde(struct dentry *d, struct proc_dir_entry *dir);
/* Emits dir's entries; false: the buffer is full. Positions 2 .. 255. */
bool proc_readdir_pde(struct file *f, struct dir_context *ctx, struct proc_dir_entry *dir);
#define PROC_DYNAMIC_POS 256	/* directory positions of dynamic entries begin here */
