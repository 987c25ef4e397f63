/*
 * User mode helpers: programs that the kernel runs of its own accord. A kworker makes a kernel thread,
 * which becomes the program:
 *
 * 	call_usermodehelper_exec() -> queue_work -> kworker: umh_exec_work() -> kernel_thread()
 * 	        waits <----------- umh_complete() <--- umh_exec(): kernel_execve(), to user mode
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
#include "kernel/task/task.h"
#include "kernel/wq/wq.h"
#include "libk/string.h"

struct subprocess_info {
	struct work_struct work;
	struct completion *complete;	/* atomic: the caller's; NULL: it waits no (more) */
	const char *path;
	const char *const *argv, *const *envp;
	int (*init)(void *data);
	void (*cleanup)(void *data);
	void *data;
	int wait;			/* UMH_xxx */
	int retval;			/* -errno or wait status */
};

/* Whoever comes second, the caller that gives up or the work that is done, frees it. */
static void umh_free(struct subprocess_info *info)
{
	if (info->cleanup)
		info->cleanup(info->data);
	kfree(info);
}

static void umh_complete(struct subprocess_info *info)
{
	struct completion *waiting = xchg(&info->complete, NULL);

	if (waiting)
		complete(waiting);
	else
		umh_free(info);
}

/* The helper's first steps, as a kernel thread. */
static int umh_exec(void *data)
{
	struct subprocess_info *info = data;
	bool wait_proc = info->wait & UMH_WAIT_PROC;
	int err;

	scoped_guard(spinlock_irq, &current->sighand->siglock)
		flush_signal_handlers(current->sighand, true);
	err = info->init ? info->init(info->data) : 0;
	if (!err)
		err = kernel_execve(info->path, info->argv, info->envp);
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

static void umh_exec_work(struct work_struct *work)
{
	struct subprocess_info *info = container_of(work, struct subprocess_info, work);
	bool wait_proc = info->wait & UMH_WAIT_PROC;
	int status = 0;
	long pid;

	if (wait_proc)
		set_sigchld(SIG_DFL);
	pid = kernel_thread(umh_exec, info, "umh", SIGCHLD | (wait_proc ? 0 : CLONE_PARENT));
	if (wait_proc && pid > 0)
		kernel_wait((pid_t)pid, &status);
	if (wait_proc)
		set_sigchld(SIG_IGN);
	if (pid < 0 || (wait_proc && !info->retval))
		info->retval = pid < 0 ? (int)pid : status;
	if (pid < 0 || wait_proc)
		umh_complete(info);
}

struct subprocess_info *call_usermodehelper_setup(const char *path, const char *const *argv,
						  int (*init)(void *data),
						  void (*cleanup)(void *data), void *data)
{
	static const char *const envp[] = { "HOME=/", "TERM=linux",
					    "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL };
	struct subprocess_info *info = kzalloc(sizeof(*info), GFP_KERNEL);

	if (!info)
		return NULL;
	init_work(&info->work, umh_exec_work);
	info->path = path;
	info->argv = argv;
	info->envp = envp;
	info->init = init;
	info->cleanup = cleanup;
	info->data = data;
	return info;
}

int call_usermodehelper_exec(struct subprocess_info *info, int wait)
{
	struct completion done;
	int ret;

	init_completion(&done, "umh");
	info->wait = wait;
	info->complete = wait ? &done : NULL;
	queue_work(system_unbound_wq, &info->work);
	if (wait == UMH_NO_WAIT)
		return 0;
	if (!(wait & UMH_KILLABLE))
		wait_for_completion(&done);
	else if (wait_for_completion_killable(&done)) {
		if (xchg(&info->complete, NULL))
			return -EINTR;	/* the helper goes on; umh_complete() frees */
		wait_for_completion(&done);	/* too late, it is on its way */
	}
	ret = info->retval;
	umh_free(info);
	return ret;
}

int argv_split(char *line, const char **argv, int max)
{
	int n = 0;

	for (line += strspn(line, " "); *line && n < max - 1; line += strspn(line, " ")) {
		argv[n++] = line;
		line += strcspn(line, " ");
		if (*line)
			*line++ = '\0';
	}
	argv[n] = NULL;
	return n;
}

/* --- /proc/sys/kernel/bobbin_helper --- */

struct helper_line {
	const char *argv[16];
	char line[];
};

int run_helper_line(const char *line)
{
	bool no_wait = *line == '&';
	size_t size = strlen(line) + 1;
	struct helper_line *h = kzalloc(sizeof(*h) + size, GFP_KERNEL);
	struct subprocess_info *info;
	int ret;

	if (!h)
		return -ENOMEM;
	memcpy(h->line, line + no_wait, size - no_wait);
	if (!argv_split(h->line, h->argv, ARRAY_SIZE(h->argv))) {
		kfree(h);
		return -EINVAL;
	}
	info = call_usermodehelper_setup(h->argv[0], h->argv, NULL, (void (*)(void *))kfree, h);
	if (!info) {
		kfree(h);
		return -ENOMEM;
	}
	ret = call_usermodehelper_exec(info, no_wait ? UMH_NO_WAIT : UMH_WAIT_PROC | UMH_KILLABLE);
	return ret > 0 ? -EIO : ret;
}
