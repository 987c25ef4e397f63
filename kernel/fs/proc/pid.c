/*
 * /proc/PID and /proc/PID/task/TID: one directory of the same entries for each task (base of the tree; what the files say is in
 * proc/task.c and proc/mem.c). An inode remembers a struct pid, never a task: when the task is gone, lookups fail and reads say ESRCH.
 *
 * Locks: tasklist_lock (irqs off) to walk tasks; alloc_lock, file_lock inside the functions that reach a task's tables.
 */
#include "kernel/fs/proc.h"
#include "kernel/fs/proc/pid.h"

/* --- one entry --- */

static int pid_entry_show(struct seq_file *m, void *inode)
{
	struct task_struct *p = proc_task(inode);
	int err = -ESRCH;

	if (p) {
		err = PROC_I(inode)->entry->show(m, p);
		put_task_struct(p);
	}
	return err;
}

static int pid_entry_open(struct inode *inode, struct file *f)
{
	return single_open(f, pid_entry_show, inode);
}

static const struct file_operations pid_entry_fops = {
	.open = pid_entry_open, .read = seq_read, .llseek = seq_lseek, .release = seq_release,
};

static bool pid_alive(struct dentry *d)
{
	struct task_struct *p = proc_task(d->d_inode);

	if (p)
		put_task_struct(p);
	return p;
}

static int pid_get_link(struct dentry *d, struct path *to)
{
	struct task_struct *p = proc_task(d->d_inode);
	int err = -ENOENT;

	if (p) {
		err = PROC_I(d->d_inode)->entry->link(p, to);
		put_task_struct(p);
	}
	return err;
}

static const struct inode_operations pid_file_iops = { .d_revalidate = pid_alive };
const struct inode_operations proc_pid_link_iops = { .get_link_path = pid_get_link, .d_revalidate = pid_alive };

/* An inode that belongs to the task's user. */
static int pid_instantiate(struct dentry *d, mode_t mode, const struct inode_operations *iops, const struct file_operations *fops,
			   const struct proc_inode *info)
{
	int err = proc_instantiate(d, mode, iops, fops, info);
	struct task_struct *p = err ? NULL : proc_task(d->d_inode);
	const struct cred *cred;

	if (p) {
		cred = get_task_cred(p);
		d->d_inode->i_uid = cred->euid;
		d->d_inode->i_gid = cred->egid;
		put_cred(cred);
		put_task_struct(p);
	}
	return err;
}

/* --- the directory of a task --- */

static int lookup_entry(struct inode *dir, struct dentry *d, const struct pid_entry *e)
{
	for (; e->name; e++)
		if (!strcmp(e->name, d->d_name))
			break;
	if (!e->name)
		return -ENOENT;
	return pid_instantiate(d, e->mode, e->iops ? e->iops : e->link ? &proc_pid_link_iops : &pid_file_iops,
			       e->fops ? e->fops : &pid_entry_fops, &(struct proc_inode){ .pid = PROC_I(dir)->pid, .entry = e });
}

static int iterate_entries(struct file *f, struct dir_context *ctx, const struct pid_entry *e)
{
	if (!dir_emit_dots(f, ctx))
		return 0;
	for (e += ctx->pos - 2; e->name; e++, ctx->pos++)
		if (!dir_emit(ctx, e->name, strlen(e->name), f->f_inode->i_ino + ctx->pos, e->mode >> 12))
			break;
	return 0;
}

static int tid_lookup(struct inode *dir, struct dentry *d)
{
	return lookup_entry(dir, d, proc_tid_entries);
}

static int tid_iterate(struct file *f, struct dir_context *ctx)
{
	return pid_alive(f->f_path.dentry) ? iterate_entries(f, ctx, proc_tid_entries) : -ENOENT;
}

static const struct inode_operations tid_iops = { .lookup = tid_lookup, .d_revalidate = pid_alive };
static const struct file_operations tid_fops = { .read = generic_read_dir, .llseek = generic_file_llseek, .iterate = tid_iterate };

/* --- /proc/PID/task --- */

static int task_lookup(struct inode *dir, struct dentry *d)
{
	struct task_struct *leader = proc_task(dir), *p = NULL;
	struct pid *pid = NULL;
	unsigned int nr;
	int err = -ENOENT;

	if (leader && parse_number(d->d_name, d->d_len, &nr))
		pid = find_get_pid(nr);
	if (pid)
		p = get_pid_task(pid, PIDTYPE_PID);
	if (p && same_thread_group(p, leader))
		err = pid_instantiate(d, S_IFDIR | 0555, &tid_iops, &tid_fops, &(struct proc_inode){ .pid = pid });
	if (p)
		put_task_struct(p);
	if (pid)
		put_pid(pid);
	if (leader)
		put_task_struct(leader);
	return err;
}

#define TID_BATCH 128

/* Copies the numbers of threads skip, skip + 1, ... of p's group. How many. */
static int collect_tids(struct task_struct *p, long skip, int *tids)
{
	const struct pid_namespace *ns = task_active_pid_ns(current);
	struct task_struct *t;
	unsigned long flags;
	int n = 0;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (p->sighand)
		for_each_thread(p, t)
			if (skip-- <= 0 && n < TID_BATCH)
				tids[n++] = pid_nr_ns(t->thread_pid, ns);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return n;
}

static bool emit_number(struct dir_context *ctx, unsigned int nr, unsigned int type)
{
	char name[12];

	return dir_emit(ctx, name, snprintf(name, sizeof(name), "%u", nr), nr + 0x10000UL, type);
}

static int task_iterate(struct file *f, struct dir_context *ctx)
{
	struct task_struct *p = proc_task(f->f_inode);
	int tids[TID_BATCH], n;

	if (!p)
		return -ENOENT;
	if (!dir_emit_dots(f, ctx))
		goto out;
	while ((n = collect_tids(p, ctx->pos - 2, tids)) > 0)
		for (int i = 0; i < n; i++, ctx->pos++)
			if (!emit_number(ctx, tids[i], DT_DIR))
				goto out;
out:
	put_task_struct(p);
	return 0;
}

const struct inode_operations proc_task_iops = { .lookup = task_lookup, .d_revalidate = pid_alive };
const struct file_operations proc_task_fops = { .read = generic_read_dir, .llseek = generic_file_llseek, .iterate = task_iterate };

/* --- /proc/PID/fd, fdinfo --- */

static struct file *task_file(const struct inode *inode, unsigned int fd)
{
	struct task_struct *p = proc_task(inode);
	struct files_struct *files = p ? get_task_files(p) : NULL;
	struct file *f = NULL;

	if (files) {
		spin_lock(&files->file_lock);
		f = fd < files->max_fds ? files->fd[fd] : NULL;
		if (f)
			get_file(f);
		spin_unlock(&files->file_lock);
		put_files_struct(files);
	}
	if (p)
		put_task_struct(p);
	return f;
}

static bool fd_alive(struct dentry *d)
{
	struct file *f = task_file(d->d_inode, PROC_I(d->d_inode)->fd);

	if (f)
		fput(f);
	return f;
}

static int fd_get_link(struct dentry *d, struct path *to)
{
	struct file *f = task_file(d->d_inode, PROC_I(d->d_inode)->fd);

	if (!f)
		return -ENOENT;
	*to = f->f_path;
	path_get(to);
	fput(f);
	return 0;
}

static int fdinfo_show(struct seq_file *m, void *inode)
{
	struct file *f = task_file(inode, PROC_I(inode)->fd);

	if (!f)
		return -ENOENT;
	seq_printf(m, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\n", f->f_pos, f->f_flags,
		   f->f_path.mnt ? f->f_path.mnt->mnt_id : 0, f->f_inode->i_ino);
	if (f->f_op->show_fdinfo)
		f->f_op->show_fdinfo(m, f);
	fput(f);
	return 0;
}

static int fdinfo_open(struct inode *inode, struct file *f)
{
	return single_open(f, fdinfo_show, inode);
}

static const struct inode_operations fd_link_iops = { .get_link_path = fd_get_link, .d_revalidate = fd_alive };
static const struct inode_operations fdinfo_iops = { .d_revalidate = fd_alive };
static const struct file_operations fdinfo_fops = { .open = fdinfo_open, .read = seq_read, .llseek = seq_lseek, .release = seq_release };

static int lookup_fd(struct inode *dir, struct dentry *d, bool link)
{
	unsigned int fd;
	struct file *f = parse_number(d->d_name, d->d_len, &fd) ? task_file(dir, fd) : NULL;
	struct proc_inode info = { .pid = PROC_I(dir)->pid, .fd = fd };
	mode_t mode;

	if (!f)
		return -ENOENT;
	mode = S_IFLNK | (f->f_mode & FMODE_READ ? 0500 : 0) | (f->f_mode & FMODE_WRITE ? 0300 : 0);
	fput(f);
	return link ? pid_instantiate(d, mode, &fd_link_iops, NULL, &info) :
		      pid_instantiate(d, S_IFREG | 0444, &fdinfo_iops, &fdinfo_fops, &info);
}

static int fd_lookup(struct inode *dir, struct dentry *d)
{
	return lookup_fd(dir, d, true);
}

static int fdinfo_lookup(struct inode *dir, struct dentry *d)
{
	return lookup_fd(dir, d, false);
}

static bool fd_is_open(struct files_struct *files, unsigned long fd)
{
	bool open;

	spin_lock(&files->file_lock);
	open = fd < files->max_fds && files->fd[fd];
	spin_unlock(&files->file_lock);
	return open;
}

static int fd_iterate(struct file *f, struct dir_context *ctx)
{
	struct task_struct *p = proc_task(f->f_inode);
	struct files_struct *files = p ? get_task_files(p) : NULL;
	unsigned int type = PROC_I(f->f_inode)->entry->iops == &proc_fd_iops ? DT_LNK : DT_REG;

	if (!files || !dir_emit_dots(f, ctx))
		goto out;
	for (; (unsigned long)ctx->pos - 2 < READ_ONCE(files->max_fds); ctx->pos++)
		if (fd_is_open(files, ctx->pos - 2) && !emit_number(ctx, ctx->pos - 2, type))
			break;
out:
	put_files_struct(files);
	if (p)
		put_task_struct(p);
	return p ? 0 : -ENOENT;
}

const struct inode_operations proc_fd_iops = { .lookup = fd_lookup, .d_revalidate = pid_alive };
const struct inode_operations proc_fdinfo_iops = { .lookup = fdinfo_lookup, .d_revalidate = pid_alive };
const struct file_operations proc_fd_fops = { .read = generic_read_dir, .llseek = generic_file_llseek, .iterate = fd_iterate };

/* --- /proc/PID, and /proc itself --- */

static int tgid_lookup(struct inode *dir, struct dentry *d)
{
	return lookup_entry(dir, d, proc_tgid_entries);
}

static int tgid_iterate(struct file *f, struct dir_context *ctx)
{
	return pid_alive(f->f_path.dentry) ? iterate_entries(f, ctx, proc_tgid_entries) : -ENOENT;
}

static const struct inode_operations tgid_iops = { .lookup = tgid_lookup, .d_revalidate = pid_alive };
static const struct file_operations tgid_fops = { .read = generic_read_dir, .llseek = generic_file_llseek, .iterate = tgid_iterate };

bool parse_number(const char *name, unsigned int len, unsigned int *nr)
{
	*nr = 0;
	if (!len || len > 9 || (len > 1 && *name == '0'))
		return false;
	for (unsigned int i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		*nr = *nr * 10 + (name[i] - '0');
	}
	return true;
}

static int root_lookup(struct inode *dir, struct dentry *d)
{
	int err = proc_lookup_pde(d, &proc_root);
	struct task_struct *p;
	struct pid *pid;
	unsigned int nr;

	if (err != -ENOENT || !parse_number(d->d_name, d->d_len, &nr))
		return err;
	pid = find_get_pid(nr);
	if (!pid)
		return err;
	p = get_pid_task(pid, PIDTYPE_PID);
	if (p) {
		err = pid_instantiate(d, S_IFDIR | 0555, &tgid_iops, &tgid_fops, &(struct proc_inode){ .pid = pid });
		put_task_struct(p);
	}
	put_pid(pid);
	return err;
}

/* The process with the lowest number >= nr, or 0. */
static unsigned int next_tgid(unsigned int nr)
{
	const struct pid_namespace *ns = task_active_pid_ns(current);
	struct task_struct *p;
	bool leader;

	for (;; nr++) {
		nr = find_next_bit(ns->map, PID_MAX_LIMIT, max(nr, 1u));
		if (nr >= PID_MAX_LIMIT)
			return 0;
		p = find_get_task_by_vpid(nr);
		if (!p)
			continue;
		leader = p == p->group_leader;
		put_task_struct(p);
		if (leader)
			return nr;
	}
}

static int root_iterate(struct file *f, struct dir_context *ctx)
{
	unsigned int nr;

	if (ctx->pos < PROC_DYNAMIC_POS && !proc_readdir_pde(f, ctx, &proc_root))
		return 0;
	ctx->pos = max_t(loff_t, ctx->pos, PROC_DYNAMIC_POS);
	while ((nr = next_tgid(ctx->pos - PROC_DYNAMIC_POS))) {
		ctx->pos = nr + PROC_DYNAMIC_POS;
		if (!emit_number(ctx, nr, DT_DIR))
			break;
		ctx->pos++;
	}
	return 0;
}

static const struct inode_operations root_iops = { .lookup = root_lookup };
static const struct file_operations root_fops = { .read = generic_read_dir, .llseek = generic_file_llseek, .iterate = root_iterate };

void proc_pid_init(void)
{
	proc_root.iops = &root_iops;
	proc_root.fops = &root_fops;
}
