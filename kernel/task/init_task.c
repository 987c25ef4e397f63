/*
 * PID 0, the task that was there before any was made: the boot CPU's idle task, and the ancestor of
 * all. It is written down here instead of being created, since creating takes a task to copy from.
 */
#include "boot/boot.h"
#include "kernel/cgroup/cgroup.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "libk/string.h"

#define STACK_DEFAULT (8UL << 20)

static struct sighand_struct init_sighand;
struct signal_struct init_signal = {
	.sigcnt = REFCOUNT_INIT(1),
	.live = 1,
	.nr_threads = 1,
	.thread_head = LIST_HEAD_INIT(init_signal.thread_head),
	.shared_pending = { .list = LIST_HEAD_INIT(init_signal.shared_pending.list) },
	.posix_timers = LIST_HEAD_INIT(init_signal.posix_timers),
	.rlim = {
		[RLIMIT_CPU] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_FSIZE] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_DATA] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_STACK] = { STACK_DEFAULT, RLIM_INFINITY },
		[RLIMIT_CORE] = { 0, RLIM_INFINITY },
		[RLIMIT_RSS] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_NOFILE] = { 1024, 4096 },
		[RLIMIT_MEMLOCK] = { 8UL << 20, 8UL << 20 },
		[RLIMIT_AS] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_LOCKS] = { RLIM_INFINITY, RLIM_INFINITY },
		[RLIMIT_MSGQUEUE] = { 819200, 819200 },
		[RLIMIT_RTTIME] = { RLIM_INFINITY, RLIM_INFINITY },
	},
};

struct task_struct *init_process;
static struct pid init_struct_pid = { .count = REFCOUNT_INIT(1),
				      .numbers = { { .nr = 0, .ns = &init_pid_ns } } };

struct task_struct init_task = {
	.usage = REFCOUNT_INIT(2),
	.stack = init_stack,
	.comm = "swapper/0",
	.flags = PF_IDLE | PF_KTHREAD,
	.policy = SCHED_NORMAL,
	.prio = DEFAULT_PRIO,
	.normal_prio = DEFAULT_PRIO,
	.static_prio = DEFAULT_PRIO,
	.sched_task_group = &root_task_group,
	.cgroup = &cgrp_root,
	.active_mm = &init_mm,
	.files = &init_files,
	.fs = &init_fs,
	.nsproxy = &init_nsproxy,
	.cred = &init_cred,
	.alloc_lock = SPINLOCK_INIT("task->alloc_lock"),
	.signal = &init_signal,
	.sighand = &init_sighand,
	.pending = { .list = LIST_HEAD_INIT(init_task.pending.list) },
	.real_parent = &init_task,
	.parent = &init_task,
	.group_leader = &init_task,
	.children = LIST_HEAD_INIT(init_task.children),
	.sibling = LIST_HEAD_INIT(init_task.sibling),
	.thread_node = LIST_HEAD_INIT(init_task.thread_node),
	.tasks = LIST_HEAD_INIT(init_task.tasks),
	.ptraced = LIST_HEAD_INIT(init_task.ptraced),
	.ptrace_entry = LIST_HEAD_INIT(init_task.ptrace_entry),
	.pi_state_list = LIST_HEAD_INIT(init_task.pi_state_list),
	.thread_pid = &init_struct_pid,
};

void task_init(void)
{
	fork_init();
	pid_init();
	sighand_init(&init_sighand);
	init_waitqueue_head(&init_signal.wait_chldexit, "do_wait");
	init_waitqueue_head(&init_struct_pid.wait_pidfd, "pidfd");
	for (enum pid_type type = PIDTYPE_TGID; type < PIDTYPE_MAX; type++)
		init_signal.pids[type] = &init_struct_pid;
	list_add(&init_task.thread_node, &init_signal.thread_head);
}
