/*
 * For reports: registers in print, and who called whom. Reads live stacks without any lock, so it
 * believes nothing: a frame pointer is followed only while it stays on a kernel stack and moves
 * upwards, and a fixed number of steps ends every walk.
 *
 * Every C function keeps   [bp] = caller's bp, [bp + 8] = return address.
 * Where an interrupt or exception hit the kernel, entry.asm puts
 * the address of the saved pt_regs into bp, with trap_return as return address: there the walk goes
 * on with the interrupted code.
 */
#include "asm/desc.h"
#include "asm/msr.h"
#include "asm/page.h"
#include "asm/processor.h"
#include "asm/setup.h"
#include "asm/uaccess.h"
#include "boot/boot.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"
#include "libk/printf.h"

extern const char trap_return[];

struct stack_frame {
	unsigned long bp, ret;
};

/* Lowest address of the kernel stack that addr lies on, 0 if on none. p: whose. */
static unsigned long stack_base(const struct task_struct *p, unsigned long addr)
{
	unsigned long stack = (unsigned long)p->stack;

	if (stack && addr - stack < THREAD_SIZE)
		return stack;
	if (addr - (unsigned long)init_stack < THREAD_SIZE)
		return (unsigned long)init_stack;
	return on_ist_stack(addr) ? ALIGN_DOWN(addr, IST_STACK_SIZE) : 0;
}

static size_t stack_size(unsigned long base)
{
	return on_ist_stack(base) ? IST_STACK_SIZE : THREAD_SIZE;
}

static bool readable(const struct task_struct *p, unsigned long addr, size_t size)
{
	unsigned long base = stack_base(p, addr);

	return base && IS_ALIGNED(addr, 8) && addr + size <= base + stack_size(base);
}

static bool is_text(unsigned long addr)
{
	return addr >= (unsigned long)_text && addr < (unsigned long)_etext;
}

static int walk(const struct task_struct *p, unsigned long ip, unsigned long bp, unsigned long *pcs,
		int max)
{
	int n = 0;

	while (n < max) {
		const struct stack_frame *frame = (const void *)bp;
		unsigned long next;

		pcs[n++] = ip;
		if (!readable(p, bp, sizeof(*frame)) || !is_text(frame->ret))
			break;
		ip = frame->ret;
		next = frame->bp;
		if (ip == (unsigned long)trap_return && readable(p, next, sizeof(struct pt_regs))) {
			const struct pt_regs *regs = (const void *)next;

			ip = regs->ip;
			next = regs->bp;
			if (user_mode(regs))
				break;
		}
		if (next <= bp)
			break;
		bp = next;
	}
	return n;
}

int stack_walk(unsigned long ip, unsigned long bp, unsigned long *pcs, int max)
{
	return walk(current, ip, bp, pcs, max);
}

/* switch_to left six registers and the return address at thread.sp: r15 r14 r13 r12 rbx rbp, as
 * switch.asm draws. */
int stack_walk_task(struct task_struct *p, unsigned long *pcs, int max)
{
	const unsigned long *sp = (const void *)p->thread.sp;
	const struct stack_frame *mine = __builtin_frame_address(0);

	if (p == current)
		return walk(p, mine->ret, mine->bp, pcs, max);
	if (!readable(p, (unsigned long)sp, 7 * sizeof(*sp)))
		return 0;
	return walk(p, sp[6], sp[5], pcs, max);
}

/* The handler runs on the stack it interrupted (but for #DF and NMI, which no IPI is), so nothing
 * there changes while we look. User mode leaves no frame record: then the chain ends with bp 0. */
int stack_walk_interrupted(unsigned long *pcs, int max)
{
	const struct stack_frame *f = __builtin_frame_address(0);
	const struct pt_regs *regs;

	while (readable(current, (unsigned long)f, sizeof(*f)) &&
	       f->ret != (unsigned long)trap_return)
		f = (const void *)f->bp;
	if (!readable(current, (unsigned long)f, sizeof(*f)))
		return 0;
	regs = (const void *)f->bp;
	return walk(current, regs->ip, regs->bp, pcs, max);
}

int stack_walk_user(unsigned long *pcs, int max)
{
	const struct pt_regs *regs = current_pt_regs();
	u64 frame[2] = { regs->bp, regs->ip }, bp = regs->sp;	/* its bp, where it goes on */
	int n = 0;

	if (!current->mm || !user_mode(regs))
		return 0;
	preempt_disable();	/* a page that is not there fails, and is not fetched */
	do {
		pcs[n++] = frame[1];
		if (frame[0] < bp || frame[0] % 8 || frame[0] >= TASK_SIZE - sizeof(frame))
			break;
		bp = frame[0];
	} while (n < max && !__get_user_8(&frame[0], (u64 *)bp) &&
		 !__get_user_8(&frame[1], (u64 *)bp + 1) && frame[1]);
	preempt_enable();
	return n;
}

int sprint_user_regs(char *buf, size_t size, const struct pt_regs *r)
{
	return scnprintf(buf, size,
			 "rip %016lx rsp %016lx rflags %016lx\n"
			 "rax %016lx rbx %016lx rcx %016lx\nrdx %016lx rsi %016lx rdi %016lx\n"
			 "rbp %016lx r8  %016lx r9  %016lx\nr10 %016lx r11 %016lx r12 %016lx\n"
			 "r13 %016lx r14 %016lx r15 %016lx\n",
			 r->ip, r->sp, r->flags, r->ax, r->bx, r->cx, r->dx, r->si, r->di, r->bp,
			 r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15);
}

void show_regs(const struct pt_regs *r)
{
	char where[96] = "user mode";

	if (!user_mode(r))
		sprint_symbol(where, sizeof(where), r->ip);
	printk(KERN_EMERG "RIP: %04lx:%016lx %s\n", r->cs, r->ip, where);
	printk(KERN_EMERG "RSP: %04lx:%016lx EFLAGS: %08lx ORIG_RAX: %016lx\n", r->ss, r->sp,
	       r->flags, r->orig_ax);
	printk(KERN_EMERG "RAX: %016lx RBX: %016lx RCX: %016lx\n", r->ax, r->bx, r->cx);
	printk(KERN_EMERG "RDX: %016lx RSI: %016lx RDI: %016lx\n", r->dx, r->si, r->di);
	printk(KERN_EMERG "RBP: %016lx R08: %016lx R09: %016lx\n", r->bp, r->r8, r->r9);
	printk(KERN_EMERG "R10: %016lx R11: %016lx R12: %016lx\n", r->r10, r->r11, r->r12);
	printk(KERN_EMERG "R13: %016lx R14: %016lx R15: %016lx\n", r->r13, r->r14, r->r15);
	printk(KERN_EMERG "CR0: %08lx CR2: %016lx CR3: %08lx CR4: %08lx\n", read_cr0(), read_cr2(),
	       read_cr3(), read_cr4());
	printk(KERN_EMERG "FS: %016llx GS: %016llx KERNEL_GS: %016llx\n", rdmsrl(MSR_FS_BASE),
	       rdmsrl(MSR_GS_BASE), rdmsrl(MSR_KERNEL_GS_BASE));
}
