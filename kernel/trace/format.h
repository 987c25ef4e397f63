/* Events out of the rings (reader.c) and as text (format.c), for kernel/trace alone. */
#pragma once

#include "kernel/trace/ring.h"

struct seq_file;

/* An event copied out of its ring. */
struct trace_entry {
	struct trace_record head;
	int cpu;
	size_t size;			/* of the data of all its records */
	u8 data[TRACE_MAX_DATA];
	u64 lost[NR_CPUS];		/* records that were dropped before they could be read */
};

/* The oldest event behind *at[cpu] and before end[cpu]; moves at. False: there is none now.
 * trace_control_mutex held. */
bool trace_next_event(u64 *at[NR_CPUS], const u64 *end, struct trace_entry *e);
/* One line. */
void trace_print(struct seq_file *m, const struct trace_entry *e);
