/*
 * What kind of CPU this is, and its control registers: protections on, FPU usable, SYSCALL set up.
 * boot_cpu_data is written on the boot CPU only, before the others start. No locks.
 */
#include "asm/apic.h"
#include "asm/cpufeature.h"
#include "asm/desc.h"
#include "asm/msr.h"
#include "asm/processor.h"
#include "asm/setup.h"
#include "kernel/sync/preempt.h"
#include "libk/bits.h"
#include "libk/string.h"

struct cpuinfo_x86 boot_cpu_data;

extern const char entry_SYSCALL_64[];

/* x87, SSE, AVX: wider state (AVX-512, AMX) would make every task's image and every switch larger,
 * and is not offered. */
#define XCR0_WANTED 7UL

static bool bit(u32 reg, int n)
{
	return reg >> n & 1;
}

static void detect_names(struct cpuinfo_x86 *c)
{
	struct cpuid_regs r = cpuid(0, 0);

	memcpy(c->vendor, &r.ebx, 4);
	memcpy(c->vendor + 4, &r.edx, 4);
	memcpy(c->vendor + 8, &r.ecx, 4);
	if (cpuid(0x80000000, 0).eax < 0x80000004)
		return;
	for (u32 i = 0; i < 3; i++) {
		r = cpuid(0x80000002 + i, 0);
		memcpy(c->model_name + 16 * i, &r, 16);
	}
}

void cpu_detect(void)
{
	struct cpuinfo_x86 *c = &boot_cpu_data;
	u32 max_leaf = cpuid(0, 0).eax;
	struct cpuid_regs r = cpuid(1, 0);

	detect_names(c);
	c->signature = r.eax;
	c->hwcap = r.edx;
	c->tsc_deadline = bit(r.ecx, 24);
	c->xsave = bit(r.ecx, 26);
	c->rdrand = bit(r.ecx, 30);
	c->hypervisor = bit(r.ecx, 31);
	if (max_leaf >= 7) {
		r = cpuid(7, 0);
		c->fsgsbase = bit(r.ebx, 0);
		c->smep = bit(r.ebx, 7);
		c->smap = bit(r.ebx, 20);
		c->umip = bit(r.ecx, 2);
	}
	if (c->xsave)
		c->xcr0 = cpuid(0xd, 0).eax & XCR0_WANTED;
}

/* Where SYSCALL goes. */
static void syscall_init(void)
{
	/* SYSCALL loads CS from STAR[47:32]; SYSRET takes the user's from STAR[63:48]: see
	 * asm/desc.h. */
	wrmsrl(MSR_STAR, (u64)__USER32_CS << 48 | (u64)__KERNEL_CS << 32);
	wrmsrl(MSR_LSTAR, (u64)entry_SYSCALL_64);
	/* The entry code begins with interrupts off, no single step, strings upwards, user memory
	 * closed. */
	wrmsrl(MSR_SYSCALL_MASK, X86_EFLAGS_IF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_IOPL |
					 X86_EFLAGS_NT | X86_EFLAGS_AC);
	wrmsrl(MSR_EFER, rdmsrl(MSR_EFER) | EFER_SCE | EFER_NX);
}

void cpu_init(void)
{
	const struct cpuinfo_x86 *c = &boot_cpu_data;
	unsigned long cr4 =
		read_cr4() | X86_CR4_MCE | X86_CR4_PGE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;

	cr4 |= (c->smep ? X86_CR4_SMEP : 0) | (c->smap ? X86_CR4_SMAP : 0) |
	       (c->umip ? X86_CR4_UMIP : 0);
	cr4 |= (c->fsgsbase ? X86_CR4_FSGSBASE : 0) | (c->xsave ? X86_CR4_OSXSAVE : 0);
	write_cr4(cr4);
	write_cr0((read_cr0() & ~(X86_CR0_EM | X86_CR0_TS)) | X86_CR0_MP | X86_CR0_NE | X86_CR0_WP |
		  X86_CR0_AM);
	if (c->xsave)
		xsetbv(0, c->xcr0);
	syscall_init();
}

/* STI takes effect after the next instruction: an interrupt that comes after the test ends the HLT
 * at once instead of before it. */
void arch_cpu_idle(void)
{
	if (need_resched())
		local_irq_enable();
	else
		__asm__ volatile("sti; hlt" : : : "memory");
}

unsigned long arch_elf_hwcap(void)
{
	return boot_cpu_data.hwcap;
}

/* AT_HWCAP2: bit 1 says that programs may use the FSGSBASE instructions. */
unsigned long arch_elf_hwcap2(void)
{
	return boot_cpu_data.fsgsbase ? 1UL << 1 : 0;
}
