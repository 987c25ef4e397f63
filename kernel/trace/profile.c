/*
 * The profiler: so many times a second each CPU that is not idle notes where it is, its kernel
 * stack and its program's, as an event in the ring. tools/trace fold makes folded stacks of them.
 *
 * The user's stack is followed by its frame pointers, with accesses that fail where a page is not
 * in memory: an interrupt cannot wait for one. A program built without frame pointers shows one
 * frame, and a function's first instructions hide its caller.
 *
 * Locks: trace_control_mutex to start and stop, held by the callers; the handlers take none.
 */
#include "asm/processor.h"
#include "kernel/time/time.h"
#include "kernel/trace/control.h"

#define MAX_FRAMES 44
#define MAX_HZ 10000

struct sample {
	u16 nr_kernel, nr_user;
	unsigned long frames[2 * MAX_FRAMES];	/* innermost first, the kernel's first */
};
BUILD_BUG_ON(sizeof(struct sample) > TRACE_MAX_DATA);

static struct hrtimer timers[NR_CPUS];
static u64 period;			/* ns (trace_control_mutex) */

static u64 take_sample(struct hrtimer *timer)
{
	struct sample s;

	if (current->pid && trace_control.tracing_on) {
		s.nr_kernel = (u16)stack_walk_interrupted(s.frames, MAX_FRAMES);
		s.nr_user = (u16)stack_walk_user(s.frames + s.nr_kernel, MAX_FRAMES);
		trace_write(TRACE_profile, &s,
			    offsetof(struct sample, frames) + 8UL * (s.nr_kernel + s.nr_user));
	}
	return timer->expires + period;
}

static void start_here(void *unused)
{
	struct hrtimer *timer = &timers[smp_processor_id()];

	hrtimer_setup(timer, take_sample);
	hrtimer_start(timer, ktime_get() + period);
}

int trace_set_profile(unsigned int hz)
{
	int err = hz > MAX_HZ ? -EINVAL : hz ? trace_start() : 0;

	if (err)
		return err;
	for_each_cpu(i)
		hrtimer_cancel(&timers[i]);
	trace_control.profile_hz = hz;
	if (hz) {
		period = NSEC_PER_SEC / hz;
		trace_on_each_cpu(start_here);
	}
	return 0;
}
