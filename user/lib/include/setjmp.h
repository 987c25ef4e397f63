/* Jumps out of a function. The saved state: rbx rbp r12-r15 rsp rip. */
#pragma once

#include <signal.h>

#include "libk/compiler.h"

typedef unsigned long jmp_buf[8];

int setjmp(jmp_buf env) __attribute__((returns_twice));
void longjmp(jmp_buf env, int value) __noreturn;

/* The same with the signal mask, which setjmp leaves alone. */
typedef struct {
	jmp_buf env;
	int saved;
	sigset_t mask;
} sigjmp_buf[1];

#define sigsetjmp(buf, save)							\
	((buf)->saved = (save), sigprocmask(SIG_BLOCK, NULL, &(buf)->mask), setjmp((buf)->env))
void siglongjmp(sigjmp_buf buf, int value) __noreturn;
