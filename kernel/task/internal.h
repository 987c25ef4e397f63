/* Private to kernel/task. */
#pragma once

#include "kernel/task/task.h"

extern struct signal_struct init_signal;
extern struct cred init_cred;
static inline const struct cred *get_current_cred(void)
{
	refcount_inc(&((struct cred *)current->cred)->usage);
	return current->cred;
}
void commit_creds(struct cred *new);
struct sighand_struct *sighand_copy(struct sighand_struct *old);
void put_sighand(struct sighand_struct *sighand);
void put_signal_struct(struct signal_struct *sig);
void put_pid_ns(struct pid_namespace *ns);
int unshare_namespaces(u64 flags);
int unshare_files(void);
/* tasklist_lock held */
void change_pid(struct task_struct *p, enum pid_type type, struct pid *pid);
unsigned long user_processes(uid_t uid);	/* tasks of a user; a snapshot */
struct pid *clone_alloc_pid(const struct kernel_clone_args *args, struct pid_namespace *ns);
void exec_mm_release(struct task_struct *p);
void adopt_children(struct task_struct *from, struct task_struct *to);	/* tasklist_lock held */
/* elf.c: what exec knows of the program it is going to run. */
struct linux_binprm {
	struct file *file;
	struct file *interp;		/* what PT_INTERP names, or NULL */
	char buf[256];			/* the file's first bytes, zero-filled */
	struct mm_struct *mm;		/* the new address space, not yet anybody's */
	const char *filename;		/* as called: AT_EXECFN */
	char *strings;			/* argv, then envp, each with its NUL; then filename */
	size_t strings_len, strings_size;
	int argc, envc;
	uid_t euid;
	gid_t egid;
	bool secure;
};
int elf_check(struct linux_binprm *bprm);	/* before the point of no return: 0 or -errno;
						 * opens the interpreter */
int elf_load(struct linux_binprm *bprm);	/* after it, in the new mm: 0 or -errno (the
						 * caller kills) */
