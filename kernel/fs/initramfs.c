/*
 * Fills the root file system from the initrd: one or more newc cpio archives, one after another,
 * zeros between them. A later archive may replace what an earlier one made. What is wrong with an
 * archive is told in one line.
 *
 * A newc entry: a header of 110 characters (a magic number and 13 numbers of 8 hexadecimal digits),
 * the name with its NUL, padding to a multiple of 4 bytes, the contents, padding. The last entry is
 * called TRAILER!!!.
 *
 * Runs once, at boot, in the first kernel thread that may sleep. Takes no locks of its own.
 */
#include "boot/boot_info.h"
#include "kernel/fs/initramfs.h"
#include "kernel/fs/internal.h"

/*
 * A file with several names, by (device, inode): in newc only one of its entries has the contents.
 */
struct hard_link {
	struct hard_link *next;
	u32 major, minor, ino;
	char name[];
};

static struct hard_link *hard_links;	/* of the archive that is being read */

static int complain(const char *name, int err)
{
	pr_err("initramfs: %s: cannot be made: %s\n", name,
	       err == -ENOMEM || err == -ENOSPC ? "out of memory"
	       : err == -ENOENT			? "its directory is not in the archive"
	       : err == -ENAMETOOLONG		? "the name is too long"
						: "bad entry");
	return err;
}

/* 1: made a link to an earlier entry; 0: this is the first of its links, now remembered; -errno. */
static int find_link(const struct cpio_entry *e)
{
	struct hard_link *l;
	size_t len = strlen(e->name) + 1;

	for (l = hard_links; l; l = l->next)
		if (l->ino == e->ino && l->major == e->major && l->minor == e->minor)
			return do_link(AT_FDCWD, l->name, AT_FDCWD, e->name, 0) ? : 1;
	l = kmalloc(sizeof(*l) + len, GFP_KERNEL);
	if (!l)
		return -ENOMEM;
	*l = (struct hard_link){
		.next = hard_links, .major = e->major, .minor = e->minor, .ino = e->ino
	};
	memcpy(l->name, e->name, len);
	hard_links = l;
	return 0;
}

static void forget_links(void)
{
	struct hard_link *l;

	while ((l = hard_links)) {
		hard_links = l->next;
		kfree(l);
	}
}

static int write_contents(const struct cpio_entry *e)
{
	struct file *f = filp_open(e->name, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
	loff_t pos = 0;
	ssize_t n = 0;

	if (IS_ERR(f))
		return PTR_ERR(f);
	while (pos < e->size && (n = kernel_write(f, e->data + pos, e->size - pos, &pos)) > 0)
		;
	fput(f);
	return n < 0 ? n : 0;
}

static int make_symlink(const struct cpio_entry *e)
{
	char *target __free(kfree) = kmalloc(PATH_MAX, GFP_KERNEL);

	if (!target || e->size >= PATH_MAX)
		return target ? -ENAMETOOLONG : -ENOMEM;
	memcpy(target, e->data, e->size);
	target[e->size] = '\0';
	return do_symlink(target, AT_FDCWD, e->name);
}

/* Makes the thing, with contents. */
static int make_node(const struct cpio_entry *e)
{
	int err;

	if (S_ISLNK(e->mode))
		return make_symlink(e);
	if (!S_ISREG(e->mode))
		return do_mknod(AT_FDCWD, e->name, e->mode, e->rdev);
	err = e->nlink > 1 ? find_link(e) : 0;
	if (err < 0 || (err == 1 && !e->size))
		return err < 0 ? err : 0;
	return write_contents(e);
}

static int set_attributes(const struct cpio_entry *e)
{
	struct iattr attr = {
		.ia_valid = ATTR_UID | ATTR_GID | ATTR_MTIME | (S_ISLNK(e->mode) ? 0 : ATTR_MODE),
		.ia_mode = e->mode & 07777, .ia_uid = e->uid, .ia_gid = e->gid,
		.ia_mtime = { e->mtime, 0 },
	};
	struct path path __cleanup(path_put) = { NULL, NULL };

	return kern_path(e->name, 0, &path) ? : notify_change(&path, &attr);
}

/* What is there already gives way, but a directory to a directory. */
static int make_entry(const struct cpio_entry *e)
{
	struct path path;
	bool is_dir, there = !kern_path(e->name, 0, &path);
	int err = 0;

	if (there) {
		is_dir = S_ISDIR(path.dentry->d_inode->i_mode);
		path_put(&path);
		if (!is_dir || !S_ISDIR(e->mode)) {
			err = do_remove(AT_FDCWD, e->name, is_dir);
			there = false;
		}
	}
	if (!err && !there)
		err = make_node(e);
	return err ? : set_attributes(e);
}

int populate_rootfs(void)
{
	const char *p = phys_to_virt(boot_info.initrd_start),
		   *end = phys_to_virt(boot_info.initrd_end);
	struct cpio_entry e;
	const char *why;
	bool open = false;	/* in an archive whose trailer has not come yet */
	int err;

	if (p == end) {
		pr_err("initramfs: there is no initrd\n");
		return -ENOENT;
	}
	for (;;) {
		err = cpio_next(&p, end, &e, &why);
		if (err < 0)
			pr_err("initramfs: %s\n", why);
		if (!err && open) {
			pr_err("initramfs: the archive is truncated (no trailer)\n");
			err = -EINVAL;
		}
		if (err <= 0)
			break;
		open = !e.trailer;
		if (e.trailer) {
			forget_links();
			continue;
		}
		err = make_entry(&e);
		if (err) {
			complain(e.name, err);
			break;
		}
	}
	forget_links();
	if (!err)
		/* all of it is in files now */
		free_reserved_range(boot_info.initrd_start, boot_info.initrd_end);
	return err;
}
