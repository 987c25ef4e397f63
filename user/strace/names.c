/*
 * Constants by name. A value that has none is printed as a number.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <termios.h>

#include "libk/abi/arch_prctl.h"
#include "libk/abi/futex.h"
#include "libk/abi/membarrier.h"
#include "strace.h"

#define N(x)                                                                                       \
	{                                                                                          \
		(unsigned int)(x), #x                                                              \
	}
#define ONE_OF(table, ...)                                                                         \
	static const struct name table##_list[] = { __VA_ARGS__ };                                 \
	const struct names table = { table##_list, ARRAY_SIZE(table##_list), false };
#define BITS(table, ...)                                                                           \
	static const struct name table##_list[] = { __VA_ARGS__ };                                 \
	const struct names table = { table##_list, ARRAY_SIZE(table##_list), true };

/* --- files --- */

BITS(open_flags, N(O_CREAT), N(O_EXCL), N(O_NOCTTY), N(O_TRUNC), N(O_APPEND), N(O_NONBLOCK),
     N(O_SYNC), N(O_DSYNC), N(O_ASYNC), N(O_DIRECT), N(O_LARGEFILE), N(O_NOFOLLOW), N(O_NOATIME),
     N(O_CLOEXEC), N(O_PATH), N(O_TMPFILE), N(O_DIRECTORY))
BITS(at_flags, N(AT_SYMLINK_NOFOLLOW), N(AT_REMOVEDIR), N(AT_SYMLINK_FOLLOW), N(AT_NO_AUTOMOUNT),
     N(AT_EMPTY_PATH))
BITS(fd_flags, N(FD_CLOEXEC))
BITS(access_modes, { 0, "F_OK" }, N(R_OK), N(W_OK), N(X_OK))
ONE_OF(whences, N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), N(SEEK_DATA), N(SEEK_HOLE))
ONE_OF(fcntl_cmds, N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL), N(F_GETLK),
       N(F_SETLK), N(F_SETLKW), N(F_SETOWN), N(F_GETOWN), N(F_DUPFD_CLOEXEC))
BITS(lock_ops, N(LOCK_SH), N(LOCK_EX), N(LOCK_NB), N(LOCK_UN))
ONE_OF(ioctls, N(TCGETS), N(TCSETS), N(TCSETSW), N(TCSETSF), N(TIOCGWINSZ), N(TIOCSWINSZ),
       N(TIOCGPGRP), N(TIOCSPGRP), N(TIOCSCTTY), N(FIONREAD))
BITS(poll_events, N(POLLIN), N(POLLPRI), N(POLLOUT), N(POLLERR), N(POLLHUP), N(POLLNVAL))
ONE_OF(epoll_ops, N(EPOLL_CTL_ADD), N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD))
BITS(epoll_events, N(EPOLLIN), N(EPOLLPRI), N(EPOLLOUT), N(EPOLLERR), N(EPOLLHUP), N(EPOLLRDHUP),
     N(EPOLLONESHOT), N(EPOLLET))
BITS(epoll_flags, N(EPOLL_CLOEXEC))
ONE_OF(domains, N(AF_UNIX))
BITS(sock_types, N(SOCK_STREAM), N(SOCK_NONBLOCK), N(SOCK_CLOEXEC))

/* --- memory --- */

BITS(prots, N(PROT_NONE), N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC), N(PROT_GROWSDOWN))
BITS(map_flags, N(MAP_SHARED), N(MAP_PRIVATE), N(MAP_FIXED), N(MAP_ANONYMOUS), N(MAP_32BIT),
     N(MAP_GROWSDOWN), N(MAP_DENYWRITE), N(MAP_LOCKED), N(MAP_NORESERVE), N(MAP_POPULATE),
     N(MAP_STACK), N(MAP_FIXED_NOREPLACE))
BITS(mremap_flags, N(MREMAP_MAYMOVE), N(MREMAP_FIXED), N(MREMAP_DONTUNMAP))
BITS(sync_flags, N(MS_ASYNC), N(MS_INVALIDATE), N(MS_SYNC))
ONE_OF(advices, N(MADV_NORMAL), N(MADV_RANDOM), N(MADV_SEQUENTIAL), N(MADV_WILLNEED),
       N(MADV_DONTNEED), N(MADV_FREE), N(MADV_REMOVE), N(MADV_DONTFORK), N(MADV_DOFORK),
       N(MADV_HUGEPAGE), N(MADV_NOHUGEPAGE), N(MADV_DONTDUMP), N(MADV_DODUMP), N(MADV_WIPEONFORK),
       N(MADV_KEEPONFORK), N(MADV_POPULATE_READ), N(MADV_POPULATE_WRITE))

/* --- threads --- */

BITS(clone_flags, N(CLONE_VM), N(CLONE_FS), N(CLONE_FILES), N(CLONE_SIGHAND), N(CLONE_PIDFD),
     N(CLONE_PTRACE), N(CLONE_VFORK), N(CLONE_PARENT), N(CLONE_THREAD), N(CLONE_NEWNS),
     N(CLONE_SYSVSEM), N(CLONE_SETTLS), N(CLONE_PARENT_SETTID), N(CLONE_CHILD_CLEARTID),
     N(CLONE_DETACHED), N(CLONE_UNTRACED), N(CLONE_CHILD_SETTID), N(CLONE_NEWCGROUP),
     N(CLONE_NEWUTS), N(CLONE_NEWIPC), N(CLONE_NEWUSER), N(CLONE_NEWPID), N(CLONE_NEWNET),
     N(CLONE_IO), { CLONE_CLEAR_SIGHAND, "CLONE_CLEAR_SIGHAND" },
     { CLONE_INTO_CGROUP, "CLONE_INTO_CGROUP" })
ONE_OF(futex_ops, N(FUTEX_WAIT), N(FUTEX_WAKE), N(FUTEX_FD), N(FUTEX_REQUEUE), N(FUTEX_CMP_REQUEUE),
       N(FUTEX_WAKE_OP), N(FUTEX_LOCK_PI), N(FUTEX_UNLOCK_PI), N(FUTEX_TRYLOCK_PI),
       N(FUTEX_WAIT_BITSET), N(FUTEX_WAKE_BITSET), N(FUTEX_WAIT_REQUEUE_PI),
       N(FUTEX_CMP_REQUEUE_PI), N(FUTEX_LOCK_PI2))
ONE_OF(policies, N(SCHED_OTHER), N(SCHED_FIFO), N(SCHED_RR), N(SCHED_BATCH), N(SCHED_IDLE),
       N(SCHED_DEADLINE))
ONE_OF(arch_codes, N(ARCH_SET_GS), N(ARCH_SET_FS), N(ARCH_GET_FS), N(ARCH_GET_GS))
BITS(wait_flags, N(WNOHANG), N(WSTOPPED), N(WEXITED), N(WCONTINUED), N(WNOWAIT), N(__WNOTHREAD),
     N(__WALL), N(__WCLONE))
ONE_OF(id_types, N(P_ALL), N(P_PID), N(P_PGID), N(P_PIDFD))
ONE_OF(membarrier_cmds, N(MEMBARRIER_CMD_QUERY), N(MEMBARRIER_CMD_GLOBAL))
ONE_OF(ptrace_requests, N(PTRACE_TRACEME), N(PTRACE_PEEKTEXT), N(PTRACE_PEEKDATA),
       N(PTRACE_PEEKUSER), N(PTRACE_POKETEXT), N(PTRACE_POKEDATA), N(PTRACE_POKEUSER),
       N(PTRACE_CONT), N(PTRACE_KILL), N(PTRACE_SINGLESTEP), N(PTRACE_GETREGS), N(PTRACE_SETREGS),
       N(PTRACE_GETFPREGS), N(PTRACE_SETFPREGS), N(PTRACE_ATTACH), N(PTRACE_DETACH),
       N(PTRACE_SYSCALL), N(PTRACE_SETOPTIONS), N(PTRACE_GETEVENTMSG), N(PTRACE_GETSIGINFO),
       N(PTRACE_SETSIGINFO), N(PTRACE_GETREGSET), N(PTRACE_SETREGSET), N(PTRACE_SEIZE),
       N(PTRACE_INTERRUPT), N(PTRACE_LISTEN), N(PTRACE_GETSIGMASK), N(PTRACE_SETSIGMASK),
       { PTRACE_GET_SYSCALL_INFO, "PTRACE_GET_SYSCALL_INFO" })
ONE_OF(prctls, N(PR_SET_PDEATHSIG), N(PR_GET_PDEATHSIG), N(PR_GET_DUMPABLE), N(PR_SET_DUMPABLE),
       N(PR_SET_NAME), N(PR_GET_NAME), N(PR_SET_CHILD_SUBREAPER), N(PR_GET_CHILD_SUBREAPER),
       N(PR_SET_NO_NEW_PRIVS), N(PR_GET_NO_NEW_PRIVS), N(PR_SET_VMA))

/* --- time and limits --- */

ONE_OF(clocks, N(CLOCK_REALTIME), N(CLOCK_MONOTONIC), N(CLOCK_PROCESS_CPUTIME_ID),
       N(CLOCK_THREAD_CPUTIME_ID), N(CLOCK_MONOTONIC_RAW), N(CLOCK_REALTIME_COARSE),
       N(CLOCK_MONOTONIC_COARSE), N(CLOCK_BOOTTIME))
BITS(timer_flags, N(TIMER_ABSTIME))
ONE_OF(which_timers, N(ITIMER_REAL), N(ITIMER_VIRTUAL), N(ITIMER_PROF))
ONE_OF(resources, N(RLIMIT_CPU), N(RLIMIT_FSIZE), N(RLIMIT_DATA), N(RLIMIT_STACK), N(RLIMIT_CORE),
       N(RLIMIT_RSS), N(RLIMIT_NPROC), N(RLIMIT_NOFILE), N(RLIMIT_MEMLOCK), N(RLIMIT_AS))
ONE_OF(usage_whos, N(RUSAGE_SELF), N(RUSAGE_CHILDREN), N(RUSAGE_THREAD))
BITS(random_flags, N(GRND_NONBLOCK), N(GRND_RANDOM))

/* --- signals --- */

ONE_OF(hows, N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK))
BITS(sa_flags, N(SA_RESTORER), N(SA_ONSTACK), N(SA_RESTART), N(SA_NODEFER), N(SA_RESETHAND),
     N(SA_SIGINFO), N(SA_NOCLDSTOP), N(SA_NOCLDWAIT))
BITS(ss_flags, N(SS_ONSTACK), N(SS_DISABLE), N(SS_AUTODISARM))
ONE_OF(si_codes, N(SI_USER), N(SI_KERNEL), N(SI_QUEUE), N(SI_TIMER), N(SI_TKILL))
ONE_OF(child_codes, N(CLD_EXITED), N(CLD_KILLED), N(CLD_DUMPED), N(CLD_TRAPPED), N(CLD_STOPPED),
       N(CLD_CONTINUED))
ONE_OF(fault_codes, N(SEGV_MAPERR), N(SEGV_ACCERR))
ONE_OF(bus_codes, N(BUS_ADRALN), N(BUS_ADRERR))
ONE_OF(fpe_codes, N(FPE_INTDIV), N(FPE_FLTDIV), N(FPE_FLTOVF), N(FPE_FLTUND), N(FPE_FLTRES),
       N(FPE_FLTINV))
ONE_OF(ill_codes, N(ILL_ILLOPN))
ONE_OF(trap_codes, N(TRAP_BRKPT), N(TRAP_TRACE))

static const char *const signal_names[] = {
	"0",	"HUP",	 "INT",	 "QUIT", "ILL",	 "TRAP",  "ABRT", "BUS",    "FPE",
	"KILL", "USR1",	 "SEGV", "USR2", "PIPE", "ALRM",  "TERM", "STKFLT", "CHLD",
	"CONT", "STOP",	 "TSTP", "TTIN", "TTOU", "URG",	  "XCPU", "XFSZ",   "VTALRM",
	"PROF", "WINCH", "IO",	 "PWR",	 "SYS",	 "RTMIN",
};

#define E(x) [x] = #x
static const char *const error_names[] = {
	E(EPERM),	    E(ENOENT),	     E(ESRCH),	     E(EINTR),		 E(EIO),
	E(ENXIO),	    E(E2BIG),	     E(ENOEXEC),     E(EBADF),		 E(ECHILD),
	E(EAGAIN),	    E(ENOMEM),	     E(EACCES),	     E(EFAULT),		 E(ENOTBLK),
	E(EBUSY),	    E(EEXIST),	     E(EXDEV),	     E(ENODEV),		 E(ENOTDIR),
	E(EISDIR),	    E(EINVAL),	     E(ENFILE),	     E(EMFILE),		 E(ENOTTY),
	E(ETXTBSY),	    E(EFBIG),	     E(ENOSPC),	     E(ESPIPE),		 E(EROFS),
	E(EMLINK),	    E(EPIPE),	     E(EDOM),	     E(ERANGE),		 E(EDEADLK),
	E(ENAMETOOLONG),    E(ENOLCK),	     E(ENOSYS),	     E(ENOTEMPTY),	 E(ELOOP),
	E(ENODATA),	    E(EOVERFLOW),    E(EILSEQ),	     E(ENOTSOCK),	 E(EDESTADDRREQ),
	E(EMSGSIZE),	    E(EPROTOTYPE),   E(ENOPROTOOPT), E(EPROTONOSUPPORT), E(ESOCKTNOSUPPORT),
	E(EOPNOTSUPP),	    E(EAFNOSUPPORT), E(EADDRINUSE),  E(ECONNRESET),	 E(ENOBUFS),
	E(EISCONN),	    E(ENOTCONN),     E(ETIMEDOUT),   E(ECONNREFUSED),	 E(EALREADY),
	E(EINPROGRESS),	    E(ESTALE),	     E(EDQUOT),	     E(ECANCELED),	 E(EOWNERDEAD),
	E(ENOTRECOVERABLE),
};

const char *error_name(int error)
{
	return error > 0 && (size_t)error < ARRAY_SIZE(error_names) ? error_names[error] : NULL;
}

const char *find_name(const struct names *names, unsigned long value)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->list[i].value == value)
			return names->list[i].text;
	return NULL;
}

void put_name(const struct names *names, unsigned long value)
{
	const char *name = find_name(names, value), *separator = "";

	if (name || !names->flags || !value) {
		if (name)
			put("%s", name);
		else
			put(value ? "%#lx" : "%lu", value);
		return;
	}
	for (size_t i = 0; i < names->n; i++) {
		unsigned long bits = names->list[i].value;

		if (!bits || (value & bits) != bits)
			continue;
		put("%s%s", separator, names->list[i].text);
		value &= ~bits;
		separator = "|";
	}
	if (value)
		put("%s%#lx", separator, value);
}

/* The kernel's first real-time signal is 32; C libraries keep some for themselves. */
static void put_signal_name(int sig, const char *prefix)
{
	if (sig > 32 && sig <= 64)
		put("%sRT_%d", prefix, sig - 32);
	else if (sig > 0 && sig <= 32)
		put("%s%s", prefix, signal_names[sig]);
	else
		put("%d", sig);
}

void put_signal(int sig)
{
	put_signal_name(sig, "SIG");
}

/* Sets with most signals in them are printed as what lacks. */
void put_sigset(unsigned long set)
{
	const char *separator = "";
	bool inverse;
	int n = 0;

	for (unsigned long left = set; left; left &= left - 1)
		n++;
	inverse = n >= 48;
	put(inverse ? "~[" : "[");
	for (int sig = 1; sig <= 64; sig++) {
		if (!(set >> (sig - 1) & 1) != inverse)
			continue;
		put("%s", separator);
		put_signal_name(sig, "");
		separator = " ";
	}
	put("]");
}
