/*
 * fuzz_mm [ROUNDS [SEED]]: two threads map, unmap, move, protect and touch pages of one region at
 * random, while a child is forked now and then and lives through the same. A page that a thread has
 * for itself must hold what it last wrote there, whatever the other does; what is touched without
 * permission gives SIGSEGV or SIGBUS, and no more.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define OWN 64		/* pages of each thread's own half of the region */
#define SHARED 64	/* pages both play with: anything may happen to them */
#define STACK 65536

enum { NONE, READ, WRITE };

struct player {
	char *own;
	unsigned char want[OWN];	/* what the first byte of each page is */
	unsigned char prot[OWN];	/* NONE: unmapped or without permission */
	unsigned long rand;
	sigjmp_buf jump;
	volatile sig_atomic_t armed;
	int failed;
};

static struct player players[2];
static char *shared;
static int rounds = 3000, memfd;
static volatile int done;
static char stack[STACK] __aligned(16);
static int tids[2];

static unsigned long draw(struct player *p)
{
	unsigned long x = p->rand;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return p->rand = x;
}

static void caught(int sig)
{
	int me = (int)syscall(SYS_gettid) == tids[1];

	if (!players[me].armed)
		_exit(100 + sig);
	players[me].armed = 0;
	siglongjmp(players[me].jump, 1);
}

/* The first byte of the page, or -1 when it cannot be read. */
static int peek(struct player *p, volatile char *at)
{
	volatile int value = -1;

	if (!sigsetjmp(p->jump, 1)) {
		p->armed = 1;
		value = (unsigned char)*at;
	}
	p->armed = 0;
	return value;
}

static int poke(struct player *p, volatile char *at, char value)
{
	volatile int ok = 0;

	if (!sigsetjmp(p->jump, 1)) {
		p->armed = 1;
		*at = value;
		ok = 1;
	}
	p->armed = 0;
	return ok;
}

static void complain(struct player *p, const char *what, size_t page)
{
	printf("%s, page %zu: %s\n", what, page, strerror(errno));
	p->failed = 1;
}

/* Out and back by mremap: the pages keep what they hold. */
static void move_pages_about(struct player *p, size_t first, size_t n)
{
	char *at = p->own + first * PAGE, *away;

	for (size_t i = first; i < first + n; i++)
		if (p->prot[i] != WRITE)
			return;
	mprotect(at, n * PAGE, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < n; i++) {
		away = mremap(at + i * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			      p->own + (OWN + 1 + i) * PAGE);
		if (away == MAP_FAILED ||
		    mremap(away, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at + i * PAGE) !=
			    at + i * PAGE)
			complain(p, "mremap", first + i);
	}
}

static void own_round(struct player *p)
{
	size_t first = draw(p) % OWN, n = 1 + draw(p) % 8;
	char *at = p->own + first * PAGE;
	unsigned long what = draw(p) % 6;

	if (first + n > OWN)
		n = OWN - first;
	switch (what) {
	case 0:
		if (mmap(at, n * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at)
			complain(p, "mmap", first);
		memset(p->want + first, 0, n);
		memset(p->prot + first, WRITE, n);
		break;
	case 1:
		if (munmap(at, n * PAGE))
			complain(p, "munmap", first);
		memset(p->prot + first, NONE, n);
		memset(p->want + first, 0, n);
		break;
	case 2: {
		int prot = (int)(draw(p) % 3), ok = 1;

		for (size_t i = first; i < first + n; i++)
			ok &= p->prot[i] != NONE;
		if (ok && prot != NONE) {
			if (mprotect(at, n * PAGE,
				     prot == WRITE ? PROT_READ | PROT_WRITE : PROT_READ))
				complain(p, "mprotect", first);
			memset(p->prot + first, prot, n);
		}
		break;
	}
	case 3:
		for (size_t i = first; i < first + n; i++) {
			unsigned char value = (unsigned char)draw(p);
			int wrote = poke(p, p->own + i * PAGE, (char)value);

			if (wrote != (p->prot[i] == WRITE))
				complain(p, wrote ? "write that should fault" : "fault on write",
					 i);
			if (wrote)
				p->want[i] = value;
		}
		break;
	case 4:
		if (madvise(at, n * PAGE, MADV_DONTNEED) == 0)
			memset(p->want + first, 0, n);
		else	/* a hole: what lies before and behind it was dropped all the same */
			for (size_t i = first; i < first + n; i++)
				p->want[i] = p->prot[i] == NONE
						     ? 0
						     : (unsigned char)peek(p, p->own + i * PAGE);
		break;
	case 5:
		move_pages_about(p, first, n);
		break;
	}
	for (size_t i = first; i < first + n; i++) {
		int got = peek(p, p->own + i * PAGE), want = p->prot[i] == NONE ? -1 : p->want[i];

		if (got != want) {
			printf("page %zu holds %d, not %d, after %lu\n", i, got, want, what);
			p->failed = 1;
		}
	}
}

static void shared_round(struct player *p)
{
	char *at = shared + draw(p) % SHARED * PAGE;
	size_t n = (1 + draw(p) % 8) * PAGE;

	switch (draw(p) % 8) {
	case 0:
		mmap(at, n, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		break;
	case 1:
		mmap(at, n, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_SHARED, memfd,
		     (off_t)(draw(p) % 16 * PAGE));
		break;
	case 2:
		munmap(at, n);
		break;
	case 3:
		mprotect(at, n, (int)(draw(p) % 4));
		break;
	case 4:
		mremap(at, n, n, MREMAP_MAYMOVE | MREMAP_FIXED, shared + draw(p) % SHARED * PAGE);
		break;
	case 5:
		madvise(at, n, MADV_DONTNEED);
		break;
	case 6:
		poke(p, at, 1);
		break;
	case 7:
		if (ftruncate(memfd, (off_t)(draw(p) % 20 * PAGE)))
			p->failed = 1;
		peek(p, at);
		break;
	}
}

static int play(void *arg)
{
	struct player *p = arg;

	if (p == &players[1])
		tids[1] = (int)syscall(SYS_gettid);
	for (int i = 0; i < rounds; i++) {
		own_round(p);
		shared_round(p);
		if (p == players && i % 64 == 63) {	/* from here on pages are shared with a
							 * child */
			pid_t pid = fork();
			int status;

			if (pid == 0) {
				tids[0] = (int)syscall(SYS_gettid);
				for (int k = 0; k < 20; k++)
					own_round(p);
				_exit(p->failed);
			}
			waitpid(pid, &status, 0);
			if (status) {
				printf("child: status %#x\n", status);
				p->failed = 1;
			}
		}
	}
	done++;
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = caught };
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	char *all = mmap(NULL, (4 * OWN + SHARED + 100) * PAGE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (argc > 1)
		rounds = atoi(argv[1]);
	memfd = memfd_create("fuzz", 0);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	for (int i = 0; i < 2; i++) {
		players[i].own = all + (size_t)i * 2 * OWN * PAGE;
		players[i].rand = seed * 0x9e3779b97f4a7c15 + (unsigned long)i * 77 + 1;
		munmap(players[i].own, 2 * OWN * PAGE);
	}
	shared = all + (4 * OWN + 16) * PAGE;
	tids[0] = (int)syscall(SYS_gettid);
	clone(play, stack + STACK,
	      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
	      &players[1]);
	play(&players[0]);
	while (done < 2)
		sched_yield();
	puts(players[0].failed || players[1].failed ? "FAIL" : "PASS");
	return players[0].failed || players[1].failed;
}
