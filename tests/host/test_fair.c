/*
 * Host test of CFS (kernel/sched/fair.c): shares by weight and by group, and under a random program
 * of sleeps, wake-ups, yields and nice values: nobody lost or queued twice, the tree in order,
 * min_vruntime and every vruntime monotonic, sleepers placed where they may be.
 */
#include "tests/host/sched_host.h"

#include "kernel/sched/fair.c"

const struct sched_class rt_sched_class;	/* nobody */

/* A ring has one granule and one node, later rings have later granules, and who runs is in none. */
static void check_rings(struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct rb_node *node = rb_first(&cfs->tree.rb_root);
	struct sched_entity *first = first_entity(cfs), *se;
	u64 last = first ? granule(first) : 0, members = cfs->curr != NULL;

	assert(rq->curr == rq->idle || !rq->curr->on_rq || cfs->curr == &rq->curr->se);
	list_for_each_entry(se, &cfs->front, run_list) {
		assert(granule(se) == last && RB_EMPTY_NODE(&se->run_node) && se != cfs->curr);
		members++;
	}
	assert(node == rb_first_cached(&cfs->tree));
	if (list_empty(&cfs->front))
		last--;
	for (; node; node = rb_next(node)) {
		struct sched_entity *leader = entity_of(node);

		assert(before(last, granule(leader)));
		last = granule(leader);
		members++;
		list_for_each_entry(se, &leader->run_list, run_list) {
			assert(granule(se) == last && RB_EMPTY_NODE(&se->run_node) &&
			       se != cfs->curr);
			members++;
		}
	}
	assert(members == cfs->nr);
}

static void hogs(const int *nices, int n)
{
	machine_init(&fair_sched_class, 1);
	for (int i = 0; i < n; i++) {
		task_init_host(&tasks[i], nices[i]);
		wake_on(&tasks[i], 0);
	}
	switch_task(cpu_rq(0), 0);
}

/* Everybody's part of a long time is his weight's part of all weights, but for two turns. */
static void test_shares(void)
{
	static const int mixes[][4] = { { 0, 0, 0, 0 },	  { 0, 5, 0, 5 },   { -20, 19, 0, 0 },
					{ -5, -4, -3, 1 }, { 19, 19, 18, 0 } };

	for (size_t m = 0; m < ARRAY_SIZE(mixes); m++) {
		u64 load = 0, total = 60 * NSEC_PER_SEC;

		hogs(mixes[m], 4);
		for (int i = 0; i < 4; i++)
			load += tasks[i].se.load;
		run_for(cpu_rq(0), total);
		for (int i = 0; i < 4; i++) {
			s64 due = (s64)(total / NSEC_PER_USEC * tasks[i].se.load / load);
			s64 had = (s64)(tasks[i].se.sum_exec_runtime / NSEC_PER_USEC);

			assert(had - due < 26000 && due - had < 26000);
		}
	}
}

static void test_groups(void)
{
	struct task_group *a = sched_create_group(&root_task_group);
	struct task_group *b = sched_create_group(a);
	static const int nices[8] = { 0 };
	static const u64 due[8] = { 500, 83, 83, 83, 83, 83, 83, 0 };
	u64 total = 120 * NSEC_PER_SEC;

	/* One task in the root, three in a, three in a's child b: b weighs as one task of a. */
	hogs(nices, 7);
	for (int i = 1; i < 7; i++)
		sched_move_task(&tasks[i], i < 4 ? a : b);
	assert(tasks[1].se.load == NICE_0_WEIGHT && a->load == 4 * NICE_0_WEIGHT);
	sched_group_set_weight(b, 300);		/* so b has as much as a's three together */
	assert(a->load == 6 * NICE_0_WEIGHT && b->load == 3 * NICE_0_WEIGHT);
	run_for(cpu_rq(0), total);
	for (int i = 0; i < 7; i++) {
		u64 permille = tasks[i].se.sum_exec_runtime / (total / 1000);

		assert(permille + 2 >= due[i] && permille <= due[i] + 2);
	}
	for (int i = 0; i < 7; i++) {
		sched_move_task(&tasks[i], &root_task_group);
		check_queue(cpu_rq(0), &fair_sched_class, 0);
	}
	assert(!a->load && !b->load);
	sched_destroy_group(b);
	sched_destroy_group(a);
}

static void test_random(void)
{
	struct rq *rq = cpu_rq(0);
	u64 last_min, last[NTASKS];
	struct task_group *tg = sched_create_group(&root_task_group);

	machine_init(&fair_sched_class, 1);
	for (int i = 0; i < NTASKS; i++)
		task_init_host(&tasks[i], (int)random_below(40) - 20);
	for (int step = 0; step < 200000; step++) {
		struct task_struct *p = NULL, *prev = NULL;
		int n = step < 100000 ? NTASKS : 5;

		last_min = rq->cfs.min_vruntime;
		for (int i = 0; i < NTASKS; i++)
			last[i] = tasks[i].on_rq ? tasks[i].se.vruntime : 0;
		if (step % 1000 == 999)
			sched_move_task(&tasks[random_below((u32)n)],
					step & 1024 ? tg : &root_task_group);
		random_step(rq, n);
		check_queue(rq, &fair_sched_class, 0);
		check_rings(rq);
		assert(!before(rq->cfs.min_vruntime, last_min));
		for (int i = 0; i < NTASKS; i++)
			assert(!tasks[i].on_rq || !last[i] ||
			       !before(tasks[i].se.vruntime, last[i]));
		while ((p = fair_sched_class.next_queued(rq, p))) {
			assert(!prev || p == rq->curr || !runs_before(&p->se, &prev->se));
			prev = p;
		}
	}
	for (int i = 0; i < NTASKS; i++)
		sched_move_task(&tasks[i], &root_task_group);
	sched_destroy_group(tg);
}

/* Who wakes among hogs takes the CPU at once; SCHED_BATCH does not; SCHED_IDLE gives way. */
static void test_wakeups(void)
{
	static const int nices[8] = { 0 };
	struct rq *rq = cpu_rq(0);

	hogs(nices, 4);
	task_init_host(&tasks[4], 0);
	for (int round = 0; round < 100; round++) {
		run_for(rq, 100 * NSEC_PER_MSEC);
		now += NSEC_PER_MSEC;
		tasks[4].policy = round & 1 ? SCHED_BATCH : SCHED_NORMAL;
		resched[0] = false;
		if (round > 1)		/* the first time it is a newcomer */
			assert(rq->curr != &tasks[4]);
		wake_on(&tasks[4], 0);
		/* at most as far back as sleepers may be */
		assert(!before(tasks[4].se.vruntime + LATENCY_NS / 2, rq->cfs.min_vruntime));
		assert(round == 0 || resched[0] == !(round & 1));
		switch_task(rq, 0);
		while (rq->curr != &tasks[4])
			run_for(rq, TICK_NS);
		now += NSEC_PER_MSEC / 2;
		switch_task(rq, 2);
	}
	rq->curr->policy = SCHED_IDLE;
	wake_on(&tasks[4], 0);
	assert(resched[0]);
}

int main(void)
{
	test_shares();
	test_groups();
	test_random();
	test_wakeups();
	printf("ok\n");
	return 0;
}
