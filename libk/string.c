/*
 * Strings and memory blocks: see string.h. Uses no register but the general ones, takes no locks.
 *
 * Long blocks go through one string instruction, which the CPU's microcode makes fast; short ones
 * through words, since starting the microcode costs more than they do. The string instruction moves
 * words too: on CPUs that do not say ERMS the one for bytes takes eight times as many steps.
 */
#include "libk/abi/errno.h"
#include "libk/string.h"

#ifndef HOST_TEST
#undef memcpy
#undef memset
#endif

/* The compiler must not recognise the loops below and replace them by calls of themselves. */
#if defined(__clang__)
#define NO_LOOP_IDIOM	__attribute__((no_builtin))
#else
#define NO_LOOP_IDIOM	__attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

#define REP_MIN 256	/* bytes from which on a string instruction wins */

/* An unaligned word that may alias anything. */
typedef u64 __attribute__((aligned(1), may_alias)) word_t;

NO_LOOP_IDIOM void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (n >= REP_MIN) {
		size_t words = n / 8;

		__asm__ __volatile__("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
		n %= 8;
	}
	for (; n >= 8; n -= 8, d += 8, s += 8)
		*(word_t *)d = *(const word_t *)s;
	while (n--)
		*d++ = *s++;
	return dst;
}

NO_LOOP_IDIOM void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	/* Upwards is safe unless @dst lies inside @src (the difference wraps when it is below). */
	if ((size_t)(d - s) >= n)
		return memcpy(dst, src, n);
	for (; n >= 8; n -= 8)
		*(word_t *)(d + n - 8) = *(const word_t *)(s + n - 8);
	while (n--)
		d[n] = s[n];
	return dst;
}

NO_LOOP_IDIOM void *memset(void *dst, int c, size_t n)
{
	u64 word = (u8)c * 0x0101010101010101ULL;
	u8 *d = dst;

	if (n >= REP_MIN) {
		size_t words = n / 8;

		__asm__ __volatile__("rep stosq" : "+D"(d), "+c"(words) : "a"(word) : "memory");
		n %= 8;
	}
	for (; n >= 8; n -= 8, d += 8)
		*(word_t *)d = word;
	while (n--)
		*d++ = (u8)c;
	return dst;
}

NO_LOOP_IDIOM int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n >= 8 && *(const word_t *)x == *(const word_t *)y; n -= 8)
		x += 8, y += 8;
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	for (const u8 *p = s; n--; p++)
		if (*p == (u8)c)
			return (void *)p;
	return NULL;
}

NO_LOOP_IDIOM size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

char *strcpy(char *restrict dst, const char *restrict src)
{
	memcpy(dst, src, strlen(src) + 1);
	return dst;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = min(len, size - 1);

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	if (len < size) {
		memcpy(dst, src, len + 1);
		return (ssize_t)len;
	}
	if (size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
	}
	return -E2BIG;
}

char *strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}

char *strchr(const char *s, int c)
{
	char *p = strchrnul(s, c);

	return *p == (char)c ? p : NULL;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

size_t strspn(const char *s, const char *accept)
{
	size_t n = 0;

	while (s[n] && strchr(accept, s[n]))
		n++;
	return n;
}

size_t strcspn(const char *s, const char *reject)
{
	size_t n = 0;

	while (s[n] && !strchr(reject, s[n]))
		n++;
	return n;
}

int argv_split(char *line, const char **argv, int max)
{
	int n = 0;

	for (line += strspn(line, " "); *line && n < max - 1; line += strspn(line, " ")) {
		argv[n++] = line;
		line += strcspn(line, " ");
		if (*line)
			*line++ = '\0';
	}
	argv[n] = NULL;
	return n;
}

int kstrtol(const char *s, long *value)
{
	bool negative = *s == '-';
	size_t n = strspn(s += negative, "0123456789");

	if (!n || n > 18 || s[n + strspn(s + n, " \n")])
		return -EINVAL;
	for (*value = 0; n--; s++)
		*value = *value * 10 + (*s - '0');
	*value = negative ? -*value : *value;
	return 0;
}
