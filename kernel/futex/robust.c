/*
 * Robust futexes: a thread that dies leaves FUTEX_OWNER_DIED in the words of the locks it held. The
 * list of those locks is the C library's, in user memory; the kernel only knows where it begins and
 * walks it when the thread's memory is about to go.
 *
 * The list is not to be trusted: each entry is read with get_user, at most ROBUST_LIST_LIMIT of
 * them, so a cycle ends and a wild pointer ends the walk; a word is changed only if it holds the
 * dying thread's own id. Locks: none held; futex_wake() takes its bucket's.
 */
#include "kernel/futex/futex.h"
#include "kernel/futex/queue.h"
#include "kernel/syscalls.h"

/*
 * The dying thread held the lock at uaddr, or was about to take or free it (pending). false: the
 * list is corrupt, stop.
 */
static bool handle_futex_death(u32 __user *uaddr, u32 tid, bool pi, bool pending)
{
	u32 uval, seen;

	if ((unsigned long)uaddr % sizeof(u32) || !access_ok(uaddr, sizeof(u32)))
		return false;
	do {
		if (__get_user_4(&uval, uaddr))
			return false;
		if (pending && !pi && !(uval & FUTEX_TID_MASK))
			break;		/* unlocked, but dead before FUTEX_WAKE: that is owed */
		if ((uval & FUTEX_TID_MASK) != tid)
			return true;
		if (__cmpxchg_user_4(&seen, uaddr, uval, (uval & FUTEX_WAITERS) | FUTEX_OWNER_DIED))
			return false;
	} while (seen != uval);
	/* A PI futex's waiter is chosen by futex_exit_pi(). */
	if (!pi && (!(uval & FUTEX_TID_MASK) || (uval & FUTEX_WAITERS)))
		futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
	return true;
}

/* A pointer of the list: bit 0 says that the lock is a PI futex. */
static bool fetch_entry(unsigned long *entry, bool *pi, const void __user *from)
{
	if (get_user(*entry, (const unsigned long __user *)from))
		return false;
	*pi = *entry & 1;
	*entry &= ~1UL;
	return true;
}

static void exit_robust_list(struct robust_list_head __user *head, u32 tid)
{
	unsigned long entry, next = 0, pending;
	bool pi, next_pi = false, pending_pi, more;
	long offset;

	if (!fetch_entry(&entry, &pi, &head->list.next) || get_user(offset, &head->futex_offset) ||
	    !fetch_entry(&pending, &pending_pi, &head->list_op_pending))
		return;
	for (int i = 0; i < ROBUST_LIST_LIMIT && entry != (unsigned long)&head->list; i++) {
		/*
		 * The next one first: once the word is free its lock, and this entry, may be
		 * somebody else's.
		 */
		more = fetch_entry(&next, &next_pi, (void __user *)entry);
		if (entry != pending &&
		    !handle_futex_death((u32 __user *)(entry + (unsigned long)offset), tid, pi,
					false))
			return;
		if (!more)
			return;
		entry = next;
		pi = next_pi;
		cond_resched();
	}
	if (pending)
		handle_futex_death((u32 __user *)(pending + (unsigned long)offset), tid, pending_pi,
				   true);
}

void futex_exit_release(struct task_struct *p)
{
	struct robust_list_head __user *head = p->robust_list;

	if (unlikely(head)) {
		p->robust_list = NULL;
		exit_robust_list(head, (u32)task_pid_vnr(p));
	}
	futex_exit_pi(p);
}

SYSCALL_DEFINE(set_robust_list, struct robust_list_head __user *head, size_t len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

SYSCALL_DEFINE(get_robust_list, int pid, struct robust_list_head __user *__user *head,
	       size_t __user *len)
{
	struct task_struct *p __free(task) = pid ? find_get_task_by_vpid(pid)
						 : get_task_struct(current);
	const struct cred *cred __free(cred) = NULL;

	if (!p)
		return -ESRCH;
	cred = get_task_cred(p);
	if (cred->uid != current->cred->uid && !capable())
		return -EPERM;
	if (put_user(sizeof(**head), len) || put_user((u64)p->robust_list, (u64 __user *)head))
		return -EFAULT;
	return 0;
}
