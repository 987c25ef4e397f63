/*
 * ps [-eATLf] [-o LIST] [-p PID,...] [aux]: which tasks there are, from /proc alone.
 *
 *	-e, -A	every process, not only those of this user on this terminal
 *	-T, -L	every thread (SPID, LWP)
 *	-f	more columns		aux	all processes, BSD's columns
 *	-p LIST	these processes		-o LIST	these columns: NAME, NAME:WIDTH, NAME=HEADING
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/ps/ps.h"

#define MAX_COLUMNS 32

static struct {
	const struct column *column;
	const char *header;
	int width; /* < 0: to the left */
} shown[MAX_COLUMNS];
static int nr_shown;
static bool all, full;
static int threads; /* T or L: threads too */
static const char *pids;

/* "NAME", "NAME:WIDTH", "NAME=HEADING" (to the end), separated by commas or blanks. */
static void add_columns(const char *list)
{
	while (*list) {
		size_t len = strcspn(list, ",:= ");
		const struct column *c = find_column(list, len);

		if (!c || nr_shown == MAX_COLUMNS) {
			fprintf(stderr, "ps: no such column: %.*s; there are:", (int)len, list);
			for (c = columns; c->name; c++)
				fprintf(stderr, " %s", c->name);
			fprintf(stderr, "\n");
			exit(2);
		}
		list += len;
		shown[nr_shown].column = c;
		shown[nr_shown].header = c->header;
		shown[nr_shown].width = c->width ? c->width : pid_width();
		if (*list == ':') {
			int width = (int)strtol(list + 1, (char **)&list, 10);

			shown[nr_shown].width = c->width < 0 ? -width : width;
		}
		nr_shown++;
		if (*list == '=') {
			shown[nr_shown - 1].header = list + 1;
			return;
		}
		list += *list != '\0';
	}
}

/* One line, made as a whole. Text is cut to its column's width, unless it is the last one. */
static char line[8192], *at;

static void put_cell(int i, const char *text)
{
	size_t len = strlen(text), room = (size_t)abs(shown[i].width), pad;
	bool left = shown[i].width < 0, last = i == nr_shown - 1;

	if (left && !last && len > room)
		len = room;
	pad = len < room && !(left && last) ? room - len : 0;
	if ((size_t)(at - line) + len + pad + 2 > sizeof(line))
		return;
	if (i)
		*at++ = ' ';
	memset(at, ' ', len + pad);
	memcpy(left ? at : at + pad, text, len);
	at += len + pad;
}

/* t NULL: the headings. */
static void print_line(const struct proc_task *t)
{
	char text[4096];

	at = line;
	for (int i = 0; i < nr_shown; i++) {
		if (t)
			shown[i].column->show(t, text, sizeof(text));
		put_cell(i, t ? text : shown[i].header);
	}
	*at++ = '\n';
	fwrite(line, 1, (size_t)(at - line), stdout);
}

/* Processes of our terminal and user, when nothing else was asked for. */
static bool is_mine(const struct proc_task *t)
{
	static struct proc_list me;
	static pid_t last; /* its threads come one after the other */
	static bool last_is;
	char path[32];
	struct stat st;

	if (!me.n)
		proc_add(&me, getpid(), PROC_PROCESSES);
	if (t->pid != last) {
		last = t->pid;
		snprintf(path, sizeof(path), "/proc/%d", (int)t->pid);
		last_is = me.n && t->tty == me.task[0].tty && !stat(path, &st) &&
			  st.st_uid == geteuid();
	}
	return last_is;
}

static void default_columns(void)
{
	char list[128];

	if (nr_shown)
		return;
	snprintf(list, sizeof(list),
		 full ? "user,pid,ppid,%sc,%sstime,tname,time,cmd" : "pid,%stname,time,ucmd%s",
		 !threads	  ? ""
		 : threads == 'T' ? "spid,"
				  : "lwp,",
		 threads == 'L' && full ? "nlwp," : "");
	add_columns(list);
	if (full)
		shown[0].header = "UID";
}

static int usage(void)
{
	fprintf(stderr, "usage: ps [-eATLf] [-o COLUMN,...] [-p PID,...] | ps aux\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct proc_list list = { NULL, 0, 0 };
	int c;

	while ((c = getopt(argc, argv, "eATLfo:p:")) != -1) {
		if (c == '?')
			return usage();
		all |= c == 'e' || c == 'A';
		if (c == 'T' || c == 'L')
			threads = c;
		full |= c == 'f';
		if (c == 'o')
			add_columns(optarg);
		if (c == 'p')
			pids = optarg;
	}
	if (optind < argc && !strcmp(argv[optind], "aux")) {
		add_columns("user,pid,%cpu,%mem,vsz,rss,tname,stat,start,bsdtime,command");
		all = true;
	} else if (optind < argc) {
		return usage();
	}
	default_columns();
	if (pids)
		for (char *p = (char *)pids; *p; p += *p != '\0')
			proc_add(&list, (pid_t)strtol(p, &p, 10),
				 threads ? PROC_THREADS : PROC_PROCESSES);
	else
		proc_scan(&list, threads ? PROC_THREADS : PROC_PROCESSES);
	print_line(NULL);
	for (size_t i = 0; i < list.n; i++)
		if (pids || all || is_mine(&list.task[i]))
			print_line(&list.task[i]);
	return pids && !list.n;
}
