/*
 * Thread-local storage, seen from below. FS.base points at the thread's control block, the
 * program's __thread variables lie below it (variant II), at offsets the linker chose: the same in
 * every thread, while the addresses differ.
 *
 *	each thread:	| counter | zeroed | aligned | ... <- FS.base -> control block
 */
#include "check.h"

#define GET_FS 0x1003
#define THREADS 4

static __thread int counter = 42;
static __thread long zeroed;
static _Thread_local char aligned[64] __attribute__((aligned(64)));

struct view {
	unsigned long fs, word0;
	long at_counter, at_zeroed, at_aligned;
	int initial_ok, kept;
	void *errno_address;
};

static struct view views[THREADS];
static pthread_barrier_t all_set;

static void look(struct view *v)
{
	syscall(SYS_arch_prctl, GET_FS, &v->fs);
	__asm__("mov %%fs:0, %0" : "=r"(v->word0));
	v->at_counter = (long)&counter - (long)v->fs;
	v->at_zeroed = (long)&zeroed - (long)v->fs;
	v->at_aligned = (long)aligned - (long)v->fs;
	v->errno_address = &errno;
}

static void *thread(void *arg)
{
	struct view *v = arg;
	int id = (int)(v - views);

	v->initial_ok = counter == 42 && zeroed == 0 && aligned[0] == 0;
	look(v);
	counter = 1000 + id;
	zeroed = id;
	errno = id;
	aligned[0] = (char)id;
	pthread_barrier_wait(&all_set);		/* now everybody has written their own */
	v->kept = counter == 1000 + id && zeroed == id && aligned[0] == id && errno == id;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[THREADS];
	struct view mine;
	int word0 = 1, offsets = 1, initial = 1, kept = 1, own_errno = 1, below = 1;

	begin(argc, argv);
	look(&mine);
	pthread_barrier_init(&all_set, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		t[i] = spawn(thread, &views[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < THREADS; i++) {
		struct view *v = &views[i];

		word0 &= v->word0 == v->fs;
		offsets &= v->at_counter == mine.at_counter && v->at_zeroed == mine.at_zeroed &&
			   v->at_aligned == mine.at_aligned;
		below &= v->at_counter < 0 && v->at_zeroed < 0 && v->at_aligned < 0;
		initial &= v->initial_ok;
		kept &= v->kept;
		for (int j = 0; j < i; j++)
			own_errno &= v->errno_address != views[j].errno_address;
		if (verbose)
			printf("thread %d: FS.base %#lx, counter at FS.base%+ld, zeroed at %+ld, "
			       "aligned at %+ld\n", i, v->fs, v->at_counter, v->at_zeroed,
			       v->at_aligned);
	}
	check("%fs:0 holds FS.base itself", word0 && mine.word0 == mine.fs);
	check("the variables lie below FS.base", below);
	check("every thread has them at the same offsets", offsets);
	check("alignment is kept", mine.at_aligned % 64 == 0 && mine.fs % 64 == 0);
	check("every thread begins with the initial values", initial);
	check("no thread sees another's values", kept);
	check("errno is one of them", own_errno);
	check("the main thread's are untouched", counter == 42 && zeroed == 0);
	return failures;
}
