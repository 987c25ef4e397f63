/* ln [-s] TARGET NAME: makes a hard or a symbolic link. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	bool soft = argc > 1 && !strcmp(argv[1], "-s");

	if (argc != 3 + soft) {
		fprintf(stderr, "usage: ln [-s] TARGET NAME\n");
		return 2;
	}
	if ((soft ? symlink : link)(argv[1 + soft], argv[2 + soft])) {
		fprintf(stderr, "ln: ");
		perror(argv[2 + soft]);
		return 1;
	}
	return 0;
}
