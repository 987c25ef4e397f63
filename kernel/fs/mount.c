/*
 * Mounts: which super_block's tree hangs where in which other. One tree of mounts for all tasks.
 *
 * Locks: mount_mutex for mounting and unmounting; dcache_lock for the list of mounts, so that a path walk can cross them.
 */
#include "kernel/fs/internal.h"

static DEFINE_MUTEX(mount_mutex);
static LIST_HEAD(mounts);		/* dcache_lock */
static LIST_HEAD(file_systems);		/* mount_mutex */
static int next_mnt_id = 1;		/* mount_mutex */
static unsigned int next_dev = 16;	/* mount_mutex: minor of the next super_block; major 0 */
struct vfsmount *root_mnt;

/* --- file system types and super_blocks --- */

void register_filesystem(struct file_system_type *type)
{
	mutex_lock(&mount_mutex);
	list_add_tail(&type->list, &file_systems);
	mutex_unlock(&mount_mutex);
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

/* Takes over the reference on sb (dropped on failure). mount_mutex held. */
static struct vfsmount *alloc_mount(struct super_block *sb, struct dentry *root, const char *dev, unsigned long flags)
{
	struct vfsmount *mnt = kzalloc(sizeof(*mnt), GFP_KERNEL);
	char *name = kstrdup(dev, GFP_KERNEL);

	if (!mnt || !name) {
		kfree(mnt);
		kfree(name);
		put_super(sb);
		return ERR_PTR(-ENOMEM);
	}
	mnt->mnt_sb = sb;
	mnt->mnt_root = mnt->mnt_mountpoint = dget(root);
	mnt->mnt_parent = mnt;
	mnt->mnt_devname = name;
	mnt->mnt_flags = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
	mnt->mnt_id = next_mnt_id++;
	refcount_set(&mnt->mnt_count, 1);
	INIT_LIST_HEAD(&mnt->mnt_list);
	return mnt;
}

void mntput(struct vfsmount *mnt)
{
	if (!mnt || !refcount_dec_and_test(&mnt->mnt_count))
		return;
	dput(mnt->mnt_root);
	put_super(mnt->mnt_sb);
	kfree(mnt->mnt_devname);
	kfree(mnt);
}

struct vfsmount *kern_mount(struct file_system_type *type)
{
	struct super_block *sb;
	struct vfsmount *mnt;

	mutex_lock(&mount_mutex);
	sb = get_super(type, NULL);
	mnt = IS_ERR(sb) ? (void *)sb : alloc_mount(sb, sb->s_root, type->name, 0);
	mutex_unlock(&mount_mutex);
	if (IS_ERR(mnt))
		panic("VFS: cannot mount %s", type->name);
	return mnt;
}

bool follow_mount(struct path *path)
{
	struct vfsmount *mnt;
	bool moved = false, found = true;

	while (found && READ_ONCE(path->dentry->d_mounted)) {
		found = false;
		spin_lock(&dcache_lock);
		list_for_each_entry(mnt, &mounts, mnt_list)
			if (mnt->mnt_parent == path->mnt && mnt->mnt_mountpoint == path->dentry && mnt != path->mnt) {
				refcount_inc(&mnt->mnt_count);
				found = true;
				break;
			}
		spin_unlock(&dcache_lock);
		if (found) {
			path_put(path);
			*path = (struct path){ mnt, dget(mnt->mnt_root) };
			moved = true;
		}
	}
	return moved;
}

bool follow_up(struct path *path)
{
	struct vfsmount *mnt = path->mnt;
	struct path up;

	spin_lock(&dcache_lock);
	up = (struct path){ mnt->mnt_parent, mnt->mnt_mountpoint };
	if (up.mnt != mnt)
		path_get(&up);
	spin_unlock(&dcache_lock);
	if (up.mnt == mnt)
		return false;
	path_put(path);
	*path = up;
	return true;
}

/* Hangs mnt on path. mount_mutex held. */
static int attach_mount(struct vfsmount *mnt, const struct path *path)
{
	if (path->mnt->mnt_sb == mnt->mnt_sb && path->mnt->mnt_root == path->dentry && path->dentry == mnt->mnt_root)
		return -EBUSY;		/* the very same thing is there already */
	if (S_ISDIR(path->dentry->d_inode->i_mode) != S_ISDIR(mnt->mnt_root->d_inode->i_mode))
		return -ENOTDIR;
	if (d_unhashed(path->dentry))
		return -ENOENT;
	path_get(path);
	spin_lock(&dcache_lock);
	mnt->mnt_parent = path->mnt;
	mnt->mnt_mountpoint = path->dentry;
	path->dentry->d_mounted++;
	list_add_tail(&mnt->mnt_list, &mounts);
	spin_unlock(&dcache_lock);
	return 0;
}

/* What is to be mounted, not yet attached; bind: a place to show again, or no dentry. mount_mutex held. */
static struct vfsmount *make_mount(const struct path *bind, const char *dev, const char *type, unsigned long flags,
				   const char *data)
{
	struct file_system_type *fs;
	struct super_block *sb;

	if (bind->dentry) {
		refcount_inc(&bind->mnt->mnt_sb->s_active);
		return alloc_mount(bind->mnt->mnt_sb, bind->dentry, bind->mnt->mnt_devname, bind->mnt->mnt_flags);
	}
	fs = find_type(type);
	if (!fs)
		return ERR_PTR(-ENODEV);
	sb = get_super(fs, data);
	return IS_ERR(sb) ? (void *)sb : alloc_mount(sb, sb->s_root, *dev ? dev : "none", flags);
}

static int do_remount(const struct path *path, unsigned long flags)
{
	if (path->dentry != path->mnt->mnt_root)
		return -EINVAL;
	path->mnt->mnt_flags = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
	return 0;
}

/* Bind mounts take one mount, not those below it (MS_REC has no effect); mounts do not propagate, so MS_SHARED is refused. */
int do_mount(const char *dev, const char *dir, const char *type, unsigned long flags, const char *data)
{
	struct vfsmount *mnt;
	struct path path, bind = { NULL, NULL };
	int err = kern_path(dir, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	if ((flags & (MS_BIND | MS_REMOUNT)) == MS_BIND)
		err = kern_path(dev, LOOKUP_FOLLOW, &bind);
	if (err)
		goto out;
	mutex_lock(&mount_mutex);
	follow_mount(&path);
	if (flags & MS_REMOUNT) {
		err = do_remount(&path, flags);
	} else if (flags & (MS_SHARED | MS_MOVE)) {
		err = -EINVAL;
	} else if (!(flags & (MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))) {
		mnt = make_mount(&bind, dev, type, flags, data);
		err = IS_ERR(mnt) ? PTR_ERR(mnt) : attach_mount(mnt, &path);
		if (err && !IS_ERR(mnt))
			mntput(mnt);
	}
	mutex_unlock(&mount_mutex);
	if (bind.dentry)
		path_put(&bind);
out:
	path_put(&path);
	return err;
}

/* An optional string argument. */
static char *get_string(const char __user *s)
{
	return s ? getname(s) : kstrdup("", GFP_KERNEL);
}

long sys_mount(char __user *udev, char __user *udir, char __user *utype, unsigned long flags, void __user *udata)
{
	char *type = get_string(utype), *dev = get_string(udev), *dir = getname(udir), *data = get_string(udata);
	char *all[] = { type, dev, dir, data };
	long err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all) && !err; i++)
		err = !all[i] ? -ENOMEM : IS_ERR(all[i]) ? PTR_ERR(all[i]) : 0;
	if (!err && !capable())
		err = -EPERM;
	if (!err) {
		if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
			flags &= ~(unsigned long)MS_MGC_MSK;
		err = do_mount(dev, dir, type, flags, data);
	}
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!IS_ERR(all[i]))
			kfree(all[i]);
	return err;
}

/* --- unmounting --- */

/* Takes mnt and all mounts on top of it out of the tree, onto gone. dcache_lock held. */
static void collect_mounts(struct vfsmount *mnt, struct list_head *gone)
{
	struct vfsmount *g, *m, *n;

	list_move_tail(&mnt->mnt_list, gone);
	list_for_each_entry(g, gone, mnt_list)
		list_for_each_entry_safe(m, n, &mounts, mnt_list)
			if (m->mnt_parent == g)
				list_move_tail(&m->mnt_list, gone);
}

static void release_mounts(struct list_head *gone)
{
	struct vfsmount *mnt;
	struct path at;

	while (!list_empty(gone)) {
		mnt = list_first_entry(gone, struct vfsmount, mnt_list);
		spin_lock(&dcache_lock);
		list_del_init(&mnt->mnt_list);
		at = (struct path){ mnt->mnt_parent, mnt->mnt_mountpoint };
		mnt->mnt_parent = mnt;
		mnt->mnt_mountpoint = mnt->mnt_root;
		at.dentry->d_mounted--;
		spin_unlock(&dcache_lock);
		path_put(&at);
		mntput(mnt);
	}
}

static int do_umount(const struct path *path, int flags)
{
	struct vfsmount *mnt = path->mnt;
	LIST_HEAD(gone);
	int err = 0;

	if (path->dentry != mnt->mnt_root || mnt == root_mnt)
		return -EINVAL;
	mutex_lock(&mount_mutex);
	spin_lock(&dcache_lock);
	if (mnt->mnt_parent == mnt)
		err = -EINVAL;		/* was detached meanwhile */
	else if (!(flags & MNT_DETACH) && refcount_read(&mnt->mnt_count) > 2)
		err = -EBUSY;		/* more than the tree's reference and the caller's */
	else
		collect_mounts(mnt, &gone);
	spin_unlock(&dcache_lock);
	mutex_unlock(&mount_mutex);
	release_mounts(&gone);
	return err;
}

long sys_umount2(char __user *name, int flags)
{
	struct path path;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!capable())
		return -EPERM;
	err = user_path_at(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = flags & MNT_EXPIRE ? -EINVAL : do_umount(&path, flags);
	path_put(&path);
	return err;
}

/* --- what there is --- */

/* The n-th mount with a reference, or NULL. */
static struct vfsmount *nth_mount(int n)
{
	struct vfsmount *mnt;

	spin_lock(&dcache_lock);
	list_for_each_entry(mnt, &mounts, mnt_list)
		if (n-- == 0) {
			refcount_inc(&mnt->mnt_count);
			spin_unlock(&dcache_lock);
			return mnt;
		}
	spin_unlock(&dcache_lock);
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
	seq_printf(m, " %s %s%s%s%s", sb->s_type->name, mnt_readonly(mnt) ? "ro" : "rw", mnt->mnt_flags & MS_NOSUID ? ",nosuid" : "",
		   mnt->mnt_flags & MS_NODEV ? ",nodev" : "", mnt->mnt_flags & MS_NOEXEC ? ",noexec" : "");
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

	mutex_lock(&mount_mutex);
	list_for_each_entry(type, &file_systems, list)
		seq_printf(m, "nodev\t%s\n", type->name);
	mutex_unlock(&mount_mutex);
}

/* --- start --- */

static struct file_system_type rootfs_type = { .name = "rootfs", .fill_super = ramfs_fill_super };

static void mount_root(void)
{
	struct path root;

	root_mnt = kern_mount(&rootfs_type);
	list_add_tail(&root_mnt->mnt_list, &mounts);
	root = (struct path){ root_mnt, root_mnt->mnt_root };
	path_get(&root);
	init_fs.root = root;
	path_get(&root);
	init_fs.pwd = root;
}

void vfs_init(void)
{
	dcache_init();
	inode_init();
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
