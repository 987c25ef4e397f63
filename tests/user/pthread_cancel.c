/*
 * Cancellation: at the calls that are its points, asynchronously, and when it is disabled; what the
 * handlers find, and that no byte is lost.
 */
#include "../../user/check.h"

#include <semaphore.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static int fds[2], cleaned;
static volatile pid_t tid;
static volatile int looping;

static void clean(void *arg)
{
	cleaned = cleaned * 10 + (int)(long)arg;
}

static void unlock_mutex(void *arg)
{
	cleaned = pthread_mutex_unlock(arg) == 0;
}

static void *in_read(void *arg)
{
	char c;
	ssize_t n;

	tid = my_tid();
	pthread_cleanup_push(clean, (void *)1);
	pthread_cleanup_push(clean, (void *)2);
	n = read(fds[0], &c, 1);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return (void *)(long)n;
}

static void *in_sleep(void *arg)
{
	tid = my_tid();
	sleep(3600);
	return NULL;
}

static void *in_cond(void *arg)
{
	pthread_mutex_lock(&mutex);
	tid = my_tid();
	pthread_cleanup_push(unlock_mutex, &mutex);
	for (;;)
		pthread_cond_wait(&cond, &mutex);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *in_sem(void *arg)
{
	tid = my_tid();
	sem_wait(&sem);
	return NULL;
}

static void *in_join(void *arg)
{
	tid = my_tid();
	pthread_join(*(pthread_t *)arg, NULL);
	return NULL;
}

static void *computing(void *arg)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	tid = my_tid();
	for (;;)
		looping++;
	return NULL;
}

static void *careful(void *arg)
{
	char c = 0;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	tid = my_tid();
	if (read(fds[0], &c, 1) == 1)
		cleaned = c;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	pthread_testcancel();
	return NULL;
}

static void *start_sleeping(void *(*fn)(void *), void *arg, char state, pthread_t *t)
{
	tid = 0;
	cleaned = 0;
	*t = spawn(fn, arg);
	while (!tid)
		moment();
	await_state(tid, state);
	return NULL;
}

static int cancel(void *(*fn)(void *), void *arg, char state)
{
	void *result;
	pthread_t t;

	start_sleeping(fn, arg, state, &t);
	pthread_cancel(t);
	pthread_join(t, &result);
	return result == PTHREAD_CANCELED;
}

static void cancellation(void)
{
	pthread_t t, sleeper;
	void *result;

	sem_init(&sem, 0, 0);
	check("pipe", pipe(fds) == 0);
	check("cancelled in read()", cancel(in_read, NULL, 'S'));
	check("its handlers ran, latest first", cleaned == 21);
	check("cancelled in sleep()", cancel(in_sleep, NULL, 'S'));
	check("cancelled in pthread_cond_wait()", cancel(in_cond, NULL, 'S'));
	check("with the mutex held by its handler", cleaned == 1 &&
	      pthread_mutex_trylock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0);
	check("cancelled in sem_wait()", cancel(in_sem, NULL, 'S'));
	start_sleeping(in_sleep, NULL, 'S', &sleeper);
	check("cancelled in pthread_join()", cancel(in_join, &sleeper, 'S'));
	pthread_cancel(sleeper);
	check("the other can still be joined", pthread_join(sleeper, &result) == 0 &&
	      result == PTHREAD_CANCELED);
	check("asynchronously, in a loop", cancel(computing, NULL, 'R'));
	start_sleeping(careful, NULL, 'S', &t);
	pthread_cancel(t);
	check("disabled: read() goes on", write(fds[1], "x", 1) == 1);
	pthread_join(t, &result);
	check("and it ends when enabled again", result == PTHREAD_CANCELED && cleaned == 'x');
}

static int bytes_read;

static void *counter(void *arg)
{
	char c;

	while (read(fds[0], &c, 1) == 1)
		bytes_read++;
	return NULL;
}

/* Cancel a reader at every possible moment: each byte is either counted or still in the pipe. */
static void nothing_is_lost(void)
{
	int written = 0, lost = 0, left;
	char buf[64];

	fcntl(fds[0], F_SETFL, 0);
	for (int i = 0; i < 100; i++) {
		pthread_t t = spawn(counter, NULL);

		written += write(fds[1], "abc", 3) == 3 ? 3 : 0;
		for (int j = 0; j < i % 10; j++)
			sched_yield();
		pthread_cancel(t);
		pthread_join(t, NULL);
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	while ((left = (int)read(fds[0], buf, sizeof(buf))) > 0)
		bytes_read += left;
	lost = written - bytes_read;
	check("100 readers cancelled, no byte lost", lost == 0);
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	cancellation();
	nothing_is_lost();
	return failures;
}
