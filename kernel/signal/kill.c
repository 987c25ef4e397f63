/*
 * The system calls that send signals: kill to processes and groups, tkill and tgkill to threads,
 * rt_(tg)sigqueueinfo with a value. They find the target, fill in who sends, and leave the rest to
 * send.c. A target that is not current is kept from being released by tasklist_lock; the common
 * case of a thread that signals itself needs none.
 */
#include "asm/uaccess.h"
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"
#include "kernel/syscalls.h"
#include "kernel/task/task.h"

static void sender_info(siginfo_t *info, int sig, int code)
{
	clear_siginfo(info);
	info->si_signo = sig;
	info->si_code = code;
	info->si_pid = pid_own_nr(task_pid_type(current, PIDTYPE_TGID));
	info->si_uid = current->cred->uid;
}

/* To the process that the thread nr belongs to. */
static int kill_process(int nr, int sig, const siginfo_t *info)
{
	struct pid *pid __free(pid) = find_get_pid(nr);

	return pid ? kill_pid(pid, sig, info) : -ESRCH;
}

/* To process group nr; 0: the caller's own. */
static int kill_group(int nr, int sig, const siginfo_t *info)
{
	struct pid *pgrp __free(pid) = NULL;

	if (!nr) {
		guard(spinlock_irq)(&tasklist_lock);
		return __kill_pgrp_info(sig, info, task_pid_type(current, PIDTYPE_PGID));
	}
	pgrp = find_get_pid(nr);
	return pgrp ? kill_pgrp(pgrp, sig, info) : -ESRCH;
}

/* To every process one may signal but init and oneself. EPERM from some of them is no error, as
 * on Linux. */
static int kill_all(int sig, const siginfo_t *info)
{
	struct task_struct *p;
	int ret = -ESRCH;

	guard(spinlock_irq)(&tasklist_lock);
	for_each_process(p) {
		int err;

		if (task_pid_vnr(p) <= 1 || same_thread_group(p, current))
			continue;
		err = check_kill_permission(sig, info, p);
		if (!err && sig)
			err = do_send_sig_info(sig, info, p, true);
		if (err != -EPERM)
			ret = err;
		else if (ret == -ESRCH)
			ret = 0;
	}
	return ret;
}

SYSCALL_DEFINE(kill, pid_t pid, int sig)
{
	siginfo_t info;

	sender_info(&info, sig, SI_USER);
	if (pid > 0)
		return kill_process(pid, sig, &info);
	if (pid == (pid_t)0x80000000)	/* has no negative */
		return -ESRCH;
	return pid == -1 ? kill_all(sig, &info) : kill_group(-pid, sig, &info);
}

/* tasklist_lock held, or p is current. */
static int send_if_in_group(pid_t tgid, struct task_struct *p, int sig, const siginfo_t *info)
{
	int ret;

	if (tgid && task_tgid_vnr(p) != tgid)
		return -ESRCH;
	ret = check_kill_permission(sig, info, p);
	return ret || !sig ? ret : do_send_sig_info(sig, info, p, false);
}

/* To the thread tid, which must belong to process tgid unless that is 0. */
static int send_specific(pid_t tgid, pid_t tid, int sig, const siginfo_t *info)
{
	struct task_struct *p __free(task) = NULL;

	if (tid == pid_own_nr(current->thread_pid))
		return send_if_in_group(tgid, current, sig, info);
	p = find_get_task_by_vpid(tid);
	if (!p)
		return -ESRCH;
	guard(spinlock_irq)(&tasklist_lock);
	return p->sighand ? send_if_in_group(tgid, p, sig, info) : -ESRCH;
}

SYSCALL_DEFINE(tkill, pid_t tid, int sig)
{
	siginfo_t info;

	if (tid <= 0)
		return -EINVAL;
	sender_info(&info, sig, SI_TKILL);
	return send_specific(0, tid, sig, &info);
}

__flatten SYSCALL_DEFINE(tgkill, pid_t tgid, pid_t tid, int sig)
{
	siginfo_t info;

	if (tid <= 0 || tgid <= 0)
		return -EINVAL;
	sender_info(&info, sig, SI_TKILL);
	return send_specific(tgid, tid, sig, &info);
}

/* The kernel's own codes for a signal go up to here; where none is named, up to those of
 * SIGPOLL. */
static bool known_layout(int sig, int code)
{
	static const u8 limit[_NSIG + 1] = {
		[SIGILL] = 11, [SIGFPE] = 15, [SIGSEGV] = 10,
		[SIGBUS] = 5,  [SIGTRAP] = 6, [SIGSYS] = 2,
	};

	if (code <= SI_USER)
		return code >= SI_DETHREAD || code == SI_ASYNCNL;
	return code == SI_KERNEL ||
	       code <= (valid_signal((unsigned int)sig) && limit[sig] ? limit[sig] : CLD_CONTINUED);
}

int check_siginfo(const siginfo_t *info)
{
	if (known_layout(info->si_signo, info->si_code))
		return 0;
	/* Nothing may stand where we would cut it off. */
	for (size_t i = SIGINFO_USED / sizeof(int); i < ARRAY_SIZE(info->_si_pad); i++)
		if (info->_si_pad[i])
			return -E2BIG;
	return 0;
}

static int read_siginfo(siginfo_t *info, const siginfo_t __user *uinfo, int sig)
{
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	info->si_signo = sig;
	return check_siginfo(info);
}

/* To others a siginfo may not look as if it came from the kernel or from kill(). */
static bool may_claim(const siginfo_t *info, pid_t target)
{
	return (info->si_code < 0 && info->si_code != SI_TKILL) || task_pid_vnr(current) == target;
}

SYSCALL_DEFINE(rt_sigqueueinfo, pid_t pid, int sig, const siginfo_t __user *uinfo)
{
	siginfo_t info;
	int ret = read_siginfo(&info, uinfo, sig);

	if (ret)
		return ret;
	return may_claim(&info, pid) ? kill_process(pid, sig, &info) : -EPERM;
}

SYSCALL_DEFINE(rt_tgsigqueueinfo, pid_t tgid, pid_t tid, int sig, const siginfo_t __user *uinfo)
{
	siginfo_t info;
	int ret = read_siginfo(&info, uinfo, sig);

	if (ret)
		return ret;
	if (tid <= 0 || tgid <= 0)
		return -EINVAL;
	return may_claim(&info, tid) ? send_specific(tgid, tid, sig, &info) : -EPERM;
}
