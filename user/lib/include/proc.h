/* Reading /proc, Linux's or Bobbin's: what ps, top, pstree and their kin are made of. */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

#define PF_IO_WORKER 0x10u
#define PF_WQ_WORKER 0x20u
#define PF_KTHREAD   0x200000u

/* The line /proc/PID/task/TID/stat. Times in ticks of 1/100 s. */
struct proc_task {
	pid_t tid, pid; /* the thread's number, its process's */
	char comm[64];
	char state;
	pid_t ppid, pgrp, session, tpgid;
	unsigned int tty, flags;
	unsigned long utime, stime, start;
	long prio, nice, threads;
	unsigned long vsize, rss; /* bytes, pages */
	int cpu;
	unsigned int rt_priority, policy;
};

struct proc_list {
	struct proc_task *task;
	size_t n, room;
};

enum proc_what { PROC_PROCESSES, PROC_THREADS };

/* A small file as a string; its length, or -1. dir: of a relative path. */
ssize_t proc_read(int dir, const char *path, char *buf, size_t size);
/* The same of a task: "/proc/PID/task/TID/NAME". */
ssize_t proc_task_read(const struct proc_task *t, const char *name, char *buf, size_t size);
/* 0, or -1: not such a line. tid is set, pid is not. */
int proc_parse_stat(const char *line, struct proc_task *t);
/* Appends one process, or all of its threads. Those that end meanwhile are left out. */
void proc_add(struct proc_list *list, pid_t pid, enum proc_what what);
/* Appends every process or thread of the system, by ascending pid. */
void proc_scan(struct proc_list *list, enum proc_what what);
/* Value of the line "NAME:" in a text like that of status or meminfo, without its blanks, up to the
 * end of the line; "" if there is none. Valid until the next call. */
const char *proc_value(const char *text, const char *name);
