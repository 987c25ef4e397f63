/*
 * Hook by hook: the fields of an event into the ring, as the rows of events.h say, and the table of
 * how events read. Locks: none; what the callers hold is said there.
 */
#include "asm/irq.h"
#include "kernel/time/time.h"
#include "kernel/trace/ring.h"
#include "libk/string.h"

#define TRACE_EVENT(name, group, parameters, arguments, format, type, ...)	\
	void __trace_##name parameters						\
	{									\
		const type fields[] = { __VA_ARGS__ };				\
										\
		trace_record(TRACE_##name, fields, sizeof(fields));		\
	}
#define TRACE_SPECIAL(...)
#define TRACE_INLINE(...)
#define TRACE_TEXT(...)
#include "kernel/trace/events.h"

void __trace_sched_process_exec(const char *filename, int old_pid)
{
	char data[124 + sizeof(s32)];
	size_t len = min(strlen(filename) + 1, sizeof(data) - sizeof(s32));

	strscpy(data, filename, len);
	len = ALIGN_UP(len, sizeof(s32));
	memcpy(data + len, &old_pid, sizeof(s32));
	trace_write(TRACE_sched_process_exec, data, len + sizeof(s32));
}

void __trace_sys_enter(const struct pt_regs *regs)
{
	unsigned long fields[7] = { (unsigned long)regs_syscall_nr(regs) };

	syscall_get_arguments(regs, fields + 1);
	trace_record(TRACE_sys_enter, fields, sizeof(fields));
}

#define TRACE_EVENT(event, eventgroup, parameters, arguments, text, ...)	\
	[TRACE_##event] = { .group = eventgroup, .name = #event, .format = text },
#define TRACE_SPECIAL TRACE_EVENT
#define TRACE_TEXT(event, eventgroup, text) TRACE_EVENT(event, eventgroup, , , text)
#define TRACE_INLINE TRACE_TEXT
const struct trace_event_type trace_event_types[NR_TRACE_EVENTS] = {
#include "kernel/trace/events.h"
};
