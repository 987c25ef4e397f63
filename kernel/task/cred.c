/*
 * Credentials. A struct cred is never changed once a task uses it: a change makes a copy and
 * exchanges the pointer, so whoever holds a reference has a consistent set. They are per thread, as
 * in the kernel of Linux; that all threads of a process change together is the C library's doing
 * (it sends signal 33 to each).
 *
 * Locks: task->alloc_lock around the exchange of the pointer and around taking a reference from
 * another task.
 */
#include "asm/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/syscalls.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "libk/abi/capability.h"
#include "libk/string.h"

DEFINE_KMEM_CACHE(cred_cache, "cred", struct cred, 8);
struct cred init_cred = { .usage = REFCOUNT_INIT(2) };

const struct cred *get_task_cred(struct task_struct *p)
{
	guard(spinlock_irqsave)(&p->alloc_lock);	/* also asked for under tasklist_lock */
	refcount_inc(&((struct cred *)p->cred)->usage);
	return p->cred;
}

uid_t task_uid(struct task_struct *p)
{
	guard(spinlock_irqsave)(&p->alloc_lock);
	return p->cred->uid;
}

void put_cred(const struct cred *c)
{
	struct cred *cred = (struct cred *)c;

	if (refcount_dec_and_test(&cred->usage))
		kmem_cache_free(cred_cache, cred);
}

/* A copy of current's to change and commit, or NULL. */
struct cred *prepare_creds(void)
{
	struct cred *new = kmem_cache_alloc(cred_cache, GFP_KERNEL);

	if (new) {
		*new = *current->cred;
		refcount_set(&new->usage, 1);
	}
	return new;
}

void commit_creds(struct cred *new)
{
	const struct cred *old = current->cred;

	new->fsuid = new->euid;
	new->fsgid = new->egid;
	spin_lock_irq(&current->alloc_lock);
	current->cred = new;
	spin_unlock_irq(&current->alloc_lock);
	if (old->euid != new->euid || old->egid != new->egid) {
		current->pdeath_signal = 0;
		if (current->mm)
			current->mm->dumpable = 0;
	}
	put_cred(old);
}

/* The three ids of a user, or of a group: all rules about them are the same. */
struct ids {
	uid_t real, effective, saved;
};
#define KEEP ((uid_t)-1)	/* "leave it" */

static struct ids get_ids(bool group)
{
	const struct cred *c = current->cred;

	return group ? (struct ids){ c->gid, c->egid, c->sgid }
		     : (struct ids){ c->uid, c->euid, c->suid };
}

static long set_ids(bool group, uid_t r, uid_t e, uid_t s)
{
	struct cred *new = prepare_creds();
	uid_t *real, *effective, *saved;

	if (!new)
		return -ENOMEM;
	real = group ? &new->gid : &new->uid;
	effective = group ? &new->egid : &new->euid;
	saved = group ? &new->sgid : &new->suid;
	*real = r == KEEP ? *real : r;
	*effective = e == KEEP ? *effective : e;
	*saved = s == KEEP ? *saved : s;
	commit_creds(new);
	return 0;
}

/* An unprivileged task may only choose among the ids it has. */
static bool may_be(uid_t id, struct ids old)
{
	return id == KEEP || id == old.real || id == old.effective || id == old.saved || capable();
}

static long setres(bool group, uid_t r, uid_t e, uid_t s)
{
	struct ids old = get_ids(group);

	return may_be(r, old) && may_be(e, old) && may_be(s, old) ? set_ids(group, r, e, s)
								  : -EPERM;
}

/* The saved id follows the effective one when the real one is set or the effective one becomes
 * another than the real. */
static long setre(bool group, uid_t r, uid_t e)
{
	struct ids old = get_ids(group);
	bool follows = r != KEEP || (e != KEEP && e != old.real);

	if (!may_be(e, old) || !may_be(r, (struct ids){ old.real, old.effective, old.real }))
		return -EPERM;
	return set_ids(group, r, e, !follows ? KEEP : e == KEEP ? old.effective : e);
}

/* Without privilege: back to the real or the saved id. */
static long set_id(bool group, uid_t id)
{
	struct ids old = get_ids(group);

	if (id == KEEP)
		return -EINVAL;
	if (capable())
		return set_ids(group, id, id, id);
	return id == old.real || id == old.saved ? set_ids(group, KEEP, id, KEEP) : -EPERM;
}

SYSCALL_DEFINE(setresuid, uid_t r, uid_t e, uid_t s)
{
	return setres(false, r, e, s);
}

SYSCALL_DEFINE(setresgid, gid_t r, gid_t e, gid_t s)
{
	return setres(true, r, e, s);
}

SYSCALL_DEFINE(setreuid, uid_t r, uid_t e)
{
	return setre(false, r, e);
}

SYSCALL_DEFINE(setregid, gid_t r, gid_t e)
{
	return setre(true, r, e);
}

SYSCALL_DEFINE(setuid, uid_t uid)
{
	return set_id(false, uid);
}

SYSCALL_DEFINE(setgid, gid_t gid)
{
	return set_id(true, gid);
}

SYSCALL_DEFINE(getuid, void)
{
	return current->cred->uid;
}

SYSCALL_DEFINE(geteuid, void)
{
	return current->cred->euid;
}

SYSCALL_DEFINE(getgid, void)
{
	return current->cred->gid;
}

SYSCALL_DEFINE(getegid, void)
{
	return current->cred->egid;
}

SYSCALL_DEFINE(getresuid, uid_t __user *r, uid_t __user *e, uid_t __user *s)
{
	const struct cred *c = current->cred;

	return put_user(c->uid, r) || put_user(c->euid, e) || put_user(c->suid, s) ? -EFAULT : 0;
}

SYSCALL_DEFINE(getresgid, gid_t __user *r, gid_t __user *e, gid_t __user *s)
{
	const struct cred *c = current->cred;

	return put_user(c->gid, r) || put_user(c->egid, e) || put_user(c->sgid, s) ? -EFAULT : 0;
}

/* fsuid and fsgid follow the effective ids; asking for another one is answered with the present
 * one, as Linux answers a refusal. */
SYSCALL_DEFINE(setfsuid, uid_t uid)
{
	return current->cred->fsuid;
}

SYSCALL_DEFINE(setfsgid, gid_t gid)
{
	return current->cred->fsgid;
}

SYSCALL_DEFINE(getgroups, int size, gid_t __user *list)
{
	const struct cred *c = current->cred;

	if (size < 0)
		return -EINVAL;
	if (!size)
		return c->ngroups;
	if (size < c->ngroups)
		return -EINVAL;
	return copy_to_user(list, c->groups, (size_t)c->ngroups * sizeof(gid_t)) ? -EFAULT
										 : c->ngroups;
}

SYSCALL_DEFINE(setgroups, int size, const gid_t __user *list)
{
	struct cred *new;

	if (!capable())
		return -EPERM;
	if (size < 0 || (size_t)size > ARRAY_SIZE(new->groups))
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (copy_from_user(new->groups, list, (size_t)size * sizeof(gid_t))) {
		put_cred(new);
		return -EFAULT;
	}
	new->ngroups = size;
	commit_creds(new);
	return 0;
}

/* One capability for all: uid 0 has every one, the others none. The answer to capget says just
 * that. */
SYSCALL_DEFINE(capget, struct __user_cap_header_struct __user *uheader,
	       struct __user_cap_data_struct __user *udata)
{
	struct __user_cap_header_struct header;
	u32 all = capable() ? ~0u : 0;
	struct __user_cap_data_struct data[2] = { { all, all, 0 },
						  { all ? 0x1ff : 0, all ? 0x1ff : 0, 0 } };

	if (copy_from_user(&header, uheader, sizeof(header)))
		return -EFAULT;
	if (header.version != _LINUX_CAPABILITY_VERSION_3) {
		header.version = _LINUX_CAPABILITY_VERSION_3;
		if (copy_to_user(uheader, &header, sizeof(header)))
			return -EFAULT;
		return udata ? -EINVAL : 0;
	}
	if (header.pid < 0)
		return -EINVAL;
	return udata && copy_to_user(udata, data, sizeof(data)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(capset, struct __user_cap_header_struct __user *uheader,
	       const struct __user_cap_data_struct __user *udata)
{
	struct __user_cap_header_struct header;

	if (copy_from_user(&header, uheader, sizeof(header)))
		return -EFAULT;
	if (header.version != _LINUX_CAPABILITY_VERSION_3)
		return -EINVAL;
	return capable() ? 0 : -EPERM;
}
