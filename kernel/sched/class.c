/*
 * Which policy a task belongs to. Real-time priorities belong to rt, everything else to one policy
 * that is chosen when the machine starts (sched=NAME). To add another: a file with its sched_class
 * and a row in the table here.
 *
 * Locks: rq->lock of the task.
 */
#include "kernel/printk.h"
#include "kernel/sched/rq.h"
#include "libk/string.h"

static const struct sched_class *const normal_classes[] = {
	&fair_sched_class,	/* the first is the default */
	&eevdf_sched_class,
	&rr_sched_class,
	&pct_sched_class,
};

const struct sched_class *normal_sched_class;

void choose_normal_class(void)
{
	char name[16];

	normal_sched_class = normal_classes[0];
	if (!cmdline_option("sched", name, sizeof(name)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(normal_classes); i++) {
		if (!strcmp(name, normal_classes[i]->name)) {
			normal_sched_class = normal_classes[i];
			if (normal_sched_class->init)
				normal_sched_class->init();
			return;
		}
	}
	pr_warn("sched=%s: no such policy, %s it is\n", name, normal_sched_class->name);
}

void sched_report(void)
{
	if (normal_sched_class->report)
		normal_sched_class->report();
}

/* The running task is charged at its old terms up to now. */
void sched_change_begin(struct rq *rq, struct task_struct *p)
{
	if (p == rq->curr && p->on_rq) {
		update_rq_clock(rq);
		p->sched_class->update_curr(rq);
	}
	if (p->on_rq)
		dequeue_task(rq, p, 0);
}

void sched_change_end(struct rq *rq, struct task_struct *p)
{
	const struct sched_class *class = class_of_prio(p->prio);

	if (class != p->sched_class) {
		p->sched_class = class;
		p->se.placed = false;
		if (class->task_fork)
			class->task_fork(p);
	}
	if (!p->on_rq)
		return;
	enqueue_task(rq, p, 0);
	if (p == rq->curr || p->prio < rq->curr->prio)
		resched_curr(rq);
}

/* Each step of nice is worth a factor of 1.25: who steps down by one beside an equal gets 10 %
 * less, the other 10 % more. SCHED_IDLE is weaker than nice 19. */
void set_load_weight(struct task_struct *p)
{
	u64 weight = NICE_0_WEIGHT;

	for (int nice = PRIO_TO_NICE(p->static_prio); nice < 0; nice++)
		weight += weight / 4;
	for (int nice = PRIO_TO_NICE(p->static_prio); nice > 0; nice--)
		weight -= weight / 5;
	p->se.load = p->policy == SCHED_IDLE ? 3 * NICE_0_WEIGHT / 1024 : weight;
}
