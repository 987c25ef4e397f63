/*
 * /proc/sys/kernel/randomize_tids: TIDs count up, so that who has seen one knows the next; with the
 * switch they are drawn from all numbers, and none is given twice. Linux has no such switch.
 * test: linux=no
 */
#include "../../user/check.h"

#define N 64

static pid_t tids[N];

static void *thread(void *arg)
{
	tids[(long)arg] = my_tid();
	return NULL;
}

/* N threads that live one after the other. */
static void make(void)
{
	for (long i = 0; i < N; i++)
		pthread_join(spawn(thread, (void *)i), NULL);
}

static int put(const char *text)
{
	int fd = open("/proc/sys/kernel/randomize_tids", O_WRONLY);
	ssize_t n = write(fd, text, strlen(text));

	close(fd);
	return n < 0 ? errno : 0;
}

int main(int argc, char **argv)
{
	int up = 0, near = 0, range = 1, twice = 0;

	begin(argc, argv);
	make();
	for (int i = 1; i < N; i++)
		up += tids[i] > tids[i - 1] && tids[i] < tids[i - 1] + 8;
	check("they count up", up == N - 1);
	check("2: EINVAL", put("2\n") == EINVAL);
	check("the switch", put("1\n") == 0);
	make();
	up = 0;
	for (int i = 1; i < N; i++) {
		up += tids[i] > tids[i - 1];
		near += abs(tids[i] - tids[i - 1]) < 8;
		range &= tids[i] >= 300 && tids[i] < 32768;
		for (int k = 0; k < i; k++)
			twice += tids[i] == tids[k];
	}
	check("now they go up and down", up > N / 4 && up < N - N / 4);
	check("and are far from each other", near <= 2);
	check("within bounds", range);
	check("hardly one comes again so soon", twice <= 2);
	check("back", put("0\n") == 0);
	make();
	up = 0;
	for (int i = 1; i < N; i++)
		up += tids[i] > tids[i - 1] && tids[i] < tids[i - 1] + 8;
	check("they count up again", up >= N - 2);
	return failures;
}
