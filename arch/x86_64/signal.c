/*
 * The signal frame: what a thread's registers become while a handler runs, and how they come back.
 * The layout is Linux's, byte for byte, since C libraries, unwinders and garbage collectors read
 * and change it.
 *
 * sp of the interrupted code, or the top of the alternate stack
 *       | 128 bytes red zone    |  the interrupted function may use it without moving sp
 *       |-----------------------| 64-aligned from here
 *       | FP_XSTATE_MAGIC2      |  with XSAVE only: proves that the image was copied whole
 *       | FPU image             |  512 bytes of FXSAVE (from 464 on: what follows), then XSAVE's
 *       |-----------------------| <- uc.uc_mcontext.fpstate
 *       | siginfo               |  third part; filled in with SA_SIGINFO         <- handler's rsi
 *       | uc: mask, altstack,   |
 *       |     all registers     |                                                <- handler's rdx
 *       | pretcode              |  sa_restorer: the return address of the handler
 * sp -> |-----------------------|  16-aligned - 8, as after a CALL instruction
 *
 * The handler's RET goes to sa_restorer, which calls rt_sigreturn(2): sp is then just above
 * pretcode. Whatever lies there by then is the user's word: rt_sigreturn takes from it only what
 * the user could have set anyway (no segment, no privileged flag, no invalid FPU image). An ip or
 * sp that is not canonical is found by IRET, whose fault is the user's (traps.c).
 *
 * Takes no locks: all is current's own. May sleep in user copies.
 */
#include "asm/cpufeature.h"
#include "asm/desc.h"
#include "asm/processor.h"
#include "asm/traps.h"
#include "asm/uaccess.h"
#include "asm/vectors.h"
#include "kernel/printk.h"
#include "kernel/signal/signal.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"
#include "libk/abi/syscall.h"
#include "libk/abi/ucontext.h"
#include "libk/atomic.h"
#include "libk/string.h"

struct rt_sigframe {
	void *pretcode;
	struct ucontext uc;
	siginfo_t info;
};
BUILD_BUG_ON(sizeof(struct rt_sigframe) != 440);
BUILD_BUG_ON(sizeof(struct sigcontext) != 256);

#define RED_ZONE 128
#define XFEATURES_FPSSE 3UL

/* --- FPU state --- */

static size_t fpstate_size(void)
{
	return fpu_image_size + (boot_cpu_data.xsave ? FP_XSTATE_MAGIC2_SIZE : 0);
}

/*
 * The live registers go straight to fp on the user's stack and come straight back: no buffer, no
 * second copy. The instruction that moves them may fault and be switched out in between; it is then
 * done again from its beginning, with the registers it had.
 */
static int save_fpstate(struct _fpstate __user *fp)
{
	struct _xstate __user *x = (struct _xstate __user *)fp;
	struct _fpx_sw_bytes sw;
	u64 features;

	if (!access_ok(fp, fpstate_size()))
		return -EFAULT;
	if (!boot_cpu_data.xsave)
		return __fxsave_user(fp) || __put_user_4(0, &fp->sw_reserved.magic1) ? -EFAULT : 0;
	sw = (struct _fpx_sw_bytes){
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = (u32)fpstate_size(),
		.xfeatures = boot_cpu_data.xcr0,
		.xstate_size = (u32)fpu_image_size,
	};
	/* XSAVE leaves reserved bytes of the header as they are, and XRSTOR wants them to be 0. */
	if (__clear_user(&x->xstate_hdr, sizeof(x->xstate_hdr)) ||
	    __xsave_user(x, boot_cpu_data.xcr0) ||
	    copy_to_user(&fp->sw_reserved, &sw, sizeof(sw)) ||
	    get_user(features, &x->xstate_hdr.xfeatures))
		return -EFAULT;
	/* A handler may write x87 and SSE registers in the image without knowing of the header:
	 * there they are always in force. */
	if (put_user(features | XFEATURES_FPSSE, &x->xstate_hdr.xfeatures))
		return -EFAULT;
	return put_user(FP_XSTATE_MAGIC2, (u32 __user *)((char __user *)fp + fpu_image_size));
}

/* 1: a whole frame. 0: one without the magic numbers, or whose size is not ours: it has the 512
 * bytes of old, all else is then initial. -EFAULT. */
static int has_xstate(const struct _fpstate __user *fp)
{
	struct _fpx_sw_bytes sw;
	u32 magic2;

	if (!boot_cpu_data.xsave || copy_from_user(&sw, &fp->sw_reserved, sizeof(sw)))
		return 0;
	if (sw.magic1 != FP_XSTATE_MAGIC1 || sw.xstate_size != fpu_image_size ||
	    sw.extended_size != fpstate_size())
		return 0;
	if (get_user(magic2, (const u32 __user *)((const char __user *)fp + fpu_image_size)))
		return -EFAULT;
	return magic2 == FP_XSTATE_MAGIC2;
}

static int restore_fpstate(const struct _fpstate __user *fp)
{
	u32 mxcsr;
	int whole;

	if (!fp) {
		fpu_reset_current();
		return 0;
	}
	/* QEMU's CPU does not look at the reserved bits: so we do. */
	if (!access_ok(fp, sizeof(*fp)) || __get_user_4(&mxcsr, &fp->mxcsr) ||
	    !fpu_mxcsr_valid(mxcsr))
		return -EFAULT;
	whole = has_xstate(fp);
	if (whole)
		return whole < 0 ? whole : __xrstor_user(fp, boot_cpu_data.xcr0);
	if (boot_cpu_data.xsave)
		fpu_reset_current();
	return __fxrstor_user(fp);
}

/* --- going in --- */

/* Where the frame goes, 0: nowhere. *fpp: where the FPU image does. */
static unsigned long frame_address(const struct sigaction *sa, unsigned long sp, unsigned long *fpp)
{
	bool was_on = on_sig_stack(sp), on_alt = was_on;

	sp -= RED_ZONE;
	if ((sa->sa_flags & SA_ONSTACK) && sas_ss_flags(sp) == 0) {
		sp = current->sas_ss_sp + current->sas_ss_size;
		on_alt = true;
	}
	*fpp = sp = (sp - fpstate_size()) & ~63UL;
	sp = ((sp - sizeof(struct rt_sigframe)) & ~15UL) - 8;
	/* The frame must lie in the stack it begins in: below it is other people's memory. */
	if (on_alt && sp - current->sas_ss_sp >= current->sas_ss_size)
		return 0;
	return sp;
}

/* What a frame and pt_regs have in common, under the names that each has for it. */
#define FRAME_REGS(X)								\
	X(r8, r8) X(r9, r9) X(r10, r10) X(r11, r11) X(r12, r12) X(r13, r13)	\
	X(r14, r14) X(r15, r15) X(rdi, di) X(rsi, si) X(rbp, bp) X(rbx, bx)	\
	X(rdx, dx) X(rax, ax) X(rcx, cx) X(rsp, sp) X(rip, ip)

/* All of the frame but siginfo. */
static int put_frame(struct rt_sigframe __user *frame, const struct sigaction *sa,
		     unsigned long fp, sigset_t oldmask, const struct pt_regs *regs)
{
	struct ucontext __user *uc = &frame->uc;
	struct sigcontext __user *sc = &uc->uc_mcontext;
	unsigned long flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	const struct task_struct *me = current;

	if (boot_cpu_data.xsave)
		flags |= UC_FP_XSTATE;
	user_access_begin();
	unsafe_put_user(sa->sa_restorer, &frame->pretcode, efault);
	unsafe_put_user(flags, &uc->uc_flags, efault);
	unsafe_put_user(NULL, &uc->uc_link, efault);
	unsafe_put_user((void *)me->sas_ss_sp, &uc->uc_stack.ss_sp, efault);
	/* with the padding behind it */
	unsafe_put_user(me->sas_ss_flags, (u64 __user *)&uc->uc_stack.ss_flags, efault);
	unsafe_put_user(me->sas_ss_size, &uc->uc_stack.ss_size, efault);
#define PUT_REG(there, here) unsafe_put_user(regs->here, &sc->there, efault);
	FRAME_REGS(PUT_REG)
	unsafe_put_user(regs->flags, &sc->eflags, efault);
	/* cs, gs, fs, ss */
	unsafe_put_user(regs->cs | regs->ss << 48, (u64 __user *)&sc->cs, efault);
	unsafe_put_user(me->thread.error_code, &sc->err, efault);
	unsafe_put_user(me->thread.trap_nr, &sc->trapno, efault);
	unsafe_put_user(oldmask, &sc->oldmask, efault);
	unsafe_put_user(me->thread.cr2, &sc->cr2, efault);
	unsafe_put_user((struct _fpstate *)fp, &sc->fpstate, efault);
	unsafe_put_user(oldmask, &uc->uc_sigmask, efault);
	user_access_end();
	return 0;
efault:
	user_access_end();
	return -EFAULT;
}

int setup_rt_frame(int sig, const siginfo_t *info, const struct sigaction *sa, sigset_t oldmask,
		   struct pt_regs *regs)
{
	unsigned long fp, sp = frame_address(sa, regs->sp, &fp);
	struct rt_sigframe __user *frame = (struct rt_sigframe __user *)sp;

	if (!sp || !(sa->sa_flags & SA_RESTORER) || save_fpstate((struct _fpstate __user *)fp) ||
	    !access_ok(frame, sizeof(*frame)) || put_frame(frame, sa, fp, oldmask, regs))
		return -EFAULT;
	if ((sa->sa_flags & SA_SIGINFO) && copy_siginfo_to_user(&frame->info, info))
		return -EFAULT;
	/* the handler is not to compute with the rounding and exception masks of what it
	 * interrupted */
	fpu_reset_current();
	regs->di = (unsigned long)sig;
	regs->ax = 0;		/* a handler without prototype: no vector registers are arguments */
	regs->si = (unsigned long)&frame->info;
	regs->dx = (unsigned long)&frame->uc;
	regs->ip = (unsigned long)sa->sa_handler;
	regs->sp = sp;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
	return 0;
}

/* --- coming back --- */

/* The rest of the frame, for which regs have no place. */
struct frame_rest {
	stack_t stack;
	sigset_t mask;
	struct _fpstate __user *fp;
};

/*
 * The frame is shorter than a page, so it lies in at most two: when its ends, which are read first,
 * can be read, all of it can. So regs are whole in the frame of the SIGSEGV for one that cannot.
 */
static int get_frame(const struct ucontext __user *uc, struct pt_regs *regs,
		     struct frame_rest *rest)
{
	const struct sigcontext __user *sc = &uc->uc_mcontext;
	unsigned long flags;

	user_access_begin();
	unsafe_get_user(rest->mask, &uc->uc_sigmask, efault);
	unsafe_get_user(rest->stack.ss_sp, &uc->uc_stack.ss_sp, efault);
	unsafe_get_user(rest->stack.ss_flags, &uc->uc_stack.ss_flags, efault);
	unsafe_get_user(rest->stack.ss_size, &uc->uc_stack.ss_size, efault);
	unsafe_get_user(rest->fp, &sc->fpstate, efault);
	unsafe_get_user(flags, &sc->eflags, efault);
#define GET_REG(there, here) unsafe_get_user(regs->here, &sc->there, efault);
	FRAME_REGS(GET_REG)
	user_access_end();
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->flags = (regs->flags & ~USER_EFLAGS) | (flags & USER_EFLAGS);
	regs->orig_ax = -1UL;	/* not in a system call: nothing is restarted */
	return 0;
efault:
	user_access_end();
	return -EFAULT;
}

/* Messages about broken programs: at most ten in five seconds, so that none of them can flood the
 * log. */
static bool fault_message_allowed(void)
{
	static u64 since;	/* races only make it a message more or less */
	static int n;
	u64 now = ktime_get();

	if (now - since > 5 * NSEC_PER_SEC) {
		since = now;
		n = 0;
	}
	return n++ < 10;
}

/* Called by sys_rt_sigreturn in entry.asm, which leaves by IRET with all that regs say. */
void do_rt_sigreturn(struct pt_regs *regs)
{
	struct rt_sigframe __user *frame =
		(struct rt_sigframe __user *)(regs->sp - sizeof(frame->pretcode));
	struct frame_rest rest;

	if (!access_ok(&frame->uc, sizeof(frame->uc)) || get_frame(&frame->uc, regs, &rest))
		goto bad;
	set_current_blocked(rest.mask);
	current->restart_block.fn = NULL;
	if (restore_fpstate(rest.fp))
		goto bad;
	if ((unsigned long)rest.stack.ss_sp != current->sas_ss_sp ||
	    rest.stack.ss_size != current->sas_ss_size ||
	    (unsigned int)rest.stack.ss_flags != current->sas_ss_flags)
		restore_altstack(&rest.stack);
	return;
bad:
	if (fault_message_allowed())
		pr_info("%s[%d] bad frame in rt_sigreturn frame:%lx ip:%lx sp:%lx\n", current->comm,
			current->pid, (unsigned long)frame, regs->ip, regs->sp);
	force_sig(SIGSEGV);
}

/* --- interrupted system calls --- */

int syscall_restart_error(const struct pt_regs *regs)
{
	long error = -regs_return_value(regs);

	if ((long)regs->orig_ax < 0 || error < ERESTARTSYS || error > ERESTART_RESTARTBLOCK ||
	    error == ENOIOCTLCMD)
		return 0;
	return (int)error;
}

void syscall_restart(struct pt_regs *regs, bool by_restart_block)
{
	regs->ax = by_restart_block ? __NR_restart_syscall : regs->orig_ax;
	regs->ip -= 2;		/* the length of SYSCALL */
}

/* As on Linux, so that tools and eyes find what they know. */
void show_fault(int sig, unsigned long addr)
{
	const struct pt_regs *regs = current_pt_regs();
	const struct thread_struct *t = &current->thread;

	if (!fault_message_allowed())
		return;
	if (t->trap_nr == X86_TRAP_PF)
		pr_info("%s[%d]: segfault at %lx ip %016lx sp %016lx error %lx\n", current->comm,
			current->pid, addr, regs->ip, regs->sp, t->error_code);
	else
		pr_info("traps: %s[%d] trap %lu (signal %d) ip:%lx sp:%lx error:%lx\n",
			current->comm, current->pid, t->trap_nr, sig, regs->ip, regs->sp,
			t->error_code);
}
