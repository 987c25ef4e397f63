/* Tests of kthread.c: asking a kernel thread to stop, to park, and telling it something;
 * and of umh.c. */
#include "kernel/ktest.h"
#include "kernel/task/umh.h"
#include "kernel/time/time.h"
#include "libk/string.h"

/* A thread that counts the rounds it was woken for, and parks when asked to. */
struct counter {
	int rounds, signals;
	struct completion round;
};

static int count_rounds(void *data)
{
	struct counter *c = data;

	allow_signal(SIGUSR1);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (kthread_should_park()) {
			kthread_parkme();
			continue;
		}
		if (!signal_pending(current)) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		c->rounds++;
		while (kernel_dequeue_signal() == SIGUSR1)
			c->signals++;
		complete(&c->round);
	}
	__set_current_state(TASK_RUNNING);
	return 42;
}

/* Running: one that is stopped before it began does not count. */
static struct task_struct *start_counter(struct counter *c)
{
	struct task_struct *k;

	*c = (struct counter){ 0 };
	init_completion(&c->round, "round");
	k = kthread_run(count_rounds, c, "counter");
	KEXPECT(kthread_park(k) == 0);
	kthread_unpark(k);
	return k;
}

KTEST(kthread_is_made_by_kthreadd)
{
	struct counter c;
	struct task_struct *k = start_counter(&c);

	KEXPECT(k->flags & PF_KTHREAD && !k->mm);
	KEXPECT(k->real_parent->pid == 2);
	KEXPECT(kthread_data(k) == &c);
	KEXPECT(kthread_stop(k) == 42);
}

KTEST(kthread_stop_before_it_began)
{
	struct counter c;

	KEXPECT(kthread_stop(kthread_create(count_rounds, &c, "never")) == -EINTR);
}

KTEST(kthread_leaves_nothing_behind)
{
	int before = READ_ONCE(nr_threads);

	for (int i = 0; i < 100; i++) {
		struct counter c;

		KEXPECT(kthread_stop(start_counter(&c)) == 42);
	}
	while (READ_ONCE(nr_threads) > before)
		ktest_sleep(NSEC_PER_MSEC);	/* the last one is on its way out */
}

KTEST(kthread_parks_and_goes_on)
{
	struct counter c;
	struct task_struct *k = start_counter(&c);

	for (int i = 0; i < 100; i++) {
		KEXPECT(kthread_park(k) == 0);
		KEXPECT(READ_ONCE(k->state) == TASK_PARKED);
		KEXPECT(!wake_up_process(k));	/* an ordinary wake-up does not unpark it */
		kthread_unpark(k);
	}
	KEXPECT(kthread_park(k) == 0);
	KEXPECT(kthread_stop(k) == 42);		/* parked: comes to an end all the same */
}

KTEST(kthread_signals_are_messages)
{
	struct counter c;
	struct task_struct *k = start_counter(&c);

	KEXPECT(kthread_park(k) == 0);		/* by now it has asked for SIGUSR1 */
	KEXPECT(!send_sig(SIGKILL, k, SEND_SIG_PRIV) && !send_sig(SIGSTOP, k, SEND_SIG_PRIV));
	KEXPECT(!signal_pending(k));
	KEXPECT(!send_sig(SIGUSR1, k, SEND_SIG_PRIV) && signal_pending(k));
	kthread_unpark(k);
	wait_for_completion(&c.round);
	KEXPECT(c.signals == 1 && c.rounds == 1);
	KEXPECT(kthread_stop(k) == 42);
}

struct numbered {
	struct kthread_work work;
	int nr;
};
static int order[8], done;

static struct completion all_done;

static void note(struct kthread_work *work)
{
	order[done++] = container_of(work, struct numbered, work)->nr;
	if (done == 8)
		complete(&all_done);
}

KTEST(kthread_worker_keeps_order)
{
	struct kthread_worker worker = { 0 };
	struct numbered n[8];

	done = 0;
	init_completion(&all_done, "all_done");
	KEXPECT(!kthread_run_worker(&worker, "numbers"));
	for (int i = 0; i < 8; i++) {
		n[i].nr = i;
		kthread_init_work(&n[i].work, note);
		KEXPECT(kthread_queue_work(&worker, &n[i].work));
	}
	wait_for_completion(&all_done);
	KEXPECT(done == 8);
	for (int i = 0; i < 8; i++)
		KEXPECT(order[i] == i);
	done = 0;
	KEXPECT(kthread_queue_work(&worker, &n[0].work));
	KEXPECT(kthread_stop(worker.task) == 0 && done == 1);	/* what is queued is done first */
}

static struct completion go_on;

static void hold(struct kthread_work *work)
{
	wait_for_completion(&go_on);
}

KTEST(kthread_worker_is_woken_and_queues_once)
{
	struct kthread_worker worker = { 0 };
	struct kthread_work held;
	struct numbered n = { 0 };

	init_completion(&go_on, "go_on");
	init_completion(&all_done, "all_done");
	kthread_init_work(&held, hold);
	kthread_init_work(&n.work, note);
	KEXPECT(!kthread_run_worker(&worker, "sleeper"));
	while (READ_ONCE(worker.task->state) != TASK_IDLE || READ_ONCE(worker.task->on_cpu))
		ktest_sleep(NSEC_PER_MSEC);
	KEXPECT(kthread_queue_work(&worker, &held));
	done = 7;
	KEXPECT(kthread_queue_work(&worker, &n.work));
	KEXPECT(!kthread_queue_work(&worker, &n.work));	/* it waits behind the held one */
	complete(&go_on);
	wait_for_completion(&all_done);
	KEXPECT(kthread_stop(worker.task) == 0 && done == 8);
}

/* What "init" and "cleanup" of a helper are called with; the program sleeps for ever. */
static int helper_pid;
static bool cleaned;

static int note_pid(struct subprocess_info *info)
{
	helper_pid = current->pid;
	KEXPECT(current->flags & PF_KTHREAD && !strcmp(info->argv[1], "1000"));
	return 0;
}

static void note_cleanup(struct subprocess_info *info)
{
	cleaned = true;
}

KTEST(umh_wait_exec)
{
	struct subprocess_info sleep = { .argv = { "/bin/sleep", "1000" },
					 .init = note_pid, .cleanup = note_cleanup };
	struct subprocess_info none = { .argv = { "/no/such" }, .cleanup = note_cleanup };
	struct task_struct *p;

	KEXPECT(call_usermodehelper(&sleep, UMH_WAIT_EXEC) == 0 && cleaned);
	p = find_get_task_by_vpid(helper_pid);
	KEXPECT(p && p->mm && !(p->flags & PF_KTHREAD) && p->real_parent->pid == 2);
	KEXPECT(!send_sig(SIGKILL, p, SEND_SIG_PRIV));
	while (READ_ONCE(p->exit_state) != EXIT_DEAD)
		ktest_sleep(NSEC_PER_MSEC);
	put_task_struct(p);
	KEXPECT(call_usermodehelper(&none, UMH_WAIT_EXEC) == -ENOENT);
}
