/*
 * crash WHAT: does one thing that a program must not do, and dies by the signal Linux gives for
 * it. Without an argument it tries all of them, each in a child, and says whether the signal was
 * the right one; the exit status is 0 if all were. The kernel must be none the worse for it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define KERNEL_TEXT	0xffffffff80200000UL
#define DIRECT_MAP	0xffff888000100000UL
#define NON_CANONICAL	0x0000900000000000UL

static volatile int sink;
static volatile int zero;
static int *volatile null;

static void call(unsigned long addr)
{
	void (*volatile fn)(void);

	memcpy((void *)&fn, &addr, sizeof(fn));
	fn();
}

static void null_call(void) { call(0); }
static void kernel_call(void) { call(KERNEL_TEXT); }
static void wild_jump(void) { call(NON_CANONICAL); }
static void null_read(void) { sink = *null; }
static void kernel_read(void) { sink = *(volatile int *)KERNEL_TEXT; }
static void kernel_write(void) { *(volatile int *)KERNEL_TEXT = 1; }
static void direct_map(void) { sink = *(volatile int *)DIRECT_MAP; }
static void non_canonical(void) { sink = *(volatile int *)NON_CANONICAL; }
static void text_write(void) { *(volatile char *)(unsigned long)text_write = 0; }
static void div0(void) { sink = 100; sink = sink / zero; }
static void ud2(void) { __asm__ __volatile__("ud2"); }
static void int3(void) { __asm__ __volatile__("int3"); }
static void bad_int(void) { __asm__ __volatile__("int $0x33"); }
static void cli(void) { __asm__ __volatile__("cli"); }
static void hlt(void) { __asm__ __volatile__("hlt"); }
static void io_port(void) { __asm__ __volatile__("outb %%al, $0x80" : : "a"(0)); }
static void rdmsr(void) { __asm__ __volatile__("rdmsr" : : "c"(0xc0000080) : "eax", "edx"); }
static void write_cr3(void) { __asm__ __volatile__("mov %0, %%cr3" : : "r"(0UL)); }
static void abort_call(void) { abort(); }

static void single_step(void)
{
	__asm__ __volatile__("push %0; popf; nop" : : "r"(0x100UL) : "memory", "cc");
}

static void unaligned_sse(void)
{
	static char mem[32] __attribute__((aligned(16)));

	__asm__ __volatile__("movaps %%xmm0, (%0)" : : "r"(mem + 1) : "memory");
}

static void stack_exec(void)
{
	unsigned char code[16];

	memset(code, 0xc3, sizeof(code));
	call((unsigned long)code);
}

static noinline int recurse(int n)
{
	volatile char frame[4096];

	frame[0] = (char)n;
	return n < 0 ? 0 : recurse(n + 1) + frame[0];
}

static void stack_overflow(void) { sink = recurse(0); }

static void bad_stack(void)
{
	__asm__ __volatile__("mov %0, %%rsp; push %%rax" : : "r"(8UL) : "memory");
}

/* A page of a mapping behind the end of its file. */
static void past_end(void)
{
	int fd = memfd_create("short", 0);
	char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	if (p != MAP_FAILED)
		sink = *(volatile char *)p;
}

static const struct {
	const char *name;
	void (*fn)(void);
	int sig;
} ways[] = {
	{ "null-call", null_call, SIGSEGV }, { "null-read", null_read, SIGSEGV },
	{ "kernel-call", kernel_call, SIGSEGV }, { "kernel-read", kernel_read, SIGSEGV },
	{ "kernel-write", kernel_write, SIGSEGV }, { "direct-map", direct_map, SIGSEGV },
	{ "wild-jump", wild_jump, SIGSEGV }, { "non-canonical", non_canonical, SIGSEGV },
	{ "text-write", text_write, SIGSEGV }, { "stack-exec", stack_exec, SIGSEGV },
	{ "stack-overflow", stack_overflow, SIGSEGV }, { "bad-stack", bad_stack, SIGSEGV },
	{ "div0", div0, SIGFPE }, { "ud2", ud2, SIGILL }, { "int3", int3, SIGTRAP },
	{ "single-step", single_step, SIGTRAP }, { "int", bad_int, SIGSEGV },
	{ "cli", cli, SIGSEGV }, { "hlt", hlt, SIGSEGV }, { "io-port", io_port, SIGSEGV },
	{ "rdmsr", rdmsr, SIGSEGV }, { "write-cr3", write_cr3, SIGSEGV },
	{ "unaligned-sse", unaligned_sse, SIGSEGV }, { "past-end", past_end, SIGBUS },
	{ "abort", abort_call, SIGABRT },
};

static int try_all(void)
{
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct rlimit no_core = { 0, 0 };
		int status = 0;
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			setrlimit(RLIMIT_CORE, &no_core);
			ways[i].fn();
			_exit(0);
		}
		waitpid(pid, &status, 0);
		if (WIFSIGNALED(status) && WTERMSIG(status) == ways[i].sig) {
			printf("ok %s: %s\n", ways[i].name, strsignal(ways[i].sig));
		} else {
			printf("not ok %s: status %#x instead of signal %d\n", ways[i].name, status,
			       ways[i].sig);
			failed = 1;
		}
	}
	puts(failed ? "FAIL" : "PASS");
	return failed;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return try_all();
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (!strcmp(argv[1], ways[i].name)) {
			ways[i].fn();
			return 0;
		}
	fprintf(stderr, "usage: crash [WHAT], where WHAT is one of\n");
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		fprintf(stderr, "\t%s\n", ways[i].name);
	return 2;
}
