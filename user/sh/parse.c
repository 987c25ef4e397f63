/*
 * From text to a tree, by recursive descent:
 *
 *	list     = andor { (";" | "&" | newline) andor }
 *	andor    = pipeline { ("&&" | "||") pipeline }
 *	pipeline = [ "!" ] command { "|" command }
 *	command  = "(" list ")" | "{" list "}" | if | while | until | for | { word | redirection }
 *
 * Words keep their quotes: expand.c takes them off.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/sh/sh.h"

struct chunk {
	struct chunk *next;
	char data[] __attribute__((aligned(16)));
};

static struct chunk *chunks;
static const char *in;		/* what is not yet parsed */
static jmp_buf failed;

void *sh_alloc(size_t size)
{
	struct chunk *c = calloc(1, sizeof(*c) + size);

	if (!c) {
		fprintf(stderr, "sh: out of memory\n");
		exit(2);
	}
	c->next = chunks;
	chunks = c;
	return c->data;
}

char *sh_strndup(const char *s, size_t n)
{
	return memcpy(sh_alloc(n + 1), s, n);
}

void *sh_mark(void)
{
	return chunks;
}

void sh_release(void *mark)
{
	while (chunks != mark) {
		struct chunk *next = chunks->next;

		free(chunks);
		chunks = next;
	}
}

static __noreturn void syntax_error(void)
{
	if (!*in)
		longjmp(failed, PARSE_INCOMPLETE);
	fprintf(stderr, "sh: syntax error near `%.*s'\n", (int)strcspn(in, "\n"), in);
	longjmp(failed, PARSE_ERROR);
}

static void skip_blanks(void)
{
	for (;;) {
		while (*in == ' ' || *in == '\t')
			in++;
		if (in[0] == '\\' && in[1] == '\n')
			in += 2;
		else
			break;
	}
	if (*in == '#')
		in += strcspn(in, "\n");
}

static void skip_newlines(void)
{
	for (skip_blanks(); *in == '\n'; skip_blanks())
		in++;
}

const char *skip_quoted(const char *s)
{
	char q = *s++;

	if (q == '\\')
		return *s ? s + 1 : NULL;
	if (q == '\'') {
		s = strchr(s, '\'');
		return s ? s + 1 : NULL;
	}
	if (q == '$')
		s++;
	while (s && *s && *s != (q == '$' ? ')' : '"')) {
		if (*s == '\\' || (*s == '$' && s[1] == '(') ||
		    (q == '$' && (*s == '\'' || *s == '"')))
			s = skip_quoted(s);
		else
			s++;
	}
	return s && *s ? s + 1 : NULL;
}

/* The end of the word at @s; @s itself when there is none. */
static const char *word_end(const char *s)
{
	while (*s && !strchr(" \t\n;&|()<>", *s)) {
		if (*s == '\\' || *s == '\'' || *s == '"' || (*s == '$' && s[1] == '(')) {
			s = skip_quoted(s);
			if (!s) {
				in = "";
				syntax_error();
			}
		} else {
			s++;
		}
	}
	return s;
}

static char *get_word(void)
{
	const char *end = word_end(in), *start = in;

	if (end == start)
		syntax_error();
	in = end;
	return sh_strndup(start, (size_t)(end - start));
}

/* Is the next word the keyword @kw? Then takes it. */
static int keyword(const char *kw)
{
	size_t n = strlen(kw);

	skip_blanks();
	if (strncmp(in, kw, n) || word_end(in) != in + n)
		return 0;
	in += n;
	return 1;
}

static int at_keyword(const char *kw)
{
	const char *save = in;
	int yes = keyword(kw);

	in = save;
	return yes;
}

static void expect(const char *kw)
{
	skip_newlines();
	if (!keyword(kw))
		syntax_error();
}

static struct node *new_node(enum node_type type, struct node *a, struct node *b)
{
	struct node *n = sh_alloc(sizeof(*n));

	n->type = type;
	n->a = a;
	n->b = b;
	return n;
}

static struct node *parse_list(void);

/* [digits] ( < | > | >> | >& | <& ) word; 0 if there is none. */
static int parse_redir(struct node *n)
{
	const char *p = in;
	struct redir *r, **tail = &n->redirs;

	while (isdigit((unsigned char)*p))
		p++;
	if (*p != '<' && *p != '>')
		return 0;
	r = sh_alloc(sizeof(*r));
	r->fd = p > in ? atoi(in) : *p == '>';
	r->type = *p++;
	if (*p == '&') {
		r->type = '&';
		p++;
	} else if (r->type == '>' && *p == '>') {
		r->type = 'a';
		p++;
	}
	in = p;
	skip_blanks();
	r->word = get_word();
	while (*tail)
		tail = &(*tail)->next;
	*tail = r;
	return 1;
}

static void add_word(struct node *n, int *count, char *word)
{
	char **words = sh_alloc((size_t)(*count + 2) * sizeof(char *));

	if (*count)
		memcpy(words, n->words, (size_t)*count * sizeof(char *));
	words[(*count)++] = word;
	n->words = words;
}

static struct node *parse_if(void)
{
	struct node *n = new_node(N_IF, parse_list(), NULL);

	expect("then");
	n->b = parse_list();
	skip_newlines();
	if (keyword("elif")) {
		n->c = parse_if();
		return n;
	}
	if (keyword("else"))
		n->c = parse_list();
	expect("fi");
	return n;
}

static struct node *parse_for(void)
{
	struct node *n = new_node(N_FOR, NULL, NULL);
	int count = 0;

	skip_blanks();
	add_word(n, &count, get_word());
	skip_newlines();
	if (keyword("in"))
		for (skip_blanks(); word_end(in) != in; skip_blanks())
			add_word(n, &count, get_word());
	else
		add_word(n, &count, (char *)"\"$@\"");
	skip_blanks();
	if (*in == ';')
		in++;
	expect("do");
	n->a = parse_list();
	expect("done");
	return n;
}

static struct node *parse_while(enum node_type type)
{
	struct node *cond = parse_list(), *body;

	expect("do");
	body = parse_list();
	expect("done");
	return new_node(type, cond, body);
}

static struct node *parse_command(void)
{
	const char *start;
	struct node *n;
	int count = 0;

	skip_blanks();
	start = in;
	if (*in == '(') {
		in++;
		n = new_node(N_SUBSHELL, parse_list(), NULL);
		skip_newlines();
		if (*in != ')')
			syntax_error();
		in++;
	} else if (keyword("{")) {
		n = new_node(N_SEQ, parse_list(), NULL);
		expect("}");
	} else if (keyword("if")) {
		n = parse_if();
	} else if (keyword("while")) {
		n = parse_while(N_WHILE);
	} else if (keyword("until")) {
		n = parse_while(N_UNTIL);
	} else if (keyword("for")) {
		n = parse_for();
	} else {
		n = new_node(N_COMMAND, NULL, NULL);
		for (skip_blanks(); parse_redir(n) || word_end(in) != in; skip_blanks())
			if (word_end(in) != in && !parse_redir(n))
				add_word(n, &count, get_word());
		if (!count && !n->redirs)
			syntax_error();
	}
	for (skip_blanks(); parse_redir(n); skip_blanks())
		;
	n->text = sh_strndup(start, (size_t)(in - start));
	return n;
}

static struct node *parse_pipeline(void)
{
	int invert = keyword("!");
	const char *start;
	struct node *n;

	skip_blanks();
	start = in;
	n = parse_command();
	skip_blanks();
	if (in[0] == '|' && in[1] != '|') {
		in++;
		skip_newlines();
		n = new_node(N_PIPE, n, parse_pipeline());
		n->text = sh_strndup(start, (size_t)(in - start));
	}
	return invert ? new_node(N_NOT, n, NULL) : n;
}

static struct node *parse_and_or(void)
{
	struct node *n = parse_pipeline();

	for (skip_blanks(); (in[0] == '&' && in[1] == '&') || (in[0] == '|' && in[1] == '|');
	     skip_blanks()) {
		enum node_type type = *in == '&' ? N_AND : N_OR;

		in += 2;
		skip_newlines();
		n = new_node(type, n, parse_pipeline());
	}
	return n;
}

static int at_list_end(void)
{
	static const char *const ends[] = { "then", "elif", "else", "fi", "do", "done", "}" };

	skip_newlines();
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (at_keyword(ends[i]))
			return 1;
	return !*in || *in == ')';
}

static struct node *parse_list(void)
{
	struct node *list = NULL;

	while (!at_list_end()) {
		const char *start = in;
		struct node *n = parse_and_or();

		skip_blanks();
		if (*in == '&') {
			n = new_node(N_BG, n, NULL);
			n->text = sh_strndup(start, (size_t)(in - start));
		}
		list = list ? new_node(N_SEQ, list, n) : n;
		if (*in == '&' || *in == ';' || *in == '\n')
			in++;
		else
			break;
	}
	return list;
}

enum parse_result parse(const char *text, struct node **out)
{
	int result;

	in = text;
	*out = NULL;
	result = setjmp(failed);
	if (result)
		return (enum parse_result)result;
	*out = parse_list();
	skip_newlines();
	if (*in)
		syntax_error();
	return PARSE_OK;
}
