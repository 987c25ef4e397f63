/*
 * Where in the kernel a task is, whatever it does while we look. Three cases:
 *
 * - The caller itself: it walks its own stack.
 * - Off its CPU: with its run-queue lock held it cannot begin to run, and with a reference held its
 *   stack is not freed: what lies there stays. (finish_task_switch() lowers on_cpu under that lock,
 *   when everything has been saved.)
 * - On another CPU: its stack changes all the time, so we send that CPU an interrupt. The handler
 *   runs on that very stack, below the frames it reads: they wait for it to return. Finds it
 *   another task there, ours has left meanwhile, and we begin anew.
 *
 * No address is believed in any of them: the walk follows only what lies on the task's own stack
 * (arch/x86_64/dump.c), so that it cannot fault.
 *
 * Locks: rq->lock of the task. No other is held across the interrupt: its target may want it.
 */
#include "asm/processor.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"

#define MAX_TRIES 16

struct trace {
	struct task_struct *task;
	unsigned long *pcs;
	int max, n; /* n < 0: not looked at yet */
};

/* The CPU that p runs on, or -1: it runs on none and was walked. */
static int walk_off_cpu(struct task_struct *p, void *arg)
{
	struct trace *t = arg;

	if (p->on_cpu)
		return p->cpu;
	t->n = stack_walk_task(p, t->pcs, t->max);
	return -1;
}

static void walk_interrupted(void *arg)
{
	struct trace *t = arg;

	if (current == t->task)
		t->n = stack_walk_interrupted(t->pcs, t->max);
}

int stack_trace_save_tsk(struct task_struct *p, unsigned long *pcs, int max)
{
	struct trace t = { .task = p, .pcs = pcs, .max = max, .n = -1 };

	if (p == current)
		return stack_walk_task(p, pcs, max);
	for (int i = 0; i < MAX_TRIES && t.n < 0; i++) {
		int cpu = task_call_func(p, walk_off_cpu, &t);

		if (cpu >= 0)
			smp_call_function_many(1UL << cpu, walk_interrupted, &t);
	}
	return max(t.n, 0);
}
