/*
 * The files of /proc that are about the system: their shapes, as parsers expect them, and what can
 * be checked against what a system call says.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "../../user/check.h"

static char text[1 << 17];

static const char *slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n, sum = 0;

	while (fd >= 0 && (n = read(fd, text + sum, sizeof(text) - 1 - (size_t)sum)) > 0)
		sum += n;
	text[sum] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static int is_line(const char *path, const char *want)
{
	char buf[300];

	snprintf(buf, sizeof(buf), "%s\n", want);
	return !strcmp(slurp(path), buf);
}

static long meminfo(const char *name)
{
	char *p = strstr(text, name);

	return p ? atol(p + strlen(name)) : -1;
}

static void names(void)
{
	struct utsname u;

	uname(&u);
	check("sys/kernel/hostname is uname's", is_line("/proc/sys/kernel/hostname", u.nodename));
	check("ostype, osrelease, version too",
	      is_line("/proc/sys/kernel/ostype", u.sysname) &&
		      is_line("/proc/sys/kernel/osrelease", u.release) &&
		      is_line("/proc/sys/kernel/version", u.version));
	check("/proc/version begins with them", ({
		      char want[200];
		      snprintf(want, sizeof(want), "%s version %s ", u.sysname, u.release);
		      !strncmp(slurp("/proc/version"), want, strlen(want));
	      }));
}

/* The reader is among those that run. The CPUs are counted one after the other, so a reader who is
 * moved meanwhile may be missed: not by ten readings. */
static int loadavg(void)
{
	int running, all, last, v[6], seen = 0;

	for (int i = 0; i < 10; i++) {
		if (sscanf(slurp("/proc/loadavg"), "%d.%d %d.%d %d.%d %d/%d %d\n", v, v + 1, v + 2,
			   v + 3, v + 4, v + 5, &running, &all, &last) != 9 ||
		    running < 0 || all < running || last <= 0)
			return 0;
		seen |= running >= 1;
	}
	return seen;
}

static void numbers(void)
{
	int v[4];
	struct sysinfo info;
	long total;

	check("uptime",
	      sscanf(slurp("/proc/uptime"), "%d.%d %d.%d\n", v, v + 1, v + 2, v + 3) == 4);
	check("loadavg", loadavg());
	sysinfo(&info);
	slurp("/proc/meminfo");
	total = (long)(info.totalram / 1024 * info.mem_unit);
	check("MemTotal is sysinfo's",
	      !strncmp(text, "MemTotal:", 9) && meminfo("MemTotal:") == total);
	check("MemFree, MemAvailable, SwapFree",
	      meminfo("\nMemFree:") > 0 && meminfo("\nMemFree:") < total &&
		      meminfo("\nMemAvailable:") > 0 && meminfo("\nSwapFree:") >= 0);
	check("Slab, KernelStack", meminfo("\nSlab:") > 0 && meminfo("\nKernelStack:") > 0);
}

/* Of the first lines of stat: user and system time of all CPUs, and the sum over each; their
 * number, or -1: not ten numbers in each. Returns what follows. */
static char *cpu_lines(unsigned long *all, unsigned long *sum, int *cpus)
{
	unsigned long v[10];
	char *p;

	*all = *sum = 0;
	*cpus = 0;
	slurp("/proc/stat");
	for (p = text; !strncmp(p, "cpu", 3) && strchr(p, '\n'); p = strchr(p, '\n') + 1) {
		if (sscanf(strchr(p, ' '), " %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu", v, v + 1,
			   v + 2, v + 3, v + 4, v + 5, v + 6, v + 7, v + 8, v + 9) != 10) {
			*cpus = -1;
			break;
		}
		if (p[3] == ' ') {
			*all = v[0] + v[2];
		} else {
			*sum += v[0] + v[2];
			++*cpus;
		}
	}
	return p;
}

/*
 * user nice system idle ...: ten numbers for all, and for each CPU; the first is the others' sum.
 * But it was made first, and the clocks went on: so the sum lies between that line and the next
 * reading's. Each number is rounded down.
 */
static void stat_file(void)
{
	unsigned long sum, all, later, ignored;
	volatile long spin = 0;
	int cpus, again;
	char *p;

	for (; spin < 3000000; spin++)
		;
	cpu_lines(&all, &sum, &cpus);
	p = cpu_lines(&later, &ignored, &again);
	check("stat: ten numbers for each CPU",
	      cpus == (int)sysconf(_SC_NPROCESSORS_ONLN) && again == cpus);
	check("which sum up", all <= sum + 2 * (unsigned long)cpus && sum <= later);
	check("intr, ctxt, btime, processes, procs_running, procs_blocked",
	      !strncmp(p, "intr ", 5) && strstr(p, "\nctxt ") && strstr(p, "\nbtime ") &&
		      strstr(p, "\nprocesses ") && strstr(p, "\nprocs_running ") &&
		      strstr(p, "\nprocs_blocked "));
}

/* One line of locks is "N: KIND  ADVISORY  WRITE PID MAJOR:MINOR:INODE START END". */
static int has_lock(const char *kind, ino_t ino, const char *range)
{
	char want[100];
	char *p;

	snprintf(want, sizeof(want), ": %s %d ", kind, (int)getpid());
	for (p = strstr(slurp("/proc/locks"), want); p; p = strstr(p + 1, want)) {
		unsigned int major, minor;
		unsigned long inode;
		char *rest = strchr(p + strlen(want), ' ');

		if (sscanf(p + strlen(want), "%x:%x:%lu", &major, &minor, &inode) == 3 &&
		    inode == ino && rest && !strncmp(rest + 1, range, strlen(range)) &&
		    rest[1 + strlen(range)] == '\n')
			return 1;
	}
	return 0;
}

static void locks(void)
{
	char path[32];
	int fd;
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5 };
	struct stat st;

	snprintf(path, sizeof(path), "/tmp/proc_system.%d", (int)getpid());
	fd = open(path, O_RDWR | O_CREAT, 0600);
	fstat(fd, &st);
	check("no lock yet", !has_lock("POSIX  ADVISORY  WRITE", st.st_ino, "10 14"));
	fcntl(fd, F_SETLK, &range);
	flock(fd, LOCK_SH);
	check("a byte range", has_lock("POSIX  ADVISORY  WRITE", st.st_ino, "10 14"));
	check("flock", has_lock("FLOCK  ADVISORY  READ", st.st_ino, "0 EOF"));
	range.l_start = 12;
	range.l_len = 1;
	range.l_type = F_UNLCK;
	fcntl(fd, F_SETLK, &range);
	check("cut in two", has_lock("POSIX  ADVISORY  WRITE", st.st_ino, "10 11") &&
				    has_lock("POSIX  ADVISORY  WRITE", st.st_ino, "13 14"));
	close(fd);
	check("gone with the file", !has_lock("POSIX  ADVISORY  WRITE", st.st_ino, "10 11") &&
					    !has_lock("FLOCK  ADVISORY  READ", st.st_ino, "0 EOF"));
	unlink(path);
}

/* Numbers are checked; what is constant cannot be written. */
static int write_to(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, what, strlen(what)) < 0)
		err = errno;
	close(fd);
	return err;
}

static void writes(void)
{
	int not_root = geteuid() != 0;

	check("a word for a number: EINVAL",
	      not_root || write_to("/proc/sys/kernel/pid_max", "many\n") == EINVAL);
	check("a number out of bounds: EINVAL",
	      not_root || write_to("/proc/sys/kernel/pid_max", "7\n") == EINVAL);
	check("a constant: refused", write_to("/proc/sys/kernel/ostype", "Unix\n") != 0);
	check("it is what it was", is_line("/proc/sys/kernel/ostype", "Linux"));
	check("a file that is only read: refused", write_to("/proc/uptime", "0\n") != 0);
	check("pid_max, threads-max: numbers",
	      atol(slurp("/proc/sys/kernel/pid_max")) > 300 &&
		      atol(slurp("/proc/sys/kernel/threads-max")) > 20);
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	names();
	numbers();
	stat_file();
	locks();
	writes();
	return failures;
}
