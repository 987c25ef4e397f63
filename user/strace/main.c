/*
 * strace [-f] [-c] [-w] [-e trace=LIST] [-p PID] [-o FILE] [-s SIZE] [COMMAND [ARG...]]
 *
 * Shows the system calls and signals of a command, or of a process that runs already.
 *
 *	-f		also of the threads and processes it makes
 *	-c		count them instead; -w: by the time on the clock, not the system's
 *	-e trace=LIST	only these: names, or %file %desc %memory %process %signal; !: all others
 *	-p PID		attach to PID (with -f: to all its threads)
 *	-o FILE		write there, not to standard error
 *	-s SIZE		so many bytes of a string, not 32
 *
 * Tracees are seized (PTRACE_SEIZE): a stop by a signal (^Z) stays one, and when we die they go on.
 */
#include <dirent.h>
#include <fcntl.h>

#include "strace.h"

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC)
#define FOLLOW	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

int nr_tracees;
static struct tracee *tracees;
static bool follow, counting, by_clock;
static pid_t command_pid;
static int command_status;
static volatile sig_atomic_t interrupted;

static void __attribute__((noreturn)) die(const char *what, const char *why)
{
	fprintf(stderr, "strace: %s: %s\n", what, why);
	exit(1);
}

/* --- the tracees --- */

static struct tracee *find(pid_t pid)
{
	struct tracee *t = tracees;

	while (t && t->pid != pid)
		t = t->next;
	return t;
}

static struct tracee *add(pid_t pid)
{
	struct tracee *t = calloc(1, sizeof(*t));

	if (!t)
		die("memory", strerror(ENOMEM));
	t->pid = pid;
	t->nr = -1;
	t->next = tracees;
	tracees = t;
	nr_tracees++;
	return t;
}

static void drop(struct tracee *t)
{
	struct tracee **link = &tracees;

	forget_line(t);
	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	nr_tracees--;
	free(t);
}

static bool shown(const struct tracee *t)
{
	return !counting && !t->hidden;
}

static void resume(struct tracee *t, int sig)
{
	ptrace(PTRACE_SYSCALL, t->pid, 0L, (long)sig); /* ESRCH: killed meanwhile */
}

/* --- system calls --- */

static void put_result(struct tracee *t, const struct ptrace_syscall_info *info)
{
	static const char *const restarts[] = {
		"ERESTARTSYS (To be restarted if SA_RESTART is set)",
		"ERESTARTNOINTR (To be restarted)",
		"ERESTARTNOHAND (To be restarted if no handler)",
		"",
		"ERESTART_RESTARTBLOCK (Interrupted by signal)",
	};
	unsigned long value = info->exit.rval, error = -value;
	int kind = t->nr < NR_CALLS && sysents[t->nr].name ? sysents[t->nr].result : DEC;

	align_result();
	if (info->exit.is_error && error >= 512 && error - 512 < ARRAY_SIZE(restarts))
		put("? %s", restarts[error - 512]);
	else if (info->exit.is_error && error_name((int)error))
		put("-1 %s (%s)", error_name((int)error), strerror((int)error));
	else if (info->exit.is_error)
		put("-1 %lu (errno)", error);
	else
		put(kind == HEX ? "%#lx" : kind == OCTAL ? "0%lo" : "%ld", value);
}

static void enter(struct tracee *t, const struct ptrace_syscall_info *info)
{
	struct call c = { .t = t };

	t->nr = (long)info->entry.nr;
	memcpy(t->args, info->entry.args, sizeof(t->args));
	t->sp = info->stack_pointer;
	t->printed = 0;
	if (t->nr == __NR_execve)
		t->hidden = 0;
	if (!shown(t) || !chosen(t->nr))
		return;
	begin_line(t);
	put("%s(", call_name(t->nr));
	put_args(&c);
	if (t->nr >= 0 && t->nr < NR_CALLS && sysents[t->nr].result == NEVER) {
		put(")");
		align_result();
		put("?");
		end_line();
	}
}

static void leave(struct tracee *t, const struct ptrace_syscall_info *info,
		  const struct timespec *ended)
{
	struct call c = { .t = t,
			  .exiting = true,
			  .failed = info->exit.is_error,
			  .result = (long)info->exit.rval };

	if (t->nr < 0)
		return;
	if (counting && !t->hidden && chosen(t->nr))
		count_call(t->nr, c.failed, &t->began, ended);
	if (shown(t) && chosen(t->nr)) {
		if (!begin_line(t))
			put("<... %s resumed>", call_name(t->nr));
		put_args(&c);
		put(")");
		put_result(t, info);
		if ((t->nr == __NR_poll || t->nr == __NR_ppoll) && c.result > 0)
			put_polled(&c);
		end_line();
	}
	t->nr = -1;
}

static void on_syscall(struct tracee *t, const struct rusage *ru)
{
	struct timespec now = { ru->ru_stime.tv_sec, ru->ru_stime.tv_usec * 1000 };
	struct ptrace_syscall_info info;

	if (by_clock)
		clock_gettime(CLOCK_MONOTONIC, &now);
	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		enter(t, &info);
		t->began = now;
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		leave(t, &info, &now);
	}
}

/* --- other stops --- */

static void on_signal(struct tracee *t, int sig)
{
	siginfo_t info;

	if (!shown(t))
		return;
	begin_line(t);
	put("--- ");
	put_signal(sig);
	if (!ptrace(PTRACE_GETSIGINFO, t->pid, 0L, &info)) {
		put(" ");
		put_siginfo(&info);
	}
	put(" ---");
	end_line();
}

/* A thread executed a program and has the number of its leader now, which is gone. */
static void on_exec(struct tracee *t)
{
	unsigned long old = 0;
	struct tracee *thread;

	ptrace(PTRACE_GETEVENTMSG, t->pid, 0L, &old);
	thread = find((pid_t)old);
	if (!thread || thread == t)
		return;
	if (shown(t)) {
		begin_line(t);
		put("+++ superseded by execve in pid %d +++", thread->pid);
		end_line();
	}
	thread->pid = t->pid;
	t->pid = 0;
	drop(t);
	resume(thread, 0);
}

static void on_end(struct tracee *t, int status)
{
	if (t->pid == command_pid)
		command_status = status;
	if (shown(t)) {
		if (t->nr >= 0 && chosen(t->nr) && !line_is_open(t) &&
		    sysents[t->nr].result != NEVER) {
			begin_line(t);
			put("<... %s resumed>)", call_name(t->nr));
			align_result();
			put("?");
			end_line();
		}
		forget_line(t);
		begin_line(t);
		if (WIFEXITED(status)) {
			put("+++ exited with %d +++", WEXITSTATUS(status));
		} else {
			put("+++ killed by ");
			put_signal(WTERMSIG(status));
			put("%s +++", WCOREDUMP(status) ? " (core dumped)" : "");
		}
		end_line();
	}
	drop(t);
}

static void on_stop(struct tracee *t, int status, const struct rusage *ru)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_STOP && sig != SIGTRAP) { /* it stays stopped until SIGCONT */
		if (shown(t)) {
			begin_line(t);
			put("--- stopped by ");
			put_signal(sig);
			put(" ---");
			end_line();
		}
		ptrace(PTRACE_LISTEN, t->pid, 0L, 0L);
		return;
	}
	if (event == PTRACE_EVENT_EXEC) {
		pid_t pid = t->pid;

		on_exec(t);
		if (find(pid) != t) /* t is gone, and its successor goes on */
			return;
	} else if (sig == (SIGTRAP | 0x80)) {
		on_syscall(t, ru);
	} else if (!event) {
		on_signal(t, sig);
	}
	resume(t, event || sig == (SIGTRAP | 0x80) ? 0 : sig);
}

static void trace(void)
{
	while (tracees && !interrupted) {
		struct tracee *t;
		struct rusage ru;
		int status;
		pid_t pid = wait4(-1, &status, __WALL, &ru);

		if (pid < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		t = find(pid);
		if (!t && WIFSTOPPED(status)) {
			t = add(pid);
			note("attached", t);
		}
		if (t && WIFSTOPPED(status))
			on_stop(t, status, &ru);
		else if (t)
			on_end(t, status);
	}
}

/* --- how it begins --- */

static void seize(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, 0L, OPTIONS | (follow ? FOLLOW : 0L)))
		die("PTRACE_SEIZE", strerror(errno));
}

static void attach_one(pid_t pid)
{
	seize(pid);
	ptrace(PTRACE_INTERRUPT, pid, 0L, 0L);
	note("attached", add(pid));
}

static void attach(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = follow ? opendir(path) : NULL;
	if (!dir) {
		attach_one(pid);
		return;
	}
	while ((entry = readdir(dir)))
		if (atoi(entry->d_name) > 0)
			attach_one(atoi(entry->d_name));
	closedir(dir);
}

/* As the shell would find it. */
static const char *find_program(const char *name)
{
	static char path[4096];
	const char *p = getenv("PATH");

	if (strchr(name, '/'))
		return name;
	for (p = p ? p : "/bin"; *p; p += strcspn(p, ":"), p += *p == ':') {
		snprintf(path, sizeof(path), "%.*s/%s", (int)strcspn(p, ":"), p, name);
		if (!access(path, X_OK))
			return path;
	}
	die(name, strerror(ENOENT));
}

/* The command waits for us, stopped, before it becomes what it is to be. */
static void start(char **argv)
{
	const char *program = find_program(argv[0]);
	int status;

	command_pid = fork();
	if (command_pid < 0)
		die("fork", strerror(errno));
	if (command_pid == 0) {
		raise(SIGSTOP);
		execv(program, argv);
		die(program, strerror(errno));
	}
	waitpid(command_pid, &status, WUNTRACED);
	seize(command_pid);
	add(command_pid)->hidden = 1;
	kill(command_pid, SIGCONT);
	signal(SIGINT, SIG_IGN); /* the terminal's are meant for the command */
	signal(SIGQUIT, SIG_IGN);
}

static void interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static void catch_interrupts(void)
{
	struct sigaction sa = { .sa_flags = 0 }; /* wait4 is to end */

	sa.sa_handler = interrupt;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static void __attribute__((noreturn)) usage(void)
{
	fputs("usage: strace [-f] [-c] [-w] [-e trace=LIST] [-p PID] [-o FILE] [-s SIZE] [COMMAND "
	      "[ARG...]]\n",
	      stderr);
	exit(2);
}

static FILE *open_output(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file)
		die(name, strerror(errno));
	return file;
}

/* As the command ended, so do we. */
static int end_like_command(void)
{
	if (WIFSIGNALED(command_status)) {
		signal(WTERMSIG(command_status), SIG_DFL);
		raise(WTERMSIG(command_status));
	}
	return WEXITSTATUS(command_status);
}

int main(int argc, char **argv)
{
	FILE *file = stderr;
	pid_t pids[16];
	int nr_pids = 0, option;

	while ((option = getopt(argc, argv, "+fcwe:p:o:s:")) != -1) {
		switch (option) {
		case 'f':
			follow = true;
			break;
		case 'c':
			counting = true;
			break;
		case 'w':
			by_clock = true;
			break;
		case 'o':
			file = open_output(optarg);
			break;
		case 's':
			max_string = (size_t)atoi(optarg);
			break;
		case 'e':
			if (!choose_calls(strncmp(optarg, "trace=", 6) ? optarg : optarg + 6))
				die(optarg, "no such call");
			break;
		case 'p':
			if (nr_pids == ARRAY_SIZE(pids))
				usage();
			pids[nr_pids++] = atoi(optarg);
			break;
		default:
			usage();
		}
	}
	if (!nr_pids == (optind == argc))
		usage();
	output_to(file, file != stderr && follow);
	if (nr_pids)
		catch_interrupts();
	for (int i = 0; i < nr_pids; i++)
		attach(pids[i]);
	if (!nr_pids)
		start(argv + optind);
	trace();
	for (struct tracee *t = tracees; t; t = t->next) /* our end sets them free */
		note("detached", t);
	if (counting)
		print_counts(file);
	return end_like_command();
}
