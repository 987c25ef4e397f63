/* seq [FIRST [STEP]] LAST: prints a row of integers. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	long first, step, last;

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: seq [FIRST [STEP]] LAST\n");
		return 2;
	}
	first = argc > 2 ? atol(argv[1]) : 1;
	step = argc > 3 ? atol(argv[2]) : 1;
	last = atol(argv[argc - 1]);
	if (!step)
		return 2;
	for (; step > 0 ? first <= last : first >= last; first += step)
		printf("%ld\n", first);
	return fflush(stdout) ? 1 : 0;
}
