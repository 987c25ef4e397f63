/*
 * Jobs: process groups and the terminal.
 *
 * With job control each pipeline is a process group of its own. Both the parent and the child call
 * setpgid(), so that it is done whoever runs first. The foreground group owns the terminal: ^C and
 * ^Z reach it and not the shell, which takes the terminal back when the job ends or stops.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "user/sh/sh.h"

#define MAX_JOBS 32
#define MAX_STAGES 16

struct job {
	pid_t pgid;			/* 0: the slot is free */
	pid_t pids[MAX_STAGES];		/* 0: that process has ended */
	int stages, stopped, status;
	int changed;			/* to be reported at the next prompt */
	int killed;			/* a stopped one gets SIGTERM or SIGHUP: then SIGCONT */
	char text[64];
};

int job_control;
static struct job jobs[MAX_JOBS];
static struct termios shell_modes;

static const int job_signals[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };

static void on_interrupt(int sig)
{
	(void)sig;	/* read() at the prompt returns EINTR */
}

void jobs_init(void)
{
	struct sigaction sa = { .sa_handler = on_interrupt };

	job_control = 1;
	for (size_t i = 0; i < ARRAY_SIZE(job_signals); i++)
		signal(job_signals[i], SIG_IGN);
	sigaction(SIGINT, &sa, NULL);
	setpgid(0, 0);
	tcsetpgrp(0, getpgrp());
	tcgetattr(0, &shell_modes);
}

pid_t job_fork(pid_t *pgid, int foreground)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		perror("sh: fork");
	if (pid < 0 || !job_control) {
		if (pid > 0 && !*pgid)
			*pgid = pid;	/* just a name for the job */
		return pid;
	}
	if (!*pgid)
		*pgid = pid ? pid : getpid();
	setpgid(pid, *pgid);
	if (foreground)
		tcsetpgrp(0, *pgid);
	if (pid == 0) {
		job_control = 0;
		for (size_t i = 0; i < ARRAY_SIZE(job_signals); i++)
			signal(job_signals[i], SIG_DFL);
	}
	return pid;
}

void job_add(pid_t pgid, const pid_t *pids, int n, const char *text)
{
	for (struct job *j = jobs; j < jobs + MAX_JOBS; j++)
		if (!j->pgid) {
			memset(j, 0, sizeof(*j));
			j->pgid = pgid;
			j->stages = n;
			memcpy(j->pids, pids, (size_t)n * sizeof(*pids));
			strlcpy(j->text, text ? text : "", sizeof(j->text));
			return;
		}
	fprintf(stderr, "sh: too many jobs\n");
}

static int alive(const struct job *j)
{
	int n = 0;

	for (int i = 0; i < j->stages; i++)
		n += j->pids[i] != 0;
	return n;
}

/* Files away what waitpid() said about one process. */
static void note(pid_t pid, int status)
{
	for (struct job *j = jobs; j < jobs + MAX_JOBS; j++)
		for (int i = 0; j->pgid && i < j->stages; i++) {
			if (j->pids[i] != pid)
				continue;
			j->stopped = WIFSTOPPED(status);
			j->changed = 1;
			if (WIFSTOPPED(status)) {
				j->status = 128 + WSTOPSIG(status);
			} else if (!WIFCONTINUED(status)) {
				j->pids[i] = 0;
				if (i == j->stages - 1)
					j->status = WIFEXITED(status) ? WEXITSTATUS(status) :
						    128 + WTERMSIG(status);
			}
			return;
		}
}

static struct job *find_job(pid_t pgid)
{
	for (struct job *j = jobs; j < jobs + MAX_JOBS; j++)
		if (j->pgid == pgid)
			return j;
	return NULL;
}

int job_wait(pid_t pgid)
{
	struct job *j = find_job(pgid);
	int status;
	pid_t pid;

	if (!j)
		return 1;
	while (alive(j) && !j->stopped) {
		pid = waitpid(-1, &status, job_control ? WUNTRACED : 0);
		if (pid > 0)
			note(pid, status);
		else if (errno != EINTR)
			break;
	}
	if (job_control) {
		tcsetpgrp(0, getpgrp());
		tcsetattr(0, TCSADRAIN, &shell_modes);
		if (j->stopped || j->status == 128 + SIGINT)
			putchar('\n');
	}
	status = j->status;
	if (!j->stopped) {
		if (job_control && status > 128 && status != 128 + SIGINT &&
		    status != 128 + SIGPIPE)
			fprintf(stderr, "%s\n", strsignal(status - 128));
		j->pgid = 0;
	}
	return status;
}

static void print_job(const struct job *j)
{
	fprintf(stderr, "[%d] %d %s\t%s\n", (int)(j - jobs) + 1, j->pgid,
		!alive(j) ? "Done" : j->stopped ? "Stopped" : "Running", j->text);
}

void jobs_report(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0)
		note(pid, status);
	for (struct job *j = jobs; j < jobs + MAX_JOBS; j++) {
		if (!j->pgid)
			continue;
		if (job_control && j->changed)
			print_job(j);
		j->changed = 0;
		if (!alive(j))
			j->pgid = 0;
	}
}

int builtin_jobs(char **argv)
{
	jobs_report();
	for (struct job *j = jobs; j < jobs + MAX_JOBS; j++)
		if (j->pgid)
			print_job(j);
	return argv[1] != NULL;
}

/* fg [%N], bg [%N]: the last job without a number. */
int builtin_fg_bg(char **argv)
{
	const char *arg = argv[1] ? argv[1] + (argv[1][0] == '%') : "0";
	struct job *j = jobs + MAX_JOBS - 1;

	if (atoi(arg) > 0 && atoi(arg) <= MAX_JOBS)
		j = jobs + atoi(arg) - 1;
	else
		while (j > jobs && !j->pgid)
			j--;
	if (!j->pgid || !job_control) {
		fprintf(stderr, "sh: %s: no such job\n", argv[0]);
		return 1;
	}
	j->stopped = 0;
	j->changed = 0;
	if (argv[0][0] == 'f')
		tcsetpgrp(0, j->pgid);
	fprintf(stderr, "%s\n", j->text);	/* who reads it may type ^C: the job has the
						 * terminal */
	kill(-j->pgid, SIGCONT);
	return argv[0][0] == 'f' ? job_wait(j->pgid) : 0;
}

/* Does kill with this first argument end a process that does nothing about it? Of SIGKILL the
 * kernel sees to it. */
static int ends_politely(const char *arg)
{
	const char *name = *arg == '-' && strcmp(arg, "--") ? arg + 1 : "TERM";

	name += strncmp(name, "SIG", 3) ? 0 : 3;
	return !strcasecmp(name, "TERM") || !strcasecmp(name, "HUP") || !strcmp(name, "15") ||
	       !strcmp(name, "1");
}

void jobs_killed(void)
{
	for (struct job *j = jobs; j < jobs + MAX_JOBS; j++) {
		if (!j->pgid || !j->killed)
			continue;
		kill(-j->pgid, SIGCONT);
		j->stopped = j->killed = 0;
	}
}

char **expand_jobs(char **argv)
{
	int n = 0, polite = argv[1] && ends_politely(argv[1]);
	char **out, **to;

	while (argv[n])
		n++;
	to = out = sh_alloc(((size_t)n + 2) * sizeof(*out));
	for (n = -1; *argv; argv++) {
		struct job *j = jobs + atoi(*argv + (**argv == '%')) - 1;

		if (**argv != '%' || j < jobs || j >= jobs + MAX_JOBS || !j->pgid) {
			*to++ = *argv;
			continue;
		}
		j->killed = j->stopped && polite;
		if (n < 0)	/* what follows begins with - and is no signal */
			*to++ = "--";
		*to = sh_alloc(16);
		n = snprintf(*to++, 16, "-%d", j->pgid);
	}
	*to = NULL;
	return out;
}

/* wait: for all jobs that run. */
int builtin_wait(char **argv)
{
	int status = 0;

	(void)argv;
	for (struct job *j = jobs; j < jobs + MAX_JOBS; j++)
		if (j->pgid && !j->stopped)
			status = job_wait(j->pgid);
	return status;
}
