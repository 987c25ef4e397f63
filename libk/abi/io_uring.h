/* io_uring: Linux's structures and constants, as far as Bobbin knows them. */
#pragma once

#include "libk/types.h"

struct io_uring_sqe {
	u8 opcode, flags;
	u16 ioprio;
	s32 fd;
	u64 off, addr;
	u32 len, op_flags;		/* op_flags: rw_flags, timeout_flags, ... */
	u64 user_data;
	u64 rest[3];
};

struct io_uring_cqe {
	u64 user_data;
	s32 res;
	u32 flags;
};

struct io_sqring_offsets {
	u32 head, tail, ring_mask, ring_entries, flags, dropped, array, resv1;
	u64 user_addr;
};

struct io_cqring_offsets {
	u32 head, tail, ring_mask, ring_entries, overflow, cqes, flags, resv1;
	u64 user_addr;
};

struct io_uring_params {
	u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd, resv[3];
	struct io_sqring_offsets sq_off;
	struct io_cqring_offsets cq_off;
};

enum { IORING_OP_NOP = 0, IORING_OP_TIMEOUT = 11, IORING_OP_READ = 22, IORING_OP_WRITE = 23 };

#define IOSQE_ASYNC 16u

#define IORING_SETUP_SQPOLL 2u

#define IORING_FEAT_SINGLE_MMAP 1u
#define IORING_FEAT_SUBMIT_STABLE 4u
#define IORING_FEAT_RW_CUR_POS 8u
#define IORING_FEAT_SQPOLL_NONFIXED 128u
#define IORING_FEAT_NATIVE_WORKERS 512u

#define IORING_ENTER_GETEVENTS 1u
#define IORING_ENTER_SQ_WAKEUP 2u

#define IORING_SQ_NEED_WAKEUP 1u
#define IORING_TIMEOUT_ABS 1u

#define IORING_OFF_SQ_RING 0UL
#define IORING_OFF_CQ_RING 0x8000000UL
#define IORING_OFF_SQES 0x10000000UL
