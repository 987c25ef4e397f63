/* cat: copies files, or its input (also for -), to its output. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int copy(int fd, const char *name)
{
	static char buf[65536];
	ssize_t n, done, m;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (done = 0; done < n; done += m) {
			m = write(1, buf + done, (size_t)(n - done));
			if (m < 0) {
				perror("cat: write");
				return 1;
			}
		}
	if (n < 0) {
		fprintf(stderr, "cat: ");
		perror(name);
	}
	return n < 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc == 1)
		return copy(0, "-");
	for (int i = 1; i < argc; i++) {
		bool input = !strcmp(argv[i], "-");
		int fd = input ? 0 : open(argv[i], O_RDONLY);

		if (fd < 0) {
			fprintf(stderr, "cat: ");
			perror(argv[i]);
			failed = 1;
			continue;
		}
		failed |= copy(fd, argv[i]);
		if (!input)
			close(fd);
	}
	return failed;
}
