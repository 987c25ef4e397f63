/*
 * /sys/kernel/tracing, with Linux's names: trace and trace_pipe to read, trace_marker to write
 * into, and the files that say what is recorded.
 *
 * trace shows what the rings held when it was opened; trace_pipe gives out each event once, to
 * whoever reads it, and waits for more. Nobody wakes such a reader, since events happen where a
 * wake-up is not possible (in the scheduler, with its lock held): it looks again every PIPE_NS.
 *
 * Locks: trace_control_mutex, inside a reader's own lock. Relies on procfs.c.
 */
#include "asm/uaccess.h"
#include "kernel/fs/fs.h"
#include "kernel/time/time.h"
#include "kernel/trace/control.h"
#include "kernel/trace/format.h"
#include "libk/printf.h"
#include "libk/string.h"

#define PIPE_NS (10 * NSEC_PER_MSEC)

struct trace_file {
	const char *name;
	mode_t mode;
	const struct file_operations *fops;	/* NULL: a text */
	const unsigned int *value;		/* of a file that is a number */
	int (*set)(unsigned int value);		/* trace_control_mutex held; 0 or -errno */
	const char *text;			/* of a file that never changes */
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

	for (int i = 0; i < nr_cpus && trace_rings[i].base; i++) {
		const struct trace_ring *ring = &trace_rings[i];
		u64 head = READ_ONCE(ring->head);

		written += head - ring->start;
		kept += head - trace_oldest(head, ring->mask + 1, ring->start);
	}
	seq_printf(m,
		   "# tracer: nop\n#\n# entries-in-buffer/entries-written: %llu/%llu   #P:%d\n#\n"
		   "#           TASK-PID       TGID   CPU# ||||   TIMESTAMP  FUNCTION\n"
		   "#              | |           |       | ||||       |         |\n",
		   kept / TRACE_RECORD_SIZE, written / TRACE_RECORD_SIZE, nr_cpus);
}

static int open_reader(struct inode *inode, struct file *f)
{
	struct trace_reader *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock, "trace reader");
	r->pipe = !strcmp(trace_file(inode)->name, "trace_pipe");
	r->line.buf = r->text;
	r->line.size = sizeof(r->text);
	guard(mutex)(&trace_control_mutex);
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

/* Nothing to read: 0 when it is worth looking again, 1 at the end (of the pipe: tracing is off, and
 * all has been read), or -errno. */
static int wait_for_events(struct file *f, struct trace_reader *r)
{
	if (!r->pipe || (r->had_some && !READ_ONCE(trace_control.tracing_on)))
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
	int ret = 0;
	size_t n;

	guard(mutex)(&r->lock);
	while (!ret && iov_iter_count(to)) {
		if (r->given == r->line.count && !next_line(r)) {
			ret = done ? 1 : wait_for_events(f, r);
			continue;
		}
		n = min(r->line.count - r->given, iov_iter_count(to));
		if (copy_to_iter(r->text + r->given, n, to) < n)
			ret = -EFAULT;
		r->given += n;
		done += (ssize_t)n;
		r->had_some = true;
	}
	return ret < 0 ? ret : done;
}

/* What a shell writes after it has emptied trace. */
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
	if (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	for (char *c = text; (c = strchr(c, '\n'));)
		*c = ' ';
	if (!READ_ONCE(trace_control.tracing_on))
		return -EBADF;
	scoped_guard(mutex, &trace_control_mutex)
		if (trace_start())
			return -ENOMEM;
	trace_write(TRACE_tracing_mark_write, text, len + 1);
	return (ssize_t)n;
}

static const struct file_operations marker_fops = { .write = write_marker };

/* --- the others: a number, a word, or a list of events --- */

static int show_text(struct seq_file *m, void *private)
{
	const struct trace_file *file = private;

	if (file->value) {
		seq_printf(m, "%u\n", *file->value);
		return 0;
	}
	if (file->text)
		seq_puts(m, file->text);
	for (u32 i = TRACE_CONTINUED + 1; !file->text && i < TRACE_FIRST_FIXED; i++)
		if (!(file->mode & 0200) || trace_control.enabled & BIT(i))
			seq_printf(m, "%s:%s\n", trace_event_types[i].group,
				   trace_event_types[i].name);
	return 0;
}

/* Words: each an event or a group, with ! in front to switch it off. The mutex held. */
static int write_events(const char *text)
{
	u32 events = trace_control.enabled, found;

	for (size_t n; *(text += strspn(text, " \t\n")); text += n) {
		bool off = *text == '!';

		text += off;
		n = strcspn(text, " \t\n");
		found = trace_find_events(text, n);
		if (!found)
			return -EINVAL;
		events = off ? events & ~found : events | found;
	}
	return trace_set_events(events);
}

static int write_text(void *private, char *line)
{
	const struct trace_file *file = private;
	long value;

	if (!(file->mode & 0200))
		return -EINVAL;
	guard(mutex)(&trace_control_mutex);
	if (!file->value)
		return write_events(line);
	if (kstrtol(line, &value) || (unsigned long)value > 0x7fffffff)
		return -EINVAL;
	return file->set((unsigned int)value);
}

#define EVENTS(file, access) { .name = file, .mode = access }
#define NUMBER(file, get, put) { file, 0644, NULL, &trace_control.get, put, NULL }
#define OTHER(file, access, operations) { .name = file, .mode = access, .fops = &operations }
static const struct trace_file files[] = {
	EVENTS("available_events", 0444),
	NUMBER("buffer_size_kb", buffer_size_kb, trace_set_size),
	NUMBER("profile", profile_hz, trace_set_profile),
	EVENTS("set_event", 0644),
	OTHER("trace", 0644, reader_fops),
	{ "trace_clock", 0444, NULL, NULL, NULL, "[mono]\n" },
	OTHER("trace_marker", 0220, marker_fops),
	OTHER("trace_pipe", 0444, reader_fops),
	NUMBER("tracing_on", tracing_on, trace_set_on),
};

/* Opening with O_TRUNC, as a shell's > does, empties the rings or the list of events. */
static int trace_setattr(struct dentry *d, struct iattr *attr)
{
	const struct trace_file *file = trace_file(d->d_inode);

	if (attr->ia_valid & ATTR_SIZE) {
		guard(mutex)(&trace_control_mutex);
		if (!file->fops && !file->value && file->mode & 0200)
			trace_set_events(0);
		for (int i = 0; file->fops == &reader_fops && i < nr_cpus; i++)
			trace_rings[i].start = READ_ONCE(trace_rings[i].head);
	}
	return simple_setattr(d, attr);
}

static const struct inode_operations trace_iops = { .setattr = trace_setattr };

void tracefs_init(void)
{
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "kernel/tracing/%s", files[i].name);
		sysfs_add(&(struct proc_file){ .path = path, .mode = files[i].mode,
					       .show = show_text, .write = write_text,
					       .private = (void *)&files[i],
					       .fops = files[i].fops, .iops = &trace_iops });
	}
}
