/*
 * The memory devices, major 1: null, zero, full, random, urandom, and kmsg (the kernel's log). No
 * locks.
 */
#include "asm/processor.h"
#include "kernel/fs/special.h"
#include "kernel/printk.h"

static ssize_t read_null(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return 0;
}

static ssize_t write_null(struct file *f, struct iov_iter *from, loff_t *pos)
{
	size_t n = from->count;

	iov_iter_advance(from, n);
	return n;
}

static loff_t null_lseek(struct file *f, loff_t off, int whence)
{
	return f->f_pos = 0;
}

/* What one read moves between two looks at signals. */
static ssize_t read_zero(struct file *f, struct iov_iter *to, loff_t *pos)
{
	size_t done = 0;

	while (to->count) {
		size_t n = min_t(size_t, to->count, PAGE_SIZE), zeroed = iov_iter_zero(n, to);

		done += zeroed;
		if (zeroed < n)
			return done ? (ssize_t)done : -EFAULT;
		if (signal_pending(current))
			return done;
		cond_resched();
	}
	return done;
}

static ssize_t write_full(struct file *f, struct iov_iter *from, loff_t *pos)
{
	return -ENOSPC;
}

static ssize_t read_random(struct file *f, struct iov_iter *to, loff_t *pos)
{
	size_t done = 0;

	while (to->count && !(done && signal_pending(current))) {
		u64 words[32];
		size_t n = min(to->count, sizeof(words)), copied;

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			words[i] = arch_random();
		copied = copy_to_iter(words, n, to);
		done += copied;
		if (copied < n)
			return done ? (ssize_t)done : -EFAULT;
		cond_resched();
	}
	return done;
}

/* One write is one message. */
static ssize_t write_kmsg(struct file *f, struct iov_iter *from, loff_t *pos)
{
	char line[256];
	size_t total = from->count, n = min(total, sizeof(line) - 1);

	if (copy_from_iter(line, n, from) != n)
		return -EFAULT;
	while (n && line[n - 1] == '\n')
		n--;
	line[n] = 0;
	printk("%s\n", line);
	return total;
}

static const struct file_operations null_fops = { .read = read_null,
						  .write = write_null,
						  .llseek = null_lseek };
static const struct file_operations zero_fops = { .read = read_zero,
						  .write = write_null,
						  .llseek = null_lseek };
static const struct file_operations full_fops = { .read = read_zero,
						  .write = write_full,
						  .llseek = null_lseek };
static const struct file_operations random_fops = { .read = read_random,
						    .write = write_null,
						    .llseek = null_lseek };
static const struct file_operations kmsg_fops = { .read = read_null, .write = write_kmsg };

static const struct {
	const char *name;
	unsigned int minor;
	mode_t mode;
	const struct file_operations *fops;
} devices[] = {
	{ "null", 3, 0666, &null_fops },      { "zero", 5, 0666, &zero_fops },
	{ "full", 7, 0666, &full_fops },      { "random", 8, 0666, &random_fops },
	{ "urandom", 9, 0666, &random_fops }, { "kmsg", 11, 0644, &kmsg_fops },
};

static int mem_open(struct inode *inode, struct file *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		if (devices[i].minor == minor(inode->i_rdev)) {
			f->f_op = devices[i].fops;
			return 0;
		}
	}
	return -ENXIO;
}

static const struct file_operations mem_fops = { .open = mem_open };

void mem_devices_init(void)
{
	register_chrdev(1, &mem_fops);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		devtmpfs_create(devices[i].name, S_IFCHR | devices[i].mode,
				makedev(1, devices[i].minor));
}
