/* rm [-rf]: removes files, with -r also directories and all in them. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libk/abi/limits.h"

static bool recursive, force;

static int remove_path(const char *path);

static int remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	char sub[PATH_MAX];
	struct dirent *d;
	int failed = 0;

	if (!dir)
		return 1;
	while ((d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		snprintf(sub, sizeof(sub), "%s/%s", path, d->d_name);
		failed |= remove_path(sub);
	}
	closedir(dir);
	return failed | rmdir(path);
}

static int remove_path(const char *path)
{
	struct stat st;
	int ret = lstat(path, &st);

	if (!ret)
		ret = recursive && S_ISDIR(st.st_mode) ? remove_dir(path) : unlink(path);
	if (!ret || (force && errno == ENOENT))
		return 0;
	fprintf(stderr, "rm: ");
	perror(path);
	return 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: rm [-rf] FILE...\n");
	return 2;
}

int main(int argc, char **argv)
{
	int failed = 0, c;

	while ((c = getopt(argc, argv, "rRf")) != -1) {
		if (c == '?')
			return usage();
		force |= c == 'f';
		recursive |= c != 'f';
	}
	if (optind == argc && !force)
		return usage();
	for (; optind < argc; optind++)
		failed |= remove_path(argv[optind]);
	return failed;
}
