/*
 * From the first C line of the kernel to the first instruction of /init.
 *
 * start_kernel() runs on the boot CPU as PID 0. It sets up what needs no sleeping, makes two tasks,
 * PID 1 and PID 2 (kthreadd), and becomes the idle task. PID 1 starts as a kernel thread
 * (kernel_init), does the rest of the set-up, which may sleep, and turns into the program /init.
 */
#include "asm/irqflags.h"
#include "asm/processor.h"
#include "boot/boot_info.h"
#include "kernel/cgroup/cgroup.h"
#include "kernel/entry.h"
#include "kernel/fs/fs.h"
#include "kernel/futex/futex.h"
#include "kernel/hang/hang.h"
#include "kernel/ktest.h"
#include "kernel/mm/mm.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include "kernel/trace/trace.h"
#include "kernel/wq/wq.h"
#include "libk/printf.h"
#include "libk/string.h"

static struct completion kthreadd_ready;

/* One clear line, and an end whose status tells whoever started us. */
static void __noreturn boot_failed(const char *what, long err)
{
	panic("%s (errno %ld)", what, -err);
}

/* Descriptors 0, 1 and 2 of /init, and so of everybody. */
static void open_console(void)
{
	struct file *console = filp_open("/dev/console", O_RDWR, 0);

	if (IS_ERR(console)) {
		pr_warn("no /dev/console: init starts without descriptors\n");
		return;
	}
	for (unsigned int fd = 0; fd < 3; fd++) {
		int got = get_unused_fd_flags(0);

		BUG_ON(got != (int)fd);
		fd_install(fd, get_file(console));
	}
	fput(console);
}

static int run_init_process(const char *path)
{
	const char *argv[] = { path, NULL },
		   *envp[] = { "HOME=/", "TERM=linux", "PATH=/bin:/sbin:/usr/bin:/usr/sbin", NULL };
	char term[32], term_env[40];

	if (cmdline_option("TERM", term, sizeof(term))) {
		snprintf(term_env, sizeof(term_env), "TERM=%s", term);
		envp[1] = term_env;
	}
	pr_info("Run %s as init process\n", path);
	return kernel_execve(path, argv, envp);
}

/* Replaced by kernel/ktest_test.c in the test image. */
void __weak run_kernel_tests(void)
{
}

static int kernel_init(void *unused)
{
	char path[256] = "/init";
	int err;

	wait_for_completion(&kthreadd_ready);
	smp_init();
	trace_init();
	workqueue_init();
	kreaper_init();
	hang_init();
	late_init();
	if (!boot_info.initrd_end)
		boot_failed(
			"no initrd: start the kernel with one (-initrd FILE, or module2 in GRUB)",
			-ENOENT);
	err = populate_rootfs();
	if (err)
		boot_failed("the initrd cannot be used", err);
	err = prepare_namespace();
	if (err)
		pr_warn("devtmpfs: errno %d\n", -err);
	special_files_init();
	open_console();
	cmdline_option("init", path, sizeof(path));
	timeout_init();
	run_kernel_tests();
	err = run_init_process(path);
	if (!err)
		return 0;	/* into user mode: see ret_from_fork */
	printk(KERN_EMERG "cannot run %s as init\n", path);
	boot_failed("no init found: the initrd must hold a static x86-64 program /init, or init= "
		    "name another",
		    err);
}

/* PID 1 and 2, in this order; PID 1 waits until PID 2 can serve it. */
static void rest_init(void)
{
	long pid;

	init_completion(&kthreadd_ready, "kthreadd_ready");
	pid = kernel_thread(kernel_init, NULL, "init", CLONE_FS);
	BUG_ON(pid != 1);
	init_process = find_get_task_by_vpid(1);
	init_process->signal->flags |= SIGNAL_UNKILLABLE;
	init_pid_ns.child_reaper = init_process;
	kthreadd_init();
	complete(&kthreadd_ready);
}

void start_kernel(void)
{
	sched_init();
	sched_init_idle(&init_task, 0);
	strscpy(saved_command_line, boot_info.cmdline, sizeof(boot_info.cmdline));
	pr_info("Bobbin on %s: %s\n", boot_info.loader, saved_command_line);
	mm_init();
	fpu_init();
	hrtimers_init();
	timekeeping_init();
	task_init();
	futex_init();
	tick_start();	/* the first task that runs may never sleep, and so never let the idle
			 * loop do it */
	local_irq_enable();
	vfs_init();
	cgroup_init();
	rest_init();
	cpu_startup_entry();
}
