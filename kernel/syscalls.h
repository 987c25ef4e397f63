/*
 * How a system call is written: its function, wherever it belongs, begins with
 *
 * 	SYSCALL_DEFINE(name, type first, type second, ...)
 *
 * and is sys_name(): syscall.c's table finds it by that name. Its number comes from
 * libk/abi/syscall.h; a call that is not listed there does not compile.
 */
#pragma once

#include "libk/abi/syscall.h"
#include "libk/compiler.h"
#include "libk/types.h"

#define SYSCALL_DEFINE(name, ...)                 \
	long sys_##name(__VA_ARGS__);             \
	BUILD_BUG_ON(__NR_##name < 0);            \
	long sys_##name(__VA_ARGS__)

/*
 * A call that is another with an argument fewer: those from before the *at calls, or before the
 * ones with flags.
 */
#define SYSCALL_OLD(name, arguments, call)        \
	long sys_##name arguments;                \
	long sys_##name arguments { return sys_##call; }
