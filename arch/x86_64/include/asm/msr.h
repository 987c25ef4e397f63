/* Single instructions that C cannot express: control registers, MSRs, CPUID, ports. Names are
 * Linux's. arch/x86_64 only. */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

#define MSR_APIC_BASE 0x1bU
#define MSR_TSC_DEADLINE 0x6e0U
#define MSR_X2APIC 0x800U	/* + register offset / 16 */
#define MSR_EFER 0xc0000080U
#define MSR_STAR 0xc0000081U
#define MSR_LSTAR 0xc0000082U
#define MSR_SYSCALL_MASK 0xc0000084U
#define MSR_FS_BASE 0xc0000100U
#define MSR_GS_BASE 0xc0000101U
#define MSR_KERNEL_GS_BASE 0xc0000102U

#define EFER_SCE (1UL << 0)
#define EFER_NX (1UL << 11)

#define X86_CR0_MP (1UL << 1)	/* WAIT honours TS */
#define X86_CR0_EM (1UL << 2)	/* no FPU */
#define X86_CR0_TS (1UL << 3)	/* #NM at the next FPU instruction */
#define X86_CR0_NE (1UL << 5)	/* FPU errors are #MF */
#define X86_CR0_WP (1UL << 16)	/* read-only pages bind the kernel too */
#define X86_CR0_AM (1UL << 18)	/* EFLAGS.AC checks alignment in user mode */

#define X86_CR4_MCE (1UL << 6)
#define X86_CR4_PGE (1UL << 7)
#define X86_CR4_OSFXSR (1UL << 9)
#define X86_CR4_OSXMMEXCPT (1UL << 10)
#define X86_CR4_UMIP (1UL << 11)
#define X86_CR4_FSGSBASE (1UL << 16)
#define X86_CR4_OSXSAVE (1UL << 18)
#define X86_CR4_SMEP (1UL << 20)
#define X86_CR4_SMAP (1UL << 21)

#define X86_EFLAGS_IOPL (3UL << 12)
#define X86_EFLAGS_NT (1UL << 14)
#define X86_EFLAGS_AC (1UL << 18)

static inline u64 rdmsrl(u32 msr)
{
	u32 low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (u64)high << 32 | low;
}

static inline void wrmsrl(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

#define DEFINE_CR(n)								\
static inline unsigned long read_cr##n(void)					\
{										\
	unsigned long v;							\
										\
	__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v) : : "memory");		\
	return v;								\
}										\
static inline void write_cr##n(unsigned long v)					\
{										\
	__asm__ volatile("mov %0, %%cr" #n : : "r"(v) : "memory");		\
}
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)

static inline void xsetbv(u32 reg, u64 value)
{
	__asm__ volatile("xsetbv" : : "c"(reg), "a"((u32)value), "d"((u32)(value >> 32)));
}

struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid_regs r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

static inline u64 rdtsc(void)
{
	u64 low, high;		/* the CPU clears their upper halves */

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return high << 32 | low;
}

/* outb, inb; outw, inw; outl, inl: 8, 16 and 32 bits. */
#define DEFINE_PORT_IO(suffix, type)						\
static inline void out##suffix(u16 port, type v)				\
{										\
	__asm__ volatile("out" #suffix " %0, %1" : : "a"(v), "Nd"(port) : "memory"); \
}										\
static inline type in##suffix(u16 port)						\
{										\
	type v;									\
										\
	__asm__ volatile("in" #suffix " %1, %0" : "=a"(v) : "Nd"(port) : "memory"); \
	return v;								\
}
DEFINE_PORT_IO(b, u8)
DEFINE_PORT_IO(w, u16)
DEFINE_PORT_IO(l, u32)
