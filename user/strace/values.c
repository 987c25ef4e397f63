/*
 * Arguments that are values: numbers, constants, and futex's, which depend on the operation.
 */
#include <fcntl.h>

#include "libk/abi/futex.h"
#include "libk/abi/sched.h"
#include "kinds.h"

/* --- numbers --- */

void put_dec(struct call *c, const struct kind *kind, unsigned long value)
{
	put("%d", (int)value);
}

void put_unsigned(struct call *c, const struct kind *kind, unsigned long value)
{
	put("%lu", value);
}

void put_long(struct call *c, const struct kind *kind, unsigned long value)
{
	put("%ld", (long)value);
}

void put_hex(struct call *c, const struct kind *kind, unsigned long value)
{
	put(value ? "%#lx" : "%lu", value);
}

void put_octal(struct call *c, const struct kind *kind, unsigned long value)
{
	put("0%lo", value & 0xffffffff);
}

void put_ptr(struct call *c, const struct kind *kind, unsigned long value)
{
	put_pointer(value);
}

void put_dirfd(struct call *c, const struct kind *kind, unsigned long value)
{
	if ((int)value == AT_FDCWD)
		put("AT_FDCWD");
	else
		put("%d", (int)value);
}

void put_sig(struct call *c, const struct kind *kind, unsigned long value)
{
	put_signal((int)value);
}

void put_dev(struct call *c, const struct kind *kind, unsigned long value)
{
	put("makedev(%#lx, %#lx)", value >> 8 & 0xfff, (value & 0xff) | (value >> 12 & 0xfff00));
}

/* --- constants --- */

void put_names(struct call *c, const struct kind *kind, unsigned long value)
{
	put_name(kind->names, (unsigned int)value);
}

/* Where a file is opened, or changed, the two lowest bits are a mode of their own. */
void put_open_flags(struct call *c, const struct kind *kind, unsigned long value)
{
	static const char *const modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };
	bool opens = c->t->nr == __NR_open || c->t->nr == __NR_openat;

	if (opens || c->t->nr == __NR_fcntl) {
		put("%s", modes[value & 3]);
		if (!(value & ~3UL & 0xffffffff))
			goto last;
		put("|");
		value &= ~3UL;
	}
	put_name(&open_flags, (unsigned int)value);
last:
	if (opens && !(value & O_CREAT) && (value & O_TMPFILE) != O_TMPFILE)
		c->end = c->i + 1; /* no mode */
}

void put_fcntl_cmd(struct call *c, const struct kind *kind, unsigned long value)
{
	put_name(kind->names, (unsigned int)value);
	if (value == F_GETFD || value == F_GETFL || value == F_GETOWN)
		c->end = c->i + 1;
}

void put_fcntl_arg(struct call *c, const struct kind *kind, unsigned long value)
{
	unsigned long cmd = arg(c, -1);

	if (cmd == F_SETFD)
		put_name(&fd_flags, value);
	else if (cmd == F_SETFL)
		put_open_flags(c, kind, value);
	else if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_SETOWN)
		put("%d", (int)value);
	else
		put_pointer(value);
}

void put_mremap_flags(struct call *c, const struct kind *kind, unsigned long value)
{
	put_name(kind->names, value);
	if (!(value & 2)) /* MREMAP_FIXED: to where */
		c->end = c->i + 1;
}

void put_clone_flags(struct call *c, const struct kind *kind, unsigned long value)
{
	unsigned long signal = value & CSIGNAL;

	if (value & ~(unsigned long)CSIGNAL || !signal)
		put_name(&clone_flags, value & ~(unsigned long)CSIGNAL);
	if (signal) {
		put(value & ~(unsigned long)CSIGNAL ? "|" : "");
		put_signal((int)signal);
	}
}

void put_domain_type(struct call *c, const struct kind *kind, unsigned long value)
{
	put_name(&sock_types, (unsigned int)value);
}

/* --- futex: what the other arguments mean depends on the operation --- */

static unsigned long futex_op(const struct call *c)
{
	return c->t->args[1] & ~(unsigned long)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
}

void put_futex_op(struct call *c, const struct kind *kind, unsigned long value)
{
	static const unsigned char nr_args[] = {
		[FUTEX_WAIT] = 4,	 [FUTEX_WAKE] = 3,	 [FUTEX_REQUEUE] = 5,
		[FUTEX_CMP_REQUEUE] = 6, [FUTEX_WAKE_OP] = 6,	 [FUTEX_LOCK_PI] = 4,
		[FUTEX_UNLOCK_PI] = 2,	 [FUTEX_TRYLOCK_PI] = 2, [FUTEX_WAIT_BITSET] = 6,
		[FUTEX_WAKE_BITSET] = 6, [FUTEX_LOCK_PI2] = 4,
	};
	unsigned long op = futex_op(c);

	put_name(&futex_ops, op);
	if (!find_name(&futex_ops, op))
		put(" /* FUTEX_??? */");
	if (op == FUTEX_WAIT_BITSET)
		c->skip = 1 << 4;
	else if (op == FUTEX_WAKE_BITSET)
		c->skip = 1 << 3 | 1 << 4;
	if (value & FUTEX_PRIVATE_FLAG)
		put("_PRIVATE");
	if (value & FUTEX_CLOCK_REALTIME)
		put("|FUTEX_CLOCK_REALTIME");
	if (op < ARRAY_SIZE(nr_args) && nr_args[op])
		c->end = nr_args[op];
}

void put_futex_val(struct call *c, const struct kind *kind, unsigned long value)
{
	put("%u", (unsigned int)value);
}

void put_futex_arg(struct call *c, const struct kind *kind, unsigned long value)
{
	unsigned long op = futex_op(c);

	if (op == FUTEX_REQUEUE || op == FUTEX_CMP_REQUEUE || op == FUTEX_WAKE_OP)
		put("%u", (unsigned int)value);
	else
		kinds[TIMESPEC].put(c, &kinds[TIMESPEC], value);
}

void put_futex_val3(struct call *c, const struct kind *kind, unsigned long value)
{
	static const char *const ops[] = { "SET", "ADD", "OR", "ANDN", "XOR" };
	static const char *const comparisons[] = { "EQ", "NE", "LT", "LE", "GT", "GE" };
	unsigned int v = (unsigned int)value, op = v >> 28 & 7, cmp = v >> 24 & 15;

	if (futex_op(c) == FUTEX_WAKE_OP && op < ARRAY_SIZE(ops) && cmp < ARRAY_SIZE(comparisons))
		put("FUTEX_OP_%s<<28|%s%#x<<12|FUTEX_OP_CMP_%s<<24|%#x", ops[op],
		    v >> 31 ? "FUTEX_OP_OPARG_SHIFT<<28|" : "", v >> 12 & 0xfff, comparisons[cmp],
		    v & 0xfff);
	else if (v == FUTEX_BITSET_MATCH_ANY)
		put("FUTEX_BITSET_MATCH_ANY");
	else
		put(v ? "%#x" : "%u", v);
}
