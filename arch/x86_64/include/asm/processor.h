/*
 * What a task owns of the CPU while it does not run, and what the rest of the kernel may ask of the
 * CPU. Everything in kernel/ that needs the processor goes through this header; it never names a
 * register.
 */
#pragma once

#include "asm/cycles.h"		/* ktime_get() */
#include "asm/page.h"
#include "asm/ptrace.h"
#include "libk/compiler.h"
#include "libk/types.h"

struct task_struct;
struct mm_struct;
struct cpumask;
struct kernel_clone_args;

/* Written by the task itself, or by switch_to on its behalf while it leaves the CPU. */
struct thread_struct {
	/* kernel rsp while switched out; switch.asm draws what lies there */
	unsigned long sp;
	unsigned long fsbase;	/* user's FS.base (TLS) while switched out */
	unsigned long gsbase;	/* user's GS.base while switched out */
	unsigned long cr2;	/* last fault: address, error code, vector, for signal frames */
	unsigned long error_code;
	unsigned long trap_nr;
	void *fpu;		/* XSAVE/FXSAVE image, 64-byte aligned, behind the task_struct;
				 * NULL: kernel thread */
	bool forced_tf;		/* the TF in the user's flags is the tracer's: a single step */
};

/* The user's registers of a task that is inside the kernel: always at the top of its kernel
 * stack. */
#define task_pt_regs(task) ((struct pt_regs *)((char *)(task)->stack + THREAD_SIZE) - 1)
#define current_pt_regs() task_pt_regs(current)

/* --- the switch (switch.asm; switch_thread_state(): asm/switch_to.h) --- */

/* Leaves prev's stack and continues on next's. Returns, on next's stack, the task that ran before.
 * rq lock held, IRQs off. */
struct task_struct *switch_to(struct task_struct *prev, struct task_struct *next);
/* First instruction of a new task; switch_to "returns" here. */
void ret_from_fork(void);
/* Loads next's page tables; updates this_cpu(loaded_mm) and the CPU masks. IRQs off. */
void switch_mm(struct mm_struct *prev, struct mm_struct *next);

/* --- tasks (process.c) --- */

/* Prepares p's kernel stack so that the first switch to it runs args->fn (kernel thread) or returns
 * to user mode with 0. */
void copy_thread(struct task_struct *p, const struct kernel_clone_args *args);
/* Makes regs enter user mode at ip with stack sp and every other register clear; resets FS/GS base
 * and FPU. Used by exec. */
void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);
/* p, new or so far a kernel thread, is to have an FPU image, whatever it contains. */
void thread_init_fpu(struct task_struct *p);
long do_arch_prctl(struct task_struct *p, int code, unsigned long arg);
void fpu_init(void);				/* once per CPU */
extern size_t fpu_image_size;			/* bytes of an image here; from fpu_init() on */
/* Live registers -> prev's image; next's -> live registers. NULL: a kernel thread. IRQs off. */
void fpu_switch(void *prev, const void *next);
void fpu_save_current(void *to);		/* live registers -> image */
/* image -> live registers; one that no user touched (for those: asm/uaccess.h) */
void fpu_load_current(const void *from);
/* The image of a task that is off its CPU, to be read and changed. */
void *fpu_stopped_image(struct task_struct *p);
bool fpu_mxcsr_valid(u32 mxcsr);		/* no reserved bit set: the CPU would fault on it */
void fpu_reset_current(void);			/* live registers = initial state */
void fpu_reset(void *image);			/* initial state (as after exec) */
long regs_syscall_nr(const struct pt_regs *regs);	/* negative: not in a system call */
void syscall_get_arguments(const struct pt_regs *regs, unsigned long args[6]);

/* User entry for kernel threads that exec'ed: continue as if from a system call. */
extern const char ret_to_user[];

/* --- idle and time --- */
/* Waits for an interrupt with interrupts on, unless one already asked for a reschedule. Called with
 * interrupts off; returns with them on. */
void arch_cpu_idle(void);
/* Arms this CPU's timer for the given ktime (in the past: at once; U64_MAX: never). IRQs off. */
void timer_arm(u64 deadline);
/* Busy-waits; only for hardware start-up. */
void udelay(unsigned int us);
/* Seconds since 1970 at boot, from the RTC. */
u64 rtc_boot_seconds(void);

/* --- other CPUs (smp.c) --- */
/* Starts the application processors; each ends up in cpu_startup_entry() (kernel/sched). */
void smp_init(void);
/* Makes cpu look at its need_resched flag. Any context. */
void smp_send_reschedule(int cpu);
/* Runs fn(arg) on each online CPU of the mask except this one, in interrupt context there; returns
 * when all have done so. Must be called with interrupts on and no spinlock held (two CPUs may call
 * each other). */
void smp_call_function_many(unsigned long cpumask, void (*fn)(void *), void *arg);
/* Stops all other CPUs for good: for panic and power off. Any context; bounded. */
void smp_stop_others(void);

/* --- ends --- */
void __noreturn machine_restart(void);
void __noreturn machine_power_off(void);
void __noreturn machine_halt(void);
enum { EXIT_REGULAR = 0x10, EXIT_PANIC = 0x11, EXIT_TIMEOUT = 0x12 };
/* Leaves QEMU through isa-debug-exit when there is one; else returns. */
void machine_exit(int code);

/* --- debugging --- */
/* Fills pcs with return addresses, innermost first, beginning at frame pointer bp; reads only
 * addresses on a kernel stack. Returns how many. */
int stack_walk(unsigned long ip, unsigned long bp, unsigned long *pcs, int max);
/* The same for a task that is switched out (or the current one). */
int stack_walk_task(struct task_struct *p, unsigned long *pcs, int max);
/* In an interrupt handler: the same for the kernel code that was interrupted; 0: it was user
 * mode. */
int stack_walk_interrupted(unsigned long *pcs, int max);
/* current's in user mode, by frame pointers, as far as it is in memory and makes sense; any
 * context. 0: a kernel thread. */
int stack_walk_user(unsigned long *pcs, int max);
/* Deliberate failures for the tests of the reports: a double fault, running data, touching user
 * memory without permission. */
void arch_double_fault(void);
void arch_execute_data(void);
void arch_touch_user(void);
/* The user's registers as text: the length. For crash reports. */
int sprint_user_regs(char *buf, size_t size, const struct pt_regs *regs);
/* Where another CPU is, even one that spins with interrupts off: it is asked by NMI, unless it was
 * stopped for good. The number of return addresses, 0: user mode, -1: no answer. Any context. */
#define CPU_BACKTRACE_MAX 24
int cpu_backtrace(int cpu, const unsigned long **pcs);
void show_regs(const struct pt_regs *regs);	/* printk of registers and control registers */

/* Random 64 bits: RDRAND where there is one, mixed with the clock; deterministic under icount with
 * RDRAND masked. */
u64 arch_random(void);

/* HWCAP for the auxiliary vector, CPU model for /proc/cpuinfo. */
unsigned long arch_elf_hwcap(void);
unsigned long arch_elf_hwcap2(void);
struct seq_file;
void arch_show_cpuinfo(struct seq_file *m);
