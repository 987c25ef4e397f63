/*
 * Cleanup handlers: a list through the stack frames that pushed them. An own file, since a
 * condition variable needs them and cancellation needs much more.
 */
#include "user/lib/pthread/internal.h"

void __cleanup_push(struct __cleanup *c)
{
	struct pthread *self = __pthread_self();

	c->next = self->cleanup;
	barrier();	/* a cancellation now must find a whole list */
	self->cleanup = c;
}

void __cleanup_pop(int run)
{
	struct pthread *self = __pthread_self();
	struct __cleanup *c = self->cleanup;

	self->cleanup = c->next;
	if (run)
		c->fn(c->arg);
}
