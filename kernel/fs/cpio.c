/*
 * Reading newc cpio archives, byte by byte checked: whatever the image holds, nothing outside it is
 * touched. initramfs.c tells the format.
 *
 * Pure: no locks, no memory.
 */
#include "kernel/fs/initramfs.h"
#include "libk/abi/errno.h"
#include "libk/abi/stat.h"
#include "libk/compiler.h"
#include "libk/string.h"

#define HEADER 110
enum {
	F_INO,
	F_MODE,
	F_UID,
	F_GID,
	F_NLINK,
	F_MTIME,
	F_SIZE,
	F_MAJOR,
	F_MINOR,
	F_RMAJOR,
	F_RMINOR,
	F_NAMESIZE,
	F_CHECK,
	NR_FIELDS
};

static bool parse_hex(const char *s, u32 *value)
{
	u32 v = 0;

	for (int i = 0; i < 8; i++) {
		char c = s[i] | 0x20;

		if (s[i] >= '0' && s[i] <= '9')
			v = v * 16 + (s[i] - '0');
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + (c - 'a' + 10);
		else
			return false;
	}
	*value = v;
	return true;
}

static int bad(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

static int bad_magic(const char *p, size_t left, const char **why)
{
	if (left >= 2 && !memcmp(p, "\x1f\x8b", 2))
		return bad(
			why,
			"the initrd is compressed (gzip); only plain newc cpio archives are read");
	if (left >= 4 && (!memcmp(p, "\xfd\x37zX", 4) || !memcmp(p, "\x28\xb5\x2f\xfd", 4)))
		return bad(why, "the initrd is compressed; only plain newc cpio archives are read");
	if (left >= 6 && !memcmp(p, "070707", 6))
		return bad(why, "old cpio format; make the archive with cpio -H newc");
	return bad(why, "not a newc cpio archive (bad magic number)");
}

int cpio_next(const char **at, const char *end, struct cpio_entry *e, const char **why)
{
	const char *p = *at;
	u32 v[NR_FIELDS];
	size_t name_end, data_end, left;

	while (p < end && !*p)
		p++;
	left = end - p;
	if (!left)
		return 0;
	if (left < 6 || (memcmp(p, "070701", 6) && memcmp(p, "070702", 6)))
		return bad_magic(p, left, why);
	if (left < HEADER)
		return bad(why, "the archive is truncated (in a header)");
	for (int i = 0; i < NR_FIELDS; i++)
		if (!parse_hex(p + 6 + 8 * i, &v[i]))
			return bad(why, "damaged archive (a header field is not a number)");
	name_end = ALIGN_UP((size_t)HEADER + v[F_NAMESIZE], 4);
	data_end = name_end + v[F_SIZE];
	if (v[F_NAMESIZE] < 2 || v[F_NAMESIZE] > 4096)
		return bad(why, "damaged archive (bad length of a name)");
	if (data_end > left)
		return bad(why, "the archive is truncated");
	if (p[HEADER + v[F_NAMESIZE] - 1])
		return bad(why, "damaged archive (a name without end)");
	*e = (struct cpio_entry){
		.name = p + HEADER, .data = p + name_end, .size = v[F_SIZE], .mode = v[F_MODE],
		.uid = v[F_UID], .gid = v[F_GID], .nlink = v[F_NLINK], .ino = v[F_INO],
		.major = v[F_MAJOR], .minor = v[F_MINOR], .mtime = v[F_MTIME],
		.rdev = makedev(v[F_RMAJOR], v[F_RMINOR]),
		.trailer = !strcmp(p + HEADER, "TRAILER!!!"),
	};
	*at = p + (ALIGN_UP(data_end, 4) < left ? ALIGN_UP(data_end, 4) : left);
	return 1;
}
