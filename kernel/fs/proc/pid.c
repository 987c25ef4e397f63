/*
 * /proc/PID and /proc/PID/task/TID: one directory of the same entries for each task (base of the
 * tree; what the files say is in proc/task.c and proc/mem.c). An inode remembers a struct pid,
 * never a task: when the task is gone, lookups fail and reads say ESRCH.
 *
 * Locks: tasklist_lock (irqs off) to walk tasks; alloc_lock, file_lock inside the functions that
 * reach a task's tables.
 */
#include "kernel/fs/proc.h"
#include "kernel/fs/proc/pid.h"

/* --- one entry --- */

/*
 * A thread that executes a program takes over the number of its process. Who looked the task up
 * just before would show it under the number that it had: then proc_take_snapshot() says -EAGAIN,
 * and the number is looked up again. (That takes another exec each time, so it ends.)
 */
static int pid_entry_show(struct seq_file *m, void *inode)
{
	int err;

	do {
		struct task_struct *p __free(task) = proc_task(inode);

		err = p ? PROC_I(inode)->entry->show(m, p) : -ESRCH;
	} while (err == -EAGAIN);
	return err;
}

static int pid_entry_open(struct inode *inode, struct file *f)
{
	return single_open(f, pid_entry_show, inode);
}

static ssize_t pid_entry_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct task_struct *p __free(task) = proc_task(f->f_inode);
	const struct pid_entry *e = PROC_I(f->f_inode)->entry;
	size_t n = iov_iter_count(from), len = min_t(size_t, n, PROC_WRITE_MAX);
	char text[PROC_WRITE_MAX + 1] = "";
	int err;

	if (!p || !e->write)
		return p ? -EINVAL : -ESRCH;
	if (copy_from_iter(text, len, from) != len)
		return -EFAULT;
	err = e->write(p, text);
	return err ? err : (ssize_t)n;
}

static const struct file_operations pid_entry_fops = {
	.open = pid_entry_open, .read = seq_read, .write = pid_entry_write, .llseek = seq_lseek,
	.release = seq_release,
};

static bool pid_alive(struct dentry *d)
{
	struct task_struct *p __free(task) = proc_task(d->d_inode);

	return p;
}

static int pid_get_link(struct dentry *d, struct path *to)
{
	struct task_struct *p __free(task) = proc_task(d->d_inode);

	return p ? PROC_I(d->d_inode)->entry->link(p, to) : -ENOENT;
}

static const struct inode_operations pid_file_iops = { .d_revalidate = pid_alive };
const struct inode_operations proc_pid_link_iops = { .get_link_path = pid_get_link,
						     .d_revalidate = pid_alive };

/* An inode that belongs to the task's user; -ESRCH: it is gone. */
static int pid_instantiate(struct dentry *d, mode_t mode, const struct inode_operations *iops,
			   const struct file_operations *fops, const struct proc_inode *info)
{
	struct task_struct *p __free(task) = get_pid_task(info->pid, PIDTYPE_PID);
	int err = p ? proc_instantiate(d, mode, iops, fops, info) : -ESRCH;
	const struct cred *cred;

	if (!err) {
		cred = get_task_cred(p);
		d->d_inode->i_uid = cred->euid;
		d->d_inode->i_gid = cred->egid;
		put_cred(cred);
	}
	return err;
}

/* Exactly a decimal number? */
static bool parse_number(const char *name, unsigned int len, unsigned int *nr)
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

/* --- the directory of a task --- */

static int dir_lookup(struct inode *dir, struct dentry *d)
{
	const struct pid_entry *e = PROC_I(dir)->entry;

	while (e->name && (e->len != d->d_len || memcmp(e->name, d->d_name, e->len)))
		e++;
	if (!e->name)
		return -ENOENT;
	return pid_instantiate(d, e->mode,
			       e->iops ? e->iops : e->link ? &proc_pid_link_iops : &pid_file_iops,
			       e->fops ? e->fops : &pid_entry_fops,
			       &(struct proc_inode){ .pid = PROC_I(dir)->pid, .entry = e });
}

static int dir_iterate(struct file *f, struct dir_context *ctx)
{
	const struct pid_entry *e = PROC_I(f->f_inode)->entry;

	if (!pid_alive(f->f_path.dentry))
		return -ENOENT;
	if (!dir_emit_dots(f, ctx))
		return 0;
	for (loff_t skip = ctx->pos - 2; e->name && skip > 0; skip--)	/* a seek may go anywhere */
		e++;
	for (; e->name; e++, ctx->pos++)
		if (!dir_emit(ctx, e->name, e->len, f->f_inode->i_ino + ctx->pos,
			      e->mode >> 12))
			break;
	return 0;
}

static const struct inode_operations dir_iops = { .lookup = dir_lookup, .d_revalidate = pid_alive };
static const struct file_operations dir_fops = {
	.llseek = generic_file_llseek, .iterate = dir_iterate,
};

/* The directory of a task with these entries. */
static int new_dir(struct dentry *d, struct pid *pid, const struct pid_entry *entries)
{
	return pid_instantiate(d, S_IFDIR | 0555, &dir_iops, &dir_fops,
			       &(struct proc_inode){ .pid = pid, .entry = entries });
}

/* --- /proc/PID/task --- */

static int task_lookup(struct inode *dir, struct dentry *d)
{
	struct task_struct *leader __free(task) = proc_task(dir), *p;
	struct pid *pid __free(pid) = NULL;
	unsigned int nr;

	if (!leader)
		return -ESRCH;
	if (!parse_number(d->d_name, d->d_len, &nr))
		return -ENOENT;
	scoped_guard(spinlock_irqsave, &tasklist_lock) {
		p = pid_task(find_vpid(nr), PIDTYPE_PID);
		if (p && same_thread_group(p, leader))
			pid = get_pid(p->thread_pid);
	}
	return pid ? new_dir(d, pid, proc_tid_entries) : -ENOENT;
}

/*
 * A position in task/ names the thread that was emitted last, twice: by its ordinal number in its
 * process, which never comes again, and by its TID, which finds it at once. Is it gone meanwhile,
 * the list, whose ordinals ascend, is searched for the first that is higher: so no thread that
 * lives all the while is left out or named twice, whatever others do.
 */
#define POS_TID_BITS 20
#define TID_BATCH 64
BUILD_BUG_ON(PID_MAX_LIMIT > 1 << POS_TID_BITS);

static struct task_struct *next_thread(struct task_struct *t)
{
	return t->thread_node.next == &t->signal->thread_head ? NULL
							      : list_next_entry(t, thread_node);
}

/* The first thread of p's process behind the position; NULL: there is none. tasklist_lock held. */
static struct task_struct *thread_after(struct task_struct *p, loff_t pos)
{
	unsigned long ordinal = (unsigned long)pos >> POS_TID_BITS;
	struct task_struct *t = pid_task(find_vpid(pos & ((1 << POS_TID_BITS) - 1)), PIDTYPE_PID);

	if (t && same_thread_group(t, p) && t->ordinal == ordinal)
		return next_thread(t);
	for_each_thread(p, t)
		if (t->ordinal > ordinal)
			return t;
	return NULL;
}

/* Copies the numbers of the threads after *pos, and the positions behind them. How many. */
static int collect_tids(struct task_struct *p, loff_t pos, int *tids, loff_t *after)
{
	struct task_struct *t;
	int n = 0;

	guard(spinlock_irqsave)(&tasklist_lock);
	for (t = p->sighand ? thread_after(p, pos) : NULL; t && n < TID_BATCH; n++) {
		tids[n] = task_pid_vnr(t);
		after[n] = (loff_t)t->ordinal << POS_TID_BITS | tids[n];
		t = next_thread(t);
	}
	return n;
}

static bool emit_number(struct dir_context *ctx, unsigned int nr, unsigned int type)
{
	char name[12];

	return dir_emit(ctx, name, snprintf(name, sizeof(name), "%u", nr), nr + 0x10000UL, type);
}

static int task_iterate(struct file *f, struct dir_context *ctx)
{
	struct task_struct *p __free(task) = proc_task(f->f_inode);
	loff_t after[TID_BATCH];
	int tids[TID_BATCH], n;

	if (!p)
		return -ENOENT;
	if (!dir_emit_dots(f, ctx))
		return 0;
	while ((n = collect_tids(p, ctx->pos, tids, after)) > 0)
		for (int i = 0; i < n; ctx->pos = after[i++])
			if (!emit_number(ctx, tids[i], DT_DIR))
				return 0;
	return 0;
}

const struct inode_operations proc_task_iops = { .lookup = task_lookup, .d_revalidate = pid_alive };
const struct file_operations proc_task_fops = {
	.llseek = generic_file_llseek, .iterate = task_iterate,
};

/* --- /proc/PID/fd --- */

static struct file *task_file(const struct inode *inode, unsigned int fd)
{
	struct task_struct *p __free(task) = proc_task(inode);
	struct files_struct *files = p ? get_task_files(p) : NULL;
	struct file *f = files ? files_get_file(files, fd) : NULL;

	put_files_struct(files);
	return f;
}

static bool fd_alive(struct dentry *d)
{
	struct file *f __free(fput) = task_file(d->d_inode, PROC_I(d->d_inode)->fd);

	return f;
}

static int fd_get_link(struct dentry *d, struct path *to)
{
	struct file *f __free(fput) = task_file(d->d_inode, PROC_I(d->d_inode)->fd);

	if (!f)
		return -ENOENT;
	*to = f->f_path;
	path_get(to);
	return 0;
}

static const struct inode_operations fd_link_iops = { .get_link_path = fd_get_link,
						      .d_revalidate = fd_alive };
static int fd_lookup(struct inode *dir, struct dentry *d)
{
	unsigned int fd;
	struct file *f = parse_number(d->d_name, d->d_len, &fd) ? task_file(dir, fd) : NULL;
	mode_t mode = S_IFLNK;

	if (!f)
		return -ENOENT;
	mode |= (f->f_mode & FMODE_READ ? 0500 : 0) | (f->f_mode & FMODE_WRITE ? 0300 : 0);
	fput(f);
	return pid_instantiate(d, mode, &fd_link_iops, NULL,
			       &(struct proc_inode){ .pid = PROC_I(dir)->pid, .fd = fd });
}

static bool fd_is_open(struct files_struct *files, unsigned long fd)
{
	guard(spinlock)(&files->file_lock);
	return fd < files->max_fds && files->fd[fd];
}

static int fd_iterate(struct file *f, struct dir_context *ctx)
{
	struct task_struct *p __free(task) = proc_task(f->f_inode);
	struct files_struct *files = p ? get_task_files(p) : NULL;

	if (files && dir_emit_dots(f, ctx))
		for (; (unsigned long)ctx->pos - 2 < READ_ONCE(files->max_fds); ctx->pos++)
			if (fd_is_open(files, ctx->pos - 2) &&
			    !emit_number(ctx, ctx->pos - 2, DT_LNK))
				break;
	put_files_struct(files);
	return p ? 0 : -ENOENT;
}

const struct inode_operations proc_fd_iops = { .lookup = fd_lookup, .d_revalidate = pid_alive };
const struct file_operations proc_fd_fops = {
	.llseek = generic_file_llseek, .iterate = fd_iterate,
};

/* --- /proc/PID, and /proc itself --- */

static int root_lookup(struct inode *dir, struct dentry *d)
{
	struct pid *pid __free(pid) = NULL;
	unsigned int nr;
	int err;

	if (!parse_number(d->d_name, d->d_len, &nr))
		return proc_lookup_pde(d, &proc_root);
	pid = find_get_pid(nr);
	err = pid ? new_dir(d, pid, proc_tgid_entries) : -ENOENT;
	return err == -ESRCH ? -ENOENT : err;
}

/* The process with the lowest number >= nr, or 0. */
static unsigned int next_tgid(unsigned long nr)
{
	const struct pid_namespace *ns = task_active_pid_ns(current);

	for (;; nr++) {
		nr = find_next_bit(ns->map, PID_MAX_LIMIT, max(nr, 1ul));
		if (nr >= PID_MAX_LIMIT)
			return 0;
		guard(spinlock_irqsave)(&tasklist_lock);
		if (pid_task(find_vpid((int)nr), PIDTYPE_TGID))
			return (unsigned int)nr;
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
static const struct file_operations root_fops = {
	.llseek = generic_file_llseek, .iterate = root_iterate,
};

void proc_pid_init(void)
{
	proc_root.iops = &root_iops;
	proc_root.fops = &root_fops;
}
