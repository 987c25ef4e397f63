/*
 * Host test: are libk/abi's constants, sizes and offsets Linux's?
 *
 * Two sets of headers with the same names cannot meet in one translation unit. So this program
 * takes all names out of our headers (enumerators and object-like macros), writes a small C program
 * for each of three sides (ours; Linux's own UAPI headers; the C library's, for what only that
 * defines), has the compiler build them, and compares the values they print. Structures are listed
 * by hand below, member by member.
 *
 * Stand-alone: gcc -I. tests/host/test_abi.c -o test_abi && ./test_abi   (in the tree's root)
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_NAMES 3000

static const char *const our_headers[] = {
	"arch_prctl", "auxvec",	 "capability", "dirent",  "elf",     "epoll",
	"errno",      "eventfd", "fcntl",      "futex",	  "ioctl",   "kcmp",
	"limits",     "mman",	 "membarrier", "mount",	  "poll",    "prctl",
	"random",     "reboot",	 "resource",   "rseq",	  "sched",   "signal",
	"socket",     "stat",	 "statfs",     "sysinfo", "syscall", "termios",
	"time",	      "times",	 "ucontext",   "uio",	  "utsname", "wait",
};

static const char uapi_headers[] =
	"#include <linux/types.h>\n#include <asm/unistd_64.h>\n#include <linux/errno.h>\n"
	"#include <linux/fcntl.h>\n#include <asm/stat.h>\n#include <linux/stat.h>\n"
	"#include <asm/statfs.h>\n#include <linux/magic.h>\n#include <linux/mman.h>\n"
	"#include <asm/signal.h>\n#include <asm/siginfo.h>\n#include <asm/sigcontext.h>\n"
	"#include <asm/ucontext.h>\n#include <linux/sched.h>\n#include <linux/sched/types.h>\n"
	"#include <linux/futex.h>\n#include <asm/ioctls.h>\n#include <asm/termbits.h>\n"
	"#include <asm/termios.h>\n#include <linux/time.h>\n#include <linux/times.h>\n"
	"#include <asm/poll.h>\n#include <linux/eventpoll.h>\n#include <linux/resource.h>\n"
	"#include <linux/wait.h>\n#include <linux/elf.h>\n#include <linux/auxvec.h>\n"
	"#include <linux/uio.h>\n#include <linux/utsname.h>\n#include <linux/sysinfo.h>\n"
	"#include <linux/limits.h>\n#include <linux/reboot.h>\n#include <linux/mount.h>\n"
	"#include <linux/prctl.h>\n#include <asm/prctl.h>\n#include <linux/random.h>\n"
	"#include <linux/rseq.h>\n#include <linux/capability.h>\n#include <linux/kcmp.h>\n"
	"#include <linux/membarrier.h>\n#include <linux/fs.h>\n#include <linux/close_range.h>\n"
	"#include <linux/falloc.h>\n#include <linux/fadvise.h>\n#include <linux/memfd.h>\n"
	"#include <linux/signalfd.h>\n#include <linux/timerfd.h>\n#include <asm/auxvec.h>\n"
	"#include <linux/un.h>\n#include <linux/signal.h>\n#include <linux/timex.h>\n";

static const char libc_headers[] =
	"#define _GNU_SOURCE\n#include <dirent.h>\n#include <elf.h>\n#include <errno.h>\n"
	"#include <fcntl.h>\n#include <limits.h>\n#include <poll.h>\n#include <sched.h>\n"
	"#include <signal.h>\n#include <stdio.h>\n#include <sys/epoll.h>\n#include "
	"<sys/eventfd.h>\n"
	"#include <sys/file.h>\n#include <sys/mman.h>\n#include <sys/mount.h>\n"
	"#include <sys/resource.h>\n#include <sys/select.h>\n#include <sys/signalfd.h>\n"
	"#include <sys/socket.h>\n#include <sys/stat.h>\n#include <sys/timerfd.h>\n"
	"#include <sys/times.h>\n#include <sys/un.h>\n#include <sys/wait.h>\n#include <termios.h>\n"
	"#include <time.h>\n#include <unistd.h>\n#include <sys/uio.h>\n";

/* In Linux but in no header, or named otherwise there; checked by reading. */
static const char *const no_oracle[] = {
	"USER_HZ", "UIO_MAXIOV", "SIGEV_PAD_SIZE", "PIPEFS_MAGIC",
	"NR_OPEN", "_NSIG", "SIGRTMAX",
};

/* The kernel's structures, from its own headers: the C library's differ (sigset_t, termios). */
static const char *const structs[] = {
	"struct stat: st_dev st_ino st_nlink st_mode st_uid st_gid st_rdev st_size st_blksize "
	"st_blocks st_atime st_atime_nsec st_mtime st_mtime_nsec st_ctime st_ctime_nsec",
	"struct statx: stx_mask stx_blksize stx_attributes stx_nlink stx_uid stx_gid stx_mode "
	"stx_ino stx_size stx_blocks stx_attributes_mask stx_atime stx_btime stx_ctime stx_mtime "
	"stx_rdev_major stx_rdev_minor stx_dev_major stx_dev_minor stx_mnt_id",
	"struct statx_timestamp: tv_sec tv_nsec",
	"struct statfs: f_type f_bsize f_blocks f_bfree f_bavail f_files f_ffree f_fsid f_namelen "
	"f_frsize f_flags",
	"struct flock: l_type l_whence l_start l_len l_pid",
	"struct sigaction: sa_handler sa_flags sa_restorer sa_mask",
	"struct sigaltstack: ss_sp ss_flags ss_size",
	"siginfo_t: si_signo si_errno si_code si_pid si_uid si_status si_utime si_stime si_value "
	"si_int si_ptr si_addr si_addr_lsb si_band si_fd si_tid si_overrun si_sys_private "
	"si_call_addr si_syscall si_arch",
	"sigevent_t: sigev_value sigev_signo sigev_notify sigev_notify_function "
	"sigev_notify_attributes sigev_notify_thread_id",
	"struct sigcontext: r8 r15 rdi rsi rbp rbx rdx rax rcx rsp rip eflags cs gs fs ss err "
	"trapno oldmask cr2 fpstate reserved1",
	"struct ucontext: uc_flags uc_link uc_stack uc_mcontext uc_sigmask",
	"struct _fpstate: cwd swd twd fop rip rdp mxcsr mxcsr_mask st_space xmm_space sw_reserved",
	"struct _fpx_sw_bytes: magic1 extended_size xfeatures xstate_size",
	"struct _xstate: fpstate xstate_hdr ymmh",
	"struct clone_args: flags pidfd child_tid parent_tid exit_signal stack stack_size tls "
	"set_tid set_tid_size cgroup",
	"struct sched_param: sched_priority",
	"struct sched_attr: size sched_policy sched_flags sched_nice sched_priority sched_runtime "
	"sched_deadline sched_period sched_util_min sched_util_max",
	"struct robust_list_head: list futex_offset list_op_pending",
	"struct futex_waitv: val uaddr flags",
	"struct termios: c_iflag c_oflag c_cflag c_lflag c_line c_cc",
	"struct termios2: c_iflag c_line c_cc c_ispeed c_ospeed",
	"struct winsize: ws_row ws_col ws_xpixel ws_ypixel",
	"struct timespec: tv_sec tv_nsec",
	"struct timeval: tv_sec tv_usec",
	"struct timezone: tz_minuteswest tz_dsttime",
	"struct itimerspec: it_interval it_value",
	"struct itimerval: it_interval it_value",
	"struct tms: tms_utime tms_stime tms_cutime tms_cstime",
	"struct pollfd: fd events revents",
	"struct epoll_event: events data",
	"struct signalfd_siginfo: ssi_signo ssi_pid ssi_fd ssi_tid ssi_status ssi_int ssi_ptr "
	"ssi_utime ssi_addr ssi_syscall ssi_call_addr ssi_arch",
	"struct rusage: ru_utime ru_stime ru_maxrss ru_minflt ru_majflt ru_inblock ru_nvcsw "
	"ru_nivcsw",
	"struct rlimit: rlim_cur rlim_max",
	"Elf64_Ehdr: e_ident e_type e_machine e_version e_entry e_phoff e_shoff e_flags e_ehsize "
	"e_phentsize e_phnum e_shentsize e_shnum e_shstrndx",
	"Elf64_Phdr: p_type p_flags p_offset p_vaddr p_paddr p_filesz p_memsz p_align",
	"struct iovec: iov_base iov_len",
	"struct new_utsname: sysname nodename release version machine domainname",
	"struct sysinfo: uptime loads totalram freeram sharedram bufferram totalswap freeswap "
	"procs totalhigh freehigh mem_unit",
	"struct rseq: cpu_id_start cpu_id rseq_cs flags",
	"struct rseq_cs: version flags start_ip post_commit_offset abort_ip",
	"struct __user_cap_header_struct: version pid",
	"struct __user_cap_data_struct: effective permitted inheritable",
	"struct timex: modes offset freq status constant time tick jitter shift stabil tai",
};

static const char *const libc_structs[] = {
	/* these only the C library declares */
	"fd_set: fds_bits",
	"struct sockaddr: sa_family sa_data",
	"struct msghdr: msg_name msg_namelen msg_iov msg_iovlen msg_control msg_controllen "
	"msg_flags",
};

struct side {
	const char *name, *headers;
	char *names[MAX_NAMES + 600];
	long long values[MAX_NAMES + 600];
	int n;
};

static struct side sides[3] = { { .name = "ours" }, { .name = "uapi", .headers = uapi_headers },
				{ .name = "libc", .headers = libc_headers } };
static char *names[MAX_NAMES];
static int name_count;
static char dir[] = "/tmp/test_abi.XXXXXX";
static const char *cc;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void add_name(const char *s, size_t n)
{
	char *name = strndup(s, n);

	for (int i = 0; i < name_count; i++)
		if (!strcmp(names[i], name))
			return;
	if (name_count == MAX_NAMES)
		die("too many names");
	names[name_count++] = name;
}

/* A constant's name: upper case, as __WALL is after its underscores; no macro with arguments. */
static int is_constant(const char *s, size_t n)
{
	size_t skip = strspn(s, "_");

	return n > skip + 1 && (isupper((unsigned char)s[skip])) && s[n] != '(' &&
	       strcspn(s, "abcdefghijklmnopqrstuvwxyz") >= n;
}

/* The numbers of system calls in a line of their list: X(read, 0) X(write, 1) */
static void collect_calls(const char *s)
{
	char name[80];

	while ((s = strstr(s, "X("))) {
		s += 2;
		snprintf(name, sizeof(name), "__NR_%.*s", (int)strcspn(s, ","), s);
		add_name(name, strlen(name));
	}
}

/* Takes every enumerator and every object-like macro with an upper-case name out of a header. */
static void collect(const char *header)
{
	char path[200], line[400];
	int in_comment = 0, in_enum = 0;
	FILE *f;

	snprintf(path, sizeof(path), "libk/abi/%s.h", header);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		char *p = line, *c;

		if (strstr(line, "__KERNEL__"))
			break;	/* what follows never reaches user space */
		if (in_comment || !strncmp(line, "/*", 2) || !strncmp(line, " *", 2)) {
			in_comment = !strstr(line, "*/");
			continue;
		}
		if ((c = strstr(p, "/*")))
			*c = '\0';
		if (!strncmp(p, "\tX(", 3)) {
			collect_calls(p);
			continue;
		}
		if (!strncmp(p, "#define ", 8)) {
			size_t n = strcspn(p + 8, " \t(\n");

			if (!strchr(p, '"') && is_constant(p + 8, n))
				add_name(p + 8, n);
			continue;
		}
		if (!strncmp(p, "enum {", 6)) {
			in_enum = 1;
			p += 6;
		}
		while (in_enum && *p && *p != '}') {	/* NAME [= value], */
			size_t n;

			p += strspn(p, " \t\n,");
			n = strspn(
				p,
				"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
			if (n && is_constant(p, n))
				add_name(p, n);
			for (int depth = 0; *p && (depth || (*p != ',' && *p != '}')); p++)
				depth += (*p == '(') - (*p == ')');
		}
		if (*p == '}')
			in_enum = 0;
	}
	fclose(f);
}

static void write_struct(FILE *f, const char *s)
{
	char type[80], field[80];
	int n;

	sscanf(s, "%79[^:]:%n", type, &n);
	fprintf(f, "V2(\"%s\", sizeof(%s))\n", type, type);
	for (s += n; sscanf(s, "%79s%n", field, &n) == 1; s += n)
		fprintf(f, "V2(\"%s.%s\", __builtin_offsetof(%s, %s))\n", type, field, type, field);
}

/*
 * Writes one side's program. A name this side lacks must not stop the compiler: @known says which
 * it has (NULL: all); the first try, with all of them, finds out.
 */
static void write_program(const char *path, const struct side *s, const char *known)
{
	FILE *f = fopen(path, "w");

	if (!f)
		die(path);
	if (s->headers)
		fputs(s->headers, f);
	else
		for (size_t i = 0; i < sizeof(our_headers) / sizeof(*our_headers); i++)
			fprintf(f, "#include \"libk/abi/%s.h\"\n", our_headers[i]);
	fputs("int printf(const char *, ...);\n"
	      "#define V2(n, x) printf(\"%s %lld\\n\", n, (long long)(x));\n"
	      "#define V1(n, x) printf(\"%s %lld\\n\", n, (long long)(x));\nint main(void)\n{\n",
	      f);
	for (int i = 0; i < name_count; i++)
		if (!known || known[i])
			fprintf(f, "#line %d \"names\"\nV1(\"%s\", %s)\n", i + 1, names[i],
				names[i]);
	fputs("#line 1 \"structs\"\n", f);
	for (size_t i = 0; s != &sides[2] && i < sizeof(structs) / sizeof(*structs); i++)
		write_struct(f, structs[i]);
	for (size_t i = 0; s != &sides[1] && i < sizeof(libc_structs) / sizeof(*libc_structs); i++)
		write_struct(f, libc_structs[i]);
	fputs("return 0;\n}\n", f);
	fclose(f);
}

/* Compiles; marks the names the compiler does not know; returns the number of other errors. */
static int compile(const char *src, const char *bin, char *known)
{
	char cmd[600], line[600], *p;
	int bad = 0, index;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "%s -w -fmax-errors=0 -I. -o %s %s 2>&1", cc, bin, src);
	f = popen(cmd, "r");
	if (!f)
		die(cmd);
	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, "error:"))
			continue;
		p = strstr(line, "names:");
		if (known && p && sscanf(p, "names:%d", &index) == 1) {
			known[index - 1] = 0;
		} else {
			if (!known)
				fputs(line, stdout);
			bad++;
		}
	}
	pclose(f);
	return bad;
}

static int gather(struct side *s)
{
	char src[100], bin[100], name[200], line[200], known[MAX_NAMES];
	long long value;
	FILE *f;
	int bad;

	snprintf(src, sizeof(src), "%s/%s.c", dir, s->name);
	snprintf(bin, sizeof(bin), "%s/%s", dir, s->name);
	memset(known, 1, sizeof(known));
	/* The compiler tells of an unknown identifier once, however many names hang on it. */
	for (int pass = 0; s->headers && pass < 3; pass++) {
		write_program(src, s, known);
		compile(src, bin, known);
	}
	write_program(src, s, known);
	bad = compile(src, bin, NULL);
	f = bad ? NULL : popen(bin, "r");
	while (f && fgets(line, sizeof(line), f)) {
		char *space = strrchr(line, ' ');

		value = atoll(space);
		*space = '\0';
		snprintf(name, sizeof(name), "%s", line);
		s->names[s->n] = strdup(name);
		s->values[s->n++] = value;
	}
	if (f)
		pclose(f);
	return bad || !s->n;
}

static const long long *find(const struct side *s, const char *name)
{
	for (int i = 0; i < s->n; i++)
		if (!strcmp(s->names[i], name))
			return &s->values[i];
	return NULL;
}

static int excused(const char *name)
{
	for (size_t i = 0; i < sizeof(no_oracle) / sizeof(*no_oracle); i++)
		if (!strcmp(no_oracle[i], name))
			return 1;
	return 0;
}

/* Equal as the kernel sees it: a 32-bit value may be written signed or unsigned. */
static int equal(long long a, long long b)
{
	return a == b || ((unsigned int)a == (unsigned int)b &&
			  (a >> 31 == -1 || b >> 31 == -1 || a >> 32 == 0));
}

int main(void)
{
	int passed = 0, failed = 0;
	char cmd[100];

	cc = getenv("HOSTCC") ? getenv("HOSTCC") : "gcc";
	if (access("libk/abi/errno.h", R_OK)) {
		fprintf(stderr, "test_abi: run me in the root of the tree\n");
		return 2;
	}
	if (!mkdtemp(dir))
		die(dir);
	for (size_t i = 0; i < sizeof(our_headers) / sizeof(*our_headers); i++)
		collect(our_headers[i]);
	for (int i = 0; i < 3; i++)
		if (gather(&sides[i])) {
			printf("not ok: the program for the side \"%s\" does not compile (%s)\n",
			       sides[i].name, dir);
			return 1;
		}
	for (int i = 0; i < sides[0].n; i++) {
		const char *name = sides[0].names[i];
		const long long *linux_value = find(&sides[1], name);

		if (!linux_value)
			linux_value = find(&sides[2], name);
		if (excused(name))
			linux_value = NULL;
		if (linux_value ? equal(*linux_value, sides[0].values[i]) : excused(name)) {
			passed++;
			continue;
		}
		failed++;
		if (linux_value)
			printf("not ok: %s is %lld, Linux has %lld\n", name, sides[0].values[i],
			       *linux_value);
		else
			printf("not ok: %s: no header of the system has it\n", name);
	}
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd))
		die(cmd);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
