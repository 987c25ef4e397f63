/*
 * Signals: numbers, what a handler is told, and how it is set up. All in the kernel's layout, which
 * the user library uses as it is: a sigset_t is 64 bits and sa_mask comes last.
 */
#pragma once

#include "libk/types.h"

enum {
	SIGHUP = 1, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1,
	SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGCHLD, SIGCONT, SIGSTOP,
	SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH,
	SIGIO, SIGPWR, SIGSYS, SIGRTMIN,
	SIGIOT = SIGABRT, SIGPOLL = SIGIO,
	_NSIG = 64, SIGRTMAX = _NSIG,
};

typedef unsigned long sigset_t;		/* bit n - 1 stands for signal n */

typedef void (*__sighandler_t)(int);
typedef void (*__sigrestore_t)(void);

#define SIG_DFL	((__sighandler_t)0)
#define SIG_IGN	((__sighandler_t)1)
#define SIG_ERR	((__sighandler_t)-1)

enum {
	SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2, SA_SIGINFO = 4, SA_UNSUPPORTED = 0x400,
	SA_EXPOSE_TAGBITS = 0x800, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000,
	SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000, SA_RESETHAND = 0x80000000,
	SA_NOMASK = SA_NODEFER, SA_ONESHOT = SA_RESETHAND,
	SIG_BLOCK = 0, SIG_UNBLOCK, SIG_SETMASK,
	SS_ONSTACK = 1, SS_DISABLE = 2, SS_AUTODISARM = 0x80000000, MINSIGSTKSZ = 2048,
	SIGSTKSZ = 8192,
};

struct siginfo;

struct sigaction {
	union {
		__sighandler_t sa_handler;
		void (*sa_sigaction)(int, struct siginfo *, void *);
	};
	unsigned long sa_flags;
	__sigrestore_t sa_restorer;
	sigset_t sa_mask;
};

typedef struct sigaltstack {
	void *ss_sp;
	int ss_flags;
	size_t ss_size;
} stack_t;

typedef union sigval {
	int sival_int;
	void *sival_ptr;
} sigval_t;

/* One member per source of signals; the si_ names below pick the field. */
union __sifields {
	struct { pid_t _pid; uid_t _uid; } _kill;
	struct { int _tid, _overrun; sigval_t _sigval; int _sys_private; } _timer;
	struct { pid_t _pid; uid_t _uid; sigval_t _sigval; } _rt;
	struct { pid_t _pid; uid_t _uid; int _status; clock_t _utime, _stime; } _sigchld;
	struct { void *_addr; short _addr_lsb; } _sigfault;
	struct { long _band; int _fd; } _sigpoll;
	struct { void *_call_addr; int _syscall; unsigned int _arch; } _sigsys;
};

#define SI_MAX_SIZE	128

typedef struct siginfo {
	union {
		struct {
			int si_signo, si_errno, si_code;
			union __sifields _sifields;
		};
		int _si_pad[SI_MAX_SIZE / sizeof(int)];
	};
} siginfo_t;

#define si_pid		_sifields._kill._pid
#define si_uid		_sifields._kill._uid
#define si_tid		_sifields._timer._tid
#define si_timerid	_sifields._timer._tid
#define si_overrun	_sifields._timer._overrun
#define si_sys_private	_sifields._timer._sys_private
#define si_status	_sifields._sigchld._status
#define si_utime	_sifields._sigchld._utime
#define si_stime	_sifields._sigchld._stime
#define si_value	_sifields._rt._sigval
#define si_int		_sifields._rt._sigval.sival_int
#define si_ptr		_sifields._rt._sigval.sival_ptr
#define si_addr		_sifields._sigfault._addr
#define si_addr_lsb	_sifields._sigfault._addr_lsb
#define si_band		_sifields._sigpoll._band
#define si_fd		_sifields._sigpoll._fd
#define si_call_addr	_sifields._sigsys._call_addr
#define si_syscall	_sifields._sigsys._syscall
#define si_arch		_sifields._sigsys._arch

/* si_code: 0 and below from a process, above from the kernel. */
enum {
	SI_USER = 0, SI_KERNEL = 0x80, SI_QUEUE = -1, SI_TIMER = -2, SI_MESGQ = -3,
	SI_ASYNCIO = -4, SI_SIGIO = -5, SI_TKILL = -6, SI_DETHREAD = -7, SI_ASYNCNL = -60,
	ILL_ILLOPC = 1, ILL_ILLOPN, ILL_ILLADR, ILL_ILLTRP, ILL_PRVOPC, ILL_PRVREG, ILL_COPROC,
	ILL_BADSTK,
	FPE_INTDIV = 1, FPE_INTOVF, FPE_FLTDIV, FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES, FPE_FLTINV,
	FPE_FLTSUB, FPE_FLTUNK = 14, FPE_CONDTRAP,
	SEGV_MAPERR = 1, SEGV_ACCERR, SEGV_BNDERR, SEGV_PKUERR,
	BUS_ADRALN = 1, BUS_ADRERR, BUS_OBJERR,
	TRAP_BRKPT = 1, TRAP_TRACE, TRAP_BRANCH, TRAP_HWBKPT, TRAP_UNK,
	CLD_EXITED = 1, CLD_KILLED, CLD_DUMPED, CLD_TRAPPED, CLD_STOPPED, CLD_CONTINUED,
	SYS_SECCOMP = 1,
};

enum { SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, SIGEV_THREAD_ID = 4 };

#define SIGEV_PAD_SIZE	((64 - 2 * sizeof(int) - sizeof(sigval_t)) / sizeof(int))

typedef struct sigevent {
	sigval_t sigev_value;
	int sigev_signo, sigev_notify;
	union {
		int _pad[SIGEV_PAD_SIZE];
		int _tid;
		struct { void (*_function)(sigval_t); void *_attribute; } _sigev_thread;
	} _sigev_un;
} sigevent_t;

#define sigev_notify_function	_sigev_un._sigev_thread._function
#define sigev_notify_attributes	_sigev_un._sigev_thread._attribute
#define sigev_notify_thread_id	_sigev_un._tid
