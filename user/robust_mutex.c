/*
 * A thread, or a process, dies with a mutex in its hands. The kernel walks its robust list, marks
 * the word and wakes one who waits: EOWNERDEAD says "yours, but look at the data first".
 */
#include "check.h"

static pthread_mutex_t *mutex;

static void make(int shared)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&a, shared);
	pthread_mutex_init(mutex, &a);
}

static void *die_holding(void *arg)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

static void *wait_for_it(void *arg)
{
	int err = pthread_mutex_lock(mutex);

	if (err == EOWNERDEAD)
		pthread_mutex_consistent(mutex);
	pthread_mutex_unlock(mutex);
	return (void *)(long)err;
}

static void threads(void)
{
	make(PTHREAD_PROCESS_PRIVATE);
	pthread_join(spawn(die_holding, NULL), NULL);
	check("the owner died: EOWNERDEAD", pthread_mutex_lock(mutex) == EOWNERDEAD);
	check("mended", pthread_mutex_consistent(mutex) == 0);
	check("unlock", pthread_mutex_unlock(mutex) == 0);
	check("as new", pthread_mutex_lock(mutex) == 0 && pthread_mutex_unlock(mutex) == 0);

	pthread_join(spawn(die_holding, NULL), NULL);
	check("trylock learns it too", pthread_mutex_trylock(mutex) == EOWNERDEAD);
	check("unlocked without being mended", pthread_mutex_unlock(mutex) == 0);
	check("lost for ever: ENOTRECOVERABLE", pthread_mutex_lock(mutex) == ENOTRECOVERABLE);
}

static void *hold_until_told(void *arg)
{
	char c;

	pthread_mutex_lock(mutex);
	if (read(*(int *)arg, &c, 1) != 1)
		return (void *)1;
	return NULL;
}

static void waiter_is_woken(void)
{
	pthread_t holder, waiter[3];
	void *result;
	int fds[2], died = 0;

	make(PTHREAD_PROCESS_PRIVATE);
	check("pipe", pipe(fds) == 0);
	holder = spawn(hold_until_told, &fds[0]);
	while (pthread_mutex_trylock(mutex) == 0) {
		pthread_mutex_unlock(mutex);
		moment();
	}
	for (int i = 0; i < 3; i++)
		waiter[i] = spawn(wait_for_it, NULL);
	for (int i = 0; i < 10; i++)
		moment();	/* they probably sleep by now; right either way */
	check("tell it", write(fds[1], "", 1) == 1);
	pthread_join(holder, NULL);
	for (int i = 0; i < 3; i++) {
		pthread_join(waiter[i], &result);
		died += (long)result == EOWNERDEAD;
	}
	check("of three who waited one is told, all get it", died == 1);
}

static void processes(void)
{
	int status = 0;
	pid_t pid;

	make(PTHREAD_PROCESS_SHARED);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		pthread_mutex_lock(mutex);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	check("a process killed with a shared one: EOWNERDEAD",
	      WTERMSIG(status) == SIGKILL && pthread_mutex_lock(mutex) == EOWNERDEAD);
	check("mended and unlocked", pthread_mutex_consistent(mutex) == 0 &&
	      pthread_mutex_unlock(mutex) == 0);
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	mutex = mmap(NULL, sizeof(*mutex), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	threads();
	waiter_is_woken();
	processes();
	return failures;
}
