/* uname [-asnrvm]: what system this is. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char letters[] = "snrvm";
	const char *values[5], *sep = "";
	bool want[5] = { false };
	struct utsname u;
	int c;

	while ((c = getopt(argc, argv, "asnrvm")) != -1) {
		if (c == '?') {
			fprintf(stderr, "usage: uname [-asnrvm]\n");
			return 2;
		}
		for (int i = 0; i < 5; i++)
			want[i] |= c == 'a' || c == letters[i];
	}
	if (argc == 1)
		want[0] = true;
	if (uname(&u)) {
		perror("uname");
		return 1;
	}
	values[0] = u.sysname;
	values[1] = u.nodename;
	values[2] = u.release;
	values[3] = u.version;
	values[4] = u.machine;
	for (int i = 0; i < 5; i++)
		if (want[i]) {
			printf("%s%s", sep, values[i]);
			sep = " ";
		}
	putchar('\n');
	return 0;
}
