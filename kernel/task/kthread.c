/*
 * Kernel threads. All of them are made by one, kthreadd (PID 2, a child of PID 0), so that each
 * starts from a clean and known state instead of inheriting whatever its requester had.
 * kthread_create() leaves a request in a list and waits until kthreadd has answered.
 *
 * Nobody can do anything to a kernel thread; one can only ask it. Stopping and parking are flags
 * that it polls; a signal is a message that it polls too, if it said that it wants it:
 *
 * 	while (!kthread_should_stop()) {
 * 		if (kthread_should_park())
 * 			kthread_parkme();
 * 		if (signal_pending(current))
 * 			... kernel_dequeue_signal() ...
 * 		...
 * 	}
 *
 * Locks: create_lock guards the list of requests; a worker's own lock its list of work.
 */
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/sync/guard.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "libk/bits.h"
#include "libk/printf.h"
#include "libk/string.h"

enum { SHOULD_STOP, SHOULD_PARK };	/* bits of kthread->flags */

/* One per kernel thread; goes with its task. */
struct kthread {
	int (*fn)(void *);		/* (c) */
	void *data;			/* (c) */
	char name[TASK_COMM_LEN];	/* (c) */
	struct completion started, parked, exited;
	struct task_struct *task;	/* (o) set before started completes; NULL: there is none */
	struct list_head list;		/* create_lock */
	unsigned long flags;		/* atomic bits; set before the thread is woken */
	int result;			/* (o) set before exited completes */
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
	self->result = kthread_should_stop() ? -EINTR : self->fn(self->data);
	complete_all(&self->parked);
	complete_all(&self->exited);
	do_exit(0);
}

/* Those who end release themselves: kthreadd ignores SIGCHLD, and its children, who copy its
 * handlers, ignore their children's. */
static int kthreadd(void *unused)
{
	sighand_action(current->sighand, SIGCHLD)->sa_handler = SIG_IGN;
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
	init_completion(&create->parked, "kthread_park");
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

void *kthread_data(struct task_struct *k)
{
	return k->kthread->data;
}

bool kthread_should_stop(void)
{
	return test_bit(SHOULD_STOP, &current->kthread->flags);
}

bool kthread_should_park(void)
{
	return test_bit(SHOULD_PARK, &current->kthread->flags);
}

/* The flag is tested again after each wake-up: the thread may be parked anew before it has run. */
void kthread_parkme(void)
{
	for (;;) {
		set_current_state(TASK_PARKED);
		if (!kthread_should_park())
			break;
		complete(&current->kthread->parked);
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

int kthread_park(struct task_struct *k)
{
	if (completion_done(&k->kthread->exited))
		return -ENOSYS;
	set_bit(SHOULD_PARK, &k->kthread->flags);
	wake_up_process(k);
	wait_for_completion(&k->kthread->parked);
	return completion_done(&k->kthread->exited) ? -ENOSYS : 0;
}

void kthread_unpark(struct task_struct *k)
{
	clear_bit(SHOULD_PARK, &k->kthread->flags);
	wake_up_state(k, TASK_PARKED);
}

int kthread_stop(struct task_struct *k)
{
	int result;

	get_task_struct(k);
	set_bit(SHOULD_STOP, &k->kthread->flags);
	kthread_unpark(k);
	wake_up_process(k);
	wait_for_completion(&k->kthread->exited);
	result = k->kthread->result;
	put_task_struct(k);
	return result;
}

void kthread_bind(struct task_struct *k, int cpu)
{
	k->flags |= PF_NO_SETAFFINITY;
	set_cpus_allowed(k, 1UL << cpu);
}

/* --- a thread that does what is queued for it --- */

static struct kthread_work *next_work(struct kthread_worker *worker)
{
	struct kthread_work *work;

	guard(spinlock_irq)(&worker->lock);
	work = list_first_entry_or_null(&worker->work_list, struct kthread_work, node);
	if (work)
		list_del_init(&work->node);
	return work;
}

static int kthread_worker_fn(void *data)
{
	struct kthread_worker *worker = data;
	struct kthread_work *work;

	if (worker->signal)
		allow_signal(worker->signal);
	for (;;) {
		set_current_state(worker->signal ? TASK_INTERRUPTIBLE : TASK_IDLE);
		work = next_work(worker);
		if (work) {
			__set_current_state(TASK_RUNNING);
			work->func(work);
		} else if (kthread_should_stop()) {
			break;
		} else if (signal_pending(current)) {
			__set_current_state(TASK_RUNNING);
			if (kernel_dequeue_signal())
				worker->signaled();
		} else {
			schedule();
		}
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

int kthread_run_worker(struct kthread_worker *worker, const char *name)
{
	struct task_struct *k;

	spin_lock_init(&worker->lock, "kthread_worker");
	INIT_LIST_HEAD(&worker->work_list);
	k = kthread_create(kthread_worker_fn, worker, "%s", name);
	if (IS_ERR(k))
		return (int)PTR_ERR(k);
	worker->task = k;
	wake_up_process(k);
	return 0;
}

bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work)
{
	guard(spinlock_irqsave)(&worker->lock);
	if (!list_empty(&work->node))
		return false;
	list_add_tail(&work->node, &worker->work_list);
	wake_up_process(worker->task);
	return true;
}

void kthreadd_init(void)
{
	long pid = kernel_thread(kthreadd, NULL, "kthreadd", CLONE_FS | CLONE_FILES);

	BUG_ON(pid != 2);
	kthreadd_task = find_get_task_by_vpid((int)pid);
}
