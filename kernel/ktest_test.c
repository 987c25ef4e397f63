/* Runs the tests of the test image and writes KTAP. No locks: one test at a time. */
#include "asm/processor.h"
#include "kernel/ktest.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"

extern const struct ktest __start_ktests[], __stop_ktests[];

static bool failed;	/* only threads of the test that runs write it */

void ktest_expect(bool good, const char *what, const char *file, int line)
{
	if (good)
		return;
	WRITE_ONCE(failed, true);
	pr_info("# %s:%d: not so: %s\n", file, line, what);
}

void ktest_sleep(u64 ns)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_hrtimeout(ktime_get() + ns);
}

void run_kernel_tests(void)
{
	int n = 0;

	pr_info("KTAP version 1\n");
	pr_info("1..%d\n", (int)(__stop_ktests - __start_ktests));
	/* The compiler lays them down last one first. */
	for (const struct ktest *t = __stop_ktests; t-- > __start_ktests;) {
		failed = false;
		t->fn();
		pr_info("%s %d %s\n", failed ? "not ok" : "ok", ++n, t->name);
	}
}
