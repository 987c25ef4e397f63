/*
 * Host test of EEVDF (kernel/sched/eevdf.c): the lag of every task stays within a slice while
 * nobody comes or goes, shares follow the weights, and under a random program of sleeps, wake-ups,
 * yields and nice values: nobody lost or queued twice, the tree in order of deadlines, V exact,
 * somebody always eligible, the pick that of a look at everybody, lags bounded and kept over a
 * sleep; a short slice is served sooner.
 */
#include "tests/host/sched_host.h"

#include "kernel/sched/eevdf.c"

const struct sched_class rt_sched_class;	/* nobody */

/* What the CPU owes p, in ns of real time of its own weight. */
static s64 real_lag(struct rq *rq, struct task_struct *p)
{
	s64 lag = (s64)(avg_vruntime(&rq->cfs) - p->se.vruntime);

	return (s64)((__int128)lag * p->se.weight / NICE_0_WEIGHT);
}

static void test_lags(void)
{
	static const int mixes[][4] = { { 0, 0, 0, 0 }, { 0, 5, 0, 5 }, { -20, 19, 0, 3 } };
	struct rq *rq = cpu_rq(0);

	for (size_t m = 0; m < ARRAY_SIZE(mixes); m++) {
		s64 due, had, limit = BASE_SLICE_NS + TICK_NS;
		u64 load = 0, start = 0;

		machine_init(&eevdf_sched_class, 1);
		for (int i = 0; i < 4; i++) {
			task_init_host(&tasks[i], mixes[m][i]);
			wake_on(&tasks[i], 0);
			load += tasks[i].se.load;
		}
		switch_task(rq, 0);
		for (int round = 0; round < 10000; round++) {
			run_for(rq, TICK_NS);
			start += TICK_NS;
			for (int i = 0; i < 4; i++)
				assert(real_lag(rq, &tasks[i]) <= limit &&
				       real_lag(rq, &tasks[i]) >= -limit);
		}
		for (int i = 0; i < 4; i++) {
			due = (s64)(start / NSEC_PER_USEC * tasks[i].se.load / load);
			had = (s64)(tasks[i].se.sum_exec_runtime / NSEC_PER_USEC);
			assert(had - due < 8000 && due - had < 8000);
		}
	}
}

/* V from first principles, of what is queued. */
static void check_mean(struct rq *rq)
{
	u64 zero = rq->cfs.min_vruntime;
	struct task_struct *p = NULL, *prev = NULL;
	__int128 sum = 0;
	u64 load = 0;

	while ((p = eevdf_sched_class.next_queued(rq, p))) {
		sum += (__int128)(s64)(p->se.vruntime - zero) * p->se.weight;
		load += p->se.weight;
		if (&p->se == rq->cfs.curr)
			continue;
		assert(!prev || !before(p->se.deadline, prev->se.deadline));
		prev = p;
	}
	assert(sum == rq->cfs.sum && load == rq->cfs.load);
	assert(rq->curr == rq->idle || !rq->curr->on_rq || &rq->curr->se == rq->cfs.curr);
}

/* Somebody is eligible, and who is picked has the earliest deadline of all those who are. */
static void check_pick(struct rq *rq)
{
	u64 mean = avg_vruntime(&rq->cfs);
	struct sched_entity *best = NULL;
	struct task_struct *p = NULL;

	/* the one beside the tree comes first, and so wins when deadlines are equal */
	while ((p = eevdf_sched_class.next_queued(rq, p)))
		if (!before(mean, p->se.vruntime) &&
		    (!best || before(p->se.deadline, best->deadline)))
			best = &p->se;
	assert(!best == !rq->cfs.nr && pick_eevdf(&rq->cfs) == best);
}

static void test_random(void)
{
	struct rq *rq = cpu_rq(0);
	struct task_group *tg = sched_create_group(&root_task_group);

	machine_init(&eevdf_sched_class, 1);
	for (int i = 0; i < NTASKS; i++) {
		task_init_host(&tasks[i], (int)random_below(40) - 20);
		tasks[i].se.request = i % 3 ? 0 : (1 + random_below(100)) * 100 * NSEC_PER_USEC;
	}
	for (int step = 0; step < 200000; step++) {
		int n = step < 100000 ? NTASKS : 5;
		struct task_struct *p = NULL;

		if (step % 1000 == 999)
			sched_move_task(&tasks[random_below((u32)n)],
					step & 1024 ? tg : &root_task_group);
		random_step(rq, n);
		check_queue(rq, &eevdf_sched_class, 0);
		check_mean(rq);
		check_pick(rq);
		/* Who leaves or joins with a lag shifts everybody else's: the bound is a loose
		 * one. */
		while ((p = eevdf_sched_class.next_queued(rq, p)))
			assert(real_lag(rq, p) < (s64)NSEC_PER_SEC / 20 &&
			       real_lag(rq, p) > -(s64)NSEC_PER_SEC / 20);
	}
	for (int i = 0; i < NTASKS; i++)
		sched_move_task(&tasks[i], &root_task_group);
	sched_destroy_group(tg);
}

/* Out of the queue and in again: what it is owed is the same, what it owes may be paid off. */
static void test_lag_kept(void)
{
	struct rq *rq = cpu_rq(0);
	struct task_struct *p = &tasks[2];

	machine_init(&eevdf_sched_class, 1);
	for (int i = 0; i < 5; i++) {
		task_init_host(&tasks[i], i * 3 - 6);
		wake_on(&tasks[i], 0);
	}
	switch_task(rq, 0);
	for (int round = 0; round < 1000; round++) {
		s64 before_sleep, after;

		run_for(rq, 1 + random_below(20) * TICK_NS);
		if (rq->curr == p)
			continue;
		rq->clock = now;
		rq->curr->sched_class->update_curr(rq);
		before_sleep = real_lag(rq, p);
		deactivate(rq, p, DEQUEUE_SLEEP);
		run_for(rq, random_below(20) * TICK_NS);
		p->state = TASK_INTERRUPTIBLE;
		wake_on(p, 0);
		after = real_lag(rq, p);
		assert(before_sleep - after < 2000);
		assert(after - before_sleep < 2000 || (before_sleep < 0 && after < 2000));
		switch_task(rq, 0);
	}
}

/* The same share, but served sooner: who asks for a short slice. */
static void test_short_slice(void)
{
	struct rq *rq = cpu_rq(0);
	u64 waited[2] = { 0 };

	for (int t = 0; t < 2; t++) {
		struct task_struct *p = &tasks[20];

		machine_init(&eevdf_sched_class, 1);
		for (int i = 0; i <= 20; i++)
			task_init_host(&tasks[i], 0);
		p->se.request = t ? 100 * NSEC_PER_USEC : 0;
		for (int i = 0; i < 20; i++)
			wake_on(&tasks[i], 0);
		switch_task(rq, 0);
		for (int round = 0; round < 500; round++) {
			u64 woken;

			run_for(rq, 20 * NSEC_PER_MSEC);
			wake_on(p, 0);
			woken = now;
			if (resched[0])
				switch_task(rq, 0);
			while (rq->curr != p)
				run_for(rq, TICK_NS);
			waited[t] += now - woken;
			now += 500 * NSEC_PER_USEC;
			switch_task(rq, 2);
		}
	}
	assert(waited[1] * 5 < waited[0] * 4);
}

int main(void)
{
	test_lags();
	test_random();
	test_lag_kept();
	test_short_slice();
	printf("ok\n");
	return 0;
}
