/* wc [-lwc] [FILE]...: counts lines, words and bytes. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool want[3];

static int count(FILE *f, const char *name)
{
	unsigned long n[3] = { 0 };	/* lines, words, bytes */
	const char *sep = "";
	bool in_word = false;
	int c;

	while ((c = getc(f)) != EOF) {
		n[0] += c == '\n';
		n[1] += !isspace(c) && !in_word;
		n[2]++;
		in_word = !isspace(c);
	}
	for (int i = 0; i < 3; i++)
		if (want[i]) {
			printf("%s%lu", sep, n[i]);
			sep = " ";
		}
	printf("%s%s\n", *name ? " " : "", name);
	return ferror(f);
}

int main(int argc, char **argv)
{
	int failed = 0, c;

	while ((c = getopt(argc, argv, "lwc")) != -1) {
		if (c == '?') {
			fprintf(stderr, "usage: wc [-lwc] [FILE]...\n");
			return 2;
		}
		want[c == 'l' ? 0 : c == 'w' ? 1 : 2] = true;
	}
	if (!want[0] && !want[1] && !want[2])
		want[0] = want[1] = want[2] = true;
	if (optind == argc)
		return count(stdin, "");
	for (; optind < argc; optind++) {
		FILE *f = fopen(argv[optind], "r");

		if (!f) {
			fprintf(stderr, "wc: ");
			perror(argv[optind]);
			failed = 1;
			continue;
		}
		failed |= count(f, argv[optind]);
		fclose(f);
	}
	return failed;
}
