/*
 * Threads of a process that never leave the kernel. They look like the process's own: same memory,
 * same files, same PID, made by it with clone's own machinery; but their code is here, and
 * PF_KTHREAD is not set but PF_IO_WORKER. Two kinds:
 *
 * 	iou-wrk-PID	does the requests that may block. One is made when work waits and nobody is
 * 			idle; it goes when it was idle for IDLE_TIMEOUT.
 * 	iou-sqp-PID	with SQPOLL: submits what it finds in the ring, so that no system call is
 * 			needed. When nothing came for sq_thread_idle it says so in the ring and
 * 			sleeps.
 *
 * A signal is never delivered to one; it takes part in stops, and ends when its process does or
 * executes another program: io_worker_signals() tells.
 *
 * Locks: io_wq->lock (w).
 */
#include "asm/processor.h"
#include "kernel/io_uring/io_uring.h"
#include "libk/printf.h"

#define IDLE_TIMEOUT (5 * NSEC_PER_SEC)
#define POLL_STEP (50 * NSEC_PER_USEC)
#define MAX_WORKERS 256

/* One per process that ever needed one: signal->io_wq. */
struct io_wq {
	spinlock_t lock;
	struct list_head work;		/* (w) io_kiocb, oldest first */
	struct wait_queue_head wait;
	int nr_work;			/* (w) in the list */
	int nr_workers, nr_idle;	/* (w) those just being made count as idle */
};

void put_io_wq(struct io_wq *wq)
{
	kfree(wq);
}

static struct io_wq *current_io_wq(void)
{
	struct signal_struct *signal = current->signal;
	struct io_wq *wq = READ_ONCE(signal->io_wq), *new;

	if (wq)
		return wq;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	spin_lock_init(&new->lock, "io_wq");
	INIT_LIST_HEAD(&new->work);
	init_waitqueue_head(&new->wait, "io_wq_worker");
	wq = cmpxchg(&signal->io_wq, NULL, new);
	if (!wq)
		return new;
	kfree(new);		/* another thread was faster */
	return wq;
}

static struct io_kiocb *take_work(struct io_wq *wq)
{
	struct io_kiocb *req;

	guard(spinlock)(&wq->lock);
	req = list_first_entry_or_null(&wq->work, struct io_kiocb, list);
	if (req) {
		list_del(&req->list);
		wq->nr_work--;
		wq->nr_idle--;
	}
	return req;
}

/* An idle worker may go: its place is taken back unless work came meanwhile. */
static bool retire(struct io_wq *wq, bool dying)
{
	guard(spinlock)(&wq->lock);
	if (wq->nr_work && !dying)
		return false;
	wq->nr_workers--;
	wq->nr_idle--;
	return true;
}

static int io_wq_worker(void *data)
{
	struct io_wq *wq = data;
	struct io_kiocb *req;
	DEFINE_WAIT(wait);
	u64 left = 1;
	bool dying;

	do {
		prepare_to_wait_exclusive(&wq->wait, &wait, TASK_INTERRUPTIBLE);
		req = take_work(wq);
		if (!req && !signal_pending(current))
			left = schedule_hrtimeout(ktime_get() + IDLE_TIMEOUT);
		finish_wait(&wq->wait, &wait);
		if (req) {
			left = 1;
			io_run(req);
			scoped_guard(spinlock, &wq->lock)
				wq->nr_idle++;
		}
		dying = io_worker_signals();
	} while ((!dying && left) || !retire(wq, dying));
	do_exit(0);
}

/* A thread of current's process, which begins at once. Or ERR_PTR. */
static struct task_struct *start_io_thread(int (*fn)(void *), void *arg, const char *what)
{
	struct task_struct *p;
	char name[TASK_COMM_LEN];

	snprintf(name, sizeof(name), "iou-%s-%d", what, task_tgid_vnr(current));
	p = create_io_thread(fn, arg, name);
	if (!IS_ERR(p))
		wake_up_new_task(p);
	return p;
}

/* Counted as work before it is listed: so no idle worker goes meanwhile. */
void io_wq_queue(struct io_kiocb *req)
{
	struct io_wq *wq = current_io_wq();
	bool more, alone = true;

	if (wq) {
		scoped_guard(spinlock, &wq->lock) {
			more = ++wq->nr_work > wq->nr_idle && wq->nr_workers < MAX_WORKERS;
			wq->nr_workers += more;
			wq->nr_idle += more;
		}
		more = more && IS_ERR(start_io_thread(io_wq_worker, wq, "wrk"));
		guard(spinlock)(&wq->lock);
		wq->nr_workers -= more;		/* it could not be made */
		wq->nr_idle -= more;
		alone = !wq->nr_workers;
		if (alone)
			wq->nr_work--;
		else
			list_add_tail(&req->list, &wq->work);
	}
	if (alone)
		io_run(req);	/* without memory whoever submits does it, and waits */
	else
		wake_up(&wq->wait);
}

void io_uring_cancel(void)
{
	struct io_wq *wq = current->signal->io_wq;
	struct io_kiocb *req;

	for (;;) {
		scoped_guard(spinlock, &wq->lock) {
			req = list_first_entry_or_null(&wq->work, struct io_kiocb, list);
			if (req) {
				list_del(&req->list);
				wq->nr_work--;
			}
		}
		if (!req)
			break;
		io_finish(req, -ECANCELED);
	}
}

/* --- SQPOLL --- */

/* Nothing came for a long time. The flag first, then the look: a user puts its request first and
 * looks at the flag then, so one of the two sees the other. */
static void sq_sleep(struct io_ring_ctx *ctx)
{
	u32 *flags = ring_at(ctx, SQ_FLAGS), *tail = ring_at(ctx, SQ_TAIL);
	DEFINE_WAIT(wait);

	__atomic_fetch_or(flags, IORING_SQ_NEED_WAKEUP, __ATOMIC_SEQ_CST);
	prepare_to_wait(&ctx->sq_wait, &wait, TASK_INTERRUPTIBLE);
	if (READ_ONCE(*tail) == ctx->sq_head && !READ_ONCE(ctx->dying) && !signal_pending(current))
		schedule();
	finish_wait(&ctx->sq_wait, &wait);
	__atomic_fetch_and(flags, ~IORING_SQ_NEED_WAKEUP, __ATOMIC_SEQ_CST);
}

static int io_sq_thread(void *data)
{
	struct io_ring_ctx *ctx = data;
	u64 busy_until = ktime_get() + ctx->sq_idle;

	ctx->sq_task = current;
	while (!READ_ONCE(ctx->dying) && !io_worker_signals()) {
		u64 now;

		if (io_submit_sqes(ctx, ~0u)) {
			busy_until = ktime_get() + ctx->sq_idle;
			continue;
		}
		now = ktime_get();
		if (now < busy_until) {		/* looks again soon, lets others run meanwhile */
			set_current_state(TASK_INTERRUPTIBLE);
			schedule_hrtimeout(now + POLL_STEP);
		} else {
			sq_sleep(ctx);
			busy_until = ktime_get() + ctx->sq_idle;
		}
	}
	WRITE_ONCE(ctx->sq_running, false);
	complete_all(&ctx->sq_exited);
	put_ctx(ctx);
	do_exit(0);
}

int io_sq_start(struct io_ring_ctx *ctx)
{
	struct task_struct *p;

	refcount_inc(&ctx->refs);
	ctx->sq_running = true;
	p = start_io_thread(io_sq_thread, ctx, "sqp");
	if (!IS_ERR(p))
		return 0;
	ctx->sq_running = false;
	put_ctx(ctx);
	return (int)PTR_ERR(p);
}
