/* What itimer.c and posix_timers.c share. */
#pragma once

#include "kernel/signal/signal.h"
#include "kernel/time/time.h"

/* The first of expires, expires + interval, ... that lies after now. interval > 0. */
u64 next_period(u64 expires, u64 interval, u64 now);
/* Fires the process's timers on CPU-time clocks. process_now: its CPU time. tasklist_lock and
 * siglock held. */
void check_cpu_timers(struct signal_struct *sig, u64 process_now);
