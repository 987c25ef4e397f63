/* echo: prints its arguments; -n leaves the newline out. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	int first = argc > 1 && !strcmp(argv[1], "-n") ? 2 : 1;

	for (int i = first; i < argc; i++)
		printf("%s%s", argv[i], i < argc - 1 ? " " : "");
	if (first == 1)
		putchar('\n');
	return fflush(stdout) ? 1 : 0;
}
