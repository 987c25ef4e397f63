/*
 * The tracee's memory, and arguments that are strings or buffers in it.
 */
#include <sys/uio.h>

#include "kinds.h"

size_t max_string = 32;

size_t read_memory(pid_t pid, unsigned long addr, void *buf, size_t len)
{
	size_t done = 0;

	/* Page by page: what is there up to the first hole. */
	while (done < len) {
		size_t n = 4096 - (addr + done) % 4096;
		struct iovec local = { (char *)buf + done, n < len - done ? n : len - done };
		struct iovec remote = { (void *)(addr + done), local.iov_len };
		long got = syscall(SYS_process_vm_readv, pid, &local, 1UL, &remote, 1UL, 0UL);

		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done;
}

void put_pointer(unsigned long value)
{
	put(value ? "%#lx" : "NULL", value);
}

bool fetch(struct call *c, unsigned long addr, void *buf, size_t len)
{
	if (addr && read_memory(c->t->pid, addr, buf, len) == len)
		return true;
	put_pointer(addr);
	return false;
}

unsigned long arg(const struct call *c, int offset)
{
	return c->t->args[c->i + offset];
}

/* --- strings --- */

static void put_bytes(const char *s, size_t len)
{
	put("\"");
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)s[i];
		const char *short_form = ch ? strchr("\nn\tt\rr\"\"\\\\\ff\vv", ch) : NULL;

		if (short_form && (short_form - "\nn\tt\rr\"\"\\\\\ff\vv") % 2 == 0)
			put("\\%c", short_form[1]);
		else if (ch >= ' ' && ch < 127)
			put("%c", ch);
		else /* as short as can be, if no digit follows */
			put(i + 1 < len && s[i + 1] >= '0' && s[i + 1] <= '9' ? "\\%03o" : "\\%o",
			    ch);
	}
	put("\"");
}

/* len: how many there are, of which not all need be shown. */
static void put_buffer(struct call *c, unsigned long addr, size_t len)
{
	char buf[4096];
	size_t shown = len < max_string ? len : max_string;

	if (shown > sizeof(buf))
		shown = sizeof(buf);
	if (!fetch(c, addr, buf, shown))
		return;
	put_bytes(buf, shown);
	if (shown < len)
		put("...");
}

static void put_string(struct call *c, unsigned long addr, size_t limit)
{
	char buf[4096] = "";
	size_t n = read_memory(c->t->pid, addr, buf, sizeof(buf)), len = strnlen(buf, n);

	if (!n || (len == n && n < sizeof(buf))) {
		put_pointer(addr);
		return;
	}
	put_bytes(buf, len < limit ? len : limit);
	if (len > limit)
		put("...");
}

void put_path(struct call *c, const struct kind *kind, unsigned long value)
{
	put_string(c, value, 4095);
}

void put_buf_in(struct call *c, const struct kind *kind, unsigned long value)
{
	put_buffer(c, value, arg(c, 1));
}

void put_buf_out(struct call *c, const struct kind *kind, unsigned long value)
{
	if (c->t->nr == __NR_getcwd)
		put_string(c, value, 4095);
	else
		put_buffer(c, value, (size_t)c->result);
}

void put_strings(struct call *c, const struct kind *kind, unsigned long value)
{
	unsigned long word;
	int n = 0;

	if (!fetch(c, value, &word, sizeof(word)))
		return;
	for (put("["); word && n < 32; n++) {
		put(n ? ", " : "");
		put_string(c, word, max_string);
		value += sizeof(word);
		if (read_memory(c->t->pid, value, &word, sizeof(word)) != sizeof(word))
			break;
	}
	put(word && n == 32 ? ", ...]" : "]");
}

void put_environ(struct call *c, const struct kind *kind, unsigned long value)
{
	unsigned long word = 1;
	int n = -1;

	put_pointer(value);
	while (value && word &&
	       read_memory(c->t->pid, value, &word, sizeof(word)) == sizeof(word)) {
		value += sizeof(word);
		n++;
	}
	if (n >= 0)
		put(" /* %d var%s */", n, n == 1 ? "" : "s");
}

void put_iovecs(struct call *c, const struct kind *kind, unsigned long value)
{
	unsigned long n = arg(c, 1);
	struct iovec iov;

	for (unsigned long i = 0; i < n && i < 16; i++) {
		if (read_memory(c->t->pid, value + i * sizeof(iov), &iov, sizeof(iov)) !=
		    sizeof(iov)) {
			put_pointer(value);
			return;
		}
		put(i ? ", {iov_base=" : "[{iov_base=");
		put_buffer(c, (unsigned long)iov.iov_base, iov.iov_len);
		put(", iov_len=%lu}", (unsigned long)iov.iov_len);
	}
	put(n ? "]" : "[]");
}
