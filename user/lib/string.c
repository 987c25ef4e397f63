/*
 * The string functions that only programs want; the kernel's are in libk/string.c. Takes no locks.
 */
#include <ctype.h>
#include <string.h>

int strcasecmp(const char *a, const char *b)
{
	while (*a && tolower((u8)*a) == tolower((u8)*b))
		a++, b++;
	return tolower((u8)*a) - tolower((u8)*b);
}

char *strncpy(char *restrict dst, const char *restrict src, size_t n)
{
	size_t len = strnlen(src, n);

	memcpy(dst, src, len);
	memset(dst + len, 0, n - len);
	return dst;
}

char *strcat(char *restrict dst, const char *restrict src)
{
	strcpy(dst + strlen(dst), src);
	return dst;
}

char *strstr(const char *hay, const char *needle)
{
	size_t n = strlen(needle);

	for (; *hay || !n; hay++)
		if (!strncmp(hay, needle, n))
			return (char *)hay;
	return NULL;
}

char *strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}

/* Cuts the next field off *@s at one of @delim; NULL when nothing is left. */
char *strsep(char **s, const char *delim)
{
	char *field = *s, *end;

	if (!field)
		return NULL;
	end = strpbrk(field, delim);
	if (end)
		*end++ = '\0';
	*s = end;
	return field;
}
