/*
 * User and group ids: a child of root's takes a random walk through the calls that set them, the
 * same on every system, and tells each answer and what the ids are afterwards. -1, what it has and
 * what it has not are asked for alike; once it has no privilege left, the next child begins. Needs
 * to be root.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned int state = 1;

static unsigned int draw(unsigned int n)
{
	state = state * 1103515245 + 12345;
	return (state >> 16) % n;
}

static unsigned int id(void)
{
	static const unsigned int ids[] = { 0, 1000, 1001, 1002, (unsigned int)-1 };

	return ids[draw(5)];
}

static const char *step(void)
{
	unsigned int call = draw(6), a = id(), b = id(), c = id();
	static char text[80];
	int ret = -1;

	errno = 0;
	if (call == 0)
		ret = (int)syscall(SYS_setresuid, a, b, c);
	else if (call == 1)
		ret = (int)syscall(SYS_setresgid, a, b, c);
	else if (call == 2)
		ret = (int)syscall(SYS_setreuid, a, b);
	else if (call == 3)
		ret = (int)syscall(SYS_setregid, a, b);
	else
		ret = call == 4 ? (int)syscall(SYS_setuid, a) : (int)syscall(SYS_setgid, a);
	snprintf(text, sizeof(text), "%u(%d,%d,%d)=%d,%d", call, (int)a, (int)b, (int)c, ret,
		 errno);
	return text;
}

static void walk(void)
{
	unsigned int ids[6];

	for (int i = 0; i < 40; i++) {
		const char *text = step();

		if (syscall(SYS_getresuid, &ids[0], &ids[1], &ids[2]) ||
		    syscall(SYS_getresgid, &ids[3], &ids[4], &ids[5]))
			exit(1);
		printf("%-32s u %u %u %u g %u %u %u\n", text, ids[0], ids[1], ids[2], ids[3],
		       ids[4], ids[5]);
	}
	exit(0);
}

int main(void)
{
	int bad = 0, status;

	if (getuid()) {
		puts("not root");
		return 1;
	}
	for (unsigned int seed = 1; seed <= 25; seed++) {
		fflush(stdout);
		if (fork() == 0) {
			state = seed;
			walk();
		}
		wait(&status);
		bad += status != 0;
	}
	return bad;
}
