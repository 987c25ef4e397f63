/* Deliberate failures that only the CPU can make, for the tests of the reports: see
 * kernel/panic.c. */
#include "asm/processor.h"
#include "libk/compiler.h"

/* A stack that is not there: the next push faults, and so does the CPU's attempt to report that. */
void arch_double_fault(void)
{
	__asm__ volatile("mov %0, %%rsp" : : "r"(16UL) : "memory");
	show_regs(NULL);
}

void arch_execute_data(void)
{
	static u8 ret_instruction[] = { 0xc3 };
	void (*volatile fn)(void) = (void (*)(void))(unsigned long)ret_instruction;

	fn();
}

void arch_touch_user(void)
{
	*(volatile int *)0x400000UL = 1;
}
