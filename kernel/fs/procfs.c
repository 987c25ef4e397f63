/*
 * The machine behind /proc and /sys: permanent entries in a tree made at boot, each a show function
 * or a link, and inodes made when they are looked up. Directories of tasks add their own lookup and
 * iterate (proc/pid.c).
 *
 * Locks: none. The tree of entries only grows, and only at boot; an entry is complete before it is
 * linked in.
 */
#include "kernel/fs/proc.h"

struct proc_dir_entry proc_root = { .name = "", .mode = S_IFDIR | 0555, .ino = 1 };
struct proc_dir_entry sysfs_root = {
	.name = "", .mode = S_IFDIR | 0555, .ino = 1, .iops = &proc_dir_iops, .fops = &proc_dir_fops
};

/* --- inodes --- */

static void proc_evict(struct inode *inode)
{
	struct proc_inode *info = inode->i_private;

	if (info && info->pid)
		put_pid(info->pid);
	kfree(info);
}

static const struct super_operations proc_sops = { .evict_inode = proc_evict };

static struct inode *proc_new_inode(struct super_block *sb, mode_t mode,
				    const struct inode_operations *iops,
				    const struct file_operations *fops,
				    const struct proc_inode *info)
{
	struct inode *inode = new_inode(sb, mode);
	struct proc_inode *copy = kmalloc(sizeof(*copy), GFP_KERNEL);

	if (!inode || !copy) {
		kfree(copy);
		iput(inode);
		return NULL;
	}
	*copy = *info;
	if (copy->pid)
		get_pid(copy->pid);
	inode->i_private = copy;
	inode->i_op = iops;
	inode->i_fop = fops;
	inode->i_uid = inode->i_gid = 0;
	inode->i_nlink = S_ISDIR(mode) ? 2 : 1;
	if (info->pde)
		inode->i_ino = info->pde->ino;
	return inode;
}

int proc_instantiate(struct dentry *d, mode_t mode, const struct inode_operations *iops,
		     const struct file_operations *fops, const struct proc_inode *info)
{
	struct inode *inode = proc_new_inode(d->d_sb, mode, iops, fops, info);

	if (!inode)
		return -ENOMEM;
	d_add(d, inode);
	return 0;
}

/* --- files and links --- */

static int proc_single_open(struct inode *inode, struct file *f)
{
	struct proc_dir_entry *pde = PROC_I(inode)->pde;

	return single_open(f, pde->show, pde->private);
}

static ssize_t proc_single_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct proc_dir_entry *pde = PROC_I(f->f_inode)->pde;
	size_t n = iov_iter_count(from);
	char line[PROC_LINE];
	int err;

	if (!pde->write || n >= sizeof(line))
		return -EINVAL;
	if (copy_from_iter(line, n, from) != n)
		return -EFAULT;
	line[n && line[n - 1] == '\n' ? n - 1 : n] = '\0';
	err = pde->write(pde->private, line);
	return err ? err : (ssize_t)n;
}

static const struct file_operations proc_single_fops = {
	.open = proc_single_open, .read = seq_read, .write = proc_single_write,
	.llseek = seq_lseek, .release = seq_release,
};

static int proc_readlink(struct dentry *d, char *buf, size_t size)
{
	const char *target = PROC_I(d->d_inode)->pde->target;
	size_t n = min(strlen(target), size);

	memcpy(buf, target, n);
	return n;
}

static const struct inode_operations proc_link_iops = { .readlink = proc_readlink };
static const struct inode_operations proc_file_iops = { .lookup = NULL };

/* --- directories --- */

int proc_lookup_pde(struct dentry *d, struct proc_dir_entry *dir)
{
	struct proc_dir_entry *e;

	for (e = smp_load_acquire(&dir->children); e; e = e->next)
		if (e->len == d->d_len && !memcmp(e->name, d->d_name, e->len))
			return proc_instantiate(d, e->mode, e->iops, e->fops,
						&(struct proc_inode){ .pde = e });
	return -ENOENT;
}

static int proc_dir_lookup(struct inode *dir, struct dentry *d)
{
	return proc_lookup_pde(d, PROC_I(dir)->pde);
}

bool proc_readdir_pde(struct file *f, struct dir_context *ctx, struct proc_dir_entry *dir)
{
	struct proc_dir_entry *e;
	loff_t nr = 2;

	if (!dir_emit_dots(f, ctx))
		return false;
	for (e = smp_load_acquire(&dir->children); e; e = e->next, nr++) {
		if (nr < ctx->pos)
			continue;
		if (!dir_emit(ctx, e->name, e->len, e->ino, e->mode >> 12))
			return false;
		ctx->pos = nr + 1;
	}
	return true;
}

static int proc_dir_iterate(struct file *f, struct dir_context *ctx)
{
	proc_readdir_pde(f, ctx, PROC_I(f->f_inode)->pde);
	return 0;
}

const struct inode_operations proc_dir_iops = { .lookup = proc_dir_lookup };
const struct file_operations proc_dir_fops = {
	.llseek = generic_file_llseek, .iterate = proc_dir_iterate,
};

/* --- making entries --- */

static struct proc_dir_entry *new_pde(struct proc_dir_entry *parent, const char *name,
				      unsigned int len, mode_t mode)
{
	static atomic_long_t next_ino = ATOMIC_LONG_INIT(0xf0000000L);
	struct proc_dir_entry *e = kzalloc(sizeof(*e), GFP_KERNEL);
	char *copy = kzalloc(len + 1, GFP_KERNEL);

	if (!e || !copy)
		panic("procfs: out of memory");
	memcpy(copy, name, len);
	*e = (struct proc_dir_entry){
		.name = copy, .len = len, .mode = mode, .parent = parent,
		.ino = atomic_long_inc_return(&next_ino), .iops = S_ISDIR(mode)	? &proc_dir_iops
			: S_ISLNK(mode) ? &proc_link_iops
					: &proc_file_iops,
		.fops = S_ISDIR(mode) ? &proc_dir_fops : &proc_single_fops,
	};
	return e;
}

static void link_pde(struct proc_dir_entry *e)
{
	struct proc_dir_entry **at = &e->parent->children;

	while (*at)
		at = &(*at)->next;
	smp_store_release(at, e);
}

/* The entry for the last component of path, not yet linked in; directories on the way are made. */
static struct proc_dir_entry *pde_at(struct proc_dir_entry *dir, const char *path, mode_t mode)
{
	const char *slash;
	struct proc_dir_entry *e;

	while ((slash = strchr(path, '/'))) {
		unsigned int len = slash - path;

		for (e = dir->children; e; e = e->next)
			if (e->len == len && !memcmp(e->name, path, len))
				break;
		if (!e) {
			e = new_pde(dir, path, len, S_IFDIR | 0555);
			link_pde(e);
		}
		dir = e;
		path = slash + 1;
	}
	return new_pde(dir, path, strlen(path), mode);
}

static void add(struct proc_dir_entry *root, const struct proc_file *file)
{
	struct proc_dir_entry *e = pde_at(root, file->path, S_IFREG | file->mode);

	e->show = file->show;
	e->write = file->write;
	e->private = file->private;
	if (file->fops)
		e->fops = file->fops;
	if (file->iops)
		e->iops = file->iops;
	link_pde(e);
}

void proc_add(const struct proc_file *file)
{
	add(&proc_root, file);
}

void sysfs_add(const struct proc_file *file)
{
	add(&sysfs_root, file);
}

void *proc_data(const struct inode *inode)
{
	return PROC_I(inode)->pde->private;
}

void proc_symlink(const char *path, const char *target, const struct inode_operations *iops)
{
	struct proc_dir_entry *e = pde_at(&proc_root, path, S_IFLNK | 0777);

	e->target = target;
	if (iops)
		e->iops = iops;
	link_pde(e);
}

/* --- the file systems --- */

static int fill_tree(struct super_block *sb, struct proc_dir_entry *root, unsigned long magic)
{
	sb->s_op = &proc_sops;
	sb->s_magic = magic;
	sb->s_root = d_make_root(sb, proc_new_inode(sb, root->mode, root->iops, root->fops,
						    &(struct proc_inode){ .pde = root }));
	return sb->s_root ? 0 : -ENOMEM;
}

static int proc_fill_super(struct super_block *sb, const char *data)
{
	return fill_tree(sb, &proc_root, PROC_SUPER_MAGIC);
}

static int sysfs_fill_super(struct super_block *sb, const char *data)
{
	return fill_tree(sb, &sysfs_root, SYSFS_MAGIC);
}

static struct file_system_type proc_type = { .name = "proc",
					     .single = true,
					     .fill_super = proc_fill_super };
static struct file_system_type sysfs_type = { .name = "sysfs",
					      .single = true,
					      .fill_super = sysfs_fill_super };

/* "0-3", as /sys writes sets of CPUs. */
static int show_cpus(struct seq_file *m, void *unused)
{
	if (nr_cpus > 1)
		seq_printf(m, "0-%d\n", nr_cpus - 1);
	else
		seq_puts(m, "0\n");
	return 0;
}

static const struct proc_file cpu_files[] = {
	{ .path = "devices/system/cpu/online", .mode = 0444, .show = show_cpus },
	{ .path = "devices/system/cpu/possible", .mode = 0444, .show = show_cpus },
	{ .path = "devices/system/cpu/present", .mode = 0444, .show = show_cpus },
};

void proc_init(void)
{
	register_filesystem(&proc_type);
	register_filesystem(&sysfs_type);
	proc_root_init();
	proc_pid_init();
	proc_sys_init();
	for (size_t i = 0; i < ARRAY_SIZE(cpu_files); i++)
		sysfs_add(&cpu_files[i]);
	link_pde(pde_at(&sysfs_root, "kernel", S_IFDIR | 0555));
	link_pde(pde_at(&sysfs_root, "fs/cgroup", S_IFDIR | 0555));	/* mount points */
}
