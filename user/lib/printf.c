/*
 * The printf family on streams and descriptors, and %f %e %g.
 *
 * A double is m * 2^e with a 53-bit integer m; both m * 2^e and, for negative e, m * 5^-e *
 * 10^e are integers times a power of ten. So its decimal digits are computed exactly, as one big
 * number, and rounded once (half to even), like the C standard wants it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/lib/libc.h"

int printf(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vfprintf(stdout, fmt, ap);
	va_end(ap);
	return n;
}

int vprintf(const char *fmt, va_list ap)
{
	return vfprintf(stdout, fmt, ap);
}

int fprintf(FILE *f, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vfprintf(f, fmt, ap);
	va_end(ap);
	return n;
}

int sprintf(char *buf, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, (size_t)1 << 30, fmt, ap);
	va_end(ap);
	return n;
}

/* One write() of at most 1023 bytes, which also suits signal handlers. */
int vdprintf(int fd, const char *fmt, va_list ap)
{
	char buf[1024];

	return (int)write(fd, buf, (size_t)vscnprintf(buf, sizeof(buf), fmt, ap));
}

int dprintf(int fd, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vdprintf(fd, fmt, ap);
	va_end(ap);
	return n;
}

void perror(const char *what)
{
	const char *err = strerror(errno);

	if (what && *what)
		fprintf(stderr, "%s: %s\n", what, err);
	else
		fprintf(stderr, "%s\n", err);
}

#define WORDS 90		/* of 9 decimal digits: 5^1074 * 2^53 has 767 of them */
#define BILLION 1000000000U

/* The digits of the number without leading zeros; @point of them stand before the point. */
struct decimal {
	char digits[WORDS * 9 + 1];
	int count, point;
};

static int big_mul(u32 *w, int n, u32 factor)
{
	u64 carry = 0;

	for (int i = 0; i < n; i++) {
		carry += (u64)w[i] * factor;
		w[i] = (u32)(carry % BILLION);
		carry /= BILLION;
	}
	if (carry)
		w[n++] = (u32)carry;
	return n;
}

static void to_decimal(struct decimal *d, u64 m, int e)
{
	u32 w[WORDS] = { (u32)(m % BILLION), (u32)(m / BILLION % BILLION) };
	int n = 2;

	while (e < 0 && !(m & 1) && m) {	/* fewer factors of 5 to multiply */
		m >>= 1;
		e++;
		w[0] = (u32)(m % BILLION);
		w[1] = (u32)(m / BILLION % BILLION);
	}
	for (int i = 0; i < (e < 0 ? -e : e); i++)
		n = big_mul(w, n, e < 0 ? 5 : 2);
	d->count = 0;
	while (n--)
		d->count += snprintf(d->digits + d->count, 10, "%09u", w[n]);
	n = (int)strspn(d->digits, "0");
	memmove(d->digits, d->digits + n, (size_t)(d->count - n));
	d->count -= n;
	d->point = d->count + (e < 0 ? e : 0);
	if (!d->count)
		d->point = 1;
}

/* Rounds to the first @n digits. */
static void round_to(struct decimal *d, int n)
{
	bool up;
	int i;

	if (n >= d->count)
		return;
	if (n < 0) {
		d->count = 0;
		return;
	}
	up = d->digits[n] > '5';
	for (i = n + 1; d->digits[n] == '5' && i < d->count; i++)
		up |= d->digits[i] != '0';
	if (d->digits[n] == '5' && !up)
		up = n > 0 && (d->digits[n - 1] & 1);
	d->count = n;
	while (up && n > 0 && d->digits[n - 1] == '9')
		d->digits[--n] = '0';
	if (up && n > 0) {
		d->digits[n - 1]++;
	} else if (up) {	/* 999 became 1000 */
		memmove(d->digits + 1, d->digits, (size_t)d->count);
		d->digits[0] = '1';
		d->count++;
		d->point++;
	}
}

static char digit(const struct decimal *d, int i)
{
	return i >= 0 && i < d->count ? d->digits[i] : '0';
}

static char *put_fixed(char *p, const struct decimal *d, int prec, bool alt)
{
	int i = d->point > 0 ? 0 : d->point - 1;	/* digits before the first are 0 */

	for (; i < d->point; i++)
		*p++ = digit(d, i);
	if (prec > 0 || alt)
		*p++ = '.';
	for (; prec > 0; prec--)
		*p++ = digit(d, i++);
	return p;
}

static char *put_exp(char *p, const struct decimal *d, int prec, bool alt, char e)
{
	int x = d->count ? d->point - 1 : 0;

	*p++ = digit(d, 0);
	if (prec > 0 || alt)
		*p++ = '.';
	for (int i = 1; i <= prec; i++)
		*p++ = digit(d, i);
	return p + sprintf(p, "%c%c%02d", e, x < 0 ? '-' : '+', x < 0 ? -x : x);
}

/* %g: the shorter form, without trailing zeros unless @alt. */
static char *put_general(char *p, struct decimal *d, int prec, bool alt, char e)
{
	int x, digits;

	prec = max(prec, 1);
	round_to(d, prec);
	x = d->count ? d->point - 1 : 0;
	while (!alt && d->count && d->digits[d->count - 1] == '0')
		d->count--;
	digits = alt ? prec : max(d->count, 1);
	if (x < -4 || x >= prec)
		return put_exp(p, d, digits - 1, alt, e);
	return put_fixed(p, d, max(digits - 1 - x, 0), alt);
}

void printf_float(struct printf_sink *sink, struct printf_spec *spec, double value)
{
	union { double d; u64 u; } bits = { value };
	int exp = (int)(bits.u >> 52) & 0x7ff, prec = spec->precision < 0 ? 6 : spec->precision;
	u64 mant = bits.u & ((1ULL << 52) - 1);
	const char *sign = bits.u >> 63 ? "-" : spec->plus ? "+" : spec->space ? " " : "";
	bool upper = spec->conv < 'a';
	struct decimal d;
	char buf[1500], *p = buf;

	prec = min(prec, 1000);
	if (exp == 0x7ff) {
		spec->zero = false;
		strcpy(buf, mant ? (upper ? "NAN" : "nan") : upper ? "INF" : "inf");
		printf_pad(sink, spec, sign, buf, 3);
		return;
	}
	to_decimal(&d, exp ? mant | 1ULL << 52 : mant, (exp ? exp : 1) - 1075);
	switch (spec->conv | 32) {
	case 'f':
		round_to(&d, d.point + prec);
		p = put_fixed(p, &d, prec, spec->alt);
		break;
	case 'e':
		round_to(&d, prec + 1);
		p = put_exp(p, &d, prec, spec->alt, spec->conv);
		break;
	case 'g':
		p = put_general(p, &d, prec, spec->alt, upper ? 'E' : 'e');
		break;
	}
	printf_pad(sink, spec, sign, buf, (size_t)(p - buf));
}
