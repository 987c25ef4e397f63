/*
 * From a path to a dentry. The walk keeps one place (nd->path) and the rest of the path (nd->name).
 * A symbolic link is followed by writing its target in front of the rest and walking on: no
 * recursion, whatever links to whatever. 40 links end it with ELOOP.
 *
 * Locks: dcache_lock inside d_lookup(); the i_mutex of a directory only when the file system itself
 * has to look (/proc).
 */
#include "kernel/fs/internal.h"

#define MAXSYMLINKS 40

/* --- names and references --- */

char *getname(const char __user *name)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	long n;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	n = strncpy_from_user(buf, name, PATH_MAX);
	if (likely(n >= 0 && n < PATH_MAX))
		return buf;
	kfree(buf);
	return ERR_PTR(n < 0 ? n : -ENAMETOOLONG);
}

void path_put(const struct path *path)
{
	dput(path->dentry);
	mntput(path->mnt);
}

/* --- one component --- */

static struct dentry *lookup_slow(struct dentry *parent, const char *name, unsigned int len)
{
	struct dentry *d = d_lookup(parent, name, len);
	int err;

	if (d)
		return d;	/* somebody else was faster */
	d = d_alloc(parent, parent->d_sb, name, len);
	if (!d)
		return ERR_PTR(-ENOMEM);
	err = parent->d_inode->i_op->lookup(parent->d_inode, d);
	if (!err)
		return d;
	dput(d);
	return ERR_PTR(err);
}

struct dentry *lookup_one(struct dentry *parent, const char *name, unsigned int len, bool locked)
{
	struct inode *dir = parent->d_inode;
	struct dentry *d;

	if (unlikely(len > NAME_MAX))
		return ERR_PTR(-ENAMETOOLONG);
	d = d_lookup(parent, name, len);
	if (d) {
		if (likely(!d->d_inode->i_op->d_revalidate) || d->d_inode->i_op->d_revalidate(d))
			return d;
		d_drop(d);
		dput(d);
	}
	if (!dir->i_op->lookup)
		return ERR_PTR(-ENOENT);
	if (!locked)
		mutex_lock(&dir->i_mutex);
	d = lookup_slow(parent, name, len);
	if (!locked)
		mutex_unlock(&dir->i_mutex);
	return d;
}

static void nd_set_dentry(struct nameidata *nd, struct dentry *d)
{
	dput(nd->path.dentry);
	nd->path.dentry = d;
}

static void nd_jump_root(struct nameidata *nd)
{
	path_put(&nd->path);
	get_fs_root(&nd->path);
}

static void follow_dotdot(struct nameidata *nd)
{
	struct dentry *parent;

	if (!nd->root.dentry)
		get_fs_root(&nd->root);
	while (nd->path.dentry != nd->root.dentry || nd->path.mnt != nd->root.mnt) {
		if (nd->path.dentry != nd->path.mnt->mnt_root) {
			spin_lock(&dcache_lock);
			parent = dget(nd->path.dentry->d_parent);
			spin_unlock(&dcache_lock);
			nd_set_dentry(nd, parent);
			break;
		}
		if (!follow_up(&nd->path))
			break;
	}
	follow_mount(&nd->path);
}

int follow_link(struct nameidata *nd, struct dentry *d)
{
	const struct inode_operations *op = d->d_inode->i_op;
	struct path jump;
	char *buf = NULL;
	int err = -ELOOP, len, room;

	if (++nd->links > MAXSYMLINKS)
		goto out;
	if (op->get_link_path) {
		err = op->get_link_path(d, &jump);
		if (!err) {
			path_put(&nd->path);
			nd->path = jump;
		}
		goto out;
	}
	err = -ENOMEM;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		goto out;
	err = len = op->readlink(d, buf, PATH_MAX);
	if (len <= 0)
		goto fail;
	room = PATH_MAX - len;
	err = -ENAMETOOLONG;
	if (snprintf(buf + len, room, "%s%s", nd->slash ? "/" : "", nd->name) >= room)
		goto fail;
	kfree(nd->buf);
	nd->name = nd->buf = buf;
	if (*buf == '/')
		nd_jump_root(nd);
	err = 1;
out:
	dput(d);
	return err;
fail:
	kfree(buf);
	dput(d);
	return err ? err : -ENOENT;
}

/*
 * Goes into the component nd->last. 0, -errno, or 1: it was a symbolic link and nd->name is to be
 * walked again.
 */
static int walk_component(struct nameidata *nd, bool follow)
{
	struct dentry *d;

	if (nd->last_type == LAST_DOTDOT)
		follow_dotdot(nd);
	if (nd->last_type != LAST_NORM)
		return 0;
	d = lookup_one(nd->path.dentry, nd->last, nd->last_len, false);
	if (IS_ERR(d))
		return PTR_ERR(d);
	if (follow && S_ISLNK(d->d_inode->i_mode))
		return follow_link(nd, d);
	nd_set_dentry(nd, d);
	if (unlikely(d->d_mounted))
		follow_mount(&nd->path);
	return 0;
}

/* --- the walk --- */

static enum last_type component_type(const char *name, unsigned int len)
{
	if (likely(name[0] != '.') || len > 2)
		return LAST_NORM;
	if (len == 1)
		return LAST_DOT;
	return name[1] == '.' ? LAST_DOTDOT : LAST_NORM;
}

int link_path_walk(struct nameidata *nd)
{
	struct inode *dir;
	const char *p = nd->name;
	int err;

	for (;;) {
		while (*p == '/')
			p++;
		nd->last_type = LAST_NONE;
		if (!*p)
			return 0;
		dir = nd->path.dentry->d_inode;
		if (!S_ISDIR(dir->i_mode))
			return -ENOTDIR;
		err = inode_permission(dir, MAY_EXEC);
		if (err)
			return err;
		nd->last = p;
		while (*p && *p != '/')
			p++;
		nd->last_len = p - nd->last;
		nd->last_type = component_type(nd->last, nd->last_len);
		nd->slash = *p == '/';
		while (*p == '/')
			p++;
		nd->name = p;
		if (!*p)
			return 0;
		err = walk_component(nd, true);
		if (err < 0)
			return err;
		p = nd->name;
	}
}

int nd_start(struct nameidata *nd, int dfd, const char *name, unsigned int lookup)
{
	*nd = (struct nameidata){ .name = name, .lookup = lookup };
	if (!*name && !(lookup & LOOKUP_EMPTY))
		return -ENOENT;
	if (*name == '/') {
		get_fs_root(&nd->path);
	} else if (dfd == AT_FDCWD) {
		get_fs_pwd(&nd->path);
	} else {
		CLASS(fd_raw, f)(dfd);
		if (!f.file)
			return -EBADF;
		if (*name && !S_ISDIR(f.file->f_inode->i_mode))
			return -ENOTDIR;
		nd->path = f.file->f_path;
		path_get(&nd->path);
	}
	return 0;
}

void nd_end(struct nameidata *nd)
{
	if (nd->path.dentry)
		path_put(&nd->path);
	if (nd->root.dentry)
		path_put(&nd->root);
	kfree(nd->buf);
}

int path_at(int dfd, const char *name, unsigned int lookup, struct path *path)
{
	struct nameidata nd __cleanup(nd_end);
	int err = nd_start(&nd, dfd, name, lookup);

	if (err)
		return err;
	do {
		err = link_path_walk(&nd);
		if (!err && nd.last_type != LAST_NONE)
			err = walk_component(&nd, (lookup & LOOKUP_FOLLOW) || nd.slash);
	} while (err > 0);
	if (err)
		return err;
	if (((lookup & LOOKUP_DIRECTORY) || nd.slash) && !S_ISDIR(nd.path.dentry->d_inode->i_mode))
		return -ENOTDIR;
	*path = nd.path;
	nd.path.dentry = NULL;
	return 0;
}

int kern_path(const char *name, unsigned int lookup, struct path *path)
{
	return path_at(AT_FDCWD, name, lookup, path);
}

int user_path_at(int dfd, const char __user *uname, unsigned int lookup, struct path *path)
{
	char *name __free(kfree) = getname(uname);

	return IS_ERR(name) ? PTR_ERR(name) : path_at(dfd, name, lookup, path);
}

int path_parent(struct nameidata *nd, int dfd, const char *name, int otherwise)
{
	int err = nd_start(nd, dfd, name, 0);

	if (!err)
		err = link_path_walk(nd);
	return err ? err : nd->last_type == LAST_NORM ? 0 : otherwise;
}

int may_create(const struct path *dir)
{
	int err = mnt_want_write(dir);

	if (err)
		return err;
	if (d_unhashed(dir->dentry))
		return -ENOENT;		/* a directory that was removed meanwhile */
	if (!dir->dentry->d_inode->i_op->mknod)
		/* /proc: a name that cannot be looked up cannot be made either */
		return -ENOENT;
	return inode_permission(dir->dentry->d_inode, MAY_WRITE | MAY_EXEC);
}
