/*
 * futex_pi [NAME...]: futexes that know their owner: robust lists and priority inheritance; see
 * futex_test.h.
 */
#include "futex_test.h"

static volatile long counter;

/* --- robust lists: a child process dies and leaves its words in shared memory --- */

struct robust_node {
	struct robust_node *next;
	uint32_t word;
};
struct robust_head {
	void *next;
	long offset;
	void *pending;
};
struct robust_memory {
	struct robust_head head;
	struct robust_node node[3];
	uint32_t ready;
};

/* What the dying child's list looks like, by number. */
static void make_robust_list(struct robust_memory *m, int shape)
{
	m->head.offset = (long)__builtin_offsetof(struct robust_node, word);
	m->head.next = &m->node[0];
	m->node[0].next = &m->node[1];
	m->node[1].next = (struct robust_node *)&m->head;
	switch (shape) {
	case 1:		/* a cycle */
		m->node[1].next = &m->node[0];
		break;
	case 2:		/* a wild pointer behind the first two */
		m->node[1].next = (struct robust_node *)0x123456780;
		break;
	case 3:		/* a kernel address */
		m->node[1].next = (struct robust_node *)KERNEL_ADDRESS;
		break;
	case 4:		/* the second is not in the list but about to be */
		m->node[0].next = (struct robust_node *)&m->head;
		m->head.pending = &m->node[1];
		break;
	}
}

static void robust_shape(int shape)
{
	struct robust_memory *m =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec ts = { 20, 0 };
	int status, pid;

	m->node[2].word = 0x1234;	/* somebody else's */
	pid = fork();
	if (!pid) {
		make_robust_list(m, shape);
		sys(SYS_set_robust_list, (long)&m->head, sizeof(m->head), 0, 0, 0, 0);
		m->node[0].word = (uint32_t)mytid() | WAITERS;
		m->node[1].word = (uint32_t)mytid();
		m->ready = 1;
		futex(&m->ready, WAKE, 1, NULL, NULL, 0);
		await_waiters(&m->node[0].word, 1, 0);
		_exit(0);
	}
	while (!*(volatile uint32_t *)&m->ready)
		futex(&m->ready, WAIT, 0, NULL, NULL, 0);
	CHECK(futex(&m->node[0].word, WAIT, (uint32_t)pid | WAITERS, &ts, NULL, 0) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(m->node[0].word == (WAITERS | OWNER_DIED));
	CHECK(m->node[1].word == OWNER_DIED);
	CHECK(m->node[2].word == 0x1234);
	munmap(m, 4096);
}

static void robust(void)
{
	struct robust_head *head;
	size_t len;

	CHECK(sys(SYS_set_robust_list, 0, 7, 0, 0, 0, 0) == -EINVAL);
	CHECK(sys(SYS_get_robust_list, 0, (long)&head, (long)&len, 0, 0, 0) == 0 &&
	      len == sizeof(*head));
	CHECK(sys(SYS_get_robust_list, 0, (long)KERNEL_ADDRESS, (long)&len, 0, 0, 0) == -EFAULT);
	CHECK(sys(SYS_get_robust_list, 0x3ffffff0, (long)&head, (long)&len, 0, 0, 0) == -ESRCH);
	for (int shape = 0; shape < 5; shape++)
		robust_shape(shape);
}

/* --- priority inheritance --- */

static void pi_alone(void)
{
	uint32_t me = (uint32_t)mytid();

	CHECK(futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0 && w1 == me);
	CHECK(futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == -EDEADLK);
	CHECK(futex(&w1, TRYLOCK_PI | PRIVATE, 0, NULL, NULL, 0) == -EDEADLK);
	CHECK(futex(&w1, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0 && w1 == 0);
	CHECK(futex(&w1, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0) == -EPERM);
	CHECK(futex(&w1, TRYLOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0 && w1 == me);
	w1 = OWNER_DIED;
	CHECK(futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0 && w1 == (me | OWNER_DIED));
	w1 = 0x3ffffff0;	/* nobody's id */
	CHECK(futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == -ESRCH);
	CHECK(futex(&w1, TRYLOCK_PI | PRIVATE, 0, NULL, NULL, 0) == -ESRCH);
	w1 = 0;
	start_waiters(1);
	w1 = me;		/* a plain waiter is there */
	CHECK(futex(&w1, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0) == -EINVAL);
	w1 = 0;
	CHECK(futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == -EINVAL);
	CHECK(wake(&w1, 1) == 1);
	join(&threads[0]);
	w1 = 0;
}

/* Locks t->word, and keeps it. */
static void start_locker(int i, const struct timespec *timeout)
{
	threads[i] = (struct thread){
		.stack = threads[i].stack, .word = &w1, .op = LOCK_PI | PRIVATE, .timeout = timeout
	};
	spawn(&threads[i], waiter);
}

static void await_bit(volatile uint32_t *w)
{
	while (!(*w & WAITERS))
		pause_a_little();
}

static void pi_hand_over(void)
{
	struct timespec past = { 1, 0 };
	uint32_t me = (uint32_t)mytid(), heir;

	CHECK(futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0);
	start_locker(0, &past);
	join(&threads[0]);
	CHECK(threads[0].ret == -ETIMEDOUT && (w1 & TID_MASK) == me);
	CHECK(futex(&w1, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0 && w1 == 0);

	CHECK(futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0);
	start_locker(0, NULL);
	heir = (uint32_t)threads[0].tid;
	await_bit(&w1);
	/* a PI futex is not to be woken: that also tells when it is queued */
	while (wake(&w1, 1) != -EINVAL)
		pause_a_little();
	CHECK(requeue(&w1, &w2, 1, 1) == -EINVAL);
	CHECK(futex(&w1, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0);
	join(&threads[0]);
	CHECK(threads[0].ret == 0);
	/* it died with the lock; not robust, so nobody is told */
	CHECK(w1 == (heir | WAITERS));
	CHECK(futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == -ESRCH);
	w1 = 0;
}

static int lock_and_die(void *arg)
{
	(void)arg;
	futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0);
	w2 = 1;
	while (w2 != 2)
		pause_a_little();
	return 0;
}

/* The owner ends while another waits: it gets the lock, and is told. */
static void pi_owner_dies(void)
{
	spawn(&threads[0], lock_and_die);
	while (!w2)
		pause_a_little();
	start_locker(1, NULL);
	while (wake(&w1, 1) != -EINVAL)
		pause_a_little();
	w2 = 2;
	join(&threads[0]);
	join(&threads[1]);
	CHECK(threads[1].ret == 0);
	CHECK((w1 & ~TID_MASK) == (WAITERS | OWNER_DIED));
	w1 = w2 = 0;
}

static volatile uint32_t w3;

/* Has w3, waits for w1. */
static int lock_crosswise(void *arg)
{
	struct thread *t = arg;

	futex(&w3, LOCK_PI | PRIVATE, 0, NULL, NULL, 0);
	t->ret = futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0);
	futex(&w1, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
	futex(&w3, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
	return 0;
}

static void pi_deadlock(void)
{
	CHECK(futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0);
	spawn(&threads[0], lock_crosswise);
	while (wake(&w1, 1) != -EINVAL)
		pause_a_little();
	CHECK(futex(&w3, LOCK_PI | PRIVATE, 0, NULL, NULL, 0) == -EDEADLK);
	CHECK(futex(&w1, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0) == 0);
	join_all(1, 0);
	CHECK((w3 & TID_MASK) == 0);
	w1 = w3 = 0;
}

static int pi_user(void *arg)
{
	uint32_t me = (uint32_t)mytid();

	(void)arg;
	for (int i = 0; i < 3000; i++) {
		uint32_t c = 0;

		if (!__atomic_compare_exchange_n(&w1, &c, me, 0, __ATOMIC_SEQ_CST,
						 __ATOMIC_SEQ_CST) &&
		    futex(&w1, LOCK_PI | PRIVATE, 0, NULL, NULL, 0))
			continue;
		counter++;
		if (i % 16 == 0)
			sys(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
		c = me;
		if (!__atomic_compare_exchange_n(&w1, &c, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			futex(&w1, UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
	}
	return 0;
}

static void pi_mutex(void)
{
	counter = 0;
	for (int i = 0; i < NTHREADS; i++)
		spawn(&threads[i], pi_user);
	for (int i = 0; i < NTHREADS; i++)
		join(&threads[i]);
	CHECK(counter == NTHREADS * 3000);
	w1 = 0;
}

static const struct test tests[] = {
	{ "robust", robust },
	{ "pi_alone", pi_alone },
	{ "pi_hand_over", pi_hand_over },
	{ "pi_owner_dies", pi_owner_dies },
	{ "pi_deadlock", pi_deadlock },
	{ "pi_mutex", pi_mutex },
};

int main(int argc, char **argv)
{
	return run_tests(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
