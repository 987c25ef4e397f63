/*
 * From a sleeping task to what it waits for, and to who holds that.
 *
 * task->wait_obj is the object, and its address tells the kind: below TASK_SIZE it is a futex's
 * word. Whose lock that is the kernel does not know, for locking it was no system call. But the
 * libraries leave traces in the word or beside it (libk/futex_owner.h), and a thread's CLEARTID
 * word, or any other word in its control block, is waited on by who joins it. Where nothing tells,
 * the threads that do not wait for the word themselves are left: that is a guess and is called one.
 *
 * Locks: the caller's tasklist_lock. User memory is read through the page tables, as it is.
 */
#include "kernel/fs/fs.h"
#include "kernel/hang/hang.h"
#include "libk/futex_owner.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/task/task.h"
#include "libk/abi/syscall.h"
#include "libk/abi/wait.h"
#include "libk/printf.h"
#include "libk/string.h"

#define MAX_FDS 1024u		/* of a task, that are looked through */
#define CONTROL_BLOCK 0x900	/* bytes from FS.base on that a library keeps about a thread */

/* --- all tasks --- */

static bool looks_right(struct task_struct *p)
{
	u64 unused;

	return peek_kernel(p, &unused) && peek_kernel(&p->restart_block, &unused) &&
	       peek_kernel(p->signal, &unused) && peek_kernel(p->group_leader, &unused);
}

/* Threads of a group one after the other, groups in the order of their making. */
struct task_struct *next_task_checked(struct task_struct *p, int *left)
{
	struct task_struct *next;

	if (!p)
		*left = 2 * nr_threads + 64;
	if (p && p->thread_node.next != &p->signal->thread_head)
		next = list_entry(p->thread_node.next, struct task_struct, thread_node);
	else
		next = list_entry((p ? p->group_leader : &init_task)->tasks.next,
				  struct task_struct, tasks);
	if (next == &init_task)
		return NULL;
	if (--*left > 0 && looks_right(next))
		return next;
	if (*left > -1)
		printk(KERN_EMERG "the list of tasks is corrupt behind %.15s/%d\n",
		       p ? p->comm : "its head", p ? p->pid : 0);
	return NULL;
}

static bool is_dead(const struct task_struct *p)
{
	return p->exit_state || p->state == TASK_DEAD;
}

/* The number by which p knows t. */
static u32 number_for(struct task_struct *p, struct task_struct *t)
{
	return (u32)pid_nr_ns(t->thread_pid, task_active_pid_ns(p));
}

/* --- futexes --- */

static bool waits_on_word(const struct task_struct *p, unsigned long addr)
{
	return p->state != TASK_RUNNING && (unsigned long)p->wait_obj == addr;
}

/*
 * The thread whose own memory the word is: somebody joins it. (A leader's control block is made by
 * the program's start, anywhere among its other data.)
 */
static struct task_struct *joined_thread(struct task_struct *p, unsigned long addr, u32 word)
{
	struct task_struct *t;
	int left;

	for_each_task_checked(t, left) {
		if (t == p || t->mm != p->mm || is_dead(t))
			continue;
		if ((unsigned long)t->clear_child_tid == addr && number_for(p, t) == word)
			return t;
		if (!thread_group_leader(t) && addr - t->thread.fsbase < CONTROL_BLOCK)
			return t;
	}
	return NULL;
}

/* Who is left: alive, in the same memory, not waiting for the word. Who sleeps on another word
 * first, since that is how threads that hold locks come to hang. */
static struct task_struct *guess_holder(struct task_struct *p, unsigned long addr)
{
	struct task_struct *t, *found = NULL;
	int left;

	for_each_task_checked(t, left) {
		if (t == p || t->mm != p->mm || is_dead(t) || waits_on_word(t, addr))
			continue;
		if (!found || (t->wait_obj && (unsigned long)t->wait_obj < TASK_SIZE))
			found = t;
	}
	return found;
}

/* The task that p knows by this number; dead ones that nobody has waited for included. */
static struct task_struct *task_by_number(struct task_struct *p, u32 nr)
{
	struct task_struct *t;
	int left;

	for_each_task_checked(t, left)
		if (number_for(p, t) == nr)
			return t;
	return NULL;
}

static void describe_futex(struct task_struct *p, struct wait_info *w)
{
	struct futex_words words = { 0 };
	u32 *word = &words.before;

	w->what = WAIT_FUTEX;
	for (int i = 0; i < 6; i++)
		if (!peek_user(p->mm, w->addr + 4 * (unsigned long)i - 4, &word[i]))
			word[i] = 0;
	w->word = words.word;
	w->holder = joined_thread(p, w->addr, words.word);
	if (w->holder) {
		w->what = WAIT_END;
		w->rule = "join";
		return;
	}
	w->nr = futex_owner(&words, &w->rule);
	if (w->nr) {
		w->holder = task_by_number(p, w->nr);
		w->dead = !w->holder || is_dead(w->holder);
	} else if (!(words.word & FUTEX_TID_MASK)) {
		w->dead = w->rule;
	} else if (w->rule) {
		w->holder = guess_holder(p, w->addr);
		w->rule = w->holder ? "a guess: the word names nobody"
				    : "itself or a dead thread: no other is left";
		w->dead = !w->holder;
	}
}

/* --- the kernel's own --- */

/* A mutex tells itself from a wait queue by its class, whose name is the wait channel. */
static const struct mutex *as_mutex(const struct task_struct *p)
{
	const struct mutex *m = p->wait_obj;
	u64 class, name;

	return peek_kernel(&m->class, &class) && peek_kernel((const void *)class, &name) &&
	       (const char *)name == p->wchan ? m : NULL;
}

/* The number that wait4() or waitid() was asked for, 0: any child. */
static u32 awaited_number(struct task_struct *p)
{
	const struct pt_regs *regs = task_pt_regs(p);
	unsigned long args[6];

	syscall_get_arguments(regs, args);
	if (regs_syscall_nr(regs) == __NR_wait4)
		return max_t(int, (int)args[0], 0);
	return regs_syscall_nr(regs) == __NR_waitid && args[0] == P_PID ? (u32)args[1] : 0;
}

/*
 * Children that could end wait4(); for vfork() the child whose vfork_done it is. Is the first
 * thread of a child dead, then its others could: those that live, by ending, and those that are
 * dead and traced, by being waited for; and the first itself, when it is the last and traced.
 */
static bool ends_wait(struct task_struct *p, struct task_struct *t)
{
	struct task_struct *leader = t->group_leader;
	u32 nr;

	if (p->wait_obj != &p->signal->wait_chldexit)
		return t->vfork_done && &t->vfork_done->wait == p->wait_obj;
	nr = p->mm ? awaited_number(p) : 0;
	return (t == leader) == (!leader->exit_state || leader->signal->nr_threads == 1) &&
	       leader->real_parent->signal == p->signal &&
	       (!nr || number_for(p, leader) == nr);
}

/* Does t have a file that could end p's wait for a pipe? */
static bool holds_other_end(struct task_struct *p, struct task_struct *t)
{
	u64 fd, file, op;

	if (!peek_kernel(&t->files->fd, &fd))
		return false;
	for (unsigned int i = 0; i < min(t->files->max_fds, MAX_FDS); i++)
		if (peek_kernel((u64 *)fd + i, &file) &&
		    peek_kernel(&((struct file *)file)->f_op, &op) &&
		    peek_kernel((void *)op, &op) &&
		    pipe_other_end((struct file *)file, p->wait_obj))
			return true;
	return false;
}

/* The first task that could end p's wait by what it does, and how many more could. */
static void find_enders(struct task_struct *p, struct wait_info *w,
			bool (*could)(struct task_struct *p, struct task_struct *t))
{
	struct files_struct *last = NULL;
	struct task_struct *t;
	int left;

	for_each_task_checked(t, left) {
		if ((is_dead(t) && !t->ptrace) || (t->files && t->files == last) || !could(p, t))
			continue;
		last = t->files;	/* threads that share their files count once */
		if (!w->holder || w->holder == p)
			w->holder = t;
		else if (t != p)
			w->others++;
	}
}

void task_waits_for(struct task_struct *p, struct wait_info *w)
{
	const struct mutex *m;

	*w = (struct wait_info){ .addr = (unsigned long)p->wait_obj,
				 .name = p->wchan ?: p->flags & PF_KTHREAD ? "work" : NULL };
	if (p->state == TASK_RUNNING || is_dead(p))
		return;
	w->what = WAIT_OTHER;
	if (!w->addr || !w->name)
		return;
	if (w->addr < TASK_SIZE) {
		describe_futex(p, w);
	} else if ((m = as_mutex(p))) {
		w->what = WAIT_MUTEX;
		w->holder = mutex_owner(m);
	} else if (!strncmp(w->name, "pipe_", 5)) {
		w->what = WAIT_PIPE;
		find_enders(p, w, holds_other_end);
	} else {
		find_enders(p, w, ends_wait);
		if (w->holder)
			w->what = WAIT_END, w->rule = "child", w->dead = is_dead(w->holder);
	}
	if (w->holder && !looks_right(w->holder))
		w->holder = NULL, w->rule = "the pointer to it is corrupt";
}

/* --- in words --- */

static int sprint_holder(char *buf, size_t size, const struct wait_info *w)
{
	int n;

	if (w->holder)
		n = scnprintf(buf, size, ", held by %.15s/%d", w->holder->comm, w->holder->pid);
	else if (w->nr)
		n = scnprintf(buf, size, ", held by %u", w->nr);
	else
		n = scnprintf(buf, size, ", holder not known");
	if (w->others)
		n += scnprintf(buf + n, size - (size_t)n, " and %u more", w->others);
	if (w->dead && w->nr)
		n += scnprintf(buf + n, size - (size_t)n, ", which is dead");
	if (w->rule)
		n += scnprintf(buf + n, size - (size_t)n, " (%s)", w->rule);
	return n;
}

int sprint_wait(char *buf, size_t size, const struct wait_info *w)
{
	int n;

	if (w->what == WAIT_NOTHING)
		return scnprintf(buf, size, "nothing");
	if (w->what == WAIT_END && w->dead)
		return scnprintf(
			buf, size,
			"the dead thread %.15s/%d, for which its tracer %.15s/%d has to wait",
			w->holder->comm, w->holder->pid, w->holder->parent->comm,
			w->holder->parent->pid);
	if (w->what == WAIT_END)
		return scnprintf(buf, size, "the end of %.15s/%d%s (%s)", w->holder->comm,
				 w->holder->pid, w->others ? " or others" : "", w->rule);
	if (w->what == WAIT_MUTEX)
		n = scnprintf(buf, size, "mutex '%s' (%p)", w->name, (void *)w->addr);
	else if (w->what == WAIT_FUTEX)
		n = scnprintf(buf, size, "futex %#lx (word %#x)", w->addr, w->word);
	else if (w->what == WAIT_PIPE)
		n = scnprintf(buf, size, "%s (%p), the other end", w->name, (void *)w->addr);
	else
		return scnprintf(buf, size, "%s", w->name ?: "something without a name");
	return n + sprint_holder(buf + n, size - (size_t)n, w);
}
