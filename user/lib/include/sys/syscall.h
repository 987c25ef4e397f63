/* System call numbers, also under the names C programs use; the list of libk/abi/syscall.h. */
#pragma once

#include "libk/abi/syscall.h"

#define SYSCALL_NAME(name, nr) SYS_##name = nr,
enum { SYSCALLS(SYSCALL_NAME) };
