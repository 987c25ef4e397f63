/* ls [-ald1] [PATH]...: lists directories. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libk/abi/limits.h"

static bool all, details, as_file;

static void print_mode(mode_t m)
{
	static const char bits[] = "rwxrwxrwx";
	char s[11] = "?";

	s[0] = "?pc?d?b?-?l?s???"[m >> 12 & 15];
	for (int i = 0; i < 9; i++)
		s[i + 1] = m & (0400U >> i) ? bits[i] : '-';
	if (m & S_ISUID)
		s[3] = m & S_IXUSR ? 's' : 'S';
	if (m & S_ISGID)
		s[6] = m & S_IXGRP ? 's' : 'S';
	if (m & S_ISVTX)
		s[9] = m & S_IXOTH ? 't' : 'T';
	printf("%s", s);
}

static int print_entry(const char *path, const char *name)
{
	char target[PATH_MAX];
	struct stat st;
	struct tm tm;
	time_t t;
	ssize_t n;

	if (!details) {
		puts(name);
		return 0;
	}
	if (lstat(path, &st)) {
		perror(path);
		return 1;
	}
	print_mode(st.st_mode);
	printf(" %3lu %4u %4u ", st.st_nlink, st.st_uid, st.st_gid);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		printf("%4u,%4u", major(st.st_rdev), minor(st.st_rdev));
	else
		printf("%9ld", st.st_size);
	t = (time_t)st.st_mtime;
	gmtime_r(&t, &tm);
	printf(" %d-%02d-%02d %02d:%02d %s", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	       tm.tm_hour, tm.tm_min, name);
	if (S_ISLNK(st.st_mode) && (n = readlink(path, target, sizeof(target))) >= 0)
		printf(" -> %.*s", (int)n, target);
	putchar('\n');
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_dir(DIR *dir, const char *path)
{
	char **names = NULL, sub[PATH_MAX];
	size_t n = 0;
	struct dirent *d;
	int failed = 0;

	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.' && !all)
			continue;
		if (!(n & (n - 1)))	/* room doubles at powers of two */
			names = realloc(names, (n ? n * 2 : 1) * sizeof(*names));
		if (!names || !(names[n++] = strdup(d->d_name))) {
			fprintf(stderr, "ls: out of memory\n");
			return 1;
		}
	}
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		snprintf(sub, sizeof(sub), "%s/%s", path, names[i]);
		failed |= print_entry(sub, names[i]);
		free(names[i]);
	}
	free(names);
	return failed;
}

static int list(const char *path, bool title)
{
	struct stat st;
	DIR *dir;
	int failed;

	if ((as_file || details ? lstat : stat)(path, &st)) {
		fprintf(stderr, "ls: ");
		perror(path);
		return 1;
	}
	if (as_file || !S_ISDIR(st.st_mode))
		return print_entry(path, path);
	dir = opendir(path);
	if (!dir) {
		fprintf(stderr, "ls: ");
		perror(path);
		return 1;
	}
	if (title)
		printf("%s:\n", path);
	failed = list_dir(dir, path);
	closedir(dir);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0, c, count;

	while ((c = getopt(argc, argv, "ald1")) != -1) {
		if (c == '?') {
			fprintf(stderr, "usage: ls [-ald1] [PATH]...\n");
			return 2;
		}
		all |= c == 'a';
		details |= c == 'l';
		as_file |= c == 'd';
	}
	count = argc - optind;
	if (!count)
		return list(".", false);
	for (; optind < argc; optind++)
		failed |= list(argv[optind], count > 1);
	return failed;
}
