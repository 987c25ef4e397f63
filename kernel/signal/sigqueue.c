/*
 * Pending sets: which signals wait for a thread or a process, and what is known about each
 * occurrence.
 *
 * A set has two parts that agree except where noted: a bit per signal, which decides, and a list of
 * sigqueues, oldest first, which carry the siginfo. A legacy signal (1..31) has at most one
 * sigqueue: two that arrive before the first is taken are one. A real-time signal has one per
 * occurrence, and its bit falls when the last is taken. A bit without a sigqueue is a signal of
 * which nothing but the number is known.
 *
 * All with the siglock held, except that flush_sigqueue() may be called for a set nobody can reach
 * any more.
 */
#include "kernel/mm/mm.h"
#include "kernel/signal/signal.h"
#include "libk/bits.h"

DEFINE_KMEM_CACHE(sigqueue_cache, "sigqueue", struct sigqueue, 8);

struct sigqueue *sigqueue_alloc(struct signal_struct *owner, bool override_rlimit)
{
	unsigned long queued = (unsigned long)atomic_inc_return(&owner->nr_sigqueue);
	struct sigqueue *q = NULL;

	if (override_rlimit || queued <= owner->rlim[RLIMIT_SIGPENDING].rlim_cur)
		q = kmem_cache_alloc(sigqueue_cache, GFP_ATOMIC);
	if (!q) {
		atomic_dec(&owner->nr_sigqueue);
		return NULL;
	}
	INIT_LIST_HEAD(&q->list);
	q->owner = owner;
	q->timer = NULL;
	return q;
}

static void sigqueue_free(struct sigqueue *q)
{
	atomic_dec(&q->owner->nr_sigqueue);
	kmem_cache_free(sigqueue_cache, q);
}

/* q leaves the set it was in. A timer's sigqueue goes back to its timer, for which it held a
 * reference while it was queued. */
static void drop_sigqueue(struct sigqueue *q)
{
	list_del_init(&q->list);
	if (q->timer)
		posix_timer_put(q->timer);
	else
		sigqueue_free(q);
}

void init_sigpending(struct sigpending *sp)
{
	sp->signal = 0;
	INIT_LIST_HEAD(&sp->list);
}

void flush_sigqueue_mask(struct sigpending *sp, sigset_t mask)
{
	struct sigqueue *q, *next;

	if (!(sp->signal & mask))
		return;
	sp->signal &= ~mask;
	list_for_each_entry_safe(q, next, &sp->list, list) {
		if (mask & sigmask(q->info.si_signo))
			drop_sigqueue(q);
	}
}

void flush_sigqueue(struct sigpending *sp)
{
	flush_sigqueue_mask(sp, ~0UL);
}

/* Lowest number first, but a fault of the thread itself before everything: its handler must find
 * the registers of the fault. */
int next_signal(const struct sigpending *sp, sigset_t blocked)
{
	sigset_t ready = sp->signal & ~blocked;

	if (ready & SYNCHRONOUS_MASK)
		ready &= SYNCHRONOUS_MASK;
	return ready ? __builtin_ctzl(ready) + 1 : 0;
}

struct sigqueue *collect_signal(int sig, struct sigpending *sp, siginfo_t *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &sp->list, list) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
		if (sig < SIGRTMIN)
			break;
	}
	if (!more)
		sp->signal &= ~sigmask(sig);
	if (!first) {
		clear_siginfo(info);
		info->si_signo = sig;
		return NULL;
	}
	copy_siginfo(info, &first->info);
	list_del_init(&first->list);
	if (first->timer)
		return first;
	sigqueue_free(first);
	return NULL;
}

int dequeue_synchronous_signal(struct sigpending *sp, sigset_t blocked, siginfo_t *info)
{
	sigset_t ready = sp->signal & ~blocked & SYNCHRONOUS_MASK;
	struct sigqueue *q;

	if (!ready)
		return 0;
	list_for_each_entry(q, &sp->list, list) {
		int sig = q->info.si_signo;

		if ((ready & sigmask(sig)) && q->info.si_code > SI_USER) {
			collect_signal(sig, sp, info);
			return sig;
		}
	}
	return 0;
}
