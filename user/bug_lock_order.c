/*
 * A bug to be found: two locks in two orders. A transfer locks the account it takes from, then the
 * one it gives to. Two transfers in opposite directions that meet half-way wait for each other. On
 * a quiet machine they never meet: each is over long before the other begins.
 *
 *	tools/explore -- bug_lock_order
 *
 * The cure: one order for all, for instance by address (deadlock.c).
 */
#include "check.h"

#define PATIENCE 2	/* seconds */

struct account {
	pthread_mutex_t lock;
	long balance;
};

static struct account mine = { PTHREAD_MUTEX_INITIALIZER, 100 };
static struct account yours = { PTHREAD_MUTEX_INITIALIZER, 100 };
static struct timespec limit;

/* 0, or ETIMEDOUT: the deadlock. */
static int transfer(struct account *from, struct account *to, long amount)
{
	int err;

	pthread_mutex_lock(&from->lock);
	from->balance -= amount;
	sched_getcpu();		/* the audit trail: any system call */
	err = pthread_mutex_timedlock(&to->lock, &limit);
	if (!err) {
		to->balance += amount;
		pthread_mutex_unlock(&to->lock);
	}
	pthread_mutex_unlock(&from->lock);
	return err;
}

static void *pay_back(void *arg)
{
	compute(300000);
	return (void *)(long)transfer(&yours, &mine, 10);
}

int main(int argc, char **argv)
{
	pthread_t other;
	void *theirs;
	int ours;

	begin(argc, argv);
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += PATIENCE;
	other = spawn(pay_back, NULL);
	ours = transfer(&mine, &yours, 10);
	pthread_join(other, &theirs);
	check("both transfers came to their end", !ours && !theirs);
	return failures;
}
