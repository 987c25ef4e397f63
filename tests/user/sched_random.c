/*
 * sched_random: random scheduling calls: policies, priorities, nice values, attributes of all
 * sizes, masks, for itself and for children of several users and process groups, by root and by who
 * is not. After each call: what it returned, and what all of them are now. test: timeout=120
 */
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "differ.h"
#include "sched_attr.h"

#define STEPS 60
#define KIDS 5
#define USERS 20000	/* uids of which nobody else runs anything; of each run of this its own */
#define USER_A (USERS + 2 * ((unsigned int)getppid() % USERS))
#define USER_B (USER_A + 1)
#define NO_PID 4000000
#define BAD ((void *)8)

static pid_t kids[KIDS + 1];	/* the last is ourselves */
static unsigned int real_uid;

static void become(unsigned int real, unsigned int effective)
{
	syscall(SYS_setresuid, -1, 0, -1);
	syscall(SYS_setresuid, real, effective, 0);
	real_uid = real;
}

static int random_kid(void)
{
	return (int)random_below(KIDS + 1);
}

static pid_t random_pid(void)
{
	static const pid_t odd[] = { NO_PID, -1, 0, 0 };

	return chance(16) ? PICK(odd) : kids[random_kid()];
}

static void note_all(const char *what, long ret)
{
	char line[400];
	int n = 0;

	n += snprintf(line, sizeof(line), "%s: %ld %d,", what, ret, error(ret));
	for (int i = 0; i <= KIDS; i++) {
		struct attr a = { 0 };

		syscall(SYS_sched_getattr, kids[i], &a, 48, 0);
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %d/%lx/%d/%d/%ld",
			      (int)a.policy, a.flags, a.nice, (int)a.priority,
			      syscall(SYS_getpriority, PRIO_PROCESS, kids[i]));
	}
	note("%s", line);
}

static int random_policy(void)
{
	static const int some[] = { SCHED_OTHER, SCHED_OTHER, SCHED_FIFO,
				    SCHED_RR,	 SCHED_BATCH, SCHED_IDLE };
	static const int odd[] = { -1, 4, 8, 99, 1 << 30, 1 << 29 };

	return (chance(20) ? PICK(odd) : PICK(some)) | (chance(5) ? SCHED_RESET_ON_FORK : 0);
}

static int random_priority(int policy)
{
	static const int odd[] = { 0, -1, 1, 99, 100, 1000 };

	policy &= ~SCHED_RESET_ON_FORK;
	if (chance(6))
		return PICK(odd);
	return policy == SCHED_FIFO || policy == SCHED_RR ? 1 + (int)random_below(20) : 0;
}

static void set_scheduler(void)
{
	int policy = random_policy();
	struct sched_param param = { random_priority(policy) };
	void *where = chance(30) ? BAD : &param;

	note("policy %x priority %d", policy, param.sched_priority);
	note_all("setscheduler", syscall(SYS_sched_setscheduler, random_pid(), policy, where));
}

static void set_param(void)
{
	struct sched_param param = { random_priority(chance(2) ? SCHED_FIFO : SCHED_OTHER) };

	note_all("setparam", syscall(SYS_sched_setparam, random_pid(), chance(30) ? NULL : &param));
}

static void set_attr(void)
{
	static const unsigned int sizes[] = { 0, 4, 47, 48, 49, 64, 200, 4096, 5000 };
	static const unsigned long flags[] = { 0, 0, 0, 1, 8, 0x10, 0x18, 0x19, 1UL << 20 };
	struct attr a = { .size = chance(3) ? PICK(sizes) : ATTR_SIZE,
			  .policy = (unsigned int)random_policy() };
	char page[8192] = { 0 };
	pid_t pid = random_pid();

	a.policy &= chance(20) ? ~0u : (unsigned int)~SCHED_RESET_ON_FORK;
	a.flags = PICK(flags);
	a.priority = (unsigned int)random_priority((int)a.policy);
	a.nice = (int)random_below(50) - 25;
	if (chance(10))
		a.beyond[random_below(100)] = 1;
	memcpy(page, &a, sizeof(a));
	note("attr size %d policy %x flags %lx priority %d nice %d", (int)a.size, a.policy, a.flags,
	     (int)a.priority, a.nice);
	note_all("setattr", syscall(SYS_sched_setattr, pid, chance(40) ? BAD : page, chance(30)));
	note("its size %d", (int)*(unsigned int *)page);
}

static void set_nice(void)
{
	int which = (int)random_below(3), who = random_pid(), nice = (int)random_below(50) - 25;

	if (chance(30))
		which = chance(2) ? -1 : 3;
	else if (which == PRIO_USER)	/* never of all of root's: most are not ours */
		who = real_uid && chance(3) ? 0 : chance(2) ? USER_A : USER_B;
	else if (!who && which == PRIO_PGRP)
		who = getpgrp();
	note("nice %d %d", which, nice);
	note_all("setpriority", syscall(SYS_setpriority, which, who, nice));
	note_all("getpriority", syscall(SYS_getpriority, which, who));
}

static void get(void)
{
	static const unsigned int sizes[] = { 0, 47, 48, 56, 64, 200, 4096, 5000 };
	struct sched_param param = { -7 };
	union {
		struct attr a;
		char page[8192];	/* newer kernels clear what they do not know */
	} u;
	pid_t pid = random_pid();
	unsigned int size = PICK(sizes);
	int policy = random_policy();
	long ret;

	ret = syscall(SYS_sched_getscheduler, pid);
	note("getscheduler: %ld %d", ret, error(ret));
	ret = syscall(SYS_sched_getparam, pid, chance(20) ? NULL : &param);
	note("getparam: %ld %d, %d", ret, error(ret), param.sched_priority);
	memset(&u, 0x5a, sizeof(u));
	ret = syscall(SYS_sched_getattr, pid, chance(20) ? BAD : &u, size, chance(20));
	note("getattr %d: %ld %d, %d", (int)size, ret, error(ret), (int)u.a.size);
	note("max %ld, min %ld", syscall(SYS_sched_get_priority_max, policy),
	     syscall(SYS_sched_get_priority_min, policy));
}

/* One CPU is there for certain, and no CPU 200. */
static void masks(void)
{
	static const unsigned long first[] = { 1, 1, 0, 1UL << 63 };
	static const size_t sizes[] = { 0, 1, 4, 8, 8, 12, 16, 128, 1024, 1025 };
	unsigned long mask[256] = { PICK(first) }, now[256] = { 0 };
	size_t size = PICK(sizes);
	pid_t pid = random_pid();
	long ret;

	if (chance(3))
		mask[3] = 1;
	ret = syscall(SYS_sched_setaffinity, pid, size, chance(20) ? BAD : mask);
	note("setaffinity %d %lx: %ld %d", (int)size, mask[0], ret, error(ret));
	ret = syscall(SYS_sched_getaffinity, pid, size, chance(20) ? BAD : now);
	note("getaffinity: %d %d, %lx", ret > 0, error(ret), now[0]);
}

static void change_user(void)
{
	const unsigned int uids[] = { 0, USER_A, USER_B }, real = random_below(3),
			   effective = random_below(3);

	become(uids[real], uids[effective]);
	note("user %d %d", (int)real, (int)effective);
}

static void inherit(void)
{
	struct attr a = { 0 };
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		syscall(SYS_sched_getattr, 0, &a, 48, 0);
		_exit((int)(a.policy << 6 | a.flags << 5 | ((unsigned int)a.nice & 31)) ^
		      (int)a.priority);
	}
	waitpid(pid, &status, 0);
	note("child: %x", status);
}

static void experiment(void)
{
	static void (*const calls[])(
		void) = { set_scheduler, set_scheduler, set_scheduler, set_param, set_attr,
			  set_attr,	 set_attr,	set_nice,      set_nice,  get,
			  masks,	 change_user,	inherit };
	/* to raise one takes a capability that not every root has */
	struct rlimit none = { 0, 0 };
	const unsigned int kid_uids[KIDS] = { 0, USER_A, USER_A, USER_B, USER_B };
	unsigned long one = 1;
	int ready[2];
	char c;

	(void)!pipe(ready);

	setpgid(0, 0);
	setrlimit(RLIMIT_NICE, &none);
	setrlimit(RLIMIT_RTPRIO, &none);
	syscall(SYS_sched_setaffinity, 0, 8, &one);
	for (int i = 0; i < KIDS; i++) {
		kids[i] = fork();
		if (!kids[i]) {
			syscall(SYS_setresuid, kid_uids[i], kid_uids[i], kid_uids[i]);
			(void)!write(ready[1], "", 1);
			for (;;)
				pause();
		}
		if (i % 2)
			setpgid(kids[i], i > 1 ? kids[1] : 0);
		(void)!read(ready[0], &c, 1);
	}
	kids[KIDS] = getpid();
	for (int i = 0; i < STEPS; i++)
		PICK(calls)();
	become(0, 0);
	for (int i = 0; i < KIDS; i++) {
		kill(kids[i], SIGKILL);
		waitpid(kids[i], NULL, 0);
	}
}

int main(int argc, char **argv)
{
	return differ_main(argc, argv, 40, experiment);
}
