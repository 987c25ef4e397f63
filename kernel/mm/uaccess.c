/*
 * Strings from user memory, eight bytes at a time. A word is read only where it cannot reach into
 * the next page, which may not exist: reading a little more than the string never faults where the
 * string itself would not. And structures that have versions.
 *
 * No locks; may sleep (page faults).
 */
#include "asm/uaccess.h"
#include "libk/compiler.h"
#include "libk/string.h"

#define ONES 0x0101010101010101UL
#define HIGHS 0x8080808080808080UL

/* The bit of HIGHS for each byte that is 0; above the first one there may be false ones. */
static inline u64 zero_bytes(u64 word)
{
	return (word - ONES) & ~word & HIGHS;
}

static bool word_fits(const char __user *s, long left)
{
	return left >= 8 && ((unsigned long)s & (PAGE_SIZE - 1)) <= PAGE_SIZE - 8;
}

/* How much of n bytes from s on lies in user space; -1: nothing. */
static long user_limit(const char __user *s, long n)
{
	unsigned long room = TASK_SIZE - (unsigned long)s;

	if ((unsigned long)s >= TASK_SIZE)
		return -1;
	return (unsigned long)n < room ? n : (long)room;
}

/*
 * The length of the string at s, which to, if there is one, gets too; n: it is no shorter; -EFAULT.
 */
static __always_inline long scan_string(char *to, const char __user *s, long n)
{
	long limit = user_limit(s, n), done = 0;
	u64 word;
	u8 byte;

	while (done < limit) {
		if (word_fits(s + done, limit - done)) {
			if (__get_user_8(&word, s + done))
				return -EFAULT;
			if (to)
				__builtin_memcpy(to + done, &word, 8);
			if (zero_bytes(word))
				return done + __builtin_ctzl(zero_bytes(word)) / 8;
			done += 8;
			continue;
		}
		if (__get_user_1(&byte, s + done))
			return -EFAULT;
		if (to)
			to[done] = (char)byte;
		if (!byte)
			return done;
		done++;
	}
	return done == n && limit >= 0 ? n : -EFAULT;
}

long strncpy_from_user(char *to, const char __user *from, long n)
{
	return scan_string(to, from, n);
}

long strnlen_user(const char __user *s, long n)
{
	long len = scan_string(NULL, s, n);

	return len < 0 ? 0 : len + 1;
}

int copy_struct_from_user(void *to, size_t ksize, const void __user *from, size_t usize)
{
	memset(to, 0, ksize);
	for (size_t i = ksize; i < usize; i++) {
		char c;

		if (get_user(c, (const char __user *)from + i))
			return -EFAULT;
		if (c)
			return -E2BIG;
	}
	return copy_from_user(to, from, min(ksize, usize)) ? -EFAULT : 0;
}
