/*
 * What execve says to files that are no programs of this machine: foreign, truncated, absurd,
 * scripts without interpreter, directories, what may not be executed. Prints an errno, or how the
 * child ended, a line for each; Linux is the judge.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libk/abi/elf.h"

static char dir[] = "/tmp/exec_errno.XXXXXX";

/* The child's end, or the errno of execve. */
static void try_path(const char *what, const char *path)
{
	char *argv[] = { "x", "arg", NULL }, *envp[] = { NULL };
	struct rlimit no_core = { 0, 0 };
	int fds[2], err = 0, status;
	pid_t pid;

	pipe2(fds, O_CLOEXEC);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		setrlimit(RLIMIT_CORE, &no_core);
		dup2(null, 1);
		dup2(null, 2);
		execve(path, argv, envp);
		err = errno;
		write(fds[1], &err, sizeof(err));
		_exit(99);
	}
	close(fds[1]);
	read(fds[0], &err, sizeof(err));
	close(fds[0]);
	waitpid(pid, &status, 0);
	if (err)
		printf("%s: %s\n", what, strerror(err));
	else
		printf("%s: status %#x\n", what, status);
}

static void try_bytes(const char *what, const void *bytes, size_t n, int mode)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/file", dir);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		printf("cannot write %s\n", path);
	fchmod(fd, (mode_t)mode);
	close(fd);
	try_path(what, path);
	unlink(path);
}

static void try_text(const char *what, const char *text)
{
	try_bytes(what, text, strlen(text), 0755);
}

/* A program of three instructions: _exit(7). */
#define CODE_ADDR 0x400000UL
static struct image {
	Elf64_Ehdr e;
	Elf64_Phdr p[3];
	unsigned char code[16];
} good;

static void make_good(void)
{
	static const unsigned char code[] = { 0x6a, 60, 0x58, 0x6a, 7, 0x5f, 0x0f, 0x05 };

	memset(&good, 0, sizeof(good));
	memcpy(good.e.e_ident, ELFMAG, SELFMAG);
	good.e.e_ident[EI_CLASS] = ELFCLASS64;
	good.e.e_ident[EI_DATA] = ELFDATA2LSB;
	good.e.e_ident[EI_VERSION] = 1;
	good.e.e_type = ET_EXEC;
	good.e.e_machine = EM_X86_64;
	good.e.e_version = 1;
	good.e.e_entry = CODE_ADDR + __builtin_offsetof(struct image, code);
	good.e.e_phoff = __builtin_offsetof(struct image, p);
	good.e.e_ehsize = sizeof(Elf64_Ehdr);
	good.e.e_phentsize = sizeof(Elf64_Phdr);
	good.e.e_phnum = 1;
	good.p[0] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = CODE_ADDR,
		.p_paddr = CODE_ADDR,
		.p_filesz = sizeof(good),
		.p_memsz = sizeof(good),
		.p_align = 0x1000,
	};
	memcpy(good.code, code, sizeof(code));
}

#define WITH(what, change)						\
	do {								\
		make_good();						\
		change;							\
		try_bytes(what, &good, sizeof(good), 0755);		\
	} while (0)

static void headers(void)
{
	WITH("right", (void)0);
	WITH("i386", good.e.e_machine = 3; good.e.e_ident[EI_CLASS] = 3);
	WITH("aarch64", good.e.e_machine = 183);
	WITH("riscv", good.e.e_machine = 243);
	WITH("object file", good.e.e_type = 1);
	WITH("core file", good.e.e_type = 4);
	WITH("bad magic", good.e.e_ident[0] = 0x7e);
	WITH("no program headers", good.e.e_phnum = 0);
	WITH("65535 program headers", good.e.e_phnum = 65535);
	WITH("program headers of size 1", good.e.e_phentsize = 1);
	WITH("program headers beyond the end", good.e.e_phoff = 1 << 20);
	WITH("program headers at -1", good.e.e_phoff = ~0UL);
	WITH("program headers at 2^63", good.e.e_phoff = 1UL << 63);
	WITH("nothing to load", good.p[0].p_type = PT_NULL);
	WITH("file size over memory size", good.p[0].p_filesz = 4096; good.p[0].p_memsz = 16);
	WITH("segment in the kernel", good.p[0].p_vaddr = 0xffffffff80000000UL);
	WITH("segment of 2^63 bytes", good.p[0].p_memsz = 1UL << 63);
	WITH("segment that wraps", good.p[0].p_vaddr = ~0xfffUL; good.p[0].p_memsz = 8192);
	WITH("segment of all user memory", good.p[0].p_memsz = 0x7ffffffff000UL);
	WITH("offset and address disagree", good.p[0].p_vaddr += 16);
	WITH("entry 0", good.e.e_entry = 0);
	WITH("entry in the kernel", good.e.e_entry = 0xffffffff80200000UL);
	WITH("entry not canonical", good.e.e_entry = 1UL << 47);
	WITH("code not executable", good.p[0].p_flags = PF_R | PF_W);
	WITH("interpreter missing", good.e.e_phnum = 2; good.p[1] = good.p[0];
	     good.p[0].p_type = PT_INTERP;
	     good.p[0].p_offset = __builtin_offsetof(struct image, code); good.p[0].p_filesz = 5;
	     memcpy(good.code, "/nix", 5));
	WITH("interpreter without end", good.e.e_phnum = 2; good.p[1] = good.p[0];
	     good.p[0].p_type = PT_INTERP;
	     good.p[0].p_offset = __builtin_offsetof(struct image, code); good.p[0].p_filesz = 4;
	     memcpy(good.code, "/nix", 5));
	WITH("interpreter of one byte", good.e.e_phnum = 2; good.p[1] = good.p[0];
	     good.p[0].p_type = PT_INTERP; good.p[0].p_filesz = 1);
	WITH("interpreter a directory", good.e.e_phnum = 2; good.p[1] = good.p[0];
	     good.p[0].p_type = PT_INTERP;
	     good.p[0].p_offset = __builtin_offsetof(struct image, code); good.p[0].p_filesz = 5;
	     memcpy(good.code, "/tmp", 5));
	WITH("segment at 0", good.p[1] = good.p[0]; good.e.e_phnum = 2; good.p[1].p_vaddr = 0);
}

/* Cut at every place that matters. */
static void truncations(void)
{
	static const size_t cuts[] = { 0,  1,  2,  3,  4,   5,	 15,  16,  17,	18, 20,
				       40, 63, 64, 65, 100, 119, 120, 121, 200, 231 };
	char what[32];

	make_good();
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		snprintf(what, sizeof(what), "cut at %zu", cuts[i]);
		try_bytes(what, &good, cuts[i], 0755);
	}
}

static void scripts(void)
{
	char line[600];

	try_text("script without interpreter", "#!/no/such/thing\n");
	try_text("script with an empty line", "#!\n");
	try_text("script with blanks", "#!   \t \n");
	try_text("script, interpreter a directory", "#!/tmp\n");
	try_text("script, interpreter no program", "#!/dev/null\n");
	try_text("plain text", "echo hello\n");
	try_text("empty", "");
	memset(line, 'a', sizeof(line));
	memcpy(line, "#!/", 3);
	line[sizeof(line) - 2] = '\n';
	line[sizeof(line) - 1] = '\0';
	try_text("script with a long line", line);
	snprintf(line, sizeof(line), "#!%s/file\n", dir);
	try_text("script that is its own interpreter", line);
}

static void paths(void)
{
	char path[64], longest[5000];
	int fd;

	snprintf(path, sizeof(path), "%s/none", dir);
	try_path("missing", path);
	try_path("directory", dir);
	try_path("empty path", "");
	try_path("through a file", "/dev/null/x");
	try_path("device", "/dev/null");
	try_path("unmapped path", (char *)8);
	try_path("kernel path", (char *)0xffffffff80000000UL);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	try_path("path too long", longest);
	longest[300] = '\0';
	try_path("name too long", longest);
	make_good();
	try_bytes("not executable", &good, sizeof(good), 0644);
	try_bytes("execute for others only", &good, sizeof(good), 0601);
	snprintf(path, sizeof(path), "%s/loop", dir);
	symlink(path, path);
	try_path("symlink to itself", path);
	unlink(path);
	snprintf(path, sizeof(path), "%s/busy", dir);
	fd = open(path, O_WRONLY | O_CREAT, 0755);
	write(fd, &good, sizeof(good));
	try_path("open for writing", path);
	close(fd);
	unlink(path);
}

static void arguments(void)
{
	char *argv[] = { "x", NULL }, *envp[] = { NULL };
	char **bad = (char **)0xffff888000000000UL;
	char *wild[] = { "x", (char *)8, NULL };
	char *big = malloc(200000), *one[] = { "x", big, NULL };

	memset(big, 'b', 199999);
	big[199999] = '\0';
	for (int i = 0; i < 5; i++) {
		long ret = syscall(SYS_execve, "/proc/self/exe",
				   i == 0   ? bad
				   : i == 1 ? wild
				   : i == 4 ? one
					    : argv,
				   i == 2   ? bad
				   : i == 3 ? wild
					    : envp);

		printf("arguments %d: %ld %s\n", i, ret, strerror(errno));
	}
	free(big);
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/exec_errno.%d", getpid());
	mkdir("/tmp", 01777);
	if (mkdir(dir, 0755))
		return 2;
	headers();
	truncations();
	scripts();
	paths();
	arguments();
	rmdir(dir);
	return 0;
}
