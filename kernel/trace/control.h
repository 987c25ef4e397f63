/*
 * What the files of kernel/trace share about what is recorded; not for others.
 *
 * tools/tracelib/ring.py finds struct trace_control by its symbol in the memory of a machine that
 * has ended, and everything else from there: it must follow a change of the first part.
 */
#pragma once

#include "kernel/sync/guard.h"
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
	/* (trace_control_mutex) */
	u32 enabled;				/* events that are on while tracing_on */
	unsigned int tracing_on, buffer_size_kb, profile_hz;
};
extern struct trace_control trace_control;
extern struct mutex trace_control_mutex;

/* All but trace_find_events() and trace_comm() with the mutex held, and may sleep. */
int trace_start(void);		/* rings and names are there from now on. 0 or -ENOMEM */
int trace_set_events(u32 events);				/* the same */
int trace_set_on(unsigned int on);				/* 0 */
int trace_set_size(unsigned int kb);	/* rounded up; empties the rings. 0, -EINVAL, -ENOMEM */
int trace_set_profile(unsigned int hz);			/* 0: off. 0, -EINVAL, -ENOMEM */
/* Runs fn on every CPU, this one too, with interrupts off. */
void trace_on_each_cpu(void (*fn)(void *unused));
/* The events that a word names: "sched_switch", "sched", "sched:sched_switch", "sched:*", "all". 0:
 * none. */
u32 trace_find_events(const char *word, size_t len);
void tracefs_init(void);	/* the files; at boot */

/* The name of a task by number, "<...>" if forgotten, with _ for spaces. Returns its tgid, or
 * -1. */
s32 trace_comm(s32 pid, char comm[TASK_COMM_LEN]);
