/*
 * Reads the firmware's ACPI tables: which CPUs and interrupt controllers there are, where the HPET
 * is, how to switch off. Runs once on the boot page tables, which map the first 4 GiB at
 * PAGE_OFFSET; tables above that are ignored. Afterwards the tables are not mapped, so all that is
 * needed is copied into struct acpi_info. No AML interpreter: the one object we want, \_S5, is
 * found by its name. No locks. Source: ACPI Specification 6.4, chapter 5, and 20.2 for AML's
 * encoding.
 */
#include "asm/acpi.h"
#include "asm/page.h"
#include "boot/boot_info.h"
#include "kernel/printk.h"
#include "libk/string.h"

struct acpi_info acpi;

/* What every table begins with. */
struct sdt {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __packed;

/* Offsets of what we read; an "address" is 4 bytes of kind and size, then 8 of address. */
enum { RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_XSDT = 24 };
enum { MADT_LAPIC_ADDRESS = 36, MADT_ENTRIES = 44 };
enum { HPET_ADDRESS = 40, ADDRESS_VALUE = 4, SPACE_MEMORY = 0, SPACE_IO };
enum {
	FADT_DSDT = 40, FADT_SMI_COMMAND = 48, FADT_ACPI_ENABLE = 52, FADT_PM1A_CONTROL = 64,
	FADT_PM1B_CONTROL = 68, FADT_CENTURY = 108, FADT_FLAGS = 112, FADT_RESET = 116,
	FADT_RESET_VALUE = 128, FADT_X_DSDT = 140, FADT_RESET_SUPPORTED = 1 << 10,
};

#define BOOT_MAPPED (1ULL << 32)

/* The number of size bytes at p. */
static u64 number(const void *p, size_t size)
{
	u64 v = 0;

	memcpy(&v, p, size);
	return v;
}

/* A number in a table; 0 when the table, of an older revision, is too short for it. */
static u64 field(const struct sdt *t, size_t offset, size_t size)
{
	return offset + size <= t->length ? number((const char *)t + offset, size) : 0;
}

static bool checksum_ok(const void *p, size_t n)
{
	const u8 *b = p;
	u8 sum = 0;

	while (n--)
		sum += *b++;
	return sum == 0;
}

/* The table at phys if it is whole, else NULL. */
static const struct sdt *table_at(u64 phys)
{
	const struct sdt *t = phys_to_virt(phys);

	if (!phys || phys + sizeof(*t) > BOOT_MAPPED || t->length < sizeof(*t) ||
	    phys + t->length > BOOT_MAPPED)
		return NULL;
	return checksum_ok(t, t->length) ? t : NULL;
}

/* The RSDP where a BIOS keeps it, when the loader did not tell: on a 16-byte boundary of its
 * ROM. */
static u64 search_rsdp(void)
{
	for (u64 p = 0xe0000; p < 0x100000; p += 16)
		if (!memcmp(phys_to_virt(p), "RSD PTR ", 8) && checksum_ok(phys_to_virt(p), 20))
			return p;
	return 0;
}

/* The table with this signature, or NULL. XSDT (64-bit pointers) if there is one, else RSDT. */
static const struct sdt *find_table(const char *rsdp, const char *signature)
{
	u64 xsdt = number(rsdp + RSDP_REVISION, 1) >= 2 ? number(rsdp + RSDP_XSDT, 8) : 0;
	const struct sdt *root = table_at(xsdt ?: number(rsdp + RSDP_RSDT, 4));
	size_t size = xsdt ? 8 : 4;

	for (size_t at = sizeof(*root); root && at + size <= root->length; at += size) {
		u64 phys = field(root, at, size);

		if (phys < BOOT_MAPPED && !memcmp(phys_to_virt(phys), signature, 4))
			return table_at(phys);
	}
	return NULL;
}

/* --- MADT --- */

static void add_cpu(u64 apic_id, u64 flags)
{
	if (!(flags & 1))	/* not enabled: an empty socket */
		return;
	if (acpi.nr_cpus == NR_CPUS)
		acpi.nr_ignored++;
	else
		acpi.apic_ids[acpi.nr_cpus++] = (u32)apic_id;
}

/* An entry: its kind, its length, and what the kind prescribes. */
static void read_madt_entry(const u8 *e)
{
	enum { LAPIC, IOAPIC, OVERRIDE, LAPIC_ADDRESS = 5, X2APIC = 9 };
	u32 flags;

	switch (e[0]) {
	case LAPIC:
		add_cpu(e[3], number(e + 4, 4));
		break;
	case X2APIC:
		add_cpu(number(e + 4, 4), number(e + 8, 4));
		break;
	case IOAPIC:
		if (acpi.nr_ioapics == MAX_IOAPICS)
			break;
		acpi.ioapics[acpi.nr_ioapics].phys = number(e + 4, 4);
		acpi.ioapics[acpi.nr_ioapics++].gsi_base = (u32)number(e + 8, 4);
		break;
	case OVERRIDE:
		if (e[3] >= NR_ISA_IRQS)
			break;
		flags = (u32)number(e + 8, 2);
		acpi.isa_irqs[e[3]].gsi = (u32)number(e + 4, 4);
		acpi.isa_irqs[e[3]].active_low = (flags & 3) == 3;
		acpi.isa_irqs[e[3]].level = (flags >> 2 & 3) == 3;
		break;
	case LAPIC_ADDRESS:
		acpi.lapic = number(e + 4, 8);
		break;
	}
}

static void read_madt(const struct sdt *madt)
{
	const u8 *start = (const u8 *)madt, *end = start + madt->length;

	acpi.lapic = field(madt, MADT_LAPIC_ADDRESS, 4);
	for (const u8 *p = start + MADT_ENTRIES; p + 2 <= end && p[1] >= 2 && p + p[1] <= end;
	     p += p[1])
		read_madt_entry(p);
}

/* --- FADT and DSDT --- */

/* A small constant in AML: ZeroOp, OneOp, or a byte after BytePrefix. Moves *p behind it. */
static u16 aml_small_integer(const u8 **p)
{
	enum { BYTE_PREFIX = 0x0a };

	if (**p == BYTE_PREFIX)
		(*p)++;
	return *(*p)++;
}

/*
 * Name (\_S5, Package () { SLP_TYPa, SLP_TYPb, ... }) is encoded as:
 * 08 ['\'] "_S5_" 12 length count SLP_TYPa SLP_TYPb ... where length takes 1 + (first byte >> 6)
 * bytes.
 */
static void read_s5(const struct sdt *dsdt)
{
	enum { NAME_OP = 0x08, PACKAGE_OP = 0x12, S5_MAX = 16 };
	const u8 *start = (const u8 *)(dsdt + 1), *end = (const u8 *)dsdt + dsdt->length;

	for (const u8 *p = start + 2; p + S5_MAX <= end; p++) {
		if (p[0] != '_' || memcmp(p, "_S5_", 4) || p[4] != PACKAGE_OP ||
		    (p[-1] != NAME_OP && p[-2] != NAME_OP))
			continue;
		p += 5;
		p += 1 + (*p >> 6) + 1;		/* length, count */
		acpi.sleep_type_a = aml_small_integer(&p);
		acpi.sleep_type_b = aml_small_integer(&p);
		acpi.has_s5 = true;
		return;
	}
}

static void read_fadt(const struct sdt *fadt)
{
	const struct sdt *dsdt = table_at(field(fadt, FADT_X_DSDT, 8));

	acpi.pm1a_control = (u16)field(fadt, FADT_PM1A_CONTROL, 2);
	acpi.pm1b_control = (u16)field(fadt, FADT_PM1B_CONTROL, 2);
	acpi.smi_command = (u16)field(fadt, FADT_SMI_COMMAND, 2);
	acpi.acpi_enable = (u8)field(fadt, FADT_ACPI_ENABLE, 1);
	acpi.century = (u8)field(fadt, FADT_CENTURY, 1);
	if (field(fadt, FADT_FLAGS, 4) & FADT_RESET_SUPPORTED &&
	    field(fadt, FADT_RESET, 1) == SPACE_IO) {
		acpi.reset_port = (u16)field(fadt, FADT_RESET + ADDRESS_VALUE, 2);
		acpi.reset_value = (u8)field(fadt, FADT_RESET_VALUE, 1);
	}
	if (!dsdt)
		dsdt = table_at(field(fadt, FADT_DSDT, 4));
	if (dsdt)
		read_s5(dsdt);
}

void acpi_init(void)
{
	u64 phys = boot_info.rsdp ?: search_rsdp();
	const char *rsdp = phys_to_virt(phys);
	const struct sdt *madt, *hpet, *fadt;

	/* Without tables: one CPU, and the interrupt controllers where every PC has them. */
	acpi.lapic = 0xfee00000;
	for (u32 i = 0; i < NR_ISA_IRQS; i++)
		acpi.isa_irqs[i].gsi = i;
	if (!phys || phys >= BOOT_MAPPED) {
		pr_warn("acpi: no tables found; one CPU\n");
		acpi.nr_cpus = 1;
		return;
	}
	madt = find_table(rsdp, "APIC");
	if (madt)
		read_madt(madt);
	hpet = find_table(rsdp, "HPET");
	if (hpet && field(hpet, HPET_ADDRESS, 1) == SPACE_MEMORY)
		acpi.hpet = field(hpet, HPET_ADDRESS + ADDRESS_VALUE, 8);
	fadt = find_table(rsdp, "FACP");
	if (fadt)
		read_fadt(fadt);
	acpi.nr_cpus = max(acpi.nr_cpus, 1);
	if (acpi.nr_ignored)
		pr_warn("acpi: %d CPUs more than the %d this kernel can use\n", acpi.nr_ignored,
			NR_CPUS);
}
