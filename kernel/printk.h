/* Kernel messages: a ring for dmesg and the console. Any context, any lock held. */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

struct pt_regs;

/* One message. Prefix levels as Linux's: KERN_ERR etc.; without one it is KERN_INFO. Returns the
 * number of characters. */
int printk(const char *fmt, ...) __printf(1, 2);

#define KERN_EMERG "\0010"
#define KERN_ERR "\0013"
#define KERN_WARNING "\0014"
#define KERN_INFO "\0016"
#define KERN_DEBUG "\0017"

#define pr_err(fmt, ...) printk(KERN_ERR fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk(KERN_WARNING fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...) printk(KERN_INFO fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...) printk(KERN_DEBUG fmt, ##__VA_ARGS__)

/* Stops the machine with a report: message, task, CPU, held locks, symbolised backtrace. Any
 * context. */
void __noreturn panic(const char *fmt, ...) __printf(1, 2);
/* The same with the registers of the trap that found it. */
void __noreturn panic_regs(const struct pt_regs *regs, const char *fmt, ...) __printf(2, 3);

/* A broken invariant. */
#define BUG_ON(cond)									\
	do {										\
		if (unlikely(cond))							\
			panic("BUG: %s at %s:%d", #cond, __FILE__, __LINE__);		\
	} while (0)

/* Turns a code address into "name+0x12/0x40"; never fails. Any context. */
int sprint_symbol(char *buf, size_t size, unsigned long addr);
/* Function that contains addr and the offset in it, or NULL. */
const char *kallsyms_lookup(unsigned long addr, unsigned long *offset, unsigned long *size);
/* Who called whom down to where p is now, innermost first; how many, at most max. 0: p is in user
 * mode, or never still enough to be looked at. May sleep; p is kept by the caller's reference. */
struct task_struct;
int stack_trace_save_tsk(struct task_struct *p, unsigned long *pcs, int max);
/* Prints a backtrace of return addresses. */
void print_backtrace(const unsigned long *pcs, int n);

/* Boot command line: value of "key=value" copied to buf (true), or plain "key" (empty string,
 * true). */
bool cmdline_option(const char *key, char *buf, size_t size);
long cmdline_number(const char *key, long otherwise);
extern char saved_command_line[];
