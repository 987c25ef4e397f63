/*
 * Kinds of arguments, for the files that print them: values.c numbers and constants, memory.c
 * strings, structs.c structures.
 */
#pragma once

#include "strace.h"

struct field {
	const char *name;
	unsigned short offset;
	unsigned char size;
	unsigned char kind;
};

struct layout {
	size_t size;
	const struct field *fields;
	int n;
	bool more; /* there are others, which are not shown */
};

/* What a word means: a function that prints it, with what it needs. */
struct kind {
	void (*put)(struct call *c, const struct kind *kind, unsigned long value);
	const struct names *names;
	const struct layout *layout;
	bool at_exit; /* the kernel writes it */
	unsigned int class;
};
extern const struct kind kinds[NR_KINDS];

typedef void put_fn(struct call *c, const struct kind *kind, unsigned long value);
put_fn put_dec, put_unsigned, put_long, put_hex, put_octal, put_ptr, put_dirfd, put_sig, put_dev,
	put_names, put_open_flags, put_fcntl_cmd, put_fcntl_arg, put_mremap_flags, put_clone_flags,
	put_domain_type, put_futex_op, put_futex_val, put_futex_arg, put_futex_val3, put_path,
	put_buf_in, put_buf_out, put_strings, put_environ, put_iovecs, put_struct, put_rlimit,
	put_stat, put_uname, put_pollfds, put_fds, put_int, put_epoll_in, put_epoll_out, put_cpuset,
	put_clone_args, put_set_at, put_sigframe, put_sigaction, put_siginfo_at, put_status;
extern const struct layout sched_attr_layout, timespec_layout, timeval_layout, itimerspec_layout,
	itimerval_layout, stack_layout, rusage_layout, robust_layout, rseq_layout;

void put_pointer(unsigned long value);
/* Copies len bytes of the tracee. False: it has not, and the pointer is printed. */
bool fetch(struct call *c, unsigned long addr, void *buf, size_t len);
/* The argument that stands so many places after the one that is printed. */
unsigned long arg(const struct call *c, int offset);
