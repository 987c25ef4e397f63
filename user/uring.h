/* A ring of io_uring without liburing: set up, put, submit, get. For the programs that show io
 * workers. */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libk/abi/io_uring.h"
#include "libk/atomic.h"

struct uring {
	int fd;
	struct io_uring_params p;
	char *rings;
	struct io_uring_sqe *sqes;
	unsigned int *sq_head, *sq_tail, *sq_flags, *array, *cq_head, *cq_tail;
	struct io_uring_cqe *cqes;
	size_t rings_size, sqes_size;
};

/* 0 or -errno */
static inline int uring_init(struct uring *r, unsigned int entries, unsigned int flags,
			     unsigned int idle_ms)
{
	memset(r, 0, sizeof(*r));
	r->p.flags = flags;
	r->p.sq_thread_idle = idle_ms;
	r->fd = (int)syscall(SYS_io_uring_setup, (long)entries, &r->p);
	if (r->fd < 0)
		return -errno;
	r->rings_size = r->p.sq_off.array + r->p.sq_entries * sizeof(unsigned int);
	if (r->rings_size < r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe))
		r->rings_size = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	r->sqes_size = r->p.sq_entries * sizeof(struct io_uring_sqe);
	r->rings = mmap(NULL, r->rings_size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
			IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, r->sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		       IORING_OFF_SQES);
	if (r->rings == MAP_FAILED || (void *)r->sqes == MAP_FAILED)
		return -errno;
	r->sq_head = (void *)(r->rings + r->p.sq_off.head);
	r->sq_tail = (void *)(r->rings + r->p.sq_off.tail);
	r->sq_flags = (void *)(r->rings + r->p.sq_off.flags);
	r->array = (void *)(r->rings + r->p.sq_off.array);
	r->cq_head = (void *)(r->rings + r->p.cq_off.head);
	r->cq_tail = (void *)(r->rings + r->p.cq_off.tail);
	r->cqes = (void *)(r->rings + r->p.cq_off.cqes);
	return 0;
}

static inline void uring_exit(struct uring *r)
{
	munmap(r->rings, r->rings_size);
	munmap(r->sqes, r->sqes_size);
	close(r->fd);
}

/* One request more in the ring; it is not submitted yet. */
static inline struct io_uring_sqe *uring_put(struct uring *r, int op, int fd, const void *addr,
					     unsigned int len, unsigned long off,
					     unsigned long data)
{
	unsigned int tail = *r->sq_tail, i = tail & (r->p.sq_entries - 1);
	struct io_uring_sqe *sqe = &r->sqes[i];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = (u8)op;
	sqe->fd = fd;
	sqe->addr = (u64)addr;
	sqe->len = len;
	sqe->off = off;
	sqe->user_data = data;
	r->array[i] = i;
	smp_store_release(r->sq_tail, tail + 1);
	return sqe;
}

static inline long uring_enter(struct uring *r, unsigned int submit, unsigned int wait)
{
	long n = syscall(SYS_io_uring_enter, r->fd, (long)submit, (long)wait,
			 wait ? (long)IORING_ENTER_GETEVENTS : 0L, NULL, 0L);

	return n < 0 ? -errno : n;
}

/* The next result, waited for; *data is what the request was given. */
static inline int uring_get(struct uring *r, unsigned long *data)
{
	struct io_uring_cqe *cqe;
	int res;

	while (smp_load_acquire(r->cq_tail) == *r->cq_head) {
		long n = uring_enter(r, 0, 1);

		if (n < 0 && n != -EINTR)
			return (int)n;
	}
	cqe = &r->cqes[*r->cq_head & (r->p.cq_entries - 1)];
	res = cqe->res;
	if (data)
		*data = cqe->user_data;
	smp_store_release(r->cq_head, *r->cq_head + 1);
	return res;
}

static inline unsigned int uring_ready(struct uring *r)
{
	return smp_load_acquire(r->cq_tail) - *r->cq_head;
}

/* After uring_put() on a ring with SQPOLL: the thread is told only if it sleeps. */
static inline void uring_poke(struct uring *r)
{
	smp_mb();
	if (READ_ONCE(*r->sq_flags) & IORING_SQ_NEED_WAKEUP)
		syscall(SYS_io_uring_enter, r->fd, 0L, 0L, (long)IORING_ENTER_SQ_WAKEUP, NULL, 0L);
}
