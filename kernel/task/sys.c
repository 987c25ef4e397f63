/*
 * Odds and ends a process may ask of the system: limits, usage, prctl, sysinfo, random bytes,
 * reboot. Locks: siglock for the limits and the accounts of a process.
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/syscalls.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include "libk/abi/capability.h"
#include "libk/abi/kcmp.h"
#include "libk/abi/membarrier.h"
#include "libk/abi/prctl.h"
#include "libk/abi/random.h"
#include "libk/abi/reboot.h"
#include "libk/abi/sysinfo.h"
#include "libk/string.h"

/* --- limits --- */

static bool may_prlimit(struct task_struct *p)
{
	const struct cred *theirs __free(cred) = get_task_cred(p), *mine = current->cred;

	return p->signal == current->signal || capable() ||
	       (mine->uid == theirs->euid && mine->uid == theirs->suid &&
		mine->uid == theirs->uid && mine->gid == theirs->egid &&
		mine->gid == theirs->sgid && mine->gid == theirs->gid);
}

static long do_prlimit(struct task_struct *p, unsigned int resource, const struct rlimit *new,
		       struct rlimit *old)
{
	struct rlimit *rlim;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (new && (new->rlim_cur > new->rlim_max ||
		    (resource == RLIMIT_NOFILE && new->rlim_max > NR_OPEN_MAX)))
		return new->rlim_cur > new->rlim_max ? -EINVAL : -EPERM;
	rlim = &p->signal->rlim[resource];
	guard(spinlock_irqsave)(&tasklist_lock);
	if (old)
		*old = *rlim;
	if (new && new->rlim_max > rlim->rlim_max && !capable())
		return -EPERM;
	if (new)
		*rlim = *new;
	return 0;
}

SYSCALL_DEFINE(prlimit64, pid_t pid, unsigned int resource, const struct rlimit __user *unew,
	       struct rlimit __user *uold)
{
	struct rlimit new, old;
	struct task_struct *p __free(task) = NULL;
	long ret;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	p = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	if (!p)
		return -ESRCH;
	ret = may_prlimit(p) ? do_prlimit(p, resource, unew ? &new : NULL, &old) : -EPERM;
	if (!ret && uold && copy_to_user(uold, &old, sizeof(old)))
		return -EFAULT;
	return ret;
}

SYSCALL_DEFINE(getrlimit, unsigned int resource, struct rlimit __user *rlim)
{
	return rlim			  ? sys_prlimit64(0, resource, NULL, rlim)
	       : resource >= RLIM_NLIMITS ? -EINVAL
					  : -EFAULT;
}

SYSCALL_DEFINE(setrlimit, unsigned int resource, const struct rlimit __user *rlim)
{
	return rlim ? sys_prlimit64(0, resource, rlim, NULL) : -EFAULT;
}

/* --- usage --- */

static void add_thread(struct rusage *ru, struct task_struct *t)
{
	ru->ru_minflt += (long)t->min_flt;
	ru->ru_majflt += (long)t->maj_flt;
	ru->ru_nvcsw += (long)t->nvcsw;
	ru->ru_nivcsw += (long)t->nivcsw;
}

static void process_rusage(struct rusage *ru, u64 *utime, u64 *stime)
{
	struct signal_struct *sig = current->signal;
	struct task_struct *t;
	unsigned long flags;
	u64 runtime;

	process_cputime(current, utime, stime, &runtime);
	spin_lock_irqsave(&current->sighand->siglock, flags);
	ru->ru_minflt = (long)sig->min_flt;
	ru->ru_majflt = (long)sig->maj_flt;
	ru->ru_nvcsw = (long)sig->nvcsw;
	ru->ru_nivcsw = (long)sig->nivcsw;
	for_each_thread(current, t)
		add_thread(ru, t);
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
	ru->ru_maxrss =
		(long)(max(sig->maxrss, (u64)mm_hiwater_rss(current->mm)) * (PAGE_SIZE / 1024));
}

SYSCALL_DEFINE(getrusage, int who, struct rusage __user *uru)
{
	struct signal_struct *sig = current->signal;
	struct rusage ru = { 0 };
	u64 utime, stime;

	switch (who) {
	case RUSAGE_SELF:
		process_rusage(&ru, &utime, &stime);
		break;
	case RUSAGE_THREAD:
		task_cputime(current, &utime, &stime);
		add_thread(&ru, current);
		break;
	case RUSAGE_CHILDREN:
		spin_lock_irq(&current->sighand->siglock);
		utime = sig->cutime;
		stime = sig->cstime;
		ru.ru_minflt = (long)sig->cmin_flt;
		ru.ru_majflt = (long)sig->cmaj_flt;
		ru.ru_nvcsw = (long)sig->cnvcsw;
		ru.ru_nivcsw = (long)sig->cnivcsw;
		ru.ru_maxrss = (long)(sig->cmaxrss * (PAGE_SIZE / 1024));
		spin_unlock_irq(&current->sighand->siglock);
		break;
	default:
		return -EINVAL;
	}
	ru.ru_utime = ns_to_timeval(utime);
	ru.ru_stime = ns_to_timeval(stime);
	return copy_to_user(uru, &ru, sizeof(ru)) ? -EFAULT : 0;
}

SYSCALL_DEFINE(sysinfo, struct sysinfo __user *uinfo)
{
	struct sysinfo info = { 0 };
	unsigned long loads[3];

	get_avenrun(loads);
	for (int i = 0; i < 3; i++)
		info.loads[i] = loads[i] << (SI_LOAD_SHIFT - 11);
	info.uptime = (long)(ktime_get() / NSEC_PER_SEC);
	info.totalram = totalram_pages() * PAGE_SIZE;
	info.freeram = nr_free_pages() * PAGE_SIZE;
	info.sharedram = nr_shmem_pages() * PAGE_SIZE;
	info.bufferram = 0;
	info.procs = (u16)min(nr_threads, 0xffff);
	info.mem_unit = 1;
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : 0;
}

/* --- prctl --- */

static long prctl_name(int option, char __user *name)
{
	char comm[TASK_COMM_LEN] = "";

	if (option == PR_GET_NAME) {
		memcpy(comm, current->comm, sizeof(comm));
		return copy_to_user(name, comm, sizeof(comm)) ? -EFAULT : 0;
	}
	if (strncpy_from_user(comm, name, sizeof(comm) - 1) < 0)
		return -EFAULT;
	set_task_comm(current, comm);
	return 0;
}

SYSCALL_DEFINE(prctl, int option, unsigned long a, unsigned long b, unsigned long c,
	       unsigned long d)
{
	struct signal_struct *sig = current->signal;

	switch (option) {
	case PR_SET_NAME:
	case PR_GET_NAME:
		return prctl_name(option, (char __user *)a);
	case PR_SET_PDEATHSIG:
		if (!valid_signal(a))
			return -EINVAL;
		current->pdeath_signal = (int)a;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user(current->pdeath_signal, (int __user *)a);
	case PR_SET_DUMPABLE:
		if (a > 1)
			return -EINVAL;
		current->mm->dumpable = (int)a;
		return 0;
	case PR_GET_DUMPABLE:
		return current->mm->dumpable;
	case PR_SET_NO_NEW_PRIVS:
		if (a != 1 || b || c || d)
			return -EINVAL;
		current->no_new_privs = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return a || b || c || d ? -EINVAL : current->no_new_privs;
	case PR_SET_CHILD_SUBREAPER:
		sig->is_child_subreaper = a;
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user((int)sig->is_child_subreaper, (int __user *)a);
	case PR_GET_TID_ADDRESS:
		return put_user(current->clear_child_tid, (int __user *__user *)a);
	/* timers fire exactly here; the call is answered for programs that ask for that */
	case PR_SET_TIMERSLACK:
		return 0;
	case PR_GET_TIMERSLACK:
		return 1;
	case PR_SET_VMA:
		return a == PR_SET_VMA_ANON_NAME ? 0 : -EINVAL;	/* names of mappings: accepted,
								 * not shown */
	case PR_GET_KEEPCAPS:
		return 0;
	case PR_CAPBSET_READ:
		return a <= CAP_LAST_CAP ? 1 : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* --- the machine --- */

SYSCALL_DEFINE(getrandom, void __user *buf, size_t n, unsigned int flags)
{
	size_t done = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	n = min(n, (size_t)MAX_RW_COUNT);
	while (done < n) {
		u64 random = arch_random();
		size_t chunk = min(n - done, sizeof(random));

		if (copy_to_user((char __user *)buf + done, &random, chunk))
			return done ? (long)done : -EFAULT;
		done += chunk;
		if (signal_pending(current) && done >= 256)
			break;
		cond_resched();
	}
	return (long)done;
}

/* RESTART2's argument: "exit=N" ends the emulator with a note of N for whoever started it. */
static void __noreturn restart_with(const char *command)
{
	pr_info("reboot: %s\n", command);
	if (!strncmp(command, "exit=", 5))
		machine_exit(EXIT_REGULAR);
	machine_restart();
}

SYSCALL_DEFINE(reboot, int magic1, int magic2, unsigned int cmd, void __user *arg)
{
	char command[64];

	if (!capable())
		return -EPERM;
	if (magic1 != (int)LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	     magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	sched_report();
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART:
		pr_info("reboot: restart\n");
		machine_restart();
	case LINUX_REBOOT_CMD_HALT:
		pr_info("reboot: halt\n");
		machine_halt();
	case LINUX_REBOOT_CMD_POWER_OFF:
		pr_info("reboot: power off\n");
		machine_power_off();
	case LINUX_REBOOT_CMD_RESTART2:
		if (strncpy_from_user(command, arg, sizeof(command) - 1) < 0)
			return -EFAULT;
		command[sizeof(command) - 1] = '\0';
		restart_with(command);
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE(personality, unsigned int persona)
{
	return persona == 0xffffffff || !persona ? 0 : -EINVAL;
}

/* --- comparing tasks --- */

static const void *kcmp_object(struct task_struct *p, int type)
{
	switch (type) {
	case KCMP_VM:
		return p->mm;
	case KCMP_FILES:
		return p->files;
	case KCMP_FS:
		return p->fs;
	case KCMP_SIGHAND:
		return p->sighand;
	default:
		return p;	/* no I/O context, no System V semaphores: never shared */
	}
}

static const void *kcmp_file(struct task_struct *p, unsigned long fd)
{
	struct files_struct *files = get_task_files(p);
	const void *file = files ? files_get_file(files, (unsigned int)fd) : NULL;

	if (file)
		fput((struct file *)file);
	put_files_struct(files);
	return file;	/* only to be compared */
}

/* 0 equal, 1 less, 2 greater: the order is only good for sorting, as on Linux. */
SYSCALL_DEFINE(kcmp, pid_t pid1, pid_t pid2, int type, unsigned long a, unsigned long b)
{
	struct task_struct *p __free(task) = find_get_task_by_vpid(pid1);
	struct task_struct *q __free(task) = find_get_task_by_vpid(pid2);
	const void *x, *y;

	if (!p || !q)
		return -ESRCH;
	if (type < KCMP_FILE || type > KCMP_SYSVSEM)
		return -EINVAL;
	x = type == KCMP_FILE ? kcmp_file(p, a) : kcmp_object(p, type);
	y = type == KCMP_FILE ? kcmp_file(q, b) : kcmp_object(q, type);
	if (type == KCMP_FILE && (!x || !y))
		return -EBADF;
	return x == y ? 0 : (unsigned long)x < (unsigned long)y ? 1 : 2;
}

/* --- barriers on all CPUs --- */

static void full_barrier(void *unused)
{
	smp_mb();
}

/* An interrupt on a CPU is a full barrier there. All that is asked for is given to all commands
 * alike. */
SYSCALL_DEFINE(membarrier, int cmd, unsigned int flags, int cpu)
{
	const int known = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
			  MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
			  MEMBARRIER_CMD_PRIVATE_EXPEDITED |
			  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;

	if (flags)
		return -EINVAL;
	if (cmd == MEMBARRIER_CMD_QUERY)
		return known;
	if (!(cmd & known) || cmd & (cmd - 1))
		return -EINVAL;
	if (cmd == MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) {
		current->mm->membarrier_registered = true;
		return 0;
	}
	if (cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED && !current->mm->membarrier_registered)
		return -EPERM;
	if (cmd != MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) {
		smp_mb();
		smp_call_function_many(cpu_mask_all(), full_barrier, NULL);
	}
	return 0;
}
