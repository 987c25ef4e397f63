/*
 * The battery-backed clock: read once, to know what time it was when we booted. Boot CPU, no locks.
 * Source: Motorola MC146818A; the century's register is told by ACPI.
 */
#include "asm/acpi.h"
#include "asm/msr.h"
#include "asm/processor.h"
#include "libk/string.h"

enum { SECONDS, MINUTES, HOURS, DAY, MONTH, YEAR, CENTURY, NR_FIELDS };
enum { RTC_A = 10, RTC_B = 11, A_UPDATING = 0x80, B_24_HOURS = 2, B_BINARY = 4, HOUR_PM = 0x80 };

static u8 cmos_read(u8 reg)
{
	outb(0x70, reg);
	return inb(0x71);
}

static void rtc_read_raw(u8 t[NR_FIELDS])
{
	static const u8 registers[] = { 0, 2, 4, 7, 8, 9 };

	for (int i = 0; i < CENTURY; i++)
		t[i] = cmos_read(registers[i]);
	t[CENTURY] = acpi.century ? cmos_read(acpi.century) : 0;
}

/* To 24 hours and binary numbers, if they are not yet. */
static void rtc_decode(u8 t[NR_FIELDS])
{
	u8 b = cmos_read(RTC_B);
	bool pm = !(b & B_24_HOURS) && t[HOURS] & HOUR_PM;

	if (pm)
		t[HOURS] &= ~HOUR_PM;
	for (int i = 0; !(b & B_BINARY) && i < NR_FIELDS; i++)
		t[i] = (u8)((t[i] >> 4) * 10 + (t[i] & 15));
	if (!(b & B_24_HOURS))
		t[HOURS] = (u8)(t[HOURS] % 12 + (pm ? 12 : 0));
}

/* Days from 1970-01-01 to the first of March of year y, and on: with years that begin in March the
 * leap day comes last. */
static u64 days_since_1970(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return (u64)(y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468);
}

/* The RTC counts on while we read: two equal readings in a row are whole. */
u64 rtc_boot_seconds(void)
{
	u8 a[NR_FIELDS], t[NR_FIELDS];
	u64 days;

	rtc_read_raw(t);
	for (int i = 0; i < 100; i++) {
		memcpy(a, t, sizeof(a));
		for (int spins = 0; cmos_read(RTC_A) & A_UPDATING && spins < 10000; spins++)
			;
		rtc_read_raw(t);
		if (!memcmp(a, t, sizeof(a)))
			break;
	}
	rtc_decode(t);
	days = days_since_1970((t[CENTURY] >= 19 ? t[CENTURY] : 20) * 100 + t[YEAR], t[MONTH],
			       t[DAY]);
	return days * 86400 + t[HOURS] * 3600 + t[MINUTES] * 60 + t[SECONDS] -
	       ktime_get() / 1000000000;
}
