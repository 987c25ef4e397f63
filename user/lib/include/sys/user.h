/* What PTRACE_PEEKUSER and PTRACE_GETFPREGS show. */
#pragma once

#include "libk/abi/ptrace.h"

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
