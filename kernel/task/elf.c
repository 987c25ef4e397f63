/*
 * Loading ELF64 programs: mapping the segments and building what a program finds on its stack
 * (psABI section 3.4.1):
 *
 * 	stack top ->	strings: argv[], envp[], file name, 16 random bytes, "x86_64"
 * 			auxiliary vector, ends with AT_NULL
 * 			envp pointers, NULL
 * 			argv pointers, NULL
 * 	rsp ->		argc				(16-byte aligned)
 *
 * Static and static-pie programs; a program with PT_INTERP gets its dynamic loader mapped beside
 * it, which then does the rest in user mode. Runs in the new address space, which nobody shares
 * yet; takes mmap_lock through vm_mmap().
 */
#include "asm/processor.h"
#include "asm/uaccess.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/mm.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include "libk/abi/auxvec.h"
#include "libk/abi/elf.h"
#include "libk/abi/mman.h"
#include "libk/string.h"

#define PIE_BASE 0x555555554000UL
#define STACK_TOP (TASK_SIZE - PAGE_SIZE)
#define MAX_PHDRS (65536 / sizeof(Elf64_Phdr))
#define CLOCKS_PER_SECOND 100
#define MIN_SIGSTKSZ 3632	/* frame with AVX state, as Linux reports for such a CPU */

/* One ELF file that is being mapped. */
struct image {
	struct file *file;
	Elf64_Ehdr ehdr;
	Elf64_Phdr *phdrs;
	unsigned long bias;	/* address minus p_vaddr */
	unsigned long phdr_addr;	/* where the program headers landed */
	unsigned long end;	/* of the highest segment, bss included */
	unsigned long start_code, end_code, start_data, end_data;
};

static int check_header(const Elf64_Ehdr *e)
{
	if (memcmp(e->e_ident, ELFMAG, SELFMAG) || e->e_ident[EI_CLASS] != ELFCLASS64 ||
	    e->e_ident[EI_DATA] != ELFDATA2LSB)
		return -ENOEXEC;
	if ((e->e_type != ET_EXEC && e->e_type != ET_DYN) || e->e_machine != EM_X86_64)
		return -ENOEXEC;
	if (e->e_phentsize != sizeof(Elf64_Phdr) || !e->e_phnum || e->e_phnum > MAX_PHDRS)
		return -ENOEXEC;
	return 0;
}

static int read_exact(struct file *file, void *buf, size_t n, u64 pos)
{
	loff_t at = (loff_t)pos;
	ssize_t got = at < 0 ? -ENOEXEC : kernel_read(file, buf, n, &at);

	return got == (ssize_t)n ? 0 : got < 0 ? (int)got : -ENOEXEC;
}

/* The caller frees img->phdrs in any case. */
static int read_phdrs(struct image *img)
{
	size_t size = img->ehdr.e_phnum * sizeof(Elf64_Phdr);

	img->phdrs = kmalloc(size, GFP_KERNEL);
	return img->phdrs ? read_exact(img->file, img->phdrs, size, img->ehdr.e_phoff) : -ENOMEM;
}

static int read_header(struct image *img)
{
	return read_exact(img->file, &img->ehdr, sizeof(img->ehdr), 0) ? : check_header(&img->ehdr);
}

/* Opens what PT_INTERP names: the dynamic loader, an ELF file too. */
static int open_interpreter(const struct image *img, const Elf64_Phdr *ph,
			    struct linux_binprm *bprm)
{
	struct image interp;
	char path[256];
	int err;

	if (ph->p_filesz < 2 || ph->p_filesz > sizeof(path))
		return -ENOEXEC;
	err = read_exact(img->file, path, ph->p_filesz, ph->p_offset);
	if (err)
		return err;
	if (path[ph->p_filesz - 1])
		return -ENOEXEC;
	interp.file = do_execat_open(AT_FDCWD, path, 0);
	if (IS_ERR(interp.file))
		return (int)PTR_ERR(interp.file);
	bprm->interp = interp.file;
	return read_header(&interp) ? -ELIBBAD : 0;
}

/* What can be told of a file while the old program can still hear it. That the segments make
 * sense, mapping them will show. */
int elf_check(struct linux_binprm *bprm)
{
	struct image img = { .file = bprm->file };
	int err;

	memcpy(&img.ehdr, bprm->buf, sizeof(img.ehdr));
	err = check_header(&img.ehdr);
	if (!err)
		err = read_phdrs(&img);
	for (int i = 0; !err && !bprm->interp && i < img.ehdr.e_phnum; i++)
		if (img.phdrs[i].p_type == PT_INTERP)
			err = open_interpreter(&img, &img.phdrs[i], bprm);
	kfree(img.phdrs);
	return err;
}

/* --- mapping --- */

static int segment_prot(const Elf64_Phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

/* A segment: file pages, then zeroes: the rest of the last file page by hand, whole pages as
 * anonymous memory. */
static int map_segment(struct image *img, const Elf64_Phdr *ph)
{
	unsigned long start = img->bias + (ph->p_vaddr & PAGE_MASK), addr = img->bias + ph->p_vaddr;
	unsigned long file_end = addr + ph->p_filesz, file_pages = ALIGN_UP(file_end, PAGE_SIZE),
		      end = addr + ph->p_memsz;
	unsigned long got;

	if (ph->p_filesz) {
		got = vm_mmap(img->file, start, file_end - start, segment_prot(ph),
			      MAP_PRIVATE | MAP_FIXED, (ph->p_offset & PAGE_MASK) >> PAGE_SHIFT);
		if (IS_ERR((void *)got))
			return (int)(long)got;
	} else {
		file_pages = start;
	}
	if (end > file_pages) {
		got = vm_mmap(NULL, file_pages, end - file_pages, segment_prot(ph),
			      MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, 0);
		if (IS_ERR((void *)got))
			return (int)(long)got;
	}
	if (ph->p_filesz && end > file_end && ph->p_flags & PF_W &&
	    clear_user((void __user *)file_end, file_pages - file_end))
		return -EFAULT;
	return 0;
}

/* Reserves room for all segments of a position-independent image and decides its bias. */
static int place_image(struct image *img, unsigned long hint)
{
	unsigned long low = ~0UL, high = 0, got;

	if (img->ehdr.e_type == ET_EXEC)
		return 0;
	for (int i = 0; i < img->ehdr.e_phnum; i++) {
		const Elf64_Phdr *ph = &img->phdrs[i];

		if (ph->p_type != PT_LOAD)
			continue;
		low = min(low, (unsigned long)ph->p_vaddr & PAGE_MASK);
		high = max(high, (unsigned long)(ph->p_vaddr + ph->p_memsz));
	}
	got = vm_mmap(NULL, hint, high - low, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR((void *)got))
		return (int)(long)got;
	img->bias = got - low;
	return vm_munmap(got, high - low);
}

static void note_segment(struct image *img, const Elf64_Phdr *ph)
{
	unsigned long start = img->bias + ph->p_vaddr, end = start + ph->p_memsz;

	img->end = max(img->end, end);
	if (ph->p_offset <= img->ehdr.e_phoff && img->ehdr.e_phoff < ph->p_offset + ph->p_filesz)
		img->phdr_addr = start + img->ehdr.e_phoff - ph->p_offset;
	if (ph->p_flags & PF_X) {
		img->start_code = img->start_code ? min(img->start_code, start) : start;
		img->end_code = max(img->end_code, (unsigned long)(start + ph->p_filesz));
	}
	if (ph->p_flags & PF_W) {
		img->start_data = img->start_data ? min(img->start_data, start) : start;
		img->end_data = max(img->end_data, (unsigned long)(start + ph->p_filesz));
	}
}

/* No arithmetic on the segments may overflow. */
static int check_segments(const struct image *img)
{
	for (int i = 0; i < img->ehdr.e_phnum; i++) {
		const Elf64_Phdr *ph = &img->phdrs[i];

		if (ph->p_type != PT_LOAD)
			continue;
		if (ph->p_filesz > ph->p_memsz || ph->p_memsz > TASK_SIZE ||
		    ph->p_vaddr > TASK_SIZE - ph->p_memsz ||
		    (ph->p_vaddr ^ ph->p_offset) & ~PAGE_MASK ||
		    ph->p_offset + ph->p_filesz < ph->p_offset)
			return -ENOEXEC;
	}
	return 0;
}

static int map_image(struct image *img, unsigned long hint)
{
	int err = check_segments(img) ? : place_image(img, hint);

	for (int i = 0; !err && i < img->ehdr.e_phnum; i++) {
		if (img->phdrs[i].p_type != PT_LOAD)
			continue;
		err = map_segment(img, &img->phdrs[i]);
		note_segment(img, &img->phdrs[i]);
	}
	return err;
}

/* The dynamic loader, if there is one, is mapped too and runs first. 1 when there is one, 0 when
 * not, or -errno. */
static int load_interpreter(struct linux_binprm *bprm, struct image *interp)
{
	int err;

	if (!bprm->interp)
		return 0;
	interp->file = bprm->interp;
	err = read_header(interp);
	if (!err)
		err = read_phdrs(interp);
	if (!err)
		err = map_image(interp, 0);
	return err ? err : 1;
}

/* --- the stack --- */

static size_t fill_auxv(u64 *v, const struct linux_binprm *bprm, const struct image *img,
			unsigned long interp_base, unsigned long execfn, unsigned long random,
			unsigned long platform)
{
	const struct cred *cred = current->cred;
	u64 aux[] = {
		AT_HWCAP,	arch_elf_hwcap(),
		AT_PAGESZ,	PAGE_SIZE,
		AT_CLKTCK,	CLOCKS_PER_SECOND,
		AT_PHDR,	img->phdr_addr,
		AT_PHENT,	sizeof(Elf64_Phdr),
		AT_PHNUM,	img->ehdr.e_phnum,
		AT_BASE,	interp_base,
		AT_FLAGS,	0,
		AT_ENTRY,	img->bias + img->ehdr.e_entry,
		AT_UID,		cred->uid,
		AT_EUID,	cred->euid,
		AT_GID,		cred->gid,
		AT_EGID,	cred->egid,
		AT_SECURE,	bprm->secure,
		AT_RANDOM,	random,
		AT_HWCAP2,	arch_elf_hwcap2(),
		AT_EXECFN,	execfn,
		AT_PLATFORM,	platform,
		AT_MINSIGSTKSZ, MIN_SIGSTKSZ,
		AT_NULL,	0,
	};

	memcpy(v, aux, sizeof(aux));
	return ARRAY_SIZE(aux);
}

/* Addresses of n NUL-terminated strings at user address addr, whose text is also at s. Returns
 * the address after the last one. */
static unsigned long fill_pointers(u64 *v, int n, const char **s, unsigned long addr)
{
	for (int i = 0; i < n; i++) {
		size_t len = strlen(*s) + 1;

		v[i] = addr;
		addr += len;
		*s += len;
	}
	v[n] = 0;
	return addr;
}

/* Builds the picture above; *sp is where rsp goes. */
static int create_stack(struct linux_binprm *bprm, const struct image *img,
			unsigned long interp_base, unsigned long *sp)
{
	static const char platform_name[] = "x86_64";
	struct mm_struct *mm = current->mm;
	size_t words =
		1 + (size_t)bprm->argc + 1 + (size_t)bprm->envc + 1 + ARRAY_SIZE(mm->saved_auxv);
	u64 *frame = kmalloc(words * sizeof(u64), GFP_KERNEL), *v = frame,
	    random[2] = { arch_random(), arch_random() };
	unsigned long strings = (STACK_TOP - sizeof(u64) - bprm->strings_len) & ~15UL;
	unsigned long platform = strings - sizeof(platform_name),
		      random_at = (platform - sizeof(random)) & ~15UL;
	const char *s = bprm->strings;
	int err = -EFAULT;

	if (!frame)
		return -ENOMEM;
	*v++ = (u64)bprm->argc;
	mm->arg_start = strings;
	mm->arg_end = mm->env_start = fill_pointers(v, bprm->argc, &s, strings);
	v += bprm->argc + 1;
	mm->env_end = fill_pointers(v, bprm->envc, &s, mm->env_start);
	v += bprm->envc + 1;
	v += fill_auxv(v, bprm, img, interp_base, mm->env_end, random_at, platform);
	memcpy(mm->saved_auxv, frame + 3 + bprm->argc + bprm->envc, sizeof(mm->saved_auxv));
	*sp = (random_at - (size_t)(v - frame) * sizeof(u64)) & ~15UL;
	mm->start_stack = *sp;
	if (!copy_to_user((void __user *)strings, bprm->strings, bprm->strings_len) &&
	    !copy_to_user((void __user *)platform, platform_name, sizeof(platform_name)) &&
	    !copy_to_user((void __user *)random_at, random, sizeof(random)) &&
	    !copy_to_user((void __user *)*sp, frame, (size_t)(v - frame) * sizeof(u64)))
		err = 0;
	kfree(frame);
	return err;
}

int elf_load(struct linux_binprm *bprm)
{
	struct image img = { .file = bprm->file }, interp = { 0 };
	struct mm_struct *mm = current->mm;
	unsigned long sp = 0, entry;
	int err, has_interp = 0;

	memcpy(&img.ehdr, bprm->buf, sizeof(img.ehdr));
	err = setup_stack_vma(mm, STACK_TOP);
	if (!err)
		err = read_phdrs(&img);
	if (!err)
		err = map_image(&img, PIE_BASE);
	if (!err)
		err = has_interp = load_interpreter(bprm, &interp);
	if (err < 0)
		goto out;
	mm->start_code = img.start_code;
	mm->end_code = img.end_code;
	mm->start_data = img.start_data;
	mm->end_data = img.end_data;
	mm->start_brk = mm->brk = ALIGN_UP(img.end, PAGE_SIZE);
	err = create_stack(bprm, &img, has_interp ? interp.bias : 0, &sp);
	entry = has_interp ? interp.bias + interp.ehdr.e_entry : img.bias + img.ehdr.e_entry;
	if (!err)
		start_thread(current_pt_regs(), entry, sp);
out:
	kfree(img.phdrs);
	kfree(interp.phdrs);
	return err;
}
