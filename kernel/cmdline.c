/* The kernel's command line: words separated by spaces, "key" or "key=value". Read-only after
 * boot; no lock. */
#include "boot/boot_info.h"
#include "kernel/printk.h"
#include "libk/string.h"

/* The word after *p, its length in *n; NULL at the end. */
static const char *next_word(const char **p, size_t *n)
{
	const char *start = *p + strspn(*p, " ");

	*n = strcspn(start, " ");
	*p = start + *n;
	return *n ? start : NULL;
}

bool cmdline_option(const char *key, char *buf, size_t size)
{
	const char *p = boot_info.cmdline, *word;
	size_t n, len = strlen(key);

	while ((word = next_word(&p, &n))) {
		const char *value = word + len;
		size_t value_len;

		if (n < len || strncmp(word, key, len) || (n > len && *value != '='))
			continue;
		value_len = n > len ? n - len - 1 : 0;
		value_len = min(value_len, size - 1);
		if (n > len)
			memcpy(buf, value + 1, value_len);
		buf[value_len] = '\0';
		return true;
	}
	return false;
}

/* A decimal number, or otherwise when the option is missing or no number. */
long cmdline_number(const char *key, long otherwise)
{
	char buf[24];
	long n;

	return cmdline_option(key, buf, sizeof(buf)) && !kstrtol(buf, &n) && n >= 0 ? n : otherwise;
}
