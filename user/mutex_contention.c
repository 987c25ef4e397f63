/*
 * A mutex at rising contention: 0 (one thread alone), 2, 4, 8, 16 threads add to one counter. The
 * verdict is the sum; with -v also the time an operation took and how it was spread.
 */
#include "check.h"

#define OPS 16000
#define BUCKETS 16
#define MAX_THREADS 16

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile long counter;
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
		t[i] = spawn(worker, (void *)(long)(OPS / threads));
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	snprintf(line, sizeof(line), "contention %2d: %ld of %d", contenders, counter, OPS);
	check(line, counter == OPS);
	if (!verbose)
		return;
	printf("     %.0f ns an operation; waits of up to", (now() - start) * 1e9 / OPS);
	for (int i = 0; i < BUCKETS; i++)
		if (histogram[i])
			printf(" %d ns: %ld", 64 << i, histogram[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	static const int levels[] = { 0, 2, 4, 8, 16 };

	begin(argc, argv);
	for (int i = 0; i < 5; i++)
		level(levels[i]);
	return failures;
}
