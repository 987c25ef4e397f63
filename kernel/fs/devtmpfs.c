/*
 * Character devices: who drives which major number; and devtmpfs, the directory that has a node for each.
 *
 * Locks: chrdev_lock for the table. The tree is an ordinary ramfs.
 */
#include "kernel/fs/internal.h"

#define MAX_MAJOR 512

static DEFINE_SPINLOCK(chrdev_lock);
static const struct file_operations *chrdevs[MAX_MAJOR];	/* chrdev_lock; an entry never changes again */
static const char *chrdev_names[MAX_MAJOR];
static struct vfsmount *dev_mnt;

int register_chrdev(unsigned int major, const char *name, const struct file_operations *fops)
{
	int err = -EBUSY;

	if (major >= MAX_MAJOR)
		return -EINVAL;
	spin_lock(&chrdev_lock);
	if (!chrdevs[major]) {
		chrdev_names[major] = name;
		chrdevs[major] = fops;
		err = 0;
	}
	spin_unlock(&chrdev_lock);
	return err;
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

void show_chrdevs(struct seq_file *m)
{
	seq_puts(m, "Character devices:\n");
	for (int i = 0; i < MAX_MAJOR; i++)
		if (READ_ONCE(chrdevs[i]))
			seq_printf(m, "%3d %s\n", i, chrdev_names[i]);
	seq_puts(m, "\nBlock devices:\n");
}

/* --- the tree --- */

/* A new dentry for name in the tree, its directory made if there is none and locked; its inode's mutex is the caller's to drop. */
static struct dentry *dev_dentry(const char *name, struct path *parent)
{
	const char *slash = strchr(name, '/');
	struct dentry *root = dev_mnt->mnt_root, *dir = dget(root), *d;

	if (slash) {
		dput(dir);
		dir = d_lookup(root, name, slash - name);
		if (!dir) {
			dir = d_alloc(root, root->d_sb, name, slash - name);
			if (!dir || root->d_inode->i_op->mknod(root->d_inode, dir, S_IFDIR | 0755, 0)) {
				dput(dir);
				return NULL;
			}
		}
		name = slash + 1;
	}
	mutex_lock(&dir->d_inode->i_mutex);
	d = d_alloc(dir, dir->d_sb, name, strlen(name));
	if (!d) {
		mutex_unlock(&dir->d_inode->i_mutex);
		dput(dir);
	} else {
		parent->mnt = dev_mnt;
		parent->dentry = dir;
		refcount_inc(&dev_mnt->mnt_count);
	}
	return d;
}

int devtmpfs_create(const char *name, mode_t mode, dev_t dev)
{
	struct path parent;
	struct dentry *d = dev_dentry(name, &parent);
	int err;

	if (!d)
		return -ENOMEM;
	err = vfs_mknod(&parent, d, mode & S_IFMT ? mode : S_IFCHR | mode, dev);
	done_path_create(&parent, d);
	return err;
}

int devtmpfs_symlink(const char *name, const char *target)
{
	struct path parent;
	struct dentry *d = dev_dentry(name, &parent);
	int err;

	if (!d)
		return -ENOMEM;
	err = parent.dentry->d_inode->i_op->symlink(parent.dentry->d_inode, d, target);
	done_path_create(&parent, d);
	return err;
}

static struct file_system_type devtmpfs_type = { .name = "devtmpfs", .single = true, .fill_super = ramfs_fill_super };

void devtmpfs_init(void)
{
	register_filesystem(&devtmpfs_type);
	dev_mnt = kern_mount(&devtmpfs_type);
	devtmpfs_symlink("fd", "/proc/self/fd");
	devtmpfs_symlink("stdin", "/proc/self/fd/0");
	devtmpfs_symlink("stdout", "/proc/self/fd/1");
	devtmpfs_symlink("stderr", "/proc/self/fd/2");
	devtmpfs_create("shm", S_IFDIR | 01777, 0);
}
