/*
 * The bits of pthread_mutex_t's type and the states of a robust one.
 */
#pragma once

enum {
	MUTEX_KIND = 3,		/* PTHREAD_MUTEX_NORMAL, _RECURSIVE, _ERRORCHECK */
	MUTEX_ROBUST = 16,
	MUTEX_PI = 32,
	MUTEX_SHARED = 64,
};

/* Only the holder writes it. INCONSISTENT: its owner died; LOST: unlocked without being mended. */
enum { MUTEX_CONSISTENT, MUTEX_INCONSISTENT, MUTEX_LOST };
