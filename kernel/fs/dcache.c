/*
 * Dentries: names in a tree. A dentry in memory is found by (parent, name) through a hash; it holds
 * a reference on its parent and on its inode. In a ramfs the tree is the storage: being linked pins
 * a dentry (d_pinned). Elsewhere (/proc) a dentry lives as long as it is used. A name that does not
 * exist is not remembered.
 *
 * Locks: dcache_lock for everything here. A count goes from 1 to 0 only under it, so a dentry found
 * in the hash under the lock is alive.
 */
#include "kernel/fs/internal.h"
#include "libk/hash.h"

#define DHASH_BITS 10

DEFINE_SPINLOCK(dcache_lock);
DEFINE_MUTEX(rename_mutex);
static struct hlist_head dentry_hash[1 << DHASH_BITS];
DEFINE_KMEM_CACHE(dentry_cache, "dentry", struct dentry, 8);

static struct hlist_head *d_bucket(const struct dentry *parent, const char *name, unsigned int len)
{
	return &dentry_hash[hash_long(hash_bytes(name, len) ^ (unsigned long)parent, DHASH_BITS)];
}

struct dentry *d_alloc(struct dentry *parent, struct super_block *sb, const char *name,
		       unsigned int len)
{
	struct dentry *d = kmem_cache_zalloc(dentry_cache, GFP_KERNEL);
	char *copy = kmalloc(len + 1, GFP_KERNEL);

	if (!d || !copy) {
		if (d)
			kmem_cache_free(dentry_cache, d);
		kfree(copy);
		return NULL;
	}
	memcpy(copy, name, len);
	copy[len] = '\0';
	d->d_name = copy;
	d->d_len = len;
	refcount_set(&d->d_count, 1);
	d->d_parent = parent ? dget(parent) : d;
	d->d_sb = sb;
	d->d_next_cookie = 2;
	INIT_LIST_HEAD(&d->d_child);
	INIT_LIST_HEAD(&d->d_children);
	return d;
}

struct dentry *d_make_root(struct super_block *sb, struct inode *inode)
{
	struct dentry *d = inode ? d_alloc(NULL, sb, "/", 1) : NULL;

	if (d)
		d->d_inode = inode;
	else
		iput(inode);
	return d;
}

/* dcache_lock held. */
static void d_link(struct dentry *d)
{
	struct dentry *parent = d->d_parent;

	hlist_add_head(&d->d_hash, d_bucket(parent, d->d_name, d->d_len));
	list_add_tail(&d->d_child, &parent->d_children);
	d->d_cookie = parent->d_next_cookie++;
}

/* dcache_lock held. */
static void d_unlink(struct dentry *d)
{
	hlist_del_init(&d->d_hash);
	list_del_init(&d->d_child);
}

void d_add(struct dentry *d, struct inode *inode)
{
	guard(spinlock)(&dcache_lock);
	d->d_inode = inode;
	d_link(d);
	if (d->d_parent->d_pinned) {
		d->d_pinned = true;
		dget(d);
	}
}

struct dentry *d_lookup(struct dentry *parent, const char *name, unsigned int len)
{
	struct hlist_head *bucket = d_bucket(parent, name, len);
	struct dentry *d;

	guard(spinlock)(&dcache_lock);
	hlist_for_each_entry(d, bucket, d_hash)
		if (d->d_parent == parent && d->d_len == len && !memcmp(d->d_name, name, len))
			return dget(d);
	return NULL;
}

/* dcache_lock held; the caller has a reference of its own, so the pin's is not the last. */
static void __d_drop(struct dentry *d)
{
	d_unlink(d);
	if (d->d_pinned) {
		d->d_pinned = false;
		refcount_dec(&d->d_count);
	}
}

void d_drop(struct dentry *d)
{
	guard(spinlock)(&dcache_lock);
	__d_drop(d);
}

void dput(struct dentry *d)
{
	struct dentry *parent;

	while (d && !atomic_add_unless(&d->d_count.refs, -1, 1)) {
		spin_lock(&dcache_lock);
		if (!refcount_dec_and_test(&d->d_count)) {
			spin_unlock(&dcache_lock);
			return;
		}
		d_unlink(d);
		parent = d->d_parent == d ? NULL : d->d_parent;
		spin_unlock(&dcache_lock);
		iput(d->d_inode);
		kfree(d->d_name);
		kmem_cache_free(dentry_cache, d);
		d = parent;
	}
}

/* The references on the parents change hands with the pointers. */
void d_move(struct dentry *d, struct dentry *target)
{
	guard(spinlock)(&dcache_lock);
	d_unlink(d);
	__d_drop(target);
	swap(d->d_name, target->d_name);
	swap(d->d_len, target->d_len);
	swap(d->d_parent, target->d_parent);
	d_link(d);
}

bool d_ancestor(struct dentry *above, struct dentry *d)
{
	guard(spinlock)(&dcache_lock);
	while (d != above && d->d_parent != d)
		d = d->d_parent;
	return d == above;
}

void d_genocide(struct dentry *root)
{
	struct dentry *d;
	bool pinned;

	for (;;) {
		spin_lock(&dcache_lock);
		for (d = root; !list_empty(&d->d_children);)
			d = list_first_entry(&d->d_children, struct dentry, d_child);
		if (d == root)
			break;
		d_unlink(d);
		pinned = d->d_pinned;
		d->d_pinned = false;
		spin_unlock(&dcache_lock);
		if (pinned)
			dput(d);
	}
	spin_unlock(&dcache_lock);
}

struct dentry *d_next_child(struct dentry *dir, struct dentry *prev, u64 cookie)
{
	struct list_head *at = &dir->d_children;
	struct dentry *d = NULL;

	spin_lock(&dcache_lock);
	if (prev && !d_unhashed(prev) && prev->d_parent == dir && prev->d_cookie < cookie)
		at = &prev->d_child;
	for (at = at->next; at != &dir->d_children; at = at->next) {
		d = list_entry(at, struct dentry, d_child);
		if (d->d_cookie >= cookie)
			break;
	}
	d = at == &dir->d_children ? NULL : dget(d);
	spin_unlock(&dcache_lock);
	dput(prev);
	return d;
}

/* Puts s before *p; false: there is no room down to buf. */
static bool prepend(char *buf, char **p, const char *s, size_t len)
{
	if ((size_t)(*p - buf) < len)
		return false;
	*p -= len;
	memcpy(*p, s, len);
	return true;
}

char *prepend_path(const struct path *path, const struct path *root, char *buf, char *p,
		   bool *reached)
{
	struct dentry *d = path->dentry;
	struct vfsmount *mnt = path->mnt;
	char *end = p;
	bool room = true;

	spin_lock(&dcache_lock);
	while (room && !(d == root->dentry && mnt == root->mnt)) {
		if (d == mnt->mnt_root || d->d_parent == d) {
			if (d != mnt->mnt_root)		/* a file without a directory: memfd */
				room = prepend(buf, &p, d->d_name, d->d_len);
			if (d != mnt->mnt_root || mnt->mnt_parent == mnt)
				break;
			d = mnt->mnt_mountpoint;
			mnt = mnt->mnt_parent;
			continue;
		}
		room = prepend(buf, &p, d->d_name, d->d_len) && prepend(buf, &p, "/", 1);
		d = d->d_parent;
	}
	*reached = d == root->dentry && mnt == root->mnt;
	spin_unlock(&dcache_lock);
	if (room && p == end)
		room = prepend(buf, &p, "/", 1);
	return room ? p : ERR_PTR(-ENAMETOOLONG);
}

/* Files that are in no tree (pipes, anonymous inodes) have no mount. */
static char *pseudo_path(const struct dentry *d, char *buf, int size)
{
	int n = (d->d_inode->i_mode & S_IFMT)
			? snprintf(buf, size, "%s:[%lu]", d->d_name, d->d_inode->i_ino)
			: snprintf(buf, size, "%s", d->d_name);

	return n < size ? buf : ERR_PTR(-ENAMETOOLONG);
}

char *d_path(const struct path *path, char *buf, int size)
{
	struct path root __cleanup(path_put) = { NULL, NULL };
	char *p = buf + size;
	bool reached;

	if (!path->mnt)
		return pseudo_path(path->dentry, buf, size);
	if (size < 12)
		return ERR_PTR(-ENAMETOOLONG);
	*--p = '\0';
	if (d_unhashed(path->dentry) || !path->dentry->d_inode->i_nlink)
		prepend(buf, &p, " (deleted)", 10);
	get_fs_root(&root);
	return prepend_path(path, &root, buf, p, &reached);
}
