/* What we need from the firmware's tables. Filled by acpi.c on the boot page tables, read-only
 * afterwards. */
#pragma once

#include "asm/percpu.h"
#include "libk/types.h"

#define MAX_IOAPICS 4
#define NR_ISA_IRQS 16

struct acpi_info {
	u64 lapic;			/* physical address of the local APICs' registers */
	u32 apic_ids[NR_CPUS];		/* usable CPUs, in the firmware's order */
	int nr_cpus;
	int nr_ignored;			/* CPUs beyond NR_CPUS */
	struct {
		u64 phys;
		u32 gsi_base;
	} ioapics[MAX_IOAPICS];
	int nr_ioapics;
	struct {
		u32 gsi;
		bool level, active_low;
	} isa_irqs[NR_ISA_IRQS];	/* how the sixteen old interrupt lines are wired */
	u64 hpet;			/* physical address, 0: none */
	u16 pm1a_control, pm1b_control;	/* ports; 0: none */
	u16 smi_command;
	u8 acpi_enable;
	u16 sleep_type_a, sleep_type_b;	/* for S5, soft off */
	bool has_s5;
	u16 reset_port;			/* 0: none */
	u8 reset_value;
	u8 century;			/* CMOS register, 0: none */
};

extern struct acpi_info acpi;

void acpi_init(void);
