/* head [-n LINES] [FILE]...: prints the first lines (10). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void head(FILE *f, long lines)
{
	int c;

	while (lines > 0 && (c = getc(f)) != EOF) {
		putchar(c);
		lines -= c == '\n';
	}
}

int main(int argc, char **argv)
{
	long lines = 10;
	int failed = 0, c;

	while ((c = getopt(argc, argv, "n:")) != -1) {
		if (c != 'n') {
			fprintf(stderr, "usage: head [-n LINES] [FILE]...\n");
			return 2;
		}
		lines = atol(optarg);
	}
	if (optind == argc)
		head(stdin, lines);
	for (; optind < argc; optind++) {
		FILE *f = fopen(argv[optind], "r");

		if (!f) {
			fprintf(stderr, "head: ");
			perror(argv[optind]);
			failed = 1;
			continue;
		}
		head(f, lines);
		fclose(f);
	}
	return failed;
}
