/*
 * crash_report PID: what core_pattern may name ("|/bin/crash_report %P"). The kernel runs it when a
 * program crashes, as a user mode helper: a program whose parent is a kernel thread. The report on
 * its standard input and the memory map of the dying process, which is still there, go to
 * /tmp/crash.PID.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int copy(int from, int to)
{
	char buf[1024];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			return -1;
	return (int)n;
}

int main(int argc, char **argv)
{
	char name[64];
	int out, maps;

	if (argc < 2)
		return 2;
	snprintf(name, sizeof(name), "/tmp/crash.%s", argv[1]);
	out = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (out < 0 || copy(STDIN_FILENO, out))
		return 1;
	snprintf(name, sizeof(name), "/proc/%s/maps", argv[1]);
	maps = open(name, O_RDONLY);
	return maps < 0 || copy(maps, out);
}
