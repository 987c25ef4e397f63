/*
 * The files of /sys/kernel/tracing: names, what they show and take, errors, clearing, the marker,
 * trace_pipe.
 * test: linux=no (it would change what somebody traces there, and wants root)
 */
#include <dirent.h>
#include <sys/time.h>

#include "../../user/check.h"

#define DIR_ "/sys/kernel/tracing/"

static char text[1 << 20];

static char *slurp(const char *name)
{
	char path[64];
	ssize_t n, sum = 0;
	int fd;

	snprintf(path, sizeof(path), DIR_ "%s", name);
	fd = open(path, O_RDONLY);
	while ((n = read(fd, text + sum, sizeof(text) - 1 - (size_t)sum)) > 0)
		sum += n;
	close(fd);
	text[sum] = '\0';
	return text;
}

/* What writing says: 0 or errno. flags: O_TRUNC as >, O_APPEND as >>. */
static int put(const char *name, const char *what, int flags)
{
	char path[64];
	int fd, err;

	snprintf(path, sizeof(path), DIR_ "%s", name);
	fd = open(path, O_WRONLY | flags);
	if (fd < 0)
		return errno;
	err = write(fd, what, strlen(what)) == (ssize_t)strlen(what) ? 0 : errno ?: EIO;
	close(fd);
	errno = 0;
	return err;
}

static int shows(const char *name, const char *what)
{
	return !strcmp(slurp(name), what);
}

static int count(const char *all, const char *what)
{
	int n = 0;

	for (; (all = strstr(all, what)); all++)
		n++;
	return n;
}

static void test_names(void)
{
	static const char *const names[] = { "available_events", "buffer_size_kb", "profile",
					     "set_event",	 "trace",	   "trace_clock",
					     "trace_marker",	 "trace_pipe",	   "tracing_on" };
	int there = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[64];

		snprintf(path, sizeof(path), DIR_ "%s", names[i]);
		there += !access(path, F_OK);
	}
	check("the files are there", there == 9);
	check("set_event is empty", shows("set_event", ""));
	check("tracing_on is 1", shows("tracing_on", "1\n"));
	check("buffer_size_kb is 1024", shows("buffer_size_kb", "1024\n"));
	check("trace_clock is mono", shows("trace_clock", "[mono]\n"));
	check("trace begins with its tracer", !strncmp(slurp("trace"), "# tracer: nop\n", 14));
}

static void test_events(void)
{
	check("a group",
	      !put("set_event", "sched\n", O_TRUNC) && count(slurp("set_event"), "\n") == 7);
	check("all but one of it", !put("set_event", "!sched:sched_switch", O_APPEND) &&
					   count(slurp("set_event"), "\n") == 6);
	check("> empties", !put("set_event", "sched:sched_switch", O_TRUNC) &&
				   shows("set_event", "sched:sched_switch\n"));
	check(">> adds",
	      !put("set_event", "futex:* signal_deliver", O_APPEND) &&
		      shows("set_event",
			    "sched:sched_switch\nsignal:signal_deliver\nfutex:futex_wait\n"
			    "futex:futex_wake\nfutex:futex_requeue\n"));
	check("syscalls are raw_syscalls",
	      !put("set_event", "syscalls", O_TRUNC) &&
		      shows("set_event", "raw_syscalls:sys_enter\nraw_syscalls:sys_exit\n"));
	check("all", !put("set_event", "all", 0));
	{
		char *all = strdup(slurp("set_event"));

		check("all are the available ones", shows("available_events", all));
		free(all);
	}
}

static void test_errors(void)
{
	static const char *const events[] = { "nosuch", "sched:futex_wait", ":", "sched:sched",
					      "sched_switc", "tracing_mark_write", "profile", "!" };
	static const char *const sizes[] = { "0", "4097", "99999999999", "-1", "x", "", "4k" };
	int good = 0;

	put("set_event", "futex", O_TRUNC);
	for (size_t i = 0; i < 8; i++)
		good += put("set_event", events[i], O_APPEND) == EINVAL;
	check("unknown events are EINVAL", good == 8);
	check("and change nothing", count(slurp("set_event"), "\n") == 3);
	good = 0;
	for (size_t i = 0; i < 7; i++)
		good += put("buffer_size_kb", sizes[i], 0) == EINVAL;
	check("bad sizes are EINVAL", good == 7 && shows("buffer_size_kb", "1024\n"));
	check("tracing_on takes numbers", put("tracing_on", "x", 0) == EINVAL);
	check("profile takes 0 to 10000", put("profile", "10001", 0) == EINVAL &&
						  put("profile", "x", 0) == EINVAL &&
						  shows("profile", "0\n"));
	check("the clock cannot be changed", put("trace_clock", "local", 0) != 0);
	check("too long is EINVAL", put("set_event", memset(text, ' ', 4096), 0) == EINVAL);
	check("available_events is not for writing",
	      put("available_events", "sched", O_TRUNC) != 0 &&
		      count(slurp("set_event"), "\n") == 3);
	check("a bad pointer is EFAULT", ({
		      int fd = open(DIR_ "trace_marker", O_WRONLY);
		      int bad = write(fd, (void *)8, 10) < 0 && errno == EFAULT;

		      close(fd);
		      bad;
	      }));
	put("set_event", "", O_TRUNC);
	check("nothing is on", shows("set_event", ""));
}

static void test_marker(void)
{
	char *line;

	check("a smaller ring", !put("buffer_size_kb", "4", 0) && shows("buffer_size_kb", "4\n"));
	put("trace_marker", "one mark\n", 0);
	check("tracing off", !put("tracing_on", "0", 0) && shows("tracing_on", "0\n"));
	check("a mark is refused", put("trace_marker", "two", 0) == EBADF);
	put("tracing_on", "1", 0);
	put("trace_marker", "three", 0);
	line = strstr(slurp("trace"), "tracing_mark_write: one mark\n");
	check("trace shows the marks", line && strstr(line, "tracing_mark_write: three\n") &&
					       count(text, "mark_write") == 2 &&
					       !strstr(text, "<...>") && strstr(text, "2/2   #P"));
	memset(text, 'x', 3000);
	text[3000] = '\0';
	{
		int fd = open(DIR_ "trace_marker", O_WRONLY);
		ssize_t n = write(fd, text, 3000);

		close(fd);
		check("a long mark is cut, and the length says so", n > 500 && n < 1000);
	}
	check("> clears", !put("trace", "", O_TRUNC) && !strstr(slurp("trace"), "mark_write") &&
				  strstr(text, "0/0   #P"));
	for (int i = 0; i < 1000; i++)
		put("trace_marker", "again", 0);
	put("trace_marker", "last", 0);
	slurp("trace");
	check("a full ring drops the oldest, and counts",
	      count(text, ": again\n") > 50 && count(text, ": again\n") < 250 &&
		      strstr(text, "/1001   #P") && !strcmp(text + strlen(text) - 6, " last\n"));
	put("trace", "", O_TRUNC);
	check("a bigger one is empty",
	      !put("buffer_size_kb", "64", 0) && !strstr(slurp("trace"), "last"));
}

/* --- trace_pipe --- */

static void *mark_later(void *unused)
{
	moment();
	put("trace_marker", "from another thread", 0);
	return NULL;
}

static void on_alarm(int sig)
{
}

static void test_pipe(void)
{
	struct itimerval again = { { 0, 200000 }, { 0, 200000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct sigaction sa = { .sa_handler = on_alarm };
	int fd = open(DIR_ "trace_pipe", O_RDONLY), i;
	char line[256];
	pthread_t t;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	check("empty and O_NONBLOCK: EAGAIN", read(fd, line, sizeof(line)) < 0 && errno == EAGAIN);
	put("trace_marker", "first", 0);
	n = read(fd, line, 10);
	check("what was marked, in pieces", n == 10);
	n = read(fd, line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	check("the rest of it", n > 0 && strstr(line, ": first\n"));
	check("once", read(fd, line, sizeof(line)) < 0 && errno == EAGAIN);
	check("trace still has it", strstr(slurp("trace"), ": first\n") != NULL);
	fcntl(fd, F_SETFL, 0);
	t = spawn(mark_later, NULL);
	n = read(fd, line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	check("waits for more", n > 0 && strstr(line, ": from another thread\n"));
	pthread_join(t, NULL);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &again, NULL);	/* one may come before the wait */
	check("a signal ends the wait", read(fd, line, sizeof(line)) < 0 && errno == EINTR);
	setitimer(ITIMER_REAL, &off, NULL);
	put("buffer_size_kb", "4", 0);
	for (i = 0; i < 300; i++)
		put("trace_marker", "many", 0);
	put("tracing_on", "0", 0);
	for (i = 0; (n = read(fd, text + i, sizeof(text) - 1 - (size_t)i)) > 0;)
		i += (int)n;
	text[i] = '\0';
	check("ends when tracing is off", n == 0);
	check("says what was lost", !strncmp(text, "CPU:", 4) && strstr(text, " [LOST ") &&
					    count(text, ": many\n") > 50 &&
					    count(text, ": many\n") < 300);
	close(fd);
	put("tracing_on", "1", 0);
	put("buffer_size_kb", "1024", 0);
}

/* Samples while it is on, with this program's stack; none after that. */
static void test_profile(void)
{
	char *line;

	put("trace", "", O_TRUNC);
	check("the profiler is switched on",
	      !put("profile", "1000", 0) && shows("profile", "1000\n"));
	while (!(line = strstr(slurp("trace"), ": profile: user=0x")))
		compute(100000);
	check("a stack, outermost first", strchr(line, ';') && strstr(line, " kernel="));
	check("and off", !put("profile", "0", 0) && shows("profile", "0\n"));
	put("trace", "", O_TRUNC);
	for (double end = now() + 0.01; now() < end;)
		;
	check("no more samples", !strstr(slurp("trace"), ": profile:"));
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	test_names();
	test_events();
	test_errors();
	test_marker();
	test_pipe();
	test_profile();
	return failures;
}
