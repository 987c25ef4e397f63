/* What this machine's CPUs can do, read by CPUID once (all CPUs are taken to be equal). Written by
 * setup.c, read-only afterwards. */
#pragma once

#include "libk/types.h"

struct cpuinfo_x86 {
	bool smep, smap, umip, fsgsbase, rdrand;
	bool xsave;		/* OSXSAVE on and XCR0 set: use XSAVE, else FXSAVE */
	bool tsc_deadline;
	bool hypervisor;	/* we run in a virtual machine */
	u64 xcr0;		/* state components in use: x87 | SSE | AVX as far as there */
	u32 hwcap;		/* CPUID.1:EDX, which is AT_HWCAP */
	u32 signature;		/* CPUID.1:EAX: family, model, stepping */
	char vendor[13];
	char model_name[49];
};

extern struct cpuinfo_x86 boot_cpu_data;
