/* Host test of the page allocator: nothing is given twice, nothing is lost, free neighbours
 * join, reserves hold. */
#include "tests/host/mm_host.h"

#include "kernel/mm/page_alloc.c"

#define N 512

struct boot_info boot_info = { .regions = { { 0, 5 << 20, true },
					    { 5 << 20, 6 << 20, false },
					    { 6 << 20, HOST_RAM, true } },
			       .nr_regions = 3 };
static struct boot_region reserved[] = { { 3 << 20, (3 << 20) + 3 * 4096, false },
					 { (4 << 20) + 4096, (4 << 20) + 8192, false } };
static u8 owner[HOST_RAM >> PAGE_SHIFT];

void *early_alloc_pages(size_t pages)
{
	static char map[HOST_RAM / PAGE_SIZE * sizeof(struct page)] __attribute__((aligned(64)));

	assert(pages * PAGE_SIZE <= sizeof(map) + PAGE_SIZE);
	return map;
}

struct boot_region *early_reserved(int *n)
{
	*n = 2;
	return reserved;
}

unsigned long nr_cached_tables(void) { return 0; }
void clear_page(void *addr) { __builtin_memset(addr, 0, PAGE_SIZE); }

static void claim(struct page *page, unsigned int order, bool take)
{
	unsigned long pfn = page_to_pfn(page);

	assert(pfn % (1UL << order) == 0 && pfn >= LOW_MEMORY_PFN);
	for (unsigned long i = pfn; i < pfn + (1UL << order); i++) {
		u64 phys = (u64)i << PAGE_SHIFT;

		assert(owner[i] != take);
		owner[i] = take;
		assert(phys < 5 << 20 || phys >= 6 << 20);
		for (int r = 0; r < 2; r++)
			assert(phys < reserved[r].start || phys >= reserved[r].end);
	}
}

static void test_random(void)
{
	static struct { struct page *page; unsigned int order; } held[N];
	unsigned long before = nr_free_pages();

	for (int round = 0; round < 200000; round++) {
		u32 i = random_number() % N;

		if (held[i].page) {
			claim(held[i].page, held[i].order, false);
			before += 1UL << held[i].order;
			__free_pages(held[i].page, held[i].order);
			held[i].page = NULL;
		} else {
			held[i].order = random_number() % 4 ? 0 : random_number() % 6;
			held[i].page = alloc_pages(GFP_KERNEL, held[i].order);
			if (held[i].page) {
				claim(held[i].page, held[i].order, true);
				before -= 1UL << held[i].order;
			}
		}
		assert(nr_free_pages() == before && host_locks == 0);
	}
	for (int i = 0; i < N; i++)
		if (held[i].page)
			__free_pages(held[i].page, held[i].order);
}

static void test_reserves(void)
{
	static const gfp_t order[] = { GFP_USER, GFP_KERNEL, GFP_ATOMIC };
	unsigned long total = nr_free_pages(), left[3];
	LIST_HEAD(taken);
	struct page *page;

	for (int i = 0; i < 3; i++) {
		while ((page = alloc_page(order[i])))
			list_add(&page->list, &taken);
		left[i] = nr_free_pages();
	}
	assert(left[0] == zone.reserve[GFP_USER] && left[1] == zone.reserve[GFP_KERNEL] &&
	       left[2] == 0);
	while (!list_empty(&taken)) {
		page = list_first_entry(&taken, struct page, list);
		list_del(&page->list);
		put_page(page);
	}
	assert(nr_free_pages() == total);
}

static void test_errors(void)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	get_page(page);
	put_page(page);
	put_page(page);
	assert(expect_panic(put_page(page)));
}

int main(void)
{
	unsigned long blocks[MAX_ORDER];

	page_alloc_init();
	assert(totalram_pages() == nr_free_pages() &&
	       totalram_pages() == (HOST_RAM - (2 << 20)) / PAGE_SIZE - 4);
	__builtin_memcpy(blocks, zone.nr_blocks, sizeof(blocks));
	test_random();
	test_reserves();
	drain_local_pages();
	assert(!__builtin_memcmp(blocks, zone.nr_blocks, sizeof(blocks)));
	test_errors();
	puts("ok");
	return 0;
}
