/*
 * pstree [-ptT] [PID]: who made whom, threads in braces; in the manner of psmisc's. Without a PID
 * all tasks whose parent is PID 0: init's tree, and kthreadd's.
 *
 *	-p	with numbers, nothing folded
 *	-t	threads by their own names, not by the process's	-T	without threads
 *
 *	init(1)-+-sh(3)-+-deadlock(7)-+-{deadlock}(8)
 *	        |       |             `-{deadlock}(9)
 *	        |       `-pstree(12)
 *	        `-cat(4)
 */
#include <proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct proc_list list;
static bool numbers, thread_names, no_threads;

/* A node of the tree: its text, and what hangs below it. */
struct node {
	char text[96];
	struct node **child;
	int n;
};

static void *must(void *p)
{
	if (!p) {
		fprintf(stderr, "pstree: out of memory\n");
		exit(1);
	}
	return p;
}

static bool is_leader(const struct proc_task *t)
{
	return t->tid == t->pid;
}

static bool belongs(const struct proc_task *t, const struct proc_task *above)
{
	if (!is_leader(t))
		return t->pid == above->pid && !no_threads;
	return t->ppid == above->pid && t != above;
}

/* psmisc's order: by name, what has one name by number. Threads come after processes. */
static int by_name(const void *a, const void *b)
{
	const struct proc_task *x = *(const struct proc_task *const *)a;
	const struct proc_task *y = *(const struct proc_task *const *)b;
	int d = is_leader(y) - is_leader(x);

	if (!d && (is_leader(x) || thread_names))
		d = strcmp(x->comm, y->comm);
	return d ? d : x->tid - y->tid;
}

/* process: t's own, or t itself. */
static struct node *build(const struct proc_task *t, const struct proc_task *process)
{
	struct node *node = must(calloc(1, sizeof(*node)));
	const struct proc_task **sorted = must(calloc(list.n + 1, sizeof(*sorted)));
	int n = snprintf(node->text, sizeof(node->text), is_leader(t) ? "%s" : "{%s}",
			 thread_names ? t->comm : process->comm);

	if (numbers)
		snprintf(node->text + n, sizeof(node->text) - (size_t)n, "(%d)", (int)t->tid);
	for (size_t i = 0; is_leader(t) && i < list.n; i++)
		if (belongs(&list.task[i], t))
			sorted[node->n++] = &list.task[i];
	qsort(sorted, (size_t)node->n, sizeof(*sorted), by_name);
	node->child = must(calloc((size_t)node->n + 1, sizeof(*node->child)));
	for (int i = 0; i < node->n; i++)
		node->child[i] = build(sorted[i], is_leader(sorted[i]) ? sorted[i] : t);
	free(sorted);
	return node;
}

static bool same(const struct node *a, const struct node *b)
{
	if (strcmp(a->text, b->text) || a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (!same(a->child[i], b->child[i]))
			return false;
	return true;
}

/* @prefix: what the lines below begin with; @column: where that begins to be blank. */
static void print(const struct node *node, const char *prefix, int times)
{
	char below[1024], count[16] = "";
	bool first = true;

	if (times > 1)
		snprintf(count, sizeof(count), "%d*[", times);
	printf("%s%s", count, node->text);
	for (int i = 0, k; i < node->n; i = k) {
		int width = (int)(strlen(count) + strlen(node->text));

		for (k = i + 1; !numbers && k < node->n && same(node->child[i], node->child[k]);
		     k++)
			;
		if (first && k == node->n)
			printf("---");
		else if (first)
			printf("-+-");
		else
			printf("\n%s%*s %c-", prefix, width, "", k == node->n ? '`' : '|');
		snprintf(below, sizeof(below), "%s%*s %c ", prefix, width, "",
			 k == node->n ? ' ' : '|');
		print(node->child[i], below, k - i);
		first = false;
	}
	if (times > 1)
		putchar(']');
}

int main(int argc, char **argv)
{
	pid_t root;
	int c, found = 0;

	while ((c = getopt(argc, argv, "ptT")) != -1) {
		if (c == '?') {
			fprintf(stderr, "usage: pstree [-ptT] [PID]\n");
			return 2;
		}
		numbers |= c == 'p';
		thread_names |= c == 't';
		no_threads |= c == 'T';
	}
	root = optind < argc ? atoi(argv[optind]) : 0;
	proc_scan(&list, PROC_THREADS);
	for (size_t i = 0; i < list.n; i++) {
		const struct proc_task *t = &list.task[i];

		if (!is_leader(t) || (root ? t->pid != root : t->ppid != 0))
			continue;
		print(build(t, t), "", 1);
		putchar('\n');
		found++;
	}
	return !found;
}
