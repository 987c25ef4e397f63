/*
 * Below each thread's stack lies a page nobody may touch. A thread walks down its stack until it
 * gets there: SIGSEGV at an address in a mapping without any rights. Without a guard it would have
 * written over whatever lies below.
 */
#include "check.h"

#include <setjmp.h>

#define STACK (256 * 1024)
#define GUARD (64 * 1024)
#define PAGE 4096UL

static sigjmp_buf back;
static volatile unsigned long fault, top, touched;
static volatile int code;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	fault = (unsigned long)info->si_addr;
	code = info->si_code;
	siglongjmp(back, 1);
}

/* Writes a byte to every page down from here. */
static void *walk_down(void *arg)
{
	char here;
	stack_t st = { .ss_size = 65536, .ss_sp = arg };

	sigaltstack(&st, NULL);
	top = (unsigned long)&here;
	if (sigsetjmp(back, 1) == 0)
		for (touched = top;; touched -= PAGE)
			*(volatile char *)(touched - PAGE) = 1;
	st.ss_flags = SS_DISABLE;
	sigaltstack(&st, NULL);
	return NULL;
}

/* The rights of the mapping at @address: "rw-p", or "none". */
static void rights(unsigned long address, char *out)
{
	static char line[512];
	FILE *f = fopen("/proc/self/maps", "r");

	strcpy(out, "none");
	while (f && fgets(line, sizeof(line), f)) {
		char *end;
		unsigned long from = strtoul(line, &end, 16), to = strtoul(end + 1, &end, 16);

		if (address >= from && address < to)
			memcpy(out, end + 1, 4);
	}
	if (f)
		fclose(f);
}

static void *recurse(void *arg)
{
	volatile char frame[1024];

	frame[0] = arg ? 1 : 0;
	return frame[0] > 1 ? NULL : (char *)recurse((void *)frame) + frame[0];
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	pthread_attr_t a;
	pthread_t t;
	char perms[8] = "";
	int status = 0, err;
	size_t got = 0;
	pid_t pid;

	begin(argc, argv);
	sigaction(SIGSEGV, &sa, NULL);
	pthread_attr_init(&a);
	check("stack size", pthread_attr_setstacksize(&a, STACK) == 0 &&
	      pthread_attr_getstacksize(&a, &got) == 0 && got == STACK);
	check("guard size", pthread_attr_setguardsize(&a, GUARD) == 0 &&
	      pthread_attr_getguardsize(&a, &got) == 0 && got == GUARD);
	err = pthread_create(&t, &a, walk_down, malloc(65536));
	check("create", err == 0);
	while (!__atomic_load_n(&fault, __ATOMIC_SEQ_CST))
		moment();
	rights(fault, perms);	/* cached or not, the stack may only go after the join */
	pthread_join(t, NULL);
	if (verbose)
		printf("from %#lx down to %#lx (%lu KiB), fault at %#lx: %s, code %d\n", top,
		       touched, (top - touched) / 1024, fault, perms, code);
	check("SIGSEGV on the first page not written", fault == touched - PAGE);
	check("access denied, not \"nothing mapped\"", code == SEGV_ACCERR);
	check("all but a little of the stack could be written",
	      top - touched > STACK / 2 && top - touched <= STACK);
	check("/proc/self/maps: the guard is ---p", !strncmp(perms, "---p", 4));

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		sigaction(SIGSEGV, &dfl, NULL);
		pthread_join(spawn(recurse, NULL), NULL);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	check("endless recursion in a thread ends the process by SIGSEGV",
	      WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	return failures;
}
