/*
 * The rings: memory shared with the process, and the calls that make them and tell of them.
 *
 * 	user writes SQEs[i], array[tail & mask] = i, tail++	kernel: head++
 * 	kernel writes CQEs[tail & mask], tail++			user: head++
 *
 * Each side writes its own end of a ring only. The kernel keeps its ends in io_ring_ctx and never
 * believes what the memory says of them; of the user's it takes differences, bounded; each SQE is
 * copied once, then looked at. So whatever a program does to the memory, it harms only itself.
 *
 * Locks: uring_lock; ctx->lock inside it.
 */
#include "kernel/io_uring/io_uring.h"
#include "kernel/printk.h"
#include "kernel/syscalls.h"

void *ring_at(struct io_ring_ctx *ctx, u32 off)
{
	return ctx->pages[off / PAGE_SIZE] + off % PAGE_SIZE;
}

static u32 *word(struct io_ring_ctx *ctx, u32 off)
{
	return ring_at(ctx, off);
}

/* --- results --- */

void io_post_cqe(struct io_ring_ctx *ctx, u64 user_data, s32 res)
{
	u32 tail = ctx->cq_tail, used = tail - READ_ONCE(*word(ctx, CQ_HEAD));
	struct io_uring_cqe *cqe;

	if (used >= ctx->cq_entries) {
		WRITE_ONCE(*word(ctx, CQ_OVERFLOW), *word(ctx, CQ_OVERFLOW) + 1);
		return;
	}
	cqe = ring_at(ctx, CQES + (tail & (ctx->cq_entries - 1)) * (u32)sizeof(*cqe));
	*cqe = (struct io_uring_cqe){ user_data, res, 0 };
	ctx->cq_tail = tail + 1;
	smp_store_release(word(ctx, CQ_TAIL), tail + 1);
	if (waitqueue_active(&ctx->cq_wait))	/* sleepers look at cq_tail under ctx->lock */
		wake_up_all(&ctx->cq_wait);
}

static u32 cq_ready(struct io_ring_ctx *ctx)
{
	guard(spinlock_irqsave)(&ctx->lock);
	return min(ctx->cq_tail - READ_ONCE(*word(ctx, CQ_HEAD)), ctx->cq_entries);
}

/* --- submission --- */

/* The next SQE, copied. False: there is none. */
static bool get_sqe(struct io_ring_ctx *ctx, struct io_uring_sqe *sqe)
{
	u32 index;

	while (smp_load_acquire(word(ctx, SQ_TAIL)) != ctx->sq_head) {
		index = ctx->sq_head & (ctx->sq_entries - 1);
		index = READ_ONCE(*word(ctx, ctx->array + index * 4));
		if (index < ctx->sq_entries)
			memcpy(sqe, ring_at(ctx, ctx->nr_rings * PAGE_SIZE +
					    index * (u32)sizeof(*sqe)), sizeof(*sqe));
		smp_store_release(word(ctx, SQ_HEAD), ++ctx->sq_head);
		if (index < ctx->sq_entries)
			return true;
		WRITE_ONCE(*word(ctx, SQ_DROPPED), *word(ctx, SQ_DROPPED) + 1);
		break;		/* as Linux: that ends this submission */
	}
	return false;
}

u32 io_submit_sqes(struct io_ring_ctx *ctx, u32 n)
{
	struct io_uring_sqe sqe;
	u32 done = 0;

	guard(mutex)(&ctx->uring_lock);
	n = min(n, ctx->sq_entries);
	while (done < n && get_sqe(ctx, &sqe)) {
		int err = io_issue_sqe(ctx, &sqe);

		done++;
		if (err) {
			guard(spinlock_irqsave)(&ctx->lock);
			io_post_cqe(ctx, sqe.user_data, err);
			break;		/* as Linux: a bad one ends the submission */
		}
	}
	return done;
}

/* --- the file --- */

void put_ctx(struct io_ring_ctx *ctx)
{
	if (!refcount_dec_and_test(&ctx->refs))
		return;
	for (unsigned int i = 0; i < ctx->nr_pages; i++)
		if (ctx->pages[i])
			put_page(virt_to_page(ctx->pages[i]));
	if (ctx->mapping)
		shmem_mapping_put(ctx->mapping);
	kfree(ctx);
}

static void io_uring_release(struct inode *inode, struct file *f)
{
	struct io_ring_ctx *ctx = f->private_data;

	WRITE_ONCE(ctx->dying, true);
	wake_up(&ctx->sq_wait);
	/* The SQ thread itself may have had the last reference, in a request on this very file. */
	if (READ_ONCE(ctx->sq_running) && ctx->sq_task != current)
		wait_for_completion(&ctx->sq_exited);
	io_timeouts_kill(ctx);
	put_ctx(ctx);
}

static unsigned int io_uring_poll(struct file *f, struct poll_table *pt)
{
	struct io_ring_ctx *ctx = f->private_data;

	poll_wait(f, &ctx->cq_wait, pt);
	return (cq_ready(ctx) ? POLLIN | POLLRDNORM : 0) | POLLOUT | POLLWRNORM;
}

static int io_uring_mmap(struct file *f, struct vm_area_struct *vma)
{
	struct io_ring_ctx *ctx = f->private_data;
	unsigned long off = vma->pgoff * PAGE_SIZE, n = ctx->nr_rings;

	if (off == IORING_OFF_SQES)
		n = ctx->nr_pages - ctx->nr_rings;
	else if (off != IORING_OFF_SQ_RING && off != IORING_OFF_CQ_RING)
		return -EINVAL;
	if ((vma->end - vma->start) / PAGE_SIZE > n || !(vma->flags & VM_SHARED))
		return -EINVAL;
	vma->pgoff = off == IORING_OFF_SQES ? ctx->nr_rings : 0;
	vma->mapping = ctx->mapping;
	return 0;
}

static const struct file_operations io_uring_fops = {
	.poll = io_uring_poll, .mmap = io_uring_mmap, .release = io_uring_release,
};

/* --- io_uring_setup --- */

static int check_params(u32 entries, const struct io_uring_params *p)
{
	return p->flags & ~IORING_SETUP_SQPOLL || p->resv[0] || p->resv[1] || p->resv[2] ||
			       !entries || entries > MAX_SQ_ENTRIES ? -EINVAL : 0;
}

static int alloc_rings(struct io_ring_ctx *ctx)
{
	u32 size = ctx->array + ctx->sq_entries * 4;

	ctx->nr_rings = DIV_ROUND_UP(size, (u32)PAGE_SIZE);
	ctx->nr_pages =
		ctx->nr_rings +
		DIV_ROUND_UP(ctx->sq_entries * (u32)sizeof(struct io_uring_sqe), (u32)PAGE_SIZE);
	ctx->mapping = shmem_mapping_alloc();
	if (!ctx->mapping)
		return -ENOMEM;
	ctx->mapping->max_pages = ctx->nr_pages;
	for (unsigned int i = 0; i < ctx->nr_pages; i++) {
		struct page *page = mapping_get_page(ctx->mapping, i, true);

		if (!page)
			return -ENOMEM;
		ctx->pages[i] = page_address(page);
	}
	*word(ctx, SQ_MASK) = ctx->sq_entries - 1;
	*word(ctx, CQ_MASK) = ctx->cq_entries - 1;
	*word(ctx, SQ_ENTRIES) = ctx->sq_entries;
	*word(ctx, CQ_ENTRIES) = ctx->cq_entries;
	return 0;
}

static struct io_ring_ctx *alloc_ctx(u32 entries, struct io_uring_params *p)
{
	struct io_ring_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return NULL;
	refcount_set(&ctx->refs, 1);
	ctx->sq_entries = (u32)roundup_pow_of_two(entries);
	ctx->cq_entries = 2 * ctx->sq_entries;
	ctx->array = ALIGN_UP(CQES + ctx->cq_entries * (u32)sizeof(struct io_uring_cqe), 64);
	if (p->flags & IORING_SETUP_SQPOLL)
		ctx->sq_idle = (p->sq_thread_idle ? p->sq_thread_idle : 1000) * NSEC_PER_MSEC;
	mutex_init(&ctx->uring_lock, "uring_lock");
	spin_lock_init(&ctx->lock, "io_ring_ctx");
	INIT_LIST_HEAD(&ctx->timeouts);
	INIT_LIST_HEAD(&ctx->done);
	init_waitqueue_head(&ctx->cq_wait, "io_cqring_wait");
	init_waitqueue_head(&ctx->sq_wait, "io_sq_thread");
	init_completion(&ctx->sq_exited, "io_sq_exited");
	return ctx;
}

static void tell(const struct io_ring_ctx *ctx, struct io_uring_params *p)
{
	p->sq_entries = ctx->sq_entries;
	p->cq_entries = ctx->cq_entries;
	p->features = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_RW_CUR_POS |
		      IORING_FEAT_SQPOLL_NONFIXED | IORING_FEAT_NATIVE_WORKERS;
	p->sq_off = (struct io_sqring_offsets){
		.head = SQ_HEAD, .tail = SQ_TAIL, .ring_mask = SQ_MASK, .ring_entries = SQ_ENTRIES,
		.flags = SQ_FLAGS, .dropped = SQ_DROPPED, .array = ctx->array,
	};
	p->cq_off = (struct io_cqring_offsets){
		.head = CQ_HEAD, .tail = CQ_TAIL, .ring_mask = CQ_MASK, .ring_entries = CQ_ENTRIES,
		.overflow = CQ_OVERFLOW, .cqes = CQES, .flags = CQ_FLAGS,
	};
}

SYSCALL_DEFINE(io_uring_setup, u32 entries, struct io_uring_params __user *uparams)
{
	struct io_uring_params p;
	struct io_ring_ctx *ctx;
	struct file *f;
	long err;

	if (copy_from_user(&p, uparams, sizeof(p)))
		return -EFAULT;
	err = check_params(entries, &p);
	if (err)
		return err;
	ctx = alloc_ctx(entries, &p);
	err = ctx ? alloc_rings(ctx) : -ENOMEM;
	f = err ? ERR_PTR(err) : anon_inode_getfile("[io_uring]", &io_uring_fops, ctx, O_RDWR);
	if (IS_ERR(f)) {
		if (ctx)
			put_ctx(ctx);
		return PTR_ERR(f);
	}
	tell(ctx, &p);
	err = copy_to_user(uparams, &p, sizeof(p)) ? -EFAULT : 0;
	if (!err && p.flags & IORING_SETUP_SQPOLL)
		err = io_sq_start(ctx);
	if (err) {
		fput(f);
		return err;
	}
	return fd_publish(f, O_CLOEXEC);
}

/* --- io_uring_enter --- */

static long cq_wait(struct io_ring_ctx *ctx, u32 min_complete, const sigset_t __user *sig,
		    size_t sigsz)
{
	long ret = set_user_sigmask(sig, sigsz);

	if (ret)
		return ret;
	min_complete = min(min_complete, ctx->cq_entries);
	ret = wait_event_interruptible(&ctx->cq_wait, cq_ready(ctx) >= min_complete);
	restore_saved_sigmask_unless(ret);
	return ret ? -EINTR : 0;
}

SYSCALL_DEFINE(io_uring_enter, unsigned int fd, u32 to_submit, u32 min_complete, u32 flags,
	       const sigset_t __user *sig, size_t sigsz)
{
	CLASS(fd, f)(fd);
	struct io_ring_ctx *ctx;
	long submitted = 0, ret = 0;

	if (flags & ~(IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP))
		return -EINVAL;
	if (!f.file)
		return -EBADF;
	if (f.file->f_op != &io_uring_fops)
		return -EOPNOTSUPP;
	ctx = f.file->private_data;
	if (ctx->sq_idle) {
		if (!READ_ONCE(ctx->sq_running))
			return -EOWNERDEAD;	/* its process has ended, or is another program */
		if (flags & IORING_ENTER_SQ_WAKEUP)
			wake_up(&ctx->sq_wait);
		submitted = to_submit;
	} else if (to_submit) {
		submitted = io_submit_sqes(ctx, to_submit);
	}
	if (flags & IORING_ENTER_GETEVENTS && submitted == (long)to_submit)
		ret = cq_wait(ctx, min_complete, sig, sigsz);
	return submitted ? submitted : ret;
}
