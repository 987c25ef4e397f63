/*
 * What the parts of the library tell each other; programs do not include it.
 *
 * Thread-local storage is the x86-64 ABI's variant II: FS.base points at the thread control block
 * (struct pthread), whose first word is its own address; the program's __thread variables lie
 * right below it.
 *
 *	mem ...                     tp = FS.base
 *	 | padding | .tdata | .tbss | struct pthread |
 */
#pragma once

#include "libk/atomic.h"
#include "libk/compiler.h"
#include "libk/types.h"

#include "libk/abi/futex.h"

/*
 * What each field needs: (t) only the thread itself touches it, (a) atomic, (s) __stacks_lock,
 * (k) kill_lock, (c) constant while the thread runs.
 */
struct pthread {
	struct pthread *self;		/* %fs:0x00, the ABI's word */
	void *dtv;			/* %fs:0x08, only dynamic linking would use it */
	struct pthread *prev, *next;	/* (s) all threads of the process, or the cached stacks */
	unsigned long reserved;
	uintptr_t canary;		/* %fs:0x28, gcc's stack protector reads it here */
	pid_t tid;			/* the kernel clears it when the thread ends */
	int state;			/* (a) enum thread_state: joinable, detached, exited */
	int cancel;			/* (a) somebody called pthread_cancel() */
	int cancel_disabled;		/* (t) */
	int cancel_async;		/* (t) */
	int kill_lock;
	int exited;			/* (k) its tid may belong to somebody else soon */
	struct __cleanup *cleanup;	/* (t) the handlers pushed, latest first */
	struct __tsd *tsd;		/* (t) pthread_setspecific()'s values, NULL before the
					 * first */
	void *(*start)(void *);		/* (c) */
	void *arg, *result;		/* (c), (t) until it is joined */
	void *map;			/* (c) guard and stack, NULL: not ours to free */
	size_t map_size, guard;		/* (c) */
	void *stack;			/* (c) lowest usable byte */
	size_t stack_size;		/* (c) */
	struct robust_list_head robust;	/* (t) the kernel walks it when the thread dies */
};

BUILD_BUG_ON(offsetof(struct pthread, canary) != 0x28);

/* Bytes that a thread's TLS block and control block take; a multiple of 64. */
size_t __tls_size(void);
/* Lays out both in @mem (__tls_size() bytes, 64-byte aligned); returns the thread pointer. */
struct pthread *__tls_build(void *mem);
/* The calling thread's control block. */
static inline struct pthread *__pthread_self(void)
{
	struct pthread *self;

	__asm__("mov %%fs:0, %0" : "=r"(self));
	return self;
}

/* A futex lock (0 free, 1 held, 2 held and waited for): all that stdio and malloc need. */
void __lock(int *lock);
void __unlock(int *lock);

/* One system call; the result is the kernel's, errors as -errno. */
static inline long __syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ __volatile__("syscall" : "=a"(ret)
			     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			     : "rcx", "r11", "memory");
	return ret;
}

/* The same as a cancellation point: see user/lib/pthread/cancel_point.c. */
long __syscall_cp(long nr, long a, long b, long c, long d, long e, long f);
/* Turns -errno into -1 and errno. */
long __syscall_ret(long ret);
void __restore_rt(void);	/* where signal handlers return to */
extern int __malloc_lock;	/* fork() holds it, so that the child finds a heap in order */
void __stdio_exit(void);	/* flushes all streams */
void __libc_start(long *sp) __noreturn;
