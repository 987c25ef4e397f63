/* seq [FIRST [STEP]] LAST: prints a row of integers. */
#include <stdio.h>
#include <stdlib.h>

static int usage(void)
{
	fprintf(stderr, "usage: seq [FIRST [STEP]] LAST\n");
	return 2;
}

int main(int argc, char **argv)
{
	long n[3], first, step, last;
	char *end;

	if (argc < 2 || argc > 4)
		return usage();
	for (int i = 1; i < argc; i++) {
		n[i - 1] = strtol(argv[i], &end, 10);
		if (end == argv[i] || *end)
			return usage();
	}
	first = argc > 2 ? n[0] : 1;
	step = argc > 3 ? n[1] : 1;
	last = n[argc - 2];
	if (!step)
		return usage();
	for (; step > 0 ? first <= last : first >= last; first += step)
		printf("%ld\n", first);
	return fflush(stdout) ? 1 : 0;
}
