/*
 * Reads /proc while what it shows comes and goes: threads, processes, programs and names change all
 * the time, on the other CPU if there is one, and every file that can be read must be whole: all
 * its lines of the right shape, from the first to the last, about the task it was opened for; or
 * say ESRCH or ENOENT. And a thread that lives all the while is in every listing of its process,
 * once.
 *
 *	proc_churn [READS]	(1000; boot/proc-churn: a million) test: timeout=120 not=pct
 */
#include <dirent.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

#include "../../user/check.h"

#define STAYERS 40

static volatile int *stop;	/* shared with the process that makes processes */
static char text[65536];
static unsigned int seed = 1;
static long reads, gone, listings;
static int bad;
static int exact;	/* on Bobbin: Linux shows half of one name and half of another */

static void complain(const char *path, const char *what)
{
	if (bad++ < 5)
		printf("FAIL %s: %s\n---\n%.300s\n---\n", path, what, text);
}

/* --- what changes --- */

static void *ephemeral(void *arg)
{
	return arg;
}

static void *make_threads(void *arg)
{
	pthread_t t[3];

	while (!*stop) {
		for (int i = 0; i < 3; i++)
			t[i] = spawn(ephemeral, NULL);
		for (int i = 0; i < 3; i++)
			pthread_join(t[i], NULL);
	}
	return NULL;
}

static void *pauser(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static char *self;
static void *executor(void *arg)
{
	execl(self, self, "leave", (char *)NULL);
	return NULL;
}

/* Some end by themselves, some are killed with their threads, some execute a program, from their
 * first thread or from another, which then takes the first one's number. */
static void child(int kind)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* none is left behind */
	if (kind == 0)
		_exit(0);
	for (int i = 0; kind != 2 && i < 3; i++)
		spawn(pauser, NULL);
	if (kind == 2)
		executor(NULL);
	if (kind == 3)
		spawn(executor, NULL);
	if (kind == 1)
		_exit(1);
	for (;;)
		pause();
}

/* A process of its own: what happens to the numbers of its children is nobody else's concern. */
static void make_processes(void)
{
	for (int i = 0; !*stop; i++) {
		pid_t pid = fork();

		if (pid == 0)
			child(i % 5);
		if (i % 5 == 4)
			kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	_exit(0);
}

static volatile pid_t changer;
static void *change_name(void *arg)
{
	changer = my_tid();
	while (!*stop) {
		prctl(PR_SET_NAME, "aaaaaaaaaaaaaaa");
		prctl(PR_SET_NAME, "bbbbbbbbbbbbbbb");
	}
	return NULL;
}

/* --- what a file must look like --- */

static int count(const char *p, char c)
{
	int n = 0;

	while (*p)
		n += *p++ == c;
	return n;
}

static int nr_digits(const char *p)
{
	return (int)strspn(p, "0123456789");
}

/* "-12 3 456": n numbers. */
static int numbers(const char *p, int n)
{
	for (int i = 0; i < n; i++) {
		p += *p == '-';
		if (!nr_digits(p))
			return 0;
		p += nr_digits(p);
		if (*p++ != (i == n - 1 ? '\n' : ' '))
			return 0;
	}
	return !*p;
}

static int name_ok(const char *p, size_t len)
{
	if (*p == 'a' || *p == 'b')
		return len == 15 && strspn(p, !exact ? "ab" : *p == 'a' ? "a" : "b") == 15;
	return len > 0 && len < 16;
}

static int stat_ok(int tid)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');

	return atoi(text) == tid && open && close &&
	       name_ok(open + 1, (size_t)(close - open - 1)) && close[1] == ' ' &&
	       strchr("RSDTtZXPI", close[2]) && close[3] == ' ' && numbers(close + 4, 49);
}

static int status_ok(int tid)
{
	char want[32], *end = text + strlen(text), *p = text;

	snprintf(want, sizeof(want), "\nPid:\t%d\n", tid);
	if (strncmp(text, "Name:\t", 6) || !name_ok(text + 6, strcspn(text + 6, "\n")) ||
	    !strstr(text, want) || !strstr(text, "\nnonvoluntary_ctxt_switches:\t") ||
	    end[-1] != '\n')
		return 0;
	for (; p < end; p = strchr(p, '\n') + 1) {
		char *colon = strchr(p, ':');

		if (!colon || colon > strchr(p, '\n') || colon[1] != '\t')
			return 0;
	}
	/* A process has all lines about its memory or none. */
	return !strstr(text, "\nVmPeak:") == !strstr(text, "\nVmSwap:");
}

static int statm_ok(int tid)
{
	return numbers(text, 7);
}

static int limits_ok(int tid)
{
	return count(text, '\n') == 17 && strstr(text, "\nMax realtime timeout ");
}

static int maps_ok(int tid)
{
	unsigned long start, end, last = 0;

	for (char *p = text; *p; p = strchr(p, '\n') + 1) {
		if (!strchr(p, '\n') || sscanf(p, "%lx-%lx ", &start, &end) != 2 || start >= end ||
		    start < last)
			return 0;
		last = end;
	}
	return 1;
}

static int syscall_ok(int tid)
{
	int blanks = count(text, ' ');

	return count(text, '\n') == 1 && text[strlen(text) - 1] == '\n' &&
	       (!strcmp(text, "running\n") ||
		(blanks == (*text == '-' ? 2 : 8) && count(text, 'x') == blanks));
}

static int stack_ok(int tid)
{
	for (char *p = text; *p; p = strchr(p, '\n') + 1)
		if (strncmp(p, "[<0>] ", 6) || !strchr(p, '\n') || !strchr(p, '+'))
			return 0;
	return 1;
}

static int word_ok(int tid)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.") ==
	       strlen(text);
}

static int comm_ok(int tid)
{
	return name_ok(text, strlen(text) - 1) && text[strlen(text) - 1] == '\n';
}

static const struct {
	const char *name;
	int (*ok)(int tid);
} files[] = {
	{ "stat", stat_ok },  { "status", status_ok },	 { "statm", statm_ok },
	{ "comm", comm_ok },  { "limits", limits_ok },	 { "maps", maps_ok },
	{ "wchan", word_ok }, { "syscall", syscall_ok }, { "stack", stack_ok },
};

/* --- the reader --- */

/* In pieces of odd sizes, with a seek back to the start in between now and then. */
static ssize_t read_all(int fd)
{
	size_t piece = rand_r(&seed) % 4 ? 1 + (size_t)rand_r(&seed) % 2000 : sizeof(text) - 1,
	       sum = 0;
	int seek = rand_r(&seed) % 8 == 0;
	ssize_t n;

	while ((n = read(fd, text + sum,
			 piece < sizeof(text) - 1 - sum ? piece : sizeof(text) - 1 - sum)) > 0) {
		sum += (size_t)n;
		if (seek)
			sum = (size_t)lseek(fd, 0, SEEK_SET);
		seek = 0;
	}
	text[sum] = '\0';
	return n < 0 ? -errno : (ssize_t)sum;
}

static void read_file(int pid, int tid)
{
	size_t i = (size_t)rand_r(&seed) % (sizeof(files) / sizeof(*files));
	char path[80];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path),
		 rand_r(&seed) % 2 || pid != tid ? "/proc/%d/task/%d/%s" : "/proc/%d/../%d/%s", pid,
		 tid, files[i].name);
	reads++;
	fd = open(path, O_RDONLY);
	if (fd < 0) {
		/* EACCES: stack, on a Linux where we are not root */
		if (errno != ENOENT && errno != ESRCH && errno != EACCES)
			complain(path, strerror(errno));
		gone++;
		return;
	}
	n = read_all(fd);
	if (n == -ESRCH || n == -EPERM ||
	    n == -EACCES) /* EPERM: Linux, of a task that is executing */
		gone++;
	else if (n < 0)
		complain(path, strerror((int)-n));
	else if (!(n == 0 && strcmp(files[i].name, "stat") && strcmp(files[i].name, "status")) &&
		 !files[i].ok(tid))
		complain(path, "not whole");
	close(fd);
}

/* The numbers in a directory, read in small pieces. Up to max. */
static int list(const char *path, int *numbers, int max)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY), n = 0;
	size_t size = 100 + (size_t)rand_r(&seed) % 400;
	char buf[512] __attribute__((aligned(8)));
	long got;

	while (fd >= 0 && (got = syscall(SYS_getdents64, fd, buf, size)) > 0)
		for (char *p = buf; p < buf + got; p += ((struct dirent *)p)->d_reclen)
			if (nr_digits(((struct dirent *)p)->d_name) && n < max)
				numbers[n++] = atoi(((struct dirent *)p)->d_name);
	if (fd >= 0)
		close(fd);
	return n;
}

static int in(const int *numbers, int n, int x)
{
	int times = 0;

	for (int i = 0; i < n; i++)
		times += numbers[i] == x;
	return times;
}

static pid_t stayers[STAYERS], churner;

static void *stay(void *arg)
{
	stayers[(long)arg] = my_tid();
	return pauser(NULL);
}

/* Linux goes on from a count when the thread it stopped at has ended, and may leave one out. */
static void check_listing(void)
{
	static int tids[4096];
	int n = list("/proc/self/task", tids, 4096);

	listings++;
	for (int i = 0; i < STAYERS && exact; i++)
		if (in(tids, n, stayers[i]) != 1) {
			snprintf(text, sizeof(text), "%d is there %d times", (int)stayers[i],
				 in(tids, n, stayers[i]));
			complain("/proc/self/task", "a thread that stays");
		}
	read_file(getpid(), changer);
	/* Those that come and go stand at the end. */
	for (int i = 0; i < n && i < 32; i++)
		read_file(getpid(),
			  tids[i % 4 ? n - 1 - i / 4 % (n < 4 ? n : 4)
				     : (int)((unsigned int)rand_r(&seed) % (unsigned int)n)]);
}

static int is_child(int pid)
{
	char path[32], line[512] = "", *end;
	int fd, ok;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	ok = fd >= 0 && read(fd, line, sizeof(line) - 1) > 0 && (end = strrchr(line, ')')) &&
	     atoi(end + 4) == churner;
	if (fd >= 0)
		close(fd);
	return ok || pid == churner;
}

/* The processes that come and go, and their threads. */
static void check_processes(void)
{
	static int pids[4096], tids[64];
	int n = list("/proc", pids, 4096), k;
	char path[32];

	listings++;
	if (exact &&
	    (in(pids, n, getpid()) != 1 || in(pids, n, 1) != 1 || in(pids, n, churner) != 1))
		complain("/proc", "a process that stays");
	for (int i = 0; i < n; i++) {
		if (pids[i] < churner || !is_child(pids[i]))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task", pids[i]);
		k = list(path, tids, 64);
		for (int j = 0; j < k; j++)
			read_file(pids[i], tids[j]);
		read_file(pids[i], pids[i]);
	}
}

int main(int argc, char **argv)
{
	long wanted = argc > 1 && nr_digits(argv[1]) ? atol(argv[1]) : 1000;
	pthread_t t[2];
	struct utsname uts;

	self = argv[0];
	if (argc > 1 && !strcmp(argv[1], "leave"))
		return 7;
	uname(&uts);
	exact = !!strstr(uts.release, "bobbin");
	stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	churner = fork();
	if (churner == 0)
		make_processes();
	for (long i = 0; i < STAYERS; i++)
		spawn(stay, (void *)i);
	for (int i = 0; i < STAYERS; i++)
		while (!stayers[i])
			moment();
	t[0] = spawn(make_threads, NULL);
	t[1] = spawn(change_name, NULL);
	while (!changer)
		moment();
	while (reads < wanted && !bad) {
		check_listing();
		check_processes();
	}
	*stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	/* not killed: its child might wait for its SIGKILL for ever */
	waitpid(churner, NULL, 0);
	if (argc > 1)
		printf("%ld reads, %ld of tasks that had gone; %ld listings\n", reads, gone,
		       listings);
	check("every file whole, every listing complete", !bad);
	return failures;
}
