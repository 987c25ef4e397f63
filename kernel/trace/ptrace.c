/*
 * ptrace(2): what a tracer asks of its stopped tracee. Each request freezes the tracee, does one
 * thing, and lets go of it again; ptrace.h argues why nothing of it moves meanwhile.
 *
 * Locks: tasklist_lock and the tracee's siglock, for a moment at each end; none while memory,
 * the tracer's or the tracee's, is touched.
 */
#include "asm/uaccess.h"
#include "kernel/mm/mm.h"
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
	unsigned long flags;
	int err = -ESRCH;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (is_mine(p)) {
		spin_lock(&p->sighand->siglock);
		if ((p->jobctl & (JOBCTL_TRACED | JOBCTL_LISTENING)) == JOBCTL_TRACED &&
		    !fatal_signal_pending(p)) {
			p->jobctl |= JOBCTL_PTRACE_FROZEN;
			err = 0;
		}
		spin_unlock(&p->sighand->siglock);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	while (!err && __atomic_load_n(&p->on_cpu, __ATOMIC_ACQUIRE))
		cpu_relax();
	return err;
}

/* If it is frozen still it cannot have been released. A SIGKILL that came meanwhile acts now. */
static void ptrace_unfreeze(struct task_struct *p)
{
	if (!(READ_ONCE(p->jobctl) & JOBCTL_PTRACE_FROZEN))
		return;
	spin_lock_irq(&p->sighand->siglock);
	p->jobctl &= ~(unsigned long)JOBCTL_PTRACE_FROZEN;
	if (fatal_signal_pending(p))
		ptrace_signal_wake_up(p, true);
	spin_unlock_irq(&p->sighand->siglock);
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
	spin_lock_irq(&p->sighand->siglock);
	give_signal(p, (int)sig);
	p->jobctl &= ~(unsigned long)(JOBCTL_TRACED | JOBCTL_PTRACE_FROZEN);
	wake_up_state(p, __TASK_TRACED);
	spin_unlock_irq(&p->sighand->siglock);
	return 0;
}

static long request_detach(struct task_struct *p, unsigned long sig)
{
	unsigned long flags;

	if (!valid_signal(sig))
		return -EIO;
	spin_lock_irqsave(&tasklist_lock, flags);
	spin_lock(&p->sighand->siglock);
	give_signal(p, (int)sig);
	spin_unlock(&p->sighand->siglock);
	ptrace_unlink(p);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return 0;
}

/* A seized tracee in a PTRACE_EVENT_STOP stays where it is, but hears of group stops. One that came
 * since it stopped it hears of now. */
static long ptrace_listen(struct task_struct *p)
{
	long err = -EIO;

	spin_lock_irq(&p->sighand->siglock);
	if (p->ptrace & PT_SEIZED && p->last_siginfo &&
	    p->last_siginfo->si_code >> 8 == PTRACE_EVENT_STOP) {
		p->jobctl |= JOBCTL_LISTENING;
		if (p->jobctl & JOBCTL_TRAP_NOTIFY)
			ptrace_signal_wake_up(p, true);
		err = 0;
	}
	spin_unlock_irq(&p->sighand->siglock);
	return err;
}

/* The two requests to a tracee that may be running. */
static long request_running(struct task_struct *p, long request)
{
	unsigned long flags;
	long err = -ESRCH;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (is_mine(p)) {
		spin_lock(&p->sighand->siglock);
		err = 0;
		if (request == PTRACE_KILL) {
			send_signal_locked(SIGKILL, SEND_SIG_NOINFO, p, false);
		} else if (p->ptrace & PT_SEIZED) {
			p->jobctl |= JOBCTL_TRAP_STOP;
			ptrace_signal_wake_up(p, p->jobctl & JOBCTL_LISTENING);
		} else {
			err = -EIO;
		}
		spin_unlock(&p->sighand->siglock);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

/* --- memory and registers --- */

static long access_word(struct task_struct *p, unsigned long addr, unsigned long *word, bool write)
{
	struct mm_struct *mm = get_task_mm(p);
	size_t n;

	if (!mm)
		return -EIO;
	n = access_remote_vm(mm, addr, word, sizeof(*word), write, true);
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

	if (addr % sizeof(long) || addr >= sizeof(struct user))
		return -EIO;
	if (addr >= sizeof(regs))
		word = &zero;
	regset_get(p, NT_PRSTATUS, &regs);
	if (!write)
		return put_user(*word, (unsigned long __user *)data);
	if (word == &zero)
		return data || addr < offsetof(struct user, u_debugreg) ||
		       addr >= offsetof(struct user, error_code) ? -EIO : 0;
	*word = data;
	return regset_set(p, NT_PRSTATUS, &regs, sizeof(regs));
}

/* len: how many bytes the user has; more than the set has are cut off. */
static long regset_copy(struct task_struct *p, int type, void __user *user, size_t *len, bool set)
{
	size_t size = regset_size(type);
	void *buf;
	long err;

	if (!size || *len % sizeof(long))
		return -EINVAL;
	*len = min(*len, size);
	buf = kmalloc(size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	regset_get(p, type, buf);
	if (!set)
		err = copy_to_user(user, buf, *len) ? -EFAULT : 0;
	else if (copy_from_user(buf, user, *len))
		err = -EFAULT;
	else
		err = regset_set(p, type, buf, *len);
	kfree(buf);
	return err;
}

static long whole_regset(struct task_struct *p, int type, void __user *user, bool set)
{
	size_t len = regset_size(type);

	return regset_copy(p, type, user, &len, set);
}

static long iov_regset(struct task_struct *p, int type, struct iovec __user *uiov, bool set)
{
	struct iovec iov;
	long err;

	if (copy_from_user(&iov, uiov, sizeof(iov)))
		return -EFAULT;
	err = regset_copy(p, type, (void __user *)iov.iov_base, &iov.iov_len, set);
	return err ?: put_user(iov.iov_len, &uiov->iov_len);
}

/* --- signals and system calls --- */

static long get_siginfo(struct task_struct *p, siginfo_t __user *to)
{
	return p->last_siginfo ? copy_siginfo_to_user(to, p->last_siginfo) : -EINVAL;
}

static long set_siginfo(struct task_struct *p, const siginfo_t __user *from)
{
	siginfo_t info;

	if (copy_from_user(&info, from, sizeof(info)))
		return -EFAULT;
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
	spin_lock_irq(&p->sighand->siglock);
	p->blocked = mask & ~SIG_KERNEL_ONLY_MASK;	/* what is pending it looks for itself */
	spin_unlock_irq(&p->sighand->siglock);
	clear_tsk_thread_flag(p, TIF_NOTIFY_RESUME);
	return 0;
}

/* How many bytes there are, of which size were copied. */
static long syscall_info(struct task_struct *p, size_t size, void __user *to)
{
	static const u8 bytes[] = {
		[PTRACE_SYSCALL_INFO_NONE] = offsetof(struct ptrace_syscall_info, entry),
		[PTRACE_SYSCALL_INFO_ENTRY] = sizeof(struct ptrace_syscall_info),
		[PTRACE_SYSCALL_INFO_EXIT] = offsetof(struct ptrace_syscall_info, exit.is_error) + 1,
	};
	struct ptrace_syscall_info info;
	int op = PTRACE_SYSCALL_INFO_NONE;

	if (p->last_siginfo && p->last_siginfo->si_code == (SIGTRAP | 0x80))
		op = p->ptrace_message == PTRACE_EVENTMSG_SYSCALL_ENTRY ? PTRACE_SYSCALL_INFO_ENTRY
									: PTRACE_SYSCALL_INFO_EXIT;
	memset(&info, 0, sizeof(info));
	get_syscall_info(p, &info, op);
	return copy_to_user(to, &info, min(size, (size_t)bytes[op])) ? -EFAULT : bytes[op];
}

static long set_options(struct task_struct *p, unsigned long options)
{
	if (options & ~(unsigned long)PTRACE_O_MASK)
		return -EINVAL;
	spin_lock_irq(&p->sighand->siglock);
	p->ptrace = (p->ptrace & (PT_PTRACED | PT_SEIZED)) | PT_OPT(options);
	spin_unlock_irq(&p->sighand->siglock);
	return 0;
}

/* p is frozen. */
static long do_request(struct task_struct *p, long request, unsigned long addr, unsigned long data)
{
	void __user *user = (void __user *)data;

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
		return whole_regset(p, NT_PRSTATUS, user, request == PTRACE_SETREGS);
	case PTRACE_GETFPREGS:
	case PTRACE_SETFPREGS:
		return whole_regset(p, NT_FPREGSET, user, request == PTRACE_SETFPREGS);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return iov_regset(p, (int)addr, user, request == PTRACE_SETREGSET);
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

long sys_ptrace(long request, long pid, unsigned long addr, unsigned long data)
{
	struct task_struct *p;
	long ret;

	if (request == PTRACE_TRACEME)
		return ptrace_traceme();
	p = find_get_task_by_vpid((int)pid);
	if (!p)
		return -ESRCH;
	if (request == PTRACE_ATTACH || request == PTRACE_SEIZE) {
		ret = ptrace_attach(p, request == PTRACE_SEIZE, addr, data);
	} else if (request == PTRACE_KILL || request == PTRACE_INTERRUPT) {
		ret = request_running(p, request);
	} else {
		ret = ptrace_freeze(p);
		if (!ret) {
			ret = do_request(p, request, addr, data);
			ptrace_unfreeze(p);
		}
	}
	put_task_struct(p);
	return ret;
}
