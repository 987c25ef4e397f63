/*
 * Reads the firmware's ACPI tables: which CPUs and interrupt controllers there are, where the HPET is, how to switch off.
 * Runs once on the boot page tables, which map the first 4 GiB at PAGE_OFFSET; tables above that are ignored. Afterwards the tables are
 * not mapped, so all that is needed is copied into struct acpi_info. No AML interpreter: the one object we want, \_S5, is found by
 * its name. No locks. Source: ACPI Specification 6.4, chapter 5, and 20.2 for AML's encoding of \_S5.
 */
#include "asm/acpi.h"
#include "asm/page.h"
#include "boot/boot_info.h"
#include "kernel/printk.h"
#include "libk/string.h"

struct acpi_info acpi;

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	/* from revision 2 on: */
	u32 length;
	u64 xsdt;
	u8 xchecksum, reserved[3];
} __packed;

struct sdt {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __packed;

struct madt {
	struct sdt header;
	u32 lapic, flags;
	u8 entries[];
} __packed;

enum { MADT_LAPIC, MADT_IOAPIC, MADT_OVERRIDE, MADT_LAPIC_ADDRESS = 5, MADT_X2APIC = 9 };

/* All kinds of MADT entries that we know, one over the other. */
union madt_entry {
	struct {
		u8 type, length;
	} __packed;
	struct {
		u8 type, length, uid, apic_id;
		u32 flags;
	} __packed lapic;
	struct {
		u8 type, length, id, reserved;
		u32 address, gsi_base;
	} __packed ioapic;
	struct {
		u8 type, length, bus, irq;
		u32 gsi;
		u16 flags;
	} __packed override;
	struct {
		u8 type, length;
		u16 reserved;
		u64 address;
	} __packed lapic_address;
	struct {
		u8 type, length;
		u16 reserved;
		u32 apic_id, flags, uid;
	} __packed x2apic;
};

struct acpi_address {
	u8 space, width, offset, access;
	u64 address;
} __packed;

enum { SPACE_MEMORY, SPACE_IO };

struct hpet_table {
	struct sdt header;
	u32 id;
	struct acpi_address address;
} __packed;

struct fadt {
	struct sdt header;
	u32 facs, dsdt;
	u8 reserved, profile;
	u16 sci;
	u32 smi_command;
	u8 acpi_enable, acpi_disable, s4bios, pstate_control;
	u32 pm1a_event, pm1b_event, pm1a_control, pm1b_control;
	u8 other[36];
	u8 century;
	u16 boot_flags;
	u8 reserved2;
	u32 flags;
	struct acpi_address reset;
	u8 reset_value;
	u16 arm_flags;
	u8 minor;
	u64 x_facs, x_dsdt;
} __packed;

BUILD_BUG_ON(offsetof(struct fadt, century) != 108 || offsetof(struct fadt, reset) != 116);

#define FADT_RESET_SUPPORTED (1u << 10)
#define BOOT_MAPPED (1ULL << 32)

static bool checksum_ok(const void *p, size_t n)
{
	const u8 *b = p;
	u8 sum = 0;

	while (n--)
		sum += *b++;
	return sum == 0;
}

/* The table at phys if it is whole, else NULL. */
static const void *table_at(u64 phys)
{
	const struct sdt *t = phys_to_virt(phys);

	if (!phys || phys + sizeof(*t) > BOOT_MAPPED || t->length < sizeof(*t) || phys + t->length > BOOT_MAPPED)
		return NULL;
	return checksum_ok(t, t->length) ? t : NULL;
}

/* The RSDP where a BIOS keeps it, when the loader did not tell: on a 16-byte boundary of its ROM. */
static u64 search_rsdp(void)
{
	for (u64 p = 0xe0000; p < 0x100000; p += 16)
		if (!memcmp(phys_to_virt(p), "RSD PTR ", 8) && checksum_ok(phys_to_virt(p), 20))
			return p;
	return 0;
}

/* The table with this signature, or NULL. XSDT (64-bit pointers) if there is one, else RSDT. */
static const void *find_table(const struct rsdp *rsdp, const char *signature)
{
	bool wide = rsdp->revision >= 2 && rsdp->xsdt;
	const struct sdt *root = table_at(wide ? rsdp->xsdt : rsdp->rsdt);
	size_t size = wide ? 8 : 4;

	if (!root)
		return NULL;
	for (size_t at = sizeof(*root); at + size <= root->length; at += size) {
		const struct sdt *t;
		u64 phys = 0;

		memcpy(&phys, (const char *)root + at, size);
		t = phys_to_virt(phys);
		if (phys < BOOT_MAPPED && !memcmp(t->signature, signature, 4))
			return table_at(phys);
	}
	return NULL;
}

/* --- MADT --- */

static void add_cpu(u32 apic_id, u32 flags)
{
	if (!(flags & 1))	/* not enabled: an empty socket */
		return;
	if (acpi.nr_cpus == NR_CPUS)
		acpi.nr_ignored++;
	else
		acpi.apic_ids[acpi.nr_cpus++] = apic_id;
}

static void add_override(u8 irq, u32 gsi, u16 flags)
{
	if (irq >= NR_ISA_IRQS)
		return;
	acpi.isa_irqs[irq].gsi = gsi;
	acpi.isa_irqs[irq].active_low = (flags & 3) == 3;
	acpi.isa_irqs[irq].level = (flags >> 2 & 3) == 3;
}

static void read_madt_entry(const union madt_entry *e)
{
	switch (e->type) {
	case MADT_LAPIC:
		add_cpu(e->lapic.apic_id, e->lapic.flags);
		break;
	case MADT_X2APIC:
		add_cpu(e->x2apic.apic_id, e->x2apic.flags);
		break;
	case MADT_IOAPIC:
		if (acpi.nr_ioapics == MAX_IOAPICS)
			break;
		acpi.ioapics[acpi.nr_ioapics].phys = e->ioapic.address;
		acpi.ioapics[acpi.nr_ioapics++].gsi_base = e->ioapic.gsi_base;
		break;
	case MADT_OVERRIDE:
		add_override(e->override.irq, e->override.gsi, e->override.flags);
		break;
	case MADT_LAPIC_ADDRESS:
		acpi.lapic = e->lapic_address.address;
		break;
	}
}

static void read_madt(const struct madt *madt)
{
	const u8 *end = (const u8 *)madt + madt->header.length;

	acpi.lapic = madt->lapic;
	for (const u8 *p = madt->entries; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1])
		read_madt_entry((const void *)p);
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
 * Name (\_S5, Package () { SLP_TYPa, SLP_TYPb, ... }) is encoded as: 08 ['\'] "_S5_" 12 length count SLP_TYPa SLP_TYPb ...
 * where length takes 1 + (first byte >> 6) bytes.
 */
static void read_s5(const struct sdt *dsdt)
{
	enum { NAME_OP = 0x08, PACKAGE_OP = 0x12, S5_MAX = 16 };
	const u8 *start = (const u8 *)(dsdt + 1), *end = (const u8 *)dsdt + dsdt->length;

	for (const u8 *p = start + 2; p + S5_MAX <= end; p++) {
		if (p[0] != '_' || memcmp(p, "_S5_", 4) || p[4] != PACKAGE_OP || (p[-1] != NAME_OP && p[-2] != NAME_OP))
			continue;
		p += 5;
		p += 1 + (*p >> 6) + 1;		/* length, count */
		acpi.sleep_type_a = aml_small_integer(&p);
		acpi.sleep_type_b = aml_small_integer(&p);
		acpi.has_s5 = true;
		return;
	}
}

static void read_fadt(const struct fadt *fadt)
{
	const struct sdt *dsdt = NULL;

	acpi.pm1a_control = (u16)fadt->pm1a_control;
	acpi.pm1b_control = (u16)fadt->pm1b_control;
	acpi.smi_command = (u16)fadt->smi_command;
	acpi.acpi_enable = fadt->acpi_enable;
	acpi.century = fadt->century;
	if (fadt->header.length > offsetof(struct fadt, reset_value) && fadt->flags & FADT_RESET_SUPPORTED &&
	    fadt->reset.space == SPACE_IO) {
		acpi.reset_port = (u16)fadt->reset.address;
		acpi.reset_value = fadt->reset_value;
	}
	if (fadt->header.length >= offsetof(struct fadt, x_dsdt) + 8)
		dsdt = table_at(fadt->x_dsdt);
	if (!dsdt)
		dsdt = table_at(fadt->dsdt);
	if (dsdt)
		read_s5(dsdt);
}

/* Without tables: one CPU, and the interrupt controllers where every PC has them. */
static void set_defaults(void)
{
	acpi.lapic = 0xfee00000;
	for (u32 i = 0; i < NR_ISA_IRQS; i++)
		acpi.isa_irqs[i].gsi = i;
}

void acpi_init(void)
{
	u64 phys = boot_info.rsdp ?: search_rsdp();
	const struct rsdp *rsdp = phys_to_virt(phys);
	const struct hpet_table *hpet;
	const struct madt *madt;
	const struct fadt *fadt;

	set_defaults();
	if (!phys || phys >= BOOT_MAPPED) {
		pr_warn("acpi: no tables found; one CPU\n");
		acpi.nr_cpus = 1;
		return;
	}
	madt = find_table(rsdp, "APIC");
	if (madt)
		read_madt(madt);
	hpet = find_table(rsdp, "HPET");
	if (hpet && hpet->address.space == SPACE_MEMORY)
		acpi.hpet = hpet->address.address;
	fadt = find_table(rsdp, "FACP");
	if (fadt)
		read_fadt(fadt);
	acpi.nr_cpus = max(acpi.nr_cpus, 1);
	if (acpi.nr_ignored)
		pr_warn("acpi: %d CPUs more than the %d this kernel can use\n", acpi.nr_ignored, NR_CPUS);
}
