/*
 * A tracer dies while it steps its tracee: stopped after a step, at once after it asked for one, in
 * a system call that it steps over. The tracee goes on as if nothing had been. Not on two CPUs:
 * there the tracer may die when the step's SIGTRAP is already on its way, and that one kills. For
 * the same reason the tracer that dies "at once" is real time: nobody computes before it is dead.
 * test: smp=no linux=no (there the SIGTRAP of the step that nobody waits for kills it)
 */
#include "ptrace.h"

static int fds[2], failed;
static volatile int *go; /* shared: the tracee may leave its loop */

static void compute_and_read(void)
{
	char c;

	while (!*go)
		;
	_exit(read(fds[0], &c, 1) == 1 ? c : 1);
}

/* after: stops that the tracer waits for before it dies. */
static void step_and_die(pid_t tracee, int after)
{
	struct sched_param param = { .sched_priority = 1 };
	int status;

	if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param))
		perror("SCHED_FIFO");
	request(PTRACE_SEIZE, tracee, 0, 0);
	request(PTRACE_INTERRUPT, tracee, 0, 0);
	waitpid(tracee, &status, 0);
	for (int i = 0; i < after; i++) {
		request(PTRACE_SINGLESTEP, tracee, 0, 0);
		waitpid(tracee, &status, 0);
	}
	if (after % 2 == 0)
		request(PTRACE_SINGLESTEP, tracee, 0, 0);
	_exit(0);
}

/* Steps until the tracee sleeps in a call, which is the last step. */
static void step_into_sleep(pid_t tracee)
{
	int status;

	request(PTRACE_SEIZE, tracee, 0, 0);
	request(PTRACE_INTERRUPT, tracee, 0, 0);
	waitpid(tracee, &status, 0);
	for (;;) {
		request(PTRACE_SINGLESTEP, tracee, 0, 0);
		for (int i = 0; i < 1000; i++) { /* it has stopped, or it sleeps */
			if (waitpid(tracee, &status, WNOHANG) == tracee)
				break;
			if (i == 999)
				_exit(0);
			sched_yield();
		}
	}
}

static void play(const char *name, int after)
{
	pid_t tracee, tracer;
	int status;

	(void)!pipe(fds);
	*go = after < 0;
	fflush(stdout);
	tracee = fork();
	if (tracee == 0)
		compute_and_read();
	tracer = fork();
	if (tracer == 0) {
		if (after < 0)
			step_into_sleep(tracee);
		step_and_die(tracee, after);
	}
	waitpid(tracer, &status, 0);
	*go = 1;
	(void)!write(fds[1], "*", 1);
	failed |= await(name, tracee) != '*' << 8;
	close(fds[0]), close(fds[1]);
}

int main(void)
{
	go = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	play("it had stopped", 5);
	play("it was to make a step", 6);
	play("it was in a call", -1);
	return failed;
}
