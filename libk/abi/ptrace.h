/*
 * ptrace(): requests, options, events, and the registers of a stopped thread.
 */
#pragma once

#include "libk/types.h"

enum {
	PTRACE_TRACEME, PTRACE_PEEKTEXT, PTRACE_PEEKDATA, PTRACE_PEEKUSER, PTRACE_POKETEXT,
	PTRACE_POKEDATA, PTRACE_POKEUSER, PTRACE_CONT, PTRACE_KILL, PTRACE_SINGLESTEP,
	PTRACE_GETREGS = 12, PTRACE_SETREGS, PTRACE_GETFPREGS, PTRACE_SETFPREGS, PTRACE_ATTACH,
	PTRACE_DETACH, PTRACE_OLDSETOPTIONS = 21, PTRACE_SYSCALL = 24,
	PTRACE_SETOPTIONS = 0x4200, PTRACE_GETEVENTMSG, PTRACE_GETSIGINFO, PTRACE_SETSIGINFO,
	PTRACE_GETREGSET, PTRACE_SETREGSET, PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_LISTEN,
	PTRACE_GETSIGMASK = 0x420a, PTRACE_SETSIGMASK, PTRACE_GET_SYSCALL_INFO = 0x420e,
};

/* Events: in the third byte of the wait status, above SIGTRAP. */
enum {
	PTRACE_EVENT_FORK = 1, PTRACE_EVENT_VFORK, PTRACE_EVENT_CLONE, PTRACE_EVENT_EXEC,
	PTRACE_EVENT_VFORK_DONE, PTRACE_EVENT_EXIT, PTRACE_EVENT_SECCOMP,
	PTRACE_EVENT_STOP = 128,
	PTRACE_EVENTMSG_SYSCALL_ENTRY = 1, PTRACE_EVENTMSG_SYSCALL_EXIT,
};

enum {
	PTRACE_O_TRACESYSGOOD = 1, PTRACE_O_TRACEFORK = 1 << PTRACE_EVENT_FORK,
	PTRACE_O_TRACEVFORK = 1 << PTRACE_EVENT_VFORK,
	PTRACE_O_TRACECLONE = 1 << PTRACE_EVENT_CLONE, PTRACE_O_TRACEEXEC = 1 << PTRACE_EVENT_EXEC,
	PTRACE_O_TRACEVFORKDONE = 1 << PTRACE_EVENT_VFORK_DONE,
	PTRACE_O_TRACEEXIT = 1 << PTRACE_EVENT_EXIT,
	PTRACE_O_TRACESECCOMP = 1 << PTRACE_EVENT_SECCOMP, PTRACE_O_EXITKILL = 1 << 20,
	PTRACE_O_MASK = 0xff | PTRACE_O_EXITKILL,
};

enum {
	PTRACE_SYSCALL_INFO_NONE, PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT,
	PTRACE_SYSCALL_INFO_SECCOMP,
};
#define AUDIT_ARCH_X86_64 0xc000003eu

struct ptrace_syscall_info {
	u8 op;			/* PTRACE_SYSCALL_INFO_xxx */
	u8 pad[3];
	u32 arch;
	u64 instruction_pointer, stack_pointer;
	union {
		struct {
			u64 nr, args[6];
		} entry;
		struct {
			s64 rval;
			u8 is_error;
		} exit;
	};
};

/* Sets of registers, by the types of the notes of a core dump. */
enum { NT_PRSTATUS = 1, NT_PRFPREG, NT_FPREGSET = NT_PRFPREG, NT_X86_XSTATE = 0x202 };

struct user_regs_struct {
	unsigned long r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	unsigned long orig_rax, rip, cs, eflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};

struct user_fpregs_struct {
	u16 cwd, swd, ftw, fop;
	u64 rip, rdp;
	u32 mxcsr, mxcr_mask;
	u32 st_space[32], xmm_space[64], padding[24];
};

/* The "user area" that PTRACE_PEEKUSER's addresses mean. */
struct user {
	struct user_regs_struct regs;
	int u_fpvalid;
	struct user_fpregs_struct i387;
	unsigned long u_tsize, u_dsize, u_ssize, start_code, start_stack;
	long signal;
	int reserved;
	struct user_regs_struct *u_ar0;
	struct user_fpregs_struct *u_fpstate;
	unsigned long magic;
	char u_comm[32];
	unsigned long u_debugreg[8], error_code, fault_address;
};
