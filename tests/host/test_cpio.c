/*
 * The reader of newc archives: good ones, concatenated ones, and every way to cut or damage one;
 * ASan watches for a byte read too far.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/fs/cpio.c"

static char image[4096];
static size_t used;

static void add(const char *name, unsigned int mode, const char *data)
{
	size_t len = strlen(data), name_len = strlen(name) + 1;

	used += (size_t)sprintf(image + used,
				"070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 7u,
				mode, 1u, 2u, 1u, 99u, (unsigned int)len, 8u, 1u, 5u, 1u,
				(unsigned int)name_len, 0u);
	memcpy(image + used, name, name_len);
	used = ALIGN_UP(used + name_len, 4);
	memcpy(image + used, data, len);
	used = ALIGN_UP(used + len, 4);
}

/* Reads a copy of exactly n bytes; how many entries, or the error. */
static int count(size_t n)
{
	char *copy = malloc(n ? n : 1);
	const char *p = copy, *why = NULL;
	struct cpio_entry e;
	int got = 0, ret;

	memcpy(copy, image, n);
	while ((ret = cpio_next(&p, copy + n, &e, &why)) > 0) {
		assert(e.name[strlen(e.name)] == '\0');
		for (long i = 0; i < e.size; i++)
			assert(e.data[i] != 1);
		got++;
	}
	assert((ret < 0) == (why != NULL));
	free(copy);
	return ret < 0 ? ret : got;
}

int main(void)
{
	const char *p = image, *why;
	struct cpio_entry e;

	add("bin", S_IFDIR | 0755, "");
	add("bin/sh", S_IFREG | 0755, "contents");
	add("TRAILER!!!", 0, "");
	assert(count(used) == 3);
	used = ALIGN_UP(used, 512);
	add("dev/console", S_IFCHR | 0600, "");
	add("TRAILER!!!", 0, "");
	assert(count(used) == 5);
	assert(cpio_next(&p, image + used, &e, &why) == 1 && !strcmp(e.name, "bin") &&
	       S_ISDIR(e.mode));
	assert(cpio_next(&p, image + used, &e, &why) == 1 && e.size == 8 &&
	       !memcmp(e.data, "contents", 8));
	assert(e.uid == 1 && e.gid == 2 && e.mtime == 99 && e.rdev == makedev(5, 1) && !e.trailer);
	assert(cpio_next(&p, image + used, &e, &why) == 1 && e.trailer);
	for (size_t n = 0; n <= used; n++)
		count(n);			/* cut anywhere: an error or fewer entries, never
						 * a fault */
	assert(count(50) == -EINVAL && count(130) == -EINVAL);
	srand(1);
	for (int i = 0; i < 20000; i++) {	/* damaged anywhere */
		size_t at = (size_t)rand() % used;
		char old = image[at];

		image[at] = (char)(rand() & 0xfe);
		count(used);
		image[at] = old;
	}
	assert(count(used) == 5);
	puts("ok");
	return 0;
}
