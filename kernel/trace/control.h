/*
 * What the files of kernel/trace share about which events are on; not for others.
 *
 * tools/tracering.py finds struct trace_control by its symbol in the memory of a machine that has
 * ended, and everything else from there: it must follow a change here and in ring.h.
 */
#pragma once

#include "kernel/task/task.h"
#include "kernel/trace/ring.h"

#define TRACE_NAMES 8192UL
struct trace_name {
	s32 pid, tgid;
	char comm[TASK_COMM_LEN];
};

struct trace_control {
	const struct trace_event_type *types;
	const struct trace_ring *rings;		/* NR_CPUS; those of absent CPUs have no base */
	struct trace_name *names;		/* NULL until something was on */
	u64 nr_types, nr_rings, nr_names;
	/* (control_mutex) */
	u32 enabled;				/* events that are on while tracing_on */
	bool tracing_on;
	u64 buffer_size;			/* bytes for each CPU, a power of two */
	unsigned int profile_hz;		/* 0: off */
};
extern struct trace_control trace_control;
extern struct mutex trace_control_mutex;

/* All may sleep and take the mutex. */
int trace_set_events(u32 on, u32 off);		/* 0 or -ENOMEM */
int trace_set_size(u64 bytes);			/* rounded up; empties the rings. 0, -EINVAL, -ENOMEM */
int trace_start(void);				/* rings and names are there from now on. 0 or -ENOMEM */
void trace_set_on(bool on);
int trace_set_profile(unsigned int hz);		/* 0: off. 0, -EINVAL, -ENOMEM */
/* Runs fn(arg) on every CPU, this one too, with interrupts off. */
void trace_on_each_cpu(void (*fn)(void *), void *arg);
void trace_clear(void);
/* The events that a word names: "sched_switch", "sched", "sched:sched_switch", "sched:*", "all". 0:
 * none. */
u32 trace_find_events(const char *word, size_t len);

void tracefs_init(void);	/* the files; at boot */

/* The name of a task by number, "<...>" if forgotten, with _ for spaces; tgid may be NULL. Any
 * context. */
void trace_comm(s32 pid, char comm[TASK_COMM_LEN], s32 *tgid);
