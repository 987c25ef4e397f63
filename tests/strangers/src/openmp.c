/* OpenMP: loops with reductions, critical sections, locks, barriers, ordered, tasks, sections. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

static long fib(int n)
{
	long a, b;

	if (n < 2)
		return n;
#pragma omp task shared(a) if (n > 12)
	a = fib(n - 1);
#pragma omp task shared(b) if (n > 12)
	b = fib(n - 2);
#pragma omp taskwait
	return a + b;
}

int main(void)
{
	static double v[100000];
	long sum = 0, f, crit = 0, locked = 0;
	int order[16], threads = 0, single = 0;
	double dot = 0;
	omp_lock_t lock;

	omp_set_num_threads(4);
	omp_set_dynamic(0);
#pragma omp parallel for reduction(+ : sum) schedule(dynamic, 100)
	for (long i = 1; i <= 100000; i++)
		sum += i;
	printf("sum %ld\n", sum);
#pragma omp parallel for schedule(static)
	for (int i = 0; i < 100000; i++)
		v[i] = i % 10 / 2.0;
#pragma omp parallel for simd reduction(+ : dot)
	for (int i = 0; i < 100000; i++)
		dot += v[i] * v[i];
	printf("dot %.1f\n", dot);
	omp_init_lock(&lock);
#pragma omp parallel
	{
#pragma omp single
		{ threads = omp_get_num_threads(); single++; }
		for (int i = 0; i < 500; i++) {
#pragma omp critical
			crit++;
			omp_set_lock(&lock);
			locked++;
			omp_unset_lock(&lock);
#pragma omp barrier
		}
	}
	omp_destroy_lock(&lock);
	printf("threads %d, single %d, critical %ld, locked %ld\n", threads, single, crit, locked);
#pragma omp parallel for ordered
	for (int i = 0; i < 16; i++) {
#pragma omp ordered
		{ static int n; order[n++] = i; }
	}
	for (int i = 0; i < 16; i++)
		printf("%d ", order[i]);
#pragma omp parallel
#pragma omp single
	f = fib(18);
	printf("\nfib %ld\n", f);
#pragma omp parallel sections num_threads(3)
	{
#pragma omp section
		{
#pragma omp atomic
		sum++;
		}
#pragma omp section
		{
#pragma omp atomic
		sum++;
		}
	}
	printf("sections %ld\n", sum);
	return 0;
}
