/*
 * Memory: pages (buddy allocator), objects (slab), kernel stacks, address spaces.
 *
 * Locking: (m) = mm->mmap_lock, a sleeping mutex: the VMA tree and the user page tables.
 *          (i) = address_space->lock, a sleeping mutex: the page cache of one file.
 *          (z) = zone lock, interrupts off.
 */
#pragma once

#include "asm/page.h"
#include "asm/pgtable.h"
#include "kernel/sync/guard.h"
#include "kernel/sync/sync.h"
#include "libk/list.h"
#include "libk/rbtree.h"
#include "libk/types.h"

struct file;
struct inode;
struct task_struct;
struct pt_regs;

/* --- pages --- */

/* One per page frame. */
struct page {
	atomic_t refcount;	/* 0 = free. A user mapping, the page cache and a kernel owner
				 * hold one each */
	union {
		u8 order;	/* (z) of a free or allocated block's first page */
		u8 cache;	/* slab: number of its cache; constant while it is one */
	};
	u8 flags;		/* PG_xxx */
	u16 objects;		/* slab: objects in use (slab lock) */
	union {
		struct list_head list;	/* (z) free list, or slab lists, or per-CPU cache */
		struct {
			struct address_space *mapping;	/* page cache: whose; set while in the
							 * cache (i) */
			unsigned long index;		/* page cache: page number in the file
							 * (i) */
		};
	};
	void *freelist;		/* slab: first free object (slab lock) */
};
#define PG_RESERVED 1u	/* never was the allocator's: image, firmware */
#define PG_SLAB 2u
#define PG_BUDDY 4u	/* first page of a free block; nobody's else */
/* belongs to a private mapping: copy-on-write may reuse it when refcount is 1 */
#define PG_ANON 8u

extern struct page *mem_map;
extern unsigned long max_pfn;

#define pfn_to_page(pfn) (mem_map + (pfn))
#define page_to_pfn(page) ((unsigned long)((page) - mem_map))
#define page_to_phys(page) ((u64)page_to_pfn(page) << PAGE_SHIFT)
#define page_address(page) phys_to_virt(page_to_phys(page))
#define virt_to_page(addr) pfn_to_page(virt_to_phys(addr) >> PAGE_SHIFT)

#define MAX_ORDER 11	/* blocks of 1 .. 1024 pages */

typedef unsigned int gfp_t;
#define GFP_KERNEL 0u	/* may fail; (the system never sleeps for memory) */
#define GFP_ATOMIC 1u	/* may use the last reserve */
#define __GFP_ZERO 2u
#define GFP_USER 4u	/* leaves a reserve for the kernel: fails first */

void mm_init(void);	/* everything of kernel/mm; after setup_arch(), boot CPU only */
void free_reserved_range(u64 start, u64 end);	/* physical: gives boot memory (the initrd) to
						 * the allocator; whole pages inside it */
struct page *alloc_pages(gfp_t gfp, unsigned int order);	/* NULL when out of memory. Any
								 * context. */
void __free_pages(struct page *page, unsigned int order);	/* drops one reference; frees at
								 * 0. Any context. */
static inline struct page *alloc_page(gfp_t gfp)
{
	return alloc_pages(gfp, 0);
}
void put_page(struct page *page);	/* order-0: drop one reference */
static inline void get_page(struct page *page)
{
	atomic_inc(&page->refcount);
}
void *get_zeroed_page(gfp_t gfp);	/* address in the direct map, or NULL */
void free_page(void *addr);
void drain_local_pages(void);	/* this CPU's ready pages back to the buddy lists */
void drop_caches(void);		/* all that is only kept ready for the next user, on all CPUs,
				 * becomes free pages. May sleep */
unsigned long nr_free_pages(void);
unsigned long totalram_pages(void);
void clear_page(void *addr);
void copy_page(void *to, const void *from);

/* --- objects --- */
struct kmem_cache;
/* At boot. */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align);
/*
 * DEFINE_KMEM_CACHE(cache, "name", type, align); in a file that allocates objects of one type: a
 * pointer that slab_init() sets, before anybody can ask for any.
 */
struct kmem_cache_spec {
	struct kmem_cache **cache;
	const char *name;
	size_t size, align;
};
#define DEFINE_KMEM_CACHE(cache, cachename, type, alignment)				\
	static struct kmem_cache *cache;						\
	static const struct kmem_cache_spec spec_##cache				\
		__attribute__((section("kmem_caches"), used)) = {			\
			&cache, cachename, sizeof(type), alignment }
__attribute__((assume_aligned(8)))
void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp);	/* NULL when out of memory. Any
								 * context. */
void *kmem_cache_zalloc(struct kmem_cache *c, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *c, void *obj);
void *kmalloc(size_t size, gfp_t gfp);	/* above a page: whole pages. Any context. */
void *kzalloc(size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp);	/* NULL on overflow */
void *krealloc(void *p, size_t size, gfp_t gfp);
void kfree(const void *p);		/* NULL is fine */
DEFINE_FREE(kfree, const void *, kfree(v))
char *kstrdup(const char *s, gfp_t gfp);

/* --- kernel stacks: THREAD_SIZE with an unmapped guard page below (kstack.c) --- */
void *kstack_alloc(void);		/* lowest usable address, or NULL. May sleep. */
void kstack_free(void *stack);		/* not the one we run on. Any context. */
bool kstack_guard_hit(unsigned long addr);	/* is addr in a guard page of the stack area? */
unsigned long kstack_high_water(const void *stack);	/* bytes ever used since it was mapped,
							 * to 256 bytes */

/* --- address spaces --- */
struct vm_area_struct {
	struct rb_node node;			/* (m) in mm->mm_rb, by address */
	struct mm_struct *mm;
	unsigned long start, end;		/* (m) page-aligned, end exclusive */
	unsigned long flags;			/* (m) VM_xxx */
	bool has_tables;			/* (m) page tables may serve it: see tlb.c */
	struct file *file;			/* (m) with a reference, or NULL: anonymous */
	unsigned long pgoff;			/* (m) of start in the file, in pages */
	struct address_space *mapping;		/* (m) page cache: the file's, or a shared
						 * anonymous object's (refcounted) */
	struct list_head shared;		/* (i) in mapping->i_mmap */
	u64 unmap_seq;				/* (i) last truncation that has seen it */
};
#define VM_READ 0x1UL
#define VM_WRITE 0x2UL
#define VM_EXEC 0x4UL
#define VM_SHARED 0x8UL
#define VM_MAYREAD 0x10UL
#define VM_MAYWRITE 0x20UL
#define VM_MAYEXEC 0x40UL
#define VM_GROWSDOWN 0x100UL	/* the stack: grows on a fault just below, leaving a guard */
#define VM_DONTCOPY 0x20000UL	/* MADV_DONTFORK */
#define VM_WIPEONFORK 0x40000UL
#define VM_HEAP 0x1000000UL	/* brk: named [heap] */
#define VM_STACK 0x2000000UL
#define VM_LOCKED 0x2000UL

struct mm_struct {
	struct mutex mmap_lock;
	struct rb_root mm_rb;			/* (m) */
	struct vm_area_struct *mmap_cache;	/* (m) the last one found */
	struct list_head dead_vmas;		/* (m) removed, their files to be closed after
						 * mmap_lock is released */
	pte_t *pgd;				/* constant */
	atomic_t mm_users;			/* tasks that use it; at 0 the mappings go */
	atomic_t mm_count;			/* 1 for all users, 1 for each borrower (lazy
						 * active_mm); at 0 the structure goes */
	unsigned long cpumask;			/* CPUs whose CR3 may hold it; atomic bits */
	unsigned long start_code, end_code, start_data, end_data;	/* (m) */
	unsigned long start_brk, brk, start_stack;			/* (m) */
	unsigned long arg_start, arg_end, env_start, env_end;		/* (m) */
	unsigned long mmap_base;		/* where mmap begins, going down */
	unsigned long free_hint, hole_size;	/* (m) between free_hint and mmap_base no hole is
						 * larger than hole_size */
	unsigned long total_vm, data_vm, exec_vm, stack_vm, locked_vm;	/* (m) pages reserved */
	unsigned long hiwater_vm;		/* (m) most that total_vm ever was */
	unsigned long def_flags;		/* (m) VM_LOCKED: mlockall(MCL_FUTURE) */
	unsigned long rss_anon, rss_file, rss_shmem;	/* (m) pages mapped */
	unsigned long hiwater_rss;		/* (m) brought up to date when rss falls: see
						 * mm_hiwater_rss() */
	int map_count;				/* (m) VMAs */
	struct file *exe_file;			/* (m) */
	unsigned long saved_auxv[48];		/* for /proc/PID/auxv */
	int dumpable;
	bool membarrier_registered;
	u64 id;					/* unique: the private futex key's; never reused */
};

extern struct mm_struct init_mm;	/* the kernel's page tables only */

struct mm_struct *mm_alloc(void);			/* empty, one user; or NULL */
struct mm_struct *dup_mm(struct mm_struct *old);	/* fork: copy-on-write; or ERR_PTR. May
							 * sleep. */
void mmput(struct mm_struct *mm);			/* a user less. May sleep. */
void mmdrop(struct mm_struct *mm);			/* a borrower less. Any context with
							 * interrupts on. */
struct mm_struct *get_task_mm(struct task_struct *p);	/* with a user reference, or NULL */

/* first with end > addr; mmap_lock held */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
struct vm_area_struct *vma_next(struct vm_area_struct *vma);
struct vm_area_struct *vma_first(struct mm_struct *mm);
/* addr with MAP_FIXED, else a hint. Returns the address or -errno. Takes mmap_lock. pgoff in
 * pages. */
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, int prot, int flags,
		      unsigned long pgoff);
int vm_munmap(unsigned long addr, unsigned long len);
/* exec: makes the stack VMA (reserve from RLIMIT_STACK) in mm, below top. 0 or -errno. */
int setup_stack_vma(struct mm_struct *mm, unsigned long top);
/* Copies from/to an mm that is not current's (ptrace, /proc/PID/mem, process_vm_readv, exec's
 * stack): bytes done. May sleep. */
size_t access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write,
			bool force);
struct iov_iter;
/* The same between there and the buffers of a call, len bytes of them at most; or -ENOMEM. */
ssize_t access_remote_iter(struct mm_struct *mm, unsigned long addr, size_t len,
			   struct iov_iter *local, bool write, bool force);
/*
 * For reports: the aligned word there, if it is in memory. Neither faults nor takes a lock; any
 * context, any pointer.
 */
bool peek_kernel(const void *p, u64 *value);
bool peek_user(const struct mm_struct *mm, unsigned long addr, u32 *value);
/* Pages mapped now, and most ever. A snapshot; no lock needed. */
static inline unsigned long mm_rss(const struct mm_struct *mm)
{
	return READ_ONCE(mm->rss_anon) + READ_ONCE(mm->rss_file) + READ_ONCE(mm->rss_shmem);
}

static inline unsigned long mm_hiwater_rss(const struct mm_struct *mm)
{
	return max(mm_rss(mm), READ_ONCE(mm->hiwater_rss));
}

/* What handle_mm_fault() says. */
enum { FAULT_OK, FAULT_SIGSEGV_MAPERR, FAULT_SIGSEGV_ACCERR, FAULT_SIGBUS, FAULT_OOM };
#define FAULT_FLAG_FORCE 16u	/* a debugger: only VM_MAYREAD, VM_MAYWRITE count */
/* A fault at addr in mm. FAULT_xxx. mmap_lock held; may sleep. */
int handle_mm_fault(struct mm_struct *mm, unsigned long addr, unsigned int flags);
/* No CPU that runs on mm uses a translation of [start, end) that was loaded before. Interrupts
 * on, no spinlock held. */
void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end);
void flush_tlb_kernel_all(void);	/* all CPUs, global entries too */

/* --- page cache: the pages of one file or shared object, by index --- */
struct address_space {
	struct mutex lock;
	u64 id;			/* constant, unique, never reused: the shared futex key's;
				 * mapping_init() counts it up */
	void *root;		/* (i) radix tree */
	int height;		/* (i) */
	unsigned long nrpages;	/* (i) */
	struct inode *host;	/* NULL: shared anonymous memory */
	refcount_t count;	/* shared anonymous: mappings that use it */
	struct list_head i_mmap;	/* (i) VMAs that map it, for truncate */
	u64 unmap_seq;			/* (i) truncations so far */
	u64 max_pages;		/* (i) size limit, in pages, beyond which access is SIGBUS: ~0 =
				 * host's i_size */
};
void mapping_init(struct address_space *m, struct inode *host);
/* The page at index with a reference; create: a zeroed one when there is none (NULL = no memory
 * / hole). May sleep. */
struct page *mapping_get_page(struct address_space *m, unsigned long index, bool create);
/* Drops pages at and after index first, and unmaps them from all address spaces. */
void mapping_truncate(struct address_space *m, unsigned long first);
void mapping_destroy(struct address_space *m);
struct address_space *shmem_mapping_alloc(void);	/* MAP_SHARED|MAP_ANONYMOUS; count 1 */
void shmem_mapping_put(struct address_space *m);
unsigned long nr_file_pages(void);
unsigned long nr_shmem_pages(void);

/* Out of memory in a page fault: picks and kills one process, logs it; waits a moment for it to
 * go. May sleep, no locks held. */
void out_of_memory(void);
/* 0 (never) to 1333: who is killed first. Takes tasklist_lock. */
long oom_score(struct task_struct *p);
void kreaper_init(void);	/* at boot, when kthreadd works */
struct seq_file;
unsigned long nr_slab_pages(void);
void show_slabinfo(struct seq_file *m);
void show_buddyinfo(struct seq_file *m);
