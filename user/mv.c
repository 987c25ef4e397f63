/* mv FROM... TO: renames files. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "libk/abi/limits.h"

int main(int argc, char **argv)
{
	char path[PATH_MAX];
	struct stat st;
	int failed = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: mv FROM... TO\n");
		return 2;
	}
	for (int i = 1; i < argc - 1; i++) {
		const char *base = strrchr(argv[i], '/'), *to = argv[argc - 1];

		if (stat(to, &st) == 0 && S_ISDIR(st.st_mode)) {
			snprintf(path, sizeof(path), "%s/%s", to, base ? base + 1 : argv[i]);
			to = path;
		}
		if (rename(argv[i], to)) {
			fprintf(stderr, "mv: ");
			perror(argv[i]);
			failed = 1;
		}
	}
	return failed;
}
