/*
 * C's strings and memory blocks, for the kernel and the user library. The compiler calls memcpy,
 * memmove, memset and memcmp by itself. No locks; may be called in any context.
 */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
/* As builtins they become a few moves where the size is a small constant, although -ffreestanding
 * says that the names mean nothing. */
#ifndef HOST_TEST	/* there they are other functions' names */
#define memcpy(dst, src, n) __builtin_memcpy(dst, src, n)
#define memset(dst, c, n) __builtin_memset(dst, c, n)
#endif
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strcpy(char *restrict dst, const char *restrict src);
char *strchr(const char *s, int c);
char *strchrnul(const char *s, int c);
char *strrchr(const char *s, int c);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);

/* Copies at most @size - 1 bytes and always ends @dst; returns the length of @src. */
size_t strlcpy(char *dst, const char *src, size_t size);
/* The same, but returns the number of bytes copied, or -E2BIG when @src did not fit. */
ssize_t strscpy(char *dst, const char *src, size_t size);

/* Cuts @line at its blanks, in place, into at most @max - 1 words and a NULL; returns how many. */
int argv_split(char *line, const char **argv, int max);
/* s is a decimal number of at most 18 digits, and nothing but blanks and newlines follow. 0 or
 * -EINVAL. */
int kstrtol(const char *s, long *value);
