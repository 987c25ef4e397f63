/* The local APIC of each CPU and the IOAPICs. SDM vol. 3A chapter 11; Intel 82093AA. */
#pragma once

#include "libk/types.h"

enum {
	APIC_ID = 0x20, APIC_TASKPRI = 0x80, APIC_EOI = 0xb0, APIC_SPIV = 0xf0, APIC_ESR = 0x280,
	APIC_ICR = 0x300, APIC_ICR2 = 0x310, APIC_LVTT = 0x320, APIC_LVT0 = 0x350,
	APIC_LVT1 = 0x360, APIC_LVTERR = 0x370, APIC_TMICT = 0x380, APIC_TMCCT = 0x390,
	APIC_TDCR = 0x3e0,
};
#define APIC_TIMER_DIVIDE_BY_1 0xbu
#define APIC_LVT_MASKED (1u << 16)
#define APIC_LVT_TSC_DEADLINE (2u << 17)
#define APIC_DM_FIXED 0x000u
#define APIC_DM_NMI 0x400u
#define APIC_DM_INIT 0x4500u	/* level assert */
#define APIC_DM_STARTUP 0x600u

/* boot CPU: maps the registers, silences the old controller, masks the IOAPICs */
void apic_init(void);
void apic_init_cpu(void);	/* every CPU */
u32 apic_read(u32 reg);
void apic_write(u32 reg, u32 value);
void apic_eoi(void);
/* Sends an interprocessor interrupt: delivery mode | vector. Any context. */
void apic_send_ipi(u32 dest_apic_id, u32 mode_and_vector);

/* ioapic.c */
void ioapic_init(void);
