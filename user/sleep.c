/* sleep SECONDS: sleeps, also for fractions of a second. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct timespec ts;
	double t;
	char *end;

	t = argc == 2 ? strtod(argv[1], &end) : -1;
	if (t < 0 || *end) {
		fprintf(stderr, "usage: sleep SECONDS\n");
		return 2;
	}
	ts.tv_sec = (time_t)t;
	ts.tv_nsec = (long)((t - (double)ts.tv_sec) * 1e9);
	while (nanosleep(&ts, &ts))
		if (errno != EINTR) {
			perror("sleep");
			return 1;
		}
	return 0;
}
