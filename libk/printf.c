/*
 * Formatted output: see printf.h. Takes no locks and uses about 150 bytes of stack.
 */
#include "libk/ctype.h"
#include "libk/printf.h"
#include "libk/string.h"

static void emit(struct printf_sink *sink, const char *s, size_t n)
{
	if (n)
		sink->put(sink, s, n);
	sink->count += n;
}

static void emit_fill(struct printf_sink *sink, char c, long n)
{
	for (; n > 0; n--)
		emit(sink, &c, 1);
}

/* The prefix, as many zeros, the body; and blanks, or more zeros, up to the width. */
static void pad(struct printf_sink *sink, const struct printf_spec *spec, const char *prefix,
		long zeros, const char *body, size_t len)
{
	size_t plen = *prefix ? strlen(prefix) : 0;
	long fill = spec->width - zeros - (long)(plen + len);

	if (spec->zero && !spec->left && fill > 0) {
		zeros += fill;
		fill = 0;
	}
	if (!spec->left)
		emit_fill(sink, ' ', fill);
	emit(sink, prefix, plen);
	emit_fill(sink, '0', zeros);
	emit(sink, body, len);
	if (spec->left)
		emit_fill(sink, ' ', fill);
}

void printf_pad(struct printf_sink *sink, const struct printf_spec *spec, const char *prefix,
		const char *body, size_t len)
{
	pad(sink, spec, prefix, 0, body, len);
}

/* Digits are made from the last to the first; @end is one past the buffer. */
static char *digits(char *end, unsigned long long v, unsigned int base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	if (base == 10)		/* the compiler divides by a constant without dividing */
		for (; v; v /= 10)
			*--end = (char)('0' + v % 10);
	for (; v; v /= base)
		*--end = set[v % base];
	return end;
}

static void format_integer(struct printf_sink *sink, struct printf_spec *spec,
			   unsigned long long v, bool negative)
{
	char buf[64], *end = buf + sizeof(buf), *p;
	const char *prefix = "";
	unsigned int base = 10;
	long len, zeros;

	switch (spec->conv) {
	case 'x': case 'X': case 'p':
		base = 16;
		if (spec->conv == 'p' || (spec->alt && v))
			prefix = spec->conv == 'X' ? "0X" : "0x";
		break;
	case 'o':
		base = 8;
		break;
	case 'd': case 'i':
		prefix = negative ? "-" : spec->plus ? "+" : spec->space ? " " : "";
		break;
	}
	p = digits(end, v, base, spec->conv == 'X');
	len = end - p;
	zeros = max_t(long, (spec->precision < 0 ? 1 : spec->precision) - len, 0);
	if (base == 8 && spec->alt && !zeros && (!v || *p != '0'))
		zeros = 1;
	if (spec->precision >= 0)
		spec->zero = false;	/* C: a precision switches the 0 flag off */
	pad(sink, spec, prefix, zeros, p, (size_t)len);
}

static void format_string(struct printf_sink *sink, struct printf_spec *spec, const char *s)
{
	if (!s)
		s = "(null)";
	spec->zero = false;
	printf_pad(sink, spec, "", s,
		   spec->precision < 0 ? strlen(s) : strnlen(s, (size_t)spec->precision));
}

/* A va_list is an array type on some machines: wrapped, it can be passed on and advanced. */
struct args {
	va_list ap;
};

static int parse_number(const char **fmt, struct args *args)
{
	int n = 0;

	if (**fmt == '*') {
		(*fmt)++;
		return va_arg(args->ap, int);
	}
	while (isdigit(**fmt))
		n = n * 10 + *(*fmt)++ - '0';
	return n;
}

static const char *parse_spec(const char *fmt, struct printf_spec *spec, struct args *args)
{
	*spec = (struct printf_spec) { .precision = -1 };
	for (; *fmt <= '0' && *fmt && strchr("-+ #0", *fmt); fmt++) {	/* rarely any */
		spec->left |= *fmt == '-';
		spec->plus |= *fmt == '+';
		spec->space |= *fmt == ' ';
		spec->alt |= *fmt == '#';
		spec->zero |= *fmt == '0';
	}
	spec->width = parse_number(&fmt, args);
	if (spec->width < 0) {
		spec->left = true;
		spec->width = -spec->width;
	}
	if (*fmt == '.') {
		fmt++;
		spec->precision = parse_number(&fmt, args);
	}
	return fmt;
}

/* Reads the length modifier; returns the size of the integer it announces, in bytes. */
static const char *parse_length(const char *fmt, int *size)
{
	*size = sizeof(int);
	switch (*fmt) {
	case 'h':
		*size = fmt[1] == 'h' ? 1 : 2;
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		*size = 8;
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'z': case 'j': case 't':
		*size = 8;
		return fmt + 1;
	}
	return fmt;
}

static void format_signed(struct printf_sink *sink, struct printf_spec *spec, long long v, int size)
{
	if (size == 1)
		v = (signed char)v;
	else if (size == 2)
		v = (short)v;
	format_integer(sink, spec, v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v,
		       v < 0);
}

static void format_unsigned(struct printf_sink *sink, struct printf_spec *spec,
			    unsigned long long v, int size)
{
	if (size < 8)
		v &= (1ULL << size * 8) - 1;
	format_integer(sink, spec, v, false);
}

/* Formats one conversion; false when it is none of ours. */
static bool format_one(struct printf_sink *sink, struct printf_spec *spec, int size,
		       struct args *args)
{
	char c;

	switch (spec->conv) {
	case 'd': case 'i':
		format_signed(sink, spec, size == 8 ? va_arg(args->ap, long long) :
			      va_arg(args->ap, int), size);
		return true;
	case 'u': case 'x': case 'X': case 'o':
		format_unsigned(sink, spec, size == 8 ? va_arg(args->ap, unsigned long long) :
				va_arg(args->ap, unsigned int), size);
		return true;
	case 'p':
		format_integer(sink, spec, (unsigned long)va_arg(args->ap, void *), false);
		return true;
	case 's':
		format_string(sink, spec, va_arg(args->ap, const char *));
		return true;
	case 'c':
		c = (char)va_arg(args->ap, int);
		spec->zero = false;
		printf_pad(sink, spec, "", &c, 1);
		return true;
	case '%':
		emit(sink, "%", 1);
		return true;
#ifndef __KERNEL__
	case 'f': case 'F': case 'e': case 'E': case 'g': case 'G':
		if (!printf_float)
			return false;
		printf_float(sink, spec, va_arg(args->ap, double));
		return true;
#endif
	}
	return false;
}

int vformat(struct printf_sink *sink, const char *fmt, va_list ap)
{
	struct args args;

	va_copy(args.ap, ap);
	while (*fmt) {
		const char *start = fmt;
		struct printf_spec spec;
		int size;

		fmt = strchrnul(fmt, '%');
		emit(sink, start, (size_t)(fmt - start));
		if (!*fmt)
			break;
		start = fmt;
		fmt = parse_length(parse_spec(fmt + 1, &spec, &args), &size);
		spec.conv = *fmt;
		if (*fmt)
			fmt++;
		if (!format_one(sink, &spec, size, &args))
			emit(sink, start, (size_t)(fmt - start));
	}
	va_end(args.ap);
	return (int)sink->count;
}

struct string_sink {
	struct printf_sink sink;
	char *buf;
	size_t size;
};

static void string_put(struct printf_sink *sink, const char *s, size_t n)
{
	struct string_sink *str = container_of(sink, struct string_sink, sink);

	if (sink->count + 1 < str->size)
		memcpy(str->buf + sink->count, s, min(n, str->size - 1 - sink->count));
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct string_sink str = { { string_put, 0 }, buf, size };
	int n = vformat(&str.sink, fmt, ap);

	if (size)
		buf[min((size_t)n, size - 1)] = '\0';
	return n;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf, size, fmt, ap);

	return (size_t)n < size ? n : size ? (int)size - 1 : 0;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vscnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
