/*
 * What the kernel's hang report and user/lockview.c conclude from what they see: whose number the
 * words around a futex hold, and whether a chain of waits bites its tail. Pure; tested on the host
 * (tests/host/test_hang.c).
 */
#pragma once

#include "libk/abi/futex.h"
#include "libk/compiler.h"
#include "libk/types.h"

/* The futex word and its neighbours; 0 for what could not be read. */
struct futex_words {
	u32 before;		/* musl: the mutex's type */
	u32 word;
	u32 count;		/* glibc, and our user/lib: how often a recursive one is held */
	u32 owner;		/*   its owner's thread id */
	u32 users;		/*   1 while it is held */
	u32 kind;		/*   PTHREAD_MUTEX_xxx and flags */
};

#define MUSL_HELD 16u		/* EBUSY: a plain mutex of musl is held, by nobody knows whom */

/*
 * The number of the thread that holds the lock, 0: the words do not tell. *rule: what told it, or
 * why nothing did; NULL: this does not look like a lock.
 */
static inline u32 futex_owner(const struct futex_words *w, const char **rule)
{
	u32 tid = w->word & FUTEX_TID_MASK;

	*rule = NULL;
	if (w->word & (FUTEX_WAITERS | FUTEX_OWNER_DIED)) {
		if (tid == MUSL_HELD && !(w->before & 15)) {
			*rule = "the word names nobody";
			return 0;
		}
		*rule = tid ? "by its TID word" : "the word says that its owner died";
		return tid;
	}
	if (w->word != 1 && w->word != 2)
		return 0;
	if (w->owner && w->owner <= FUTEX_TID_MASK && w->count <= 0xffff && w->users <= 2 &&
	    w->kind < 512) {
		*rule = "by the owner field";
		return w->owner;
	}
	if (w->word == 2)	/* "held, and somebody sleeps", wherever there are three states */
		*rule = "the word names nobody";
	return 0;
}

/*
 * The length of the cycle on which start lies, 0: on none, or on a longer one than max. next: whom
 * somebody waits for, NULL: nobody known.
 */
static inline int cycle_length(void *start, void *(*next)(void *), int max)
{
	void *p = start;

	for (int n = 1; n <= max; n++) {
		p = next(p);
		if (!p)
			return 0;
		if (p == start)
			return n;
	}
	return 0;
}
