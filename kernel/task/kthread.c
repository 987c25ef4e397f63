/*
 * Kernel threads. All of them are made by one, kthreadd (PID 2, a child of PID 0), so that each
 * starts from a clean and known state instead of inheriting whatever its requester had.
 * kthread_create() leaves a request in a list and waits until kthreadd has answered.
 *
 * Locks: create_lock guards the list of requests.
 */
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "libk/printf.h"
#include "libk/string.h"

/* One per kernel thread; freed with the thread's last words in kthread_stop(), or by the thread
 * itself if nobody stops it. */
struct kthread {
	int (*fn)(void *);
	void *data;
	char name[TASK_COMM_LEN];
	struct completion started, exited;
	struct task_struct *task;
	struct list_head list;		/* create_lock */
	bool should_stop;		/* set by kthread_stop() before it wakes the thread */
	int result;
};

static DEFINE_SPINLOCK(create_lock);
static LIST_HEAD(create_list);
static struct task_struct *kthreadd_task;

/* The first code of every kernel thread: answers its creator, then sleeps until somebody wakes
 * it for the first time. */
static int kthread(void *arg)
{
	struct kthread *self = arg;

	current->kthread = self;
	self->task = current;
	__set_current_state(TASK_UNINTERRUPTIBLE);
	complete(&self->started);
	schedule();
	if (!READ_ONCE(self->should_stop))
		self->result = self->fn(self->data);
	complete(&self->exited);
	do_exit(0);
}

static int kthreadd(void *unused)
{
	for (;;) {
		struct kthread *create;
		long pid;

		set_current_state(TASK_INTERRUPTIBLE);
		if (list_empty(&create_list))
			schedule();
		__set_current_state(TASK_RUNNING);
		spin_lock(&create_lock);
		create = list_first_entry_or_null(&create_list, struct kthread, list);
		if (create)
			list_del(&create->list);
		spin_unlock(&create_lock);
		if (!create)
			continue;
		pid = kernel_thread(kthread, create, create->name,
				    CLONE_FS | CLONE_FILES | SIGCHLD);
		if (pid < 0) {
			create->result = (int)pid;
			complete(&create->started);
		}
	}
	return 0;
}

struct task_struct *kthread_create(int (*fn)(void *), void *data, const char *fmt, ...)
{
	struct kthread *create = kzalloc(sizeof(*create), GFP_KERNEL);
	va_list args;
	int err;

	if (!create)
		return ERR_PTR(-ENOMEM);
	create->fn = fn;
	create->data = data;
	init_completion(&create->started, "kthread_create");
	init_completion(&create->exited, "kthread_stop");
	va_start(args, fmt);
	vsnprintf(create->name, sizeof(create->name), fmt, args);
	va_end(args);
	spin_lock(&create_lock);
	list_add_tail(&create->list, &create_list);
	spin_unlock(&create_lock);
	wake_up_process(kthreadd_task);
	wait_for_completion(&create->started);
	if (create->task)
		return create->task;
	err = create->result;
	kfree(create);
	return ERR_PTR(err);
}

bool kthread_should_stop(void)
{
	return READ_ONCE(current->kthread->should_stop);
}

int kthread_stop(struct task_struct *k)
{
	struct kthread *kthread = k->kthread;
	int result;

	get_task_struct(k);
	WRITE_ONCE(kthread->should_stop, true);
	wake_up_process(k);
	wait_for_completion(&kthread->exited);
	result = kthread->result;
	put_task_struct(k);
	kfree(kthread);
	return result;
}

void kthread_bind(struct task_struct *k, int cpu)
{
	set_cpus_allowed(k, 1UL << cpu);
}

void kthreadd_init(void)
{
	long pid = kernel_thread(kthreadd, NULL, "kthreadd", CLONE_FS | CLONE_FILES);

	BUG_ON(pid != 2);
	kthreadd_task = find_get_task_by_vpid((int)pid);
}
