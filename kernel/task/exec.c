/*
 * execve: the same task, another program. Up to the "point of no return" everything is prepared
 * beside the old program, and an error leaves it as it was; past it the old one is gone and an
 * error can only kill.
 *
 * 	open the file, follow #! lines		}
 * 	collect argv and envp in kernel memory	}  errors are returned
 * 	check the ELF header			}
 * 	kill the other threads (de_thread)	-- the point of no return
 * 	exchange the address space, map the new program, reset handlers, close descriptors, enter
 *
 * Locks: siglock and tasklist_lock in de_thread(); task->alloc_lock to exchange mm.
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/fs/fs.h"
#include "kernel/futex/futex.h"
#include "kernel/io_uring/io_uring.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/syscalls.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "kernel/trace/ptrace.h"
#include "kernel/trace/trace.h"
#include "libk/string.h"

#define MAX_ARG_STRLEN (32 * PAGE_SIZE)	/* longest single string */
/* all strings together: Linux's quarter of the default stack */
#define MAX_ARG_SIZE (2UL << 20)
#define MAX_INTERPRETERS 5

void set_task_comm(struct task_struct *p, const char *name)
{
	guard(spinlock_irq)(&p->alloc_lock);
	strscpy(p->comm, name, sizeof(p->comm));
	trace_task_named(p);
}

/* --- the other threads die --- */

/* current takes the place of the leader, which is a zombie by now: its pid, its place in the
 * family and in the lists. tasklist_lock held. */
static void become_leader(struct task_struct *me, struct task_struct *leader)
{
	struct pid *leader_pid = leader->thread_pid, *my_pid = me->thread_pid;

	/* Exchange the two numbers: the leader goes with mine. */
	hlist_del(&me->pid_links[PIDTYPE_PID]);
	hlist_del(&leader->pid_links[PIDTYPE_PID]);
	attach_pid(me, PIDTYPE_PID, leader_pid);
	attach_pid(leader, PIDTYPE_PID, my_pid);
	swap(me->pid, leader->pid);
	for (enum pid_type type = PIDTYPE_TGID; type < PIDTYPE_MAX; type++) {
		hlist_del(&leader->pid_links[type]);
		attach_pid(me, type, leader->signal->pids[type]);
	}
	if (task_active_pid_ns(me)->child_reaper == leader)
		task_active_pid_ns(me)->child_reaper = me;
	if (init_process == leader)
		init_process = me;
	list_replace_init(&leader->tasks, &me->tasks);
	list_replace_init(&leader->sibling, &me->sibling);
	adopt_children(leader, me);
	leader->group_leader = me;
	me->group_leader = me;
	me->exit_signal = SIGCHLD;
	me->start_time = leader->start_time;
	leader->exit_signal = -1;
	leader->exit_state = EXIT_DEAD;
	if (leader->ptrace)	/* its tracer shall not wait for it any more */
		wake_up_all(&leader->parent->signal->wait_chldexit);
}

/* Waits until all other threads are gone (zombie, for the leader). 0, or -EAGAIN: somebody else
 * is already ending the process. */
static int de_thread(struct task_struct *me)
{
	struct signal_struct *sig = me->signal;
	struct sighand_struct *sighand = me->sighand;
	struct task_struct *leader;

	spin_lock_irq(&sighand->siglock);
	if ((sig->flags & SIGNAL_GROUP_EXIT) || sig->group_exec_task) {
		spin_unlock_irq(&sighand->siglock);
		return -EAGAIN;
	}
	sig->group_exec_task = me;
	zap_other_threads(me);
	spin_unlock_irq(&sighand->siglock);
	for (;;) {
		unsigned long flags;
		bool alone;

		set_current_state(TASK_KILLABLE);
		spin_lock_irqsave(&tasklist_lock, flags);
		leader = me->group_leader;
		alone = sig->nr_threads == 1 + (leader != me) &&
			(leader == me || leader->exit_state == EXIT_ZOMBIE);
		if (alone && leader != me)
			become_leader(me, leader);
		spin_unlock_irqrestore(&tasklist_lock, flags);
		if (alone)
			break;
		if (fatal_signal_pending(me)) {
			__set_current_state(TASK_RUNNING);
			WRITE_ONCE(sig->group_exec_task, NULL);
			return -EAGAIN;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	if (leader != me)
		release_task(leader);
	spin_lock_irq(&sighand->siglock);
	sig->group_exec_task = NULL;
	spin_unlock_irq(&sighand->siglock);
	return 0;
}

/* Handlers shared with another process (CLONE_SIGHAND without CLONE_THREAD) become our own. */
static int unshare_sighand(struct task_struct *me)
{
	struct sighand_struct *old = me->sighand, *new;

	if (refcount_read(&old->count) == 1)
		return 0;
	new = sighand_copy(old);
	if (!new)
		return -ENOMEM;
	scoped_guard(spinlock_irqsave, &tasklist_lock) {
		guard(spinlock)(&old->siglock);
		me->sighand = new;
	}
	put_sighand(old);
	return 0;
}

/* --- strings --- */

static int reserve(struct linux_binprm *bprm, size_t more)
{
	size_t want = bprm->strings_len + more, size = max(bprm->strings_size, (size_t)1024);
	char *bigger;

	if (want > MAX_ARG_SIZE)
		return -E2BIG;
	if (want <= bprm->strings_size)
		return 0;
	while (size < want)
		size *= 2;
	bigger = krealloc(bprm->strings, size, GFP_KERNEL);
	if (!bigger)
		return -ENOMEM;
	bprm->strings = bigger;
	bprm->strings_size = size;
	return 0;
}

static int add_string(struct linux_binprm *bprm, const char *s)
{
	size_t len = strlen(s) + 1;
	int err = reserve(bprm, len);

	if (!err) {
		memcpy(bprm->strings + bprm->strings_len, s, len);
		bprm->strings_len += len;
	}
	return err;
}

static int add_user_string(struct linux_binprm *bprm, const char __user *s)
{
	long len = strnlen_user(s, MAX_ARG_STRLEN);
	int err;

	if (!len)
		return -EFAULT;
	if (len > (long)MAX_ARG_STRLEN)
		return -E2BIG;
	err = reserve(bprm, (size_t)len);
	if (err)
		return err;
	if (copy_from_user(bprm->strings + bprm->strings_len, s, (size_t)len))
		return -EFAULT;
	bprm->strings_len += (size_t)len;
	bprm->strings[bprm->strings_len - 1] = '\0';	/* whatever another thread wrote there
							 * meanwhile */
	return 0;
}

/* A list of strings, the user's or the kernel's own. Its length, or -errno. */
struct string_list {
	const char __user *const __user *user;
	const char *const *kernel;
};

static int add_strings(struct linux_binprm *bprm, struct string_list list)
{
	for (int n = 0;; n++) {
		const char __user *s = NULL;
		int err;

		if (list.kernel)
			s = list.kernel[n];
		else if (list.user && get_user(s, list.user + n))
			return -EFAULT;
		if (!s)
			return n;
		err = list.kernel ? add_string(bprm, s) : add_user_string(bprm, s);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
}

/* --- #! --- */

/* "#!interp arg": replaces bprm->file by the interpreter's and puts "interp", "arg", filename in
 * place of argv[0]. 1 done, 0 no script, -errno. */
static int load_script(struct linux_binprm *bprm)
{
	char line[sizeof(bprm->buf)], *interp, *arg, *end;
	struct linux_binprm head = { 0 };
	struct file *file;
	size_t skip;
	int err;

	if (bprm->buf[0] != '#' || bprm->buf[1] != '!')
		return 0;
	memcpy(line, bprm->buf, sizeof(line));
	line[sizeof(line) - 1] = '\0';
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	interp = line + 2 + strspn(line + 2, " \t");
	arg = interp + strcspn(interp, " \t");
	if (!end && arg == line + sizeof(line) - 1)
		return -ENOEXEC;	/* cut off: who knows whose path that is */
	if (*arg)
		*arg++ = '\0';
	arg += strspn(arg, " \t");
	for (end = arg + strlen(arg); end > arg && (end[-1] == ' ' || end[-1] == '\t');)
		*--end = '\0';
	if (!*interp)
		return -ENOEXEC;
	err = add_string(&head, interp);
	if (!err && *arg)
		err = add_string(&head, arg);
	if (!err)
		err = add_string(&head, bprm->filename);
	skip = bprm->argc ? strlen(bprm->strings) + 1 : 0;	/* the old argv[0] goes */
	if (!err)
		err = reserve(&head, bprm->strings_len - skip);
	file = err ? ERR_PTR(err) : do_execat_open(AT_FDCWD, interp, 0);
	if (IS_ERR(file)) {
		kfree(head.strings);
		return (int)PTR_ERR(file);
	}
	memcpy(head.strings + head.strings_len, bprm->strings + skip, bprm->strings_len - skip);
	bprm->argc += 2 + (*arg != 0) - (bprm->argc != 0);
	kfree(bprm->strings);
	bprm->strings = head.strings;
	bprm->strings_len = head.strings_len + bprm->strings_len - skip;
	bprm->strings_size = head.strings_size;
	fput(bprm->file);
	bprm->file = file;
	return 1;
}

/* Reads the file's head and follows scripts to a binary. 0 or -errno. */
static int find_binary(struct linux_binprm *bprm)
{
	for (int i = 0; i < MAX_INTERPRETERS; i++) {
		loff_t pos = 0;
		ssize_t n;
		int ret;

		memset(bprm->buf, 0, sizeof(bprm->buf));
		n = kernel_read(bprm->file, bprm->buf, sizeof(bprm->buf), &pos);
		if (n < 0)
			return (int)n;
		ret = load_script(bprm);
		if (ret < 0)
			return ret;
		if (!ret)
			return elf_check(bprm);
	}
	return -ELOOP;
}

/* --- past the point of no return --- */

static void exec_mmap(struct linux_binprm *bprm)
{
	struct task_struct *me = current;
	struct mm_struct *old = me->mm, *old_active = me->active_mm, *mm = bprm->mm;

	if (old)
		exec_mm_release(me);
	bprm->mm = NULL;
	local_irq_disable();
	spin_lock(&me->alloc_lock);
	me->mm = me->active_mm = mm;
	switch_mm(old_active, mm);
	spin_unlock(&me->alloc_lock);
	local_irq_enable();
	if (old)
		mmput(old);
	else
		mmdrop(old_active);	/* what the kernel thread had borrowed */
}

static void exec_creds(struct linux_binprm *bprm)
{
	struct inode *inode = bprm->file->f_inode;
	const struct cred *old = current->cred;
	bool nosuid = current->no_new_privs || current->ptrace ||
		      (bprm->file->f_path.mnt->mnt_flags & MS_NOSUID);

	bprm->euid = !nosuid && inode->i_mode & S_ISUID ? inode->i_uid : old->euid;
	bprm->egid = !nosuid && (inode->i_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)
			     ? inode->i_gid
			     : old->egid;
	bprm->secure = bprm->euid != old->uid || bprm->egid != old->gid;
}

/* 0 or -ENOMEM: the one thing that needs memory, so it comes before the point of no return. */
static struct cred *new_creds(struct linux_binprm *bprm)
{
	struct cred *new = prepare_creds();

	if (new) {
		new->euid = new->suid = bprm->euid;
		new->egid = new->sgid = bprm->egid;
	}
	return new;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The old program's leftovers. */
static void begin_new_exec(struct linux_binprm *bprm, struct cred *cred)
{
	struct task_struct *me = current;

	exit_itimers(me);
	exec_mmap(bprm);
	commit_creds(cred);
	me->mm->dumpable = !bprm->secure;
	me->mm->exe_file = get_file(bprm->file);
	set_task_comm(me, base_name(bprm->filename));
	spin_lock_irq(&me->sighand->siglock);
	flush_signal_handlers(me->sighand, false);
	spin_unlock_irq(&me->sighand->siglock);
	me->sas_ss_sp = me->sas_ss_size = 0;
	me->flags &= ~(PF_FORKNOEXEC | PF_KTHREAD);
	me->set_child_tid = me->clear_child_tid = NULL;
	me->robust_list = NULL;
	me->pdeath_signal = bprm->secure ? 0 : me->pdeath_signal;
	me->did_exec = true;
	do_close_on_exec(me->files);
	/* Who began to trace us since exec_creds() looked may not have seen the new rights. The
	 * locks since commit_creds() are the barrier that ptrace_attach() relies on. */
	if (bprm->secure && me->ptrace)
		force_fatal_sig(SIGKILL);
}

static int exec_binprm(struct linux_binprm *bprm)
{
	pid_t old_pid = current->pid;
	struct cred *cred;
	int err;

	exec_creds(bprm);
	bprm->mm = mm_alloc();
	if (!bprm->mm)
		return -ENOMEM;
	cred = new_creds(bprm);
	if (!cred)
		return -ENOMEM;
	err = de_thread(current);
	if (!err)
		err = unshare_sighand(current);
	if (!err)
		err = unshare_files();
	if (err) {
		put_cred(cred);
		return err;
	}
	if (current->signal->io_wq)
		io_uring_cancel();
	begin_new_exec(bprm, cred);
	trace_sched_process_exec(bprm->filename, old_pid);
	err = elf_load(bprm);
	if (err)
		force_fatal_sig(err == -ENOMEM ? SIGKILL : SIGSEGV);	/* nothing to go back to */
	return 0;
}

static int do_execve(int dfd, const char *filename, struct string_list argv,
		     struct string_list envp, int flags)
{
	struct linux_binprm bprm = { .filename = filename };
	int err, old = ptrace_pid_for_tracer(current->thread_pid);

	bprm.file = do_execat_open(dfd, filename, flags);
	if (IS_ERR(bprm.file))
		return (int)PTR_ERR(bprm.file);
	bprm.argc = err = add_strings(&bprm, argv);
	if (err >= 0)
		bprm.envc = err = add_strings(&bprm, envp);
	if (err >= 0 && !bprm.argc) {	/* as Linux since 5.18: nobody gets an empty argv */
		char *env = bprm.strings;
		size_t len = bprm.strings_len;

		bprm.strings = NULL;
		bprm.strings_len = bprm.strings_size = 0;
		err = add_string(&bprm, "");
		if (!err)
			err = reserve(&bprm, len);
		if (!err && len)
			memcpy(bprm.strings + bprm.strings_len, env, len);
		bprm.strings_len += len;
		bprm.argc = 1;
		kfree(env);
	}
	if (err >= 0)
		err = find_binary(&bprm);
	if (err >= 0)
		err = add_string(&bprm, filename);
	if (err >= 0)
		err = exec_binprm(&bprm);
	if (bprm.mm)
		mmput(bprm.mm);
	if (bprm.interp)
		fput(bprm.interp);
	kfree(bprm.strings);
	fput(bprm.file);
	if (!err)
		ptrace_exec_event(old);
	return err;
}

int kernel_execve(const char *path, const char *const *argv, const char *const *envp)
{
	return do_execve(AT_FDCWD, path, (struct string_list){ .kernel = argv },
			 (struct string_list){ .kernel = envp }, 0);
}

static long user_execve(int dfd, const char __user *uname, const char __user *const __user *argv,
			const char __user *const __user *envp, int flags)
{
	char *name __free(kfree) = getname(uname);

	if (IS_ERR(name))
		return PTR_ERR(name);
	return do_execve(dfd, name, (struct string_list){ .user = argv },
			 (struct string_list){ .user = envp }, flags);
}

SYSCALL_DEFINE(execve, const char __user *name, const char __user *const __user *argv,
	       const char __user *const __user *envp)
{
	return user_execve(AT_FDCWD, name, argv, envp, 0);
}

SYSCALL_DEFINE(execveat, int dfd, const char __user *name, const char __user *const __user *argv,
	       const char __user *const __user *envp, int flags)
{
	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	return user_execve(dfd, name, argv, envp, flags);
}
