/* Host test of kmalloc and caches, with their debugging on: contents stay, sizes are what was
 * asked for, slabs go back, misuse is caught. */
#define CONFIG_DEBUG
#include "tests/host/mm_host.h"

#include "kernel/mm/page_alloc.c"

#include "kernel/mm/slab.c"

#define N 2000

struct boot_info boot_info = { .regions = { { 0, HOST_RAM, true } }, .nr_regions = 1 };

void *early_alloc_pages(size_t pages)
{
	static char map[HOST_RAM / PAGE_SIZE * sizeof(struct page)] __attribute__((aligned(64)));

	return map;
}

struct boot_region *early_reserved(int *n)
{
	*n = 0;
	return NULL;
}

unsigned long nr_cached_tables(void) { return 0; }
void clear_page(void *addr) { __builtin_memset(addr, 0, PAGE_SIZE); }

static struct { u8 *p; size_t size; u8 fill; } held[N];

static void check_and_free(u32 i)
{
	for (size_t b = 0; b < held[i].size; b++)
		assert(held[i].p[b] == held[i].fill);
	kfree(held[i].p);
	held[i].p = NULL;
}

static void test_random(void)
{
	for (int round = 0; round < 100000; round++) {
		u32 i = random_number() % N;

		if (held[i].p) {
			check_and_free(i);
			continue;
		}
		held[i].size = random_number() % (random_number() % 50 ? 600 : 9000);
		held[i].p = kmalloc(held[i].size, GFP_KERNEL);
		assert(held[i].p && (unsigned long)held[i].p % 8 == 0 &&
		       usable_size(held[i].p) >= held[i].size);
		held[i].fill = (u8)random_number();
		memset(held[i].p, held[i].fill, held[i].size);
	}
	for (u32 i = 0; i < N; i++)
		if (held[i].p)
			check_and_free(i);
}

static void test_misuse(void)
{
	struct kmem_cache *c = kmem_cache_create("test", 40, 8);
	char *p = kmem_cache_alloc(c, GFP_KERNEL), *q = kmem_cache_alloc(c, GFP_KERNEL);

	p[40] = 1;
	assert(expect_panic(kmem_cache_free(c, p)));
	kmem_cache_free(c, q);
	assert(expect_panic(kmem_cache_free(c, q)));
	q[20] = 1;
	assert(expect_panic(kmem_cache_alloc(c, GFP_KERNEL)));
}

int main(void)
{
	unsigned long before, slabs = 0;
	u8 *p;

	page_alloc_init();
	slab_init();
	before = nr_free_pages();
	test_random();
	assert(host_locks == 0);
	for (int i = 0; i < nr_caches; i++) {
		while (caches[i].cpu[0].n)
			give_object(&caches[i], caches[i].cpu[0].objects[--caches[i].cpu[0].n]);
		slabs += caches[i].nr_slabs + caches[i].nr_taken;
	}
	assert(slabs == 0 && nr_free_pages() == before);
	p = kzalloc(100, GFP_KERNEL);
	for (int i = 0; i < 100; i++)
		assert(p[i] == 0);
	p = krealloc(p, 5000, GFP_KERNEL);
	assert(p[99] == 0 && !kcalloc(1UL << 40, 1UL << 40, GFP_KERNEL) &&
	       !kmalloc(64UL << 20, GFP_KERNEL));
	kfree(p);
	kfree(NULL);
	test_misuse();
	puts("ok");
	return 0;
}
