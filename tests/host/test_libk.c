/*
 * Host test of libk: our string, printf, rbtree, list and bitmap code against the C library's and
 * against brute force. Stand-alone: gcc -I. -fsanitize=address,undefined tests/host/test_libk.c
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* Our functions get names of their own, beside the C library's. */
#define memcpy	our_memcpy
#define memmove	our_memmove
#define memset	our_memset
#define memcmp	our_memcmp
#define strrchr	our_strrchr
#define strspn	our_strspn
#define strcspn	our_strcspn
#define strlen	our_strlen
#define strnlen	our_strnlen
#define strchr	our_strchr
#define memchr	our_memchr
#define strcmp	our_strcmp
#define strncmp	our_strncmp
#define strcpy	our_strcpy
#define strlcpy	our_strlcpy
#define strchrnul our_strchrnul
#define snprintf our_snprintf
#define vsnprintf our_vsnprintf
#include "libk/bits.h"
#include "libk/list.h"
#include "libk/printf.c"
#include "libk/rbtree.c"
#include "libk/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strrchr
#undef strspn
#undef strcspn
#undef strcmp
#undef snprintf
int memcmp(const void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int strcmp(const char *, const char *);
char *strrchr(const char *, int);
int snprintf(char *, size_t, const char *, ...);

static int passed, failed;

#define CHECK(cond) do {							\
	if (cond) {								\
		passed++;							\
	} else {								\
		failed++;							\
		printf("not ok: %s:%d: %s\n", __FILE__, __LINE__, #cond);	\
	}									\
} while (0)

#define SAME(...) do {								\
	char a[300], b[300];							\
	int n = snprintf(a, sizeof(a), __VA_ARGS__);				\
	int m = our_snprintf(b, sizeof(b), __VA_ARGS__);			\
	if (n != m || strcmp(a, b))						\
		printf("C library \"%s\" (%d), ours \"%s\" (%d)\n", a, n, b, m); \
	CHECK(n == m && !strcmp(a, b));						\
} while (0)

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-truncation"

static void test_printf(void)
{
	static const char *const flags[] = { "",   "-",	 "0",  "+",  " ",  "#",
					     "-#", "0#", "+0", "-+", "- 0" };
	static const char *const widths[] = {
		"", "1", "5", "20", ".0", ".3", "10.4", "3.10", "12.0"
	};
	static const char *const convs[] = { "d", "i", "u", "x", "X", "o" };
	static const long values[] = { 0,      1,	-1,	 7,	   8,	    42,
				       -12345, INT_MAX, INT_MIN, LONG_MAX, LONG_MIN };
	char fmt[40];

	for (size_t f = 0; f < ARRAY_SIZE(flags); f++)
		for (size_t w = 0; w < ARRAY_SIZE(widths); w++)
			for (size_t c = 0; c < ARRAY_SIZE(convs); c++)
				for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
					snprintf(fmt, sizeof(fmt), "<%%%s%s%s>", flags[f],
						 widths[w], convs[c]);
					SAME(fmt, (int)values[v]);
					snprintf(fmt, sizeof(fmt), "<%%%s%sl%s>", flags[f],
						 widths[w], convs[c]);
					SAME(fmt, values[v]);
					snprintf(fmt, sizeof(fmt), "<%%%s%shh%s>", flags[f],
						 widths[w], convs[c]);
					SAME(fmt, (int)values[v]);
					snprintf(fmt, sizeof(fmt), "<%%%s%sh%s>", flags[f],
						 widths[w], convs[c]);
					SAME(fmt, (int)values[v]);
				}
	SAME("%s|%10s|%-10s|%.2s|%.0s|%10.3s|", "abc", "abc", "abc", "abc", "abc", "abcdef");
	SAME("%c%5c%-5c|%%|%*d|%-*d|%.*d|%*.*s", 'a', 'b', 'c', 5, 1, 5, 2, 3, 3, -6, 2, "xyz");
	SAME("%p %20p %zu %jd %td %lld %llx", (void *)0x1234, (void *)-1L, (size_t)9, 5L, 6L, -1LL,
	     ~0ULL);
	SAME("plain %s", "");
	{
		char b[8];

		CHECK(our_snprintf(b, 8, "%s", "0123456789") == 10 && !strcmp(b, "0123456"));
		CHECK(scnprintf(b, 8, "%s", "0123456789") == 7);
		CHECK(our_snprintf(b, 1, "%d", 77) == 2 && !b[0]);
		CHECK(our_snprintf(NULL, 0, "%d", 77) == 2);
		CHECK(our_snprintf(b, 8, "%q") == 2 && !strcmp(b, "%q"));
	}
}

static void test_memory(void)
{
	static u8 a[1200], b[1200];

	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)rand() % 600, s = (size_t)rand() % 600, d = (size_t)rand() % 600;

		for (size_t k = 0; k < sizeof(a); k++)
			a[k] = b[k] = (u8)rand();
		if (i % 2) {
			memmove(a + d, a + s, n);
			our_memmove(b + d, b + s, n);
		} else {
			memset(a + d, i, n);
			our_memset(b + d, i, n);
		}
		if (memcmp(a, b, sizeof(a)))
			break;
		if (i == 19999)
			passed++;
	}
	CHECK(!memcmp(a, b, sizeof(a)));
	for (int i = 0; i < 2000; i++) {
		size_t n = (size_t)rand() % 40;

		for (size_t k = 0; k < n; k++)
			a[k] = b[k] = (u8)rand();
		if (n && i % 3)
			b[(size_t)rand() % n] ^= (u8)(1 << rand() % 8);
		CHECK((memcmp(a, b, n) < 0) == (our_memcmp(a, b, n) < 0));
		CHECK((memcmp(a, b, n) == 0) == (our_memcmp(a, b, n) == 0));
	}
}

static void test_strings(void)
{
	char b[8];

	CHECK(strscpy(b, "0123456", 8) == 7 && strscpy(b, "01234567", 8) == -E2BIG &&
	      !strcmp(b, "0123456"));
	CHECK(our_strlcpy(b, "0123456789", 8) == 10 && !strcmp(b, "0123456"));
	CHECK(!strcmp(our_strrchr("/a/b/c", '/'), "/c") && *our_strrchr("abc", 0) == 0 &&
	      !our_strrchr("abc", 'x'));
	CHECK(our_strspn("aabbc", "ab") == 4 && our_strcspn("aabbc", "c") == 4);
	CHECK(our_strcmp("\xff", "a") > 0 && our_strncmp("abx", "aby", 2) == 0);
}

struct item {
	struct rb_node rb;
	int key, value, largest;	/* of all values in its subtree */
	bool in;
};

static bool item_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct item, rb)->key < rb_entry(b, struct item, rb)->key;
}

static int largest(const struct rb_node *n)
{
	return n ? rb_entry(n, struct item, rb)->largest : -1;
}

static bool update_largest(struct rb_node *n)
{
	struct item *it = rb_entry(n, struct item, rb);
	int old = it->largest, left = largest(n->rb_left), right = largest(n->rb_right);
	int below = max(left, right);

	it->largest = max(it->value, below);
	return it->largest != old;
}

/* The black height of the subtree, -1 if an invariant is broken. */
static int black_height(struct rb_node *n)
{
	int l, r;

	if (!n)
		return 0;
	if (rb_is_red(n) && (rb_is_red(n->rb_left) || rb_is_red(n->rb_right)))
		return -1;
	if ((n->rb_left && rb_parent(n->rb_left) != n) ||
	    (n->rb_right && rb_parent(n->rb_right) != n))
		return -1;
	l = black_height(n->rb_left);
	r = black_height(n->rb_right);
	return l < 0 || l != r ? -1 : l + !rb_is_red(n);
}

/* The largest value below n, or -2 if a node does not know it. */
static int check_largest(struct rb_node *n)
{
	const struct item *it = rb_entry(n, struct item, rb);
	int value, l, r;

	if (!n)
		return -1;
	l = check_largest(n->rb_left);
	r = check_largest(n->rb_right);
	value = max(l, r);
	value = max(it->value, value);
	return l == -2 || r == -2 || it->largest != value ? -2 : value;
}

static void add(struct item *it, struct rb_root_cached *root, bool augmented)
{
	it->key = rand() % 100;
	it->value = it->largest = rand() % 100;
	if (augmented)
		rb_add_augmented_cached(&it->rb, root, item_less, update_largest);
	else
		rb_add_cached(&it->rb, root, item_less);
}

static void test_rbtree(bool augmented)
{
	struct item items[300] = { 0 };
	struct rb_root_cached root = RB_ROOT_CACHED;
	int count = 0;

	for (int i = 0; i < 20000; i++) {
		struct item *it = &items[rand() % 300];
		struct rb_node *n, *last = NULL;
		bool ok = true;
		int seen = 0;

		if (it->in) {
			if (augmented)
				rb_erase_augmented_cached(&it->rb, &root, update_largest);
			else
				rb_erase_cached(&it->rb, &root);
			count--;
		} else {
			add(it, &root, augmented);
			count++;
		}
		it->in = !it->in;
		for (n = rb_first(&root.rb_root); n; last = n, n = rb_next(n)) {
			seen++;
			ok &= !last || (!item_less(n, last) && rb_prev(n) == last);
		}
		ok &= seen == count && rb_last(&root.rb_root) == last;
		ok &= rb_first_cached(&root) == rb_first(&root.rb_root);
		ok &= black_height(root.rb_root.rb_node) >= 0 && rb_is_black(root.rb_root.rb_node);
		ok &= !augmented || check_largest(root.rb_root.rb_node) != -2;
		CHECK(ok);
	}
}

struct entry {
	struct list_head list;
	int v;
};

static void test_list(void)
{
	LIST_HEAD(a);
	LIST_HEAD(b);
	struct entry e[5], *pos, *next;
	int sum = 0;

	for (int i = 0; i < 5; i++) {
		e[i].v = i;
		list_add_tail(&e[i].list, i < 3 ? &a : &b);
	}
	list_splice_tail_init(&b, &a);
	CHECK(list_empty(&b));
	list_for_each_entry(pos, &a, list)
		sum = sum * 10 + pos->v;
	CHECK(sum == 1234);
	list_for_each_entry_safe(pos, next, &a, list)
		if (pos->v % 2)
			list_del_init(&pos->list);
	list_del(&e[4].list);
	list_add(&e[4].list, &a);
	sum = 0;
	list_for_each_entry_reverse(pos, &a, list)
		sum = sum * 10 + pos->v;
	CHECK(sum == 204);
	CHECK(list_first_entry_or_null(&b, struct entry, list) == NULL);
	CHECK(list_first_entry_or_null(&a, struct entry, list) == &e[4]);
}

static void test_bits(void)
{
	unsigned long map[BITS_TO_LONGS(200)] = { 0 };

	__set_bit(0, map);
	__set_bit(63, map);
	__set_bit(64, map);
	__set_bit(199, map);
	CHECK(find_next_bit(map, 200, 1) == 63 && find_next_bit(map, 200, 65) == 199);
	CHECK(find_next_bit(map, 199, 65) == 199 && find_first_zero_bit(map, 200) == 1);
	CHECK(find_next_zero_bit(map, 200, 63) == 65 && ilog2(4097) == 12);
	for (int i = 0; i < 200; i++)
		__set_bit(i, map);
	CHECK(find_first_zero_bit(map, 200) == 200);
	CHECK(roundup_pow_of_two(4097) == 8192 && roundup_pow_of_two(4096) == 4096 &&
	      order_base_2(1) == 0);
	CHECK(hweight64(~0ULL) == 64 && hweight64(0x8000000000000001ULL) == 2);
}

static void test_number(void)
{
	static const char *const bad[] = { "", "-", "x", "1x", "- 1", "1 2", "1\n2", "+1",
					   "1234567890123456789" };
	long v;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(kstrtol(bad[i], &v) == -EINVAL);
	CHECK(!kstrtol("0", &v) && v == 0);
	CHECK(!kstrtol("-17\n", &v) && v == -17);
	CHECK(!kstrtol("0123 \n", &v) && v == 123);
	CHECK(!kstrtol("999999999999999999", &v) && v == 999999999999999999L);
}

int main(void)
{
	srand(1);
	test_printf();
	test_memory();
	test_strings();
	test_number();
	test_rbtree(false);
	test_rbtree(true);
	test_list();
	test_bits();
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
