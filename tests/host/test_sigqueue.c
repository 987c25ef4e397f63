/*
 * Host test of the pending sets (kernel/signal/sigqueue.c): coalescing, order, synchronous signals
 * first, flushing, the limit. The slab and the timers are stubs that count. Stand-alone: gcc -I.
 * -Iarch/x86_64/include -fsanitize=address,undefined tests/host/test_sigqueue.c
 */
#include "kernel/signal/sigqueue.c"

int printf(const char *fmt, ...) __printf(1, 2);
void *malloc(size_t n);
void free(void *p);

static int allocated, failed;
static struct signal_struct owner;

#define CHECK(cond)									\
	do {										\
		if (!(cond)) {								\
			failed++;							\
			printf("not ok line %d: %s\n", __LINE__, #cond);		\
		}									\
	} while (0)

void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	allocated++;
	return malloc(sizeof(struct sigqueue));
}

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	allocated--;
	free(obj);
}

void posix_timer_put(struct k_itimer *timer)
{
}

static bool add(struct sigpending *sp, int sig, int code, int value)
{
	struct sigqueue *q = sigqueue_alloc(&owner, false);

	if (!q)
		return false;
	clear_siginfo(&q->info);
	q->info.si_signo = sig;
	q->info.si_code = code;
	q->info.si_int = value;
	list_add_tail(&q->list, &sp->list);
	sp->signal |= sigmask(sig);
	return true;
}

static void test_order(struct sigpending *sp)
{
	siginfo_t info;

	add(sp, SIGRTMIN + 1, SI_QUEUE, 1);
	add(sp, SIGUSR1, SI_USER, 0);
	add(sp, SIGRTMIN + 1, SI_QUEUE, 2);
	add(sp, SIGSEGV, SEGV_MAPERR, 0);
	sp->signal |= sigmask(SIGHUP);		/* without an entry */
	CHECK(next_signal(sp, 0) == SIGSEGV);
	CHECK(next_signal(sp, sigmask(SIGSEGV)) == SIGHUP);
	CHECK(next_signal(sp, ~0UL) == 0);
	CHECK(dequeue_synchronous_signal(sp, sigmask(SIGSEGV), &info) == 0);
	CHECK(dequeue_synchronous_signal(sp, 0, &info) == SIGSEGV && info.si_code == SEGV_MAPERR);
	CHECK(dequeue_synchronous_signal(sp, 0, &info) == 0);
	CHECK(!collect_signal(SIGHUP, sp, &info) && info.si_signo == SIGHUP &&
	      info.si_code == SI_USER);
	CHECK(next_signal(sp, 0) == SIGUSR1);
	collect_signal(SIGUSR1, sp, &info);
	collect_signal(SIGRTMIN + 1, sp, &info);
	CHECK(info.si_int == 1 && next_signal(sp, 0) == SIGRTMIN + 1);
	collect_signal(SIGRTMIN + 1, sp, &info);
	CHECK(info.si_int == 2 && next_signal(sp, 0) == 0);
	CHECK(allocated == 0 && list_empty(&sp->list));
}

static void test_limit(struct sigpending *sp)
{
	owner.rlim[RLIMIT_SIGPENDING].rlim_cur = 3;
	for (int i = 0; i < 5; i++)
		CHECK(add(sp, SIGRTMIN + i % 2, SI_QUEUE, i) == (i < 3));
	CHECK(allocated == 3 && atomic_read(&owner.nr_sigqueue) == 3);
	flush_sigqueue_mask(sp, sigmask(SIGRTMIN));
	CHECK(allocated == 1 && sp->signal == sigmask(SIGRTMIN + 1));
	flush_sigqueue(sp);
	CHECK(allocated == 0 && sp->signal == 0 && atomic_read(&owner.nr_sigqueue) == 0);
}

int main(void)
{
	struct sigpending sp;

	owner.rlim[RLIMIT_SIGPENDING].rlim_cur = 100;
	init_sigpending(&sp);
	test_order(&sp);
	test_limit(&sp);
	printf("%s sigqueue\n", failed ? "not ok" : "ok");
	return failed;
}
