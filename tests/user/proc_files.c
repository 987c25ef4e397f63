/*
 * The files of /proc/PID as parsers and careless readers meet them: the lines of status and their
 * order, the fields of stat and statm, reads in odd pieces, seeks, writes, and a file whose task is
 * gone while its number belongs to somebody else.
 */
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "../../user/check.h"

static char text[65536];

static ssize_t slurp(int fd, char *buf, size_t size, size_t piece)
{
	ssize_t n, sum = 0;

	while ((n = read(fd, buf + sum, piece < size - (size_t)sum ? piece : size - (size_t)sum)) >
	       0)
		sum += n;
	return n < 0 ? n : sum;
}

static ssize_t slurp_path(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : slurp(fd, text, sizeof(text) - 1, sizeof(text));

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return n;
}

/* --- status --- */

/* Linux's lines in Linux's order, those of 6.1 and some later ones; + those that must be there. */
static const char *const lines[] = {
	"+Name",
	"+Umask",
	"+State",
	"+Tgid",
	"+Ngid",
	"+Pid",
	"+PPid",
	"+TracerPid",
	"+Uid",
	"+Gid",
	"+FDSize",
	"+Groups",
	"+NStgid",
	"+NSpid",
	"+NSpgid",
	"+NSsid",
	"Kthread",
	"+VmPeak",
	"+VmSize",
	"+VmLck",
	"+VmPin",
	"+VmHWM",
	"+VmRSS",
	"+RssAnon",
	"+RssFile",
	"+RssShmem",
	"+VmData",
	"+VmStk",
	"+VmExe",
	"+VmLib",
	"VmPTE",
	"+VmSwap",
	"HugetlbPages",
	"+CoreDumping",
	"THP_enabled",
	"untag_mask",
	"+Threads",
	"+SigQ",
	"+SigPnd",
	"+ShdPnd",
	"+SigBlk",
	"+SigIgn",
	"+SigCgt",
	"+CapInh",
	"+CapPrm",
	"+CapEff",
	"+CapBnd",
	"+CapAmb",
	"+NoNewPrivs",
	"+Seccomp",
	"Seccomp_filters",
	"Speculation_Store_Bypass",
	"SpeculationIndirectBranch",
	"+Cpus_allowed",
	"+Cpus_allowed_list",
	"Mems_allowed",
	"Mems_allowed_list",
	"+voluntary_ctxt_switches",
	"+nonvoluntary_ctxt_switches",
	"x86_Thread_features",
	"x86_Thread_features_locked",
	"KernelStackPeak",
};

static int order_is_linuxs(void)
{
	char *line = text;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const char *name = lines[i] + (*lines[i] == '+');
		size_t n = strlen(name);

		if (!strncmp(line, name, n) && line[n] == ':')
			line = strchr(line, '\n') + 1;
		else if (*lines[i] == '+')
			return printf("no %s before: %.40s\n", name, line), 0;
	}
	return !*line || (printf("not known: %.40s\n", line), 0);
}

static const char *value(const char *name)
{
	static char buf[80];
	char key[40], *p;

	snprintf(key, sizeof(key), "\n%s:\t", name);
	p = strstr(text, key);
	snprintf(buf, sizeof(buf), "%.*s", p ? (int)strcspn(p + strlen(key), "\n") : 0,
		 p ? p + strlen(key) : "");
	return buf;
}

static void status(void)
{
	sigset_t set;
	char want[80];

	umask(027);
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR2);
	slurp_path("/proc/self/status");
	check("status: Linux's lines in Linux's order", order_is_linuxs());
	check("Umask", !strcmp(value("Umask"), "0027"));
	snprintf(want, sizeof(want), "%d", (int)getppid());
	check("PPid", !strcmp(value("PPid"), want));
	check("State of the reader", !strcmp(value("State"), "R (running)"));
	check("ShdPnd, SigBlk: SIGUSR2", !strcmp(value("ShdPnd"), "0000000000000800") &&
						 !strcmp(value("SigBlk"), "0000000000000800"));
	check("SigIgn: SIGUSR1", !!(strtoul(value("SigIgn"), NULL, 16) & 0x200));
	check("VmPeak is not below VmSize",
	      atol(value("VmSize")) > 0 && atol(value("VmPeak")) >= atol(value("VmSize")));
	signal(SIGUSR2, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	slurp_path("/proc/self/stat");
	check("stat has 52 fields", ({
		      int n = 1;
		      for (char *p = strrchr(text, ')'); *p; p++)
			      n += *p == ' ';
		      n == 51; /* field 1 stands before the name */
	      }));
	slurp_path("/proc/self/statm");
	check("statm has 7, text > 0", ({
		      long v[7];
		      sscanf(text, "%ld %ld %ld %ld %ld %ld %ld", v, v + 1, v + 2, v + 3, v + 4,
			     v + 5, v + 6) == 7 &&
			      v[3] > 0;
	      }));
}

/* --- names with blanks, brackets, line ends --- */

static void names(void)
{
	int fd = open("/proc/self/comm", O_WRONLY);

	check("comm is cut to 15", write(fd, "a) R 1 (0123456789", 18) == 18);
	close(fd);
	slurp_path("/proc/self/comm");
	check("comm reads back", !strcmp(text, "a) R 1 (0123456\n"));
	slurp_path("/proc/self/stat");
	check("stat: the name in brackets", !!strstr(text, " (a) R 1 (0123456) R "));
	prctl(PR_SET_NAME, "two\nlines\\");
	slurp_path("/proc/self/status");
	check("status: one line all the same",
	      !strncmp(text, "Name:\ttwo\\nlines\\\\\nUmask:", 24));
}

/* --- pieces, seeks, writes --- */

static void pieces(void)
{
	static char whole[8192], odd[8192];
	int fd = open("/proc/self/limits", O_RDWR);
	ssize_t n, k;

	if (fd < 0) /* a Linux where we are not root */
		fd = open("/proc/self/limits", O_RDONLY);
	n = slurp(fd, whole, sizeof(whole), 1 << 20);
	check("all at once", n > 1000);
	lseek(fd, 0, SEEK_SET);
	k = slurp(fd, odd, sizeof(odd), 7);
	check("in pieces of 7", k == n && !memcmp(whole, odd, (size_t)n));
	for (k = n - 1; k >= 0 && pread(fd, odd + k, 1, k) == 1; k--)
		;
	check("byte by byte, backwards", k < 0 && !memcmp(whole, odd, (size_t)n));
	check("the end", pread(fd, odd, 100, n) == 0 && pread(fd, odd, 100, 1L << 40) == 0);
	check("lseek beyond it",
	      lseek(fd, 1L << 40, SEEK_SET) == 1L << 40 && read(fd, odd, 1) == 0);
	check("lseek before the start: EINVAL", lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL);
	check("a bad buffer: EFAULT", pread(fd, (void *)16, 100, 0) == -1 && errno == EFAULT);
	check("writing: refused", write(fd, "1", 1) == -1 && (errno == EBADF || errno == EINVAL));
	close(fd);
}

/* --- directories --- */

static void *parked(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* The entry at a position: its name, and the position behind it; false: the end. */
static int entry_at(int fd, off_t at, char *name, off_t *behind)
{
	char buf[1024] __attribute__((aligned(8)));
	struct dirent *d = (struct dirent *)buf;

	if (lseek(fd, at, SEEK_SET) != at || syscall(SYS_getdents64, fd, buf, sizeof(buf)) <= 0)
		return 0;
	snprintf(name, 64, "%.60s", d->d_name);
	*behind = d->d_off;
	return 1;
}

/* Another process, which may end while we look, or a new one come after it. */
static int fleeting(const char *path, const char *name)
{
	return !strcmp(path, "/proc") && atoi(name) && atoi(name) != getpid();
}

/* Behind a process, also behind the last, there may be a new one. */
static int newcomers(const char *path, const char *name)
{
	return !strcmp(path, "/proc") && atoi(name);
}

/* From each position the same entry, forwards and backwards, and nothing behind the last. */
static int seeks(const char *path)
{
	static char name[513][64];
	static off_t at[513];
	char again[64];
	off_t behind;
	int fd = open(path, O_RDONLY | O_DIRECTORY), n = 0, ok = 1;

	while (n < 512 && entry_at(fd, at[n], name[n], &at[n + 1]))
		n++;
	for (int i = n - 1; i >= 0; i--)
		ok &= fleeting(path, name[i]) ||
		      (entry_at(fd, at[i], again, &behind) && !strcmp(again, name[i]) &&
		       (behind == at[i + 1] || fleeting(path, name[i + 1]) ||
			newcomers(path, name[i])));
	ok &= !entry_at(fd, 1 << 30, again, &behind);
	close(fd);
	return ok && n > 2 && !strcmp(name[0], ".") && !strcmp(name[1], "..");
}

static void directories(void)
{
	for (int i = 0; i < 100; i++)
		spawn(parked, NULL);
	check("task/: each position leads to its entry", seeks("/proc/self/task"));
	check("/proc/PID too", seeks("/proc/self"));
	check("and /proc/PID/fd", seeks("/proc/self/fd"));
	check("and /proc", seeks("/proc"));
}

/* --- dead tasks --- */

static int child_pid;

static pid_t spawn_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Makes the next child have the number pid, if the system lets us. */
static void want_pid(pid_t pid)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
	char buf[16];

	if (fd < 0)
		return;
	if (write(fd, buf, (size_t)snprintf(buf, sizeof(buf), "%d", pid - 1)) < 0)
		perror("ns_last_pid");
	close(fd);
}

static void dead(void)
{
	char path[32], byte;
	int fd, dir, again;
	DIR *d;

	child_pid = spawn_child();
	snprintf(path, sizeof(path), "/proc/%d", child_pid);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	fd = openat(dir, "status", O_RDONLY);
	slurp_path("/proc/thread-self/children");
	check("children has it", ({
		      char want[16];
		      snprintf(want, sizeof(want), "%d ", child_pid);
		      !strcmp(text, want);
	      }));
	check("a child's status", read(fd, &byte, 1) == 1 && byte == 'N');
	kill(child_pid, SIGKILL);
	waitid(P_PID, (id_t)child_pid, NULL, WEXITED | WNOWAIT);
	snprintf(path, sizeof(path), "/proc/%d/status", child_pid);
	slurp_path(path);
	check("a zombie", !strcmp(value("State"), "Z (zombie)") && !strstr(text, "VmSize"));
	reap(child_pid);
	check("gone: ESRCH", pread(fd, &byte, 1, 0) == -1 && errno == ESRCH);
	check("its directory: ESRCH", openat(dir, "stat", O_RDONLY) == -1 && errno == ESRCH);
	d = fdopendir(dup(dir));
	errno = 0;
	check("reading it: ENOENT", !readdir(d) && errno == ENOENT);
	closedir(d);
	want_pid(child_pid);
	again = spawn_child();
	check("another task with that number: still ESRCH",
	      pread(fd, &byte, 1, 0) == -1 && errno == ESRCH);
	check("nor is it in the old directory",
	      openat(dir, "stat", O_RDONLY) == -1 && errno == ESRCH);
	if (verbose)
		printf("     %d, then %d\n", child_pid, again);
	reap(again);
	close(fd);
	close(dir);
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	status();
	names();
	pieces();
	dead();
	directories();
	return failures;
}
