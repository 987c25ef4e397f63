/*
 * A debugger in miniature: a breakpoint by POKETEXT, single steps through a loop, over a system
 * call and into a handler; registers read and changed one by one and as sets; FPU and vector state.
 */
#include "ptrace.h"
#include <sys/user.h>
#include <fcntl.h>
#include <sys/uio.h>

/* long sum_up(long n): n + (n - 1) + ... + 1. Its instructions have names. */
long sum_up(long n);
extern char sum_loop[], sum_ret[];
/* void call_me(void): one system call between two instructions. */
void call_me(void);
extern char call_insn[], call_after[];
/* Loads registers, stops, and says whether they hold double what they held. */
long vectors(void);
__asm__("	.text\n"
	"sum_up:	xor	%eax, %eax\n"
	"sum_loop:	add	%rdi, %rax\n"
	"	dec	%rdi\n"
	"	jnz	sum_loop\n"
	"sum_ret:	ret\n"
	"call_me:	mov	$39, %eax\n"
	"call_insn:	syscall\n"
	"call_after:	nop\n"
	"	ret\n"
	"vectors:	mov	$21, %eax\n"
	"	cvtsi2sd %eax, %xmm5\n"
	"	fldpi\n"
	"	int3\n"
	"	cvttsd2si %xmm5, %eax\n"
	"	fistpl	-4(%rsp)\n"
	"	add	-4(%rsp), %eax\n"
	"	ret\n");

static struct user_regs_struct regs;

static unsigned long get(pid_t pid)
{
	request(PTRACE_GETREGS, pid, 0, (unsigned long)&regs);
	return regs.rip;
}

static void set(pid_t pid)
{
	request(PTRACE_SETREGS, pid, 0, (unsigned long)&regs);
}

static long plant(pid_t pid, char *where)
{
	long word = request(PTRACE_PEEKTEXT, pid, (unsigned long)where, 0);

	request(PTRACE_POKETEXT, pid, (unsigned long)where,
		(unsigned long)((word & ~0xffL) | 0xcc));
	return word;
}

/* From the breakpoint at where back to the instruction it replaced. */
static void unplant(pid_t pid, char *where, long word)
{
	request(PTRACE_POKETEXT, pid, (unsigned long)where, (unsigned long)word);
	get(pid);
	regs.rip = (unsigned long)where;
	set(pid);
}

static int child_sums(void)
{
	return (int)(sum_up(3) + sum_up(4));
}

static void breakpoint(void)
{
	pid_t pid = traced_child(child_sums);
	int steps = 0, status;
	siginfo_t info;
	long word;

	puts("--- a breakpoint, and single steps");
	await("child", pid);
	word = plant(pid, (char *)sum_up);
	printf("our own text is as it was: %d\n", *(volatile unsigned char *)sum_up != 0xcc);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
	request(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
	get(pid);
	printf("code %#x; behind the breakpoint: %d; argument %ld\n", info.si_code,
	       regs.rip == (unsigned long)sum_up + 1, (long)regs.rdi);
	unplant(pid, (char *)sum_up, word);
	regs.rdi = 5;
	set(pid);
	while (get(pid) != (unsigned long)sum_ret) {
		request(PTRACE_SINGLESTEP, pid, 0, 0);
		waitpid(pid, &status, 0);
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
			break;
		steps++;
		if (regs.rip == (unsigned long)sum_loop)
			printf("  sum %ld, left %ld\n", (long)regs.rax, (long)regs.rdi);
	}
	request(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
	printf("%d steps, sum %ld, code %d, at the instruction: %d\n", steps, (long)regs.rax,
	       info.si_code, info.si_addr == sum_ret);
	printf("the step does not show in the flags: %d\n", !(regs.eflags & 0x100));
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
}

static int child_calls(void)
{
	call_me();
	return 1;
}

static void step_over_call(void)
{
	pid_t pid = traced_child(child_calls);
	siginfo_t info;
	long word;

	puts("--- a step over a system call");
	await("child", pid);
	word = plant(pid, call_insn);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
	unplant(pid, call_insn, word);
	request(PTRACE_SINGLESTEP, pid, 0, 0);
	await("child", pid);
	request(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
	get(pid);
	printf("behind it: %d; result right: %d; code %d\n", regs.rip == (unsigned long)call_after,
	       (pid_t)regs.rax == pid, info.si_code);
	request(PTRACE_SINGLESTEP, pid, 0, 0);
	await("child", pid);
	printf("one further: %d\n", get(pid) == (unsigned long)call_after + 1);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
}

static volatile int handled;

static void handler(int sig)
{
	handled = sig;
}

static int child_handles(void)
{
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	return handled == SIGUSR1 ? 0 : 1;
}

static void step_into_handler(void)
{
	pid_t pid = traced_child(child_handles);
	siginfo_t info;

	puts("--- a step into a handler");
	await("child", pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
	request(PTRACE_SINGLESTEP, pid, 0, SIGUSR1);
	await("child", pid);
	request(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
	get(pid);
	printf("at its first instruction: %d; argument %ld; code %d\n",
	       regs.rip == (unsigned long)handler, (long)regs.rdi, info.si_code);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
}

/* The program steps itself: the flag is its own, and so is the signal. */
static volatile int own_traps;

static void count_trap(int sig)
{
	(void)sig;
	own_traps++;
}

static int child_steps_itself(void)
{
	signal(SIGTRAP, count_trap);
	__asm__ volatile("pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop\n\t"
			 "pushfq\n\tandl $~0x100, (%%rsp)\n\tpopfq"
			 :
			 :
			 : "memory", "cc");
	return own_traps;
}

static void own_steps(void)
{
	pid_t pid = traced_child(child_steps_itself);
	int status, seen = 0;

	puts("--- a program that steps itself");
	await("child", pid);
	for (;;) {
		request(PTRACE_CONT, pid, 0, seen ? SIGTRAP : 0);
		waitpid(pid, &status, 0);
		if (!WIFSTOPPED(status))
			break;
		seen++;
		if (seen == 1) {
			get(pid);
			printf("its flag shows: %d\n", !!(regs.eflags & 0x100));
		}
	}
	printf("seen %d\n", seen);
	tell("child", status);
}

/* --- registers --- */

static int child_waits(void)
{
	for (;;)
		pause();
	return 0;
}

#define AT(name) offsetof(struct user_regs_struct, name)

static void one_by_one(pid_t pid)
{
	static const struct {
		const char *name;
		size_t at;
		unsigned long value;
	} values[] = {
		{ "rax", AT(rax), 0x1234567890abcdef },
		{ "r15", AT(r15), 15 },
		{ "orig_rax", AT(orig_rax), -1UL },
		{ "cs wrong", AT(cs), 0x10 },
		{ "cs null", AT(cs), 0 },
		{ "cs right", AT(cs), 0x33 },
		{ "ss right", AT(ss), 0x2b },
		{ "ds kernel's", AT(ds), 0x18 },
		{ "fs_base high", AT(fs_base), 1UL << 63 },
		{ "gs_base", AT(gs_base), 0x123000 },
		{ "rip wild", AT(rip), 0xdead000000000000 },
		{ "unaligned", AT(rax) + 4, 1 },
		{ "i387", offsetof(struct user, i387), 1 },
		{ "u_comm", offsetof(struct user, u_comm), 1 },
		{ "debug register 7", offsetof(struct user, u_debugreg) + 56, 0 },
		{ "beyond", sizeof(struct user), 1 },
	};

	for (size_t i = 0; i < ARRAY(values); i++) {
		attempt(values[i].name, PTRACE_POKEUSER, pid, values[i].at, values[i].value);
		if (values[i].at < sizeof(regs) && values[i].at % 8 == 0)
			printf("  as written: %d\n",
			       (unsigned long)ptrace(PTRACE_PEEKUSER, pid, values[i].at, 0) ==
				       values[i].value);
	}
	attempt("peek beyond", PTRACE_PEEKUSER, pid, sizeof(struct user), 0);
	attempt("peek unaligned", PTRACE_PEEKUSER, pid, 3, 0);
	printf("peek i387: %ld\n", request(PTRACE_PEEKUSER, pid, offsetof(struct user, i387), 0));
	/* Of the flags only what user mode may have: no IOPL, no interrupts off. */
	request(PTRACE_POKEUSER, pid, AT(eflags), ~0UL);
	printf("flags: %#lx\n", request(PTRACE_PEEKUSER, pid, AT(eflags), 0) & ~0x4000);
	request(PTRACE_POKEUSER, pid, AT(eflags), 0);
	printf("flags: %#lx\n", request(PTRACE_PEEKUSER, pid, AT(eflags), 0));
}

static void sets(pid_t pid)
{
	static char big[16384];
	struct iovec iov = { big, 5000 * 3 };

	memset(big, 0x55, sizeof(big));
	attempt("odd length", PTRACE_GETREGSET, pid, NT_PRSTATUS,
		(unsigned long)&(struct iovec){ big, 12 });
	attempt("no such set", PTRACE_GETREGSET, pid, 77, (unsigned long)&iov);
	request(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov);
	get(pid);
	printf("general registers: %zu bytes, the same as GETREGS: %d, no more: %d\n", iov.iov_len,
	       !memcmp(big, &regs, sizeof(regs)), big[sizeof(regs)] == 0x55);
	iov.iov_len = 16;
	((unsigned long *)big)[0] = 0x1515;
	((unsigned long *)big)[1] = 0x1414;
	request(PTRACE_SETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov);
	printf("two of them: %zu bytes\n", iov.iov_len);
	printf("changed: %d, the rest not: %d\n",
	       get(pid) && regs.r15 == 0x1515 && regs.r14 == 0x1414,
	       regs.r13 == ((unsigned long *)big)[2]);
	iov.iov_len = sizeof(struct user_fpregs_struct);
	request(PTRACE_GETREGSET, pid, NT_FPREGSET, (unsigned long)&iov);
	printf("FPU: %zu bytes\n", iov.iov_len);
	iov.iov_len = 256;
	attempt("half an FPU", PTRACE_SETREGSET, pid, NT_FPREGSET, (unsigned long)&iov);
	iov.iov_len = sizeof(big) & ~7UL;
	request(PTRACE_GETREGSET, pid, NT_X86_XSTATE, (unsigned long)&iov);
	printf("XSAVE: at least 576 bytes: %d, XCR0 has x87 and SSE: %d\n", iov.iov_len >= 576,
	       (big[464] & 3) == 3);
	big[512 + 9] = 1; /* compact form: not from user space */
	attempt("a bad XSAVE header", PTRACE_SETREGSET, pid, NT_X86_XSTATE, (unsigned long)&iov);
	big[512 + 9] = 0;
	big[512 + 30] = 1;
	attempt("reserved bytes", PTRACE_SETREGSET, pid, NT_X86_XSTATE, (unsigned long)&iov);
	big[512 + 30] = 0;
	big[512 + 7] = 0x40;
	attempt("a feature that is not there", PTRACE_SETREGSET, pid, NT_X86_XSTATE,
		(unsigned long)&iov);
	big[512 + 7] = 0;
	big[27] = 0x7f;
	attempt("a bad MXCSR", PTRACE_SETREGSET, pid, NT_X86_XSTATE, (unsigned long)&iov);
	attempt("a bad MXCSR", PTRACE_SETFPREGS, pid, 0, (unsigned long)big);
	big[27] = 0;
	attempt("as it was", PTRACE_SETREGSET, pid, NT_X86_XSTATE, (unsigned long)&iov);
	attempt("nowhere", PTRACE_GETREGS, pid, 0, 8);
	attempt("from nowhere", PTRACE_SETREGS, pid, 0, 8);
	attempt("nowhere", PTRACE_GETREGSET, pid, NT_PRSTATUS, 8);
}

static void registers(void)
{
	pid_t pid = traced_child(child_waits);
	unsigned long base;

	puts("--- registers");
	await("child", pid);
	syscall(SYS_arch_prctl, 0x1003, &base); /* ARCH_GET_FS */
	get(pid);
	printf("its thread pointer is where ours is: %d\n", regs.fs_base == base);
	printf("in tgkill: %d, flags %#lx\n", regs.orig_rax == SYS_tgkill, regs.eflags & 0x200);
	one_by_one(pid);
	sets(pid);
	/* With the wild rip it dies, and nobody else. */
	regs.rip = 0xdead000000000000;
	set(pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
	request(PTRACE_CONT, pid, 0, SIGSEGV);
	await("child", pid);
}

/* --- FPU --- */

static int child_vectors(void)
{
	return (int)vectors();
}

static void fpu(void)
{
	pid_t pid = traced_child(child_vectors);
	struct user_fpregs_struct fp;
	double x, y = 42;

	puts("--- FPU");
	await("child", pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
	request(PTRACE_GETFPREGS, pid, 0, (unsigned long)&fp);
	memcpy(&x, &fp.xmm_space[5 * 4], sizeof(x));
	printf("xmm5 %d, st0 exponent %#x, control %#x, mxcsr %#x\n", (int)x,
	       fp.st_space[2] & 0xffff, fp.cwd, fp.mxcsr & 0xff80);
	memcpy(&fp.xmm_space[5 * 4], &y, sizeof(y));
	fp.st_space[2]++; /* twice pi */
	request(PTRACE_SETFPREGS, pid, 0, (unsigned long)&fp);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid); /* 42 + 6 */
}

/* What a tracer sees at once is what the tracee has, on whichever CPU it was a moment ago: the
 * number of each stop is in a vector register and in rbx. */
static int child_counts(void)
{
	__asm__ volatile("xor	%%ebx, %%ebx\n"
			 "1:	cvtsi2sd %%ebx, %%xmm5\n"
			 "	int3\n"
			 "	inc	%%ebx\n"
			 "	cmp	$300, %%ebx\n"
			 "	jne	1b\n" : : : "rbx", "xmm5", "cc");
	return 0;
}

static void fresh(void)
{
	pid_t pid = traced_child(child_counts);
	struct user_fpregs_struct fp;
	int status, stops = 0, stale = 0;
	double x;

	puts("--- up to date");
	await("child", pid);
	for (;;) {
		request(PTRACE_CONT, pid, 0, 0);
		while (waitpid(pid, &status, WNOHANG) == 0)
			;
		if (!WIFSTOPPED(status))
			break;
		request(PTRACE_GETFPREGS, pid, 0, (unsigned long)&fp);
		get(pid);
		memcpy(&x, &fp.xmm_space[5 * 4], sizeof(x));
		stale += (int)x != stops || (int)regs.rbx != stops;
		stops++;
	}
	printf("%d stops, %d stale\n", stops, stale);
	tell("child", status);
}

/* A register that a C function preserves, changed at the entry of a call: it is there although
 * nobody stops the way out. */
static int child_keeps(void)
{
	long r12 = 1;

	__asm__ volatile("mov	$1, %%r12d\n"
			 "	mov	$39, %%eax\n"
			 "	syscall\n"
			 "	mov	%%r12, %0\n"
			 : "=r"(r12)
			 :
			 : "rax", "rcx", "r11", "r12", "memory");
	return (int)r12;
}

static void change_at_entry(void)
{
	pid_t pid = traced_child(child_keeps);

	puts("--- changed at the entry of a call");
	await("child", pid);
	do {
		request(PTRACE_SYSCALL, pid, 0, 0);
		waitpid(pid, NULL, 0);
		get(pid);
	} while (regs.orig_rax != SYS_getpid);
	regs.r12 = 77;
	set(pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
}

/* --- memory --- */

static const char constant[] __attribute__((aligned(16))) = "read only";
static char variable[16] __attribute__((aligned(16)));

static int child_reads(void)
{
	raise(SIGUSR1);
	printf("it reads: %s, %s\n", *(const char *volatile *)&(const char *){ constant },
	       variable);
	fflush(stdout);
	return 0;
}

/* The same memory as a file. */
static void by_proc_mem(pid_t pid, char *hole)
{
	char path[64], buf[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR);
	printf("mem: %d bytes, ", (int)pread(fd, buf, 7, (off_t)constant));
	printf("'%s', %d written, ", buf, (int)pwrite(fd, "Written", 7, (off_t)constant));
	printf("up to a hole %d, ", (int)pread(fd, buf, 32, (off_t)hole + 4090));
	printf("%d ", (int)pread(fd, buf, 1, (off_t)hole + 4096));
	printf("%s\n", errno == EIO ? "EIO in it" : "?");
	close(fd);
}

static void memory(void)
{
	char *hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long word;
	pid_t pid;

	puts("--- memory");
	munmap(hole + 4096, 4096);
	pid = traced_child(child_reads);
	await("child", pid);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
	memcpy(&word, "writtenX", 8);
	request(PTRACE_POKEDATA, pid, (unsigned long)constant, word);
	request(PTRACE_POKEDATA, pid, (unsigned long)variable, word);
	printf("ours: %s, '%s'\n", constant, variable);
	attempt("across the end", PTRACE_PEEKDATA, pid, (unsigned long)hole + 4092, 0);
	attempt("up to the end", PTRACE_POKEDATA, pid, (unsigned long)hole + 4088, 1);
	attempt("a hole", PTRACE_POKEDATA, pid, (unsigned long)hole + 4096, 1);
	attempt("kernel memory", PTRACE_PEEKDATA, pid, 0xffffffff80000000, 0);
	attempt("null", PTRACE_PEEKDATA, pid, 0, 0);
	attempt("shared and read only", PTRACE_POKEDATA, pid, (unsigned long)shared, 1);
	attempt("no access: read", PTRACE_PEEKDATA, pid, (unsigned long)none, 0);
	attempt("no access: write", PTRACE_POKEDATA, pid, (unsigned long)none, 7);
	printf("written: %ld\n", request(PTRACE_PEEKDATA, pid, (unsigned long)none, 0));
	by_proc_mem(pid, hole);
	request(PTRACE_CONT, pid, 0, 0);
	await("child", pid);
}

int main(void)
{
	breakpoint();
	step_over_call();
	step_into_handler();
	own_steps();
	registers();
	fpu();
	fresh();
	change_at_entry();
	memory();
	return 0;
}
