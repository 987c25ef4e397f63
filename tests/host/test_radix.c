/* Host test of the page cache's tree: pages are found again under their index, truncation drops
 * just what lies behind, nodes are freed. */
#include "tests/host/mm_host.h"

#include "kernel/mm/filemap.c"

#define N 400

void *calloc(size_t n, size_t size);
void free(void *p);

static long objects, pages;

void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	objects++;
	return calloc(1, sizeof(struct radix_node));
}
void *kmem_cache_zalloc(struct kmem_cache *c, gfp_t gfp) { return kmem_cache_alloc(c, gfp); }
void kmem_cache_free(struct kmem_cache *c, void *p) { objects--; free(p); }
void zap_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end) { }
struct vm_area_struct *vma_first(struct mm_struct *mm) { return NULL; }
struct vm_area_struct *vma_next(struct vm_area_struct *vma) { return NULL; }
void mmput(struct mm_struct *mm) { }
void __mmap_unlock(struct mm_struct *mm) { }

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = calloc(1, sizeof(struct page));

	atomic_set(&page->refcount, 1);
	pages++;
	return page;
}

void put_page(struct page *page)
{
	if (atomic_dec_return(&page->refcount) == 0) {
		pages--;
		free(page);
	}
}

static unsigned long random_index(void)
{
	unsigned long i = (unsigned long)random_number() << 24 | random_number();

	return i >> (random_number() % 48);
}

static void round_of(struct address_space *m)
{
	static struct { unsigned long index; struct page *page; } e[N];
	unsigned long first = random_index();

	for (int i = 0; i < N; i++) {
		e[i].index = random_index();
		e[i].page = mapping_get_page(m, e[i].index, true);
		assert(e[i].page && e[i].page->index == e[i].index && e[i].page->mapping == m);
	}
	assert(pages == (long)m->nrpages);
	mapping_truncate(m, first);
	for (int i = 0; i < N; i++) {
		struct page *page = mapping_get_page(m, e[i].index, false);

		assert(page == (e[i].index < first ? e[i].page : NULL));
		if (page)
			put_page(page);
		put_page(e[i].page);
	}
	assert(pages == (long)m->nrpages && nr_shmem_pages() == m->nrpages);
	if (random_number() % 2)
		mapping_truncate(m, 0);
	assert(m->nrpages > 0 || objects == 1);
}

int main(void)
{
	struct address_space *m = shmem_mapping_alloc();

	for (int i = 0; i < 200; i++)
		round_of(m);
	shmem_mapping_put(m);
	assert(objects == 0 && pages == 0 && host_locks == 0 && nr_shmem_pages() == 0);
	puts("ok");
	return 0;
}
