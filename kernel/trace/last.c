/*
 * The last events of all CPUs as lines of the log, for reports: what led to where we are. Locks:
 * none; any context. Should somebody exchange the rings at this very moment, a line may be
 * nonsense.
 */
#include "kernel/trace/control.h"
#include "kernel/trace/format.h"

#include "kernel/fs/fs.h"
#include "kernel/printk.h"

#define LAST 16UL		/* records of each CPU */

void trace_show_last(void)
{
	static struct trace_entry e;	/* reports come one at a time */
	static char text[512];
	u64 from[NR_CPUS], *at[NR_CPUS], end[NR_CPUS];

	if (!trace_control.names)
		return;		/* nothing was ever on */
	for_each_cpu(i) {
		end[i] = smp_load_acquire(&trace_rings[i].head);
		from[i] = end[i] - min_t(u64, end[i], LAST * TRACE_RECORD_SIZE);
		at[i] = &from[i];
	}
	printk(KERN_EMERG "The last events:\n");
	for (unsigned long n = 0; n < LAST * NR_CPUS && trace_next_event(at, end, &e); n++) {
		struct seq_file m = { .buf = text, .size = sizeof(text) };

		trace_print(&m, &e);
		printk(KERN_EMERG "%.*s", (int)m.count, text);
	}
}
