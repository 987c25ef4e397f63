/* Semaphores: user/lib/pthread/sem.c. Unlike pthread_*, these set errno and return -1. */
#pragma once

#include "libk/abi/time.h"
#include "libk/types.h"

#define SEM_VALUE_MAX	0x7fffffff

typedef struct {
	int value;		/* the futex */
	int waiters;
	int shared;
} sem_t;

int sem_init(sem_t *s, int shared, unsigned int value);
int sem_destroy(sem_t *s);
int sem_wait(sem_t *s);
int sem_trywait(sem_t *s);
int sem_timedwait(sem_t *s, const struct timespec *abs);
int sem_clockwait(sem_t *s, clockid_t clk, const struct timespec *abs);
int sem_post(sem_t *s);
int sem_getvalue(sem_t *s, int *value);
