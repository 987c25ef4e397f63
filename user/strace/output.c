/*
 * Lines that grow in two steps, at the entry and at the exit of a call, while others have something
 * to say in between:
 *
 *	[pid 12] read(0,  <unfinished ...>
 *	[pid 13] getpid()                      = 13
 *	[pid 12] <... read resumed>"x", 1)     = 1
 */
#include <stdarg.h>

#include "strace.h"

static FILE *out;
static bool always_pid;
static struct tracee *open_line; /* whose line is not at its end */
static int column;

void output_to(FILE *file, bool pids)
{
	out = file;
	always_pid = pids;
}

void put(const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vfprintf(out, format, ap);
	va_end(ap);
	column += n > 0 ? n : 0;
}

void end_line(void)
{
	put("\n");
	fflush(out);
	open_line = NULL;
	column = 0;
}

void break_line(void)
{
	if (open_line) {
		put(" <unfinished ...>");
		end_line();
	}
}

bool begin_line(struct tracee *t)
{
	if (open_line == t)
		return true;
	break_line();
	open_line = t;
	if (always_pid)
		put("%-5d ", t->pid);
	else if (nr_tracees > 1)
		put("[pid %5d] ", t->pid);
	return false;
}

bool line_is_open(const struct tracee *t)
{
	return open_line == t;
}

void note(const char *what, const struct tracee *t)
{
	if (out == stderr)
		break_line();
	fprintf(stderr, "strace: Process %d %s\n", t->pid, what);
}

/* Results stand below each other. */
void align_result(void)
{
	put("%*s= ", column < 40 ? 40 - column : 1, "");
}

void forget_line(struct tracee *t)
{
	if (open_line == t)
		break_line();
}
