/*
 * VMAs: the ranges of an address space that mean something. A red-black tree by address; neighbours
 * that say the same are one. Here: finding, splitting, joining, accounting, and where the next
 * mmap() goes. What mappings mean is mmap.c's and fault.c's.
 *
 * Locks: mmap_lock (m) held everywhere; the page cache's list of VMAs is changed under the
 * mapping's lock (i), by filemap.c.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/signal/signal.h"
#include "kernel/task/task.h"

/* Flags that do not keep two neighbours apart. */
#define VM_SAME(flags) ((flags) & ~VM_STACK)

DEFINE_KMEM_CACHE(vma_cache, "vm_area_struct", struct vm_area_struct, 8);

/* --- life --- */

struct vm_area_struct *vma_alloc(struct mm_struct *mm, unsigned long start, unsigned long end,
				 unsigned long flags)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vma_cache, GFP_KERNEL);

	if (vma)
		*vma = (struct vm_area_struct){
			.mm = mm, .start = start, .end = end, .flags = flags
		};
	return vma;
}

/* A shared anonymous object is counted by its VMAs; a file's page cache lives as long as the
 * file. */
static bool is_shmem(const struct vm_area_struct *vma)
{
	return vma->mapping && !vma->file;
}

/* Closing a file may take locks that come before mmap_lock; so that waits until mmap_unlock(). */
void vma_free(struct vm_area_struct *vma)
{
	if (vma->file) {
		list_add(&vma->shared, &vma->mm->dead_vmas);
		return;
	}
	if (is_shmem(vma))
		shmem_mapping_put(vma->mapping);
	kmem_cache_free(vma_cache, vma);
}

void reap_vmas(struct list_head *dead)
{
	struct vm_area_struct *vma, *next;

	list_for_each_entry_safe(vma, next, dead, shared) {
		fput(vma->file);
		kmem_cache_free(vma_cache, vma);
	}
}

void __mmap_unlock(struct mm_struct *mm)
{
	LIST_HEAD(dead);

	list_replace_init(&mm->dead_vmas, &dead);
	mutex_unlock(&mm->mmap_lock);
	reap_vmas(&dead);
}

struct vm_area_struct *vma_dup(const struct vm_area_struct *vma, struct mm_struct *mm)
{
	struct vm_area_struct *copy = kmem_cache_alloc(vma_cache, GFP_KERNEL);

	if (!copy)
		return NULL;
	*copy = *vma;
	copy->mm = mm;
	if (copy->file)
		get_file(copy->file);
	if (is_shmem(copy))
		refcount_inc(&copy->mapping->count);
	return copy;
}

/* --- the tree --- */

#define vma_of(rb) rb_entry_safe(rb, struct vm_area_struct, node)

struct vm_area_struct *vma_first(struct mm_struct *mm)
{
	return vma_of(rb_first(&mm->mm_rb));
}

struct vm_area_struct *vma_next(struct vm_area_struct *vma)
{
	return vma_of(rb_next(&vma->node));
}

struct vm_area_struct *vma_prev(struct vm_area_struct *vma)
{
	return vma_of(rb_prev(&vma->node));
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *best = mm->mmap_cache;
	struct rb_node *n = mm->mm_rb.rb_node;

	if (best && best->start <= addr && addr < best->end)
		return best;
	for (best = NULL; n;) {
		struct vm_area_struct *vma = rb_entry(n, struct vm_area_struct, node);

		if (vma->end <= addr) {
			n = n->rb_right;
			continue;
		}
		best = vma;
		if (vma->start <= addr)
			break;
		n = n->rb_left;
	}
	if (best)
		mm->mmap_cache = best;
	return best;
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **prev)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	*prev = vma ? vma_prev(vma) : vma_of(rb_last(&mm->mm_rb));
	return vma;
}

struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start,
					     unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->start < end ? vma : NULL;
}

static void insert_vma(struct vm_area_struct *vma, struct rb_node *parent, struct rb_node **link)
{
	struct mm_struct *mm = vma->mm;

	rb_link_node(&vma->node, parent, link);
	rb_insert_color(&vma->node, &mm->mm_rb);
	mm->map_count++;
	mm->mmap_cache = vma;	/* who maps memory is about to use it */
	mapping_add_vma(vma);
}

void vma_link(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->mm;
	struct rb_node **link = &mm->mm_rb.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = vma->start < rb_entry(parent, struct vm_area_struct, node)->start
			       ? &parent->rb_left
			       : &parent->rb_right;
	}
	insert_vma(vma, parent, link);
}

void vma_link_between(struct vm_area_struct *vma, struct vm_area_struct *prev,
		      struct vm_area_struct *next)
{
	/* Of two neighbours in the tree one is below the other: the lower one has the free
	 * place. */
	if (prev && !prev->node.rb_right)
		insert_vma(vma, &prev->node, &prev->node.rb_right);
	else if (next)
		insert_vma(vma, &next->node, &next->node.rb_left);
	else
		insert_vma(vma, NULL, &vma->mm->mm_rb.rb_node);
}

void vma_unlink(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->mm;

	mapping_remove_vma(vma);
	rb_erase(&vma->node, &mm->mm_rb);
	mm->map_count--;
	if (mm->mmap_cache == vma)
		mm->mmap_cache = NULL;
}

void vma_set_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	/* Moving the start down below page 0 of the file wraps; only anonymous memory does that,
	 * and there pgoff means nothing. */
	vma->pgoff += (unsigned long)((long)(start - vma->start) >> PAGE_SHIFT);
	vma->start = start;
	vma->end = end;
}

/* --- splitting and joining --- */

/* Gives a part of vma, cut at addr, to a new VMA: the lower or the upper one. */
static int split(struct vm_area_struct *vma, unsigned long addr, bool lower)
{
	struct vm_area_struct *part =
		vma->mm->map_count < MAX_MAP_COUNT ? vma_dup(vma, vma->mm) : NULL;

	if (!part)
		return -ENOMEM;
	vma_set_range(lower ? vma : part, addr, vma->end);
	if (lower)
		part->end = addr;
	else
		vma->end = addr;
	vma_link(part);
	return 0;
}

int vma_split(struct vm_area_struct *vma, unsigned long addr)
{
	return split(vma, addr, false);
}

int vma_isolate(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	int err = vma->end > end ? split(vma, end, false) : 0;

	return !err && vma->start < start ? split(vma, start, true) : err;
}

static bool mergeable(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a && b && a->end == b->start && VM_SAME(a->flags) == VM_SAME(b->flags) &&
	       a->file == b->file && a->mapping == b->mapping &&
	       (!a->mapping || a->pgoff + vma_pages(a) == b->pgoff);
}

struct vm_area_struct *vma_merge(struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma_prev(vma), *next;

	if (mergeable(prev, vma)) {
		vma_unlink(vma);
		prev->end = vma->end;
		prev->has_tables |= vma->has_tables;
		vma_free(vma);
		vma = prev;
	}
	next = vma_next(vma);
	if (mergeable(vma, next)) {
		vma_unlink(next);
		vma->end = next->end;
		vma->has_tables |= next->has_tables;
		vma_free(next);
	}
	return vma;
}

static bool is_plain(const struct vm_area_struct *vma, unsigned long flags)
{
	return !vma->file && !vma->mapping && VM_SAME(vma->flags) == VM_SAME(flags);
}

bool vma_extend(struct vm_area_struct *prev, struct vm_area_struct *next, unsigned long start,
		unsigned long end, unsigned long flags)
{
	if (prev && prev->end == start && is_plain(prev, flags)) {
		prev->end = end;
		vma_merge(prev);
		return true;
	}
	if (next && next->start == end && is_plain(next, flags)) {
		next->start = start;
		return true;
	}
	return false;
}

/* --- where there is room --- */

/* The last VMA that begins below addr. */
static struct vm_area_struct *last_below(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *best = NULL;

	for (struct rb_node *n = mm->mm_rb.rb_node; n;) {
		struct vm_area_struct *vma = rb_entry(n, struct vm_area_struct, node);

		if (vma->start < addr) {
			best = vma;
			n = n->rb_right;
		} else {
			n = n->rb_left;
		}
	}
	return best;
}

static unsigned long guarded_start(const struct vm_area_struct *vma)
{
	unsigned long gap = vma->flags & VM_GROWSDOWN ? STACK_GUARD_GAP : 0;

	return vma->start > gap ? vma->start - gap : 0;
}

/*
 * First fit, downwards. The hint keeps ten thousand thread stacks from being walked again and
 * again: above free_hint there is no hole larger than hole_size, so a larger request begins at the
 * hint. note_hole() moves the hint back up.
 */
unsigned long unmapped_area(struct mm_struct *mm, unsigned long len, unsigned long limit)
{
	bool hinted = !limit && len > mm->hole_size;
	unsigned long top = limit ? limit : hinted ? mm->free_hint : mm->mmap_base;
	unsigned long largest = hinted ? mm->hole_size : 0;
	struct vm_area_struct *vma = last_below(mm, top);

	for (; vma; vma = vma_prev(vma)) {
		if (vma->end < top) {
			if (top - vma->end >= len)
				break;
			largest = max(largest, top - vma->end);
		}
		top = min(top, guarded_start(vma));
	}
	if (top < len + MMAP_MIN_ADDR)
		return (unsigned long)-ENOMEM;
	if (!limit) {
		mm->free_hint = top - len;
		mm->hole_size = largest;
	}
	return top - len;
}

void note_hole(struct mm_struct *mm, const struct vm_area_struct *prev,
	       const struct vm_area_struct *next)
{
	unsigned long end = min(next ? guarded_start(next) : TASK_SIZE, mm->mmap_base);

	if (end > mm->free_hint && end - (prev ? prev->end : 0) > mm->hole_size)
		mm->free_hint = end;
}

/* --- accounting --- */

static bool is_data(unsigned long flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_STACK)) == VM_WRITE;
}

void vm_account(struct mm_struct *mm, unsigned long flags, long pages)
{
	mm->total_vm += (unsigned long)pages;
	mm->hiwater_vm = max(mm->hiwater_vm, mm->total_vm);
	if ((flags & (VM_EXEC | VM_WRITE | VM_STACK)) == VM_EXEC)
		mm->exec_vm += (unsigned long)pages;
	if (is_data(flags))
		mm->data_vm += (unsigned long)pages;
	if (flags & VM_STACK)
		mm->stack_vm += (unsigned long)pages;
	if (flags & VM_LOCKED)
		mm->locked_vm += (unsigned long)pages;
}

bool may_expand_vm(struct mm_struct *mm, unsigned long flags, unsigned long pages)
{
	const struct rlimit *rlim = current->signal->rlim;

	if (pages > TASK_SIZE >> PAGE_SHIFT ||
	    mm->total_vm + pages > rlim[RLIMIT_AS].rlim_cur >> PAGE_SHIFT)
		return false;
	return !is_data(flags) || mm->data_vm + pages <= rlim[RLIMIT_DATA].rlim_cur >> PAGE_SHIFT;
}
