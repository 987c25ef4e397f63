/*
 * Tests that run inside the kernel. A file NAME_test.c, next to what it tests, belongs to the test
 * image only (build/bobbin-test.elf), whose PID 1 runs all of them before it becomes /init, and
 * writes their results to the log as KTAP. tests/boot/kernel-tests reads it.
 */
#pragma once

#include "libk/types.h"

struct ktest {
	const char *name;
	void (*fn)(void);
};

/* KTEST(name) { ... }: may sleep; has failed if one of its KEXPECT() did. */
#define KTEST(name)									\
	static void name(void);								\
	static const struct ktest ktest_##name						\
		__attribute__((section("ktests"), used)) = { #name, name };		\
	static void name(void)
#define KEXPECT(cond) ktest_expect(cond, #cond, __FILE__, __LINE__)

void ktest_expect(bool good, const char *what, const char *file, int line);
void ktest_sleep(u64 ns);
void run_kernel_tests(void);
