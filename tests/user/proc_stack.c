/*
 * /proc/PID/stack, syscall and wchan of a task that sleeps, one that computes in user mode, one
 * that computes in the kernel on another CPU, and the reader itself. Linux's functions have other
 * names, and it shows nothing of tasks that run. test: linux=no
 */
#include "../../user/check.h"

static volatile int stop;
static volatile pid_t tid[3];
static int fds[2];
static char text[8192];

static const char *slurp(pid_t t, const char *what)
{
	char path[64];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", (int)t, what);
	fd = open(path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

static void *sleeper(void *arg)
{
	char c;

	tid[0] = my_tid();
	syscall(SYS_read, fds[0], &c, 1L);
	return NULL;
}

static void *computer(void *arg)
{
	tid[1] = my_tid();
	while (!stop)
		;
	return NULL;
}

static void *caller(void *arg)
{
	static char buf[1 << 20];
	int zero = open("/dev/zero", O_RDONLY);

	tid[2] = my_tid();
	while (!stop)
		syscall(SYS_read, zero, buf, sizeof(buf));
	close(zero);
	return NULL;
}

/* Every line is "[<0>] name+0x12/0x34", or an address where no name is known. */
static int well_formed(void)
{
	for (char *p = text; *p; p = strchr(p, '\n') + 1) {
		unsigned int off, size;
		char *plus = strchr(p, '+');

		if (strncmp(p, "[<0>] ", 6) || !strchr(p, '\n') || !plus ||
		    sscanf(plus, "+0x%x/0x%x\n", &off, &size) != 2 || off > size)
			return printf("?? %s", p), 0;
	}
	return 1;
}

/*
 * A child stops and says so to us, who run before it does anything more: it is preempted before it
 * has called the scheduler. What it waits for is nothing yet, and no function of the scheduler.
 */
static void preempted_sleeper(void)
{
	struct sched_param param = { 10 };
	unsigned long cpu = 1;
	char path[64];
	pid_t pid;
	int status, fd;

	syscall(SYS_sched_setaffinity, 0, sizeof(cpu), &cpu);
	syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param);
	pid = fork();
	if (pid == 0) {
		param.sched_priority = 0;
		syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &param);
		for (;;)
			raise(SIGSTOP);
	}
	waitpid(pid, &status, WUNTRACED);
	snprintf(path, sizeof(path), "/proc/%d/wchan", (int)pid);
	fd = open(path, O_RDONLY);
	text[read(fd, text, sizeof(text) - 1)] = '\0';
	close(fd);
	check("preempted on its way to sleep: wchan 0", WIFSTOPPED(status) && !strcmp(text, "0"));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

int main(int argc, char **argv)
{
	pthread_t t[3];
	char want[80];
	int ok = 1, seen = 0;

	begin(argc, argv);
	check("pipe", pipe(fds) == 0);
	t[0] = spawn(sleeper, NULL);
	t[1] = spawn(computer, NULL);
	t[2] = spawn(caller, NULL);
	for (int i = 0; i < 3; i++)
		while (!tid[i])
			moment();
	await_state(tid[0], 'S');
	check("asleep: schedule, the pipe, sys_read",
	      strstr(slurp(tid[0], "stack"), " schedule+") && strstr(text, " pipe_") &&
		      strstr(text, " sys_read+") && well_formed());
	if (verbose)
		printf("%s", text);
	check("wchan", *slurp(tid[0], "wchan") && strcmp(text, "0"));
	snprintf(want, sizeof(want), "%d 0x%x 0x", SYS_read, fds[0]);
	check("syscall: read and its descriptor",
	      !strncmp(slurp(tid[0], "syscall"), want, strlen(want)));
	check("which ends with sp and ip", ({
		      unsigned long v[8];
		      int n;
		      sscanf(text, "%d 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx", &n, v,
			     v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7) == 9 &&
			      v[2] == 1 && v[6] && v[7];
	      }));
	/* It may be interrupted in the kernel too, on its way out: then there are lines. */
	for (int i = 0; i < 50 && ok; i++)
		ok = (!*slurp(tid[1], "stack") || well_formed());
	check("computing in user mode: nothing, or well formed", ok);
	check("syscall: running", !strcmp(slurp(tid[1], "syscall"), "running\n"));
	check("wchan: 0", !strcmp(slurp(tid[1], "wchan"), "0"));
	while (!seen && ok) {
		ok = (!*slurp(tid[2], "stack") || well_formed());
		seen = !!strstr(text, " sys_read+");
		if (!seen)
			moment();
	}
	check("computing in the kernel: sys_read", ok && seen);
	if (verbose)
		printf("%s", text);
	check("my own: the way to here", strstr(slurp(my_tid(), "stack"), " proc_stack_show+") &&
						 strstr(text, " sys_read+") && well_formed());
	check("syscall: read", !strncmp(slurp(my_tid(), "syscall"), "0 0x", 4));
	stop = 1;
	check("write", write(fds[1], "x", 1) == 1);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	preempted_sleeper();
	return failures;
}
