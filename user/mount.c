/* mount -t TYPE SOURCE TARGET; without arguments: lists what is mounted. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc == 1) {
		execlp("cat", "cat", "/proc/mounts", (char *)NULL);
		perror("mount: cat");
		return 1;
	}
	if (argc != 5 || strcmp(argv[1], "-t")) {
		fprintf(stderr, "usage: mount [-t TYPE SOURCE TARGET]\n");
		return 2;
	}
	if (mount(argv[3], argv[4], argv[2], 0, NULL)) {
		fprintf(stderr, "mount: ");
		perror(argv[4]);
		return 1;
	}
	return 0;
}
