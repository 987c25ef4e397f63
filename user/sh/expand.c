/*
 * From words to arguments: quotes, $NAME, ${NAME}, $(command), field splitting, * ? [...].
 *
 * While a field grows, characters that were quoted carry a backslash, so that the pattern matcher
 * can tell a quoted star from a star; the backslashes come off last. Variables are the
 * environment: all of them are exported.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/sh/sh.h"

int sh_argc;
char **sh_argv;
int last_status;
pid_t last_bg;
pid_t sh_pid;

struct fields {
	char **v;
	int n;
	char *buf;		/* the field that grows; NULL: none begun */
	size_t len, size;
	int split;		/* fields may be split and matched against file names */
};

static void put(struct fields *f, char c)
{
	if (f->len + 2 > f->size) {
		char *p = sh_alloc(f->size = f->size * 2 + 64);

		if (f->len)
			memcpy(p, f->buf, f->len);
		f->buf = p;
	}
	f->buf[f->len++] = c;
	f->buf[f->len] = '\0';
}

static void begin(struct fields *f)
{
	put(f, 0);
	f->len--;
}

static void put_quoted(struct fields *f, char c)
{
	if (strchr("\\*?[", c))
		put(f, '\\');
	put(f, c);
}

static char *unescape(char *s)
{
	char *out = s;

	for (char *p = s; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		*out++ = *p;
	}
	*out = '\0';
	return s;
}

static void add_field(struct fields *f, char *s)
{
	if (!(f->n & (f->n - 1))) {	/* room doubles at powers of two */
		char **v = sh_alloc(((size_t)f->n * 2 + 2) * sizeof(*v));

		if (f->n)
			memcpy(v, f->v, (size_t)f->n * sizeof(*v));
		f->v = v;
	}
	f->v[f->n++] = s;
	f->v[f->n] = NULL;
}

static int match(const char *p, const char *s)
{
	for (; *p; p++, s++) {
		if (*p == '*') {
			while (p[1] == '*')
				p++;
			for (; ; s++) {
				if (match(p + 1, s))
					return 1;
				if (!*s)
					return 0;
			}
		}
		if (!*s)
			return 0;
		if (*p == '[' && strchr(p + 2, ']')) {
			const char *end = strchr(p + 2, ']');
			int invert = p[1] == '!' || p[1] == '^', in = 0;

			for (p += 1 + invert; p < end; p++) {
				if (p[1] == '-' && p + 2 < end) {
					in |= *s >= *p && *s <= p[2];
					p += 2;
				} else {
					in |= *s == *p;
				}
			}
			if (in == invert)
				return 0;
		} else if (*p != '?') {
			if (*p == '\\' && p[1])
				p++;
			if (*p != *s)
				return 0;
		}
	}
	return !*s;
}

static int has_pattern(const char *s, size_t n)
{
	for (; n && *s; s++, n--) {
		if (*s == '\\' && s[1]) {
			s++;
			n--;
		} else if (strchr("*?[", *s)) {
			return 1;
		}
	}
	return 0;
}

/* Adds all paths that begin with @dir (which ends with a slash or is empty) and match @pattern. */
static void match_files(struct fields *f, const char *dir, const char *pattern)
{
	size_t len = strcspn(pattern, "/"), dlen = strlen(dir);
	char *part = sh_strndup(pattern, len);
	struct dirent *d;
	DIR *dp;

	if (!has_pattern(part, len)) {	/* also the empty part before a leading slash */
		char *path = sh_alloc(dlen + len + 2);
		struct stat st;

		sprintf(path, "%s%s%s", dir, unescape(part), pattern[len] ? "/" : "");
		if (pattern[len])
			match_files(f, path, pattern + len + 1);
		else if (lstat(path, &st) == 0)
			add_field(f, path);
		return;
	}
	dp = opendir(*dir ? dir : ".");
	while (dp && (d = readdir(dp))) {
		char *path;

		if ((d->d_name[0] == '.' && *part != '.') || !match(part, d->d_name))
			continue;
		path = sh_alloc(dlen + strlen(d->d_name) + 2);
		sprintf(path, "%s%s%s", dir, d->d_name, pattern[len] ? "/" : "");
		if (pattern[len])
			match_files(f, path, pattern + len + 1);
		else
			add_field(f, path);
	}
	if (dp)
		closedir(dp);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void end_field(struct fields *f)
{
	int first = f->n;

	if (!f->buf)
		return;
	if (f->split && has_pattern(f->buf, f->len))
		match_files(f, "", f->buf);
	if (f->n == first)
		add_field(f, unescape(f->buf));
	else
		qsort(f->v + first, (size_t)(f->n - first), sizeof(char *), by_name);
	f->buf = NULL;
	f->len = f->size = 0;
}

static void put_value(struct fields *f, const char *s, int quoted)
{
	for (; s && *s; s++) {
		if (quoted || !f->split)
			put_quoted(f, *s);
		else if (isspace((unsigned char)*s))
			end_field(f);
		else
			put(f, *s);
	}
}

/* $(command): its output without the last newlines. */
static void put_command(struct fields *f, const char *text, int quoted)
{
	size_t n = 0, size = 0;
	char *out = NULL;
	int fds[2];
	FILE *p;
	pid_t pid;

	if (pipe(fds))
		return;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		job_control = 0;
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		exit(run_text(text));
	}
	close(fds[1]);
	p = fdopen(fds[0], "r");
	if (p && getdelim(&out, &size, EOF, p) > 0)
		n = strlen(out);
	while (n && out[n - 1] == '\n')
		out[--n] = '\0';
	put_value(f, out, quoted);
	free(out);
	if (p)
		fclose(p);
	if (pid > 0 && waitpid(pid, &last_status, 0) == pid)
		last_status = WIFEXITED(last_status) ? WEXITSTATUS(last_status) :
			      128 + WTERMSIG(last_status);
}

/* What stands after a dollar at @s; returns what follows it. */
static const char *put_dollar(struct fields *f, const char *s, int quoted)
{
	char num[16], *name;
	size_t n = 0;

	if (*s == '(') {
		const char *end = skip_quoted(s - 1);

		put_command(f, sh_strndup(s + 1, (size_t)(end - s - 2)), quoted);
		return end;
	}
	if (*s == '@' || *s == '*') {
		for (int i = 1; i < sh_argc; i++) {
			if (i > 1 && *s == '@' && quoted && f->split) {
				end_field(f);
				begin(f);
			} else if (i > 1) {
				put_value(f, " ", quoted);
			}
			put_value(f, sh_argv[i], quoted);
		}
		return s + 1;
	}
	if (strchr("?$!#", *s) && *s) {
		snprintf(num, sizeof(num), "%d", *s == '?' ? last_status : *s == '$' ? sh_pid :
			 *s == '!' ? last_bg : sh_argc - 1);
		put_value(f, num, quoted);
		return s + 1;
	}
	if (isdigit((unsigned char)*s)) {
		put_value(f, *s - '0' < sh_argc ? sh_argv[*s - '0'] : "", quoted);
		return s + 1;
	}
	if (*s == '{') {
		n = strcspn(++s, "}");
		name = sh_strndup(s, n);
		s += s[n] ? n + 1 : n;
	} else {
		while (isalnum((unsigned char)s[n]) || s[n] == '_')
			n++;
		name = sh_strndup(s, n);
		s += n;
	}
	if (n)
		put_value(f, getenv(name), quoted);
	else
		put(f, '$');
	return s;
}

static void expand(struct fields *f, const char *s)
{
	int quoted = 0;

	if (*s == '~' && (!s[1] || s[1] == '/'))
		put_value(f, getenv("HOME"), *s++);
	while (*s) {
		if (*s == '\'' && !quoted) {
			begin(f);
			for (s++; *s != '\''; s++)
				put_quoted(f, *s);
			s++;
		} else if (*s == '"') {
			quoted = !quoted;
			if (quoted && strcmp(s, "\"$@\""))
				begin(f);
			s++;
		} else if (*s == '\\' && (!quoted || strchr("\"\\$`", s[1]))) {
			if (*++s != '\n')
				put_quoted(f, *s);
			s++;
		} else if (*s == '$') {
			s = put_dollar(f, s + 1, quoted);
		} else if (quoted) {
			put_quoted(f, *s++);
		} else {
			put(f, *s++);
		}
	}
	end_field(f);
}

char **expand_words(char **words)
{
	struct fields f = { .split = 1 };

	f.v = sh_alloc(sizeof(char *));
	for (; words && *words; words++)
		expand(&f, *words);
	return f.v;
}

char *expand_one(const char *word)
{
	struct fields f = { 0 };

	expand(&f, word);
	return f.n ? f.v[0] : (char *)"";
}
