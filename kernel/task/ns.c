/*
 * Namespaces: what a task takes for the whole system's. Two kinds: UTS (host name) and PID (a tree
 * of its own, with its own PID 1). nsproxy bundles them; it is immutable once published and shared
 * by reference, so a change makes a new one.
 *
 * Locks: uts_lock guards the names; tasklist_lock the pid namespaces' numbers (pid.c).
 */
#include "asm/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/syscalls.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "libk/abi/utsname.h"
#include "libk/string.h"


static DEFINE_SPINLOCK(uts_lock);
static struct uts_namespace init_uts_ns = { .count = REFCOUNT_INIT(1),
					    .hostname = "bobbin",
					    .domainname = "(none)" };
struct nsproxy init_nsproxy = { .count = REFCOUNT_INIT(1),
				.uts_ns = &init_uts_ns,
				.pid_ns_for_children = &init_pid_ns };

static struct uts_namespace *copy_uts_ns(struct uts_namespace *old)
{
	struct uts_namespace *ns = kmalloc(sizeof(*ns), GFP_KERNEL);

	if (!ns)
		return ERR_PTR(-ENOMEM);
	spin_lock(&uts_lock);
	*ns = *old;
	spin_unlock(&uts_lock);
	refcount_set(&ns->count, 1);
	return ns;
}

static void put_uts_ns(struct uts_namespace *ns)
{
	if (refcount_dec_and_test(&ns->count))
		kfree(ns);
}

/* A task that has one for its children already gets no other: its first child is to live in it. */
static struct pid_namespace *create_pid_ns(struct pid_namespace *parent)
{
	struct pid_namespace *ns;

	if (parent != task_active_pid_ns(current))
		return ERR_PTR(-EINVAL);
	if (parent->level >= MAX_PID_NS_LEVEL)
		return ERR_PTR(-ENOSPC);
	ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	if (!ns)
		return ERR_PTR(-ENOMEM);
	ns->map = kzalloc(PID_MAX_LIMIT / 8, GFP_KERNEL);
	if (!ns->map) {
		kfree(ns);
		return ERR_PTR(-ENOMEM);
	}
	refcount_set(&ns->count, 1);
	ns->level = parent->level + 1;
	ns->parent = parent;
	refcount_inc(&parent->count);
	ns->map[0] = 1;		/* number 0 names nobody */
	return ns;
}

void put_pid_ns(struct pid_namespace *ns)
{
	while (ns != &init_pid_ns && refcount_dec_and_test(&ns->count)) {
		struct pid_namespace *parent = ns->parent;

		kfree(ns->map);
		kfree(ns);
		ns = parent;
	}
}

static struct nsproxy *create_nsproxy(u64 flags, struct nsproxy *old)
{
	struct nsproxy *ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	long err;

	if (!ns)
		return ERR_PTR(-ENOMEM);
	refcount_set(&ns->count, 1);
	ns->uts_ns = flags & CLONE_NEWUTS ? copy_uts_ns(old->uts_ns) : old->uts_ns;
	if (IS_ERR(ns->uts_ns)) {
		err = PTR_ERR(ns->uts_ns);
		goto fail;
	}
	ns->pid_ns_for_children = flags & CLONE_NEWPID ? create_pid_ns(old->pid_ns_for_children)
						       : old->pid_ns_for_children;
	if (IS_ERR(ns->pid_ns_for_children)) {
		err = PTR_ERR(ns->pid_ns_for_children);
		if (flags & CLONE_NEWUTS)
			put_uts_ns(ns->uts_ns);
		goto fail;
	}
	if (!(flags & CLONE_NEWUTS))
		refcount_inc(&ns->uts_ns->count);
	if (!(flags & CLONE_NEWPID))
		refcount_inc(&ns->pid_ns_for_children->count);
	return ns;
fail:
	kfree(ns);
	return ERR_PTR(err);
}

void __put_nsproxy(struct nsproxy *ns)
{
	put_uts_ns(ns->uts_ns);
	put_pid_ns(ns->pid_ns_for_children);
	kfree(ns);
}

int __copy_namespaces(u64 flags, struct task_struct *p)
{
	struct nsproxy *ns = create_nsproxy(flags, p->nsproxy);

	if (IS_ERR(ns))
		return (int)PTR_ERR(ns);
	p->nsproxy = ns;
	return 0;
}

/* unshare(CLONE_NEWxxx) for current. 0 or -errno. */
int unshare_namespaces(u64 flags)
{
	struct nsproxy *ns, *old = current->nsproxy;

	if (!capable())
		return -EPERM;
	ns = create_nsproxy(flags, old);
	if (IS_ERR(ns))
		return (int)PTR_ERR(ns);
	spin_lock_irq(&current->alloc_lock);
	current->nsproxy = ns;
	spin_unlock_irq(&current->alloc_lock);
	put_nsproxy(old);
	return 0;
}

SYSCALL_DEFINE(uname, struct new_utsname __user *name)
{
	struct new_utsname uts;
	struct uts_namespace *ns = current->nsproxy->uts_ns;

	memset(&uts, 0, sizeof(uts));
	strscpy(uts.sysname, UTS_SYSNAME, sizeof(uts.sysname));
	strscpy(uts.release, UTS_RELEASE, sizeof(uts.release));
	strscpy(uts.version, UTS_VERSION, sizeof(uts.version));
	strscpy(uts.machine, "x86_64", sizeof(uts.machine));
	spin_lock(&uts_lock);
	memcpy(uts.nodename, ns->hostname, sizeof(uts.nodename));
	memcpy(uts.domainname, ns->domainname, sizeof(uts.domainname));
	spin_unlock(&uts_lock);
	return copy_to_user(name, &uts, sizeof(uts)) ? -EFAULT : 0;
}

static char *uts_field(bool domain)
{
	struct uts_namespace *ns = current->nsproxy->uts_ns;

	return domain ? ns->domainname : ns->hostname;
}

void utsname_get(bool domain, char *name)
{
	guard(spinlock)(&uts_lock);
	strscpy(name, uts_field(domain), HOST_NAME_MAX + 1);
}

int utsname_set(bool domain, const char *name)
{
	if (!capable())
		return -EPERM;
	if (strlen(name) > HOST_NAME_MAX)
		return -EINVAL;
	guard(spinlock)(&uts_lock);
	strscpy(uts_field(domain), name, HOST_NAME_MAX + 1);
	return 0;
}

static long set_name(bool domain, const char __user *name, int len)
{
	char buf[HOST_NAME_MAX + 1] = "";

	if (!capable())
		return -EPERM;
	if (len < 0 || len > HOST_NAME_MAX)
		return -EINVAL;
	if (copy_from_user(buf, name, (unsigned long)len))
		return -EFAULT;
	return utsname_set(domain, buf);
}

SYSCALL_DEFINE(sethostname, const char __user *name, int len)
{
	return set_name(false, name, len);
}

SYSCALL_DEFINE(setdomainname, const char __user *name, int len)
{
	return set_name(true, name, len);
}
