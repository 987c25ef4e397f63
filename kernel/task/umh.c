/*
 * User mode helpers: programs that the kernel runs of its own accord. A kworker makes a kernel
 * thread, which becomes the program:
 *
 * 	call_usermodehelper() -> queue_work -> kworker: umh_work() -> kernel_thread()
 * 	      waits <-------------- umh_complete() <--- umh_exec(): kernel_execve(), to user mode
 *
 * So a helper descends from kthreadd, but it has memory and runs in user mode, and signals kill it
 * like any program. Nobody but the kernel can wait for it: with UMH_WAIT_PROC the kworker does,
 * else it is kthreadd's child, which releases itself.
 *
 * Locks: siglock. All may sleep.
 */
#include "kernel/mm/mm.h"
#include "kernel/sync/guard.h"
#include "kernel/task/internal.h"
#include "kernel/task/umh.h"
#include "libk/string.h"

/* Whoever comes second, the caller that gives up or the work that is done, frees it. */
static void umh_complete(struct subprocess_info *info)
{
	struct completion *waiting = xchg(&info->complete, NULL);

	if (waiting)
		complete(waiting);
	else
		info->cleanup(info);
}

/* The helper's first steps, as a kernel thread. */
static int umh_exec(void *data)
{
	static const char *const envp[] = { "HOME=/", "TERM=linux",
					    "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL };
	struct subprocess_info *info = data;
	bool wait_proc = info->wait & UMH_WAIT_PROC;
	int err;

	scoped_guard(spinlock_irq, &current->sighand->siglock)
		flush_signal_handlers(current->sighand, true);
	err = info->init ? info->init(info) : 0;
	if (!err)
		err = kernel_execve(info->argv[0], info->argv, envp);
	info->retval = err;
	if (!wait_proc)
		umh_complete(info);
	if (err)
		do_exit(0);
	return 0;		/* to the program: see ret_from_fork */
}

/* While it is SIG_IGN, as kthreadd left it, children release themselves. */
static void set_sigchld(__sighandler_t handler)
{
	guard(spinlock_irq)(&current->sighand->siglock);
	sighand_action(current->sighand, SIGCHLD)->sa_handler = handler;
}

static void umh_work(struct work_struct *work)
{
	struct subprocess_info *info = container_of(work, struct subprocess_info, work);
	bool wait_proc = info->wait & UMH_WAIT_PROC;
	int status = 0;
	long pid;

	if (wait_proc)
		set_sigchld(SIG_DFL);
	pid = kernel_thread(umh_exec, info, "umh", SIGCHLD | (wait_proc ? 0 : CLONE_PARENT));
	if (wait_proc) {
		if (pid > 0)
			kernel_wait((pid_t)pid, &status);
		set_sigchld(SIG_IGN);
		if (!info->retval)
			info->retval = status;
	}
	if (pid < 0)
		info->retval = (int)pid;
	if (pid < 0 || wait_proc)
		umh_complete(info);
}

int call_usermodehelper(struct subprocess_info *info, int wait)
{
	struct completion done;
	int ret;

	init_completion(&done, "umh");
	info->wait = wait;
	info->complete = wait ? &done : NULL;
	init_work(&info->work, umh_work);
	queue_work(system_unbound_wq, &info->work);
	if (wait == UMH_NO_WAIT)
		return 0;
	if (!(wait & UMH_KILLABLE) || wait_for_completion_killable(&done)) {
		if (wait & UMH_KILLABLE && xchg(&info->complete, NULL))
			return -EINTR;	/* the helper goes on; umh_complete() cleans up */
		wait_for_completion(&done);
	}
	ret = info->retval;
	info->cleanup(info);
	return ret;
}

/* --- /proc/sys/kernel/bobbin_helper --- */

struct helper_line {
	struct subprocess_info info;	/* first: freed as it */
	char line[];
};

static void free_helper(struct subprocess_info *info)
{
	kfree(info);
}

int run_helper_line(const char *line)
{
	bool no_wait = *line == '&';
	size_t size = strlen(line += no_wait) + 1;
	struct helper_line *h = kzalloc(sizeof(*h) + size, GFP_KERNEL);
	int ret;

	if (!h)
		return -ENOMEM;
	memcpy(h->line, line, size);
	h->info.cleanup = free_helper;
	if (!argv_split(h->line, h->info.argv, UMH_MAX_ARGS)) {
		kfree(h);
		return -EINVAL;
	}
	ret = call_usermodehelper(&h->info, no_wait ? UMH_NO_WAIT : UMH_WAIT_PROC | UMH_KILLABLE);
	return ret > 0 ? -EIO : ret;
}
