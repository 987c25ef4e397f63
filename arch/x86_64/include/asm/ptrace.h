/*
 * The user's registers as the entry code pushes them on the kernel stack. Same order as Linux's
 * struct pt_regs, so that ptrace, signal frames and core dumps need no translation. entry.asm takes
 * the offsets from here.
 *
 *   top of the kernel stack ->  ss sp flags cs ip         the CPU's frame, or syscall entry's
 *                               orig_ax                   system call number, error code, or -1
 *                               di si dx cx ax r8..r11    caller-saved
 *                               bx bp r12..r15            callee-saved      <- regs points at r15
 */
#pragma once

#include "libk/types.h"

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};

#define X86_EFLAGS_TF 0x100UL
#define X86_EFLAGS_DF 0x400UL
#define X86_EFLAGS_RF 0x10000UL
/* What user mode may have in its flags, and a handler or a debugger may change: AC, RF, OF, DF, TF
 * and the five flags of arithmetic. */
#define USER_EFLAGS (0x40000UL | X86_EFLAGS_RF | 0x800UL | X86_EFLAGS_DF | X86_EFLAGS_TF | 0xd5UL)

static inline bool user_mode(const struct pt_regs *regs) { return (regs->cs & 3) == 3; }
static inline unsigned long user_stack_pointer(const struct pt_regs *regs) { return regs->sp; }
static inline unsigned long instruction_pointer(const struct pt_regs *regs) { return regs->ip; }
static inline unsigned long regs_frame_pointer(const struct pt_regs *regs) { return regs->bp; }
static inline unsigned long regs_error_code(const struct pt_regs *regs) { return regs->orig_ax; }

static inline long regs_return_value(const struct pt_regs *regs) { return (long)regs->ax; }

static inline void regs_set_return_value(struct pt_regs *regs, long value)
{
	regs->ax = (unsigned long)value;
}
