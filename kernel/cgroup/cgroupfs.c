/*
 * The file system cgroup2: a directory for each group, made and removed with mkdir and rmdir, and
 * in it a file for each thing to know or to do. There is one tree, however often it is mounted; its
 * names stand in the dentries, as in ramfs.
 *
 * Locks: i_mutex of a directory for the groups in it, the parent's before the child's; inside it
 * tasklist_lock.
 */
#include "kernel/cgroup/internal.h"
#include "kernel/fs/fs.h"
#include "libk/printf.h"

#define CGROUP2_SUPER_MAGIC 0x63677270
#define MAX_DEPTH 32

/* One kind of file. A missing half cannot be read, or not be written. */
struct cftype {
	const char *name;
	void (*show)(struct seq_file *m, struct cgroup *c);
	int (*write)(struct cgroup *c, char *text);	/* one line: 0 or -errno */
	bool not_on_root;
	bool cpu;			/* only with the controller */
};

/* inode->i_private of a file; of a directory it is the group. */
struct cgroup_file {
	struct cgroup *cgroup;		/* with a reference */
	const struct cftype *type;
};

/* --- what the files do --- */

/* tasklist_lock held: the live threads of c, or of c and below. */
#define for_each_in(c, below, p, t)							\
	for_each_process(p)								\
		for_each_thread(p, t)							\
			if (!(t)->exit_state &&						\
			    ((below) ? cgroup_below((t)->cgroup, c) : (t)->cgroup == (c)))

static void show_procs(struct seq_file *m, struct cgroup *c)
{
	struct task_struct *p, *t, *last = NULL;

	guard(spinlock_irqsave)(&tasklist_lock);
	for_each_in(c, false, p, t) {
		if (p != last)		/* all threads of a process are together */
			seq_printf(m, "%d\n", task_pid_vnr(p));
		last = p;
	}
}

static void show_threads(struct seq_file *m, struct cgroup *c)
{
	struct task_struct *p, *t;

	guard(spinlock_irqsave)(&tasklist_lock);
	for_each_in(c, false, p, t)
		seq_printf(m, "%d\n", task_pid_vnr(t));
}

static int write_procs(struct cgroup *c, char *text)
{
	long pid;

	return kstrtol(text, &pid) || pid < 0 || pid > PID_MAX_LIMIT ? -EINVAL
								    : cgroup_attach(c, (pid_t)pid);
}

static void show_controllers(struct seq_file *m, struct cgroup *c)
{
	seq_puts(m, c->tg ? "cpu\n" : "\n");
}

static void show_subtree(struct seq_file *m, struct cgroup *c)
{
	seq_puts(m, c->subtree_cpu ? "cpu\n" : "\n");
}

static void show_events(struct seq_file *m, struct cgroup *c)
{
	struct task_struct *p, *t;
	bool populated = false;

	guard(spinlock_irqsave)(&tasklist_lock);
	for_each_in(c, true, p, t)
		populated = true;
	seq_printf(m, "populated %d\nfrozen 0\n", populated);
}

/* A fork that is under way sees its parent's signal and gives up (publish() in fork.c). */
static int write_kill(struct cgroup *c, char *text)
{
	struct task_struct *p, *t;
	long value;

	if (kstrtol(text, &value) || value != 1)
		return -EINVAL;
	guard(spinlock_irqsave)(&tasklist_lock);
	for_each_in(c, true, p, t)
		do_send_sig_info(SIGKILL, SEND_SIG_PRIV, t, true);
	return 0;
}

static void show_weight(struct seq_file *m, struct cgroup *c)
{
	seq_printf(m, "%lu\n", c->weight);
}

static int write_weight(struct cgroup *c, char *text)
{
	long weight;

	if (kstrtol(text, &weight))
		return -EINVAL;
	if (weight < 1 || weight > 10000)
		return -ERANGE;
	guard(spinlock_irqsave)(&tasklist_lock);
	if (!c->tg)
		return -ENODEV;
	c->weight = (unsigned long)weight;
	sched_group_set_weight(c->tg, c->weight);
	return 0;
}

static int write_subtree(struct cgroup *c, char *text);

static const struct cftype cftypes[] = {
	{ "cgroup.controllers", show_controllers, NULL, false, false },
	{ "cgroup.events", show_events, NULL, true, false },
	{ "cgroup.kill", NULL, write_kill, true, false },
	{ "cgroup.procs", show_procs, write_procs, false, false },
	{ "cgroup.subtree_control", show_subtree, write_subtree, false, false },
	{ "cgroup.threads", show_threads, NULL, false, false },
	{ "cpu.weight", show_weight, write_weight, true, true },
};

/* --- files --- */

static int cgroup_file_show(struct seq_file *m, void *private)
{
	struct cgroup_file *cf = private;

	if (READ_ONCE(cf->cgroup->dead))
		return -ENODEV;
	cf->type->show(m, cf->cgroup);
	return 0;
}

static int cgroup_file_open(struct inode *inode, struct file *f)
{
	struct cgroup_file *cf = inode->i_private;

	if (!cf->type->show && f->f_mode & FMODE_READ)
		return -EINVAL;
	return single_open(f, cgroup_file_show, cf);
}

static ssize_t cgroup_file_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct cgroup_file *cf = f->f_inode->i_private;
	size_t n = iov_iter_count(from);
	char text[64];
	int err;

	if (n >= sizeof(text) || !cf->type->write)
		return -EINVAL;
	if (copy_from_iter(text, n, from) != n)
		return -EFAULT;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	err = READ_ONCE(cf->cgroup->dead) ? -ENODEV : cf->type->write(cf->cgroup, text);
	return err ? err : (ssize_t)n;
}

static const struct file_operations cgroup_file_fops = {
	.open = cgroup_file_open, .read = seq_read, .write = cgroup_file_write,
	.llseek = seq_lseek, .release = seq_release,
};
static const struct inode_operations cgroup_file_iops = { .lookup = NULL };

static int add_file(struct cgroup *c, const struct cftype *type)
{
	struct dentry *dir = c->dentry;
	struct dentry *d __free(dput) = d_alloc(dir, dir->d_sb, type->name, strlen(type->name));
	mode_t mode = (type->show ? 0444 : 0) | (type->write ? 0200 : 0);
	struct inode *inode = d ? new_inode(dir->d_sb, S_IFREG | mode) : NULL;
	struct cgroup_file *cf = inode ? kmalloc(sizeof(*cf), GFP_KERNEL) : NULL;

	if (!cf) {
		iput(inode);
		return -ENOMEM;
	}
	refcount_inc(&c->refs);
	*cf = (struct cgroup_file){ c, type };
	inode->i_private = cf;
	inode->i_op = &cgroup_file_iops;
	inode->i_fop = &cgroup_file_fops;
	d_add(d, inode);
	return 0;
}

static int add_files(struct cgroup *c, bool cpu)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cftypes) && !err; i++)
		if (cftypes[i].cpu == cpu && (c->parent || !cftypes[i].not_on_root))
			err = add_file(c, &cftypes[i]);
	return err;
}

/* --- the controller, on and off --- */

static int child_set_cpu(struct cgroup *c, bool on)
{
	struct dentry *weight = d_lookup(c->dentry, "cpu.weight", 10);
	int err = cgroup_set_cpu(c, on);

	if (!err && on)
		err = add_files(c, true);
	if (!on && weight)
		d_drop(weight);
	dput(weight);
	return err;
}

/* i_mutex held. */
static int set_subtree_cpu(struct cgroup *c, bool on)
{
	struct cgroup *child;
	int err = 0;

	if (c->subtree_cpu == on)
		return 0;
	list_for_each_entry(child, &c->children, sibling)
		if (!on && child->subtree_cpu)
			return -EBUSY;
	scoped_guard(spinlock_irqsave, &tasklist_lock) {
		if (c->dead || !c->tg)
			return c->dead ? -ENODEV : -ENOENT;
		if (on && c->parent && c->nr_tasks)
			return -EBUSY;	/* its own tasks would compete with its groups */
		c->subtree_cpu = on;
	}
	list_for_each_entry(child, &c->children, sibling) {
		err = child_set_cpu(child, on);
		if (err)
			break;
	}
	if (err && on)
		set_subtree_cpu(c, false);
	return err;
}

/* "+cpu", "-cpu" */
static int write_subtree(struct cgroup *c, char *text)
{
	const char *words[8];
	int err = 0, n = argv_split(text, words, ARRAY_SIZE(words));

	guard(mutex)(&c->dentry->d_inode->i_mutex);
	for (int i = 0; i < n; i++)
		if (strcmp(words[i] + 1, "cpu") || (*words[i] != '+' && *words[i] != '-'))
			return -EINVAL;
	for (int i = 0; i < n && !err; i++)
		err = set_subtree_cpu(c, *words[i] == '+');
	return err;
}

/* --- directories --- */

static struct cgroup *dir_cgroup(const struct inode *dir)
{
	return dir->i_private;
}

static int cgroup_rmdir(struct inode *dir, struct dentry *d)
{
	struct cgroup *c = dir_cgroup(d->d_inode);

	scoped_guard(spinlock_irqsave, &tasklist_lock) {
		if (c->nr_tasks || !list_empty(&c->children))
			return -EBUSY;
		c->dead = true;
	}
	if (c->tg)
		cgroup_set_cpu(c, false);
	list_del_init(&c->sibling);
	d_genocide(d);
	d->d_inode->i_nlink = 0;
	dir->i_nlink--;
	return 0;
}

static const struct inode_operations cgroup_dir_iops;

static struct inode *dir_inode(struct super_block *sb, struct cgroup *c)
{
	struct inode *inode = new_inode(sb, S_IFDIR | 0755);

	if (!inode)
		return NULL;
	refcount_inc(&c->refs);
	inode->i_private = c;
	inode->i_op = &cgroup_dir_iops;
	inode->i_fop = &ramfs_dir_fops;
	inode->i_nlink = 2;
	return inode;
}

/* mkdir. Linux too forbids depths that would make the walk upwards a burden, if asked to. */
static int cgroup_mkdir(struct inode *dir, struct dentry *d, mode_t mode, dev_t dev)
{
	struct cgroup *parent = dir_cgroup(dir), *c = parent;
	struct inode *inode;
	int depth = 0, err;

	if (!S_ISDIR(mode))
		return -EPERM;
	for (; c; c = c->parent)
		if (++depth > MAX_DEPTH)
			return -EAGAIN;
	c = cgroup_alloc(parent, d->d_name, d->d_len);
	inode = c ? dir_inode(d->d_sb, c) : NULL;
	put_cgroup(c);			/* the inode's, and its files', is what is left */
	if (!inode)
		return -ENOMEM;
	d_add(d, inode);
	c->dentry = d;
	dir->i_nlink++;
	list_add_tail(&c->sibling, &parent->children);
	err = add_files(c, false);
	if (!err && parent->subtree_cpu)
		err = child_set_cpu(c, true);
	if (err) {
		cgroup_rmdir(dir, d);
		d_drop(d);
	}
	return err;
}

static const struct inode_operations cgroup_dir_iops = {
	.mknod = cgroup_mkdir, .rmdir = cgroup_rmdir,
};

struct cgroup *cgroup_get_from_fd(unsigned int fd)
{
	CLASS(fd_raw, f)(fd);
	struct cgroup *c;
	int err;

	if (!f.file || f.file->f_inode->i_op != &cgroup_dir_iops)
		return ERR_PTR(-EBADF);
	err = inode_permission(f.file->f_inode, MAY_WRITE);
	if (err)
		return ERR_PTR(err);
	c = dir_cgroup(f.file->f_inode);
	refcount_inc(&c->refs);
	return c;
}

/* --- the file system --- */

static void cgroup_evict(struct inode *inode)
{
	struct cgroup_file *cf = inode->i_private;

	if (S_ISDIR(inode->i_mode)) {
		put_cgroup(inode->i_private);
	} else if (cf) {
		put_cgroup(cf->cgroup);
		kfree(cf);
	}
}

static const struct super_operations cgroup_sops = { .evict_inode = cgroup_evict };

static int cgroup_fill_super(struct super_block *sb, const char *data)
{
	sb->s_op = &cgroup_sops;
	sb->s_magic = CGROUP2_SUPER_MAGIC;
	sb->s_root = cgrp_root.dentry = d_make_root(sb, dir_inode(sb, &cgrp_root));
	if (!sb->s_root)
		return -ENOMEM;
	sb->s_root->d_pinned = true;
	return add_files(&cgrp_root, false);
}

static struct file_system_type cgroup2_type = { .name = "cgroup2", .single = true,
						.fill_super = cgroup_fill_super };

void cgroup_init(void)
{
	register_filesystem(&cgroup2_type);
}
