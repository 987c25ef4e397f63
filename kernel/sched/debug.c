/*
 * What queues and tasks have seen, for /proc: schedstat and sched_debug for the machine,
 * PID/schedstat and PID/sched for a task. Formats are Linux's as far as Bobbin has the numbers;
 * what it does not count is 0 in schedstat and left out elsewhere.
 *
 * Locks: rq->lock, for one task or one queue at a time.
 */
#include "kernel/fs/fs.h"
#include "kernel/sched/rq.h"
#include "kernel/time/time.h"

#define MAX_SHOWN 64	/* of a queue, so that nobody waits long for its lock */

/* Times are shown in milliseconds with six digits after the point. */
#define MS(ns) (long long)((s64)(ns) / (s64)NSEC_PER_MSEC), \
	       (unsigned long)((s64)(ns) < 0 ? -(ns) : (ns)) % NSEC_PER_MSEC

/* Times that p was picked: all but the present one ended with a switch. */
static u64 nr_slices(const struct task_struct *p)
{
	return p->nvcsw + p->nivcsw + (READ_ONCE(p->on_cpu) ? 1 : 0);
}

int proc_pid_schedstat_show(struct seq_file *m, struct task_struct *p)
{
	seq_printf(m, "%llu %llu %llu\n", task_sched_runtime(p), READ_ONCE(p->se.wait_sum),
		   nr_slices(p));
	return 0;
}

static void show_number(struct seq_file *m, const char *name, unsigned long value)
{
	seq_printf(m, "%-45s:%21lu\n", name, value);
}

static void show_ms(struct seq_file *m, const char *name, u64 ns)
{
	seq_printf(m, "%-45s:%14lld.%06lu\n", name, MS(ns));
}

int proc_pid_sched_show(struct seq_file *m, struct task_struct *p)
{
	u64 runtime = task_sched_runtime(p);	/* up to now; what is in se, up to the last tick */
	struct sched_entity se;
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	se = p->se;
	task_rq_unlock(rq, flags);
	seq_printf(m, "%s (%d, #threads: %d)\n", p->comm, task_pid_vnr(p), p->signal->nr_threads);
	seq_puts(m, "-------------------------------------------------------------------\n");
	show_ms(m, "se.exec_start", se.exec_start);
	show_ms(m, "se.vruntime", se.vruntime);
	show_ms(m, "se.sum_exec_runtime", runtime);
	show_ms(m, "se.deadline", se.deadline);
	show_ms(m, "se.slice", se.slice);
	show_number(m, "se.nr_migrations", se.nr_migrations);
	show_ms(m, "wait_sum", se.wait_sum);
	show_number(m, "wait_count", nr_slices(p));
	show_number(m, "nr_switches", p->nvcsw + p->nivcsw);
	show_number(m, "nr_voluntary_switches", p->nvcsw);
	show_number(m, "nr_involuntary_switches", p->nivcsw);
	show_number(m, "se.load.weight", se.load);
	show_number(m, "weight in its groups", se.weight);
	show_number(m, "policy", p->policy);
	show_number(m, "prio", (unsigned long)p->prio);
	show_number(m, "cpu", (unsigned long)rq->cpu);
	return 0;
}

/* Version 15 without domains. Of a line: sched_yield() calls; 0; schedule() calls that switched, of
 * these to idle; wake-ups here, of these by this CPU; ns that tasks ran and waited; turns. */
int schedstat_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "version 15\ntimestamp %llu\n", ktime_get() / TICK_NS);
	for_each_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);
		u64 busy = ktime_get() - cpu_idle_time(cpu);
		u64 idles = nr_slices(rq->idle) - 1;	/* at boot it ran without being picked */

		seq_printf(m, "cpu%d %llu 0 %llu %llu %llu %llu %llu %llu %llu\n", cpu,
			   READ_ONCE(rq->nr_yields), READ_ONCE(rq->nr_switches),
			   idles, READ_ONCE(rq->nr_wakeups),
			   READ_ONCE(rq->nr_local_wakeups), busy, READ_ONCE(rq->wait_ns),
			   READ_ONCE(rq->nr_switches) - idles);
	}
	return 0;
}

static void show_tasks(struct seq_file *m, struct rq *rq, const struct sched_class *class)
{
	struct task_struct *p = NULL;

	for (int n = 0; n < MAX_SHOWN && (p = class->next_queued(rq, p)); n++)
		seq_printf(m, "%c%16.15s %6d %14lld.%06lu %9lu %5d %14lld.%06lu %14lld.%06lu\n",
			   p == rq->curr ? '>' : ' ', p->comm, p->pid, MS(p->se.vruntime),
			   p->nvcsw + p->nivcsw, p->prio, MS(p->se.wait_sum),
			   MS(p->se.sum_exec_runtime));
}

static void show_queue(struct seq_file *m, struct rq *rq)
{
	seq_printf(m, "\ncpu#%d\n", rq->cpu);
	seq_printf(m, "  .%-30s: %u\n", "nr_running", rq->nr_running);
	seq_printf(m, "  .%-30s: %llu\n", "load", rq->load);
	seq_printf(m, "  .%-30s: %llu\n", "nr_switches", rq->nr_switches);
	seq_printf(m, "  .%-30s: %d\n", "curr->pid", rq->curr->pid);
	seq_printf(m, "  .%-30s: %lld.%06lu\n", "clock", MS(rq->clock));
	seq_printf(m, "  .%-30s: %lld.%06lu\n", "min_vruntime", MS(rq->cfs.min_vruntime));
	seq_printf(m, "  .%-30s: %u\n", "rt_nr_running", rq->rt.nr_running);
	seq_printf(m, "  .%-30s: %lld.%06lu\n", "rt_time", MS(rq->rt.used));
	seq_puts(m, "runnable tasks:\n"
		    "             task    PID              vruntime  switches  prio"
		    "             wait-time              sum-exec\n");
	show_tasks(m, rq, &rt_sched_class);
	show_tasks(m, rq, normal_sched_class);
}

int sched_debug_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "Sched Debug Version: v0.11, Bobbin, sched=%s\n", normal_sched_class->name);
	for_each_cpu(cpu) {
		unsigned long flags;

		spin_lock_irqsave(&cpu_rq(cpu)->lock, flags);
		show_queue(m, cpu_rq(cpu));
		task_rq_unlock(cpu_rq(cpu), flags);
	}
	return 0;
}
