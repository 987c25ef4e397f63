/*
 * strace: what the parts tell each other.
 *
 *   main.c    options, and the life of the tracees: attaching, stops, ends
 *   calls.c   one row for each system call: its name and the kinds of its arguments
 *   kinds.c   one row for each kind of argument; values.c, memory.c and structs.c print them
 *   names.c   constants by name
 *   output.c  lines that others may interrupt          count.c  the table of -c
 *
 * A tracee is read only while it is stopped, its memory by process_vm_readv().
 */
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libk/types.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NR_CALLS      512

struct tracee {
	struct tracee *next;
	pid_t pid;
	long nr; /* the call it is in; -1: it is in user mode */
	unsigned long args[6], sp;
	int printed;	       /* arguments that are on paper already */
	int hidden;	       /* not yet the program that is to be shown */
	struct timespec began; /* when it entered the call, on the clock of -c or -w */
};

/* --- calls.c --- */

#define CLASS_FILE    1u
#define CLASS_DESC    2u
#define CLASS_MEMORY  4u
#define CLASS_SIGNAL  8u
#define CLASS_PROCESS 16u

struct sysent {
	const char *name;      /* NULL: no row */
	unsigned char args[6]; /* enum kind_nr; the first NONE ends them */
	unsigned char result;  /* DEC, HEX, OCTAL, or NEVER */
};
extern const struct sysent sysents[NR_CALLS];
const char *call_name(long nr);
/* -e trace=LIST. False: there is no such call or class. */
bool choose_calls(const char *list);
bool chosen(long nr);

/* --- kinds.c --- */

struct call {
	struct tracee *t;
	bool exiting, failed;
	long result;
	int i;		   /* the argument that is being printed */
	int end;	   /* how many there are; a kind may find that it is the last */
	unsigned int skip; /* bits: arguments that do not count with this operation */
};

enum kind_nr {
	NONE,
	/* numbers */
	DEC,
	UNSIGNED,
	LONG,
	HEX,
	OCTAL,
	NEVER,
	PTR,
	ADDR,
	SIZE,
	FD,
	DIRFD,
	SIG,
	DEV,
	/* constants */
	OPEN_FLAGS,
	OPEN_MODE,
	ACCESS_MODE,
	AT_FLAGS,
	FD_FLAGS,
	SEEK,
	FCNTL_CMD,
	FCNTL_ARG,
	IOCTL,
	LOCK_OP,
	PROT,
	MAP_FLAGS,
	MREMAP_FLAGS,
	ADVICE,
	SYNC_FLAGS,
	CLONE_FLAGS,
	FUTEX_OP,
	FUTEX_VAL,
	FUTEX_ARG,
	FUTEX_VAL3,
	HOW,
	CLOCK,
	TIMER_FLAGS,
	WHICH_TIMER,
	POLICY,
	RESOURCE,
	WHO_USAGE,
	ARCH,
	PRCTL,
	WAIT_FLAGS,
	ID_TYPE,
	RANDOM_FLAGS,
	EPOLL_OP,
	EPOLL_FLAGS,
	MEMBARRIER_CMD,
	DOMAIN,
	SOCK_TYPE,
	PTRACE_REQ,
	/* memory of the tracee */
	PATH,
	STRINGS,
	ENVIRON,
	BUF_IN,
	BUF_OUT,
	IOVECS_IN,
	SIGSET,
	SIGSET_OUT,
	SIGACTION,
	SIGACTION_OUT,
	SIGFRAME,
	SIGINFO,
	SIGINFO_OUT,
	STACK,
	STACK_OUT,
	TIMESPEC,
	TIMESPEC_OUT,
	TIMEVAL,
	TIMEVAL_OUT,
	ITIMERSPEC,
	ITIMERSPEC_OUT,
	ITIMERVAL,
	ITIMERVAL_OUT,
	RLIMIT,
	RLIMIT_OUT,
	RUSAGE_OUT,
	STATUS_OUT,
	STAT_OUT,
	UNAME_OUT,
	POLLFDS,
	FDS_OUT,
	INT_OUT,
	IDS_OUT,
	PARAM,
	PARAM_OUT,
	CLONE_ARGS,
	EPOLL_EVENT,
	EPOLL_EVENTS_OUT,
	SCHED_ATTR,
	SCHED_ATTR_OUT,
	CPUSET,
	CPUSET_OUT,
	ROBUST,
	RSEQ,
	KEY_OUT,
	NR_KINDS,
};

/* Prints the arguments up to the first that is known only when the call is over, or, after it, the
 * rest. */
void put_args(struct call *c);
/* Class bits that a call with such an argument has. */
unsigned int kind_class(int kind);
/* What poll found, behind its result. */
void put_polled(struct call *c);
void put_siginfo(const siginfo_t *info);
/* Copies up to len bytes of the tracee's memory; how many there were. */
size_t read_memory(pid_t pid, unsigned long addr, void *buf, size_t len);

extern size_t max_string; /* -s */

/* --- names.c --- */

struct name {
	unsigned long value;
	const char *text;
};

struct names {
	const struct name *list;
	size_t n;
	bool flags; /* bits that may be combined; else one of them */
};
void put_name(const struct names *names, unsigned long value);
const char *find_name(const struct names *names, unsigned long value);
const char *error_name(int error);
void put_signal(int sig);
void put_sigset(unsigned long set);

extern const struct names open_flags, at_flags, fd_flags, access_modes, whences, fcntl_cmds,
	lock_ops, prots, map_flags, mremap_flags, advices, sync_flags, clone_flags, futex_ops, hows,
	clocks, timer_flags, which_timers, policies, resources, usage_whos, arch_codes, prctls,
	wait_flags, id_types, random_flags, epoll_ops, epoll_events, epoll_flags, membarrier_cmds,
	domains, sock_types, ptrace_requests, sa_flags, ss_flags, poll_events, ioctls, si_codes,
	child_codes, fault_codes, bus_codes, fpe_codes, ill_codes, trap_codes;

/* --- output.c --- */

void output_to(FILE *file, bool always_pid);
/* printf, within a line. */
void put(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line of t's begins; one of another tracee's that is open is broken off. True: t's own open line
 * goes on. */
bool begin_line(struct tracee *t);
void end_line(void);
void break_line(void);		    /* one that is open: unfinished */
void forget_line(struct tracee *t); /* if it is t's */
void align_result(void);
/* "strace: Process PID what", on standard error. */
void note(const char *what, const struct tracee *t);
bool line_is_open(const struct tracee *t);

/* --- count.c --- */

void count_call(long nr, bool failed, const struct timespec *began, const struct timespec *ended);
void print_counts(FILE *file);

extern int nr_tracees;
