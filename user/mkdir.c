/* mkdir [-p]: makes directories. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make(char *path, bool parents)
{
	for (char *p = path + 1; parents && *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(path, 0777);
			*p = '/';
		}
	if (mkdir(path, 0777) == 0 || (parents && errno == EEXIST))
		return 0;
	fprintf(stderr, "mkdir: ");
	perror(path);
	return 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: mkdir [-p] DIRECTORY...\n");
	return 2;
}

int main(int argc, char **argv)
{
	bool parents = false;
	int failed = 0, c;

	while ((c = getopt(argc, argv, "p")) != -1) {
		if (c != 'p')
			return usage();
		parents = true;
	}
	if (optind == argc)
		return usage();
	for (; optind < argc; optind++)
		failed |= make(argv[optind], parents);
	return failed;
}
