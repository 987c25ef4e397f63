/*
 * signal_random: random calls about signals by one thread: actions with all kinds of flags and
 * masks, signals sent to itself in every way there is, with honest and odd siginfo, faults,
 * alternate stacks, waiting. What every handler finds (order, siginfo, masks, stack) is noted, and
 * many a handler sends another signal, or changes the mask to return to. test: timeout=120
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "differ.h"

#define STEPS 80
#define ALT 65536
#define BAD ((void *)8)

static const int some_signals[] = {
	SIGHUP,	 SIGILL,  SIGTRAP, SIGUSR1,  SIGSEGV, SIGUSR2, SIGFPE, SIGCHLD, SIGCONT,
	SIGTSTP, SIGTTIN, SIGURG,  SIGWINCH, SIGTERM, 34,      35,     64,
};
static char alt[ALT] __attribute__((aligned(16)));
static void *restorer, *read_only;
static int depth;
static volatile int fault_length;	/* of the instruction that faults on purpose */

static int random_signal(void)
{
	static const int odd[] = { 0, -1, 65, 1000, SIGKILL, SIGSTOP };

	return chance(30) ? PICK(odd) : PICK(some_signals);
}

static sigset_t random_mask(void)
{
	sigset_t set = 0;

	for (size_t i = 0; i < COUNT(some_signals); i++)
		if (chance(3))
			set |= 1UL << (some_signals[i] - 1);
	if (chance(8))		/* what cannot be blocked */
		set |= 1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1);
	return set;
}

static sigset_t mask_now(void)
{
	sigset_t set = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8);
	return set;
}

static size_t random_size(void)
{
	static const size_t odd[] = { 0, 4, 7, 16, 128, -1UL };

	return chance(30) ? PICK(odd) : 8;
}

/* All 128 bytes but the pid and uid of the sender, who is always us. */
static void note_info(const char *what, long sig, const siginfo_t *from)
{
	siginfo_t info = *from;
	unsigned int sum = 0, n = 0;

	if (info.si_pid == getpid())
		info.si_pid = 1;
	if (info.si_uid == getuid())
		info.si_uid = 1;
	for (size_t i = 48; i < sizeof(info); i++)
		sum += ((unsigned char *)&info)[i];
	for (size_t i = 12; i < 48; i++)
		n = n * 31 + ((unsigned char *)&info)[i];
	note("%s %ld: signo %d errno %d code %d pid %d uid %d value %lx rest %x beyond %x", what,
	     sig, info.si_signo, info.si_errno, info.si_code, info.si_pid, info.si_uid,
	     (long)info.si_ptr, n, sum);
}

static int on_alt(const void *p)
{
	return (const char *)p >= alt && (const char *)p < alt + ALT;
}

static void note_stack(const char *what, const stack_t *st)
{
	note("%s: stack %s size %lx flags %x", what,
	     on_alt(st->ss_sp) ? "alt"
	     : st->ss_sp       ? "else"
			       : "none",
	     (long)st->ss_size, (unsigned int)st->ss_flags);
}

/* --- sending --- */

/* 0: sig would end us or do something, which the experiment may not survive. */
static int is_harmless(int sig)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };

	syscall(SYS_rt_sigaction, sig, NULL, &sa, 8);
	return sa.sa_handler != SIG_DFL || sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH ||
	       sig == SIGCONT || sig == SIGTSTP || sig == SIGTTIN; /* an orphan is not stopped */
}

static void random_info(siginfo_t *info, int sig)
{
	static const int codes[] = {
		SI_USER,    SI_QUEUE, SI_QUEUE, SI_QUEUE,    SI_TIMER,	SI_MESGQ,
		SI_ASYNCIO, SI_SIGIO, SI_TKILL, SI_DETHREAD, SI_KERNEL, 1,
		2,	    3,	      4,	5,	     6,		7,
		9,	    14,	      -60,	-100,	     1000,
	};

	memset(info, 0, sizeof(*info));
	info->si_signo = chance(4) ? 7 : sig;
	info->si_errno = (int)random_below(100);
	info->si_code = PICK(codes);
	/* What looks like a fault Linux may deliver although it is blocked. */
	if (info->si_code > 0 &&
	    (sig == SIGILL || sig == SIGTRAP || sig == SIGSEGV || sig == SIGFPE))
		info->si_code = -info->si_code;
	for (size_t i = 3; i < 12; i++)
		info->_si_pad[i] = (int)random_below(1u << 31);
	if (chance(4))
		((char *)info)[48 + random_below(80)] = 1;
}

static void send(void)
{
	int sig = random_signal(), how = (int)random_below(7);
	pid_t me = getpid(), pid = chance(30) ? -(int)random_below(2) - 4000000 : me;
	siginfo_t info;
	void *with = chance(30) ? BAD : &info;
	long ret;

	if (sig == SIGKILL || sig == SIGSTOP || (!is_harmless(sig) && !chance(60)))
		return;
	random_info(&info, sig);
	note("send %d by %d, code %d", sig, how, info.si_code);
	switch (how) {
	case 0:
		ret = syscall(SYS_kill, pid, sig);
		break;
	case 1:
		ret = syscall(SYS_tkill, pid, sig);
		break;
	case 2:
		ret = syscall(SYS_tgkill, chance(20) ? 1 : me, pid, sig);
		break;
	case 3:
		ret = syscall(SYS_rt_sigqueueinfo, pid, sig, with);
		break;
	case 4:
		ret = syscall(SYS_rt_tgsigqueueinfo, chance(20) ? 1 : me, pid, sig, with);
		break;
	default: {
		int fd = (int)syscall(SYS_pidfd_open, me, 0);

		ret = syscall(SYS_pidfd_send_signal, chance(30) ? 0 : fd, sig,
			      how == 5 ? NULL : with, chance(30) ? 64 : 0);
		close(fd);
	}
	}
	note("sent: %ld %d", ret, error(ret));
}

/* --- the handler --- */

static void handler(int sig, siginfo_t *info, void *context)
{
	struct ucontext *uc = context;
	char here;

	depth++;
	note("handler of %d, depth %d: mask %lx, to return to %lx, %s", sig, depth, mask_now(),
	     (unsigned long)uc->uc_sigmask, on_alt(&here) ? "on alt" : "on the stack");
	note_stack("uc_stack", &uc->uc_stack);
	note_info("handler", sig, info);
	if (fault_length) {
		note("fault: trap %ld error %lx cr2 %lx addr %lx", (long)uc->uc_mcontext.trapno,
		     /* QEMU has its own idea of the error of int $0x50 */
		     uc->uc_mcontext.trapno == 14 ? (long)uc->uc_mcontext.err : 0,
		     uc->uc_mcontext.trapno == 14 ? (long)uc->uc_mcontext.cr2 & 4095 : 0,
		     (long)info->si_addr & 4095);
		uc->uc_mcontext.rip += (unsigned long)fault_length;
		fault_length = 0;
	}
	if (depth < 3 && chance(3))
		send();
	if (chance(5))
		uc->uc_sigmask = random_mask();
	/* on it Linux 6.12 and later do something else when we return */
	if (chance(10) && !on_alt(&here)) {
		stack_t st = { .ss_sp = alt, .ss_size = ALT }, old;
		long ret = syscall(SYS_sigaltstack, &st, &old);

		note("sigaltstack in handler: %ld %d", ret, error(ret));
	}
	depth--;
}

static void plain_handler(int sig)
{
	char here;

	note("plain handler of %d: mask %lx, %s", sig, mask_now(),
	     on_alt(&here) ? "on alt" : "on the stack");
}

/* --- what else may be called --- */

static void action(void)
{
	static const unsigned long flags[] = {
		SA_NOCLDSTOP, SA_NOCLDWAIT, SA_ONSTACK,	       SA_ONSTACK,     SA_RESTART,
		SA_NODEFER,   SA_RESETHAND, SA_EXPOSE_TAGBITS, SA_UNSUPPORTED, 1UL << 20,
	};
	struct sigaction sa = { .sa_restorer = restorer }, old;
	int sig = random_signal(), kind = (int)random_below(12);
	long ret;

	memset(&old, 0, sizeof(old));
	sa.sa_flags = SA_RESTORER;
	for (size_t i = 0; i < COUNT(flags); i++)
		if (chance(4))
			sa.sa_flags |= flags[i];
	sa.sa_mask = random_mask();
	sa.sa_handler = kind < 2 ? SIG_IGN : kind < 3 ? SIG_DFL : plain_handler;
	if (kind > 4) {
		sa.sa_flags |= SA_SIGINFO;
		sa.sa_sigaction = handler;
	}
	ret = syscall(SYS_rt_sigaction, sig,
		      chance(20)   ? NULL
		      : chance(40) ? BAD
				   : &sa,
		      chance(40) ? BAD : &old, random_size());
	note("sigaction %d %d: %ld %d, was %d flags %lx mask %lx", sig, kind, ret, error(ret),
	     old.sa_handler == SIG_DFL	 ? 0
	     : old.sa_handler == SIG_IGN ? 1
					 : 2,
	     (unsigned long)old.sa_flags, (unsigned long)old.sa_mask);
}

static void block(void)
{
	int how = chance(20) ? (int)random_below(8) - 2 : (int)random_below(3);
	sigset_t set = random_mask(), old = 0;
	long ret;

	note("sigprocmask %d %lx", how, set);
	ret = syscall(SYS_rt_sigprocmask, how,
		      chance(20)   ? NULL
		      : chance(40) ? BAD
				   : &set,
		      chance(40) ? BAD : &old, random_size());
	note("sigprocmask: %ld %d, was %lx", ret, error(ret), old);
}

static void pending(void)
{
	sigset_t set = 0x5a5a5a5a5a5a5a5a;
	long ret = syscall(SYS_rt_sigpending, chance(30) ? BAD : &set, random_size());

	note("pending: %ld %d, %lx", ret, error(ret), set);
}

static void altstack(void)
{
	static const int flags[] = { 0,
				     0,
				     0,
				     SS_DISABLE,
				     SS_ONSTACK,
				     (int)SS_AUTODISARM,
				     (int)SS_AUTODISARM,
				     (int)SS_AUTODISARM | SS_DISABLE,
				     3,
				     4 };
	stack_t st = { .ss_sp = alt,
		       .ss_size = chance(8) ? random_below(2048) : ALT,
		       .ss_flags = PICK(flags) };
	stack_t old = { 0 };
	long ret;

	ret = syscall(SYS_sigaltstack,
		      chance(4)	   ? NULL
		      : chance(30) ? BAD
				   : &st,
		      chance(30) ? BAD : &old);
	note("sigaltstack %x %lx: %ld %d", (unsigned int)st.ss_flags, (long)st.ss_size, ret,
	     error(ret));
	note_stack("was", &old);
}

static void timedwait(void)
{
	static const struct timespec odd[] = {
		{ 0, -1 }, { -1, 0 }, { 0, 1000000000 }, { -1, -1 }
	};
	struct timespec limit = { 0, 0 };
	sigset_t set = random_mask();
	siginfo_t info;
	long ret;

	if (chance(10))
		limit = PICK(odd);
	memset(&info, 0x5a, sizeof(info));
	ret = syscall(SYS_rt_sigtimedwait, chance(30) ? BAD : &set, chance(30) ? BAD : &info,
		      chance(30) ? BAD : &limit, random_size());
	note("sigtimedwait %lx: %d", set, error(ret));
	note_info("got", ret, &info);
}

/* For a signal that is there already and has a handler, so that it returns. */
static void suspend(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	int sig = PICK(some_signals);
	sigset_t mask = random_mask() & ~(1UL << (sig - 1)), set = mask_now() | 1UL << (sig - 1);
	long ret;

	syscall(SYS_rt_sigaction, sig, NULL, &sa, 8);
	if (sa.sa_handler == SIG_DFL || sa.sa_handler == SIG_IGN)
		return;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8);
	syscall(SYS_tkill, getpid(), sig);
	note("sigsuspend for %d, mask %lx", sig, mask);
	ret = syscall(SYS_rt_sigsuspend, &mask, random_size());
	note("sigsuspend: %ld %d, mask %lx", ret, error(ret), mask_now());
}

static void fault(void)
{
	static const struct {
		int sig, length;
	} kinds[] = {
		{ SIGSEGV, 3 }, { SIGSEGV, 3 }, { SIGSEGV, 3 }, { SIGSEGV, 1 },
		{ SIGILL, 2 },	{ SIGTRAP, 0 }, { SIGFPE, 2 },	{ SIGSEGV, 2 },
	};
	unsigned int kind = random_below(COUNT(kinds));
	struct sigaction sa = { .sa_handler = SIG_DFL };
	int sig = kinds[kind].sig;

	syscall(SYS_rt_sigaction, sig, NULL, &sa, 8);
	if (sa.sa_handler == plain_handler ||	/* which would not end the fault */
	    ((sa.sa_handler != (void *)handler || mask_now() >> (sig - 1) & 1) && !chance(40)))
		return;
	note("fault %d", (int)kind);
	fault_length = kinds[kind].length;
	switch (kind) {
	case 0:
		__asm__ volatile("movb $0, (%0)" :: "a"(0x60000000L) : "memory");
		break;
	case 1:
		__asm__ volatile("movb $0, (%0)" :: "a"(read_only) : "memory");
		break;
	case 2:
		__asm__ volatile("movb $0, (%0)" :: "a"(1UL << 60) : "memory");
		break;
	case 3:
		__asm__ volatile("hlt");
		break;
	case 4:
		__asm__ volatile("ud2");
		break;
	case 5:
		__asm__ volatile("int3");
		break;
	case 6:
		__asm__ volatile("divl %%ecx" :: "a"(1), "d"(0), "c"(0));
		break;
	default:
		__asm__ volatile("int $0x50");
	}
	fault_length = 0;
}

static void experiment(void)
{
	static void (*const calls[])(
		void) = { action, action, action,  send,     send,	send,	   send,    send,
			  block,  block,  pending, altstack, timedwait, timedwait, suspend, fault };
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	stack_t no_stack = { .ss_flags = SS_DISABLE };

	setsid();
	sigaltstack(&no_stack, NULL);	/* handlers see the flags, which outlive an exec */
	read_only = mmap((void *)0x70000000, 4096, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	sigaction(SIGUSR1, &sa, NULL);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, &sa, 8);
	restorer = sa.sa_restorer;
	for (size_t i = 0; i < COUNT(some_signals); i++)
		syscall(SYS_rt_sigaction, some_signals[i], &sa, NULL, 8);
	for (int i = 0; i < STEPS; i++)
		PICK(calls)();
}

int main(int argc, char **argv)
{
	return differ_main(argc, argv, 60, experiment);
}
