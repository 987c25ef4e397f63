/* The entries of a task's directory (proc/task.c) and what pid.c has for them. */
#pragma once

#include "kernel/fs/proc.h"

extern const struct pid_entry proc_tgid_entries[], proc_tid_entries[];	/* end with a NULL name */
extern const struct inode_operations proc_task_iops, proc_fd_iops;
extern const struct file_operations proc_task_fops, proc_fd_fops, proc_comm_fops;

/* proc/mem.c */
int proc_maps_show(struct seq_file *m, struct task_struct *p);
int proc_cmdline_show(struct seq_file *m, struct task_struct *p);
int proc_environ_show(struct seq_file *m, struct task_struct *p);
int proc_auxv_show(struct seq_file *m, struct task_struct *p);
int proc_statm_show(struct seq_file *m, struct task_struct *p);
int proc_exe_link(struct task_struct *p, struct path *to);
void proc_status_mm(struct seq_file *m, struct mm_struct *mm);

/* proc/stat.c */
int proc_tgid_stat_show(struct seq_file *m, struct task_struct *p);
int proc_tid_stat_show(struct seq_file *m, struct task_struct *p);
int proc_status_show(struct seq_file *m, struct task_struct *p);
