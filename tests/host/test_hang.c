/*
 * Host test of what a report concludes: whose number stands in or beside a futex, for the locks of
 * the C libraries there are, and whether a chain of waits is a circle.
 */
#include "libk/futex_owner.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void owner(const char *what, struct futex_words w, u32 wanted, const char *wanted_rule)
{
	const char *rule = "";
	u32 got = futex_owner(&w, &rule);

	if (got == wanted && (rule ? wanted_rule && strstr(rule, wanted_rule) : !wanted_rule))
		return;
	printf("%s: owner %u by \"%s\", not %u by \"%s\"\n", what, got, rule ?: "", wanted,
	       wanted_rule ?: "");
	assert(0);
}

#define W(...) ((struct futex_words) { __VA_ARGS__ })

static void owners(void)
{
	owner("PI or robust", W(.word = FUTEX_WAITERS | 1234), 1234, "TID word");
	owner("musl, error-checking", W(.before = 2, .word = FUTEX_WAITERS | 16), 16, "TID word");
	owner("musl, plain", W(.word = FUTEX_WAITERS | 16), 0, "names nobody");
	owner("musl, plain, shared", W(.before = 128, .word = FUTEX_WAITERS | 16), 0,
	      "names nobody");
	owner("owner died", W(.word = FUTEX_WAITERS | FUTEX_OWNER_DIED), 0, "died");
	owner("glibc", W(.word = 2, .owner = 77, .users = 1), 77, "owner field");
	owner("glibc, recursive", W(.word = 2, .count = 3, .owner = 77, .users = 1, .kind = 1), 77,
	      "owner field");
	owner("glibc, nobody waited yet", W(.word = 1, .owner = 77, .users = 1), 77, "owner field");
	owner("three states, data behind it", W(.word = 2, .owner = 77, .users = 4000000000u), 0,
	      "names nobody");
	owner("three states, a pointer behind it", W(.word = 2, .count = 0x7fff0000, .owner = 77),
	      0, "names nobody");
	owner("three states", W(.word = 2), 0, "names nobody");
	owner("a counter", W(.word = 7, .owner = 77, .users = 1), 0, NULL);
	owner("a free lock", W(.owner = 77, .users = 1), 0, NULL);
}

static int graph[16];	/* whom each waits for, 0: nobody */

static void *next(void *p)
{
	long n = graph[(long)p];

	return (void *)n;
}

static int cycle(long start)
{
	return cycle_length((void *)start, next, 8);
}

static void cycles(void)
{
	memcpy(graph, (int[16]) { [1] = 2, [2] = 3, [3] = 1, [4] = 1, [5] = 5, [6] = 7 },
	       sizeof(graph));
	assert(cycle(1) == 3 && cycle(2) == 3 && cycle(3) == 3);
	assert(cycle(4) == 0);		/* leads into one and is not in it: must end all the same */
	assert(cycle(5) == 1);
	assert(cycle(6) == 0 && cycle(7) == 0);
	for (int i = 1; i < 15; i++)
		graph[i] = i % 14 + 1;
	assert(cycle(1) == 0);		/* longer than one looks */
}

int main(void)
{
	owners();
	cycles();
	return 0;
}
