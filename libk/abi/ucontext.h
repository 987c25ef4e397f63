/*
 * What lies on the user's stack while a signal handler runs: registers, FPU state, old mask.
 */
#pragma once

#include "libk/abi/signal.h"

struct _fpx_sw_bytes {		/* tells that XSAVE state follows the 512 bytes */
	u32 magic1, extended_size;
	u64 xfeatures;
	u32 xstate_size, padding[7];
};


struct _fpstate {
	u16 cwd, swd, twd, fop;
	u64 rip, rdp;
	u32 mxcsr, mxcsr_mask, st_space[32], xmm_space[64], reserved2[12];
	union {
		u32 reserved3[12];
		struct _fpx_sw_bytes sw_reserved;
	};
};

struct _xsave_hdr {
	u64 xfeatures, reserved1[2], reserved2[5];
};

struct _ymmh_state {
	u32 ymmh_space[64];	/* the upper halves of the AVX registers */
};

struct _xstate {
	struct _fpstate fpstate;
	struct _xsave_hdr xstate_hdr;
	struct _ymmh_state ymmh;
};

#define FP_XSTATE_MAGIC1	0x46505853U
#define FP_XSTATE_MAGIC2	0x46505845U
#define FP_XSTATE_MAGIC2_SIZE	sizeof(u32)

#define UC_FP_XSTATE		0x1
#define UC_SIGCONTEXT_SS	0x2
#define UC_STRICT_RESTORE_SS	0x4

struct sigcontext {
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	struct _fpstate *fpstate;	/* NULL: no FPU state saved */
	u64 reserved1[8];
};

struct ucontext {
	unsigned long uc_flags;
	struct ucontext *uc_link;
	stack_t uc_stack;
	struct sigcontext uc_mcontext;
	sigset_t uc_sigmask;
};

#ifndef __KERNEL__
typedef struct ucontext ucontext_t;
#endif
