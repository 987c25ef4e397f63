/*
 * fork() in a process with threads: the child has one thread, the caller, and a copy of memory
 * frozen in the middle of whatever the others did. What this library itself needs afterwards (its
 * list of threads, the heap) is locked around the copying, so that it is whole; what a program
 * needs it can protect the same way by pthread_atfork().
 */
#include <unistd.h>

#include "user/lib/pthread/internal.h"

#define MAX_ATFORK 16

static struct {
	void (*prepare)(void), (*parent)(void), (*child)(void);
} handlers[MAX_ATFORK];
static int nhandlers, handlers_lock;

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	int err = ENOMEM;

	__lock(&handlers_lock);
	if (nhandlers < MAX_ATFORK) {
		handlers[nhandlers].prepare = prepare;
		handlers[nhandlers].parent = parent;
		handlers[nhandlers].child = child;
		nhandlers++;
		err = 0;
	}
	__unlock(&handlers_lock);
	return err;
}

static void prepare_all(void)
{
	for (int i = nhandlers - 1; i >= 0; i--)
		if (handlers[i].prepare)
			handlers[i].prepare();
}

static void after_all(bool child)
{
	for (int i = 0; i < nhandlers; i++) {
		void (*fn)(void) = child ? handlers[i].child : handlers[i].parent;

		if (fn)
			fn();
	}
}

/* CHILD_SETTID and CHILD_CLEARTID keep the child's tid word right, as for any thread. */
pid_t fork(void)
{
	struct pthread *self = __pthread_self();
	sigset_t old;
	long pid;

	prepare_all();
	__block_signals(&old);
	__lock(&__stacks_lock);
	__lock(&__malloc_lock);
	pid = __syscall(__NR_clone, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0,
			(long)&self->tid, 0, 0);
	if (pid == 0) {
		self->robust.list.next = NULL;	/* the kernel does not inherit the list */
		__stack_fork_child(self);
	}
	__unlock(&__malloc_lock);
	__unlock(&__stacks_lock);
	__restore_signals(&old);
	after_all(pid == 0);
	return (pid_t)__syscall_ret(pid);
}
