/*
 * ramfs and tmpfs: files whose only home is the page cache, directories that are nothing but
 * dentries in memory. tmpfs has a size limit.
 *
 * Locks: a file's i_mutex while it is written or changes size; reading takes none and sees each
 * page before or after a write. Directory operations run with the directory's i_mutex held by their
 * callers.
 */
#include "kernel/fs/internal.h"

/* --- contents --- */

static ssize_t ramfs_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct inode *inode = f->f_inode;
	size_t n, got, off;
	struct page *page;
	ssize_t done = 0;
	loff_t size;

	while (iov_iter_count(to)) {
		size = READ_ONCE(inode->i_size);
		if (*pos >= size)
			break;
		off = *pos % PAGE_SIZE;
		n = min_t(size_t, PAGE_SIZE - off, size - *pos);
		n = min(n, iov_iter_count(to));
		page = mapping_get_page(&inode->i_data, *pos / PAGE_SIZE, false);
		if (page) {
			got = copy_to_iter((char *)page_address(page) + off, n, to);
			put_page(page);
		} else {
			got = iov_iter_zero(n, to);
		}
		*pos += got;
		done += got;
		if (got < n)
			return done ? done : -EFAULT;
	}
	file_accessed(f);
	return done;
}

/*
 * Is there room for one page more? Pages that page faults made are counted here, late: a mapping
 * can overdraw the limit until the next write. i_mutex held.
 */
static bool tmpfs_room(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	long now = inode->i_data.nrpages;

	atomic_long_add(now - (long)inode->i_charged, &sb->s_pages);
	inode->i_charged = now;
	return !sb->s_max_pages || atomic_long_read(&sb->s_pages) < sb->s_max_pages;
}

/* The page to write to, with a reference, or ERR_PTR. i_mutex held. */
static struct page *ramfs_write_page(struct inode *inode, unsigned long index)
{
	struct page *page = mapping_get_page(&inode->i_data, index, false);

	if (page)
		return page;
	if (!tmpfs_room(inode))
		return ERR_PTR(-ENOSPC);
	page = mapping_get_page(&inode->i_data, index, true);
	return page ? page : ERR_PTR(-ENOMEM);
}

/* Bytes copied in at pos, extending the file, or -errno. i_mutex held. */
static ssize_t ramfs_fill(struct inode *inode, struct iov_iter *from, loff_t pos, size_t total)
{
	struct page *page;
	size_t n, got, off;
	ssize_t done = 0;

	while ((size_t)done < total) {
		off = pos % PAGE_SIZE;
		n = min_t(size_t, PAGE_SIZE - off, total - done);
		page = ramfs_write_page(inode, pos / PAGE_SIZE);
		if (IS_ERR(page))
			return done ? done : PTR_ERR(page);
		got = copy_from_iter((char *)page_address(page) + off, n, from);
		put_page(page);
		pos += got;
		done += got;
		if (pos > inode->i_size)
			WRITE_ONCE(inode->i_size, pos);
		if (got < n)
			return done ? done : -EFAULT;
	}
	return done;
}

static ssize_t write_locked(struct file *f, struct iov_iter *from, loff_t *pos, unsigned long limit)
{
	struct inode *inode = f->f_inode;
	ssize_t done;

	guard(mutex)(&inode->i_mutex);
	if (f->f_flags & O_APPEND)
		*pos = inode->i_size;
	if ((unsigned long)*pos >= limit || *pos > (loff_t)(~0UL / 2 - MAX_RW_COUNT))
		return -EFBIG;
	done = ramfs_fill(inode, from, *pos, min_t(size_t, from->count, limit - *pos));
	if (done > 0) {
		*pos += done;
		inode->i_mtime = inode->i_ctime = current_time();
	}
	return done;
}

static ssize_t ramfs_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	unsigned long limit = RLIM_INFINITY;
	ssize_t done;

	if (!from->count)
		return 0;
	if (current->signal)
		limit = current->signal->rlim[RLIMIT_FSIZE].rlim_cur;
	done = write_locked(f, from, pos, limit);
	if (done == -EFBIG && limit != RLIM_INFINITY)
		send_sig(SIGXFSZ, current, SEND_SIG_PRIV);
	return done;
}

/* Zeroes the bytes [from, to) of one page, if the page cache has it. i_mutex held. */
static void ramfs_zero(struct inode *inode, loff_t from, loff_t to)
{
	struct page *page = mapping_get_page(&inode->i_data, from / PAGE_SIZE, false);

	if (!page)
		return;
	memset((char *)page_address(page) + from % PAGE_SIZE, 0, to - from);
	put_page(page);
}

/* The size is lowered first: no page fault brings a page back that the cache is about to drop. */
static void ramfs_truncate(struct inode *inode, loff_t size)
{
	loff_t old = inode->i_size;

	WRITE_ONCE(inode->i_size, size);
	if (size < old) {
		if (size % PAGE_SIZE)
			ramfs_zero(inode, size, min_t(loff_t, ALIGN_UP(size, PAGE_SIZE), old));
		mapping_truncate(&inode->i_data, DIV_ROUND_UP(size, (loff_t)PAGE_SIZE));
	}
	tmpfs_room(inode);
}

static int ramfs_mmap(struct file *f, struct vm_area_struct *vma)
{
	vma->mapping = &f->f_inode->i_data;
	file_accessed(f);
	return 0;
}

const struct file_operations ramfs_file_fops = {
	.read = ramfs_read, .write = ramfs_write, .llseek = generic_file_llseek,
	.mmap = ramfs_mmap,
};

/* --- attributes --- */

static int ramfs_setattr(struct dentry *d, struct iattr *attr)
{
	if (attr->ia_valid & ATTR_SIZE)
		ramfs_truncate(d->d_inode, attr->ia_size);
	return simple_setattr(d, attr);
}

const struct inode_operations ramfs_file_iops = { .setattr = ramfs_setattr };

static int ramfs_readlink(struct dentry *d, char *buf, size_t size)
{
	size_t n = min_t(size_t, d->d_inode->i_size, size);

	memcpy(buf, d->d_inode->i_private, n);
	return n;
}

static const struct inode_operations ramfs_symlink_iops = { .readlink = ramfs_readlink };

/* --- directories --- */

static int ramfs_iterate(struct file *f, struct dir_context *ctx)
{
	struct dentry *dir = f->f_path.dentry, *d = NULL;
	char name[NAME_MAX + 1];
	unsigned int len;

	if (!dir_emit_dots(f, ctx))
		return 0;
	while ((d = d_next_child(dir, d, ctx->pos))) {
		spin_lock(&dcache_lock);	/* a rename may change the name */
		len = d->d_len;
		memcpy(name, d->d_name, len);
		ctx->pos = d->d_cookie;
		spin_unlock(&dcache_lock);
		if (!dir_emit(ctx, name, len, d->d_inode->i_ino, d->d_inode->i_mode >> 12)) {
			dput(d);
			break;
		}
		ctx->pos++;
	}
	return 0;
}

const struct file_operations ramfs_dir_fops = {
	.llseek = generic_file_llseek, .iterate = ramfs_iterate,
};

static struct inode *ramfs_new_inode(struct super_block *sb, struct inode *dir, mode_t mode,
				     dev_t dev)
{
	struct inode *inode = new_inode(sb, mode);

	if (!inode)
		return NULL;
	if (dir && (dir->i_mode & S_ISGID)) {
		inode->i_gid = dir->i_gid;
		if (S_ISDIR(mode))
			inode->i_mode |= S_ISGID;
	}
	inode->i_op = &ramfs_file_iops;
	if (S_ISREG(mode)) {
		inode->i_fop = &ramfs_file_fops;
	} else if (S_ISDIR(mode)) {
		inode->i_op = &ramfs_dir_iops;
		inode->i_fop = &ramfs_dir_fops;
		inode->i_nlink = 2;
	} else if (S_ISLNK(mode)) {
		inode->i_op = &ramfs_symlink_iops;
	} else {
		init_special_inode(inode, dev);
	}
	return inode;
}

static void touch_dir(struct inode *dir)
{
	dir->i_mtime = dir->i_ctime = current_time();
}

static int ramfs_mknod(struct inode *dir, struct dentry *d, mode_t mode, dev_t dev)
{
	struct inode *inode = ramfs_new_inode(dir->i_sb, dir, mode, dev);

	if (!inode)
		return -ENOSPC;
	if (S_ISDIR(mode))
		dir->i_nlink++;
	d_add(d, inode);
	touch_dir(dir);
	return 0;
}

static int ramfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	struct inode *inode = ramfs_new_inode(dir->i_sb, dir, S_IFLNK | 0777, 0);
	char *copy = kstrdup(target, GFP_KERNEL);

	if (!inode || !copy) {
		iput(inode);
		kfree(copy);
		return -ENOSPC;
	}
	inode->i_private = copy;
	inode->i_size = strlen(copy);
	d_add(d, inode);
	touch_dir(dir);
	return 0;
}

static int ramfs_link(struct dentry *old, struct inode *dir, struct dentry *d)
{
	old->d_inode->i_nlink++;
	old->d_inode->i_ctime = current_time();
	d_add(d, igrab(old->d_inode));
	touch_dir(dir);
	return 0;
}

static bool dir_empty(struct dentry *d)
{
	guard(spinlock)(&dcache_lock);
	return list_empty(&d->d_children);
}

/* A name of the inode goes; its directory loses a subdirectory's "..". */
static void drop_link(struct inode *dir, struct inode *inode)
{
	if (S_ISDIR(inode->i_mode)) {
		inode->i_nlink = 0;
		dir->i_nlink--;
	} else {
		inode->i_nlink--;
	}
	inode->i_ctime = current_time();
	touch_dir(dir);
}

static int ramfs_unlink(struct inode *dir, struct dentry *d)
{
	drop_link(dir, d->d_inode);
	return 0;
}

static int ramfs_rmdir(struct inode *dir, struct dentry *d)
{
	if (!dir_empty(d))
		return -ENOTEMPTY;
	drop_link(dir, d->d_inode);
	return 0;
}

static int ramfs_rename(struct inode *olddir, struct dentry *old, struct inode *newdir,
			struct dentry *new)
{
	bool is_dir = S_ISDIR(old->d_inode->i_mode);

	if (new->d_inode && S_ISDIR(new->d_inode->i_mode) && !dir_empty(new))
		return -ENOTEMPTY;
	if (new->d_inode)
		drop_link(newdir, new->d_inode);
	newdir->i_nlink += is_dir;
	olddir->i_nlink -= is_dir;
	old->d_inode->i_ctime = current_time();
	touch_dir(olddir);
	touch_dir(newdir);
	return 0;
}

const struct inode_operations ramfs_dir_iops = {
	.mknod = ramfs_mknod, .symlink = ramfs_symlink, .link = ramfs_link, .unlink = ramfs_unlink,
	.rmdir = ramfs_rmdir, .rename = ramfs_rename,
};

/* --- the file systems --- */

static void ramfs_evict(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_private);
	atomic_long_add(-(long)inode->i_charged, &inode->i_sb->s_pages);
}

static void ramfs_statfs(struct super_block *sb, struct statfs *st)
{
	st->f_blocks = sb->s_max_pages;
	if (sb->s_max_pages)
		st->f_bfree = st->f_bavail =
			max_t(long, 0, sb->s_max_pages - atomic_long_read(&sb->s_pages));
}

static void tmpfs_options(struct seq_file *m, struct super_block *sb)
{
	if (sb->s_max_pages)
		seq_printf(m, ",size=%ldk", sb->s_max_pages * (long)(PAGE_SIZE / 1024));
}

static const struct super_operations ramfs_sops = {
	.evict_inode = ramfs_evict, .statfs = ramfs_statfs, .show_options = tmpfs_options,
};

int ramfs_fill_super(struct super_block *sb, const char *data)
{
	sb->s_op = &ramfs_sops;
	sb->s_magic = RAMFS_MAGIC;
	sb->s_root = d_make_root(sb, ramfs_new_inode(sb, NULL, S_IFDIR | 0755, 0));
	if (!sb->s_root)
		return -ENOMEM;
	sb->s_root->d_pinned = true;
	return 0;
}

/* "64m", in pages. */
static long parse_size(const char *s)
{
	unsigned long n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (*s++ - '0');
	switch (*s | 0x20) {
	case 'g':
		n *= 1024;
		fallthrough;
	case 'm':
		n *= 1024;
		fallthrough;
	case 'k':
		n *= 1024;
	}
	return DIV_ROUND_UP(n, PAGE_SIZE);
}

/*
 * Options: size=N[kmg], mode=OCTAL; others are Linux's and mean nothing here (uid, nr_inodes, huge,
 * ...).
 */
static int tmpfs_fill_super(struct super_block *sb, const char *data)
{
	int err = ramfs_fill_super(sb, data);
	mode_t mode = 01777;

	if (err)
		return err;
	sb->s_magic = TMPFS_MAGIC;
	sb->s_max_pages = totalram_pages() / 2;
	for (; *data; data += strcspn(data, ","), data += *data == ',') {
		if (!strncmp(data, "size=", 5))
			sb->s_max_pages = parse_size(data + 5);
		if (!strncmp(data, "mode=", 5))
			for (mode = 0, data += 5; *data >= '0' && *data <= '7'; data++)
				mode = mode * 8 + (*data - '0');
	}
	sb->s_root->d_inode->i_mode = S_IFDIR | (mode & 07777);
	return 0;
}

static struct file_system_type ramfs_type = { .name = "ramfs", .fill_super = ramfs_fill_super };
static struct file_system_type tmpfs_type = { .name = "tmpfs", .fill_super = tmpfs_fill_super };
static struct vfsmount *shm_mnt;	/* where unnamed files live */

void ramfs_init(void)
{
	register_filesystem(&tmpfs_type);
	register_filesystem(&ramfs_type);
	shm_mnt = kern_mount(&tmpfs_type);
}

static struct file *shmem_file_setup(const char *name, int flags)
{
	struct inode *inode = ramfs_new_inode(shm_mnt->mnt_sb, NULL, S_IFREG | 0777, 0);
	struct path path = { shm_mnt, d_alloc(NULL, shm_mnt->mnt_sb, name, strlen(name)) };
	struct file *f = ERR_PTR(-ENOMEM);

	if (inode && path.dentry) {
		inode->i_nlink = 0;
		path.dentry->d_inode = igrab(inode);
		f = alloc_file(&path, flags, &ramfs_file_fops);
	}
	iput(inode);
	dput(path.dentry);
	return f;
}

SYSCALL_DEFINE(memfd_create, const char __user *uname, unsigned int flags)
{
	char full[NAME_MAX + 1], *name __free(kfree) = getname(uname);

	if (flags & ~MFD_CLOEXEC)
		return -EINVAL;		/* no sealing */
	if (IS_ERR(name))
		return PTR_ERR(name);
	if (snprintf(full, sizeof(full), "/memfd:%s", name) >= NAME_MAX)
		return -EINVAL;
	return fd_publish(shmem_file_setup(full, O_RDWR), flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
}
