/*
 * M:N threads: many threads of our own on few of the kernel's, the idea of Solaris, of goroutines
 * and of Java's virtual threads. 100,000 of them (or the argument) live at once on two kernel
 * threads, with 1 KiB of stack each; switching is 15 instructions and no system call.
 *
 * What it costs to leave the kernel out: a green thread that blocks in a system call takes its
 * kernel thread with it, nothing preempts one that computes, and no guard page tells when 1 KiB
 * was too little.
 *
 *	kernel thread:	worker() -> take one -> green_switch ------> green thread runs
 *							<------ green_yield(), or its end
 *
 * A thread that yields must not be in the queue before it has left its stack, else the other
 * worker would run it there at the same time. So the worker queues it, after the switch.
 */
#include "../check.h"

#define WORKERS 2
#define STACK 1024
#define YIELDS 3

enum { READY, DONE };

struct green {
	void *sp;		/* while it does not run */
	struct green *next;	/* (m) in the queue */
	int id, state, seen_by;	/* seen_by: a bit for each worker that ran it */
};

struct worker {
	pthread_t thread;
	void *sp;		/* the worker's own stack, while a green thread runs */
	struct green *current;
	long switches;
};

void green_switch(void **from, void *to);
void green_start(void);
void green_main(struct green *self);

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;	/* (m) */
static struct green *first, **last = &first;			/* (m) */
static long alive;						/* (m) */
static long count, sum;						/* atomic */
static struct worker workers[WORKERS];
static __thread struct worker *this_worker;

/*
 * A green thread may go on upon another kernel thread than before, so it must ask anew after each
 * switch. A compiler believes that the address of a __thread variable stays the same within a
 * function: never let it inline this one.
 */
static __attribute__((__noinline__)) struct worker *me(void)
{
	__asm__ volatile("");
	return this_worker;
}

static void put(struct green *g)
{
	g->next = NULL;
	*last = g;
	last = &g->next;
}

static void green_yield(void)
{
	struct worker *w = me();

	green_switch(&w->current->sp, w->sp);
}

/* What each of the 100,000 does. */
static void work(struct green *self)
{
	for (int i = 0; i < YIELDS; i++) {
		self->seen_by |= 1 << (me() - workers);
		__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
		green_yield();
	}
	__atomic_fetch_add(&sum, self->id, __ATOMIC_RELAXED);
}

void green_main(struct green *self)
{
	work(self);
	self->state = DONE;
	green_yield();		/* for the last time */
}

static void create(struct green *g, char *stack, int id)
{
	/* r15 r14 r13 r12 rbx rbp, green_start; then rsp is a multiple of 16, as before a call */
	void **sp = (void **)(stack + STACK) - 8;

	g->id = id;
	sp[4] = g;
	sp[6] = (void *)green_start;
	g->sp = sp;
	put(g);
	alive++;
}

/* Queues @done again or buries it, and takes the next; NULL when none is alive. */
static struct green *next_after(struct green *done)
{
	struct green *g;

	do {
		pthread_mutex_lock(&queue_lock);
		if (done && done->state == READY)
			put(done);
		else if (done)
			alive--;
		g = first;
		if (g) {
			first = g->next;
			if (!first)
				last = &first;
		}
		done = NULL;
		pthread_mutex_unlock(&queue_lock);
		if (!g && __atomic_load_n(&alive, __ATOMIC_RELAXED))
			sched_yield();		/* the last ones run on the other worker */
	} while (!g && __atomic_load_n(&alive, __ATOMIC_RELAXED));
	return g;
}

static void *worker(void *arg)
{
	struct worker *w = this_worker = arg;

	w->current = NULL;
	while ((w->current = next_after(w->current)) != NULL) {
		w->switches++;
		green_switch(&w->sp, w->current->sp);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int arg = begin(argc, argv);
	long n = number_argument(argc, argv, arg, 1, 1000000, 100000), moved = 0;
	struct green *greens = calloc((size_t)n, sizeof(*greens));
	char *stacks = mmap(NULL, (size_t)n * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), line[80];
	double start = now();

	if (!greens || stacks == MAP_FAILED) {
		printf("FAIL no memory for %ld threads\n", n);
		return 100;
	}
	for (long i = 0; i < n; i++)
		create(&greens[i], stacks + i * STACK, (int)i);
	for (int i = 0; i < WORKERS; i++)
		workers[i].thread = spawn(worker, &workers[i]);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	for (long i = 0; i < n; i++)
		moved += greens[i].seen_by == 3;
	if (verbose)
		printf("%.0f ns a switch; %ld and %ld switches by the workers, %ld threads ran on "
		       "both\n",
		       (now() - start) * 1e9 / (double)(workers[0].switches + workers[1].switches),
		       workers[0].switches, workers[1].switches, moved);
	snprintf(line, sizeof(line), "%ld green threads on %d kernel threads ended", n, WORKERS);
	check(line, alive == 0);
	check("each ran as often as it should", count == n * YIELDS && sum == n * (n - 1) / 2);
	check("each run was a switch",
	      workers[0].switches + workers[1].switches == n * (YIELDS + 1));
	return failures;
}
