/*
 * Every system call's prototype. A row SYSCALL(name, arguments) stands in the calls.h of the folder
 * that implements it; this header makes the prototype of sys_name() from it and syscall.c the table
 * entry, so that the two cannot disagree.
 */
#pragma once

#include "libk/abi/abi.h"
#include "libk/compiler.h"
#include "libk/types.h"

#define SYSCALL(name, ...) long sys_##name(__VA_ARGS__);
#include "kernel/syscall_table.h"
#undef SYSCALL
