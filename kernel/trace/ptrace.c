/*
 * ptrace(2): what a tracer asks of its stopped tracee. Each request freezes the tracee, does one
 * thing, and lets go of it again; ptrace.h argues why nothing of it moves meanwhile.
 *
 * Locks: tasklist_lock and the tracee's siglock, for a moment at each end; none while memory,
 * the tracer's or the tracee's, is touched.
 */
#include "asm/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/guard.h"
#include "kernel/syscalls.h"
#include "kernel/trace/ptrace.h"
#include "libk/abi/uio.h"
#include "libk/string.h"

static bool is_mine(struct task_struct *p)	/* tasklist_lock held */
{
	return p->ptrace && p->parent == current;
}

/* 0: p is ours, stopped, off its CPU, and stays so until it is unfrozen or resumed. -ESRCH. */
static int ptrace_freeze(struct task_struct *p)
{
	scoped_guard(spinlock_irq, &tasklist_lock) {
		if (!is_mine(p))
			return -ESRCH;
		guard(spinlock)(&p->sighand->siglock);
		if ((p->jobctl & (JOBCTL_TRACED | JOBCTL_LISTENING)) != JOBCTL_TRACED ||
		    fatal_signal_pending(p))
			return -ESRCH;
		p->jobctl |= JOBCTL_PTRACE_FROZEN;
	}
	while (__atomic_load_n(&p->on_cpu, __ATOMIC_ACQUIRE))
		cpu_relax();
	return 0;
}

/* If it is frozen still it cannot have been released. A SIGKILL that came meanwhile acts now. */
static void ptrace_unfreeze(struct task_struct *p)
{
	if (!(READ_ONCE(p->jobctl) & JOBCTL_PTRACE_FROZEN))
		return;
	guard(spinlock_irq)(&p->sighand->siglock);
	p->jobctl &= ~(unsigned long)JOBCTL_PTRACE_FROZEN;
	if (fatal_signal_pending(p))
		ptrace_signal_wake_up(p, true);
}

/* --- going on --- */

/* The signal the tracee is resumed with, siglock held. Another one than it stopped for comes from
 * the tracer. */
static void give_signal(struct task_struct *p, int sig)
{
	siginfo_t *info = p->last_siginfo;

	p->exit_code = sig;
	if (!info || !sig || sig == info->si_signo)
		return;
	clear_siginfo(info);
	info->si_signo = sig;
	info->si_code = SI_USER;
	info->si_pid = pid_nr_ns(task_pid_type(current, PIDTYPE_TGID), task_active_pid_ns(p));
	info->si_uid = current->cred->uid;
}

static long ptrace_resume(struct task_struct *p, long request, unsigned long sig)
{
	if (!valid_signal(sig))
		return -EIO;
	if (request == PTRACE_SYSCALL)
		set_tsk_thread_flag(p, TIF_SYSCALL_TRACE);
	else
		clear_tsk_thread_flag(p, TIF_SYSCALL_TRACE);
	if (request == PTRACE_SINGLESTEP)
		user_enable_single_step(p);
	else
		user_disable_single_step(p);
	guard(spinlock_irq)(&p->sighand->siglock);
	give_signal(p, (int)sig);
	p->jobctl &= ~(unsigned long)(JOBCTL_TRACED | JOBCTL_PTRACE_FROZEN);
	wake_up_state(p, __TASK_TRACED);
	return 0;
}

static long request_detach(struct task_struct *p, unsigned long sig)
{
	if (!valid_signal(sig))
		return -EIO;
	guard(spinlock_irq)(&tasklist_lock);
	scoped_guard(spinlock, &p->sighand->siglock)
		give_signal(p, (int)sig);
	ptrace_unlink(p);
	return 0;
}

/* A seized tracee in a PTRACE_EVENT_STOP stays where it is, but hears of group stops. One that came
 * since it stopped it hears of now. */
static long ptrace_listen(struct task_struct *p)
{
	guard(spinlock_irq)(&p->sighand->siglock);
	if (!(p->ptrace & PT_SEIZED) || !p->last_siginfo ||
	    p->last_siginfo->si_code >> 8 != PTRACE_EVENT_STOP)
		return -EIO;
	p->jobctl |= JOBCTL_LISTENING;
	if (p->jobctl & JOBCTL_TRAP_NOTIFY)
		ptrace_signal_wake_up(p, true);
	return 0;
}

/* The two requests to a tracee that may be running. */
static long request_running(struct task_struct *p, long request)
{
	guard(spinlock_irq)(&tasklist_lock);
	if (!is_mine(p))
		return -ESRCH;
	guard(spinlock)(&p->sighand->siglock);
	if (request == PTRACE_KILL)
		return send_signal_locked(SIGKILL, SEND_SIG_NOINFO, p, false);
	if (!(p->ptrace & PT_SEIZED))
		return -EIO;
	p->jobctl |= JOBCTL_TRAP_STOP;
	ptrace_signal_wake_up(p, p->jobctl & JOBCTL_LISTENING);
	return 0;
}

/* --- memory and registers --- */

static long access_word(struct task_struct *p, unsigned long addr, unsigned long *word, bool write)
{
	struct mm_struct *mm = get_task_mm(p);
	size_t n = mm ? access_remote_vm(mm, addr, word, sizeof(*word), write, true) : 0;

	if (mm)
		mmput(mm);
	return n == sizeof(*word) ? 0 : -EIO;
}

static long peek(struct task_struct *p, unsigned long addr, unsigned long __user *to)
{
	unsigned long word;

	return access_word(p, addr, &word, false) ?: put_user(word, to);
}

/* The user area: its registers are there; all else reads as 0. Of what is written, only a 0 to a
 * debug register does no harm. */
static long peek_or_poke_user(struct task_struct *p, unsigned long addr, unsigned long data,
			      bool write)
{
	struct user_regs_struct regs;
	unsigned long *word = (unsigned long *)&regs + addr / sizeof(long), zero = 0;

	if (addr % sizeof(long) || addr >= USER_AREA_SIZE)
		return -EIO;
	if (addr >= sizeof(regs))
		word = &zero;
	regset_get(p, NT_PRSTATUS, &regs);
	if (!write)
		return put_user(*word, (unsigned long __user *)data);
	if (word == &zero)
		return data || addr - USER_AREA_DEBUGREG >= 64 ? -EIO : 0;
	*word = data;
	return regset_set(p, NT_PRSTATUS, &regs, sizeof(regs));
}

/* Between the user's buffer and the set; of a buffer that is larger only as much. */
static long copy_regset(struct task_struct *p, int type, struct iovec *iov, bool set)
{
	size_t size = regset_size(type);
	void *buf __free(kfree) = size ? kmalloc(size, GFP_KERNEL) : NULL;

	if (!size || iov->iov_len % sizeof(long))
		return -EINVAL;
	if (!buf)
		return -ENOMEM;
	iov->iov_len = min(iov->iov_len, size);
	regset_get(p, type, buf);
	if (!set)
		return copy_to_user((void __user *)iov->iov_base, buf, iov->iov_len) ? -EFAULT : 0;
	if (copy_from_user(buf, (void __user *)iov->iov_base, iov->iov_len))
		return -EFAULT;
	return regset_set(p, type, buf, iov->iov_len);
}

static long user_regset(struct task_struct *p, int type, struct iovec __user *uiov, bool set)
{
	struct iovec iov;

	if (copy_from_user(&iov, uiov, sizeof(iov)))
		return -EFAULT;
	return copy_regset(p, type, &iov, set) ?: put_user(iov.iov_len, &uiov->iov_len);
}

/* --- signals and system calls --- */

static long get_siginfo(struct task_struct *p, siginfo_t __user *to)
{
	return p->last_siginfo ? copy_siginfo_to_user(to, p->last_siginfo) : -EINVAL;
}

static long set_siginfo(struct task_struct *p, const siginfo_t __user *from)
{
	siginfo_t info;
	int ret;

	if (copy_from_user(&info, from, sizeof(info)))
		return -EFAULT;
	ret = check_siginfo(&info);
	if (ret)
		return ret;
	if (!p->last_siginfo)
		return -EINVAL;
	copy_siginfo(p->last_siginfo, &info);
	return 0;
}

/* The mask it will have in user mode: in sigsuspend and friends that is the saved one. */
static long access_sigmask(struct task_struct *p, size_t size, sigset_t __user *user, bool set)
{
	bool saved = test_tsk_thread_flag(p, TIF_NOTIFY_RESUME);
	sigset_t mask = saved ? p->saved_sigmask : p->blocked;

	if (size != sizeof(mask))
		return -EINVAL;
	if (!set)
		return put_user(mask, user);
	if (get_user(mask, user))
		return -EFAULT;
	guard(spinlock_irq)(&p->sighand->siglock);
	p->blocked = mask & ~SIG_KERNEL_ONLY_MASK;	/* what is pending it looks for itself */
	clear_tsk_thread_flag(p, TIF_NOTIFY_RESUME);
	return 0;
}

/* How many bytes there are, of which size were copied. The stop's message is which end of the call
 * it is, in the numbers of PTRACE_SYSCALL_INFO_xxx. */
static long syscall_info(struct task_struct *p, size_t size, void __user *to)
{
	static const u8 bytes[] = { offsetof(struct ptrace_syscall_info, entry),
				    sizeof(struct ptrace_syscall_info),
				    offsetof(struct ptrace_syscall_info, exit.is_error) + 1 };
	bool at_call = p->last_siginfo && p->last_siginfo->si_code == (SIGTRAP | 0x80);
	struct ptrace_syscall_info info = { .op = at_call ? (u8)p->ptrace_message : 0 };

	get_syscall_info(p, &info);
	return copy_to_user(to, &info, min(size, (size_t)bytes[info.op])) ? -EFAULT :
									    bytes[info.op];
}

static long set_options(struct task_struct *p, unsigned long options)
{
	if (options & ~(unsigned long)PTRACE_O_MASK)
		return -EINVAL;
	guard(spinlock_irq)(&p->sighand->siglock);
	p->ptrace = (p->ptrace & (PT_PTRACED | PT_SEIZED)) | PT_OPT(options);
	return 0;
}

/* p is frozen. */
static long do_request(struct task_struct *p, long request, unsigned long addr, unsigned long data)
{
	void __user *user = (void __user *)data;
	struct iovec whole = { .iov_base = user };

	switch (request) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek(p, addr, user);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return access_word(p, addr, &data, true);
	case PTRACE_PEEKUSER:
	case PTRACE_POKEUSER:
		return peek_or_poke_user(p, addr, data, request == PTRACE_POKEUSER);
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SINGLESTEP:
		return ptrace_resume(p, request, data);
	case PTRACE_DETACH:
		return request_detach(p, data);
	case PTRACE_LISTEN:
		return ptrace_listen(p);
	case PTRACE_GETREGS:
	case PTRACE_SETREGS:
		whole.iov_len = sizeof(struct user_regs_struct);
		return copy_regset(p, NT_PRSTATUS, &whole, request == PTRACE_SETREGS);
	case PTRACE_GETFPREGS:
	case PTRACE_SETFPREGS:
		whole.iov_len = USER_FPREGS_SIZE;
		return copy_regset(p, NT_FPREGSET, &whole, request == PTRACE_SETFPREGS);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return user_regset(p, (int)addr, user, request == PTRACE_SETREGSET);
	case PTRACE_SETOPTIONS:
	case PTRACE_OLDSETOPTIONS:
		return set_options(p, data);
	case PTRACE_GETEVENTMSG:
		return put_user(p->ptrace_message, (unsigned long __user *)user);
	case PTRACE_GETSIGINFO:
		return get_siginfo(p, user);
	case PTRACE_SETSIGINFO:
		return set_siginfo(p, user);
	case PTRACE_GETSIGMASK:
	case PTRACE_SETSIGMASK:
		return access_sigmask(p, addr, user, request == PTRACE_SETSIGMASK);
	case PTRACE_GET_SYSCALL_INFO:
		return syscall_info(p, addr, user);
	default:
		return -EIO;
	}
}

SYSCALL_DEFINE(ptrace, long request, long pid, unsigned long addr, unsigned long data)
{
	struct task_struct *p __free(task) = NULL;
	long ret;

	if (request == PTRACE_TRACEME)
		return ptrace_traceme();
	p = find_get_task_by_vpid((int)pid);
	if (!p)
		return -ESRCH;
	if (request == PTRACE_ATTACH || request == PTRACE_SEIZE)
		return ptrace_attach(p, request == PTRACE_SEIZE, addr, data);
	if (request == PTRACE_KILL || request == PTRACE_INTERRUPT)
		return request_running(p, request);
	ret = ptrace_freeze(p);
	if (ret)
		return ret;
	ret = do_request(p, request, addr, data);
	ptrace_unfreeze(p);
	return ret;
}
