/*
 * The shell's parts: memory.c + parse.c (text -> tree), expand.c (words -> arguments), exec.c
 * (tree -> processes), jobs.c (processes <-> terminal), main.c (lines).
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* ---- parse.c ---- */

enum node_type {
	N_COMMAND,
	N_PIPE,
	N_AND,
	N_OR,
	N_SEQ,
	N_BG,
	N_NOT,
	N_IF,
	N_WHILE,
	N_UNTIL,
	N_FOR,
	N_SUBSHELL
};

struct redir {
	struct redir *next;
	int fd;
	char type;		/* '<', '>', 'a' for >>, '&' for >& and <& */
	char *word;
};

/* Operands by type: N_IF a then b else c; N_WHILE a do b; N_FOR words[0] in words[1..] do a. */
struct node {
	enum node_type type;
	struct node *a, *b, *c;
	char **words;		/* N_COMMAND, N_FOR: as typed, not yet expanded; NULL-terminated */
	char **argv;		/* N_COMMAND: expanded, while it runs */
	struct redir *redirs;
	char *text;		/* N_PIPE, N_COMMAND, N_BG: for `jobs` */
};

enum parse_result { PARSE_OK, PARSE_INCOMPLETE, PARSE_ERROR };

/* Parses all of @text; *@out is NULL when it holds no command. */
enum parse_result parse(const char *text, struct node **out);

/* Memory of the tree and of expanded words: freed all at once, back to a mark. */
void *sh_alloc(size_t size);
char *sh_strndup(const char *s, size_t n);
void *sh_mark(void);
void sh_release(void *mark);
/* Ends the quoted text or $(...) that begins at @s: returns what follows it, NULL if it is open. */
const char *skip_quoted(const char *s);

/* ---- expand.c ---- */

extern int sh_argc;
extern char **sh_argv;		/* $0, $1, ... */
extern int last_status;		/* $? */
extern pid_t last_bg;		/* $! */
extern pid_t sh_pid;		/* $$: a subshell's is the shell's */

char **expand_words(char **words);
char *expand_one(const char *word);	/* no field splitting, no globbing */

/* ---- exec.c ---- */

int run(struct node *n);		/* the exit status */
int run_text(const char *text);

/* ---- jobs.c ---- */

extern int job_control;

void jobs_init(void);
/* Forks a stage of job @pgid (0: a new one); returns like fork(). */
pid_t job_fork(pid_t *pgid, int foreground);
void job_add(pid_t pgid, const pid_t *pids, int n, const char *text);
int job_wait(pid_t pgid);		/* until it ends or stops; the status of its last process */
void jobs_report(void);			/* tells of jobs that changed; forgets the ended ones */
int builtin_jobs(char **argv);
int builtin_fg_bg(char **argv);
int builtin_wait(char **argv);
char **expand_jobs(char **argv);	/* kill %N: what /bin/kill takes for it */
void jobs_killed(void);			/* after that kill: stopped jobs go on, to end */
