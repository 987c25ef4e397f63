/*
 * Formatted output: one core that writes through a sink, and the string functions on top of it.
 *
 * All of C's integer, character, string and pointer conversions with flags, width, precision, `*`
 * and length modifiers. No floating point here: the user library adds it (printf_float). %n is
 * refused. No locks, no allocation: may be called in any context.
 */
#pragma once

#include <stdarg.h>

#include "libk/compiler.h"
#include "libk/types.h"

/* Where the characters go. @put is called with runs of them; @count is their sum so far. */
struct printf_sink {
	void (*put)(struct printf_sink *sink, const char *s, size_t n);
	size_t count;
};

/* One conversion, as the format wrote it. */
struct printf_spec {
	bool left, plus, space, alt, zero;
	int width;
	int precision;	/* -1: none given */
	char conv;
};

/* Returns the number of characters written to the sink. */
int vformat(struct printf_sink *sink, const char *fmt, va_list ap) __printf(2, 0);

/* Writes @prefix and @body as @spec's width asks; zeros go between the two. For printf_float. */
void printf_pad(struct printf_sink *sink, const struct printf_spec *spec, const char *prefix,
		const char *body, size_t len);

/* Write at most @size bytes with the NUL; return the length the whole text would have. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
/* The same, but return the number of characters really in @buf: safe to add up. */
int vscnprintf(char *buf, size_t size, const char *fmt, va_list ap) __printf(3, 0);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

#ifndef __KERNEL__
/* %f %e %g: in the user library; where it is not linked in, the conversion prints as itself. */
__weak void printf_float(struct printf_sink *sink, struct printf_spec *spec, double value);
#endif
