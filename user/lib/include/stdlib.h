/* Memory, numbers, environment, sorting, the end of the program. */
#pragma once

#include "libk/compiler.h"
#include "libk/types.h"

enum { EXIT_SUCCESS, EXIT_FAILURE };
#define RAND_MAX	0x7fffffff

void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
void *aligned_alloc(size_t align, size_t size);
int posix_memalign(void **out, size_t align, size_t size);
void free(void *p);
long strtol(const char *s, char **end, int base);
unsigned long strtoul(const char *s, char **end, int base);
long long strtoll(const char *s, char **end, int base);
unsigned long long strtoull(const char *s, char **end, int base);
double strtod(const char *s, char **end);
int atoi(const char *s);
long atol(const char *s);
double atof(const char *s);
int abs(int n);
long labs(long n);
void qsort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *));
void *bsearch(const void *key, const void *base, size_t n, size_t size,
	      int (*cmp)(const void *, const void *));
int rand(void);
void srand(unsigned int seed);
int rand_r(unsigned int *seed);
char *getenv(const char *name);
int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);
int putenv(char *assignment);
int clearenv(void);
int atexit(void (*fn)(void));
void exit(int status) __noreturn;
void _Exit(int status) __noreturn;
void abort(void) __noreturn;
int system(const char *command);
