/*
 * share_random: what tasks share. One task makes others, and those make more, by clone() with
 * random flags: descriptors, folders, handlers, memory, the thread group, host name, numbers;
 * unshare() undoes some of it, or is refused. One does something at a time: it changes folder,
 * umask, a descriptor, a handler, a variable or the host name; then all say what they see. For
 * root: namespaces are new from the start, so that the machine keeps its name. test: timeout=120
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "differ.h"

#define STEPS 60
#define TASKS 8
#define STACK 16384
#define FD 60			/* the first of those that are opened and closed */
#define FDS 3
#define KINDS 4			/* of folders, handlers, names */

enum what { REPORT, UNSHARE, CLONE, CHDIR, UMASK, OPEN, CLOSE, HANDLER, VARIABLE, HOST, QUIT };

struct view {
	int folder, mask, fds[FDS], handler, variable, host, first, orphan, leader;
};

static struct task {
	int alive;		/* written by main alone, as what and arg */
	enum what what;
	unsigned long arg;
	int child;		/* CLONE: its place */
	long ret;
	struct view view;
} *tasks;			/* shared memory */

static const unsigned long flags_of_unshare[] = { CLONE_FILES,	CLONE_FS,     CLONE_SIGHAND,
						  CLONE_VM,	CLONE_THREAD, CLONE_SYSVSEM,
						  CLONE_NEWUTS, CLONE_NEWPID };
static const unsigned long flags_of_clone[] = { CLONE_FILES, CLONE_FS,	   CLONE_SIGHAND,
						CLONE_VM,    CLONE_THREAD, CLONE_SYSVSEM };
static const char *const folders[KINDS] = { "/", "/proc", "/dev", "/tmp" };
static const char *const hosts[KINDS] = { "start", "one", "two", "three" };
static int orders[TASKS][2], done[2];	/* pipes */
static char stacks[TASKS][STACK] __attribute__((aligned(16)));
static volatile int variable;

/* --- tasks --- */

static void handler_1(int sig)
{
}

static void handler_2(int sig)
{
}

static void (*const handlers[KINDS])(int) = { SIG_DFL, SIG_IGN, handler_1, handler_2 };

static int index_of(const char *const names[], const char *name)
{
	for (int i = 0; i < KINDS; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

static void look_around(struct view *v)
{
	struct sigaction sa = { 0 };
	struct utsname uts;
	char dir[256] = "";

	getcwd(dir, sizeof(dir));
	uname(&uts);
	sigaction(SIGUSR1, NULL, &sa);
	*v = (struct view){
		.folder = index_of(folders, dir),
		.host = index_of(hosts, uts.nodename),
		.variable = variable,
		.mask = (int)umask(0),
		.first = syscall(SYS_getpid) == 1,
		.orphan = !syscall(SYS_getppid),
		.leader = syscall(SYS_getpid) == syscall(SYS_gettid),
	};
	umask((mode_t)v->mask);
	for (int i = 0; i < FDS; i++)
		v->fds[i] = fcntl(FD + i, F_GETFD);
	while (v->handler < KINDS && handlers[v->handler] != sa.sa_handler)
		v->handler++;
}

static int run(void *arg);

static long obey(struct task *t)
{
	struct sigaction sa = { .sa_handler = handlers[t->arg % KINDS] };
	int i = (int)(t->arg % FDS);

	switch (t->what) {
	case UNSHARE:
		return syscall(SYS_unshare, t->arg);
	case CLONE:
		return clone(run, stacks[t->child] + STACK, (int)t->arg, &tasks[t->child]);
	case CHDIR:
		return chdir(folders[t->arg % KINDS]);
	case UMASK:
		return (long)umask((mode_t)t->arg % 512);
	case OPEN:
		return fcntl(FD + i, F_GETFD) < 0 ? dup2(done[0], FD + i)
						  : fcntl(FD + i, F_SETFD, FD_CLOEXEC);
	case CLOSE:
		return close(FD + i);
	case HANDLER:
		return sigaction(SIGUSR1, &sa, NULL);
	case VARIABLE:
		return variable = (int)t->arg;
	case HOST:
		return syscall(SYS_sethostname, hosts[t->arg % KINDS],
			       strlen(hosts[t->arg % KINDS]));
	default:
		return 0;
	}
}

static int run(void *arg)
{
	struct task *t = arg;
	char c;

	while (read(orders[t - tasks][0], &c, 1) == 1 && t->what != QUIT) {
		errno = 0;
		t->ret = obey(t);
		t->ret = t->ret < 0 ? -errno : t->ret;
		look_around(&t->view);
		(void)!write(done[1], &c, 1);
	}
	syscall(SYS_exit_group, 0);
	return 0;
}

/* --- the one who tells them --- */

static long tell(int i, enum what what, unsigned long arg)
{
	char c = 0;

	tasks[i].what = what;
	tasks[i].arg = arg;
	(void)!write(orders[i][1], &c, 1);
	if (what != QUIT)
		(void)!read(done[0], &c, 1);
	return tasks[i].ret;
}

static void show(int i)
{
	const struct view *v = &tasks[i].view;

	note("  %d: %s mask %o fds %d %d %d handler %d variable %d host %d, %d %d %d", i,
	     folders[v->folder & 3], (unsigned int)v->mask, v->fds[0], v->fds[1], v->fds[2],
	     v->handler, v->variable, v->host, v->first, v->orphan, v->leader);
}

static unsigned long random_flags(const unsigned long *some, size_t n)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < n; i++)
		flags |= chance(3) ? some[i] : 0;
	return flags;
}

static int free_place(void)
{
	int i = 0;

	while (i < TASKS && tasks[i].alive)
		i++;
	return i;
}

static void make(int i)
{
	unsigned long flags = random_flags(flags_of_clone, COUNT(flags_of_clone));
	int child = free_place();
	long ret;

	if (child == TASKS)
		return;
	if (chance(4))
		flags |= chance(2) ? CLONE_NEWPID : CLONE_NEWUTS;
	if (!chance(6)) {		/* mostly what belongs together */
		flags |= flags & CLONE_THREAD ? CLONE_SIGHAND : 0;
		flags |= flags & CLONE_SIGHAND ? CLONE_VM : 0;
	}
	tasks[i].child = child;
	ret = tell(i, CLONE, flags | (flags & CLONE_THREAD ? 0 : SIGCHLD));
	note("%d makes %d, %lx: %ld", i, child, flags, ret < 0 ? ret : 0);
	tasks[child].alive = ret > 0;
}

static void step(void)
{
	static const enum what some[] = { UNSHARE, UNSHARE,  UNSHARE, CLONE, CLONE, CHDIR,
					  CHDIR,   UMASK,    OPEN,    OPEN,  CLOSE, HANDLER,
					  HANDLER, VARIABLE, HOST,    HOST };
	static const unsigned long odd[] = { 0,		CLONE_VFORK,  1,
					     1UL << 32, CLONE_PARENT, CLONE_SETTLS };
	enum what what = PICK(some);
	unsigned long arg = random_below(1000);
	int i = (int)random_below(TASKS);

	while (!tasks[i].alive)
		i = (i + 1) % TASKS;
	if (what == CLONE) {
		make(i);
	} else {
		if (what == UNSHARE)
			arg = random_flags(flags_of_unshare, COUNT(flags_of_unshare)) &
			      random_flags(flags_of_unshare, COUNT(flags_of_unshare));
		if (what == UNSHARE && chance(12))
			arg |= PICK(odd);
		note("%d does %d, %lx: %ld", i, what, arg, tell(i, what, arg));
	}
	for (i = 0; i < TASKS; i++)
		if (tasks[i].alive) {
			tell(i, REPORT, 0);
			show(i);
		}
}

/* They take turns all the time: on one CPU nobody waits for an interrupt from another. */
static void stay_on_one_cpu(void)
{
	unsigned long mask[16] = { 0 };

	if (syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask) > 0 && mask[0]) {
		mask[0] &= -mask[0];
		syscall(SYS_sched_setaffinity, 0, sizeof(*mask), mask);
	}
}

static void experiment(void)
{
	stay_on_one_cpu();
	tasks = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (syscall(SYS_unshare, CLONE_NEWUTS | CLONE_NEWPID) ||
	    syscall(SYS_sethostname, hosts[0], strlen(hosts[0])) || pipe(done))
		_exit(94);
	for (int i = 0; i < TASKS; i++)
		if (pipe(orders[i]))
			_exit(95);
	umask(022);
	chdir("/");
	if (!fork())
		run(&tasks[0]);
	tasks[0].alive = 1;
	for (int i = 0; i < STEPS; i++)
		step();
	for (int i = 0; i < TASKS; i++)
		tell(i, QUIT, 0);
	while (syscall(SYS_wait4, -1, NULL, __WALL, NULL) > 0 || errno == EINTR)
		;
}

int main(int argc, char **argv)
{
	return differ_main(argc, argv, 60, experiment);
}
