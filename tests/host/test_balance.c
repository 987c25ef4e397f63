/*
 * Host test of the balancer (kernel/sched/balance.c) with CFS on four pretended CPUs: affinity is
 * honoured on every path, nobody is lost or queued twice, no CPU idles while a task that may run
 * there waits, loads become even, and three hogs share two CPUs.
 */
#include "tests/host/sched_host.h"

static struct task_struct *cpu_curr_host(int cpu)
{
	return cpu_rq(cpu)->curr;
}
#define cpu_curr cpu_curr_host
#include "kernel/sched/balance.c"
#include "kernel/sched/fair.c"

static struct task_struct *no_rt(struct rq *rq, struct task_struct *p)
{
	return NULL;
}
const struct sched_class rt_sched_class = { .next_queued = no_rt };

#define NCPU 4

static void start(int n)
{
	machine_init(&fair_sched_class, n);
	balance = newidle_balance;
}

/* A tick on every CPU that has one. */
static void tick_all(void)
{
	now += TICK_NS;
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		struct rq *rq = cpu_rq(cpu);

		if (rq->curr != rq->idle) {
			tick(rq);
			periodic_balance(rq);
		}
	}
	for (int cpu = 0; cpu < nr_cpus; cpu++)
		if (resched[cpu])
			switch_task(cpu_rq(cpu), 0);
}

static void check_all(void)
{
	unsigned int n = 0;

	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		check_queue(cpu_rq(cpu), &fair_sched_class, 0);
		n += cpu_rq(cpu)->nr_running;
	}
	for (int i = 0; i < NTASKS; i++)
		n -= (unsigned int)tasks[i].on_rq;
	assert(n == 0);
}

static bool somebody_waits_for(int cpu)
{
	for (int i = 0; i < NTASKS; i++)
		if (tasks[i].on_rq && tasks[i].cpus_mask & 1UL << cpu &&
		    cpu_rq(tasks[i].cpu)->curr != &tasks[i])
			return true;
	return false;
}

static void check_no_idler(void)
{
	for (int cpu = 0; cpu < nr_cpus; cpu++)
		assert(cpu_rq(cpu)->nr_running || !somebody_waits_for(cpu));
}

/* Sleeps and wake-ups of pinned and free tasks of all weights; now and then nothing happens for
 * more than a balance period. */
static void test_random(void)
{
	start(NCPU);
	for (int i = 0; i < NTASKS; i++) {
		task_init_host(&tasks[i], (int)random_below(40) - 20);
		tasks[i].cpus_mask = i % 3 ? 15 : 1 + random_below(15);
		tasks[i].cpu = __builtin_ctzl(tasks[i].cpus_mask);
	}
	for (int step = 0; step < 100000; step++) {
		struct task_struct *p = &tasks[random_below(step < 50000 ? NTASKS : 8)];
		struct rq *rq = cpu_rq((int)random_below(NCPU));

		if (random_below(3) == 0 && rq->curr != rq->idle) {
			switch_task(rq, 2);
			assert(rq->nr_running || !somebody_waits_for(rq->cpu));
		}
		if (random_below(3) == 0 && !p->on_rq)
			wake_on(p, select_task_rq(p));
		if (random_below(20) == 0)
			now += random_below(TICK_NS);
		tick_all();
		check_all();
		if (step % 500 == 0) {
			for (int i = 0; i < 2 * (int)(BALANCE_PERIOD_NS / TICK_NS); i++)
				tick_all();
			check_no_idler();
		}
	}
}

/* All begin on CPU 0: in the end no two loads differ by more than the heaviest task, and what two
 * changes of places may cost, an eighth each. */
static void test_even(void)
{
	for (int n = 1; n <= 40; n++) {
		u64 least = ~0ULL, most = 0, heaviest = 0;

		start(NCPU);
		for (int i = 0; i < n; i++) {
			task_init_host(&tasks[i], (int)random_below(11) - 5);
			wake_on(&tasks[i], 0);
			heaviest = max(heaviest, tasks[i].se.load);
		}
		switch_task(cpu_rq(0), 0);
		for (int i = 0; i < 1000; i++)
			tick_all();
		for (int cpu = 0; cpu < NCPU; cpu++) {
			least = min(least, cpu_rq(cpu)->load);
			most = max(most, cpu_rq(cpu)->load);
		}
		check_all();
		check_no_idler();
		assert(most - least <= heaviest + most / 4);
	}
}

static void test_three_on_two(void)
{
	start(2);
	for (int i = 0; i < 3; i++) {
		task_init_host(&tasks[i], 0);
		wake_on(&tasks[i], 0);
	}
	switch_task(cpu_rq(0), 0);
	for (int i = 0; i < 5000; i++)
		tick_all();
	for (int i = 0; i < 3; i++) {
		u64 permille = tasks[i].se.sum_exec_runtime / (5 * TICK_NS);

		assert(permille >= 650 && permille <= 683);
	}
}

int main(void)
{
	test_random();
	test_even();
	test_three_on_two();
	printf("ok\n");
	return 0;
}
