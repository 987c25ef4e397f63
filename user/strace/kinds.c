/*
 * The kinds of arguments, one row each, and how those of a call are printed: up to the first that
 * the kernel writes when the call begins, the rest when it is over.
 */
#include "kinds.h"

#include "libk/abi/sched.h"

#define NAMES(table)                                                                               \
	{                                                                                          \
		.put = put_names, .names = &table                                                  \
	}
#define IN(layout_name, class_bits)                                                                \
	{                                                                                          \
		.put = put_struct, .layout = &layout_name##_layout, .class = class_bits            \
	}
#define OUT(layout_name)                                                                           \
	{                                                                                          \
		.put = put_struct, .layout = &layout_name##_layout, .at_exit = true                \
	}

const struct kind kinds[NR_KINDS] = {
	[DEC] = { .put = put_dec },
	[UNSIGNED] = { .put = put_unsigned },
	[LONG] = { .put = put_long },
	[HEX] = { .put = put_hex },
	[OCTAL] = { .put = put_octal },
	[PTR] = { .put = put_ptr },
	[ADDR] = { .put = put_ptr, .class = CLASS_MEMORY },
	[SIZE] = { .put = put_unsigned },
	[FD] = { .put = put_dec, .class = CLASS_DESC },
	[DIRFD] = { .put = put_dirfd, .class = CLASS_DESC },
	[SIG] = { .put = put_sig, .class = CLASS_SIGNAL },
	[DEV] = { .put = put_dev },

	[OPEN_FLAGS] = { .put = put_open_flags },
	[OPEN_MODE] = { .put = put_octal },
	[ACCESS_MODE] = NAMES(access_modes),
	[AT_FLAGS] = NAMES(at_flags),
	[FD_FLAGS] = NAMES(fd_flags),
	[SEEK] = NAMES(whences),
	[FCNTL_CMD] = { .put = put_fcntl_cmd, .names = &fcntl_cmds },
	[FCNTL_ARG] = { .put = put_fcntl_arg },
	[IOCTL] = NAMES(ioctls),
	[LOCK_OP] = NAMES(lock_ops),
	[PROT] = NAMES(prots),
	[MAP_FLAGS] = NAMES(map_flags),
	[MREMAP_FLAGS] = { .put = put_mremap_flags, .names = &mremap_flags },
	[ADVICE] = NAMES(advices),
	[SYNC_FLAGS] = NAMES(sync_flags),
	[CLONE_FLAGS] = { .put = put_clone_flags, .class = CLASS_PROCESS },
	[FUTEX_OP] = { .put = put_futex_op },
	[FUTEX_VAL] = { .put = put_futex_val },
	[FUTEX_ARG] = { .put = put_futex_arg },
	[FUTEX_VAL3] = { .put = put_futex_val3 },
	[HOW] = NAMES(hows),
	[CLOCK] = NAMES(clocks),
	[TIMER_FLAGS] = NAMES(timer_flags),
	[WHICH_TIMER] = NAMES(which_timers),
	[POLICY] = NAMES(policies),
	[RESOURCE] = NAMES(resources),
	[WHO_USAGE] = NAMES(usage_whos),
	[ARCH] = NAMES(arch_codes),
	[PRCTL] = NAMES(prctls),
	[WAIT_FLAGS] = { .put = put_names, .names = &wait_flags, .class = CLASS_PROCESS },
	[ID_TYPE] = NAMES(id_types),
	[RANDOM_FLAGS] = NAMES(random_flags),
	[EPOLL_OP] = NAMES(epoll_ops),
	[EPOLL_FLAGS] = NAMES(epoll_flags),
	[MEMBARRIER_CMD] = NAMES(membarrier_cmds),
	[DOMAIN] = NAMES(domains),
	[SOCK_TYPE] = { .put = put_domain_type },
	[PTRACE_REQ] = NAMES(ptrace_requests),

	[PATH] = { .put = put_path, .class = CLASS_FILE },
	[STRINGS] = { .put = put_strings, .class = CLASS_PROCESS },
	[ENVIRON] = { .put = put_environ },
	[BUF_IN] = { .put = put_buf_in },
	[BUF_OUT] = { .put = put_buf_out, .at_exit = true },
	[IOVECS_IN] = { .put = put_iovecs },
	[SIGSET] = { .put = put_set_at, .class = CLASS_SIGNAL },
	[SIGSET_OUT] = { .put = put_set_at, .at_exit = true, .class = CLASS_SIGNAL },
	[SIGACTION] = { .put = put_sigaction },
	[SIGACTION_OUT] = { .put = put_sigaction, .at_exit = true },
	[SIGFRAME] = { .put = put_sigframe },
	[SIGINFO] = { .put = put_siginfo_at },
	[SIGINFO_OUT] = { .put = put_siginfo_at, .at_exit = true },
	[STACK] = IN(stack, CLASS_SIGNAL),
	[STACK_OUT] = OUT(stack),
	[TIMESPEC] = IN(timespec, 0),
	[TIMESPEC_OUT] = OUT(timespec),
	[TIMEVAL] = IN(timeval, 0),
	[TIMEVAL_OUT] = OUT(timeval),
	[ITIMERSPEC] = IN(itimerspec, 0),
	[ITIMERSPEC_OUT] = OUT(itimerspec),
	[ITIMERVAL] = IN(itimerval, 0),
	[ITIMERVAL_OUT] = OUT(itimerval),
	[RLIMIT] = { .put = put_rlimit },
	[RLIMIT_OUT] = { .put = put_rlimit, .at_exit = true },
	[RUSAGE_OUT] = OUT(rusage),
	[STATUS_OUT] = { .put = put_status, .at_exit = true },
	[STAT_OUT] = { .put = put_stat, .at_exit = true },
	[UNAME_OUT] = { .put = put_uname, .at_exit = true },
	[POLLFDS] = { .put = put_pollfds },
	[FDS_OUT] = { .put = put_fds, .at_exit = true },
	[INT_OUT] = { .put = put_int, .at_exit = true },
	[IDS_OUT] = { .put = put_int, .at_exit = true },
	[PARAM] = { .put = put_int },
	[PARAM_OUT] = { .put = put_int, .at_exit = true },
	[CLONE_ARGS] = { .put = put_clone_args, .class = CLASS_PROCESS },
	[EPOLL_EVENT] = { .put = put_epoll_in },
	[EPOLL_EVENTS_OUT] = { .put = put_epoll_out, .at_exit = true },
	[SCHED_ATTR] = IN(sched_attr, 0),
	[SCHED_ATTR_OUT] = OUT(sched_attr),
	[CPUSET] = { .put = put_cpuset },
	[CPUSET_OUT] = { .put = put_cpuset, .at_exit = true },
	[ROBUST] = IN(robust, 0),
	[RSEQ] = IN(rseq, 0),
};

unsigned int kind_class(int kind)
{
	return kinds[kind].class;
}

static void put_arg(struct call *c, int kind)
{
	unsigned long value = c->t->args[c->i];

	if (kinds[kind].at_exit && c->failed)
		put_pointer(value);
	else
		kinds[kind].put(c, &kinds[kind], value);
}

/* clone's arguments have names, and only those that a flag asks for are shown; those that the
 * kernel writes to when it is over. */
static void put_clone(struct call *c)
{
	const unsigned long *a = c->t->args;

	if (!c->exiting) {
		put("child_stack=");
		put_pointer(a[1]);
		put(", flags=");
		put_clone_flags(c, NULL, a[0]);
		return;
	}
	if (a[0] & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
		put(", parent_tid=");
		if (c->failed)
			put_pointer(a[2]);
		else
			put_int(c, NULL, a[2]);
	}
	if (a[0] & CLONE_SETTLS)
		put(", tls=%#lx", a[4]);
	if (a[0] & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
		put(", child_tidptr=%#lx", a[3]);
}

void put_args(struct call *c)
{
	static const unsigned char six_words[6] = { HEX, HEX, HEX, HEX, HEX, HEX };
	long nr = c->t->nr;
	bool known = nr >= 0 && nr < NR_CALLS && sysents[nr].name;
	const unsigned char *args = known ? sysents[nr].args : six_words;
	int begin = c->t->printed;

	if (nr == __NR_clone) {
		put_clone(c);
		return;
	}
	c->end = 6;
	for (c->i = 0; c->i < c->end && args[c->i] != NONE; c->i++) {
		if (c->i < c->t->printed || c->skip >> c->i & 1)
			continue;
		if (c->i && !(c->exiting && c->i == begin)) /* that comma stands there already */
			put(", ");
		if (kinds[args[c->i]].at_exit && !c->exiting)
			return;
		put_arg(c, args[c->i]);
		c->t->printed = c->i + 1;
	}
	c->t->printed = 6; /* nothing is left for the exit */
}
