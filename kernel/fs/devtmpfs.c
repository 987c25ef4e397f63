/*
 * Character devices: who drives which major number; and devtmpfs, the directory that has a node for
 * each.
 *
 * Locks: none for the table, which is filled at boot. The tree is an ordinary ramfs.
 */
#include "kernel/fs/internal.h"

#define MAX_MAJOR 512

static const struct file_operations *chrdevs[MAX_MAJOR];	/* set at boot, one by one */
static struct vfsmount *dev_mnt;

void register_chrdev(unsigned int major, const struct file_operations *fops)
{
	BUG_ON(major >= MAX_MAJOR || chrdevs[major]);
	WRITE_ONCE(chrdevs[major], fops);
}

static int chrdev_open(struct inode *inode, struct file *f)
{
	unsigned int nr = major(inode->i_rdev);
	const struct file_operations *fops = nr < MAX_MAJOR ? READ_ONCE(chrdevs[nr]) : NULL;

	if (!fops)
		return -ENXIO;
	f->f_op = fops;
	return fops->open ? fops->open(inode, f) : 0;
}

const struct file_operations def_chr_fops = { .open = chrdev_open };

/* --- the tree --- */

int devtmpfs_create(const char *name, mode_t mode, dev_t dev)
{
	struct dentry *root = dev_mnt->mnt_root, *d __free(dput) = NULL;

	guard(mutex)(&root->d_inode->i_mutex);
	d = d_alloc(root, root->d_sb, name, strlen(name));
	if (!d)
		return -ENOMEM;
	return root->d_inode->i_op->mknod(root->d_inode, d, mode & S_IFMT ? mode : S_IFCHR | mode,
					  dev);
}

static void dev_symlink(const char *name, const char *target)
{
	struct dentry *root = dev_mnt->mnt_root, *d = d_alloc(root, root->d_sb, name, strlen(name));

	if (d)
		root->d_inode->i_op->symlink(root->d_inode, d, target);
	dput(d);
}

static struct file_system_type devtmpfs_type = { .name = "devtmpfs",
						 .single = true,
						 .fill_super = ramfs_fill_super };

void devtmpfs_init(void)
{
	register_filesystem(&devtmpfs_type);
	dev_mnt = kern_mount(&devtmpfs_type);
	dev_symlink("fd", "/proc/self/fd");
	dev_symlink("stdin", "/proc/self/fd/0");
	dev_symlink("stdout", "/proc/self/fd/1");
	dev_symlink("stderr", "/proc/self/fd/2");
	devtmpfs_create("shm", S_IFDIR | 01777, 0);
}
