/*
 * pi_random: random operations on PI futexes by six threads of several priorities: lock, with and
 * without a limit, try, unlock, an owner that ends, priorities that change while their threads
 * wait, words that somebody writes over, and plain waits, wake-ups and requeues on the same words.
 * One thread is told to do one thing; then all are looked at once each is done or asleep in its
 * call: what calls returned, the words, who sleeps, and which priority each has. test: timeout=120
 */
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>

#include "libk/abi/futex.h"

#include "differ.h"

#define STEPS 80
#define WORKERS 6
/* the first is mostly for plain waits, the last is used as a shared one */
#define WORDS 5
#define THREADS (WORKERS + STEPS)
#define REGULAR 0		/* SCHED_OTHER: a priority of its own kind */

enum phase { IDLE, SENT, BUSY, DONE };
enum { DIE = 1000, TIMED, PAST };	/* beyond the operations of futex() */

static struct worker {
	int orders[2];		/* a pipe: a byte for each */
	int op, word;
	const struct timespec *limit;
	int slept, heir;	/* heir: it was given a lock while it slept */
	int own;		/* its own priority */
	volatile pid_t tid;
	volatile enum phase phase;
	volatile long ret;
} workers[WORKERS];
static unsigned int words[WORDS], private_flag[WORDS] = { 128, 128, 128, 128, 0 };
static pid_t tids[THREADS];	/* all there ever were; a note says which */
static int nr_tids;

static long futex(int word, int op, unsigned int val, const void *time, int word2,
		  unsigned int val3)
{
	long ret = syscall(SYS_futex, &words[word], op | (int)private_flag[word], val, time,
			   &words[word2], val3);

	return ret < 0 ? -errno : ret;
}

static unsigned int normal(unsigned int word)
{
	for (int i = 0; i < nr_tids; i++)
		if ((word & FUTEX_TID_MASK) == (unsigned int)tids[i])
			return (word & ~FUTEX_TID_MASK) | (unsigned int)(i + 1);
	return word;
}

/* --- workers --- */

static long obey(const struct worker *w)
{
	return futex(w->word, w->op, w->op == FUTEX_WAIT ? words[w->word] : 0, w->limit, 0, 0);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	char c;

	w->tid = gettid();
	while (read(w->orders[0], &c, 1) == 1 && w->op != DIE) {
		w->phase = BUSY;
		w->ret = obey(w);
		w->phase = DONE;
	}
	return NULL;
}

static char *proc_text(const struct worker *w, const char *file)
{
	static char text[512];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", w->tid, file);
	f = fopen(path, "r");
	if (!f || !fgets(text, sizeof(text), f))
		_exit(91);
	fclose(f);
	return text;
}

static char *behind_name(const struct worker *w)
{
	return strrchr(proc_text(w, "stat"), ')');
}

/*
 * In futex(), off every CPU, and to stay there. State S is not enough: Linux also enters it when it
 * is about to look once more. Nor is syscall, which takes one who is woken for asleep until the CPU
 * it shall run on has taken note of it: by then its state is R.
 */
static int sleeps(const struct worker *w)
{
	return w->phase == BUSY && atoi(proc_text(w, "syscall")) == SYS_futex &&
	       behind_name(w)[2] == 'S' && w->phase == BUSY;
}

static int priority(const struct worker *w)
{
	char *p = behind_name(w);

	for (int field = 2; field < 18; field++)
		p = strchr(p, ' ') + 1;
	return atoi(p);
}

static void wait_for(const struct worker *w)
{
	while (w->phase == SENT || (w->phase == BUSY && !sleeps(w)))
		sched_yield();
}

/* Until each is done or asleep in its call. Whom a call has woken does not look asleep any more
 * once it has returned. */
static void settle(void)
{
	for (int i = 0; i < WORKERS; i++) {
		struct worker *w = &workers[i];

		wait_for(w);
		w->slept |= w->phase == BUSY;
		if (w->phase == DONE) {
			w->heir |= w->slept && !w->ret && w->op == FUTEX_LOCK_PI;
			w->slept = 0;
			w->phase = IDLE;
			note("  %d: %ld", i, w->ret);
		}
	}
}

static void order(struct worker *w, int op, int word)
{
	w->op = op;
	w->word = word;
	w->phase = SENT;
	(void)!write(w->orders[1], "", 1);
}

/*
 * Not of an heir: Linux lends it nothing on behalf of those who waited already, until one more
 * waits. And lower only of who waits for no lock: Linux may stop on the way along the chain.
 */
static void set_priority(struct worker *w)
{
	static const int some[] = { REGULAR, REGULAR, 10, 10, 20, 30 };
	struct sched_param param = { PICK(some) };

	if (w->heir || (w->phase == BUSY && param.sched_priority < w->own))
		return;
	w->own = param.sched_priority;
	note("priority of %d: %d, %ld", (int)(w - workers), param.sched_priority,
	     syscall(SYS_sched_setscheduler, w->tid,
		     param.sched_priority ? SCHED_FIFO : SCHED_OTHER, &param));
}

static void spawn(struct worker *w)
{
	pthread_t thread;

	w->heir = w->tid = 0;
	w->phase = IDLE;
	if (pthread_create(&thread, NULL, work, w) || pthread_detach(thread))
		_exit(92);
	while (!w->tid)
		sched_yield();
	tids[nr_tids++] = w->tid;
	set_priority(w);
}

static struct worker *idle_worker(void)
{
	int first = (int)random_below(WORKERS);

	for (int i = 0; i < WORKERS; i++)
		if (workers[(first + i) % WORKERS].phase == IDLE)
			return &workers[(first + i) % WORKERS];
	return NULL;
}

static int waits_for_lock(int word)
{
	for (int i = 0; i < WORKERS; i++)
		if (workers[i].phase == BUSY && workers[i].op == FUTEX_LOCK_PI &&
		    workers[i].word == word)
			return 1;
	return 0;
}

/* --- operations --- */

static struct worker *owner_of(int word)
{
	for (int i = 0; i < WORKERS; i++)
		if ((words[word] & FUTEX_TID_MASK) == (unsigned int)workers[i].tid)
			return &workers[i];
	return NULL;
}

static void give_order(int op, int word, struct worker *w)
{
	struct timespec limit = { 1, 0 };

	if (op == FUTEX_UNLOCK_PI && !chance(6) && owner_of(word))
		w = owner_of(word);
	if (!w || w->phase != IDLE)
		return;
	w->limit = NULL;
	if (op == TIMED || op == PAST) {
		if (op == TIMED)
			clock_gettime(CLOCK_MONOTONIC, &limit);
		limit.tv_sec += (limit.tv_nsec + 3000000) / 1000000000;
		limit.tv_nsec = (limit.tv_nsec + 3000000) % 1000000000;
		w->limit = &limit;
	}
	note("%d: %d on %d", (int)(w - workers), op, word);
	order(w, op == TIMED || op == PAST ? FUTEX_LOCK_PI2 : op, word);
	while (w->limit && w->phase != DONE)
		sched_yield();
	wait_for(w);
	settle();
}

static int pi_word(void)
{
	return chance(12) ? 0 : 1 + (int)random_below(WORDS - 1);
}

static void pi(void)
{
	static const int ops[] = {
		FUTEX_LOCK_PI,	 FUTEX_LOCK_PI,	  FUTEX_LOCK_PI,   FUTEX_LOCK_PI, FUTEX_TRYLOCK_PI,
		FUTEX_UNLOCK_PI, FUTEX_UNLOCK_PI, FUTEX_UNLOCK_PI, TIMED,	  PAST
	};
	int op = PICK(ops);

	give_order(op, pi_word(), idle_worker());
}

static void plain_wait(void)
{
	int word = chance(3) ? pi_word() : 0;

	give_order(FUTEX_WAIT, word, chance(2) ? owner_of(pi_word()) : idle_worker());
}

static void die(void)
{
	struct worker *w = chance(2) ? owner_of(pi_word()) : idle_worker();
	pid_t pid = getpid(), tid;

	if (!w || w->phase != IDLE || !chance(2))
		return;
	tid = w->tid;
	note("%d ends", (int)(w - workers));
	order(w, DIE, 0);
	while (!syscall(SYS_tgkill, pid, tid, 0))
		sched_yield();
	w->phase = IDLE;
	settle();
	spawn(w);
}

static void by_main(void)
{
	static const int ops[] = { FUTEX_WAKE,	  FUTEX_REQUEUE,    FUTEX_CMP_REQUEUE,
				   FUTEX_WAKE_OP, FUTEX_TRYLOCK_PI, FUTEX_UNLOCK_PI };
	int op = PICK(ops), from = chance(2) ? pi_word() : 0, to = (int)random_below(WORDS - 1);
	int n = (int)random_below(3), more = (int)random_below(3);

	if (!private_flag[from])	/* both are of one kind */
		to = from;
	if (op == FUTEX_TRYLOCK_PI && !(words[from] & FUTEX_TID_MASK))
		op = FUTEX_WAKE;	/* nobody would unlock it */
	note("main: %d on %d, %d: %ld", op, from, to,
	     futex(from, op, (unsigned int)n, (void *)(long)more, to,
		   op == FUTEX_CMP_REQUEUE ? words[from] : FUTEX_OP_OR << 28));
	settle();
}

/* If somebody waits for it, Linux may mend it when it refuses: then it is at least clear that he
 * does. */
static void write_word(void)
{
	static const unsigned int flags[] = { 0, FUTEX_WAITERS, FUTEX_OWNER_DIED,
					      FUTEX_WAITERS | FUTEX_OWNER_DIED };
	unsigned int *word = &words[random_below(WORDS)],
		     tid = (unsigned int)workers[random_below(WORKERS)].tid;

	if (!chance(3))
		return;
	if (waits_for_lock((int)(word - words)))
		*word = (chance(2) ? *word & FUTEX_TID_MASK : tid) | FUTEX_WAITERS;
	else
		*word = (chance(2) ? *word & FUTEX_TID_MASK : chance(2) ? tid : 0) | PICK(flags);
	note("word %d written", (int)(word - words));
}

static void note_all(void)
{
	char line[256];
	int n = 0;

	for (int i = 0; i < WORDS; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %x", normal(words[i]));
	for (int i = 0; i < WORKERS; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %s%d",
			      workers[i].phase == BUSY ? "S" : "", priority(&workers[i]));
	note("%s", line);
}

static void experiment(void)
{
	static void (*const calls[])(void) = { pi, pi,	       pi,	pi,	 pi,  pi,
					       pi, plain_wait, by_main, by_main, die, write_word };

	syscall(SYS_prctl, 78, 1, 0, 0, 0);	/* one hash table: see futex_random.c */
	for (int i = 0; i < WORKERS; i++) {
		if (pipe(workers[i].orders))
			_exit(93);
		spawn(&workers[i]);
	}
	for (int i = 0; i < STEPS; i++) {
		PICK(calls)();
		if (chance(4)) {
			set_priority(&workers[random_below(WORKERS)]);
			settle();
		}
		note_all();
	}
}

int main(int argc, char **argv)
{
	return differ_main(argc, argv, 60, experiment);
}
