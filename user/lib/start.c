/*
 * From the kernel's stack to main(): auxiliary vector, thread-local storage, environment, exit.
 * Runs before threads exist; atexit() takes its lock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libk/abi/arch_prctl.h"
#include "libk/abi/elf.h"
#include "user/lib/libc.h"

#define MAX_ATEXIT 32
#define TLS_ALIGN 64

int main(int argc, char **argv, char **envp);

char **environ;
__thread int errno;

static Elf64_auxv_t *auxv;
static const Elf64_Phdr *tls_phdr;	/* PT_TLS: the image of the __thread variables */
static char initial_tls[1024] __aligned(TLS_ALIGN);

static void (*atexit_fns[MAX_ATEXIT])(void);
static int atexit_count, atexit_lock;

unsigned long getauxval(unsigned long type)
{
	for (const Elf64_auxv_t *a = auxv; a->a_type != AT_NULL; a++)
		if (a->a_type == type)
			return a->a_val;
	errno = ENOENT;
	return 0;
}

/* The variables' distance below the thread pointer: the linker computed their offsets from it. */
static size_t tls_offset(void)
{
	return tls_phdr ? ALIGN_UP(tls_phdr->p_memsz, tls_phdr->p_align) : 0;
}

size_t __tls_size(void)
{
	return ALIGN_UP(tls_offset(), TLS_ALIGN) + ALIGN_UP(sizeof(struct pthread), TLS_ALIGN);
}

struct pthread *__tls_build(void *mem)
{
	struct pthread *tp = (void *)((char *)mem + ALIGN_UP(tls_offset(), TLS_ALIGN));
	char *vars = (char *)tp - tls_offset();

	if (tls_phdr) {
		memcpy(vars, (void *)tls_phdr->p_vaddr, tls_phdr->p_filesz);
		memset(vars + tls_phdr->p_filesz, 0, tls_phdr->p_memsz - tls_phdr->p_filesz);
	}
	memset(tp, 0, sizeof(*tp));
	tp->self = tp;
	return tp;
}

/* No getauxval() here: errno does not exist yet. */
static void init_tls(void)
{
	const Elf64_Phdr *ph = NULL;
	unsigned long phnum = 0, random = 0;
	void *mem = initial_tls;
	struct pthread *tp;

	for (const Elf64_auxv_t *a = auxv; a->a_type != AT_NULL; a++) {
		if (a->a_type == AT_PHDR)
			ph = (const Elf64_Phdr *)a->a_val;
		else if (a->a_type == AT_PHNUM)
			phnum = a->a_val;
		else if (a->a_type == AT_RANDOM)
			random = a->a_val;
	}
	for (; ph && phnum--; ph++)
		if (ph->p_type == PT_TLS)
			tls_phdr = ph;
	if (__tls_size() > sizeof(initial_tls))
		mem = (void *)__syscall(__NR_mmap, 0, (long)__tls_size(), PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	tp = __tls_build(mem);
	tp->prev = tp->next = tp;	/* the list of threads begins as a ring of one */
	if (random)	/* a zero first byte stops string functions from reading it */
		tp->canary = *(const uintptr_t *)random & ~0xffUL;
	if (__syscall(__NR_arch_prctl, ARCH_SET_FS, (long)tp, 0, 0, 0, 0))
		__builtin_trap();
	tp->tid = (pid_t)__syscall(__NR_set_tid_address, (long)&tp->tid, 0, 0, 0, 0, 0);
}

void __libc_start(long *sp)
{
	int argc = (int)sp[0];
	char **argv = (char **)(sp + 1);
	char **p;

	environ = argv + argc + 1;
	for (p = environ; *p; p++)
		;
	auxv = (Elf64_auxv_t *)(p + 1);
	init_tls();
	exit(main(argc, argv, environ));
}

int atexit(void (*fn)(void))
{
	int ret = -1;

	__lock(&atexit_lock);
	if (atexit_count < MAX_ATEXIT) {
		atexit_fns[atexit_count++] = fn;
		ret = 0;
	}
	__unlock(&atexit_lock);
	return ret;
}

void exit(int status)
{
	while (atexit_count > 0)
		atexit_fns[--atexit_count]();
	__stdio_exit();
	_exit(status);
}

void _exit(int status)
{
	for (;;)
		__syscall(__NR_exit_group, status, 0, 0, 0, 0, 0);
}

void _Exit(int status)
{
	_exit(status);
}
