/*
 * The battery-backed clock: read once, to know what time it was when we booted. Boot CPU, no locks.
 * Source: Motorola MC146818A; the century's register is told by ACPI.
 */
#include "asm/acpi.h"
#include "asm/msr.h"
#include "asm/processor.h"

enum { RTC_SECONDS = 0, RTC_MINUTES = 2, RTC_HOURS = 4, RTC_DAY = 7, RTC_MONTH = 8, RTC_YEAR = 9, RTC_A = 10, RTC_B = 11 };
enum { A_UPDATING = 0x80, B_24_HOURS = 2, B_BINARY = 4, HOUR_PM = 0x80 };

struct rtc {
	unsigned int seconds, minutes, hours, day, month, year, century;
};

static u8 cmos_read(u8 reg)
{
	outb(0x70, reg);
	return inb(0x71);
}

static struct rtc rtc_read_raw(void)
{
	return (struct rtc){
		cmos_read(RTC_SECONDS), cmos_read(RTC_MINUTES), cmos_read(RTC_HOURS), cmos_read(RTC_DAY), cmos_read(RTC_MONTH),
		cmos_read(RTC_YEAR), acpi.century ? cmos_read(acpi.century) : 0,
	};
}

static unsigned int from_bcd(unsigned int v)
{
	return (v >> 4) * 10 + (v & 15);
}

static void rtc_decode(struct rtc *t)
{
	u8 b = cmos_read(RTC_B);
	bool pm = !(b & B_24_HOURS) && t->hours & HOUR_PM;

	t->hours &= ~(b & B_24_HOURS ? 0u : HOUR_PM);
	if (!(b & B_BINARY)) {
		t->seconds = from_bcd(t->seconds);
		t->minutes = from_bcd(t->minutes);
		t->hours = from_bcd(t->hours);
		t->day = from_bcd(t->day);
		t->month = from_bcd(t->month);
		t->year = from_bcd(t->year);
		t->century = from_bcd(t->century);
	}
	if (!(b & B_24_HOURS))
		t->hours = t->hours % 12 + (pm ? 12 : 0);
	t->year += t->century >= 19 ? t->century * 100 : 2000;
}

/* Days from 1970-01-01 to the first of March of year y, and on: with years that begin in March the leap day comes last. */
static u64 days_since_1970(unsigned int year, unsigned int month, unsigned int day)
{
	u64 y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

/* The RTC counts on while we read: two equal readings in a row are whole. */
u64 rtc_boot_seconds(void)
{
	struct rtc a, b = rtc_read_raw();

	for (int i = 0; i < 100; i++) {
		a = b;
		for (int spins = 0; cmos_read(RTC_A) & A_UPDATING && spins < 10000; spins++)
			;
		b = rtc_read_raw();
		if (!__builtin_memcmp(&a, &b, sizeof(a)))
			break;
	}
	rtc_decode(&b);
	return days_since_1970(b.year, b.month, b.day) * 86400 + b.hours * 3600 + b.minutes * 60 + b.seconds -
	       ktime_get() / 1000000000;
}
