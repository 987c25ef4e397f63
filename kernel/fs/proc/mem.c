/*
 * What /proc/PID says about a task's memory: maps, the argument and environment strings, sizes.
 *
 * Locks: mmap_lock of the task's mm while its mappings are walked. The mm is held by a reference.
 */
#include "kernel/fs/proc/pid.h"
#include "kernel/trace/ptrace.h"
#include "libk/abi/auxvec.h"

#define PAGES_KB(pages) ((pages) * (PAGE_SIZE / 1024))

/* --- maps --- */

/* What the mapping is of, or NULL. buf: PATH_MAX bytes. */
static const char *vma_name(const struct vm_area_struct *vma, char *buf)
{
	const char *name;

	if (vma->file) {
		name = d_path(&vma->file->f_path, buf, PATH_MAX);
		return IS_ERR(name) ? "?" : name;
	}
	if (vma->flags & VM_HEAP)
		return "[heap]";
	if (vma->flags & VM_STACK)
		return "[stack]";
	return vma->flags & VM_SHARED ? "/dev/zero (deleted)" : NULL;
}

static void show_vma(struct seq_file *m, const struct vm_area_struct *vma, char *buf)
{
	const struct inode *inode = vma->file ? vma->file->f_inode : NULL;
	const char *name = vma_name(vma, buf);
	dev_t dev = inode ? inode->i_sb->s_dev : 0;
	size_t start = m->count;

	seq_printf(m, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu", vma->start, vma->end,
		   vma->flags & VM_READ ? 'r' : '-', vma->flags & VM_WRITE ? 'w' : '-',
		   vma->flags & VM_EXEC ? 'x' : '-', vma->flags & VM_SHARED ? 's' : 'p',
		   inode ? vma->pgoff * PAGE_SIZE : 0, major(dev), minor(dev),
		   inode ? inode->i_ino : 0);
	if (name) {
		seq_putc(m, ' ');
		while (m->count - start < 73 && !m->overflow)
			seq_putc(m, ' ');
		seq_escape(m, name, "\n");
	}
	seq_putc(m, '\n');
}

int proc_maps_show(struct seq_file *m, struct task_struct *p)
{
	struct mm_struct *mm __free(mm) = get_task_mm(p);
	char *buf __free(kfree) = kmalloc(PATH_MAX, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	if (!mm)
		return 0;
	guard(mutex)(&mm->mmap_lock);
	for (struct vm_area_struct *vma = vma_first(mm); vma; vma = vma_next(vma))
		show_vma(m, vma, buf);
	return 0;
}

/* --- strings --- */

/* Copies [start, end) of the task's memory into the file, as much as can be read. */
static int show_memory(struct seq_file *m, struct mm_struct *mm, unsigned long start,
		       unsigned long end)
{
	char *buf __free(kfree) = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t n = 1;

	if (!buf)
		return -ENOMEM;
	for (; start < end && n; start += n) {
		n = access_remote_vm(mm, start, buf, min_t(size_t, end - start, PAGE_SIZE), false,
				     true);
		seq_write(m, buf, n);
	}
	return 0;
}

int proc_cmdline_show(struct seq_file *m, struct task_struct *p)
{
	struct mm_struct *mm __free(mm) = get_task_mm(p);

	return mm ? show_memory(m, mm, mm->arg_start, mm->arg_end) : 0;
}

int proc_environ_show(struct seq_file *m, struct task_struct *p)
{
	struct mm_struct *mm __free(mm) = get_task_mm(p);

	return mm ? show_memory(m, mm, mm->env_start, mm->env_end) : 0;
}

int proc_auxv_show(struct seq_file *m, struct task_struct *p)
{
	struct mm_struct *mm __free(mm) = get_task_mm(p);
	size_t n = 0;

	if (!mm)
		return 0;
	while (n + 2 < ARRAY_SIZE(mm->saved_auxv) && mm->saved_auxv[n] != AT_NULL)
		n += 2;
	seq_write(m, mm->saved_auxv, (n + 2) * sizeof(long));
	return 0;
}

int proc_exe_link(struct task_struct *p, struct path *to)
{
	struct mm_struct *mm __free(mm) = get_task_mm(p);

	if (!mm)
		return -ENOENT;
	guard(mutex)(&mm->mmap_lock);
	if (!mm->exe_file)
		return -ENOENT;
	*to = mm->exe_file->f_path;
	path_get(to);
	return 0;
}

/* --- mem: the memory itself, at its addresses --- */

/* Whether the caller may is asked each time: with exec it may change. */
static ssize_t mem_access(struct file *f, struct iov_iter *iter, loff_t *pos, bool write)
{
	struct task_struct *p __free(task) = proc_task(f->f_inode);
	struct mm_struct *mm __free(mm) = p && ptrace_may_access(p) ? get_task_mm(p) : NULL;
	size_t n = iov_iter_count(iter);
	ssize_t done = mm ? access_remote_iter(mm, (unsigned long)*pos, n, iter, write, true) : 0;

	if (done > 0)
		*pos += done;
	return done || !mm ? done : n ? -EIO : 0;
}

static ssize_t mem_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return mem_access(f, to, pos, false);
}

static ssize_t mem_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	return mem_access(f, from, pos, true);
}

static int mem_open(struct inode *inode, struct file *f)
{
	struct task_struct *p __free(task) = proc_task(inode);

	return !p ? -ESRCH : ptrace_may_access(p) ? 0 : -EACCES;
}

const struct file_operations proc_mem_fops = {
	.open = mem_open, .read = mem_read, .write = mem_write, .llseek = generic_file_llseek,
};

/* --- sizes, in pages: total, resident, shared, text, 0, data + stack, 0 --- */

static unsigned long text_pages(const struct mm_struct *mm)
{
	return (ALIGN_UP(mm->end_code, PAGE_SIZE) - ALIGN_DOWN(mm->start_code, PAGE_SIZE)) /
	       PAGE_SIZE;
}

int proc_statm_show(struct seq_file *m, struct task_struct *p)
{
	struct mm_struct *mm __free(mm) = get_task_mm(p);
	unsigned long anon, shared;

	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	anon = READ_ONCE(mm->rss_anon);
	shared = READ_ONCE(mm->rss_file) + READ_ONCE(mm->rss_shmem);
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_vm, anon + shared, shared,
		   text_pages(mm), mm->data_vm + mm->stack_vm);
	return 0;
}

void proc_status_mm(struct seq_file *m, struct mm_struct *mm)
{
	unsigned long anon = READ_ONCE(mm->rss_anon), file = READ_ONCE(mm->rss_file);
	unsigned long shmem = READ_ONCE(mm->rss_shmem), rss = anon + file + shmem;
	unsigned long text = text_pages(mm);
	const struct {
		const char *name;
		unsigned long pages;
	} lines[] = {
		{ "VmPeak", mm->hiwater_vm }, { "VmSize", mm->total_vm },
		{ "VmLck", mm->locked_vm }, { "VmPin", 0 }, { "VmHWM", mm_hiwater_rss(mm) },
		{ "VmRSS", rss }, { "RssAnon", anon }, { "RssFile", file }, { "RssShmem", shmem },
		{ "VmData", mm->data_vm }, { "VmStk", mm->stack_vm }, { "VmExe", text },
		{ "VmLib", mm->exec_vm > text ? mm->exec_vm - text : 0 }, { "VmSwap", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		seq_printf(m, "%s:\t%8lu kB\n", lines[i].name, PAGES_KB(lines[i].pages));
	seq_puts(m, "CoreDumping:\t0\nTHP_enabled:\t0\n");
}
