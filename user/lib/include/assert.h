/* assert(). */
#pragma once

#include "libk/compiler.h"

void __assert_fail(const char *expr, const char *file, int line) __noreturn;

#undef assert
#define assert(e)	((e) ? (void)0 : __assert_fail(#e, __FILE__, __LINE__))
#define static_assert	_Static_assert
