/*
 * Where a task is in the kernel: /proc/PID/wchan, what it waits for; waits_for, and who
 * holds that; stack, who called whom; and syscall, what it asked for.
 *
 * Locks: tasklist_lock; the task's run-queue lock, inside the functions that hold it still.
 */
#include "asm/processor.h"
#include "kernel/fs/proc/pid.h"
#include "kernel/hang/hang.h"
#include "kernel/printk.h"

#define MAX_FRAMES 64

/* The function that called the scheduler, for sleepers that say not what they wait for. */
static const char *sleeping_in(struct task_struct *p)
{
	unsigned long pcs[8], unused;
	int n = stack_trace_save_tsk(p, pcs, ARRAY_SIZE(pcs));

	for (int i = 0; i < n; i++) {
		const char *name = kallsyms_lookup(pcs[i] - 1, &unused, &unused);

		if (name && strncmp(name + strspn(name, "_"), "schedule", 8))
			return name;
	}
	return NULL;
}

/* Who is on a run queue waits for nothing but a CPU, even if it is about to sleep. */
int proc_wchan_show(struct seq_file *m, struct task_struct *p)
{
	const char *wchan = READ_ONCE(p->wchan);
	char state = task_state_char(p);

	if (!wchan && state != 'R' && state != 'Z' && !READ_ONCE(p->on_rq))
		wchan = sleeping_in(p);
	seq_puts(m, wchan && state != 'R' ? wchan : "0");
	return 0;
}

/* What it waits for and who holds that, in the words of a hang report. Linux has no such file. */
int proc_waits_for_show(struct seq_file *m, struct task_struct *p)
{
	struct wait_info w;
	char text[WAIT_TEXT];

	scoped_guard(spinlock_irqsave, &tasklist_lock)
	{
		task_waits_for(p, &w);
		sprint_wait(text, sizeof(text), &w);
	}
	seq_printf(m, "%s\n", text);
	return 0;
}

int proc_stack_show(struct seq_file *m, struct task_struct *p)
{
	unsigned long *pcs __free(kfree) = kmalloc(MAX_FRAMES * sizeof(*pcs), GFP_KERNEL);
	char name[96];
	int n;

	if (!pcs)
		return -ENOMEM;
	n = stack_trace_save_tsk(p, pcs, MAX_FRAMES);
	for (int i = 0; i < n; i++) {
		sprint_symbol(name, sizeof(name), i ? pcs[i] - 1 : pcs[i]);
		seq_printf(m, "[<0>] %s\n", name);
	}
	return 0;
}

/* Not while it runs: then its registers are not in memory. */
static int copy_user_regs(struct task_struct *p, void *regs)
{
	if (p != current && (p->on_cpu || p->state == TASK_RUNNING))
		return -EAGAIN;
	*(struct pt_regs *)regs = *task_pt_regs(p);
	return 0;
}

int proc_syscall_show(struct seq_file *m, struct task_struct *p)
{
	unsigned long args[6];
	struct pt_regs regs;

	if (task_call_func(p, copy_user_regs, &regs)) {
		seq_puts(m, "running\n");
		return 0;
	}
	/* never was in user mode, or will never be again */
	if (p->flags & (PF_KTHREAD | PF_IO_WORKER) || p->exit_state) {
		seq_puts(m, "-1 0x0 0x0\n");
		return 0;
	}
	seq_printf(m, "%ld", regs_syscall_nr(&regs));
	syscall_get_arguments(&regs, args);
	for (int i = 0; i < 6 && regs_syscall_nr(&regs) >= 0; i++)
		seq_printf(m, " 0x%lx", args[i]);
	seq_printf(m, " 0x%lx 0x%lx\n", user_stack_pointer(&regs), instruction_pointer(&regs));
	return 0;
}
