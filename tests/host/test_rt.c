/*
 * Host test of the real-time queues (kernel/sched/rt.c) against a plain list: who is picked, in
 * which order equals run, turns of SCHED_RR, nobody lost or queued twice, and the throttle.
 * Ordinary tasks are round robin.
 */
#include "tests/host/sched_host.h"

#include "kernel/sched/rr.c"
#include "kernel/sched/rt.c"

#define N 24

/* Who is queued, in the order of their coming; of equals the first runs. */
static struct task_struct *model[NTASKS];
static int nmodel;

static void model_remove(struct task_struct *p)
{
	int i = 0;

	while (model[i] != p)
		i++;
	memmove(&model[i], &model[i + 1], (size_t)(--nmodel - i) * sizeof(*model));
}

static void model_append(struct task_struct *p)
{
	model[nmodel++] = p;
}

static struct task_struct *model_pick(void)
{
	struct task_struct *best = NULL;

	for (int i = 0; i < nmodel; i++)
		if (!best || model[i]->prio < best->prio)
			best = model[i];
	return best;
}

static void make_rt(struct task_struct *p, int policy, int priority)
{
	task_init_host(p, 0);
	p->policy = (unsigned int)policy;
	p->rt_priority = (unsigned int)priority;
	p->prio = p->normal_prio = normal_prio(p);
	p->sched_class = &rt_sched_class;
}

static void test_order(void)
{
	struct rq *rq = cpu_rq(0);

	machine_init(&rr_sched_class, 1);
	sysctl_sched_rt_runtime = -1;
	for (int i = 0; i < N; i++)
		make_rt(&tasks[i], SCHED_FIFO, i % 3 ? 1 + (int)random_below(99) : 50);
	for (int step = 0; step < 200000; step++) {
		struct task_struct *p = &tasks[random_below(N)], *curr = rq->curr;

		now += random_below(1000000);
		switch (random_below(3)) {
		case 0:
			if (!p->on_rq) {
				wake_on(p, 0);
				model_append(p);
			}
			break;
		case 1:
			if (curr != rq->idle) {
				model_remove(curr);
				switch_task(rq, 2);
			}
			break;
		default:
			if (curr != rq->idle) {
				model_remove(curr);
				model_append(curr);
				switch_task(rq, 1);
			}
		}
		if (resched[0])
			switch_task(rq, 0);
		check_queue(rq, &rt_sched_class, 0);
		assert(rq->curr == (nmodel ? model_pick() : rq->idle));
		for (int prio = 0; prio < MAX_RT_PRIO; prio++)
			assert(test_bit(prio, rq->rt.bitmap) == !list_empty(&rq->rt.queue[prio]));
	}
}

static void start_hogs(int policy, int n)
{
	machine_init(&rr_sched_class, 1);
	for (int i = 0; i < n; i++) {
		make_rt(&tasks[i], policy, 10);
		wake_on(&tasks[i], 0);
	}
	switch_task(cpu_rq(0), 0);
}

static void test_turns(void)
{
	start_hogs(SCHED_RR, 3);
	run_for(cpu_rq(0), 30 * NSEC_PER_SEC);
	for (int i = 0; i < 3; i++)
		assert(tasks[i].se.sum_exec_runtime / NSEC_PER_MSEC >= 9899 &&
		       tasks[i].se.sum_exec_runtime / NSEC_PER_MSEC <= 10101);
	start_hogs(SCHED_FIFO, 3);
	run_for(cpu_rq(0), 3 * NSEC_PER_SEC);
	assert(tasks[0].se.sum_exec_runtime == 3 * NSEC_PER_SEC && cpu_rq(0)->curr == &tasks[0]);
}

/* scheduler_tick() looks at the end of the period when somebody else runs. */
static void tick_throttled(struct rq *rq)
{
	now += TICK_NS;
	tick(rq);
	if (rq->curr->prio >= MAX_RT_PRIO && rq->rt.nr_running && !rt_throttled(rq))
		resched_curr(rq);
	if (resched[0])
		switch_task(rq, 0);
}

static void test_throttle(void)
{
	sysctl_sched_rt_runtime = 950000;
	start_hogs(SCHED_FIFO, 1);
	task_init_host(&tasks[1], 0);
	for (int i = 0; i < 2500; i++)		/* alone: nothing is taken from it */
		tick_throttled(cpu_rq(0));
	assert(tasks[0].se.sum_exec_runtime == 2500 * TICK_NS);
	wake_on(&tasks[1], 0);
	for (int i = 0; i < 25000; i++)
		tick_throttled(cpu_rq(0));
	assert(tasks[1].se.sum_exec_runtime / NSEC_PER_MSEC > 4500 &&
	       tasks[1].se.sum_exec_runtime / NSEC_PER_MSEC < 5500);
}

int main(void)
{
	test_order();
	test_turns();
	test_throttle();
	printf("ok\n");
	return 0;
}
