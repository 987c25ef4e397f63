/*
 * Thread-specific data: values under keys made at run time, what __thread is for a library that
 * does not know how many it will need.
 *
 * A key is a number; its sequence count is odd while it is in use. Each thread's value carries the
 * count it was stored under, so deleting a key makes all threads' values of it invalid at once,
 * without visiting one of them, and a key that is used again begins with NULL everywhere.
 */
#include <stdlib.h>

#include "user/lib/pthread/internal.h"

struct __tsd {
	unsigned int seq;
	void *value;
};

static struct {
	unsigned int seq;	/* atomic */
	void (*destructor)(void *);
} keys[PTHREAD_KEYS_MAX];

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	for (unsigned int i = 0; i < PTHREAD_KEYS_MAX; i++) {
		unsigned int seq = READ_ONCE(keys[i].seq);

		if (!(seq & 1) && cmpxchg(&keys[i].seq, seq, seq + 1) == seq) {
			keys[i].destructor = destructor;
			*key = i;
			return 0;
		}
	}
	return EAGAIN;
}

int pthread_key_delete(pthread_key_t key)
{
	unsigned int seq = key < PTHREAD_KEYS_MAX ? READ_ONCE(keys[key].seq) : 0;

	return (seq & 1) && cmpxchg(&keys[key].seq, seq, seq + 1) == seq ? 0 : EINVAL;
}

void *pthread_getspecific(pthread_key_t key)
{
	struct __tsd *tsd = __pthread_self()->tsd;

	if (!tsd || key >= PTHREAD_KEYS_MAX || tsd[key].seq != READ_ONCE(keys[key].seq))
		return NULL;
	return tsd[key].value;
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
	struct pthread *self = __pthread_self();

	if (key >= PTHREAD_KEYS_MAX || !(READ_ONCE(keys[key].seq) & 1))
		return EINVAL;
	if (!self->tsd)
		self->tsd = calloc(PTHREAD_KEYS_MAX, sizeof(struct __tsd));
	if (!self->tsd)
		return ENOMEM;
	self->tsd[key] = (struct __tsd) { READ_ONCE(keys[key].seq), (void *)value };
	return 0;
}

/* One round of destructors; true if there was anything to destroy. */
static bool destroy_values(struct __tsd *tsd)
{
	bool any = false;

	for (unsigned int i = 0; i < PTHREAD_KEYS_MAX; i++) {
		void *value = tsd[i].value;

		tsd[i].value = NULL;
		if (!value || tsd[i].seq != READ_ONCE(keys[i].seq) || !keys[i].destructor)
			continue;
		any = true;
		keys[i].destructor(value);
	}
	return any;
}

/* A destructor may store new values: four rounds, then what is left stays lost. */
void __tsd_exit(struct pthread *self)
{
	if (!self->tsd)
		return;
	for (int i = 0; i < PTHREAD_DESTRUCTOR_ITERATIONS && destroy_values(self->tsd); i++)
		;
	free(self->tsd);
	self->tsd = NULL;
}
