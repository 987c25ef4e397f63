/*
 * Pids: numbers that name tasks, thread groups, process groups and sessions, in one or several
 * nested namespaces.
 *
 * A struct pid outlives the tasks it names, so that "the process with number 42" cannot silently
 * become another one while somebody (a pidfd, a terminal's foreground group) holds it. Numbers are
 * given out incrementing from the last one, or at random with randomize_tids: an incrementing TID
 * can be guessed, which is what the switch is there to show.
 *
 * Locks: tasklist_lock (t) for hash, bitmaps and membership.
 */
#include "asm/processor.h"
#include "kernel/mm/mm.h"
#include "kernel/printk.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "libk/bits.h"
#include "libk/hash.h"
#include "libk/string.h"

#define PIDHASH_BITS 12
#define RESERVED_PIDS 300	/* after the first round, low numbers are left to the boot */

int pid_max = PID_MAX_DEFAULT;
int randomize_tids;
DEFINE_SPINLOCK(tasklist_lock);
static struct hlist_head pid_hash[1 << PIDHASH_BITS];
static struct kmem_cache *pid_cache[MAX_PID_NS_LEVEL + 1];
static unsigned long init_map[PID_MAX_LIMIT / BITS_PER_LONG];

struct pid_namespace init_pid_ns = { .count = REFCOUNT_INIT(1), .map = init_map };

static struct hlist_head *hash_slot(int nr, const struct pid_namespace *ns)
{
	return &pid_hash[hash_long((unsigned long)nr + (unsigned long)ns, PIDHASH_BITS)];
}

/* A free number, or -EAGAIN. tasklist_lock held. */
static int take_number(struct pid_namespace *ns)
{
	unsigned long max = (unsigned long)pid_max, start = (unsigned long)ns->last_pid + 1, nr;

	if (randomize_tids && ns->last_pid)	/* a namespace's first is 1 */
		start = RESERVED_PIDS + arch_random() % (max - RESERVED_PIDS);
	nr = find_next_zero_bit(ns->map, max, start);
	if (nr >= max)
		nr = find_next_zero_bit(ns->map, max,
					ns->level || start <= RESERVED_PIDS ? 1 : RESERVED_PIDS);
	if (nr >= max)
		return -EAGAIN;
	__set_bit(nr, ns->map);
	ns->last_pid = (int)nr;
	ns->nr_pids++;
	return (int)nr;
}

/* tasklist_lock held */
static void drop_number(struct upid *upid)
{
	__clear_bit((unsigned long)upid->nr, upid->ns->map);
	if (--upid->ns->nr_pids == 0)
		upid->ns->last_pid = 0;		/* PID 1 did not come about: the next one is to
						 * be it */
}

/* One number in the namespace itself and one in each of its ancestors. ERR_PTR(-EAGAIN) when
 * numbers ran out, -ENOMEM. */
static struct pid *alloc_pid(struct pid_namespace *ns)
{
	struct pid *pid = kmem_cache_alloc(pid_cache[ns->level], GFP_KERNEL);
	struct pid_namespace *level = ns;

	if (!pid)
		return ERR_PTR(-ENOMEM);
	refcount_set(&pid->count, 1);
	pid->level = ns->level;
	for (int i = 0; i < PIDTYPE_MAX; i++)
		INIT_HLIST_HEAD(&pid->tasks[i]);
	init_waitqueue_head(&pid->wait_pidfd, "pidfd");
	spin_lock_irq(&tasklist_lock);
	for (int i = ns->level; i >= 0; i--, level = level->parent) {
		int nr = ns->dead ? -ENOMEM : take_number(level);

		if (nr < 0) {
			while (++i <= ns->level) {
				hlist_del(&pid->numbers[i].chain);
				drop_number(&pid->numbers[i]);
			}
			spin_unlock_irq(&tasklist_lock);
			kmem_cache_free(pid_cache[ns->level], pid);
			return ERR_PTR(nr);
		}
		pid->numbers[i].nr = nr;
		pid->numbers[i].ns = level;
		hlist_add_head(&pid->numbers[i].chain, hash_slot(nr, level));
	}
	refcount_inc(&ns->count);
	spin_unlock_irq(&tasklist_lock);
	return pid;
}

/* clone3's set_tid: numbers the caller chooses, innermost namespace first (checkpoint/restore
 * wants them). Needs privilege. */
struct pid *clone_alloc_pid(const struct kernel_clone_args *args, struct pid_namespace *ns)
{
	if (args->set_tid_size)
		return ERR_PTR(capable() ? -EINVAL : -EPERM);	/* not supported: the docs say so */
	return alloc_pid(ns);
}

struct pid *get_pid(struct pid *pid)
{
	if (pid)
		refcount_inc(&pid->count);
	return pid;
}

void put_pid(struct pid *pid)
{
	if (pid && refcount_dec_and_test(&pid->count)) {
		put_pid_ns(pid->numbers[pid->level].ns);
		kmem_cache_free(pid_cache[pid->level], pid);
	}
}

/* The numbers are free for others from here on; the structure stays for those who hold it, whom
 * put_pid() serves. */
void free_pid(struct pid *pid)
{
	for (int i = 0; i <= pid->level; i++) {
		hlist_del(&pid->numbers[i].chain);
		drop_number(&pid->numbers[i]);
	}
	put_pid(pid);
}

static bool pid_unused(const struct pid *pid)
{
	return hlist_empty(&pid->tasks[PIDTYPE_PID]) && hlist_empty(&pid->tasks[PIDTYPE_TGID]) &&
	       hlist_empty(&pid->tasks[PIDTYPE_PGID]) && hlist_empty(&pid->tasks[PIDTYPE_SID]);
}

void detach_pid(struct task_struct *p, enum pid_type type)
{
	struct pid *pid = task_pid_type(p, type);

	hlist_del(&p->pid_links[type]);
	if (type == PIDTYPE_PID)
		p->thread_pid = NULL;
	else
		p->signal->pids[type] = NULL;
	if (pid_unused(pid))
		free_pid(pid);
}

void change_pid(struct task_struct *p, enum pid_type type, struct pid *pid)
{
	detach_pid(p, type);
	attach_pid(p, type, pid);
}

struct task_struct *pid_task(struct pid *pid, enum pid_type type)
{
	return pid && !hlist_empty(&pid->tasks[type]) ?
		hlist_entry(pid->tasks[type].first, struct task_struct, pid_links[type]) : NULL;
}

/* tasklist_lock held; no reference taken */
static struct pid *find_pid_ns(int nr, const struct pid_namespace *ns)
{
	struct upid *upid;

	hlist_for_each_entry(upid, hash_slot(nr, ns), chain) {
		if (upid->nr == nr && upid->ns == ns)
			return container_of(upid, struct pid, numbers[ns->level]);
	}
	return NULL;
}

struct pid *find_vpid(int nr)
{
	return find_pid_ns(nr, task_active_pid_ns(current));
}

struct pid *find_get_pid(int nr)
{
	guard(spinlock_irqsave)(&tasklist_lock);
	return get_pid(find_vpid(nr));
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *p;

	guard(spinlock_irqsave)(&tasklist_lock);
	p = pid_task(pid, type);
	return p ? get_task_struct(p) : NULL;
}

struct task_struct *find_get_task_by_vpid(int nr)
{
	struct task_struct *p;

	guard(spinlock_irqsave)(&tasklist_lock);
	p = pid_task(find_vpid(nr), PIDTYPE_PID);
	return p ? get_task_struct(p) : NULL;
}

void pid_init(void)
{
	static const char *const names[] = { "pid", "pid_1", "pid_2", "pid_3", "pid_4" };

	for (int i = 0; i <= MAX_PID_NS_LEVEL; i++)
		pid_cache[i] = kmem_cache_create(
			names[i], sizeof(struct pid) + (size_t)(i + 1) * sizeof(struct upid), 8);
	__set_bit(0, init_pid_ns.map);
}
