/*
 * Locks that another holds for certain: so that tests/trace/contention can ask for the events that
 * this must give, with the names of the locks and threads here.
 */
#include "kernel/ktest.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"

static DEFINE_MUTEX(tested_mutex);
static DEFINE_SPINLOCK(tested_spinlock);
static bool about_to_spin;

/* Until it is told to stop: what it got, or the error. */
static int take_mutex(void *unused)
{
	int ret;

	allow_signal(SIGUSR1);
	ret = mutex_lock_interruptible(&tested_mutex);
	if (!ret)
		mutex_unlock(&tested_mutex);
	while (!kthread_should_stop())
		ktest_sleep(NSEC_PER_MSEC);
	return ret;
}

/* A thread that waits for tested_mutex, which we hold. */
static struct task_struct *start_waiter(const char *name)
{
	struct task_struct *k = kthread_run(take_mutex, NULL, "%s", name);

	while (READ_ONCE(k->wait_obj) != &tested_mutex || READ_ONCE(k->on_cpu))
		ktest_sleep(NSEC_PER_MSEC);
	return k;
}

KTEST(mutex_is_handed_over_in_order)
{
	struct task_struct *first, *second;

	mutex_lock(&tested_mutex);
	first = start_waiter("waits_first");
	second = start_waiter("waits_second");
	mutex_unlock(&tested_mutex);
	KEXPECT(kthread_stop(first) == 0);
	KEXPECT(kthread_stop(second) == 0);
}

KTEST(mutex_wait_ends_by_signal)
{
	struct task_struct *k;

	mutex_lock(&tested_mutex);
	k = start_waiter("gives_up");
	KEXPECT(!send_sig(SIGUSR1, k, SEND_SIG_PRIV));
	KEXPECT(kthread_stop(k) == -EINTR);
	mutex_unlock(&tested_mutex);
}

static int take_spinlock(void *unused)
{
	WRITE_ONCE(about_to_spin, true);
	spin_lock(&tested_spinlock);
	spin_unlock(&tested_spinlock);
	while (!kthread_should_stop())
		ktest_sleep(NSEC_PER_MSEC);
	return 0;
}

/* Holds the lock until a thread on another CPU spins, and 2 ms more. */
KTEST(spinlock_waits_for_its_holder)
{
	struct task_struct *k = kthread_create(take_spinlock, NULL, "spins");
	bool seen = false;
	u64 end;
	int other;

	if (nr_cpus == 1) {
		kthread_stop(k);
		return;
	}
	preempt_disable();
	other = !smp_processor_id();
	preempt_enable();
	set_cpus_allowed(current, 1UL << !other);
	kthread_bind(k, other);
	spin_lock(&tested_spinlock);
	wake_up_process(k);
	for (end = ktime_get() + 10 * NSEC_PER_SEC; ktime_get() < end; cpu_relax()) {
		if (!seen && READ_ONCE(about_to_spin)) {
			seen = true;
			end = ktime_get() + 2 * NSEC_PER_MSEC;
		}
	}
	KEXPECT(seen);
	spin_unlock(&tested_spinlock);
	KEXPECT(kthread_stop(k) == 0);
	set_cpus_allowed(current, ~0UL);
}
