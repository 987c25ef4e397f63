/*
 * The classes of locks by number, and how they are waited for and held: /proc/lock_stat, in Linux's
 * format. Counted while lock_stat is on (boot option lock_stat=1, /proc/sys/kernel/lock_stat).
 *
 * Waits are counted where a lock is waited for, so the quick way to a free lock pays nothing. Who
 * takes a lock without waiting, and for how long, is seen in kernels built with DEBUG=1 only, which
 * call lockdep.c each time.
 *
 * Locks: none. Counts are atomic; of two extremes at the same moment one may be forgotten.
 */
#include "kernel/fs/fs.h"
#include "kernel/printk.h"
#include "kernel/sync/lock_stat.h"
#include "kernel/task/task.h"
#include "libk/printf.h"
#include "libk/string.h"

struct span {
	u64 n, min, max, total;		/* ns */
};

static struct {
	const char *name;
	u64 con_bounces, acq_bounces;
	struct span wait, hold;
} classes[MAX_LOCK_CLASSES];
static u32 nr_classes = 1;	/* number 0 is nobody's; the last one is that of all for whom there
				 * was no room */
static u32 add_lock;
int lock_stat;

u32 __lock_class_id(struct lock_class *class)
{
	unsigned long flags = local_irq_save();
	u32 id;

	while (__atomic_exchange_n(&add_lock, 1, __ATOMIC_ACQUIRE))
		cpu_relax();	/* bounded: the other adds one entry, interrupts off */
	for (id = 1; id < nr_classes && strcmp(classes[id].name, class->name); id++)
		;
	if (id == nr_classes && id < MAX_LOCK_CLASSES - 1)
		classes[nr_classes++].name = class->name;
	__atomic_store_n(&add_lock, 0, __ATOMIC_RELEASE);
	local_irq_restore(flags);
	WRITE_ONCE(class->id, id);
	return id;
}

const char *lock_class_name(u32 id)
{
	return classes[id].name ?: "(too many classes)";
}

static void count(struct span *s, u64 ns)
{
	__atomic_fetch_add(&s->n, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&s->total, ns, __ATOMIC_RELAXED);
	if (ns < READ_ONCE(s->min) || !READ_ONCE(s->min))
		WRITE_ONCE(s->min, ns);
	if (ns > READ_ONCE(s->max))
		WRITE_ONCE(s->max, ns);
}

void lock_stat_waited(struct lock_class *class, u64 since, bool bounced)
{
	u32 id = lock_class_id(class);

	count(&classes[id].wait, ktime_get() - since);
	__atomic_fetch_add(&classes[id].con_bounces, bounced, __ATOMIC_RELAXED);
}

void lock_stat_held(struct lock_class *class, u64 since, bool bounced)
{
	u32 id = lock_class_id(class);

	count(&classes[id].hold, ktime_get() - since);
	__atomic_fetch_add(&classes[id].acq_bounces, bounced, __ATOMIC_RELAXED);
}

static void show_us(struct seq_file *m, u64 ns)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu.%02llu", ns / 1000, ns % 1000 / 10);
	seq_printf(m, " %14s", text);
}

static void show_span(struct seq_file *m, u64 bounces, const struct span *s)
{
	seq_printf(m, " %14llu %14llu", bounces, s->n);
	show_us(m, s->min);
	show_us(m, s->max);
	show_us(m, s->total);
	show_us(m, s->n ? s->total / s->n : 0);
}

static void show_line(struct seq_file *m)
{
	for (int i = 0; i < 41 + 12 * 15; i++)
		seq_putc(m, '-');
	seq_putc(m, '\n');
}

static int lock_stat_show(struct seq_file *m, void *unused)
{
	static const char *const columns[] = {
		"con-bounces", "contentions", "waittime-min", "waittime-max", "waittime-total",
		"waittime-avg", "acq-bounces", "acquisitions", "holdtime-min", "holdtime-max",
		"holdtime-total", "holdtime-avg",
	};

	seq_puts(m, "lock_stat version 0.4\n");
	show_line(m);
	seq_printf(m, "%40s ", "class name");
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		seq_printf(m, " %14s", columns[i]);
	seq_putc(m, '\n');
	show_line(m);
	seq_putc(m, '\n');
	for (u32 id = 1; id < MAX_LOCK_CLASSES; id++) {
		if (!classes[id].wait.n && !classes[id].hold.n)
			continue;
		seq_printf(m, "%40s:", lock_class_name(id));
		show_span(m, classes[id].con_bounces, &classes[id].wait);
		show_span(m, classes[id].acq_bounces, &classes[id].hold);
		seq_putc(m, '\n');
	}
	return 0;
}

/* Linux's rule: a 0 forgets everything. */
static int lock_stat_write(void *unused, char *line)
{
	for (u32 id = 1; id < MAX_LOCK_CLASSES && *line == '0'; id++) {
		classes[id].con_bounces = classes[id].acq_bounces = 0;
		classes[id].wait = classes[id].hold = (struct span){ 0 };
	}
	return 0;
}

static const struct proc_file lock_stat_file = {
	.path = "lock_stat", .mode = 0600, .show = lock_stat_show, .write = lock_stat_write,
};

void lock_stat_init(void)
{
	lock_stat = cmdline_number("lock_stat", 0) != 0;
	proc_add(&lock_stat_file);
}
