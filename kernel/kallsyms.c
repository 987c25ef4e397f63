/*
 * Names of code addresses. The build links the kernel twice: tools/kallsyms makes a sorted table
 * out of the first link's symbols, which the second one contains. Constant data; no lock, any
 * context.
 */
#include "kernel/printk.h"
#include "libk/compiler.h"
#include "libk/printf.h"
#include "libk/string.h"

extern const unsigned long kallsyms_count;
extern const u64 kallsyms_addr[];
extern const u32 kallsyms_off[];
extern const char kallsyms_str[];
extern const char _text[], _etext[];

const char *kallsyms_lookup(unsigned long addr, unsigned long *offset, unsigned long *size)
{
	unsigned long low = 0, high = kallsyms_count;

	if (addr < (unsigned long)_text || addr >= (unsigned long)_etext || !high)
		return NULL;
	while (high - low > 1) {	/* addr[low] <= addr < addr[high] */
		unsigned long mid = low + (high - low) / 2;

		if (kallsyms_addr[mid] <= addr)
			low = mid;
		else
			high = mid;
	}
	if (kallsyms_addr[low] > addr)
		return NULL;
	*offset = addr - kallsyms_addr[low];
	*size = (high < kallsyms_count ? kallsyms_addr[high] : (unsigned long)_etext) -
		kallsyms_addr[low];
	return kallsyms_str + kallsyms_off[low];
}

int sprint_symbol(char *buf, size_t size, unsigned long addr)
{
	unsigned long offset, length;
	const char *name = kallsyms_lookup(addr, &offset, &length);

	if (!name)
		return (int)scnprintf(buf, size, "0x%lx", addr);
	return (int)scnprintf(buf, size, "%s+0x%lx/0x%lx", name, offset, length);
}

/* A return address points behind its call, which may be the next function's first byte: look one
 * byte back. */
void print_backtrace(const unsigned long *pcs, int n)
{
	for (int i = 0; i < n; i++) {
		char name[96];

		sprint_symbol(name, sizeof(name), i ? pcs[i] - 1 : pcs[i]);
		printk(KERN_EMERG "  [<%016lx>] %s\n", pcs[i], name);
	}
}
