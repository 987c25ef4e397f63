/*
 * Arguments that are structures: most by their layout, whose fields have kinds in turn; some, and
 * those of signals, by a function of their own.
 */
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/utsname.h>

#include "libk/abi/futex.h"
#include "libk/abi/rseq.h"
#include "libk/abi/ucontext.h"
#include "kinds.h"

static unsigned long field_value(const struct field *f, const char *base)
{
	unsigned long value = 0;

	memcpy(&value, base + f->offset, f->size <= sizeof(value) ? f->size : 0);
	if (f->size == 4 && (f->kind == DEC || f->kind == LONG))
		value = (unsigned long)(long)(int)value;
	return value;
}

static void put_fields(struct call *c, const struct layout *layout, const char *base)
{
	put("{");
	for (int i = 0; i < layout->n; i++) {
		const struct field *f = &layout->fields[i];
		const struct kind *kind = &kinds[f->kind];

		put("%s%s=", i ? ", " : "", f->name);
		if (kind->layout) /* a structure within it */
			put_fields(c, kind->layout, base + f->offset);
		else
			kind->put(c, kind, field_value(f, base));
	}
	put(layout->more ? ", ...}" : "}");
}

void put_struct(struct call *c, const struct kind *kind, unsigned long value)
{
	char buf[512];

	if (fetch(c, value, buf, kind->layout->size))
		put_fields(c, kind->layout, buf);
}

#define F(type, member, kind)                                                                      \
	{                                                                                          \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member), kind   \
	}
#define LAYOUT(name, type, more, ...)                                                              \
	static const struct field name##_fields[] = { __VA_ARGS__ };                               \
	const struct layout name##_layout = { sizeof(struct type), name##_fields,                  \
					      ARRAY_SIZE(name##_fields), more };

LAYOUT(timespec, timespec, false, F(timespec, tv_sec, LONG), F(timespec, tv_nsec, LONG))
LAYOUT(timeval, timeval, false, F(timeval, tv_sec, LONG), F(timeval, tv_usec, LONG))
LAYOUT(itimerspec, itimerspec, false, F(itimerspec, it_interval, TIMESPEC),
       F(itimerspec, it_value, TIMESPEC))
LAYOUT(itimerval, itimerval, false, F(itimerval, it_interval, TIMEVAL),
       F(itimerval, it_value, TIMEVAL))
LAYOUT(stack, sigaltstack, false, F(sigaltstack, ss_sp, PTR), F(sigaltstack, ss_flags, HEX),
       F(sigaltstack, ss_size, UNSIGNED))
LAYOUT(rusage, rusage, true, F(rusage, ru_utime, TIMEVAL), F(rusage, ru_stime, TIMEVAL))
LAYOUT(robust, robust_list_head, false, F(robust_list_head, list, PTR),
       F(robust_list_head, futex_offset, LONG), F(robust_list_head, list_op_pending, PTR))
LAYOUT(rseq, rseq, false, F(rseq, cpu_id_start, UNSIGNED), F(rseq, cpu_id, DEC),
       F(rseq, rseq_cs, PTR), F(rseq, flags, HEX))

LAYOUT(sched_attr, sched_attr, true, F(sched_attr, size, UNSIGNED),
       F(sched_attr, sched_policy, POLICY), F(sched_attr, sched_flags, HEX),
       F(sched_attr, sched_nice, DEC), F(sched_attr, sched_priority, UNSIGNED),
       F(sched_attr, sched_runtime, UNSIGNED))

static void put_rlimit_value(unsigned long value)
{
	if (value == ~0UL)
		put("RLIM64_INFINITY");
	else if (value > 1024 && value % 1024 == 0)
		put("%lu*1024", value / 1024);
	else
		put("%lu", value);
}

void put_rlimit(struct call *c, const struct kind *kind, unsigned long value)
{
	struct rlimit r;

	if (!fetch(c, value, &r, sizeof(r)))
		return;
	put("{rlim_cur=");
	put_rlimit_value(r.rlim_cur);
	put(", rlim_max=");
	put_rlimit_value(r.rlim_max);
	put("}");
}

void put_stat(struct call *c, const struct kind *kind, unsigned long value)
{
	static const char *const types[16] = {
		[1] = "S_IFIFO", [2] = "S_IFCHR",  [4] = "S_IFDIR",  [6] = "S_IFBLK",
		[8] = "S_IFREG", [10] = "S_IFLNK", [12] = "S_IFSOCK"
	};
	struct stat st;

	if (!fetch(c, value, &st, sizeof(st)))
		return;
	put("{st_mode=%s|0%o, ", types[st.st_mode >> 12 & 15] ?: "?", st.st_mode & 07777);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
		put("st_rdev=");
		put_dev(c, kind, st.st_rdev);
	} else {
		put("st_size=%ld", (long)st.st_size);
	}
	put(", ...}");
}

void put_uname(struct call *c, const struct kind *kind, unsigned long value)
{
	struct utsname u;

	if (fetch(c, value, &u, sizeof(u)))
		put("{sysname=\"%s\", nodename=\"%s\", ...}", u.sysname, u.nodename);
}

void put_polled(struct call *c)
{
	const char *separator = "";
	struct pollfd p;

	put(" ([");
	for (unsigned long i = 0; i < c->t->args[1] && i < 16; i++) {
		if (read_memory(c->t->pid, c->t->args[0] + i * sizeof(p), &p, sizeof(p)) !=
		    sizeof(p))
			break;
		if (!p.revents)
			continue;
		put("%s{fd=%d, revents=", separator, p.fd);
		put_name(&poll_events, (unsigned short)p.revents);
		put("}");
		separator = ", ";
	}
	put("])");
}

void put_pollfds(struct call *c, const struct kind *kind, unsigned long value)
{
	unsigned long n = arg(c, 1);
	struct pollfd p;

	if (!value || n > 16) {
		put_pointer(value);
		return;
	}
	put("[");
	for (unsigned long i = 0; i < n; i++) {
		if (read_memory(c->t->pid, value + i * sizeof(p), &p, sizeof(p)) != sizeof(p))
			break;
		put("%s{fd=%d, events=", i ? ", " : "", p.fd);
		put_name(&poll_events, (unsigned short)p.events);
		put("}");
	}
	put("]");
}

void put_fds(struct call *c, const struct kind *kind, unsigned long value)
{
	int fds[2];

	if (fetch(c, value, fds, sizeof(fds)))
		put("[%d, %d]", fds[0], fds[1]);
}

void put_int(struct call *c, const struct kind *kind, unsigned long value)
{
	int word;

	if (fetch(c, value, &word, sizeof(word)))
		put("[%d]", word);
}

static void put_epoll_event(struct call *c, unsigned long value)
{
	struct epoll_event e;
	unsigned long data;

	if (!fetch(c, value, &e, sizeof(e)))
		return;
	put("{events=");
	put_name(&epoll_events, e.events);
	memcpy(&data, (char *)&e + 4, sizeof(data));
	put(", data={u32=%u, u64=%lu}}", (unsigned int)data, data);
}

void put_epoll_in(struct call *c, const struct kind *kind, unsigned long value)
{
	put_epoll_event(c, value);
}

void put_epoll_out(struct call *c, const struct kind *kind, unsigned long value)
{
	put("[");
	for (long i = 0; i < c->result && i < 16; i++) {
		put(i ? ", " : "");
		put_epoll_event(c, value + (unsigned long)i * sizeof(struct epoll_event));
	}
	put("]");
}

void put_cpuset(struct call *c, const struct kind *kind, unsigned long value)
{
	unsigned long set = 0, len = c->exiting ? (unsigned long)c->result : arg(c, -1);
	const char *separator = "";

	if (!fetch(c, value, &set, len < sizeof(set) ? len : sizeof(set)))
		return;
	put("[");
	for (int cpu = 0; cpu < 64; cpu++) {
		if (!(set >> cpu & 1))
			continue;
		put("%s%d", separator, cpu);
		separator = " ";
	}
	put("]");
}

/* What no flag asks for is not shown. */
void put_clone_args(struct call *c, const struct kind *kind, unsigned long value)
{
	struct clone_args a;

	if (!fetch(c, value, &a, CLONE_ARGS_SIZE_VER0))
		return;
	put("{flags=");
	put_clone_flags(c, kind, a.flags & ~(unsigned long)CSIGNAL);
	if (a.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
		put(", child_tid=%#lx", (unsigned long)a.child_tid);
	if (a.flags & CLONE_PARENT_SETTID)
		put(", parent_tid=%#lx", (unsigned long)a.parent_tid);
	put(", exit_signal=");
	put_signal((int)a.exit_signal);
	put(", stack=");
	put_pointer(a.stack);
	put(", stack_size=");
	put_hex(c, kind, a.stack_size);
	if (a.flags & CLONE_SETTLS)
		put(", tls=%#lx", (unsigned long)a.tls);
	put("}");
}

/* --- signals --- */

void put_set_at(struct call *c, const struct kind *kind, unsigned long value)
{
	unsigned long set;

	if (fetch(c, value, &set, sizeof(set)))
		put_sigset(set);
}

/* What rt_sigreturn goes back to lies on the stack. */
void put_sigframe(struct call *c, const struct kind *kind, unsigned long value)
{
	unsigned long set;

	if (!fetch(c, c->t->sp + offsetof(struct ucontext, uc_sigmask), &set, sizeof(set)))
		return;
	put("{mask=");
	put_sigset(set);
	put("}");
}

void put_sigaction(struct call *c, const struct kind *kind, unsigned long value)
{
	struct sigaction sa; /* the kernel's own layout: user/lib has no other */
	unsigned long handler;

	if (!fetch(c, value, &sa, sizeof(sa)))
		return;
	handler = (unsigned long)sa.sa_handler;
	if (handler > 1)
		put("{sa_handler=%#lx, sa_mask=", handler);
	else
		put("{sa_handler=SIG_%s, sa_mask=", handler ? "IGN" : "DFL");
	put_sigset(*(unsigned long *)&sa.sa_mask);
	put(", sa_flags=");
	put_name(&sa_flags, (unsigned int)sa.sa_flags);
	if (sa.sa_flags & SA_RESTORER)
		put(", sa_restorer=%#lx", (unsigned long)sa.sa_restorer);
	put("}");
}

static const struct names *code_names(const siginfo_t *info)
{
	if (info->si_code <= SI_USER || info->si_code == SI_KERNEL)
		return &si_codes;
	switch (info->si_signo) {
	case SIGCHLD:
		return &child_codes;
	case SIGSEGV:
		return &fault_codes;
	case SIGBUS:
		return &bus_codes;
	case SIGFPE:
		return &fpe_codes;
	case SIGILL:
		return &ill_codes;
	case SIGTRAP:
		return &trap_codes;
	default:
		return &si_codes;
	}
}

void put_siginfo(const siginfo_t *info)
{
	const struct names *codes = code_names(info);

	put("{si_signo=");
	put_signal(info->si_signo);
	put(", si_code=");
	if (find_name(codes, (unsigned int)info->si_code))
		put_name(codes, (unsigned int)info->si_code);
	else
		put("%d", info->si_code);
	if (codes == &child_codes) {
		put(", si_pid=%d, si_uid=%u, si_status=", info->si_pid, info->si_uid);
		if (info->si_code == CLD_EXITED)
			put("%d", info->si_status);
		else
			put_signal(info->si_status & 0x7f);
		put(", si_utime=%ld, si_stime=%ld", (long)info->si_utime, (long)info->si_stime);
	} else if (codes != &si_codes) {
		put(", si_addr=");
		put_pointer((unsigned long)info->si_addr);
	} else if (info->si_code == SI_TIMER) {
		put(", si_timerid=%#x, si_overrun=%d, si_int=%d, si_ptr=%#lx", info->si_timerid,
		    info->si_overrun, info->si_int, (unsigned long)info->si_ptr);
	} else if (info->si_code != SI_KERNEL) {
		put(", si_pid=%d, si_uid=%u", info->si_pid, info->si_uid);
		if (info->si_code == SI_QUEUE)
			put(", si_int=%d, si_ptr=%#lx", info->si_int, (unsigned long)info->si_ptr);
	}
	put("}");
}

void put_siginfo_at(struct call *c, const struct kind *kind, unsigned long value)
{
	siginfo_t info;

	if (fetch(c, value, &info, sizeof(info)))
		put_siginfo(&info);
}

void put_status(struct call *c, const struct kind *kind, unsigned long value)
{
	int status;

	if (c->result == 0) { /* WNOHANG, and nobody */
		put_pointer(value);
		return;
	}
	if (!fetch(c, value, &status, sizeof(status)))
		return;
	if (WIFEXITED(status)) {
		put("[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", WEXITSTATUS(status));
	} else if (WIFCONTINUED(status)) {
		put("[{WIFCONTINUED(s)}]");
	} else {
		put(WIFSTOPPED(status) ? "[{WIFSTOPPED(s) && WSTOPSIG(s) == "
				       : "[{WIFSIGNALED(s) && WTERMSIG(s) == ");
		put_signal(WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status));
		put("}]");
	}
}
