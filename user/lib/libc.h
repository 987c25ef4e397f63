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

struct pthread {
	struct pthread *self;		/* %fs:0x00, the ABI's word */
	void *dtv;			/* %fs:0x08, only dynamic linking would use it */
	struct pthread *prev, *next;	/* all threads of the process */
	unsigned long reserved;
	uintptr_t canary;		/* %fs:0x28, gcc's stack protector reads it here */
	pid_t tid;			/* the kernel clears it when the thread ends */
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

/* Turns -errno into -1 and errno. */
long __syscall_ret(long ret);
void __restore_rt(void);	/* where signal handlers return to */
void __stdio_exit(void);	/* flushes all streams */
void __libc_start(long *sp) __noreturn;
