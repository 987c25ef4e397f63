/*
 * Job control: which session a terminal controls, which of its process groups is in the foreground,
 * and what happens to the others when they touch it. A session has at most one controlling
 * terminal, a terminal controls at most one session; only the session's leader makes and breaks the
 * bond.
 *
 * signal->tty is the process's side (siglock), tty->session and tty->pgrp the terminal's
 * (tty->lock). A child may copy its parent's signal->tty while the bond is being broken, so the
 * pointer alone proves nothing: get_current_tty() compares the session too. Locks: tasklist_lock >
 * siglock > tty->lock.
 */
#include "kernel/fs/dev/tty.h"
#include "kernel/syscalls.h"

static struct pid *current_session(void)
{
	return task_pid_type(current, PIDTYPE_SID);
}

static struct pid *current_pgrp(void)
{
	return task_pid_type(current, PIDTYPE_PGID);
}

static void set_signal_tty(struct task_struct *p, struct tty_struct *tty)
{
	unsigned long flags;

	if (!lock_task_sighand(p, &flags))
		return;
	p->signal->tty = tty;
	unlock_task_sighand(p, &flags);
}

struct tty_struct *get_current_tty(void)
{
	struct tty_struct *tty = READ_ONCE(current->signal->tty);

	return tty && READ_ONCE(tty->session) == current_session() ? tty : NULL;
}

/* A reference to *which (tty->pgrp or tty->session), or NULL. */
static struct pid *get_tty_pid(struct tty_struct *tty, struct pid **which)
{
	guard(spinlock_irqsave)(&tty->lock);
	return *which ? get_pid(*which) : NULL;
}

static int tty_pid_nr(struct tty_struct *tty, struct pid **which)
{
	struct pid *pid __free(pid) = get_tty_pid(tty, which);

	return pid ? pid_vnr(pid) : -1;
}

void tty_signal_pgrp(struct tty_struct *tty, int sig)
{
	struct pid *pgrp = get_tty_pid(tty, &tty->pgrp);

	if (!pgrp)
		return;
	kill_pgrp(pgrp, sig, SEND_SIG_PRIV);
	put_pid(pgrp);
}

static bool signal_is_ignored(int sig)
{
	return (current->blocked & sigmask(sig)) ||
	       sighand_handler(current->sighand, sig) == SIG_IGN;
}

int tty_check_change(struct tty_struct *tty, int sig)
{
	struct pid *pgrp = current_pgrp();

	if (get_current_tty() != tty || READ_ONCE(tty->pgrp) == pgrp || !READ_ONCE(tty->pgrp))
		return 0;
	if (signal_is_ignored(sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (is_current_pgrp_orphaned())
		return -EIO;
	kill_pgrp(pgrp, sig, SEND_SIG_PRIV);
	/*
	 * Another thread may take the signal; this one must come by the place where calls are
	 * restarted all the same.
	 */
	set_tsk_thread_flag(current, TIF_SIGPENDING);
	return -ERESTARTSYS;
}

/* Sets the terminal's two pids, whose references it takes over; NULL, NULL: it controls nobody. */
static void set_tty_pids(struct tty_struct *tty, struct pid *session, struct pid *pgrp)
{
	scoped_guard(spinlock_irqsave, &tty->lock) {
		swap(tty->session, session);
		swap(tty->pgrp, pgrp);
	}
	if (session)
		put_pid(session);
	if (pgrp)
		put_pid(pgrp);
}

static void session_clear_tty(struct pid *session)
{
	struct task_struct *p;

	guard(spinlock_irqsave)(&tasklist_lock);
	do_each_pid_task(session, PIDTYPE_SID, p)
		set_signal_tty(p, NULL);
}

/* Disassociation: signals, and nobody is controlled any more. */
static void tty_drop_session(struct tty_struct *tty)
{
	struct pid *session = get_tty_pid(tty, &tty->session);

	if (!session)
		return;
	tty_signal_pgrp(tty, SIGHUP);
	tty_signal_pgrp(tty, SIGCONT);
	set_tty_pids(tty, NULL, NULL);
	session_clear_tty(session);
	put_pid(session);
}

void disassociate_ctty(bool on_exit)
{
	struct tty_struct *tty = get_current_tty();

	if (!current->signal->leader)
		return;
	if (tty)
		tty_drop_session(tty);
}

static void set_controlling_tty(struct tty_struct *tty)
{
	set_tty_pids(tty, get_pid(current_session()), get_pid(current_pgrp()));
	set_signal_tty(current, tty);
}

void tty_open_ctty(struct tty_struct *tty, struct file *f)
{
	if (current->signal->leader && !get_current_tty() && !READ_ONCE(tty->session) &&
	    (f->f_mode & FMODE_READ))
		set_controlling_tty(tty);
}

static long tiocsctty(struct tty_struct *tty, unsigned long steal)
{
	struct pid *session;

	if (current->signal->leader && READ_ONCE(tty->session) == current_session())
		return 0;
	if (!current->signal->leader || get_current_tty())
		return -EPERM;
	session = get_tty_pid(tty, &tty->session);
	if (session) {
		if (steal == 1 && capable())
			session_clear_tty(session);
		put_pid(session);
		if (steal != 1 || !capable())
			return -EPERM;
	}
	set_controlling_tty(tty);
	return 0;
}

static long tiocnotty(struct tty_struct *tty)
{
	if (get_current_tty() != tty)
		return -ENOTTY;
	disassociate_ctty(false);
	set_signal_tty(current, NULL);
	return 0;
}

/* The session of a process group; NULL: nobody is in it. */
static struct pid *session_of_pgrp(struct pid *pgrp)
{
	struct task_struct *p;

	guard(spinlock_irqsave)(&tasklist_lock);
	p = pid_task(pgrp, PIDTYPE_PGID);
	return p ? task_pid_type(p, PIDTYPE_SID) : NULL;	/* only to be compared */
}

static long tiocspgrp(struct tty_struct *tty, int __user *arg)
{
	struct pid *pgrp;
	int nr, ret = tty_check_change(tty, SIGTTOU);

	if (ret)
		return ret;
	if (get_current_tty() != tty)
		return -ENOTTY;
	if (get_user(nr, arg))
		return -EFAULT;
	if (nr < 0)
		return -EINVAL;
	pgrp = find_get_pid(nr);
	if (!pgrp)
		return -ESRCH;
	if (session_of_pgrp(pgrp) != current_session()) {
		put_pid(pgrp);
		return -EPERM;
	}
	set_tty_pids(tty, get_pid(current_session()), pgrp);
	return 0;
}

long tty_jobctl_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg)
{
	int nr;

	switch (cmd) {
	case TIOCSCTTY:
		return tiocsctty(tty, arg);
	case TIOCNOTTY:
		return tiocnotty(tty);
	case TIOCSPGRP:
		return tiocspgrp(tty, (int __user *)arg);
	case TIOCGPGRP:
	case TIOCGSID:
		if (get_current_tty() != tty)
			return -ENOTTY;
		nr = tty_pid_nr(tty, cmd == TIOCGPGRP ? &tty->pgrp : &tty->session);
		if (nr < 0 && cmd == TIOCGSID)
			return -ENOTTY;
		if (nr < 0)
			nr = 0;
		return put_user(nr, (int __user *)arg);
	}
	return -ENOTTY;
}
