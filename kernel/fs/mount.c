/*
 * Mounts: which super_block's tree hangs where in which other. One tree of mounts for all tasks.
 *
 * Locks: mount_mutex for mounting and unmounting; dcache_lock for the list of mounts, so that a
 * path walk can cross them.
 */
#include "kernel/fs/internal.h"

static DEFINE_MUTEX(mount_mutex);
static LIST_HEAD(mounts);		/* dcache_lock */
static LIST_HEAD(file_systems);		/* mount_mutex */
static int next_mnt_id = 1;		/* mount_mutex */
static unsigned int next_dev = 16;	/* mount_mutex: minor of the next super_block; major 0 */
static struct vfsmount *root_mnt;

/* --- file system types and super_blocks --- */

void register_filesystem(struct file_system_type *type)
{
	guard(mutex)(&mount_mutex);
	list_add_tail(&type->list, &file_systems);
}

static struct file_system_type *find_type(const char *name)
{
	struct file_system_type *type;

	list_for_each_entry(type, &file_systems, list)
		if (!strcmp(type->name, name))
			return type;
	return NULL;
}

/* With a reference; mount_mutex held. ERR_PTR. */
static struct super_block *get_super(struct file_system_type *type, const char *data)
{
	struct super_block *sb = type->sb;
	int err;

	if (sb) {
		refcount_inc(&sb->s_active);
		return sb;
	}
	sb = kzalloc(sizeof(*sb), GFP_KERNEL);
	if (!sb)
		return ERR_PTR(-ENOMEM);
	sb->s_type = type;
	sb->s_dev = makedev(0, next_dev++);
	refcount_set(&sb->s_active, type->single ? 2 : 1);	/* a single one is kept for good */
	err = type->fill_super(sb, data ? data : "");
	if (err) {
		kfree(sb);
		return ERR_PTR(err);
	}
	if (type->single)
		type->sb = sb;
	return sb;
}

static void put_super(struct super_block *sb)
{
	if (!refcount_dec_and_test(&sb->s_active))
		return;
	d_genocide(sb->s_root);
	if (sb->s_root->d_pinned)
		dput(sb->s_root);
	kfree(sb);
}

/* --- mounts --- */

/* A file system of that type, in no place yet. mount_mutex held. ERR_PTR. */
static struct vfsmount *alloc_mount(struct file_system_type *type, const char *dev,
				    unsigned long flags, const char *data)
{
	struct vfsmount *mnt = kzalloc(sizeof(*mnt), GFP_KERNEL);
	char *name = kstrdup(dev, GFP_KERNEL);
	struct super_block *sb = mnt && name ? get_super(type, data) : ERR_PTR(-ENOMEM);

	if (IS_ERR(sb)) {
		kfree(mnt);
		kfree(name);
		return (void *)sb;
	}
	mnt->mnt_sb = sb;
	mnt->mnt_root = mnt->mnt_mountpoint = dget(sb->s_root);
	mnt->mnt_parent = mnt;
	mnt->mnt_devname = name;
	mnt->mnt_flags = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
	mnt->mnt_id = next_mnt_id++;
	refcount_set(&mnt->mnt_count, 1);
	INIT_LIST_HEAD(&mnt->mnt_list);
	return mnt;
}

void __mntput(struct vfsmount *mnt)
{
	dput(mnt->mnt_root);
	put_super(mnt->mnt_sb);
	kfree(mnt->mnt_devname);
	kfree(mnt);
}

struct vfsmount *kern_mount(struct file_system_type *type)
{
	struct vfsmount *mnt;

	guard(mutex)(&mount_mutex);
	mnt = alloc_mount(type, type->name, 0, NULL);
	if (IS_ERR(mnt))
		panic("VFS: cannot mount %s", type->name);
	return mnt;
}

/* What is mounted right on path, with a reference, or NULL. */
static struct vfsmount *lookup_mount(const struct path *path)
{
	struct vfsmount *mnt;

	guard(spinlock)(&dcache_lock);
	list_for_each_entry(mnt, &mounts, mnt_list)
		if (mnt->mnt_parent == path->mnt && mnt->mnt_mountpoint == path->dentry &&
		    mnt != path->mnt) {
			refcount_inc(&mnt->mnt_count);
			return mnt;
		}
	return NULL;
}

void follow_mount(struct path *path)
{
	struct vfsmount *mnt;

	while (READ_ONCE(path->dentry->d_mounted) && (mnt = lookup_mount(path))) {
		path_put(path);
		*path = (struct path){ mnt, dget(mnt->mnt_root) };
	}
}

bool follow_up(struct path *path)
{
	struct path up;

	scoped_guard(spinlock, &dcache_lock) {
		up = (struct path){ path->mnt->mnt_parent, path->mnt->mnt_mountpoint };
		if (up.mnt == path->mnt)
			return false;
		path_get(&up);
	}
	path_put(path);
	*path = up;
	return true;
}

/* Hangs mnt on path. mount_mutex held. */
static int attach_mount(struct vfsmount *mnt, const struct path *path)
{
	if (path->mnt->mnt_sb == mnt->mnt_sb && path->dentry == mnt->mnt_root)
		return -EBUSY;		/* the very same thing is there already */
	if (!S_ISDIR(path->dentry->d_inode->i_mode))
		return -ENOTDIR;
	if (d_unhashed(path->dentry))
		return -ENOENT;
	path_get(path);
	guard(spinlock)(&dcache_lock);
	mnt->mnt_parent = path->mnt;
	mnt->mnt_mountpoint = path->dentry;
	path->dentry->d_mounted++;
	list_add_tail(&mnt->mnt_list, &mounts);
	return 0;
}

/* No bind mounts, no changes to a mount, no propagation: EINVAL. */
#define MS_REFUSED                                                                                 \
	(MS_BIND | MS_REMOUNT | MS_MOVE | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

static int do_mount(const char *dev, const char *dir, const char *type, unsigned long flags,
	     const char *data)
{
	struct path path __cleanup(path_put) = { NULL, NULL };
	struct file_system_type *fs;
	struct vfsmount *mnt;
	int err = kern_path(dir, LOOKUP_FOLLOW, &path);

	if (err || (flags & MS_REFUSED))
		return err ? err : -EINVAL;
	guard(mutex)(&mount_mutex);
	fs = find_type(type);
	if (!fs)
		return -ENODEV;
	follow_mount(&path);
	mnt = alloc_mount(fs, *dev ? dev : "none", flags, data);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	err = attach_mount(mnt, &path);
	if (err)
		mntput(mnt);
	return err;
}

/* An optional string argument. */
static char *get_string(const char __user *s)
{
	return s ? getname(s) : kstrdup("", GFP_KERNEL);
}

SYSCALL_DEFINE(mount, char __user *udev, char __user *udir, char __user *utype, unsigned long flags,
	       void __user *udata)
{
	char *type __free(kfree) = get_string(utype), *dev __free(kfree) = get_string(udev);
	char *dir __free(kfree) = getname(udir), *data __free(kfree) = get_string(udata);
	char *all[] = { type, dev, dir, data };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (IS_ERR_OR_NULL(all[i]))
			return all[i] ? PTR_ERR(all[i]) : -ENOMEM;
	if (!capable())
		return -EPERM;
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(unsigned long)MS_MGC_MSK;
	return do_mount(dev, dir, type, flags, data);
}

/* --- unmounting --- */

static int do_umount(const struct path *path)
{
	struct vfsmount *mnt = path->mnt;
	struct path at;

	if (path->dentry != mnt->mnt_root || mnt == root_mnt)
		return -EINVAL;
	guard(mutex)(&mount_mutex);
	scoped_guard(spinlock, &dcache_lock) {
		if (mnt->mnt_parent == mnt)
			return -EINVAL;		/* was detached meanwhile */
		if (refcount_read(&mnt->mnt_count) > 2)
			/* more than the tree's reference and the caller's */
			return -EBUSY;
		list_del_init(&mnt->mnt_list);
		at = (struct path){ mnt->mnt_parent, mnt->mnt_mountpoint };
		mnt->mnt_parent = mnt;
		mnt->mnt_mountpoint = mnt->mnt_root;
		at.dentry->d_mounted--;
	}
	path_put(&at);
	mntput(mnt);
	return 0;
}

SYSCALL_DEFINE(umount2, char __user *name, int flags)
{
	struct path path __cleanup(path_put) = { NULL, NULL };

	if (flags & ~(MNT_FORCE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!capable())
		return -EPERM;
	return user_path_at(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path) ? :
	       do_umount(&path);
}

/* --- what there is --- */

/* The n-th mount with a reference, or NULL. */
static struct vfsmount *nth_mount(int n)
{
	struct vfsmount *mnt;

	guard(spinlock)(&dcache_lock);
	list_for_each_entry(mnt, &mounts, mnt_list)
		if (n-- == 0) {
			refcount_inc(&mnt->mnt_count);
			return mnt;
		}
	return NULL;
}

static void show_mount(struct seq_file *m, struct vfsmount *mnt, char *buf)
{
	struct super_block *sb = mnt->mnt_sb;
	struct path path = { mnt, mnt->mnt_root };
	char *where = d_path(&path, buf, PATH_MAX);

	if (IS_ERR(where))
		return;
	seq_escape(m, mnt->mnt_devname, " \t\n");
	seq_putc(m, ' ');
	seq_escape(m, where, " \t\n");
	seq_printf(m, " %s %s%s%s%s", sb->s_type->name, mnt_readonly(mnt) ? "ro" : "rw",
		   mnt->mnt_flags & MS_NOSUID ? ",nosuid" : "",
		   mnt->mnt_flags & MS_NODEV ? ",nodev" : "",
		   mnt->mnt_flags & MS_NOEXEC ? ",noexec" : "");
	if (sb->s_op && sb->s_op->show_options)
		sb->s_op->show_options(m, sb);
	seq_puts(m, " 0 0\n");
}

void show_mounts(struct seq_file *m)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct vfsmount *mnt;

	for (int i = 0; buf && (mnt = nth_mount(i)); i++) {
		show_mount(m, mnt, buf);
		mntput(mnt);
	}
	kfree(buf);
}

void show_filesystems(struct seq_file *m)
{
	struct file_system_type *type;

	guard(mutex)(&mount_mutex);
	list_for_each_entry(type, &file_systems, list)
		seq_printf(m, "nodev\t%s\n", type->name);
}

/* --- start --- */

static struct file_system_type rootfs_type = { .name = "rootfs", .fill_super = ramfs_fill_super };

static void mount_root(void)
{
	root_mnt = kern_mount(&rootfs_type);
	list_add_tail(&root_mnt->mnt_list, &mounts);
	init_fs.root = init_fs.pwd = (struct path){ root_mnt, root_mnt->mnt_root };
	path_get(&init_fs.root);
	path_get(&init_fs.pwd);
}

void vfs_init(void)
{
	files_init();
	ramfs_init();
	mount_root();
	devtmpfs_init();
	proc_init();
}

int prepare_namespace(void)
{
	int err = do_mknod(AT_FDCWD, "/dev", S_IFDIR | 0755, 0);

	if (!err || err == -EEXIST)
		err = do_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (err)
		pr_err("VFS: cannot mount /dev: error %d\n", err);
	return err;
}
