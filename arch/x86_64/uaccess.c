/*
 * The two tables that uaccess.asm leaves behind: where execution goes on after a fault, and where
 * STAC and CLAC belong. Both are constant; smap_patch() runs once, before the code is
 * write-protected. No locks.
 */
#include "asm/cpufeature.h"
#include "asm/setup.h"
#include "libk/string.h"

struct exception_entry {
	unsigned long start, end, fixup;
};

struct smap_site {
	unsigned char *at;
	u32 code;		/* the three bytes of STAC or CLAC */
	u32 padding;
};

extern const struct exception_entry __start_ex_table[], __stop_ex_table[];
extern const struct smap_site __start_smap_sites[], __stop_smap_sites[];

unsigned long search_exception_table(unsigned long ip)
{
	for (const struct exception_entry *e = __start_ex_table; e < __stop_ex_table; e++)
		if (ip >= e->start && ip < e->end)
			return e->fixup;
	return 0;
}

void smap_patch(void)
{
	if (!boot_cpu_data.smap)
		return;
	for (const struct smap_site *s = __start_smap_sites; s < __stop_smap_sites; s++)
		memcpy(s->at, &s->code, 3);
}
