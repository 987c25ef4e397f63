/*
 * The page cache: the pages of one file, or of one piece of shared anonymous memory, in a radix
 * tree by index. For ramfs and tmpfs the cache is the file. read(), write() and mappings all use
 * the same pages; that is why they always agree.
 *
 * Tree: nodes of 64 slots, 6 bits of the index per level; the root grows upwards as larger indices
 * appear. height 0: empty.
 *
 * Locks: address_space->lock (i), sleeping, inside mmap_lock. Truncation works its way through the
 * VMAs under (i), but unmaps from each under that VMA's mmap_lock, with (i) dropped: a count of
 * truncations marks the VMAs that are done.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"

#define RADIX_BITS 6
#define RADIX_SLOTS (1u << RADIX_BITS)
#define MAX_HEIGHT 9	/* 54 bits: more than any index */

struct radix_node {
	void *slot[RADIX_SLOTS];
};

DEFINE_KMEM_CACHE(node_cache, "radix_tree_node", struct radix_node, 64);
DEFINE_KMEM_CACHE(mapping_cache, "address_space", struct address_space, 8);
static atomic_long_t next_mapping_id = ATOMIC_LONG_INIT(1);
static atomic_long_t file_pages, shmem_pages;

void mapping_init(struct address_space *m, struct inode *host)
{
	mutex_init(&m->lock, "page cache");
	m->id = (u64)atomic_long_inc_return(&next_mapping_id);
	m->root = NULL;
	m->height = 0;
	m->nrpages = 0;
	m->host = host;
	refcount_set(&m->count, 1);
	INIT_LIST_HEAD(&m->i_mmap);
	m->unmap_seq = 0;
	m->max_pages = ~0ULL;
}

/* --- the tree; (i) held --- */

static unsigned long height_limit(int height)	/* indices a tree of this height can hold */
{
	return height >= MAX_HEIGHT ? ~0UL : (1UL << (RADIX_BITS * height)) * (height > 0);
}

/* The slot for index, or NULL; create: makes the nodes on the way. */
static void **radix_slot(struct address_space *m, unsigned long index, bool create)
{
	void **slot = &m->root;

	while (index >= height_limit(m->height)) {
		struct radix_node *node = create ? kmem_cache_zalloc(node_cache, GFP_KERNEL) : NULL;

		if (!node)
			return NULL;
		node->slot[0] = m->root;
		m->root = node;
		m->height++;
	}
	for (int h = m->height - 1; h >= 0; h--) {
		struct radix_node *node = *slot;

		if (!node && create)
			node = *slot = kmem_cache_zalloc(node_cache, GFP_KERNEL);
		if (!node)
			return NULL;
		slot = &node->slot[index >> (RADIX_BITS * h) & (RADIX_SLOTS - 1)];
	}
	return slot;
}

static void count_pages(struct address_space *m, long n)
{
	m->nrpages += (unsigned long)n;
	atomic_long_add(n, m->host ? &file_pages : &shmem_pages);
}

static void drop_page(struct address_space *m, struct page *page)
{
	page->mapping = NULL;
	count_pages(m, -1);
	put_page(page);
}

/* Drops what lies at and after first below *slot, a subtree of the given height; true when
 * nothing is left of it. */
static bool radix_truncate(struct address_space *m, void **slot, int height, unsigned long first)
{
	struct radix_node *node = *slot;
	unsigned int shift = (unsigned int)(RADIX_BITS * (height - 1)), begin;
	bool empty;

	if (!node)
		return true;
	if (height == 0) {
		drop_page(m, *slot);
		*slot = NULL;
		return true;
	}
	begin = (unsigned int)(first >> shift);
	empty = true;
	for (unsigned int i = 0; i < begin && empty; i++)
		empty = !node->slot[i];
	for (unsigned int i = begin; i < RADIX_SLOTS; i++)
		empty &= radix_truncate(m, &node->slot[i], height - 1,
					i == begin ? first & ((1UL << shift) - 1) : 0);
	if (empty) {
		kmem_cache_free(node_cache, node);
		*slot = NULL;
	}
	return empty;
}

/* --- pages --- */

struct page *mapping_get_page(struct address_space *m, unsigned long index, bool create)
{
	struct page *page = NULL;
	void **slot;

	mutex_lock(&m->lock);
	slot = radix_slot(m, index, create);
	if (slot)
		page = *slot;
	if (!page && slot && create) {
		page = alloc_page(GFP_USER | __GFP_ZERO);
		if (page) {
			page->mapping = m;
			page->index = index;
			*slot = page;
			count_pages(m, 1);
		}
	}
	if (page)
		get_page(page);
	mutex_unlock(&m->lock);
	return page;
}

unsigned long mapping_limit(struct address_space *m)
{
	if (m->max_pages != ~0ULL || !m->host)
		return m->max_pages;
	return ((unsigned long)READ_ONCE(m->host->i_size) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* --- VMAs that show the mapping --- */

void __mapping_add_vma(struct vm_area_struct *vma)
{
	struct address_space *m = vma->mapping;

	guard(mutex)(&m->lock);
	vma->unmap_seq = 0;
	list_add(&vma->shared, &m->i_mmap);
}

void __mapping_remove_vma(struct vm_area_struct *vma)
{
	guard(mutex)(&vma->mapping->lock);
	list_del(&vma->shared);
}

/* The mm, with a reference, of a VMA that truncation number seq has not seen; NULL: all are
 * done. (i) held. */
static struct mm_struct *next_unseen(struct address_space *m, u64 seq)
{
	struct vm_area_struct *vma;

	while ((vma = list_first_entry_or_null(&m->i_mmap, struct vm_area_struct, shared)) &&
	       vma->unmap_seq < seq) {
		vma->unmap_seq = seq;
		list_move_tail(&vma->shared, &m->i_mmap);
		if (atomic_inc_not_zero(&vma->mm->mm_users))
			return vma->mm;
	}
	return NULL;
}

/* Private copies go too, as POSIX leaves open and Linux does. */
static void unmap_in_mm(struct mm_struct *mm, struct address_space *m, unsigned long first)
{
	mutex_lock(&mm->mmap_lock);
	for (struct vm_area_struct *vma = vma_first(mm); vma; vma = vma_next(vma)) {
		unsigned long skip = first > vma->pgoff ? first - vma->pgoff : 0;

		if (vma->mapping == m && skip < vma_pages(vma))
			zap_vma(vma, vma->start + (skip << PAGE_SHIFT), vma->end);
	}
	mmap_unlock(mm);
}

/*
 * The caller has lowered the size already. A fault that still saw the old size holds its mmap_lock,
 * so it ends before we unmap there; one that comes later finds the page gone from the tree and the
 * size too small.
 */
void mapping_truncate(struct address_space *m, unsigned long first)
{
	struct mm_struct *mm;
	u64 seq;

	mutex_lock(&m->lock);
	if (first < height_limit(m->height) && radix_truncate(m, &m->root, m->height, first))
		m->height = 0;
	seq = ++m->unmap_seq;
	while ((mm = next_unseen(m, seq))) {
		mutex_unlock(&m->lock);
		unmap_in_mm(mm, m, first);
		mmput(mm);
		mutex_lock(&m->lock);
	}
	mutex_unlock(&m->lock);
}

void mapping_destroy(struct address_space *m)
{
	BUG_ON(!list_empty(&m->i_mmap));
	if (m->height > 0)
		radix_truncate(m, &m->root, m->height, 0);
	m->height = 0;
}

/* --- shared anonymous memory: a page cache without a file --- */

struct address_space *shmem_mapping_alloc(void)
{
	struct address_space *m = kmem_cache_alloc(mapping_cache, GFP_KERNEL);

	if (m)
		mapping_init(m, NULL);
	return m;
}

void shmem_mapping_put(struct address_space *m)
{
	if (!refcount_dec_and_test(&m->count))
		return;
	mapping_destroy(m);
	kmem_cache_free(mapping_cache, m);
}

unsigned long nr_file_pages(void)
{
	return (unsigned long)atomic_long_read(&file_pages);
}

unsigned long nr_shmem_pages(void)
{
	return (unsigned long)atomic_long_read(&shmem_pages);
}
