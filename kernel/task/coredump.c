/*
 * What happens before a program dies of SIGSEGV, SIGABRT and their like: if core_pattern begins
 * with '|', the program named there runs as a user mode helper, with a crash report on its standard
 * input, while the dying process, all of its other threads told to go, is still there to be looked
 * at in /proc. A whole core file is not written. SIGKILL to the dying process ends the wait.
 *
 * Locks: siglock, for the beginning and the end.
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/fs/fs.h"
#include "kernel/task/umh.h"
#include "kernel/time/time.h"
#include "libk/printf.h"

#define HELPER_LIMIT 1		/* RLIMIT_CORE of a helper: if it crashes, that is that */

char core_pattern[CORE_PATTERN_SIZE];	/* changed a word at a time: a crash may get half of it */

struct core_helper {
	struct subprocess_info info;	/* first: freed as it */
	char pattern[CORE_PATTERN_SIZE], words[512];
	struct file *report;		/* the pipe's end to read from */
};

/* What one %c of the pattern stands for, if it is a number. */
static long number(char c, const siginfo_t *info)
{
	return c == 'p'	  ? task_tgid_vnr(current)
	       : c == 'P' ? current->tgid
	       : c == 'i' ? task_pid_vnr(current)
	       : c == 'I' ? current->pid
	       : c == 's' ? info->si_signo
	       : c == 'u' ? current->cred->uid
	       : c == 'g' ? current->cred->gid
			  : (long)(ktime_get_real() / NSEC_PER_SEC);
}

/* The pattern's words, split before they are expanded: a blank in a name splits nothing. Unknown
 * letters are nothing, as on Linux. */
static void expand_words(struct core_helper *h, const siginfo_t *info)
{
	char *p = h->words, *end = h->words + sizeof(h->words);

	for (const char **word = h->info.argv; *word; word++) {
		const char *s = *word;

		*word = p;
		for (; *s && p < end - 1; s++) {
			size_t room = (size_t)(end - p);

			if (*s != '%')
				*p++ = *s;
			else if (!*++s)
				break;
			else if (*s == '%' || *s == 'e')
				p += scnprintf(p, room, "%s", *s == 'e' ? current->comm : "%");
			else if (strchr("pPiIsugt", *s))
				p += scnprintf(p, room, "%ld", number(*s, info));
		}
		*p = '\0';
		p += p < end - 1;
	}
}

static size_t write_report(char *buf, size_t size, const siginfo_t *info)
{
	struct pt_regs *regs = current_pt_regs();
	const unsigned long __user *sp = (const void __user *)user_stack_pointer(regs);
	size_t n = (size_t)scnprintf(buf, size, "process %d thread %d name %s\n"
				     "signal %d code %d address %lx\n", current->tgid, current->pid,
				     current->comm, info->si_signo, info->si_code,
				     info->si_code > 0 ? (unsigned long)info->si_addr : 0);
	unsigned long word;

	n += (size_t)sprint_user_regs(buf + n, size - n, regs);
	for (int i = 0; i < 16 && !get_user(word, sp + i); i++)
		n += (size_t)scnprintf(buf + n, size - n, "stack+%02x %016lx\n", i * 8, word);
	return n;
}

/* In the helper, before it becomes the program: no descriptor is open yet. */
static int helper_init(struct subprocess_info *info)
{
	int fd = get_unused_fd_flags(0);

	if (fd < 0)
		return fd;
	fd_install((unsigned int)fd, get_file(((struct core_helper *)info)->report));
	current->signal->rlim[RLIMIT_CORE] = (struct rlimit){ HELPER_LIMIT, HELPER_LIMIT };
	return 0;
}

static void helper_cleanup(struct subprocess_info *info)
{
	struct core_helper *h = (struct core_helper *)info;

	if (h->report)
		fput(h->report);
	kfree(h);
}

/* The report waits in the pipe, which has room for it, before the helper begins. */
static int prepare_report(struct core_helper *h, const siginfo_t *info)
{
	char *text __free(kfree) = kmalloc(PAGE_SIZE, GFP_KERNEL);
	struct file *files[2];
	int err = text ? create_pipe_files(files, 0) : -ENOMEM;

	if (err)
		return err;
	h->report = files[0];
	(void)kernel_write(files[1], text, write_report(text, PAGE_SIZE, info), NULL);
	fput(files[1]);
	return 0;
}

/* True: it ran, whatever its status. */
static bool run_core_helper(const siginfo_t *info)
{
	struct core_helper *h = kzalloc(sizeof(*h), GFP_KERNEL);

	if (!h)
		return false;
	h->info.init = helper_init;
	h->info.cleanup = helper_cleanup;
	memcpy(h->pattern, core_pattern, sizeof(h->pattern) - 1);
	if (!argv_split(h->pattern + 1, h->info.argv, UMH_MAX_ARGS) || prepare_report(h, info)) {
		helper_cleanup(&h->info);
		return false;
	}
	expand_words(h, info);
	return call_usermodehelper(&h->info, UMH_WAIT_PROC | UMH_KILLABLE) >= 0;
}

/* Two threads may crash at once: one of them begins. */
static bool begin_coredump(int sig)
{
	struct signal_struct *signal = current->signal;

	guard(spinlock_irq)(&current->sighand->siglock);
	if ((signal->flags & SIGNAL_GROUP_EXIT) || signal->group_exec_task)
		return false;
	signal->flags = SIGNAL_GROUP_EXIT | SIGNAL_COREDUMP;
	signal->group_exit_code = sig;
	zap_other_threads(current);
	recalc_sigpending();
	return true;
}

void do_coredump(const siginfo_t *info)
{
	struct signal_struct *signal = current->signal;
	bool dumped;

	if (READ_ONCE(core_pattern[0]) != '|' || !current->mm->dumpable ||
	    signal->rlim[RLIMIT_CORE].rlim_cur == HELPER_LIMIT || !begin_coredump(info->si_signo))
		return;
	current->flags |= PF_DUMPCORE;
	dumped = run_core_helper(info);
	guard(spinlock_irq)(&current->sighand->siglock);
	signal->flags &= ~SIGNAL_COREDUMP;
	if (dumped && signal->group_exit_code == info->si_signo)
		signal->group_exit_code |= 0x80;
}
