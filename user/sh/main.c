/*
 * sh [-c COMMANDS | FILE [ARG]...]: a small shell.
 *
 * It reads line by line; a line that ends inside a quote or a compound command asks for the next.
 * Input is read byte by byte, so that commands find in it what the shell has not yet used.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/sh/sh.h"

#define SCRIPT_FD 19

struct text {
	char *s;
	size_t len, size;
};

static void prompt(bool more)
{
	char cwd[256];

	if (!getcwd(cwd, sizeof(cwd)))
		strcpy(cwd, "?");
	if (more)
		dprintf(2, "> ");
	else
		dprintf(2, "%s %c ", cwd, getuid() ? '$' : '#');
}

/* Appends one line to @t: 1, or 0 at the end of the input, or -1 when ^C threw it away. */
static int read_line(int fd, struct text *t)
{
	size_t start = t->len;
	ssize_t n;
	char c;

	while ((n = read(fd, &c, 1)) == 1) {
		if (t->len + 2 > t->size) {
			t->size = t->size * 2 + 256;
			t->s = realloc(t->s, t->size);
			if (!t->s)
				exit(2);
		}
		t->s[t->len++] = c;
		t->s[t->len] = '\0';
		if (c == '\n')
			return 1;
	}
	if (n < 0 && errno == EINTR)
		return -1;
	return t->len > start;
}

static int shell(int fd)
{
	struct text t = { 0 };

	for (;;) {
		enum parse_result result = PARSE_OK;
		void *mark = sh_mark();
		struct node *n = NULL;
		int got;

		jobs_report();
		if (job_control)
			prompt(t.len > 0);
		got = read_line(fd, &t);
		if (got < 0) {
			dprintf(2, "\n");
			t.len = 0;
			continue;
		}
		if (t.len)
			result = parse(t.s, &n);
		if (result == PARSE_INCOMPLETE && got)
			continue;
		if (result == PARSE_INCOMPLETE)
			fprintf(stderr, "sh: unexpected end of input\n");
		if (result != PARSE_OK)
			last_status = 2;
		else if (n)
			run(n);
		sh_release(mark);
		t.len = 0;
		if (!got || (result != PARSE_OK && !job_control))
			break;
	}
	return last_status;
}

int main(int argc, char **argv)
{
	int fd;

	sh_pid = getpid();
	sh_argc = argc;
	sh_argv = argv;
	if (argc > 2 && !strcmp(argv[1], "-c")) {
		if (argc > 3) {
			sh_argv += 3;
			sh_argc -= 3;
		} else {
			sh_argc = 1;
		}
		exit(run_text(argv[2]));
	}
	if (argc > 1 && argv[1][0] != '-') {
		fd = open(argv[1], O_RDONLY);
		if (fd < 0) {
			fprintf(stderr, "sh: ");
			perror(argv[1]);
			return 127;
		}
		dup3(fd, SCRIPT_FD, O_CLOEXEC);
		close(fd);
		sh_argv++;
		sh_argc--;
		return shell(SCRIPT_FD);
	}
	if (isatty(0) && isatty(2))
		jobs_init();
	return shell(0);
}
