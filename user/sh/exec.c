/*
 * From the tree to processes. Builtins and compound commands run in the shell itself unless they
 * are part of a pipe or in the background; everything else is forked.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/sh/sh.h"

#define MAX_STAGES 16
#define SAVED_FD 20	/* descriptors kept aside during a builtin's redirections start here */

static int builtin_cd(char **argv)
{
	const char *dir = argv[1] ? argv[1] : getenv("HOME");

	if (!chdir(dir ? dir : "/"))
		return 0;
	fprintf(stderr, "sh: cd: ");
	perror(dir);
	return 1;
}

static int builtin_exit(char **argv)
{
	exit(argv[1] ? atoi(argv[1]) : last_status);
}

static int builtin_true(char **argv)
{
	return argv[0][0] == 'f';
}

static int builtin_export(char **argv)
{
	for (argv++; *argv; argv++)
		if (strchr(*argv, '='))
			putenv(strdup(*argv));
	return 0;
}

static int builtin_unset(char **argv)
{
	for (argv++; *argv; argv++)
		unsetenv(*argv);
	return 0;
}

static int builtin_shift(char **argv)
{
	if (sh_argc < 2)
		return 1;
	sh_argv[1] = sh_argv[0];
	sh_argv++;
	sh_argc--;
	return argv[1] != NULL;
}

static int builtin_exec(char **argv)
{
	if (!argv[1])
		return 0;
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	exit(errno == ENOENT ? 127 : 126);
}

/* read NAME: one line of input, without buffering what follows. */
static int builtin_read(char **argv)
{
	char line[1024] = "", c;
	size_t n = 0;
	ssize_t got;

	while ((got = read(0, &c, 1)) == 1 && c != '\n')
		if (n < sizeof(line) - 1)
			line[n++] = c;
	line[n] = '\0';
	if (argv[1])
		setenv(argv[1], line, 1);
	return got != 1;
}

static int test_file(char op, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return 0;
	return op == 'e' || (op == 'f' && S_ISREG(st.st_mode)) ||
	       (op == 'd' && S_ISDIR(st.st_mode)) || (op == 's' && st.st_size > 0) ||
	       (op == 'x' && access(path, X_OK) == 0);
}

static int test_binary(const char *a, const char *op, const char *b)
{
	long diff = atol(a) - atol(b);

	if (!strcmp(op, "="))
		return !strcmp(a, b);
	if (!strcmp(op, "!="))
		return strcmp(a, b) != 0;
	return !strcmp(op, "-eq") ? diff == 0 : !strcmp(op, "-ne") ? diff != 0 :
	       !strcmp(op, "-lt") ? diff < 0 : !strcmp(op, "-le") ? diff <= 0 :
	       !strcmp(op, "-gt") ? diff > 0 : !strcmp(op, "-ge") ? diff >= 0 : 0;
}

/* test, [: one condition, with `!` before it. */
static int builtin_test(char **argv)
{
	int argc = 0, invert = 0, yes;

	while (argv[argc])
		argc++;
	if (argv[0][0] == '[')
		argc--;
	argv++;
	argc--;
	if (argc > 1 && !strcmp(argv[0], "!")) {
		invert = 1;
		argv++;
		argc--;
	}
	if (argc == 3)
		yes = test_binary(argv[0], argv[1], argv[2]);
	else if (argc == 2 && argv[0][0] == '-')
		yes = argv[0][1] == 'z' ? !*argv[1] : argv[0][1] == 'n' ? !!*argv[1] :
		      test_file(argv[0][1], argv[1]);
	else
		yes = argc == 1 && *argv[0];
	return yes == invert;
}

static int builtin_help(char **argv);

static const struct builtin {
	const char *name;
	int (*fn)(char **argv);
} builtins[] = {
	{ "cd", builtin_cd }, { "exit", builtin_exit }, { ":", builtin_true },
	{ "true", builtin_true }, { "false", builtin_true }, { "export", builtin_export },
	{ "unset", builtin_unset }, { "shift", builtin_shift }, { "exec", builtin_exec },
	{ "read", builtin_read }, { "test", builtin_test }, { "[", builtin_test },
	{ "jobs", builtin_jobs }, { "fg", builtin_fg_bg }, { "bg", builtin_fg_bg },
	{ "wait", builtin_wait }, { "help", builtin_help },
};

static int builtin_help(char **argv)
{
	printf("Builtins:");
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
		printf(" %s", builtins[i].name);
	printf("\nPrograms: ls /bin. ^C ends one, ^Z stops it, poweroff ends the machine.\n");
	return argv[1] != NULL;
}

static const struct builtin *find_builtin(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(builtins); i++)
		if (!strcmp(builtins[i].name, name))
			return &builtins[i];
	return NULL;
}

static int open_redir(const struct redir *r)
{
	const char *word = expand_one(r->word);
	int fd, flags;

	if (r->type == '&') {
		if (!strcmp(word, "-"))
			return close(r->fd), 0;
		if (dup2(atoi(word), r->fd) >= 0)
			return 0;
	} else {
		flags = r->type == '<' ? O_RDONLY :
			O_WRONLY | O_CREAT | (r->type == 'a' ? O_APPEND : O_TRUNC);
		fd = open(word, flags, 0666);
		if (fd == r->fd)
			return 0;
		if (fd >= 0) {
			dup2(fd, r->fd);
			close(fd);
			return 0;
		}
	}
	fprintf(stderr, "sh: ");
	perror(word);
	return -1;
}

static int apply_redirs(const struct redir *r)
{
	for (; r; r = r->next)
		if (open_redir(r))
			return -1;
	return 0;
}

/* The number of NAME=VALUE words at the front. */
static int assignments(char **words)
{
	int n;

	for (n = 0; words && words[n]; n++) {
		const char *p = words[n];

		while (isalpha((unsigned char)*p) || *p == '_' ||
		       (isdigit((unsigned char)*p) && p > words[n]))
			p++;
		if (*p != '=' || p == words[n])
			break;
	}
	return n;
}

/* Makes variables of them; returns how many there are. */
static int assign(char **words)
{
	int n = assignments(words);

	for (int i = 0; i < n; i++) {
		const char *value = strchr(words[i], '=');

		setenv(sh_strndup(words[i], (size_t)(value - words[i])), expand_one(value + 1), 1);
	}
	return n;
}

/* In a child: becomes the command. */
static __noreturn void exec_command(struct node *n)
{
	int vars = assign(n->words);
	char **argv = n->argv ? n->argv : expand_words(n->words ? n->words + vars : NULL);
	const struct builtin *b = find_builtin(argv[0]);

	if (apply_redirs(n->redirs))
		exit(1);
	if (!argv[0])
		exit(0);
	if (b)
		exit(b->fn(argv));
	execvp(argv[0], argv);
	if (errno == ENOEXEC) {		/* a script without #! */
		sh_argv = argv;
		for (sh_argc = 0; argv[sh_argc]; sh_argc++)
			;
		execlp("sh", "sh", argv[0], argv[1], argv[1] ? argv[2] : NULL, (char *)NULL);
	}
	fprintf(stderr, "sh: ");
	if (errno == ENOENT && !strchr(argv[0], '/'))
		fprintf(stderr, "%s: not found\n", argv[0]);
	else
		perror(argv[0]);
	exit(errno == ENOENT ? 127 : 126);
}

static int run_compound(struct node *n);

static __noreturn void run_child(struct node *n)
{
	if (n->type == N_COMMAND)
		exec_command(n);
	exit(run(n));
}

/* One process per stage, joined by pipes; the last stage's status counts. */
static int run_pipeline(struct node *n, int background)
{
	pid_t pids[MAX_STAGES], pgid = 0;
	const char *text = n->text;
	int count = 0, in = -1, fds[2];

	for (; n && count < MAX_STAGES; n = n->type == N_PIPE && !background ? n->b : NULL) {
		struct node *stage = n->type == N_PIPE && !background ? n->a : n;
		int last = stage == n;

		if (!last && pipe(fds)) {
			perror("sh: pipe");
			break;
		}
		pids[count] = job_fork(&pgid, !background);
		if (pids[count] == 0) {
			if (in >= 0)
				dup2(in, 0);
			if (!last) {
				dup2(fds[1], 1);
				close(fds[0]);
				close(fds[1]);
			}
			if (in >= 0)
				close(in);
			run_child(stage);
		}
		if (in >= 0)
			close(in);
		in = -1;
		if (!last) {
			close(fds[1]);
			in = fds[0];
		}
		if (pids[count] < 0)
			break;
		count++;
	}
	if (in >= 0)
		close(in);
	if (!count)
		return 1;
	job_add(pgid, pids, count, text);
	last_bg = background ? pids[count - 1] : last_bg;
	return background ? 0 : job_wait(pgid);
}

/* Runs @fn in this process with the redirections in force, then takes them back. */
static int with_redirs(struct node *n, char **argv, const struct builtin *b)
{
	int saved[10], status = 1, keep = b && b->fn == builtin_exec && !argv[1];

	fflush(NULL);
	for (int fd = 0; fd < 10; fd++)
		saved[fd] = -1;
	for (struct redir *r = n->redirs; r && !keep; r = r->next)
		if (r->fd < 10 && saved[r->fd] < 0)
			saved[r->fd] = fcntl(r->fd, F_DUPFD_CLOEXEC, SAVED_FD);
	if (!apply_redirs(n->redirs))
		status = b ? b->fn(argv) : n->type == N_COMMAND ? 0 : run_compound(n);
	fflush(NULL);
	for (int fd = 0; fd < 10; fd++)
		if (saved[fd] >= 0) {
			dup2(saved[fd], fd);
			close(saved[fd]);
		}
	return status;
}

static int run_command(struct node *n)
{
	int vars = assignments(n->words);	/* NAME=VALUE words at the front */
	const struct builtin *b;
	char **argv;

	argv = expand_words(n->words ? n->words + vars : NULL);
	b = find_builtin(argv[0]);
	if (argv[0] && !b) {
		if (job_control && !strcmp(argv[0], "kill"))
			argv = expand_jobs(argv);
		n->argv = argv;	/* for the child: $(command) must not run twice */
		vars = run_pipeline(n, 0);
		jobs_killed();
		n->argv = NULL;	/* a loop expands it anew */
		return vars;
	}
	last_status = 0;
	assign(n->words);
	if (!argv[0] && !n->redirs)
		return last_status;
	return with_redirs(n, argv, b);
}

static int run_for(struct node *n)
{
	char **values = expand_words(n->words + 1);
	int status = 0;

	for (; *values; values++) {
		setenv(n->words[0], *values, 1);
		status = run(n->a);
	}
	return status;
}

static int run_loop(struct node *n)
{
	int status = 0;

	while ((run(n->a) == 0) == (n->type == N_WHILE)) {
		status = run(n->b);
		if (status == 128 + 2)	/* ^C ends the loop, too */
			break;
	}
	return status;
}

static int run_compound(struct node *n)
{
	switch (n->type) {
	case N_AND:
		return run(n->a) ? last_status : run(n->b);
	case N_OR:
		return run(n->a) ? run(n->b) : 0;
	case N_SEQ:
		run(n->a);
		return n->b ? run(n->b) : last_status;
	case N_NOT:
		return !run(n->a);
	case N_IF:
		return run(n->a) == 0 ? run(n->b) : n->c ? run(n->c) : 0;
	case N_WHILE: case N_UNTIL:
		return run_loop(n);
	case N_FOR:
		return run_for(n);
	default:
		return 1;
	}
}

int run(struct node *n)
{
	void *mark = sh_mark();

	if (!n)
		return last_status;
	switch (n->type) {
	case N_COMMAND:
		last_status = run_command(n);
		break;
	case N_PIPE:
		last_status = run_pipeline(n, 0);
		break;
	case N_BG:
		n->a->text = n->text;
		last_status = run_pipeline(n->a, 1);
		break;
	case N_SUBSHELL:
		n->type = N_SEQ;
		last_status = run_pipeline(n, 0);
		n->type = N_SUBSHELL;
		break;
	default:
		last_status = n->redirs ? with_redirs(n, NULL, NULL) : run_compound(n);
	}
	sh_release(mark);
	return last_status;
}

int run_text(const char *text)
{
	void *mark = sh_mark();
	enum parse_result result;
	struct node *n;

	result = parse(text, &n);
	if (result == PARSE_OK && n)
		run(n);
	else if (result != PARSE_OK)
		last_status = 2;
	if (result == PARSE_INCOMPLETE)
		fprintf(stderr, "sh: unexpected end of input\n");
	sh_release(mark);
	return last_status;
}
