/* The entries of a task's directory (proc/task.c) and what pid.c has for them. */
#pragma once

#include "kernel/fs/proc.h"

extern const struct pid_entry proc_tgid_entries[], proc_tid_entries[];	/* end with a NULL name */
extern const struct inode_operations proc_task_iops, proc_fd_iops;
extern const struct file_operations proc_task_fops, proc_fd_fops;

/* proc/mem.c */
int proc_maps_show(struct seq_file *m, struct task_struct *p);
extern const struct file_operations proc_mem_fops;
int proc_cmdline_show(struct seq_file *m, struct task_struct *p);
int proc_environ_show(struct seq_file *m, struct task_struct *p);
int proc_auxv_show(struct seq_file *m, struct task_struct *p);
int proc_statm_show(struct seq_file *m, struct task_struct *p);
int proc_exe_link(struct task_struct *p, struct path *to);
void proc_status_mm(struct seq_file *m, struct mm_struct *mm);

/* What several locks guard of a task, of one moment (proc/stat.c). */
struct task_snapshot {
	char comm[TASK_COMM_LEN];
	char state;
	int pid, tgid, ppid, pgrp, session, tpgid, threads, exit_code, exit_signal;
	int tracer, umask, sigq;		/* umask -1: has none any more */
	unsigned int fdsize;
	/* its numbers from the reader's namespace, level 0, down to its own */
	int ns_ids[PIDTYPE_MAX][MAX_PID_NS_LEVEL + 1], levels;
	dev_t tty;
	u64 utime, stime, cutime, cstime;
	u64 min_flt, maj_flt, cmin_flt, cmaj_flt;
	unsigned long rss_limit, sigq_limit;
	sigset_t pending, shared_pending, blocked, ignored, caught;
};

/* whole: times of all threads. 0, or -EAGAIN: p has been released, or has another number than m's
 * file by now. */
int proc_take_snapshot(const struct seq_file *m, struct task_struct *p, bool whole,
		       struct task_snapshot *s);

/* proc/stat.c, status.c */
int proc_tgid_stat_show(struct seq_file *m, struct task_struct *p);
int proc_tid_stat_show(struct seq_file *m, struct task_struct *p);
int proc_status_show(struct seq_file *m, struct task_struct *p);

/* proc/where.c */
int proc_wchan_show(struct seq_file *m, struct task_struct *p);
int proc_waits_for_show(struct seq_file *m, struct task_struct *p);
int proc_stack_show(struct seq_file *m, struct task_struct *p);
int proc_syscall_show(struct seq_file *m, struct task_struct *p);
