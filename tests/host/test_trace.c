/*
 * Host test of the trace ring: what is written comes out, in order, once; a full ring drops its
 * oldest, and counts them; an event of several records is seen whole or not at all, also by a
 * reader on another CPU that reads while it is written.
 */
#include "asm/cycles.h"
#include "asm/processor.h"
#include "kernel/sync/sync.h"
#include "kernel/task/task.h"
#include "libk/string.h"

static struct task_struct me = { .pid = 42 };
static struct cpu fake[2];
static int this_nr;

#undef current
#define current (&me)
#undef this_cpu
#define this_cpu(field) fake[this_nr].field
#define preempt_count() 0
#define irq_depth() 0
#define local_irq_save() 0UL
#define local_irq_restore(flags) ((void)(flags))
#define store_cycles(at) (*(at) = __atomic_add_fetch(&now, 1, __ATOMIC_SEQ_CST))

#undef smp_store_release
#define smp_store_release(to, value) \
	(before_publishing(), __atomic_store_n(to, value, __ATOMIC_RELEASE))
#define memcpy(to, from, n) (while_copying(), __builtin_memcpy(to, from, n))

static void before_publishing(void);
static void while_copying(void);
static u64 now;
int nr_cpus = 2;

#include "kernel/trace/ring.c"
#include "kernel/trace/reader.c"
#undef memcpy

#include <assert.h>
#include <stdio.h>

#define SIZE 4096UL
#define N 20000

static struct trace_record memory[2][SIZE / TRACE_RECORD_SIZE] __aligned(4096);

static u32 random_number(u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void reset(void)
{
	for (int i = 0; i < 2; i++) {
		trace_rings[i] = (struct trace_ring){ .mask = SIZE - 1, .base = memory[i] };
		fake[i].trace = &trace_rings[i];
	}
}

/* Event number n of CPU cpu: as long as n says, filled with what n says. */
static size_t fill(u8 *data, u32 cpu, u32 n)
{
	u32 seed = n;
	size_t size = 8 + random_number(&seed) % (TRACE_MAX_DATA - 7);

	memcpy(data, &cpu, 4);
	memcpy(data + 4, &n, 4);
	memset(data + 8, (int)(n % 251), size - 8);
	return size;
}

static size_t records(size_t size)
{
	return size <= 16 ? 1 : 1 + DIV_ROUND_UP(size - 16, 24UL);
}

static u32 check(const struct trace_entry *e)
{
	u8 wanted[TRACE_MAX_DATA];
	u32 n;
	size_t size;

	memcpy(&n, e->data + 4, 4);
	size = fill(wanted, (u32)e->cpu, n);
	assert(e->head.event == TRACE_sched_waking && e->head.pid == 42);
	assert(e->size >= size && records(e->size) == records(size));
	assert(!memcmp(wanted, e->data, size));
	return n;
}

static void write_event(u32 n)
{
	u8 data[TRACE_MAX_DATA];

	trace_write(TRACE_sched_waking, data, fill(data, (u32)this_nr, n));
}

/* A reader that is now and then slow: events + records lost = all that was written. */
static void test_overflow(void)
{
	static struct trace_entry e;
	u64 own[2] = { 0 }, *at[NR_CPUS] = { &own[0], &own[1] }, end[] = { ~0ULL, ~0ULL }, seen = 0;
	u32 next[2] = { 0 }, seed = 7, last_time = 0;

	reset();
	memset(&e, 0, sizeof(e));
	for (u32 i = 0; i < N; i++) {
		this_nr = (int)(random_number(&seed) & 1);
		write_event(next[this_nr]++);
		if (random_number(&seed) % 50)
			continue;
		last_time = 0;
		while (trace_next_event(at, end, &e)) {
			assert(e.head.time > last_time);	/* both CPUs, merged */
			last_time = (u32)e.head.time;
			check(&e);
			seen += records(e.size);
		}
		assert(own[0] == trace_rings[0].head && own[1] == trace_rings[1].head);
	}
	while (trace_next_event(at, end, &e))
		seen += records(e.size);
	assert(e.lost[0] && e.lost[1]);
	/* What remained of an event whose beginning was dropped is neither: less than one event
	 * for each time that something was lost. */
	assert(seen + e.lost[0] + e.lost[1] <=
	       (trace_rings[0].head + trace_rings[1].head) / TRACE_RECORD_SIZE);
	assert(seen > N / 100 && e.lost[0] > N / 100);
}

static void test_bounds(void)
{
	assert(trace_oldest(0, SIZE, 0) == 0);
	assert(trace_oldest(SIZE - TRACE_SPARE, SIZE, 0) == 0);
	assert(trace_oldest(SIZE, SIZE, 0) == TRACE_SPARE);
	assert(trace_oldest(SIZE, SIZE, 2 * TRACE_SPARE) == 2 * TRACE_SPARE);
	assert(trace_oldest(10 * SIZE, SIZE, 0) == 9 * SIZE + TRACE_SPARE);
	assert(records(TRACE_MAX_DATA) == TRACE_MAX_RECORDS);
}

/* One record, a limit, and none behind the end. */
static void test_few(void)
{
	static struct trace_entry e;
	u64 own[2] = { 0 }, *at[NR_CPUS] = { &own[0], &own[1] }, end[2] = { ~0ULL, ~0ULL };

	reset();
	this_nr = 0;
	assert(!trace_next_event(at, end, &e));
	for (u32 i = 0; i < 3; i++)
		write_event(i);
	end[0] = trace_rings[0].head;
	write_event(3);
	for (u32 i = 0; i < 3; i++)
		assert(trace_next_event(at, end, &e) && check(&e) == i);
	assert(!trace_next_event(at, end, &e));
	trace_rings[0].start = trace_rings[0].head;	/* cleared: nothing lost, nothing there */
	end[0] = ~0ULL;
	assert(!trace_next_event(at, end, &e) && !e.lost[0]);
}

/*
 * The reader looks when an event is written but not published; the writer goes on while the reader
 * copies, and may be in the middle of an event when it has done. None is ever seen torn, none
 * twice.
 */
static struct {
	struct trace_entry e;
	u64 own[2], *at[NR_CPUS], end[2];
	s64 last;
	u32 seed, written;
	bool on, reading, writing;
	u64 hidden;			/* where head will be when the last event is published */
} race;

static void publish(void)
{
	if (race.hidden)
		trace_rings[0].head = race.hidden;
	race.hidden = 0;
}

static void read_all(void)
{
	race.reading = true;
	while (trace_next_event(race.at, race.end, &race.e)) {
		s64 n = check(&race.e);

		assert(n > race.last && n < race.written);
		race.last = n;
	}
	race.reading = false;
}

static void before_publishing(void)
{
	if (race.on && !race.reading && random_number(&race.seed) % 16 == 0)
		read_all();
}

static void while_copying(void)
{
	u64 head;

	if (!race.on || race.writing || random_number(&race.seed) % 64)
		return;
	race.writing = true;
	publish();
	for (u32 n = random_number(&race.seed) % 8; n; n--)
		write_event(race.written), race.written++;
	head = trace_rings[0].head;
	write_event(race.written), race.written++;
	race.hidden = trace_rings[0].head;
	trace_rings[0].head = head;
	race.writing = false;
}

static void test_interleaved(void)
{
	reset();
	race.at[0] = &race.own[0];
	race.at[1] = &race.own[1];
	race.end[0] = race.end[1] = ~0ULL;
	race.last = -1;
	race.on = true;
	while (race.written < N) {
		race.writing = true;
		publish();
		write_event(race.written), race.written++;
		race.writing = false;
		if (random_number(&race.seed) % 16 == 0)
			read_all();
	}
	race.on = false;
	publish();
	read_all();
	assert(race.last == race.written - 1 && race.e.lost[0] > N / 10);
}

int main(void)
{
	test_bounds();
	test_few();
	test_overflow();
	test_interleaved();
	puts("trace: ok");
	return 0;
}
