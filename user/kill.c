/* kill [-SIGNAL] PID...: sends a signal, by number or name; -l lists the names. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
	"0", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
	"USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
	"URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
};

/* Reads a number; false if it is none. */
static bool number(const char *s, int *n)
{
	char *end;

	*n = (int)strtol(s, &end, 10);
	return end != s && !*end;
}

static int signal_number(const char *s)
{
	int n;

	if (isdigit((unsigned char)*s))
		return number(s, &n) ? n : -1;
	if (!strncmp(s, "SIG", 3))
		s += 3;
	for (size_t i = 1; i < ARRAY_SIZE(names); i++)
		if (!strcasecmp(s, names[i]))
			return (int)i;
	return -1;
}

int main(int argc, char **argv)
{
	int sig = SIGTERM, failed = 0, i = 1, pid;

	if (argc == 2 && !strcmp(argv[1], "-l")) {
		for (i = 1; i < (int)ARRAY_SIZE(names); i++)
			printf("%2d SIG%s\n", i, names[i]);
		return 0;
	}
	if (argc > 2 && argv[1][0] == '-' && strcmp(argv[1], "--"))
		sig = signal_number(argv[i++] + 1);
	if (argc > i && !strcmp(argv[i], "--"))
		i++;
	if (sig < 0 || i >= argc) {
		fprintf(stderr, "usage: kill [-SIGNAL] PID...\n");
		return 2;
	}
	for (; i < argc; i++) {
		if (number(argv[i], &pid) && !kill(pid, sig))
			continue;
		if (!number(argv[i], &pid))	/* not 0, which is everybody around us */
			errno = EINVAL;
		fprintf(stderr, "kill: ");
		perror(argv[i]);
		failed = 1;
	}
	return failed;
}
