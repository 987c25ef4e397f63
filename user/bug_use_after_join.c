/*
 * A bug to be found: use after join. A worker hands its report to the printer thread and ends; main
 * joins the worker and takes its memory back. But nobody asked the printer whether it is done with
 * the report. It nearly always is: printing is quick, and main has other things to do first.
 *
 *	tools/explore -- bug_use_after_join
 *
 * The cure: whoever got the report frees it, or main joins the printer first.
 */
#include "check.h"

struct report {
	char text[32];
};

static int mailbox[2];		/* a pipe for pointers: worker to printer */
static int torn;

static void *print(void *arg)
{
	struct report *r;

	if (read(mailbox[0], &r, sizeof(r)) != sizeof(r))
		return NULL;
	sched_getcpu();		/* the time stamp: any system call */
	torn = strcmp(r->text, "all well") != 0;
	return NULL;
}

static void *work(void *arg)
{
	struct report *r = arg;

	strcpy(r->text, "all well");
	if (write(mailbox[1], &r, sizeof(r)) != sizeof(r))
		exit(100);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct report r;		/* its memory goes to the next user below */
	pthread_t printer, worker;

	begin(argc, argv);
	if (pipe(mailbox))
		return 100;
	printer = spawn(print, NULL);
	worker = spawn(work, &r);
	pthread_join(worker, NULL);
	compute(300000);
	memset(&r, 0xdd, sizeof(r));
	pthread_join(printer, NULL);
	check("the printer read what the worker wrote", !torn);
	return failures;
}
