/*
 * io_uring in small: requests come through a ring of memory shared with the process, and results go
 * back through another. This header is kernel/io_uring's own, but for the last two functions.
 *
 * Locking: (u) = ctx->uring_lock, sleeping: who submits.   (w) = io_wq->lock.   (c) = constant.
 *          (l) = ctx->lock, interrupts off: completion.
 */
#pragma once

#include "kernel/fs/fs.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include "libk/abi/io_uring.h"

/* Where things are in the shared memory; the user learns it from struct io_uring_params. */
enum {
	SQ_HEAD = 0, SQ_TAIL = 64, CQ_HEAD = 128, CQ_TAIL = 192,
	SQ_MASK = 256, CQ_MASK = 260, SQ_ENTRIES = 264, CQ_ENTRIES = 268,
	SQ_DROPPED = 272, SQ_FLAGS = 276, CQ_FLAGS = 280, CQ_OVERFLOW = 284, CQES = 320,
};
#define MAX_SQ_ENTRIES 4096u
/* rings (CQES + 2 * MAX * 16 + MAX * 4 bytes) and SQEs */
#define MAX_RING_PAGES 101

struct io_ring_ctx {
	refcount_t refs;		/* the file, each request under way, the SQ thread */
	u32 sq_entries, cq_entries;	/* (c) powers of two */
	u32 array;			/* (c) offset of the SQ's index array */
	struct address_space *mapping;	/* (c) the shared memory: nr_rings pages, then the SQEs */
	char *pages[MAX_RING_PAGES];	/* (c) the same, as the kernel sees it */
	unsigned int nr_rings, nr_pages;	/* (c) */
	struct mutex uring_lock;
	u32 sq_head;			/* (u) the user sees a copy, and may spoil that */
	spinlock_t lock;
	u32 cq_tail;			/* (l) the same */
	u32 events;			/* (l) completions so far that a timeout may count */
	struct list_head timeouts, done;	/* (l) waiting; over, to be freed */
	struct wait_queue_head cq_wait, sq_wait;
	bool dying;			/* the file is closed: the SQ thread is to end */
	u64 sq_idle;			/* (c) ns; 0: no SQPOLL */
	bool sq_running;		/* its SQ thread is there; falls when that ends */
	struct task_struct *sq_task;	/* only compared with current: who it is */
	struct completion sq_exited;
};

struct io_kiocb {
	struct list_head list;		/* (w) waits for a worker; (l) timeouts */
	struct io_ring_ctx *ctx;	/* (c) with a reference, unless a timeout */
	struct io_uring_sqe sqe;	/* (c) a copy */
	struct file *file;		/* (c) with a reference */
	struct hrtimer timer;		/* timeout */
	u32 target;			/* (l) over when ctx->events gets there */
	bool over;			/* (l) */
};

/* io_uring.c */
void put_ctx(struct io_ring_ctx *ctx);		/* may sleep */
void *ring_at(struct io_ring_ctx *ctx, u32 off);
/* One more result; dropped if the user leaves no room. (l) held */
void io_post_cqe(struct io_ring_ctx *ctx, u64 user_data, s32 res);
/* Up to n of what the user has queued: how many. May sleep */
u32 io_submit_sqes(struct io_ring_ctx *ctx, u32 n);

/* ops.c: starts what sqe says; < 0: it makes no sense, which is its result. May sleep; (u) held */
int io_issue_sqe(struct io_ring_ctx *ctx, const struct io_uring_sqe *sqe);
void io_run(struct io_kiocb *req);		/* does it, posts the result, frees it. May sleep */
void io_finish(struct io_kiocb *req, long res);	/* the second half. May sleep */
void io_timeouts_kill(struct io_ring_ctx *ctx);

/* io_wq.c, sqpoll.c */
void io_wq_queue(struct io_kiocb *req);		/* an io worker will io_run() it */
int io_sq_start(struct io_ring_ctx *ctx);	/* 0 or -errno */

/* --- for others --- */
void io_uring_cancel(void);	/* current's process ends or executes: what no worker has begun, is
				 * not. May sleep */
void put_io_wq(struct io_wq *wq);	/* NULL is fine */
