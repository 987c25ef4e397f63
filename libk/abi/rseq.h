/*
 * Restartable sequences.
 */
#pragma once

#include "libk/types.h"

struct rseq_cs {
	u32 version, flags;
	u64 start_ip, post_commit_offset, abort_ip;
} __attribute__((aligned(32)));

struct rseq {
	u32 cpu_id_start, cpu_id;
	u64 rseq_cs;
	u32 flags;
} __attribute__((aligned(32)));
