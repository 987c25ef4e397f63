/* umount TARGET...: takes filesystems out of the tree. */
#include <stdio.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: umount TARGET...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++)
		if (umount(argv[i])) {
			fprintf(stderr, "umount: ");
			perror(argv[i]);
			failed = 1;
		}
	return failed;
}
