/* Pointers that carry an errno: the last page of the address space never holds an object. */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

static inline void *ERR_PTR(long error) { return (void *)error; }
static inline long PTR_ERR(const void *ptr) { return (long)ptr; }
static inline bool IS_ERR(const void *ptr) { return (unsigned long)ptr >= -4095UL; }
static inline bool IS_ERR_OR_NULL(const void *ptr) { return !ptr || IS_ERR(ptr); }
