/* cp FROM... TO: copies files. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libk/abi/limits.h"

static int fail(const char *what)
{
	fprintf(stderr, "cp: ");
	perror(what);
	return 1;
}

static int copy(const char *from, const char *to)
{
	static char buf[65536];
	int in = open(from, O_RDONLY), out = -1, failed = 0;
	struct stat st;
	ssize_t n;

	if (in < 0 || fstat(in, &st))
		return fail(from);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, st.st_mode & 0777);
	if (out < 0) {
		failed = fail(to);
		goto out;
	}
	while (!failed && (n = read(in, buf, sizeof(buf))) != 0)
		if (n < 0 || write(out, buf, (size_t)n) != n)
			failed = fail(n < 0 ? from : to);
out:
	close(in);
	if (out >= 0)
		close(out);
	return failed;
}

int main(int argc, char **argv)
{
	const char *to = argv[argc - 1];
	char path[PATH_MAX];
	struct stat st;
	int failed = 0;
	bool dir;

	if (argc < 3) {
		fprintf(stderr, "usage: cp FROM... TO\n");
		return 2;
	}
	dir = stat(to, &st) == 0 && S_ISDIR(st.st_mode);
	if (argc > 3 && !dir)
		return fail(to);
	for (int i = 1; i < argc - 1; i++) {
		const char *base = strrchr(argv[i], '/');

		snprintf(path, sizeof(path), "%s/%s", to, base ? base + 1 : argv[i]);
		failed |= copy(argv[i], dir ? path : to);
	}
	return failed;
}
