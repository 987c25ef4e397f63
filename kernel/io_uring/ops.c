/*
 * What a request does. NOP and reads and writes of files in memory are done at once, by whoever
 * submits; what may have to wait for somebody (pipes, terminals, sockets: all that can be polled)
 * goes to an io worker; a timeout is a timer, which needs no thread.
 *
 * Locks: ctx->lock for timeouts; their timers' handler takes it in the interrupt.
 */
#include "kernel/io_uring/io_uring.h"
#include "libk/abi/errno.h"

/* An event: a completion that timeouts count. */
static void post_event(struct io_ring_ctx *ctx, u64 user_data, s32 res)
{
	struct io_kiocb *req, *next;

	guard(spinlock_irqsave)(&ctx->lock);
	io_post_cqe(ctx, user_data, res);
	ctx->events++;
	list_for_each_entry_safe(req, next, &ctx->timeouts, list)
		if (req->sqe.off && (s32)(ctx->events - req->target) >= 0) {
			req->over = true;
			list_move_tail(&req->list, &ctx->done);
			io_post_cqe(ctx, req->sqe.user_data, 0);
		}
}

/* --- read and write --- */

/* A stop is no reason to give a request up; death is. */
void io_run(struct io_kiocb *req)
{
	const struct io_uring_sqe *sqe = &req->sqe;
	long ret;

	do
		ret = vfs_rw(req->file, (void __user *)sqe->addr, sqe->len, (loff_t)sqe->off,
			     sqe->opcode == IORING_OP_WRITE);
	while (ret == -ERESTARTSYS && current->flags & PF_IO_WORKER && !io_worker_signals());
	io_finish(req, ret == -ERESTARTSYS ? -EINTR : ret);
}

void io_finish(struct io_kiocb *req, long res)
{
	struct io_ring_ctx *ctx = req->ctx;

	post_event(ctx, req->sqe.user_data, (s32)res);
	fput(req->file);
	kfree(req);
	put_ctx(ctx);
}

static int issue_rw(struct io_kiocb *req)
{
	struct file *f = fget((unsigned int)req->sqe.fd);

	if (!f || req->sqe.op_flags) {
		if (f)
			fput(f);
		return f ? -EINVAL : -EBADF;
	}
	req->file = f;
	refcount_inc(&req->ctx->refs);
	if (req->sqe.flags & IOSQE_ASYNC || (f->f_op->poll && !(f->f_flags & O_NONBLOCK)))
		io_wq_queue(req);
	else
		io_run(req);
	return 0;
}

/* --- timeouts: the ring's own; freed when it next comes by, not under their timer's feet --- */

static u64 timeout_expired(struct hrtimer *timer)
{
	struct io_kiocb *req = container_of(timer, struct io_kiocb, timer);
	struct io_ring_ctx *ctx = req->ctx;

	guard(spinlock_irqsave)(&ctx->lock);
	if (!req->over) {
		req->over = true;
		list_move_tail(&req->list, &ctx->done);
		io_post_cqe(ctx, req->sqe.user_data, -ETIME);
	}
	return 0;
}

static void free_timeouts(struct io_ring_ctx *ctx)
{
	struct io_kiocb *req, *next;
	LIST_HEAD(over);

	scoped_guard(spinlock_irqsave, &ctx->lock)
		list_splice_init(&ctx->done, &over);
	list_for_each_entry_safe(req, next, &over, list) {
		hrtimer_cancel(&req->timer);
		kfree(req);
	}
}

void io_timeouts_kill(struct io_ring_ctx *ctx)
{
	struct io_kiocb *req;

	scoped_guard(spinlock_irqsave, &ctx->lock) {
		list_for_each_entry(req, &ctx->timeouts, list)
			req->over = true;
		list_splice_init(&ctx->timeouts, &ctx->done);
	}
	free_timeouts(ctx);
}

static int issue_timeout(struct io_kiocb *req)
{
	struct io_ring_ctx *ctx = req->ctx;
	const struct io_uring_sqe *sqe = &req->sqe;
	u64 deadline;
	int err;

	if (sqe->len != 1 || sqe->op_flags & ~IORING_TIMEOUT_ABS)
		return -EINVAL;
	err = get_deadline((const struct timespec __user *)sqe->addr, CLOCK_MONOTONIC,
			   sqe->op_flags & IORING_TIMEOUT_ABS, &deadline);
	if (err || !sqe->addr)
		return err ? err : -EFAULT;
	free_timeouts(ctx);
	hrtimer_setup(&req->timer, timeout_expired);
	guard(spinlock_irqsave)(&ctx->lock);
	req->target = ctx->events + (u32)sqe->off;
	list_add_tail(&req->list, &ctx->timeouts);
	hrtimer_start(&req->timer, deadline);
	return 0;
}

int io_issue_sqe(struct io_ring_ctx *ctx, const struct io_uring_sqe *sqe)
{
	struct io_kiocb *req;
	int err = -EINVAL;

	if (sqe->flags & ~IOSQE_ASYNC || sqe->ioprio)
		return -EINVAL;
	if (sqe->opcode == IORING_OP_NOP) {
		post_event(ctx, sqe->user_data, 0);
		return 0;
	}
	req = kzalloc(sizeof(*req), GFP_KERNEL);
	if (!req)
		return -EAGAIN;
	req->ctx = ctx;
	req->sqe = *sqe;
	if (sqe->opcode == IORING_OP_READ || sqe->opcode == IORING_OP_WRITE)
		err = issue_rw(req);
	else if (sqe->opcode == IORING_OP_TIMEOUT)
		err = issue_timeout(req);
	if (err)
		kfree(req);
	return err;
}
