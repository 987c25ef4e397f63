/* /proc/cpuinfo, in Linux's format. Shows what is constant after boot: no locks. */
#include "asm/cpufeature.h"
#include "asm/msr.h"
#include "asm/percpu.h"
#include "asm/processor.h"
#include "asm/setup.h"
#include "kernel/fs/fs.h"

/* Linux's names for the bits of CPUID leaf 1; NULL: reserved, or a feature that this kernel hides
 * from programs. */
static const char *const edx_names[32] = {
	"fpu",	"vme",	"de",	"pse", "tsc",  "msr", "pae",   "mce", "cx8",	 "apic", NULL,
	"sep",	"mtrr", "pge",	"mca", "cmov", "pat", "pse36", "pn",  "clflush", NULL,	 "dts",
	"acpi", "mmx",	"fxsr", "sse", "sse2", "ss",  "ht",    "tm",  NULL,	 "pbe",
};
static const char *const ecx_names[32] = {
	"pni",	  "pclmulqdq",	"dtes64", "monitor", "ds_cpl",
	"vmx",	  "smx",	"est",	  "tm2",     "ssse3",
	"cid",	  "sdbg",	"fma",	  "cx16",    "xtpr",
	"pdcm",	  NULL,		"pcid",	  "dca",     "sse4_1",
	"sse4_2", "x2apic",	"movbe",  "popcnt",  "tsc_deadline_timer",
	"aes",	  "xsave",	NULL,	  "avx",     "f16c",
	"rdrand", "hypervisor",
};

static void show_bits(struct seq_file *m, u32 bits, const char *const *names)
{
	for (int i = 0; i < 32; i++)
		if (bits >> i & 1 && names[i])
			seq_printf(m, " %s", names[i]);
}

static void show_flags(struct seq_file *m)
{
	const struct cpuinfo_x86 *c = &boot_cpu_data;
	struct cpuid_regs r = cpuid(1, 0);

	seq_puts(m, "flags\t\t:");
	show_bits(m, r.edx, edx_names);
	show_bits(m, r.ecx, ecx_names);
	seq_printf(m, " syscall nx lm%s%s%s%s\n", c->fsgsbase ? " fsgsbase" : "",
		   c->smep ? " smep" : "", c->smap ? " smap" : "", c->umip ? " umip" : "");
}

/* Family and model have extensions that count only for some families (SDM vol. 2A, CPUID, figure
 * 3-6). */
static void show_model(struct seq_file *m)
{
	const struct cpuinfo_x86 *c = &boot_cpu_data;
	u32 s = c->signature, family = s >> 8 & 15, model = s >> 4 & 15;

	if (family == 6 || family == 15)
		model |= (s >> 16 & 15) << 4;
	if (family == 15)
		family += s >> 20 & 255;
	seq_printf(m, "vendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", c->vendor, family,
		   model);
	seq_printf(m, "model name\t: %s\nstepping\t: %u\n", c->model_name, s & 15);
}

void arch_show_cpuinfo(struct seq_file *m)
{
	u64 khz = tsc_frequency() / 1000;

	for_each_cpu(i) {
		seq_printf(m, "processor\t: %d\n", i);
		show_model(m);
		seq_printf(m, "cpu MHz\t\t: %llu.%03llu\n", khz / 1000, khz % 1000);
		seq_printf(m, "apicid\t\t: %u\nfpu\t\t: yes\nwp\t\t: yes\n", cpus[i].apic_id);
		show_flags(m);
		seq_puts(m, "clflush size\t: 64\naddress sizes\t: 48 bits virtual\n\n");
	}
}
