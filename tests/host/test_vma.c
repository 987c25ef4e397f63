/*
 * Host test of address spaces: mmap, munmap and brk at random against a plain array of pages. The
 * tree must say the same, in order and without mergeable neighbours, the accounts must be exact,
 * and the hint must not change where first fit from the top puts things.
 */
#include "tests/host/mm_host.h"

#include "kernel/mm/vma.c"
#include "kernel/mm/mmap.c"
#include "libk/rbtree.c"

#define BASE 0x100000000UL	/* the pages that the array stands for */
#define PAGES 600
#define TOP (BASE + PAGES * PAGE_SIZE)

void *calloc(size_t n, size_t size);
void free(void *p);

static u8 shadow[PAGES];	/* 0: free, else 1 + kind */
static struct mm_struct mm;
static long objects;

void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	objects++;
	return calloc(1, sizeof(struct vm_area_struct));
}
void kmem_cache_free(struct kmem_cache *c, void *p) { objects--; free(p); }
void __mapping_add_vma(struct vm_area_struct *vma) { }
void __mapping_remove_vma(struct vm_area_struct *vma) { }
struct address_space *shmem_mapping_alloc(void) { return NULL; }
void shmem_mapping_put(struct address_space *m) { }
void fput(struct file *f) { }
struct file *fget(unsigned int fd) { return NULL; }
unsigned long totalram_pages(void) { return 1UL << 20; }
int handle_mm_fault(struct mm_struct *m, unsigned long addr, unsigned int flags)
{
	return FAULT_OK;
}
void __tlb_finish(struct mmu_gather *tlb) { }
void detach_tables(pte_t *pgd, unsigned long start, unsigned long end, unsigned long floor,
		   unsigned long ceiling, struct list_head *pages)
{
	assert(floor <= start && end <= ceiling && start < end);
	assert(!find_vma_intersection(&mm, floor, ceiling));
}
void zap_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
	       unsigned long end)
{
	assert(vma->start <= start && start < end && end <= vma->end);
}

static const unsigned long prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };

static void check(void)
{
	unsigned long total = 0, data = 0, at = 0;
	struct vm_area_struct *prev = NULL;
	int count = 0;

	for (struct vm_area_struct *vma = vma_first(&mm); vma;
	     prev = vma, vma = vma_next(vma), count++) {
		vma->has_tables |= random_number() % 8 == 0;
		assert(vma->start < vma->end && vma->start >= at && !mergeable(prev, vma));
		at = vma->end;
		total += vma_pages(vma);
		data += vma->flags & VM_WRITE ? vma_pages(vma) : 0;
	}
	assert(count == mm.map_count && total == mm.total_vm && data == mm.data_vm &&
	       objects == count && host_locks == 0);
	for (unsigned long i = 0; i < PAGES; i++) {
		struct vm_area_struct *vma = find_vma_intersection(&mm, BASE + i * PAGE_SIZE,
								   BASE + (i + 1) * PAGE_SIZE);

		assert(!vma == !shadow[i]);
		assert(!vma || prot_to_flags(prots[shadow[i] - 1]) ==
				       (vma->flags & (VM_READ | VM_WRITE | VM_EXEC)));
	}
}

/* First fit from the top, the slow way: the first page, or -1 when it is not in the array. */
static long slow_fit(unsigned long pages)
{
	unsigned long run = 0;

	for (long i = PAGES - 1; i >= 0; i--) {
		run = shadow[i] ? 0 : run + 1;
		if (run == pages)
			return i;
	}
	return -1;
}

static void test_random(void)
{
	for (int round = 0; round < 60000; round++) {
		unsigned long n = 1 + random_number() % 12, first = random_number() % (PAGES - n),
			      kind = random_number() % 3, got;
		long fit = slow_fit(n);

		switch (random_number() % 4) {
		case 0:
			got = vm_mmap(NULL, BASE + first * PAGE_SIZE, n * PAGE_SIZE,
				      (int)prots[kind], MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
			assert(got == BASE + first * PAGE_SIZE);
			break;
		case 1:
			if (fit < 0)
				continue;
			first = (unsigned long)fit;
			got = vm_mmap(NULL, 0, n * PAGE_SIZE - 5, (int)prots[kind],
				      MAP_PRIVATE | MAP_ANONYMOUS, 0);
			assert(got == BASE + first * PAGE_SIZE);
			break;
		default:
			assert(vm_munmap(BASE + first * PAGE_SIZE, n * PAGE_SIZE) == 0);
			kind = ~0UL;
		}
		memset(shadow + first, (int)kind + 1, n);
		check();
	}
	assert(vm_munmap(0, TASK_SIZE) == 0 && mm.map_count == 0 && mm.total_vm == 0 &&
	       objects == 0);
}

static void test_errors(void)
{
	assert(sys_mmap(0, 0, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1UL, 0) == -EINVAL);
	assert(sys_mmap(0, 4096, 0, MAP_ANONYMOUS, -1UL, 0) == -EINVAL);
	assert(sys_mmap(0, 4096, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1UL, 5) == -EINVAL);
	assert(sys_mmap(0, 4096, 0, MAP_PRIVATE, 3, 0) == -EBADF);
	assert(sys_mmap(0, ~0UL, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1UL, 0) == -ENOMEM);
	assert(sys_mmap(TASK_SIZE, 4096, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1UL, 0) ==
	       -ENOMEM);
	assert(sys_mmap(BASE + 1, 4096, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1UL, 0) ==
	       -EINVAL);
	assert(sys_munmap(1, 4096) == -EINVAL && sys_munmap(0, 0) == -EINVAL &&
	       sys_munmap(TASK_SIZE, 4096) == -EINVAL);
	assert(sys_munmap(BASE, 4096) == 0);
}

static void test_brk(void)
{
	mm.start_brk = mm.brk = BASE;
	assert(sys_brk(0) == (long)BASE && sys_brk(BASE + 5000) == (long)BASE + 5000 &&
	       mm.total_vm == 2);
	assert(sys_brk(BASE + 9000) == (long)BASE + 9000 && mm.total_vm == 3 && mm.map_count == 1);
	assert(sys_brk(BASE + 1) == (long)BASE + 1 && mm.total_vm == 1);
	assert(vm_mmap(NULL, BASE + 0x10000, 4096, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0) ==
	       BASE + 0x10000);
	assert(sys_brk(BASE + 0x10000) == (long)BASE + 1 && sys_brk(BASE) == (long)BASE &&
	       mm.total_vm == 1);
}

int main(void)
{
	for (int i = 0; i < 16; i++)
		host_signal.rlim[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	INIT_LIST_HEAD(&mm.dead_vmas);
	mm.mmap_base = mm.free_hint = TOP;
	host_mm = &mm;
	test_random();
	test_errors();
	test_brk();
	puts("ok");
	return 0;
}
