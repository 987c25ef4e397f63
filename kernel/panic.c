/*
 * The end: a report that names message, task, CPU, locks and place, and then the machine stops with
 * a status that says so. Takes no locks: whatever was held when things went wrong stays held.
 */
#include "asm/processor.h"
#include "kernel/hang/hang.h"
#include "kernel/mm/mm.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include "libk/printf.h"
#include "libk/string.h"

#define MAX_FRAMES 32

static int panic_cpu = -1;

bool panicking(void)
{
	return READ_ONCE(panic_cpu) >= 0;
}

static void show_task(void)
{
	struct task_struct *p = current;

	printk(KERN_EMERG
	       "CPU: %d  Task: %s/%d (tgid %d, flags 0x%x, %s)  preempt_count %d, irq_depth %d\n",
	       smp_processor_id(), p->comm, p->pid, p->tgid, p->flags,
	       p->flags & PF_KTHREAD ? "kernel thread" : "user task",
	       preempt_count() % (int)HARDIRQ_OFFSET, irq_depth());
	show_held_locks(p);
}

static void __noreturn stop(const struct pt_regs *regs, const char *message)
{
	unsigned long pcs[MAX_FRAMES];
	int n;

	local_irq_disable();
	/* The first CPU reports; another that panics meanwhile only stops. */
	int expected = -1;

	if (!__atomic_compare_exchange_n(&panic_cpu, &expected, smp_processor_id(), false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		if (expected == smp_processor_id())
			machine_exit(EXIT_PANIC);	/* the report itself went wrong */
		for (;;)
			machine_halt();
	}
	smp_stop_others();
	printk(KERN_EMERG "Kernel panic: %s\n", message);
	show_task();
	if (regs)
		show_regs(regs);
	printk(KERN_EMERG "Backtrace:\n");
	n = regs ? stack_walk(instruction_pointer(regs), regs_frame_pointer(regs), pcs, MAX_FRAMES)
		 : stack_walk((unsigned long)__builtin_return_address(0),
			      (unsigned long)__builtin_frame_address(0), pcs, MAX_FRAMES);
	print_backtrace(pcs, n);
	show_all_cpus();
	hang_report("panic", 0);
	printk(KERN_EMERG "---[ end of report ]---\n");
	machine_exit(EXIT_PANIC);
	machine_halt();
}

void panic(const char *fmt, ...)
{
	char message[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	stop(NULL, message);
}

void panic_regs(const struct pt_regs *regs, const char *fmt, ...)
{
	char message[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	stop(regs, message);
}

void __stack_chk_fail(void)
{
	panic("stack corrupted: the canary of the function at %p is gone",
	      __builtin_return_address(0));
}

/* --- deliberate failures, for the tests of the reports: panic-test=NAME --- */

static DEFINE_MUTEX(test_mutex);
static DEFINE_MUTEX(other_mutex);
static DEFINE_SPINLOCK(test_lock);

static int overflow_stack(int depth);
static int (*volatile next_level)(int depth) = overflow_stack;	/* volatile: the compiler must
								 * not see the recursion */

static int overflow_stack(int depth)
{
	volatile char frame[512];

	frame[0] = (char)depth;
	return next_level(depth + 1) + frame[0];
}

static void null_call(void)
{
	void (*volatile fn)(void) = NULL;

	fn();
}

static void write_text(void)
{
	*(volatile char *)(unsigned long)panic = 0;
}

static void touch_guard(void)	/* a #PF with an unusable stack becomes #DF */
{
	overflow_stack(0);
}

static void sleep_atomic(void)
{
	preempt_disable();
	might_sleep();
	preempt_enable();
}

static void unlock_foreign(void)
{
	atomic_long_set(&test_mutex.owner, (long)&init_task);
	mutex_unlock(&test_mutex);
}

static void lock_twice(void)
{
	spin_lock(&test_lock);
	spin_lock(&test_lock);
}

static void plain_panic(void)
{
	panic("asked for by panic-test=panic");
}

static void bug(void)
{
	BUG_ON(current->pid == 1);
}

static void smash_stack(void)
{
	char buf[16];
	volatile char *p = buf;

	for (int i = 0; i < 64; i++)
		p[i] = 'x';
}

/* What only DEBUG=1 notices. Both orders, one after the other: nothing hangs, but it could. */
static void invert_order(void)
{
	mutex_lock(&test_mutex);
	mutex_lock(&other_mutex);
	mutex_unlock(&test_mutex);
	mutex_lock(&test_mutex);
	mutex_unlock(&test_mutex);
	mutex_unlock(&other_mutex);
}

static void unlock_free(void)
{
	spin_lock(&test_lock);
	spin_unlock(&test_lock);
	preempt_disable();
	spin_unlock(&test_lock);
}

/* We are on our way to become /init: a task that returns to user mode with a lock. */
static void keep_lock(void)
{
	mutex_lock(&test_mutex);
}

/* Both orders at once: each has one when the second begins to wait. */
static int embrace(void *has)
{
	struct mutex *wants = has == &test_mutex ? &other_mutex : &test_mutex;

	mutex_lock(has);
	while (!mutex_owner(wants)) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_hrtimeout(ktime_get() + NSEC_PER_MSEC);
	}
	mutex_lock(wants);
	return 0;
}

static void deadlock(void)
{
	kthread_run(embrace, &test_mutex, "embrace/1");
	kthread_run(embrace, &other_mutex, "embrace/2");
}

/* The report must get by with what is left. */
static void corrupt_tasks(void)
{
	init_process->tasks.next = (struct list_head *)0xdead000000000100;
	spin_lock_irq(&tasklist_lock);
	panic("the list of tasks was corrupted by panic-test=tasks");
}

static const struct {
	const char *name;
	void (*fn)(void);
} failures[] = {
	{ "panic", plain_panic },    { "null", null_call },
	{ "text", write_text },	     { "stack", touch_guard },
	{ "atomic", sleep_atomic },  { "mutex", unlock_foreign },
	{ "spin", lock_twice },	     { "bug", bug },
	{ "canary", smash_stack },   { "double", arch_double_fault },
	{ "nx", arch_execute_data }, { "smap", arch_touch_user },
	{ "inversion", invert_order }, { "deadlock", deadlock },
	{ "unlock", unlock_free },   { "keep", keep_lock },
	{ "tasks", corrupt_tasks },
};

void late_init(void)
{
	char name[16];

	if (!cmdline_option("panic-test", name, sizeof(name)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		if (!strcmp(failures[i].name, name)) {
			failures[i].fn();
			return;
		}
	}
	pr_err("panic-test=%s: there is no such test\n", name);
}
