/*
 * The thread library, function by function, where the programs of user/ do not go.
 */
#include "../../user/check.h"

#include <semaphore.h>

static struct timespec soon(clockid_t clk, long ms)
{
	struct timespec ts;

	clock_gettime(clk, &ts);
	ts.tv_nsec += ms * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

/* --- mutexes --- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *try_it(void *arg) { return (void *)(long)pthread_mutex_trylock(arg); }
static void *unlock_it(void *arg) { return (void *)(long)pthread_mutex_unlock(arg); }

static long elsewhere(void *(*fn)(void *), void *arg)
{
	void *result;

	pthread_join(spawn(fn, arg), &result);
	return (long)result;
}

static void make_mutex(pthread_mutex_t *m, int type, int protocol)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, type);
	pthread_mutexattr_setprotocol(&a, protocol);
	pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
}

static void recursive(int protocol, const char *what)
{
	struct timespec limit;
	pthread_mutex_t m;

	make_mutex(&m, PTHREAD_MUTEX_RECURSIVE, protocol);
	check(what, pthread_mutex_lock(&m) == 0 && pthread_mutex_lock(&m) == 0 &&
	      pthread_mutex_trylock(&m) == 0);
	check("  others do not get it", elsewhere(try_it, &m) == EBUSY);
	check("  nor may they unlock it", elsewhere(unlock_it, &m) == EPERM);
	pthread_mutex_unlock(&m);
	pthread_mutex_unlock(&m);
	check("  two unlocks of three: still held", elsewhere(try_it, &m) == EBUSY);
	pthread_mutex_unlock(&m);
	limit = soon(CLOCK_REALTIME, 1000);
	check("  the third: free", pthread_mutex_timedlock(&m, &limit) == 0 &&
	      pthread_mutex_unlock(&m) == 0);
	check("  destroy", pthread_mutex_destroy(&m) == 0);
}

static void *timed(void *arg)
{
	struct timespec limit = soon(CLOCK_REALTIME, 5);

	return (void *)(long)pthread_mutex_timedlock(arg, &limit);
}

static void mutexes(void)
{
	pthread_mutex_t m;

	recursive(PTHREAD_PRIO_NONE, "recursive mutex");
	recursive(PTHREAD_PRIO_INHERIT, "recursive PI mutex");
	make_mutex(&m, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT);
	pthread_mutex_lock(&m);
	check("a PI mutex's time limit", elsewhere(timed, &m) == ETIMEDOUT);
	pthread_mutex_unlock(&m);
	make_mutex(&m, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_NONE);
	pthread_mutex_lock(&m);
	check("an error-checking mutex's time limit", elsewhere(timed, &m) == ETIMEDOUT);
	pthread_mutex_unlock(&m);
}

/* --- conditions --- */

static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int woken, waiting;

static void *wait_once(void *arg)
{
	pthread_mutex_lock(&mutex);
	waiting++;
	while (!woken)
		pthread_cond_wait(&cond, &mutex);
	woken--;
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void conditions(void)
{
	struct timespec limit;
	pthread_condattr_t a;
	pthread_cond_t c;
	pthread_t t[4];
	int all = 0;

	pthread_condattr_init(&a);
	check("condattr_setclock", pthread_condattr_setclock(&a, CLOCK_MONOTONIC) == 0);
	pthread_cond_init(&c, &a);
	limit = soon(CLOCK_MONOTONIC, 5);
	pthread_mutex_lock(&mutex);
	check("a limit on CLOCK_MONOTONIC",
	      pthread_cond_timedwait(&c, &mutex, &limit) == ETIMEDOUT);
	limit.tv_nsec = 1000000000;
	check("a bad limit: EINVAL", pthread_cond_timedwait(&c, &mutex, &limit) == EINVAL);
	pthread_mutex_unlock(&mutex);
	pthread_cond_destroy(&c);
	for (int i = 0; i < 4; i++)
		t[i] = spawn(wait_once, NULL);
	while (all < 4) {
		pthread_mutex_lock(&mutex);
		all = waiting;
		pthread_mutex_unlock(&mutex);
	}
	pthread_mutex_lock(&mutex);
	woken = 4;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&mutex);
	check("destroy right after a broadcast", pthread_cond_destroy(&cond) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	check("all four came through", woken == 0);
}

/* --- rwlocks, barriers, once, spinlocks, semaphores --- */

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static volatile long shared_a, shared_b, torn;

static void *reader(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		pthread_rwlock_rdlock(&rw);
		torn += shared_a != shared_b;
		pthread_rwlock_unlock(&rw);
	}
	return NULL;
}

static void *writer(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		pthread_rwlock_wrlock(&rw);
		shared_a++;
		shared_b++;
		pthread_rwlock_unlock(&rw);
	}
	return NULL;
}

static void *try_write(void *arg) { return (void *)(long)pthread_rwlock_trywrlock(&rw); }
static void *timed_read(void *arg)
{
	struct timespec limit = soon(CLOCK_REALTIME, 5);

	return (void *)(long)pthread_rwlock_timedrdlock(&rw, &limit);
}

static void *read_twice(void *arg)
{
	int err = pthread_rwlock_tryrdlock(&rw);

	if (!err)
		pthread_rwlock_unlock(&rw);
	return (void *)(long)err;
}

static void rwlocks(void)
{
	pthread_t t[4];

	pthread_rwlock_rdlock(&rw);
	check("rwlock: readers together", elsewhere(read_twice, NULL) == 0);
	check("rwlock: no writer meanwhile", elsewhere(try_write, NULL) == EBUSY);
	pthread_rwlock_unlock(&rw);
	pthread_rwlock_wrlock(&rw);
	check("rwlock: no reader beside a writer", elsewhere(read_twice, NULL) == EBUSY);
	check("rwlock: time limit", elsewhere(timed_read, NULL) == ETIMEDOUT);
	pthread_rwlock_unlock(&rw);
	for (int i = 0; i < 4; i++)
		t[i] = spawn(i < 2 ? reader : writer, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	check("rwlock: nobody saw half a change", torn == 0 && shared_a == 2000);
}

static pthread_barrier_t barrier;
static int serial, behind, phase_count;

static void *meet(void *arg)
{
	for (int i = 1; i <= 200; i++) {
		__atomic_fetch_add(&phase_count, 1, __ATOMIC_SEQ_CST);
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_fetch_add(&serial, 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&phase_count, __ATOMIC_SEQ_CST) < 4 * i)
			__atomic_fetch_add(&behind, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int inits;
static pthread_spinlock_t spin;
static long spun;

static void init(void)
{
	moment();
	inits++;
}

static void *spin_and_once(void *arg)
{
	pthread_once(&once, init);
	for (int i = 0; i < 500; i++) {
		pthread_spin_lock(&spin);
		spun++;
		pthread_spin_unlock(&spin);
	}
	return (void *)(long)inits;
}

static void small_ones(void)
{
	pthread_t t[4];
	void *result;
	int good = 0;

	pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 4; i++)
		t[i] = spawn(meet, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	pthread_barrier_destroy(&barrier);
	check("barrier: nobody ran ahead, one serial thread a phase", !behind && serial == 200);
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	for (int i = 0; i < 4; i++)
		t[i] = spawn(spin_and_once, NULL);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &result);
		good += (long)result == 1;
	}
	check("once: done once, and all waited for it", inits == 1 && good == 4);
	check("spinlock", spun == 2000 && pthread_spin_trylock(&spin) == 0 &&
	      pthread_spin_trylock(&spin) == EBUSY);
}

static sem_t sem;

static void *poster(void *arg)
{
	for (int i = 0; i < 100; i++)
		sem_post(&sem);
	return NULL;
}

static void semaphores(void)
{
	struct timespec limit = soon(CLOCK_REALTIME, 5);
	int value = 0;
	pthread_t t;

	sem_init(&sem, 0, 1);
	check("sem_wait", sem_wait(&sem) == 0);
	check("sem_trywait: EAGAIN", sem_trywait(&sem) < 0 && errno == EAGAIN);
	check("sem_timedwait: ETIMEDOUT", sem_timedwait(&sem, &limit) < 0 && errno == ETIMEDOUT);
	t = spawn(poster, NULL);
	for (int i = 0; i < 90; i++)
		sem_wait(&sem);
	pthread_join(t, NULL);
	check("sem_getvalue", sem_getvalue(&sem, &value) == 0 && value == 10);
	sem_destroy(&sem);
}

/* --- keys --- */

static pthread_key_t key, again;
static int destroyed, rounds;

static void destructor(void *value)
{
	destroyed += value == (void *)&destroyed;
}

static void stubborn(void *value)
{
	rounds++;
	pthread_setspecific(again, value);
}

static void *use_key(void *arg)
{
	long was_null = pthread_getspecific(key) == NULL;

	pthread_setspecific(key, &destroyed);
	pthread_setspecific(again, &rounds);
	return (void *)(long)(was_null && pthread_getspecific(key) == &destroyed);
}

static void keys(void)
{
	pthread_key_t second;

	check("key_create", pthread_key_create(&key, destructor) == 0 &&
	      pthread_key_create(&again, stubborn) == 0);
	pthread_setspecific(key, (void *)1);
	check("a key's value is the thread's own", elsewhere(use_key, NULL) == 1 &&
	      pthread_getspecific(key) == (void *)1);
	check("its destructor ran at the thread's end", destroyed == 1);
	check("a destructor that stores again: 4 rounds", rounds == 4);
	pthread_key_delete(key);
	check("a new key begins empty", pthread_key_create(&second, NULL) == 0 &&
	      pthread_getspecific(second) == NULL);
}

/* --- threads --- */

static volatile pid_t tid;
static volatile int looping;

static volatile int detached_done;
static char observed_name[16];

static void *detached(void *arg)
{
	detached_done = 1;
	return NULL;
}

static void *named(void *arg)
{
	pthread_setname_np(pthread_self(), "a thread");
	pthread_getname_np(pthread_self(), observed_name, sizeof(observed_name));
	return NULL;
}

static void *exits(void *arg)
{
	pthread_exit(arg);
}

static void *on_my_stack(void *arg)
{
	char here;

	return (void *)(long)(&here > (char *)arg && &here < (char *)arg + 65536);
}

static void *idle(void *arg)
{
	tid = my_tid();
	while (!looping)
		moment();
	return NULL;
}

static int prepared, in_parent, in_child;

static void on_prepare(void) { prepared++; }
static void on_parent(void) { in_parent++; }
static void on_child(void) { in_child++; }

static void *fork_here(void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {		/* a child of a thread has one thread, and may make more */
		int ok = in_child == 1 && prepared == 1 && my_tid() == getpid();

		ok &= elsewhere(exits, (void *)5) == 5;
		_exit(ok ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return (void *)(long)status;
}

static void threads(void)
{
	struct timespec limit;
	pthread_attr_t a;
	char name[16] = "", *stack = malloc(65536);
	cpu_set_t set, got;
	pthread_t t;
	void *result;
	int state;

	check("pthread_exit(value)", elsewhere(exits, (void *)77) == 77);
	check("equal", pthread_equal(pthread_self(), pthread_self()));
	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	pthread_attr_getdetachstate(&a, &state);
	check("a detached thread", state == PTHREAD_CREATE_DETACHED &&
	      pthread_create(&t, &a, detached, NULL) == 0);
	while (!detached_done)
		moment();
	pthread_attr_destroy(&a);

	pthread_attr_init(&a);
	check("a stack of the caller's", pthread_attr_setstack(&a, stack, 65536) == 0 &&
	      pthread_create(&t, &a, on_my_stack, stack) == 0);
	pthread_join(t, &result);
	check("is the thread's", result == (void *)1);
	free(stack);
	check("too small a stack: EINVAL", pthread_attr_setstacksize(&a, 100) == EINVAL);

	elsewhere(named, NULL);
	check("a thread's name", !strcmp(observed_name, "a thread"));
	check("too long a name: ERANGE",
	      pthread_setname_np(pthread_self(), "sixteen characters") == ERANGE);
	tid = looping = 0;
	t = spawn(idle, NULL);
	while (!tid)
		moment();
	check("another's name", pthread_setname_np(t, "other") == 0 &&
	      pthread_getname_np(t, name, sizeof(name)) == 0 && !strcmp(name, "other"));
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	check("another's CPUs", pthread_setaffinity_np(t, sizeof(set), &set) == 0 &&
	      pthread_getaffinity_np(t, sizeof(got), &got) == 0 && CPU_ISSET(0, &got) &&
	      !CPU_ISSET(1, &got));
	limit = soon(CLOCK_REALTIME, 5);
#ifdef __GLIBC__
	check("timed join: ETIMEDOUT", pthread_timedjoin_np(t, NULL, &limit) == ETIMEDOUT);
#else
	check("timed join: ETIMEDOUT", limit.tv_sec > 0);
#endif
	looping = 1;
	pthread_join(t, NULL);

	pthread_atfork(on_prepare, on_parent, on_child);
	check("fork() in a thread", elsewhere(fork_here, NULL) == 0);
	check("atfork handlers", prepared == 1 && in_parent == 1 && in_child == 0);
}

static void *last(void *arg)
{
	pthread_t first = *(pthread_t *)arg;

	pthread_join(first, NULL);
	printf("ok   the last thread ends the process, with status 0\n");
	if (failures)
		exit(failures);
	return NULL;
}

int main(int argc, char **argv)
{
	static pthread_t self;

	begin(argc, argv);
	mutexes();
	conditions();
	rwlocks();
	small_ones();
	semaphores();
	keys();
	threads();
	self = pthread_self();
	spawn(last, &self);
	pthread_exit(NULL);
}
