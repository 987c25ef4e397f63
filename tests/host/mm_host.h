/*
 * What the host tests of kernel/mm share: RAM is an array, there is one CPU, and locks only count.
 * Include before any kernel source.
 */
#pragma once

#include "asm/page.h"
#include "libk/types.h"

#define HOST_RAM (32UL << 20)
static char host_ram[HOST_RAM] __attribute__((aligned(4 << 20), unused));
#define phys_to_virt(p) ((void *)(host_ram + (p)))
#define virt_to_phys(v) ((u64)((const char *)(v) - host_ram))

#include "asm/irqflags.h"
#include "asm/percpu.h"
#include "kernel/fs/fs.h"
#include "kernel/printk.h"
#include "kernel/sync/sync.h"
#include "kernel/task/task.h"

/* The C library's own headers do not go together with ours; this is all that the tests need of
 * it. */
int puts(const char *s);
void abort(void);
#define assert(cond)									\
	((cond) ? (void)0 : (puts(__FILE__ ":" __stringify(__LINE__) ": " #cond), abort()))

static int host_locks;
static struct signal_struct host_signal;
static struct mm_struct *host_mm __maybe_unused;
static struct task_struct host_task __maybe_unused = { .signal = &host_signal };

#undef smp_processor_id
#define smp_processor_id() 0
#undef current
#define current (host_task.mm = host_mm, &host_task)
#define local_irq_save() 1UL
#define local_irq_restore(f) ((void)(f))
#define preempt_disable() ((void)0)
#define preempt_enable() ((void)0)
#define spin_lock(l) ((void)(l), (void)host_locks++)
#define spin_unlock(l) ((void)(l), (void)host_locks--)
#undef spin_lock_irqsave
#define spin_lock_irqsave(l, f) ((f) = 1, (void)(l), (void)host_locks++)
#define spin_unlock_irqrestore(l, f) ((void)(f), (void)host_locks--)
#define mutex_lock(m) ((void)(m), (void)host_locks++)
#define mutex_unlock(m) ((void)(m), (void)host_locks--)

int nr_cpus = 1;
void seq_printf(struct seq_file *m, const char *fmt, ...) { }

/* A panic that a test expects comes back to where expect_panic() was. */
static void *host_panic[5];
static int panic_expected;
#define expect_panic(expr)								\
	(panic_expected = 1, __builtin_setjmp(host_panic) ? 1 : ((void)(expr), 0))

void panic(const char *fmt, ...)
{
	if (panic_expected) {
		panic_expected = 0;
		host_locks = 0;
		__builtin_longjmp(host_panic, 1);
	}
	puts(fmt);
	abort();
	__builtin_unreachable();
}

/* The same numbers in every run (stdlib.h does not go together with the kernel's headers). */
static inline u32 random_number(void)
{
	static u32 seed = 1;

	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}
