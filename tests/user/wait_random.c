/*
 * wait_random: random calls of wait4 and waitid. An experiment has children of several kinds, with
 * SIGCHLD or another exit signal, in its process group or their own, some with a child that it
 * inherits from them, one whose first thread has ended. They exit, are killed, stop and go on, each
 * time for certain before the next call, and what is asked about them never waits.
 * test: timeout=120
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "differ.h"

#define MANY 12
#define STEPS 60
#define BAD ((void *)8)
#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif

enum state { NOBODY, RUNS, STOPPED, DEAD };

static struct kin {
	pid_t pid;
	int orders[2];		/* a byte for its exit status */
	int pidfd, heir;	/* heir: index of its own child, 0 for none */
	enum state state;
} kin[MANY + 1];		/* from 1 on */
static int nr_kin;
static volatile pid_t *shared;	/* pids, from child to us */
static char stack[16384] __attribute__((aligned(16)));
static const int exit_signals[] = { SIGCHLD, SIGCHLD, SIGCHLD, 0, SIGUSR1, 40 };

static int index_of(pid_t pid)
{
	for (int i = 1; i <= nr_kin; i++)
		if (kin[i].pid == pid)
			return i;
	return pid ? -9 : 0;
}

static long raw_fork(int exit_signal)
{
	return syscall(SYS_clone, exit_signal, NULL, NULL, NULL, NULL);
}

/* --- children --- */

static void obey(struct kin *k)
{
	unsigned char c = 99;

	while (read(k->orders[0], &c, 1) < 0)
		;
	syscall(SYS_exit_group, c);
}

static int second_thread(void *arg)
{
	char path[64], text[256] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	do {
		sched_yield();
		fd = open(path, O_RDONLY);
		(void)!read(fd, text, sizeof(text) - 1);
		close(fd);
	} while (strncmp(strrchr(text, ')'), ") Z", 3));
	shared[0] = 1;
	obey(arg);
	return 0;
}

static void be_child(struct kin *k, int headless, int own_group, int heir_signal)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (own_group)
		setpgid(0, 0);
	if (k->heir) {
		long pid = raw_fork(heir_signal);

		if (!pid)
			obey(&kin[k->heir]);
		shared[k->heir] = (pid_t)pid;
	}
	if (headless) {
		clone(second_thread, stack + sizeof(stack),
		      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, k);
		syscall(SYS_exit, 0);
	}
	shared[0] = 1;
	obey(k);
}

static struct kin *new_kin(void)
{
	struct kin *k = &kin[++nr_kin];

	*k = (struct kin){ .state = RUNS, .pidfd = -1 };
	if (pipe(k->orders))
		_exit(90);
	return k;
}

static void create(void)
{
	struct kin *k;
	int exit_signal = PICK(exit_signals), heir_signal = PICK(exit_signals);
	int heir = chance(4), headless = !heir && chance(6), own_group = chance(3);
	long pid;

	if (nr_kin + 2 > MANY)
		return;
	k = new_kin();
	if (heir)
		k->heir = (int)(new_kin() - kin);
	shared[0] = 0;
	pid = raw_fork(exit_signal);
	if (!pid)
		be_child(k, headless, own_group, heir_signal);
	k->pid = (pid_t)pid;
	while (!shared[0])
		sched_yield();
	if (heir) {
		kin[k->heir].pid = shared[k->heir];
		kin[k->heir].pidfd = (int)syscall(SYS_pidfd_open, kin[k->heir].pid, 0);
	}
	k->pidfd = (int)syscall(SYS_pidfd_open, k->pid, chance(2) ? O_NONBLOCK : 0);
	note("create %d: signal %d, own group %d, headless %d, heir %d with %d", (int)(k - kin),
	     exit_signal, own_group, headless, k->heir, heir_signal);
}

/* --- what happens to them --- */

/* Nobody but us waits for a child of ours; of somebody else's only its end can be seen. */
static void until(struct kin *k, int what)
{
	siginfo_t info;

	syscall(SYS_waitid, P_PID, k->pid, &info, what | WNOWAIT | __WALL, NULL);
}

static int is_heir(int i)
{
	for (int j = 1; j <= nr_kin; j++)
		if (kin[j].heir == i && kin[j].state != DEAD)
			return 1;
	return 0;
}

static void act(void)
{
	int i = 1 + (int)random_below((unsigned int)nr_kin), what = (int)random_below(4);
	struct kin *k = &kin[i];
	unsigned char status = (unsigned char)random_below(256);
	int sig = chance(2) ? SIGKILL : SIGTERM;

	if (k->state == DEAD || is_heir(i))
		return;
	if (k->state == STOPPED)
		what = chance(4) ? 1 : 3;
	else if (what == 3)
		what = 2;
	note("%d does %d: %d %d", i, what, status, sig);
	if (what < 2) {
		if (what == 0)
			(void)!write(k->orders[1], &status, 1);
		else
			kill(k->pid, k->state == STOPPED ? SIGKILL : sig);
		k->state = DEAD;
		until(k, WEXITED);
	} else if (what == 2) {
		kill(k->pid, chance(2) ? SIGSTOP : SIGTSTP);
		until(k, WSTOPPED);
		k->state = STOPPED;
	} else {
		kill(k->pid, SIGCONT);
		k->state = RUNS;
	}
}

static void exit_signal_seen(void)
{
	sigset_t set = 0;
	siginfo_t info;
	struct timespec now = { 0 };
	long ret;

	sigaddset(&set, SIGUSR1);
	sigaddset(&set, 40);
	memset(&info, 0x5a, sizeof(info));
	ret = syscall(SYS_rt_sigtimedwait, &set, &info, &now, 8);
	if (ret < 0)
		note("no signal: %d", errno);
	else
		note("signal %ld: code %d, of %d, status %x", ret, info.si_code,
		     index_of(info.si_pid), info.si_status);
}

/* --- asking --- */

static int random_options(void)
{
	static const int some[] = { WNOHANG, WUNTRACED, WEXITED,      WCONTINUED,
				    WNOWAIT, __WALL,	(int)__WCLONE };
	int options = WNOHANG;

	for (size_t i = 0; i < COUNT(some); i++)
		if (chance(3))
			options |= some[i];
	if (chance(40))
		options |= 1 << random_below(32);
	return options & ~__WNOTHREAD;
}

static int random_id(int type)
{
	static const int odd[] = { 0, -1, 1, -2147483647 - 1, 2147483647, -2 };
	const struct kin *k = &kin[1 + random_below((unsigned int)nr_kin)];

	if (chance(12))
		return PICK(odd);
	if (type == P_PIDFD)
		return chance(12) ? k->orders[0] : k->pidfd;
	if (type == P_PGID)
		return chance(2) ? getpgrp() : k->pid;
	return k->pid;
}

static void ask_wait4(void)
{
	static const int from[] = { P_ALL, P_PID, P_PID, P_PGID };
	int type = PICK(from), id = random_id(type), options = random_options(), status = 0x5a5a;
	struct rusage usage;
	long ret;

	if (chance(2))
		options &= ~(WEXITED | WNOWAIT);
	id = type == P_ALL ? -1 : type == P_PGID && id != -2147483647 - 1 ? -id : id;
	ret = syscall(SYS_wait4, id, chance(20) ? BAD : &status, options,
		      chance(40) ? BAD : &usage);
	note("wait4 type %d id %d options %x: %d %d, %x", type, index_of(id < 0 ? -id : id),
	     options, ret < 0 ? -1 : index_of((pid_t)ret), error(ret), status);
}

static void ask_waitid(void)
{
	static const int from[] = { P_ALL, P_PID,  P_PGID,  P_PIDFD, P_ALL,
				    P_PID, P_PGID, P_PIDFD, 4,	     -1 };
	int type = PICK(from), id = random_id(type), options = random_options(), untouched = 0;
	siginfo_t info;
	struct rusage usage;
	long ret;

	memset(&info, 0x5a, sizeof(info));
	ret = syscall(SYS_waitid, type, id, chance(20) ? BAD : &info, options,
		      chance(40) ? BAD : &usage);
	for (size_t i = 0; i < sizeof(info); i++)
		untouched += ((unsigned char *)&info)[i] == 0x5a;
	note("waitid type %d options %x: %ld %d, %d %d %d of %d status %d, %d untouched", type,
	     options, ret, error(ret), info.si_signo, info.si_errno, info.si_code,
	     index_of(info.si_pid), info.si_status, untouched > 64);
}

static void disposition(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };

	sa.sa_handler = chance(3) ? SIG_IGN : SIG_DFL;
	sa.sa_flags = chance(4) ? SA_NOCLDWAIT : 0;
	sigaction(SIGCHLD, &sa, NULL);
	note("SIGCHLD %s %d", sa.sa_handler == SIG_IGN ? "ignored" : "default", (int)sa.sa_flags);
}

static void experiment(void)
{
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGTERM);
	sigdelset(&all, SIGTSTP);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setpgid(0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	create();
	for (int i = 0; i < STEPS; i++) {
		switch (random_below(8)) {
		case 0:
			create();
			break;
		case 1: case 2: case 3:
			act();
			break;
		case 4: case 5:
			ask_wait4();
			break;
		default:
			ask_waitid();
		}
		if (chance(8))
			exit_signal_seen();
		if (chance(30))
			disposition();
	}
	for (int i = 1; i <= nr_kin; i++)
		kill(kin[i].pid, SIGKILL);
	while (syscall(SYS_wait4, -1, NULL, __WALL, NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	return differ_main(argc, argv, 60, experiment);
}
