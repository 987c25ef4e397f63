/*
 * Numbers from text: strtol and its family, strtod, sscanf. Takes no locks.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blanks, sign, prefix, digits; ERANGE and @limit + negative when it does not fit. */
static unsigned long parse(const char *s, char **end, int base, unsigned long limit, bool is_signed)
{
	const char *start = s, *digits;
	bool negative, overflow = false;
	unsigned long v = 0;

	while (isspace((u8)*s))
		s++;
	negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 32) == 'x' && isxdigit((u8)s[2])) {
		s += 2;
		base = 16;
	}
	if (base == 0)
		base = *s == '0' ? 8 : 10;
	for (digits = s; isalnum((u8)*s); s++) {
		int d = isdigit((u8)*s) ? *s - '0' : (*s | 32) - 'a' + 10;

		if (d >= base)
			break;
		overflow |= __builtin_mul_overflow(v, (unsigned long)base, &v);
		overflow |= __builtin_add_overflow(v, (unsigned long)d, &v);
	}
	if (end)
		*end = (char *)(s == digits ? start : s);
	if (is_signed)
		limit += negative;
	if (overflow || v > limit) {
		errno = ERANGE;
		return is_signed && negative ? 0 - limit : limit;
	}
	return negative ? 0 - v : v;
}

long strtol(const char *s, char **end, int base)
{
	return (long)parse(s, end, base, LONG_MAX, true);
}

unsigned long strtoul(const char *s, char **end, int base)
{
	return parse(s, end, base, ULONG_MAX, false);
}

long long strtoll(const char *s, char **end, int base)
{
	return strtol(s, end, base);
}

unsigned long long strtoull(const char *s, char **end, int base)
{
	return strtoul(s, end, base);
}

int atoi(const char *s)
{
	return (int)strtol(s, NULL, 10);
}

long atol(const char *s)
{
	return strtol(s, NULL, 10);
}

/* Decimal only; the last bit may be off, which is enough for times and factors. */
double strtod(const char *s, char **end)
{
	const char *start = s, *digits;
	long double v = 0, scale = 1;
	bool negative, any;
	int e = 0;

	while (isspace((u8)*s))
		s++;
	negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	for (digits = s; isdigit((u8)*s); s++)
		v = v * 10 + (*s - '0');
	any = s > digits;
	if (*s == '.')
		for (s++; isdigit((u8)*s); s++, any = true) {
			v = v * 10 + (*s - '0');
			e--;
		}
	if (any && (*s | 32) == 'e' && (isdigit((u8)s[1]) || isdigit((u8)s[2])))
		e += (int)strtol(s + 1, (char **)&s, 10);
	for (int i = 0; i < (e < 0 ? -e : e) && i < 5000; i++)
		scale *= 10;
	v = e < 0 ? v / scale : v * scale;
	if (end)
		*end = (char *)(any ? s : start);
	return (double)(negative ? -v : v);
}

double atof(const char *s)
{
	return strtod(s, NULL);
}

/* Copies characters up to a blank (or, for %c, @width of them); returns where it stopped. */
static const char *scan_text(const char *s, char *out, int width, char conv)
{
	int n = 0;

	if (conv == 's')
		while (isspace((u8)*s))
			s++;
	else if (!width)
		width = 1;
	while (*s && (!width || n < width) && !(conv == 's' && isspace((u8)*s))) {
		if (out)
			out[n] = *s;
		n++;
		s++;
	}
	if (out && conv == 's')
		out[n] = '\0';
	return s;
}

static void store(void *out, unsigned long v, int longs)
{
	if (longs > 0)
		*(unsigned long *)out = v;
	else if (longs == 0)
		*(unsigned int *)out = (unsigned int)v;
	else if (longs == -1)
		*(unsigned short *)out = (unsigned short)v;
	else
		*(unsigned char *)out = (unsigned char)v;
}

/* %d %i %u %x %o %s %c %n %% with width, `*` and the lengths hh h l ll z. */
int sscanf(const char *s, const char *fmt, ...)
{
	const char *start = s;
	int done = 0;
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		bool skip = false;
		int width, longs = 0;
		char *end;

		if (isspace((u8)*fmt)) {
			while (isspace((u8)*s))
				s++;
			continue;
		}
		if (*fmt != '%' || fmt[1] == '%') {
			if (*s++ != *fmt)
				break;
			fmt += *fmt == '%';
			continue;
		}
		if (*++fmt == '*') {
			skip = true;
			fmt++;
		}
		width = (int)strtol(isdigit((u8)*fmt) ? fmt : "0", &end, 10);
		while (isdigit((u8)*fmt))
			fmt++;
		for (; strchr("hlzj", *fmt) && *fmt; fmt++)
			longs += *fmt == 'h' ? -1 : 1;
		if (*fmt == 'n') {
			store(va_arg(ap, void *), (unsigned long)(s - start), longs);
			continue;
		}
		if (*fmt == 's' || *fmt == 'c') {
			end = (char *)scan_text(s, skip ? NULL : va_arg(ap, char *), width, *fmt);
		} else {
			int base = *fmt == 'x' ? 16 : *fmt == 'o' ? 8 : *fmt == 'i' ? 0 : 10;
			unsigned long v = *fmt == 'd' || *fmt == 'i' ?
					  (unsigned long)strtol(s, &end, base) :
					  strtoul(s, &end, base);

			if (end != s && !skip)
				store(va_arg(ap, void *), v, longs);
		}
		if (end == s)
			break;
		s = end;
		done += !skip;
	}
	va_end(ap);
	return done || *start ? done : EOF;
}
