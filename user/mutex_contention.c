/*
 * A mutex at rising contention: 0 (one thread alone), 2, 4, 8, 16 threads add to one counter. The
 * verdict is the sum; with -v also the time an operation took and how it was spread.
 *
 *	mutex_contention [-v] [THREADS [OPERATIONS]]
 */
#include "check.h"

#define BUCKETS 16
#define MAX_THREADS 16

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile long counter;
static long ops = 16000;		/* of all threads together */
static long histogram[BUCKETS];		/* guarded by mutex: waits of 2^n * 64 ns */

static void *worker(void *arg)
{
	long n = (long)arg;

	for (long i = 0; i < n; i++) {
		double before = verbose ? now() : 0;
		int bucket = 0;

		pthread_mutex_lock(&mutex);
		if (verbose)
			for (long ns = (long)((now() - before) * 1e9) / 64; ns; ns /= 2)
				bucket++;
		histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void level(int contenders)
{
	int threads = contenders ? contenders : 1;
	pthread_t t[MAX_THREADS];
	double start = now();
	char line[64];

	counter = 0;
	memset(histogram, 0, sizeof(histogram));
	for (int i = 0; i < threads; i++)
		t[i] = spawn(worker, (void *)(ops / threads));
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	snprintf(line, sizeof(line), "contention %2d: %ld of %ld", contenders, counter, ops);
	check(line, counter == ops);
	if (!verbose)
		return;
	printf("     %.0f ns an operation; waits of up to", (now() - start) * 1e9 / (double)ops);
	for (int i = 0; i < BUCKETS; i++)
		if (histogram[i])
			printf(" %d ns: %ld", 64 << i, histogram[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	static const int levels[] = { 0, 2, 4, 8, 16 };

	int first = begin(argc, argv);

	if (first < argc) {
		int threads = (int)number_argument(argc, argv, first, 0, MAX_THREADS, 0);

		ops = number_argument(argc, argv, first + 1, 1, 1L << 40, ops);
		ops -= threads ? ops % threads : 0;
		level(threads);
		return failures;
	}
	for (int i = 0; i < 5; i++)
		level(levels[i]);
	return failures;
}
