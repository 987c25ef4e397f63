/*
 * The FPU, SSE and AVX registers of user tasks. The kernel itself never uses them
 * (-mgeneral-regs-only), so between two user tasks they hold the state of the task that ran last:
 * fpu_switch() saves them into its image and loads the next one's. Eager on purpose:
 * "lazy" switching saved time once and leaked registers between processes later (CVE-2018-3665).
 *
 * An image is what XSAVE writes (SDM vol. 1 chapter 13): 512 bytes of FXSAVE format, a 64-byte
 * header that says which parts are valid, then AVX. On a CPU without XSAVE it is the first 512
 * bytes alone.
 */
#include "asm/cpufeature.h"
#include "asm/msr.h"
#include "asm/processor.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"
#include "libk/string.h"

#define FXSAVE_SIZE 512
#define FXSAVE_USED 464			/* what FXSAVE writes of them; the rest is software's */
#define XSAVE_HEADER FXSAVE_SIZE	/* offset of u64 xstate_bv, xcomp_bv, six reserved */
#define MXCSR_OFFSET 24
#define MXCSR_MASK_OFFSET 28

size_t fpu_image_size;
static u8 init_image[4096] __aligned(64);	/* the state a new program starts with */
static u32 mxcsr_mask = 0xffbf;		/* bits that may be set in MXCSR */

/* All components that XCR0 allows. */
static __always_inline void save(void *to, bool xsave)
{
	if (xsave)
		__asm__ volatile("xsave64 (%0)"
				 :
				 : "r"(to), "a"(-1), "d"(-1)
				 : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(to) : "memory");
}

static __always_inline void load(const void *from, bool xsave)
{
	if (xsave)
		__asm__ volatile("xrstor64 (%0)"
				 :
				 : "r"(from), "a"(-1), "d"(-1)
				 : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(from) : "memory");
}

void fpu_save_current(void *to)
{
	save(to, boot_cpu_data.xsave);
}

void fpu_load_current(const void *from)
{
	load(from, boot_cpu_data.xsave);
}

/* The compiler makes two of this, so that the CPU is asked once what it can. */
static __always_inline void exchange(void *prev, const void *next, bool xsave)
{
	if (prev)
		save(prev, xsave);
	if (next)
		load(next, xsave);
}

void fpu_switch(void *prev, const void *next)
{
	if (boot_cpu_data.xsave)
		exchange(prev, next, true);
	else
		exchange(prev, next, false);
}

/* CR4 and XCR0 are set up by cpu_init(); here the first CPU also learns the size of an image and
 * what an initial one looks like. */
void fpu_init(void)
{
	__asm__ volatile("fninit");
	if (fpu_image_size)
		return;
	fpu_image_size = boot_cpu_data.xsave ? cpuid(0xd, 0).ebx : FXSAVE_SIZE;
	BUG_ON(fpu_image_size > sizeof(init_image));
	fpu_save_current(init_image);
	u32 mask = *(u32 *)(init_image + MXCSR_MASK_OFFSET);
	if (mask)
		mxcsr_mask = mask;
	/* All exceptions masked, round to nearest. */
	*(u32 *)(init_image + MXCSR_OFFSET) = 0x1f80;
	/* The registers themselves may hold anything a boot loader left. */
	memset(init_image + 32, 0, FXSAVE_SIZE - 32);
	if (fpu_image_size > FXSAVE_SIZE)
		memset(init_image + XSAVE_HEADER + 8, 0, fpu_image_size - XSAVE_HEADER - 8);
}

void fpu_reset(void *image)
{
	memcpy(image, init_image, fpu_image_size);
}

void fpu_reset_current(void)
{
	/* the live registers are the truth; the next switch saves them */
	fpu_load_current(init_image);
}

/* A switch saves the registers of whoever leaves and loads those of whoever comes. */
void *fpu_stopped_image(struct task_struct *p)
{
	return p->thread.fpu;
}

bool fpu_mxcsr_valid(u32 mxcsr)
{
	return !(mxcsr & ~mxcsr_mask);
}

void thread_init_fpu(struct task_struct *p)
{
	u8 *image = __builtin_assume_aligned((u8 *)p + TASK_FPU_OFFSET, 64);

	p->thread.fpu = image;
	/* The first bytes are overwritten by any save; behind them XSAVE leaves gaps, and reserved
	 * bytes which XRSTOR wants to be 0. */
	memset(image + FXSAVE_USED, 0, FXSAVE_SIZE - FXSAVE_USED);
	if (fpu_image_size > FXSAVE_SIZE)
		memset(image + FXSAVE_SIZE, 0, fpu_image_size - FXSAVE_SIZE);
}
