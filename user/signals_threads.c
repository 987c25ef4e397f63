/*
 * Signals and threads: handlers belong to the process, masks to the thread. A signal for the
 * process goes to one thread that does not block it, one for a thread to no other, and a fault to
 * the thread that made it.
 */
#include "check.h"

#include <setjmp.h>

static volatile pid_t handled_by;
static volatile int handled, on_altstack;
static volatile pid_t tid_of_thread;
static volatile int stop;
static int fds[2];
static volatile int *volatile nowhere = (volatile int *)8;
static __thread sigjmp_buf back;
static __thread char *altstack;

static void handler(int sig)
{
	char here;

	handled_by = my_tid();
	on_altstack = altstack && &here >= altstack && &here < altstack + 65536;
	__atomic_fetch_add(&handled, 1, __ATOMIC_SEQ_CST);
}

static void fault_handler(int sig)
{
	handled_by = my_tid();
	siglongjmp(back, 1);
}

static void install(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

static void mask(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(how, &set, NULL);
}

static void *sleeper(void *arg)
{
	mask(SIG_UNBLOCK, SIGUSR1);
	tid_of_thread = my_tid();
	while (!stop)
		moment();
	return NULL;
}

static pthread_t start(void *(*fn)(void *))
{
	pthread_t t;

	tid_of_thread = stop = handled = 0;
	t = spawn(fn, NULL);
	while (!tid_of_thread)
		moment();
	return t;
}

static void await_handled(int n)
{
	while (handled < n)
		moment();
}

static void process_and_thread(void)
{
	pthread_t t;
	sigset_t pending;

	install(SIGUSR1, handler, SA_RESTART);
	mask(SIG_BLOCK, SIGUSR1);
	t = start(sleeper);
	kill(getpid(), SIGUSR1);
	await_handled(1);
	check("kill(): handled by the thread that does not block it", handled_by == tid_of_thread);
	pthread_kill(t, SIGUSR1);
	await_handled(2);
	check("pthread_kill(): handled by that thread", handled_by == tid_of_thread);
	pthread_kill(pthread_self(), SIGUSR1);
	sigpending(&pending);
	check("pthread_kill() to a thread that blocks it: pending there",
	      sigismember(&pending, SIGUSR1) && handled == 2);
	mask(SIG_UNBLOCK, SIGUSR1);
	check("unblocked: handled at once, here", handled == 3 && handled_by == my_tid());
	check("signal 0: the thread is there", pthread_kill(t, 0) == 0);
	stop = 1;
	pthread_join(t, NULL);
}

static void *reader(void *arg)
{
	char c;

	tid_of_thread = my_tid();
	return (void *)(long)(read(fds[0], &c, 1) < 0 ? errno : 0);
}

static void interrupts_one(void)
{
	void *result;
	pthread_t t;

	install(SIGUSR2, handler, 0);
	check("pipe", pipe(fds) == 0);
	t = start(reader);
	await_state(tid_of_thread, 'S');
	pthread_kill(t, SIGUSR2);
	pthread_join(t, &result);
	check("a blocked read() is interrupted: EINTR", (long)result == EINTR && handled == 1);
	install(SIGUSR2, handler, SA_RESTART);
	t = start(reader);
	await_state(tid_of_thread, 'S');
	pthread_kill(t, SIGUSR2);
	await_handled(1);
	check("write", write(fds[1], "", 1) == 1);
	pthread_join(t, &result);
	check("with SA_RESTART it goes on", result == NULL);
}

static void *waiter(void *arg)
{
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	tid_of_thread = my_tid();
	sigwait(&set, &sig);
	return (void *)(long)sig;
}

static void signal_thread(void)
{
	void *result;
	pthread_t t;

	mask(SIG_BLOCK, SIGTERM);
	mask(SIG_BLOCK, SIGINT);
	t = start(waiter);
	kill(getpid(), SIGTERM);
	pthread_join(t, &result);
	check("all block it, one waits: sigwait() gets it", (long)result == SIGTERM);
}

static void *faulter(void *arg)
{
	tid_of_thread = my_tid();
	if (sigsetjmp(back, 1) == 0)
		*nowhere = 1;
	return (void *)1;
}

static void *with_altstack(void *arg)
{
	stack_t st = { .ss_size = 65536 };

	altstack = st.ss_sp = malloc(st.ss_size);
	tid_of_thread = my_tid();
	sigaltstack(&st, NULL);
	pthread_kill(pthread_self(), SIGHUP);
	st.ss_flags = SS_DISABLE;
	sigaltstack(&st, NULL);
	free(altstack);
	return NULL;
}

static void faults_and_stacks(void)
{
	void *result;

	install(SIGSEGV, fault_handler, 0);
	pthread_join(start(faulter), &result);
	check("a fault is the faulting thread's",
	      result == (void *)1 && handled_by == tid_of_thread);
	install(SIGHUP, handler, SA_ONSTACK);
	pthread_join(start(with_altstack), NULL);
	check("sigaltstack() is the thread's own", handled_by == tid_of_thread && on_altstack);
	pthread_kill(pthread_self(), SIGHUP);
	check("the main thread has none", handled_by == my_tid() && !on_altstack);
}

static void *die(void *arg)
{
	install(SIGTERM, SIG_DFL, 0);
	mask(SIG_UNBLOCK, SIGTERM);
	pthread_kill(pthread_self(), SIGTERM);
	return NULL;
}

static void fatal(void)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		spawn(die, NULL);
		for (;;)
			pause();
	}
	waitpid(pid, &status, 0);
	check("a fatal signal to one thread ends them all",
	      WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	process_and_thread();
	interrupts_one();
	signal_thread();
	faults_and_stacks();
	fatal();
	return failures;
}
