/*
 * top [-bH] [-d SECONDS] [-n TIMES]: who uses the CPUs, again and again. Reads /proc only.
 *
 *	-H	threads, not processes		-b	plain lines, one list after the other
 *	-d	between two looks (2.0)		-n	how many looks
 *
 * Keys: H threads or processes; P, M, T, N: the most CPU, memory, time, or the lowest number first;
 * blank: look now; q: leave.
 */
#include <fcntl.h>
#include <poll.h>
#include <proc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* One look at the system. */
struct look {
	struct proc_list list;
	unsigned long uptime;		       /* 1/100 s */
	unsigned long user, system, idle, all; /* of all CPUs together, in ticks */
};

struct row {
	const struct proc_task *t;
	unsigned long used; /* ticks since the look before */
};

static bool batch, threads;
static char order = 'P';
static volatile sig_atomic_t leave;
static struct termios before;

/* --- looking --- */

static void look(struct look *l)
{
	static char text[8192];
	unsigned long v[8] = {};

	l->list.n = 0;
	proc_scan(&l->list, threads ? PROC_THREADS : PROC_PROCESSES);
	proc_read(AT_FDCWD, "/proc/uptime", text, sizeof(text));
	l->uptime = strtoul(text, NULL, 10) * 100 +
		    (strchr(text, '.') ? strtoul(strchr(text, '.') + 1, NULL, 10) : 0);
	proc_read(AT_FDCWD, "/proc/stat", text, sizeof(text));
	sscanf(text, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", v, v + 1, v + 2, v + 3, v + 4, v + 5,
	       v + 6, v + 7);
	l->user = v[0] + v[1];
	l->system = v[2] + v[5] + v[6];
	l->idle = v[3] + v[4];
	l->all = l->user + l->system + l->idle + v[7];
}

static int by_tid(const void *a, const void *b)
{
	return ((const struct proc_task *)a)->tid - ((const struct proc_task *)b)->tid;
}

static int compare(unsigned long a, unsigned long b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int by_order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int d = 0;

	if (order == 'P')
		d = compare(x->used, y->used);
	else if (order == 'M')
		d = compare(x->t->rss, y->t->rss);
	else if (order == 'T')
		d = compare(x->t->utime + x->t->stime, y->t->utime + y->t->stime);
	return d ? d : x->t->tid - y->t->tid;
}

/* Rows in order. @old, sorted by tid: the look before; a task that is not in it, or another of the
 * same number, began in between. */
static struct row *make_rows(const struct look *now, const struct look *old)
{
	struct row *rows = calloc(now->list.n + 1, sizeof(*rows));

	for (size_t i = 0; rows && i < now->list.n; i++) {
		const struct proc_task *t = rows[i].t = &now->list.task[i];
		const struct proc_task *then =
			!old->list.n ? NULL
				     : bsearch(t, old->list.task, old->list.n, sizeof(*t), by_tid);
		unsigned long used = t->utime + t->stime;

		rows[i].used =
			then && then->start == t->start ? used - (then->utime + then->stime) : used;
	}
	if (rows)
		qsort(rows, now->list.n, sizeof(*rows), by_order);
	return rows;
}

/* --- showing --- */

static int columns = 80, lines = 24, printed;

static const char *colour(const char *code)
{
	return batch ? "" : code;
}

/* A line, cut at the screen's edge; after the last line of the screen nothing more. */
static void line(const char *before_it, const char *text)
{
	if (!batch && printed >= lines - 1)
		return;
	printf("%s%.*s%s%s\n", before_it, batch ? 4096 : columns, text, colour("\033[0m"),
	       colour("\033[K"));
	printed++;
}

static unsigned long permille(unsigned long part, unsigned long whole)
{
	return whole ? part * 1000 / whole : 0;
}

static void show_head(const struct look *now, const struct look *old)
{
	static const char letters[] = "RSDTtZI";
	static char text[4096];
	unsigned long count[sizeof(letters)] = {}, all = now->all - old->all,
		      v[3] = {
			      permille(now->user - old->user, all),
			      permille(now->system - old->system, all),
			      permille(now->idle - old->idle, all),
		      };
	char buf[256];
	int n;

	for (size_t i = 0; i < now->list.n; i++)
		if (strchr(letters, now->list.task[i].state))
			count[strchr(letters, now->list.task[i].state) - letters]++;
	proc_read(AT_FDCWD, "/proc/loadavg", text, sizeof(text));
	snprintf(buf, sizeof(buf), "top - up %lu:%02lu:%02lu, load average: %.*s",
		 now->uptime / 360000, now->uptime / 6000 % 60, now->uptime / 100 % 60,
		 (int)(strchr(text, '/') ? strcspn(text, "/") - 2 : 0), text);
	line("", buf);
	n = snprintf(buf, sizeof(buf), "%s: %lu total", threads ? "Threads" : "Tasks", now->list.n);
	for (size_t i = 0; letters[i]; i++)
		if (count[i] || i < 2)
			n += snprintf(buf + n, sizeof(buf) - (size_t)n, ", %lu %c", count[i],
				      letters[i]);
	line("", buf);
	snprintf(buf, sizeof(buf), "%%Cpu(s): %lu.%lu us, %lu.%lu sy, %lu.%lu id", v[0] / 10,
		 v[0] % 10, v[1] / 10, v[1] % 10, v[2] / 10, v[2] % 10);
	line("", buf);
	proc_read(AT_FDCWD, "/proc/meminfo", text, sizeof(text));
	n = snprintf(buf, sizeof(buf), "KiB Mem: %lu total, ",
		     strtoul(proc_value(text, "MemTotal"), NULL, 10));
	n += snprintf(buf + n, sizeof(buf) - (size_t)n, "%lu free, ",
		      strtoul(proc_value(text, "MemFree"), NULL, 10));
	snprintf(buf + n, sizeof(buf) - (size_t)n, "%lu cached",
		 strtoul(proc_value(text, "Cached"), NULL, 10));
	line("", buf);
	line("", "");
	snprintf(buf, sizeof(buf), "%7s %3s %3s %7s %6s S %2s %5s %9s %-12s %s",
		 threads ? "TID" : "PID", "PR", "NI", "VIRT", "RES", "P", "%CPU", "TIME+", "WCHAN",
		 "COMMAND");
	line(colour("\033[7m"), buf);
}

static void show_row(const struct row *row, unsigned long elapsed)
{
	const struct proc_task *t = row->t;
	unsigned long used = permille(row->used, elapsed), ticks = t->utime + t->stime;
	const char *tint = t->state == 'R'	    ? "\033[1;32m"
			   : t->state == 'D'	    ? "\033[1;31m"
			   : strchr("Tt", t->state) ? "\033[33m"
			   : t->state == 'Z'	    ? "\033[35m"
			   : t->flags & PF_KTHREAD  ? "\033[36m"
						    : "";
	char buf[512], wchan[64] = "", pr[16], time[32];

	if (!batch && printed >= lines - 1)
		return;
	if (proc_task_read(t, "wchan", wchan, sizeof(wchan)) <= 0 || !strcmp(wchan, "0"))
		strcpy(wchan, "-");
	snprintf(pr, sizeof(pr), t->prio < -99 ? "rt" : "%ld", t->prio);
	snprintf(time, sizeof(time), "%lu:%02lu.%02lu", ticks / 6000, ticks / 100 % 60,
		 ticks % 100);
	snprintf(buf, sizeof(buf), "%7d %3s %3ld %7lu %6lu %c %2d %3lu.%lu %9s %-12.12s %s",
		 (int)t->tid, pr, t->nice, t->vsize / 1024, t->rss * 4, t->state, t->cpu, used / 10,
		 used % 10, time, wchan, t->comm);
	line(colour(tint), buf);
}

static void show(const struct look *now, const struct look *old)
{
	struct row *rows = make_rows(now, old);
	struct winsize size;

	printed = 0;
	if (!batch && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col) {
		lines = size.ws_row;
		columns = size.ws_col;
	}
	fputs(colour("\033[H"), stdout);
	show_head(now, old);
	for (size_t i = 0; rows && i < now->list.n; i++)
		show_row(&rows[i], now->uptime - old->uptime);
	fputs(batch ? "\n" : "\033[J", stdout);
	fflush(stdout);
	free(rows);
}

/* --- the terminal --- */

static void on_signal(int sig)
{
	leave = 1;
}

static void take_terminal(void)
{
	struct termios raw;

	tcgetattr(STDIN_FILENO, &before);
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	fputs("\033[?25l\033[2J", stdout);
}

static void give_terminal(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	fputs("\033[?25h\n", stdout);
}

/* Waits for that long or for a key, and does what it says. */
static void wait_key(int ms)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	if (poll(batch ? NULL : &in, batch ? 0 : 1, ms) <= 0 || batch)
		return;
	if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q')
		leave = 1;
	else if (key == 'H')
		threads = !threads;
	else if (strchr("PMTN", key))
		order = key;
}

int main(int argc, char **argv)
{
	struct look looks[2] = {};
	int c, times = -1;
	double delay = 2;

	while ((c = getopt(argc, argv, "bHd:n:")) != -1) {
		if (c == 'd')
			delay = atof(optarg);
		if (c == '?' || delay <= 0) {
			fprintf(stderr, "usage: top [-bH] [-d SECONDS] [-n TIMES]\n");
			return 2;
		}
		batch |= c == 'b';
		threads |= c == 'H';
		if (c == 'n')
			times = atoi(optarg);
	}
	batch |= !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
	if (!batch)
		take_terminal();
	for (int i = 0; !leave && times; i ^= 1, times -= times > 0) {
		look(&looks[i]);
		show(&looks[i], &looks[i ^ 1]);
		qsort(looks[i].list.task, looks[i].list.n, sizeof(*looks[i].list.task), by_tid);
		if (times != 1)
			wait_key((int)(delay * 1000));
	}
	if (!batch)
		give_terminal();
	return 0;
}
