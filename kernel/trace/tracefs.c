/*
 * /sys/kernel/tracing, with Linux's names: trace and trace_pipe to read, trace_marker to write into,
 * and the files that say what is recorded.
 *
 * trace shows what the rings held when it was opened; trace_pipe gives out each event once, to
 * whoever reads it, and waits for more. Nobody wakes such a reader, since events happen where a
 * wake-up is not possible (in the scheduler, with its lock held): it looks again every PIPE_NS.
 *
 * Locks: trace_control_mutex while an event is looked for and printed. Relies on procfs.c.
 */
#include "asm/uaccess.h"
#include "kernel/fs/fs.h"
#include "kernel/sync/guard.h"
#include "kernel/time/time.h"
#include "kernel/trace/control.h"
#include "kernel/trace/format.h"
#include "libk/printf.h"

#define PIPE_NS (10 * NSEC_PER_MSEC)
#define MAX_WRITE 256		/* longest text into one of the files */

struct trace_file {
	const char *name;
	mode_t mode;
	int (*show)(struct seq_file *m, void *private);
	int (*write)(const char *text);		/* 0 or -errno */
	void (*truncate)(void);
	const struct file_operations *fops;	/* NULL: text_fops */
};

static const struct trace_file *trace_file(const struct inode *inode)
{
	return proc_data(inode);
}

/* --- trace, trace_pipe --- */

struct trace_reader {
	struct mutex lock;		/* all of it: several may read one open file */
	u64 *at[NR_CPUS];		/* where to read on: own[], or the rings' read */
	u64 own[NR_CPUS], end[NR_CPUS];
	bool pipe, had_some;
	struct trace_entry entry;
	struct seq_file line;		/* what has not been given out yet */
	size_t given;
	char text[PAGE_SIZE];
};

static void put_header(struct seq_file *m)
{
	u64 kept = 0, written = 0;

	for_each_cpu(i) {
		const struct trace_ring *ring = &trace_rings[i];
		u64 head = READ_ONCE(ring->head);

		written += head - ring->start;
		kept += head - (ring->base ? trace_oldest(head, ring->mask + 1, ring->start) : head);
	}
	seq_printf(m,
		   "# tracer: nop\n#\n# entries-in-buffer/entries-written: %llu/%llu   #P:%d\n#\n"
		   "#           TASK-PID       TGID   CPU# ||||   TIMESTAMP  FUNCTION\n"
		   "#              | |           |       | ||||       |         |\n",
		   kept / TRACE_RECORD_SIZE, written / TRACE_RECORD_SIZE, nr_cpus);
}

/* The next line into r->line; false: there is none now. */
static bool next_line(struct trace_reader *r)
{
	u64 *lost;

	guard(mutex)(&trace_control_mutex);
	if (!trace_next_event(r->at, r->end, &r->entry))
		return false;
	r->line.count = r->given = 0;
	lost = &r->entry.lost[r->entry.cpu];
	if (r->pipe && *lost)
		seq_printf(&r->line, "CPU:%d [LOST %llu EVENTS]\n", r->entry.cpu, *lost);
	*lost = 0;
	trace_print(&r->line, &r->entry);
	return true;
}

static int open_reader(struct inode *inode, struct file *f)
{
	struct trace_reader *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock, "trace reader");
	r->pipe = !trace_file(inode)->truncate;
	r->line.buf = r->text;
	r->line.size = sizeof(r->text);
	for_each_cpu(i) {
		r->at[i] = r->pipe ? &trace_rings[i].read : &r->own[i];
		r->end[i] = r->pipe ? ~0ULL : READ_ONCE(trace_rings[i].head);
	}
	if (!r->pipe)
		put_header(&r->line);
	f->private_data = r;
	return 0;
}

static void release_reader(struct inode *inode, struct file *f)
{
	kfree(f->private_data);
}

/* The pipe is empty: 0 when it is worth looking again, 1 at its end (tracing is off, and all has
 * been read), or -errno. */
static int wait_for_events(struct file *f, struct trace_reader *r)
{
	if (!r->pipe || (r->had_some && !trace_control.tracing_on))
		return 1;
	if (f->f_flags & O_NONBLOCK)
		return -EAGAIN;
	__set_current_state(TASK_INTERRUPTIBLE);
	schedule_hrtimeout(ktime_get() + PIPE_NS);
	return signal_pending(current) ? -ERESTARTSYS : 0;
}

static ssize_t read_events(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct trace_reader *r = f->private_data;
	ssize_t done = 0;
	size_t n, got;
	int ret;

	guard(mutex)(&r->lock);
	while (iov_iter_count(to)) {
		if (r->given == r->line.count && !next_line(r)) {
			ret = done ? 1 : wait_for_events(f, r);
			if (ret)
				return ret < 0 ? ret : done;
			continue;
		}
		n = min(r->line.count - r->given, iov_iter_count(to));
		got = copy_to_iter(r->text + r->given, n, to);
		r->given += got;
		done += got;
		r->had_some = true;
		if (got < n)
			return done ?: -EFAULT;
	}
	return done;
}

static ssize_t ignore_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	return (ssize_t)iov_iter_count(from);
}

static const struct file_operations reader_fops = {
	.open = open_reader, .read = read_events, .write = ignore_write, .release = release_reader,
};

/* --- trace_marker --- */

/* The text of the program without its line end; more than a record's most is cut off, and the
 * number of bytes taken says so. */
static ssize_t write_marker(struct file *f, struct iov_iter *from, loff_t *pos)
{
	char text[TRACE_MAX_DATA];
	size_t n = min(iov_iter_count(from), sizeof(text) - 1), len = n;

	if (copy_from_iter(text, n, from) != n)
		return -EFAULT;
	if (!READ_ONCE(trace_control.tracing_on))
		return -EBADF;
	if (trace_start())
		return -ENOMEM;
	if (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			text[i] = ' ';
	trace_write(TRACE_tracing_mark_write, text, len + 1);
	return (ssize_t)n;
}

static const struct file_operations marker_fops = { .write = write_marker };

/* --- the others: a text to show, a text to take --- */

static int show_events(struct seq_file *m, void *available)
{
	for (u32 i = 0; i < TRACE_FIRST_FIXED; i++)
		if (trace_event_types[i].name && (available || trace_control.enabled & BIT(i)))
			seq_printf(m, "%s:%s\n", trace_event_types[i].group, trace_event_types[i].name);
	return 0;
}

/* Words: each an event or a group, with ! in front to switch it off. */
static int write_events(const char *text)
{
	for (size_t n; *(text += strspn(text, " \t\n")); text += n) {
		bool off = *text == '!';
		u32 found;
		int err;

		text += off;
		n = strcspn(text, " \t\n");
		found = trace_find_events(text, n);
		if (!found)
			return -EINVAL;
		err = trace_set_events(off ? 0 : found, off ? found : 0);
		if (err)
			return err;
	}
	return 0;
}

static void no_events(void)
{
	trace_set_events(0, ~0U);
}

static int show_on(struct seq_file *m, void *unused)
{
	seq_printf(m, "%d\n", trace_control.tracing_on);
	return 0;
}

static int write_on(const char *text)
{
	unsigned int n;

	if (!parse_number(text, (unsigned int)strcspn(text, "\n"), &n))
		return -EINVAL;
	trace_set_on(n);
	return 0;
}

static int show_size(struct seq_file *m, void *unused)
{
	seq_printf(m, "%llu\n", trace_control.buffer_size / 1024);
	return 0;
}

static int write_size(const char *text)
{
	unsigned int n;

	if (!parse_number(text, (unsigned int)strcspn(text, "\n"), &n))
		return -EINVAL;
	return trace_set_size(n * 1024UL);
}

static int show_profile(struct seq_file *m, void *unused)
{
	seq_printf(m, "%u\n", trace_control.profile_hz);
	return 0;
}

static int write_profile(const char *text)
{
	unsigned int n;

	if (!parse_number(text, (unsigned int)strcspn(text, "\n"), &n))
		return -EINVAL;
	return trace_set_profile(n);
}

static int show_clock(struct seq_file *m, void *unused)
{
	seq_puts(m, "[mono]\n");
	return 0;
}

static int write_clock(const char *text)
{
	return strcmp(text, "mono") && strcmp(text, "mono\n") ? -EINVAL : 0;
}

static const struct trace_file files[] = {
	{ "available_events", 0444, .show = show_events },
	{ "buffer_size_kb", 0644, .show = show_size, .write = write_size },
	{ "profile", 0644, .show = show_profile, .write = write_profile },
	{ "set_event", 0644, .show = show_events, .write = write_events, .truncate = no_events },
	{ "trace", 0644, .truncate = trace_clear, .fops = &reader_fops },
	{ "trace_clock", 0644, .show = show_clock, .write = write_clock },
	{ "trace_marker", 0220, .fops = &marker_fops },
	{ "trace_pipe", 0444, .fops = &reader_fops },
	{ "tracing_on", 0644, .show = show_on, .write = write_on },
};

static int open_text(struct inode *inode, struct file *f)
{
	const struct trace_file *file = trace_file(inode);

	return single_open(f, file->show, file->write ? NULL : f);	/* not NULL: all events */
}

static ssize_t write_text(struct file *f, struct iov_iter *from, loff_t *pos)
{
	const struct trace_file *file = trace_file(f->f_inode);
	size_t n = iov_iter_count(from);
	char text[MAX_WRITE];
	int err;

	if (n >= sizeof(text) || !file->write)
		return -EINVAL;
	if (copy_from_iter(text, n, from) != n)
		return -EFAULT;
	text[n] = '\0';
	err = file->write(text);
	return err ?: (ssize_t)n;
}

static const struct file_operations text_fops = {
	.open = open_text, .read = seq_read, .write = write_text, .llseek = seq_lseek,
	.release = seq_release,
};

/* Opening for writing with O_TRUNC, as a shell's > does, empties what the file shows. */
static int trace_setattr(struct dentry *d, struct iattr *attr)
{
	const struct trace_file *file = trace_file(d->d_inode);

	if ((attr->ia_valid & ATTR_SIZE) && file->truncate)
		file->truncate();
	return simple_setattr(d, attr);
}

static const struct inode_operations trace_iops = { .setattr = trace_setattr };

void tracefs_init(void)
{
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "kernel/tracing/%s", files[i].name);
		sysfs_create(path, files[i].mode, &trace_iops, files[i].fops ?: &text_fops,
			     (void *)&files[i]);
	}
}
