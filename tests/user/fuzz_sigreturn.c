/*
 * test: timeout=120 Corrupt signal frames: a handler changes its own frame and returns. First by
 * hand, one field at a time, where the verdict is known (Linux is asked for it); then 10,000 frames
 * with random words, of which it is only asked that the child ends.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libk/abi/ucontext.h"
#include "libk/bits.h"

static int how;
static unsigned long seed;
static char *page_end;	/* a page follows that is not there */

static unsigned long draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Where a random frame may lead to: nowhere that does harm. */
static void randomise(struct ucontext *uc)
{
	static const unsigned long values[] = {
		0,
		1,
		~0UL,
		1UL << 47,
		1UL << 63,
		0x00007ffffffff000,
		0xffff888000000000,
		0xffffffff80000000,
		8,
		0x7ff,
	};
	unsigned long *sc = (unsigned long *)&uc->uc_mcontext;
	unsigned char *fp = (unsigned char *)uc->uc_mcontext.fpstate;
	unsigned long n = 1 + draw() % 4, *rip = (unsigned long *)&uc->uc_mcontext.rip;

	for (unsigned long i = 0; i < n; i++) {
		unsigned long *word = sc + draw() % (sizeof(uc->uc_mcontext) / 8);
		unsigned long value = draw() % 2 ? values[draw() % ARRAY_SIZE(values)] : draw();

		if (word != rip)
			*word = value;
	}
	if (draw() % 4 == 0)
		*rip = values[draw() % ARRAY_SIZE(values)];
	if (draw() % 2)
		for (unsigned long i = 0; i < n; i++)
			fp[draw() % 900] = (unsigned char)draw();
	if (draw() % 8 == 0)
		uc->uc_stack.ss_flags = (int)draw();
	uc->uc_mcontext.eflags &= ~0x100UL;	/* a trap after each instruction is for the list
						 * below */
}

static void handler(int sig, siginfo_t *info, void *context)
{
	struct ucontext *uc = context;
	struct sigcontext *sc = &uc->uc_mcontext;
	unsigned char *fp = (unsigned char *)sc->fpstate;
	unsigned int word = ~0u;

	switch (how) {
	case 0: break;
	case 1: sc->rip = 0; break;
	case 2: sc->rip = 1UL << 47; break;
	case 3: sc->rip = 0xffffffff80200000UL; break;
	case 4: sc->rsp = 0; break;
	case 5: sc->rsp = 8; break;
	case 6: sc->rsp = 0xffffffff80200000UL; break;
	case 7: sc->fpstate = (void *)8; break;
	case 8: sc->fpstate = (void *)0xffff888000000000UL; break;
	case 9: sc->fpstate = (void *)(1UL << 47); break;
	case 10: sc->fpstate = NULL; break;
	case 11: memcpy(fp + 24, &word, 4); break;	/* MXCSR */
	case 12: memset(fp, 0xff, 24); break;
	case 13: memset(fp + 464, 0, 48); break;	/* no magic: the old format */
	case 14: sc->eflags |= 0x3000; break;		/* IOPL */
	case 15: sc->eflags |= 0x4000; break;		/* NT */
	case 16: sc->eflags |= 0x20000; break;		/* VM */
	case 17: sc->eflags &= ~0x200UL; break;		/* IF */
	case 18: sc->eflags |= 0x100; break;		/* TF */
	case 19: sc->eflags |= 0x400; break;		/* DF */
	case 20: uc->uc_sigmask = ~0UL; break;
	case 21: uc->uc_stack.ss_flags = 0x7777; break;
	case 22: memset(uc, 0xff, sizeof(*uc)); break;
	case 23: memset(uc, 0, sizeof(*uc)); break;
	case 24: sc->fpstate = (void *)(page_end - 512); memcpy(page_end - 512, fp, 512); break;
	case 25: sc->fpstate = (void *)(page_end - 64); break;
	case 100: randomise(uc); break;
	}
}

static int child(int what)
{
	struct rlimit no_core = { 0, 0 };
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	unsigned long flags;

	how = what;
	setrlimit(RLIMIT_CORE, &no_core);
	if (what == 26 || what == 27 || what == 28) {	/* rt_sigreturn without any frame */
		__asm__ __volatile__("mov %0, %%rsp; mov $15, %%eax; syscall"
				     :
				     : "r"(what == 26	? 8UL
					   : what == 27 ? 0xffff888000001000UL
							: 1UL << 47)
				     : "memory");
		return 3;
	}
	sigaction(SIGUSR1, &sa, NULL);
	kill(getpid(), SIGUSR1);
	__asm__ __volatile__("pushfq; cld; popq %0" : "=r"(flags));
	return flags & 0x4600 ? (int)(flags >> 8 & 0x4e) : 1;
}

static int run(int what)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(5);
		_exit(child(what));
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

int main(int argc, char **argv)
{
	int ended = 0, frames = argc > 1 ? atoi(argv[1]) : 10000;

	page_end = (char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				0) +
		   4096;
	munmap(page_end, 4096);
	for (int i = 0; i <= 28; i++)
		printf("%d: status %#x\n", i, run(i));
	fflush(stdout);
	for (int i = 0; i < frames; i++) {
		seed = (unsigned long)i * 0x9e3779b97f4a7c15 + 12345;
		ended += run(100) >= 0;
	}
	printf("%d frames, all answered: %s\n", frames, ended == frames ? "yes" : "no");
	return ended != frames;
}
