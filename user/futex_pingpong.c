/*
 * Two threads hand a futex word to and fro: each round is two wake-ups and two context switches,
 * the price of sleeping. With -v: how long a round took.
 */
#include "check.h"

#define ROUNDS 1000
#define WAIT_PRIVATE 128
#define WAKE_PRIVATE 129

static volatile int ball;	/* whose turn it is */
static long sleeps[2];

static void pass_on(int me)
{
	int expected;

	/* The kernel compares again under its lock: if the ball came meanwhile we do not sleep. */
	while ((expected = __atomic_load_n(&ball, __ATOMIC_ACQUIRE)) != me)
		sleeps[me] += !syscall(SYS_futex, &ball, WAIT_PRIVATE, expected, NULL, NULL, 0);
	__atomic_store_n(&ball, !me, __ATOMIC_RELEASE);
	syscall(SYS_futex, &ball, WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *partner(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		pass_on(1);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t;
	double start;

	begin(argc, argv);
	start = now();
	t = spawn(partner, NULL);
	for (int i = 0; i < ROUNDS; i++)
		pass_on(0);
	pthread_join(t, NULL);
	if (verbose)
		printf("%.2f us a round; slept %ld and %ld times in %d rounds\n",
		       (now() - start) * 1e6 / ROUNDS, sleeps[0], sleeps[1], ROUNDS);
	check("1000 rounds, the ball is back", ball == 0);
	return failures;
}
